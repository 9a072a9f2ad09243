"""DecisionFrame -> what is done: reply, silence, interruption, refusal, deflection."""

from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    LLMRunFrame,
    ProposedUserStartedSpeakingFrame,
    TranscriptionFrame,
    UserBackchannelFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.utils.time import time_now_iso8601

from judgement.backchannels import Backchannels
from judgement.bids import assents
from judgement.decision import Action, Decision
from judgement.doubt import Doubt
from judgement.floor import NEXT, Event, Floor
from judgement.moment import Kind, Moment
from judgement.signals import AFFRONT, FINISHED, HANDED_OVER, LAST_WORDS, TYPED
from processors import manners
from processors.asides import is_aside, noted
from processors.frames import (
    ActedFrame,
    AffrontFrame,
    AsideFrame,
    BackchannelFrame,
    DecisionFrame,
    EchoFoundFrame,
    GuidanceFrame,
    MomentFrame,
    PlayLineFrame,
    SpeculatedFrame,
    TurnClosedFrame,
    TurnEndProposedFrame,
    TurnOpenedFrame,
    WordsFrame,
)
from processors.role import Role
from processors.speculation import Speculation
from processors.timing import Timing

FLOOR_EVENTS = {
    VADUserStartedSpeakingFrame: Event.USER_STARTS,
    VADUserStoppedSpeakingFrame: Event.USER_STOPS,
    BotStartedSpeakingFrame: Event.AGENT_STARTS,
    BotStoppedSpeakingFrame: Event.AGENT_STOPS,
}


