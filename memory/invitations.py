"""Which invitations were used: a server that starts anew must know them still."""

from pathlib import Path

from memory.access import open_access


class Invitations:
    """Ids of used invitations, until those would be too old anyway.

    Kept in the file of blocks and wishes. Calls may come from any thread and raise
    `MemoryStoreError` when the file fails.
    """

    def __init__(self, path: str | Path) -> None:
        """The file is made at the first call."""
        self._database = open_access(path)

    def use(self, id: str, until: float, now: float) -> bool:
        """Note that one is used which would be good `until` then, s since 1970; False if it was."""
        with self._database.transaction(write=True) as access:
            access.execute("DELETE FROM invitations WHERE until < ?", (now,))
            added = access.execute("INSERT OR IGNORE INTO invitations VALUES (?, ?)", (id, until))
            return added.rowcount == 1

    def is_used(self, id: str) -> bool:
        """Whether one is used."""
        with self._database.transaction() as access:
            asked = access.execute("SELECT 1 FROM invitations WHERE id = ?", (id,))
            return asked.fetchone() is not None

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        self._database.close()
