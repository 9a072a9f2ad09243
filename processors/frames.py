"""The frames between the stages that decide.

They are system frames: a data frame would be dropped by the very interruption
that it caused.
"""

from dataclasses import dataclass

from pipecat.frames.frames import (
    InterimTranscriptionFrame,
    ProposedUserStoppedSpeakingFrame,
    SystemFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext

from judgement.decision import Decision
from judgement.moment import Moment


@dataclass
class HushFrame(SystemFrame):
    """The voice has been silent for `silent` seconds: it may have ended, or draws breath."""

    silent: float


@dataclass
class VoiceBackFrame(SystemFrame):
    """The voice went on after a hush."""


@dataclass
class SettledTranscriptionFrame(InterimTranscriptionFrame):
    """All words up to a hush: the final ones, unless the voice goes on."""


@dataclass
class MomentFrame(SystemFrame):
    """A chance to act."""

    moment: Moment


@dataclass
class DecisionFrame(SystemFrame):
    """What the judge decided of a moment, `latency` seconds after it was asked."""

    moment: Moment
    decision: Decision
    latency: float


@dataclass
class ActedFrame(SystemFrame):
    """What became of a decision: one entry of the timeline.

    `outcome` is a short phrase for people: "waiting", "acknowledged", "chose silence",
    "replied", "cut in", "taken back", "yielded".
    """

    moment: Moment
    decision: Decision
    latency: float
    outcome: str


@dataclass
class TypedFrame(SystemFrame):
    """A text message from the user: a turn of its own."""

    text: str


@dataclass
class TurnOpenedFrame(SystemFrame):
    """Upstream, from strategy: the user has the floor, and what they say is a turn."""


@dataclass
class TurnClosedFrame(SystemFrame):
    """Upstream, from strategy: the user's turn is over and in the context.

    `cut_in`: the agent closed it while the user speaks.
    """

    text: str
    cut_in: bool = False


@dataclass
class GuidanceFrame(SystemFrame):
    """In which manner the next answer is to be given. An empty text means as usual."""

    text: str


@dataclass
class PlayLineFrame(SystemFrame):
    """Play a prepared line at once. `goes_on`: the model's answer follows in the same breath."""

    text: str
    goes_on: bool = False


@dataclass
class BackchannelFrame(SystemFrame):
    """Say a prepared "uh-huh" quietly: the turn stays the user's."""

    text: str


@dataclass
class AffrontFrame(SystemFrame):
    """Upstream, from strategy: the user was abusive in a turn now closed."""


@dataclass
class WordsFrame(SystemFrame):
    """What the user has said so far of a turn that is not over."""

    said: str


@dataclass
class ReadAheadFrame(SystemFrame):
    """A prompt that most likely begins as the next one does."""

    context: LLMContext


@dataclass
class SpeculatedFrame(SystemFrame):
    """Upstream, from the reply model: what became of a reply begun before its turn was over."""

    tokens: int
    released: bool


@dataclass
class TurnEndProposedFrame(ProposedUserStoppedSpeakingFrame):
    """The turn is over; `answer` says whether a model is to answer it.

    `keeps_reply`: the reply that was begun ahead is that answer.
    """

    answer: bool = True
    keeps_reply: bool = False
