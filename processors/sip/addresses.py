"""All addresses that this machine is reached at, told to the stack.

The stack sees loopback or the others, never both, and refuses a call whose
sound is at an address that it has no way to. A softphone beside it may dial
127.0.0.1 and speak from the machine's own address, or the other way round.
"""

import ctypes
import socket
from collections.abc import Iterator

import baresip._native
from loguru import logger

ROOM = 256  # bytes of libre's `struct sa`, and to spare
ELSEWHERE = ("192.0.2.1", 9)  # nobody's: no packet is sent there, a way is looked for


def tell_addresses() -> None:
    """Add loopback and the machine's own address to those that calls may come from.

    To be called once the stack runs. What is done here with libre's own
    functions is what its setting `net_interface` does for one address.
    """
    stack = ctypes.CDLL(baresip._native.__file__)
    try:
        stack.baresip_network.restype = ctypes.c_void_p
        add, make = stack.net_add_address, stack.sa_set_str
        enter, leave = stack.re_thread_enter, stack.re_thread_leave
    except AttributeError as error:
        logger.warning(f"phone: calls from this machine may be refused: {error}")
        return
    network = ctypes.c_void_p(stack.baresip_network())
    for address in addresses():
        place = ctypes.create_string_buffer(ROOM)
        make(place, address.encode(), 0)
        if enter() == 0:
            add(network, place)
            leave()


def addresses() -> Iterator[str]:
    """Loopback, and the address that this machine has where it is going out."""
    yield "127.0.0.1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)
        except OSError:  # no network but loopback
            return
        yield probe.getsockname()[0]
