"""When a decision is carried out: now, when its pause has come, or at the user's next breath."""

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)

from judgement.decision import Action
from judgement.floor import Floor
from judgement.moment import Kind, Moment
from judgement.signals import AHEAD
from judgement.words import clauses
from processors.frames import DecisionFrame, HushFrame, MomentFrame, VoiceBackFrame

LONGEST = 0.3  # s of sound that an interruption waits for a breath, at most


class Timing:
    """Keeps a decision until its time has come.

    One about a pause that is still to come is void if the voice goes on. An
    interruption waits for a hush, for newer words to end a clause, or for
    `LONGEST`, and is then about the newest words.
    """

    def __init__(self) -> None:
        self._pause: DecisionFrame | None = None
        self._interruption: DecisionFrame | None = None
        self._waited = 0.0  # s of sound since it was decided first
        self._clauses = 0  # that were over then
        self._newest: Moment | None = None  # while the user speaks
        self._coming: Moment | None = None  # of the present hush: the pause that it may be
        self._is_hushed = False

    def keeps(self, frame: DecisionFrame, floor: Floor) -> bool:
        """Whether `frame` is to wait: for its pause, or for a breath of who has the floor."""
        moment = frame.moment
        if floor is not Floor.USER:
            return False
        if moment is self._coming:
            self._pause = frame
        elif moment.kind is Kind.PARTIAL and frame.decision.action is Action.INTERRUPT:
            if self._interruption is None:
                self._waited, self._clauses = 0.0, clauses(moment.said)
            self._interruption = frame
        else:
            return False
        return True

    def due(self, frame: Frame) -> DecisionFrame | None:
        """The decision whose time has come with `frame`, if one's has."""
        self._note(frame)
        if self._interruption and self._may_cut_in():
            return self._about_newest(self._interruption)
        return self._pause if isinstance(frame, VADUserStoppedSpeakingFrame) else None

    def is_void(self, moment: Moment) -> bool:
        """Whether `moment` is of a hush that is over: the voice came back, or another one began."""
        return bool(moment.signals.get(AHEAD)) and moment is not self._coming

    def drop(self) -> DecisionFrame | None:
        """Another decision takes the place of all that waits; the interruption among that."""
        dropped, self._interruption, self._pause = self._interruption, None, None
        return dropped

    def _note(self, frame: Frame) -> None:
        match frame:
            case InputAudioRawFrame():
                self._waited += frame.num_frames / frame.sample_rate
            case HushFrame():
                self._is_hushed = True
            case VoiceBackFrame() | VADUserStartedSpeakingFrame():
                self._is_hushed, self._pause, self._coming = False, None, None
            case MomentFrame(moment=moment) if moment.signals.get(AHEAD):
                self._coming = moment
            case MomentFrame(moment=moment) if moment.kind is Kind.PARTIAL:
                self._newest = moment
            case _:
                pass

    def _may_cut_in(self) -> bool:
        if self._is_hushed or self._waited >= LONGEST:
            return True
        return self._newest is not None and clauses(self._newest.said) > self._clauses

    def _about_newest(self, frame: DecisionFrame) -> DecisionFrame:
        newest = self._newest
        if newest is None or newest.turn != frame.moment.turn:
            return frame
        return DecisionFrame(newest, frame.decision, frame.latency)
