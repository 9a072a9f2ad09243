"""The persona that a talk has now, and which of its lines come next."""

from collections import Counter
from dataclasses import replace
from typing import Literal

from judgement.moment import Policy
from judgement.persona import Persona

LineKind = Literal[
    "openers", "handovers", "backchannels", "refusals", "deflections", "idle", "subjects"
]


class Role:
    """A persona in a talk. It can be changed while the talk goes on."""

    def __init__(self, persona: Persona):
        self.persona = persona
        self._used: Counter[str] = Counter()

    @property
    def policy(self) -> Policy:
        """What a judge may know of the persona."""
        persona = self.persona
        return Policy(persona.refuse, persona.deflect, persona.proactivity, persona.least_pause)

    def play(self, persona: Persona) -> None:
        """Become another persona."""
        self.persona = persona
        self._used.clear()

    def be_proactive(self, value: float) -> None:
        """Set proactivity, from 0 to 1."""
        self.persona = replace(self.persona, proactivity=min(1.0, max(0.0, value)))

    def line(self, kind: LineKind) -> str:
        """The next line of its kind: each once before one comes again."""
        lines: tuple[str, ...] = getattr(self.persona, kind)
        line = lines[self._used[kind] % len(lines)]
        self._used[kind] += 1
        return line
