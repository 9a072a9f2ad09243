"""Work that may hang, done where nobody has to wait for its end."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def aside(work: Callable[[], T]) -> T:
    """What `work` gives or raises, from a thread that dies with the program.

    Those of `asyncio.to_thread` would keep the program from ending while they hang.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # pyright: ignore[reportArgumentType]

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as raised:
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, daemon=True).start()
    return await done


async def addresses(host: str, port: int, kind: int = socket.SOCK_DGRAM) -> list[str]:
    """The numeric addresses of a name, IPv4 first. Raises `OSError` where it has none."""
    try:
        found = await aside(lambda: socket.getaddrinfo(host, port, type=kind))
    except UnicodeError as error:  # a label that is too long, or empty
        raise OSError(str(error)) from error
    ordered = sorted(found, key=lambda each: each[0] != socket.AF_INET)
    return list(dict.fromkeys(str(each[4][0]) for each in ordered))
