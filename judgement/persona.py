"""Who the agent is in a talk: manner, limits and prepared lines."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Persona:
    """One persona, as its file in config/personas says.

    `refuse` and `deflect` are policies: a topic, and in brackets the words that
    give it away, as in "discounts (discount, cheaper, lower price)".
    `examples` has by topic sentences that touch a policy, `answers` sentences
    that only look so.
    `backchannels` are what it says quietly while it listens; with none it says nothing.
    `proactivity` runs from 0 (speaks only when asked) to 1; `least_pause` is the
    pause in seconds that it leaves before any answer, `patience` the one at which
    a silence is final.
    """

    name: str
    manner: str
    title: str = ""
    refuse: tuple[str, ...] = ()
    deflect: tuple[str, ...] = ()
    examples: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict[str, tuple[str, ...]], hash=False
    )
    answers: tuple[str, ...] = ()
    proactivity: float = 0.5
    least_pause: float = 0.0
    patience: float = 3.0
    greeting: str = ""
    openers: tuple[str, ...] = ("Sorry to jump in.",)
    handovers: tuple[str, ...] = ("Go on.",)
    backchannels: tuple[str, ...] = ("Um-hum.", "Uh-huh.", "I see.", "Right.")
    refusals: tuple[str, ...] = ("I'm not able to help with that.",)
    deflections: tuple[str, ...] = ("Let's talk about something else.",)
    idle: tuple[str, ...] = ("I'm still here if you need me.",)
    subjects: tuple[str, ...] = field(default=("Is there anything else on your mind?",))

    def lines(self) -> tuple[str, ...]:
        """Every sentence that must be ready to play, synthesised at start-up."""
        greeting = (self.greeting,) if self.greeting else ()
        while_user_speaks = self.openers + self.handovers + self.backchannels
        at_pauses = self.refusals + self.deflections + self.idle + self.subjects
        return greeting + while_user_speaks + at_pauses
