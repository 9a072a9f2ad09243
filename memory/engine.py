"""SQLite with extensions.

Python's own module is often built without the right to load them, so the package
pysqlite3 stands in where it is installed. All of Repartee uses this one: two copies
of SQLite in a process that open the same file undo each other's locks.
"""

from typing import TYPE_CHECKING

import sqlite_vec  # pyright: ignore[reportMissingTypeStubs]

if TYPE_CHECKING:
    import sqlite3
else:
    try:
        from pysqlite3 import dbapi2 as sqlite3
    except ImportError:
        import sqlite3

__all__ = ["load_vectors", "sqlite3"]


def load_vectors(connection: "sqlite3.Connection") -> None:
    """Add sqlite-vec to `connection`. Raises `sqlite3.Error` where extensions may not be loaded."""
    if not hasattr(connection, "enable_load_extension"):
        raise sqlite3.NotSupportedError(
            "this Python's SQLite loads no extensions: pip install pysqlite3"
        )
    connection.enable_load_extension(True)
    sqlite_vec.load(connection)
    connection.enable_load_extension(False)
