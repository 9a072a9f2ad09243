"""ActedFrame -> what the page shows, what the log says, what rows and memory keep."""

from datetime import UTC, datetime

from loguru import logger
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InputAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.processors.frameworks.rtvi.frames import RTVIServerMessageFrame

from judgement.consequences import Consequences
from memory.keeper import Keeper
from processors.frames import (
    ActedFrame,
    AskingFrame,
    EchoFoundFrame,
    FarVoiceFrame,
    SpeculatedFrame,
)
from processors.recorder import Recorder


class TimelineProcessor(FrameProcessor):
    """One server message, one log line and one row a decision.

    A message and a log line also tell when the judge is asked less often, or more, and
    when the agent's own sound is found in the microphone.
    The recorder also hears of each change of the floor, in seconds of sound,
    since what follows a decision tells whether it was right. Decisions that are
    no ordinary replies are remembered, behind the keeper's queue, and again
    when it is known what came of them. What was said stays out of the log
    unless `log_words` asks for it.
    """

    def __init__(self, recorder: Recorder, keeper: Keeper, *, log_words: bool):
        super().__init__()
        self._recorder = recorder
        self._keeper = keeper
        self._consequences = Consequences()
        self._log_words = log_words
        self._now = 0.0  # s of sound, as the listener counts it

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        match frame:
            case ActedFrame():
                self._remember(frame)
                await self._show(frame)
            case AskingFrame():
                await self._show_asking(frame)
            case EchoFoundFrame():
                await self._show_echo(frame)
                await self.push_frame(frame, direction)
            case FarVoiceFrame():
                await self._show_far()
                await self.push_frame(frame, direction)
            case SpeculatedFrame():
                await self._show_speculated(frame)
                await self.push_frame(frame, direction)
            case _:
                self._note(frame)
                await self.push_frame(frame, direction)

    def _note(self, frame: Frame):
        match frame:
            case InputAudioRawFrame():
                self._now += frame.num_frames / frame.sample_rate
            case VADUserStartedSpeakingFrame():
                self._recorder.floor("user_starts", self._now - frame.start_secs)
            case VADUserStoppedSpeakingFrame():
                self._recorder.floor("user_stops", self._now - frame.stop_secs)
            case BotStartedSpeakingFrame():
                self._recorder.floor("agent_starts", self._now)
            case BotStoppedSpeakingFrame():
                self._recorder.floor("agent_stops", self._now)
            case _:
                pass

    def _remember(self, acted: ActedFrame):
        now = datetime.now(UTC)
        for each in self._consequences.after(acted.moment, acted.decision, acted.outcome):
            self._keeper.decided(each, now)

    async def _show_asking(self, frame: AskingFrame):
        why = "this machine is busy" if frame.busy else "as often as words come"
        logger.info(f"asking every {frame.every:g} s from {frame.at:.1f} s on: {why}")
        self._recorder.asking(frame.every, frame.at)
        message = {"type": "asking", "at": frame.at, "every": frame.every, "busy": frame.busy}
        await self.push_frame(RTVIServerMessageFrame(data=message))

    async def _show_speculated(self, frame: SpeculatedFrame):
        told = "tokens_released" if frame.released else "tokens_dropped"
        message = {"type": "speculation", told: frame.tokens}
        await self.push_frame(RTVIServerMessageFrame(data=message))

    async def _show_echo(self, frame: EchoFoundFrame):
        delay, level = round(frame.delay * 1000), round(frame.level)
        logger.info(f"the agent hears itself {delay} ms late at {level} dB")
        at = round(self._now, 3)
        message = {"type": "echo", "at": at, "delay_ms": delay, "level_db": level}
        await self.push_frame(RTVIServerMessageFrame(data=message))

    async def _show_far(self):
        logger.info("a voice far off is left out")
        await self.push_frame(RTVIServerMessageFrame(data={"type": "far_voice"}))

    async def _show(self, acted: ActedFrame):
        moment, decision = acted.moment, acted.decision
        number = self._recorder.decided(moment, decision, acted.outcome)
        words = f" | {moment.said}" if self._log_words else ""
        logger.info(
            f"decision {number} at {moment.at:.1f} s: {moment.kind} -> {decision.action} "
            f"({acted.outcome}; {decision.reason}){words}"
        )
        message = {
            "type": "decision",
            "id": number,
            "at": moment.at,
            "kind": moment.kind.value,
            "said": moment.said,
            "speaker": moment.speaker,
            "pause": moment.pause,
            "action": decision.action.value,
            "probabilities": {a.value: round(p, 3) for a, p in decision.probabilities.items()},
            "reason": decision.reason,
            "facts": list(moment.facts),
            "latency_ms": round(acted.latency * 1000, 1),
            "judge": decision.judge,
            "fallback": decision.fallback,
            "outcome": acted.outcome,
        }
        await self.push_frame(RTVIServerMessageFrame(data=message))
