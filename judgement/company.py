"""Who is in a room with the agent, each under one name."""

import re

LONGEST = 32  # characters of a name
SOMEBODY = "Guest"  # who has given no name
_STRANGE = re.compile(r"[^\w .'-]+")


class Company:
    """The people in a room by the ids that its transport gives them.

    No two bear the same name, and nobody the agent's: a second Ann is "Ann 2".
    """

    def __init__(self, *called: str) -> None:
        """`called` are the names that the agent answers to, its own first."""
        self._called = called or ("the assistant",)
        self._plays = ""
        self._names: dict[str, str] = {}  # of all that were ever here
        self._here: dict[str, None] = {}

    def join(self, id: str, name: str = "") -> str:
        """The name under which somebody is known from now on."""
        if id not in self._names:
            self._names[id] = self._free(_plain(name))
        self._here[id] = None
        return self._names[id]

    def leave(self, id: str) -> str:
        """Somebody is gone; their name, "" for a stranger."""
        self._here.pop(id, None)
        return self._names.get(id, "")

    def name(self, id: str) -> str:
        """Who has that id, here or gone; a stranger joins with it."""
        return self._names.get(id) or self.join(id)

    def call(self, persona: str) -> None:
        """The agent plays `persona` from now on, and answers to that too."""
        self._plays = persona

    @property
    def called(self) -> tuple[str, ...]:
        """What the agent answers to, its own name first."""
        return (*self._called, self._plays) if self._plays else self._called

    @property
    def names(self) -> tuple[str, ...]:
        """Everybody who is here now."""
        return tuple(self._names[id] for id in self._here)

    @property
    def several(self) -> bool:
        """Whether anybody can be meant but the agent."""
        return len(self._here) > 1

    def attributed(self, line: str) -> tuple[str, str]:
        """Who says a line such as "Ann: Good morning.", and what; "" where it names nobody."""
        who, colon, said = line.partition(": ")
        return (who, said) if colon and who in self._names.values() else ("", line)

    def _free(self, name: str) -> str:
        taken = {each.lower() for each in (*self._names.values(), *self.called, "user", "agent")}
        if name.lower() not in taken:
            return name
        return next(
            numbered
            for number in range(2, len(taken) + 3)
            if (numbered := f"{name} {number}").lower() not in taken
        )


def _plain(name: str) -> str:
    """What is left of a name that anybody may choose."""
    return " ".join(_STRANGE.sub(" ", name).split())[:LONGEST].strip() or SOMEBODY
