"""Whether one can listen at an address, told by trying."""

import errno
import socket


def trouble(kind: int, address: str, port: int) -> int:
    """Why nobody can listen there; 0 where one can, or where the machine lacks the family."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((address, port))
            if kind == socket.SOCK_STREAM:
                probe.listen(1)
    except OSError as error:
        return 0 if error.errno == errno.EAFNOSUPPORT else error.errno or errno.EINVAL
    except OverflowError:
        return errno.EADDRNOTAVAIL
    return 0