class StrategyProcessor(FrameProcessor):
    """The only stage that starts speech, opens a turn or closes one.

    A decision about a pause that is still to come waits for it, an interruption
    for the user to draw breath. A reply is begun at the moment already and held
    by Pipecat's gate until the decision lets it go, or withdraws it.

    A decision that comes too late for its moment (the turn is closed, the user
    speaks again, the agent is silent already) changes nothing. What was done is
    pushed as ActedFrame. `doubt` holds the agent's sound until an overlap is
    decided. `follows_guidance` is false for a reply model too
    small to be guided: then the persona's line alone is the answer, and another
    gives the floor back after an interruption that was heard to its end.
    """

    def __init__(
        self,
        role: Role,
        doubt: Doubt,
        speculation: Speculation | None = None,
        *,
        follows_guidance: bool,
    ):
        """Without a `speculation` no reply is begun before its turn is over."""
        super().__init__()
        self._role = role
        self._follows_guidance = follows_guidance
        self._doubt = doubt
        self._floor = Floor.OPEN
        self._turn = 0  # the turn that decisions must be about
        self._said = ""  # at the last moment
        self._opened = False
        self._owes_floor = False  # to a user who was cut off
        self._timing = Timing()
        self._backchannels = Backchannels()
        self._speculation = speculation

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        match frame:
            case MomentFrame(moment=moment):
                self._said = moment.said
                await self._speculate(moment)
                if self._may_read_ahead(moment):
                    await self.push_frame(WordsFrame(moment.line))
            case DecisionFrame():
                if not self._timing.keeps(frame, self._floor):
                    if replaced := self._timing.drop():
                        await self._tell(replaced, "taken back")
                    await self._carry_out(frame)
            case BotStoppedSpeakingFrame():
                self._note(frame)
                await self.push_frame(frame, direction)
                await self._give_back()
            case _:
                self._note(frame)
                await self.push_frame(frame, direction)
        if due := self._timing.due(frame):
            self._timing.drop()
            await self._carry_out(due)

    async def _carry_out(self, frame: DecisionFrame):
        """Do as decided and tell."""
        await self._tell(frame, await self._act(frame))

    async def _tell(self, frame: DecisionFrame, outcome: str):
        await self.push_frame(ActedFrame(frame.moment, frame.decision, frame.latency, outcome))

    def _note(self, frame: Frame):
        """Keep up with the floor, and with turns that Pipecat's watchdog ended."""
        match frame:
            case UserStartedSpeakingFrame():
                self._opened = True
            case UserStoppedSpeakingFrame():
                self._opened = False
            case EchoFoundFrame():
                self._doubt.hears_itself()
            case SpeculatedFrame(tokens=tokens, released=released) if self._speculation:
                self._speculation.count(tokens, released=released)
            case _:
                pass
        if event := FLOOR_EVENTS.get(type(frame)):
            self._floor = NEXT[self._floor][event]
            self._doubt.floor(event)

    def _may_read_ahead(self, moment: Moment) -> bool:
        """Whether the reply model may read the words; the last ones are answered instead."""
        is_last = moment.signals.get(LAST_WORDS)
        return moment.kind is Kind.PARTIAL and not is_last and not is_aside(moment)

    async def _speculate(self, moment: Moment, over: float | None = None):
        """Begin a reply to words that may be all; drop one to words that were not."""
        speculation = self._speculation
        if speculation is None or moment.turn != self._turn or speculation.answers(moment.line):
            return
        await self._withdraw()
        if not is_aside(moment) and speculation.is_worth(moment, over):
            await self._open()
            await self.push_frame(speculation.begin(moment.line))

    async def _withdraw(self):
        """Drop the reply that was begun, if one was."""
        if self._speculation and (withdrawal := self._speculation.withdraw()):
            await self.push_frame(withdrawal)

    async def _act(self, frame: DecisionFrame) -> str:
        """Carry out a decision; what became of it in a word or two."""
        moment, action = frame.moment, frame.decision.action
        if moment.turn != self._turn or self._timing.is_void(moment):
            return "too late"
        match moment.kind:
            case Kind.PARTIAL:
                return await self._while_speaking(moment, frame.decision)
            case Kind.PAUSE:
                return await self._at_pause(moment, frame.decision)
            case Kind.OVERLAP:
                return await self._over_agent(moment, action)
            case Kind.IDLE:
                return await self._when_idle(action)

    async def _while_speaking(self, moment: Moment, decision: Decision) -> str:
        if self._floor is not Floor.USER:
            return "too late"
        if is_aside(moment):
            return "kept listening"
        await self._open()
        if decision.action is not Action.INTERRUPT:
            if moment.said == self._said:
                await self._speculate(moment, decision.ending)
            return "kept listening"
        return await self._cut_in(moment)

    async def _at_pause(self, moment: Moment, decision: Decision) -> str:
        action = decision.action
        if self._floor in (Floor.USER, Floor.BOTH) and not moment.signals.get(TYPED):
            return "too late"
        if is_aside(moment) and not self._opened:
            return await self._overhear(moment)
        await self._open()
        if action is Action.SILENCE:
            return await self._stay_silent(moment, decision)
        if moment.signals.get(AFFRONT):
            return await self._answer_affront(moment)
        match action:
            case Action.REFUSE:
                return await self._answer_with_line(moment, action, "refused")
            case Action.DEFLECT:
                return await self._answer_with_line(moment, action, "deflected")
            case Action.REPLY | Action.INTERRUPT:
                await self._close(moment, answer=True)
                return "replied"

    async def _over_agent(self, moment: Moment, action: Action) -> str:
        if self._floor not in (Floor.BOTH, Floor.AGENT):
            return "too late"
        if action is Action.SILENCE:
            self._doubt.went_on(moment)
            if is_aside(moment) and moment.signals.get(FINISHED):
                await self._note_aside(moment)
            else:
                await self._note_backchannel(moment)
            return "went on"
        self._doubt.yielded()
        await self._open()
        await self.push_frame(TurnOpenedFrame(), FrameDirection.UPSTREAM)
        return "yielded"

    async def _when_idle(self, action: Action) -> str:
        if self._floor is not Floor.OPEN or self._opened:
            return "too late"
        if action is Action.SILENCE:
            return "chose silence"
        if self._follows_guidance:
            await self.push_frame(GuidanceFrame(manners.opening(action)))
            await self.push_frame(LLMRunFrame())
        else:
            line = self._role.line("idle" if action is Action.REPLY else "subjects")
            await self.push_frame(PlayLineFrame(line))
        return "opened" if action is Action.REPLY else "changed the subject"

    async def _cut_in(self, moment: Moment) -> str:
        """An opener at once, then an answer to the words so far."""
        if moment.signals.get(AFFRONT):
            return await self._answer_affront(moment)
        await self._withdraw()
        opener = self._role.line("openers")
        await self.push_frame(PlayLineFrame(opener, goes_on=True))
        await self.push_frame(GuidanceFrame(manners.cut_in(opener)))
        await self._close(moment, answer=True, cut_in=True)
        self._owes_floor = not self._follows_guidance
        return "cut in"

    async def _give_back(self):
        """The agent fell silent: ask the user whom it cut off to go on, if they don't already."""
        owed, self._owes_floor = self._owes_floor, False
        if owed and self._floor is Floor.OPEN:
            await self.push_frame(PlayLineFrame(self._role.line("handovers")))

    async def _stay_silent(self, moment: Moment, decision: Decision) -> str:
        """Wait, unless the user has been silent for as long as patience lasts."""
        if not self._is_over(moment):
            await self._speculate(moment, 1 - decision.probabilities[Action.SILENCE])
            return await self._listen(moment, decision)
        await self._withdraw()
        await self._close(moment, answer=False)
        return "chose silence"

    def _is_over(self, moment: Moment) -> bool:
        """Whether a silence now is final."""
        over = moment.signals.get(TYPED) or moment.signals.get(HANDED_OVER)
        return bool(over) or moment.pause >= self._role.persona.patience

    async def _overhear(self, moment: Moment) -> str:
        """Let people talk to each other, whatever the agent is about to say."""
        if not self._is_over(moment):
            return "waiting"
        self._turn += 1
        await self._note_aside(moment)
        await self.push_frame(TurnClosedFrame(""), FrameDirection.UPSTREAM)
        return "chose silence"

    async def _note_aside(self, moment: Moment):
        """Keep what was said to others, for the context and for memory."""
        if moment.said.strip():
            await self.push_frame(noted(moment))
            aside = AsideFrame(moment.speaker, moment.said)
            await self.push_frame(aside, FrameDirection.UPSTREAM)

    async def _listen(self, moment: Moment, decision: Decision) -> str:
        """Wait, now and then with an "uh-huh"."""
        can = self._floor is Floor.OPEN and self._role.persona.backchannels
        if not (can and self._backchannels.is_due(moment, decision)):
            return "waiting"
        await self.push_frame(BackchannelFrame(self._role.line("backchannels")))
        return "acknowledged"

    async def _answer_with_line(self, moment: Moment, action: Action, outcome: str) -> str:
        await self._withdraw()
        line = self._role.line("refusals" if action is Action.REFUSE else "deflections")
        goes_on = self._follows_guidance
        await self.push_frame(PlayLineFrame(line, goes_on=goes_on))
        if goes_on:
            await self.push_frame(GuidanceFrame(manners.after_line(action, line)))
        await self._close(moment, answer=goes_on)
        return outcome

    async def _answer_affront(self, moment: Moment) -> str:
        await self._withdraw()
        await self._close(moment, answer=False, cut_in=self._floor is Floor.USER)
        await self.push_frame(AffrontFrame(), FrameDirection.UPSTREAM)
        return "warned"

    async def _note_backchannel(self, moment: Moment):
        """Tell the client of an "mhm"; it stays out of the context."""
        if moment.signals.get(FINISHED) and assents(moment.said):
            await self.push_frame(
                UserBackchannelFrame(text=moment.said, user_id="", timestamp=time_now_iso8601())
            )

    async def _open(self):
        """Open the user's turn; Pipecat's own interruption silences the agent."""
        if not self._opened:
            self._opened, self._owes_floor = True, False
            await self.push_frame(ProposedUserStartedSpeakingFrame())

    async def _close(self, moment: Moment, *, answer: bool, cut_in: bool = False):
        """End the user's turn with the words of `moment`, to be answered by the model or not."""
        line = moment.line
        if cut_in:
            self._doubt.cuts_in()
        words = TranscriptionFrame(line, moment.speaker, time_now_iso8601())
        words.interruptible = False
        self._opened = False
        self._turn += 1
        keeps_reply = False
        if self._speculation:
            keeps_reply = answer and self._speculation.answers(line)
            self._speculation.close(keeps_reply=keeps_reply)
        await self.push_frame(words)
        await self.push_frame(TurnEndProposedFrame(answer=answer, keeps_reply=keeps_reply))
        closed = TurnClosedFrame(moment.said, cut_in, moment.speaker)
        await self.push_frame(closed, FrameDirection.UPSTREAM)
