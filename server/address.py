"""The addresses under which others reach this server."""

from starlette.requests import HTTPConnection

_SOCKETS = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_PAGES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


def public_url(connection: HTTPConnection, proxy: str | None, path: str = "") -> str:
    """The https or http address of `path`; by default of what was asked for, query and all.

    `proxy` is this machine's public name, behind something that speaks https.
    """
    url = connection.url
    if proxy:
        url = url.replace(scheme=_SOCKETS["https"] if _is_socket(connection) else "https")
        url = url.replace(netloc=proxy)
    if path:
        url = url.replace(path=path, query="", scheme=_PAGES[url.scheme])
    return str(url)


def socket_url(connection: HTTPConnection, path: str, proxy: str | None) -> str:
    """The wss or ws address of `path`."""
    scheme, _, rest = public_url(connection, proxy, path).partition("://")
    return f"{_SOCKETS[scheme]}://{rest}"


def _is_socket(connection: HTTPConnection) -> bool:
    return connection.scope["type"] == "websocket"
