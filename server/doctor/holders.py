"""Which program has a port, as far as Linux tells: its name and number, never its arguments."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_LISTENS = "0A"


@dataclass(frozen=True, slots=True)
class Holder:
    """A process. `script` is the Python file that it runs, if it does."""

    number: int
    program: str
    script: str = ""

    def __str__(self) -> str:
        """As a person knows it."""
        return f"{self.script or self.program} (process {self.number})"


def holder(kind: str, port: int, proc: Path = PROC) -> Holder | None:
    """Who has the "tcp" or "udp" port; None where nobody has, or who has may not be known."""
    inodes = {f"socket:[{each}]" for each in _sockets(kind, port, proc)}
    if not inodes:
        return None
    for process in proc.glob("[0-9]*"):
        try:
            if any(str(each.readlink()) in inodes for each in (process / "fd").iterdir()):
                return _named(process)
        except OSError:  # another's, or gone meanwhile
            continue
    return None


def _sockets(kind: str, port: int, proc: Path) -> Iterator[str]:
    for name in (kind, f"{kind}6"):
        try:
            lines = (proc / "net" / name).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            words = line.split()
            listens = kind == "udp" or words[3] == _LISTENS
            if listens and int(words[1].rpartition(":")[2], 16) == port:
                yield words[9]


def _named(process: Path) -> Holder:
    words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
    script = words[1] if len(words) > 1 and words[1].endswith(".py") else ""
    return Holder(
        int(process.name), (process / "comm").read_text().strip(), script.rpartition("/")[2]
    )
