"""The frames between the stages that decide.

They are system frames: a data frame would be dropped by the very interruption
that it caused. What must wait for the sound before it is a control frame.
"""

from dataclasses import dataclass, field

from pipecat.frames.frames import (
    ControlFrame,
    InterimTranscriptionFrame,
    ProposedUserStoppedSpeakingFrame,
    SystemFrame,
    TranscriptionFrame,
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
class EchoFoundFrame(SystemFrame):
    """The agent's own sound comes back `delay` seconds late, at `level` dB of what was played."""

    delay: float
    level: float


@dataclass
class FarVoiceFrame(SystemFrame):
    """A voice over the agent is too soft to be the user's: it is left out until it is over."""


@dataclass
class SettledTranscriptionFrame(InterimTranscriptionFrame):
    """All words up to a hush: the final ones, unless the voice goes on."""


@dataclass
class DoubtfulTranscriptionFrame(TranscriptionFrame):
    """Final words over the agent that are other ones with a little less sound."""


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
class AskingFrame(SystemFrame):
    """From `at` s of sound on the judge is asked every so many seconds while the user speaks.

    `busy`: less often than it could be, since its answers take long.
    """

    every: float
    at: float
    busy: bool


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
    speaker: str = ""


@dataclass
class AsideFrame(SystemFrame):
    """Upstream, from strategy: people said this to each other. It is in the context."""

    speaker: str
    text: str


@dataclass
class HandOverFrame(SystemFrame):
    """Somebody else in the room waits to speak: the present turn is over."""


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


@dataclass
class TransferFrame(ControlFrame):
    """Pass the caller on to `target` once all that was said before has been heard."""

    target: str
    interruptible: bool = field(default=False, init=False)


@dataclass
class TransferFailedFrame(SystemFrame):
    """Upstream, from the line: nobody took the caller, who is still here."""
