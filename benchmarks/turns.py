"""One spoken turn put to a bot, and what it took to be answered."""

import asyncio
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.caller import Caller, Message
from benchmarks.sound import Pcm

PATIENCE = 8.0  # seconds; a turn not answered by then is missed
ENOUGH = 1.2  # seconds of the answer before the caller cuts in
HELD = 0.8  # seconds of silence that show an agent gave way, and not between two sentences
REACTION = 0.15  # seconds; an agent silent sooner had finished by itself
KINDS = {"STT": "stt", "Moonshine": "stt", "LLM": "llm", "TTS": "tts", "Piper": "tts"}
GAP = 1.5  # seconds of silence before the next turn


@dataclass(frozen=True, slots=True)
class Step:
    """What the caller does: says `pcm`, and cuts into the answer with `stop` if there is one."""

    who: str
    text: str
    pcm: Pcm
    stop: Pcm | None = None


@dataclass(slots=True)
class Outcome:
    """What became of a step. All times are seconds.

    `transition` is from the user's last sound to the agent's first, None where
    the turn was `missed`, or `early`: the agent spoke before the user was done.
    `barge_in` is from the user's onset to the agent's silence, None where it was
    not tried. `stages` are seconds after the user's last sound, or, where the
    name says so, a duration. `load` is the machine's one-minute load average.
    """

    who: str
    text: str
    transition: float | None = None
    early: bool = False
    barge_in: float | None = None
    heard: str = ""
    answer: str = ""
    load: float = field(default_factory=lambda: round(os.getloadavg()[0], 2))
    stages: dict[str, float] = field(default_factory=dict)

    @property
    def missed(self) -> bool:
        """Whether no answer came in time."""
        return self.transition is None and not self.early


async def take(caller: Caller, step: Step) -> Outcome:
    """Speak one turn, wait for the answer, cut in where the step says so."""
    outcome = Outcome(step.who, step.text)
    utterance = caller.begin(step.pcm)
    onset, end = await utterance.onset, await utterance.end
    first = caller.heard.onset(onset)
    outcome.early = first is not None and first < end
    answered = await caller.until_heard(after=end, timeout=PATIENCE)
    outcome.heard = _text(caller, "user-transcription", onset)
    if answered is None:
        return outcome
    if not outcome.early:
        outcome.transition = answered - end
        outcome.stages = stages(caller.messages, onset, end, answered)
    if step.stop is not None:
        outcome.barge_in = await _cut_in(caller, step.stop, answered)
    outcome.answer = _text(caller, "bot-transcription", end)
    return outcome


async def settle(caller: Caller, limit: float) -> bool:
    """Wait until the agent has been silent for a while and has no more to say.

    False when `limit` s do not do.
    """
    deadline = time.monotonic() + limit
    while (left := deadline - time.monotonic()) > 0:
        silent = await caller.until_silent(after=time.monotonic(), timeout=left, hold=GAP)
        if silent is not None and not _writing(caller.messages):
            return True
    return False


def _writing(messages: Iterable[Message]) -> bool:
    """Whether the reply model is at work or has just been, as far as the bot tells."""
    marks = [m for m in messages if m.type in ("bot-llm-started", "bot-llm-stopped")]
    if not marks:
        return False
    return marks[-1].type == "bot-llm-started" or time.monotonic() - marks[-1].at < GAP


async def _cut_in(caller: Caller, stop: Pcm, answered: float) -> float | None:
    """Seconds from the caller's onset to the agent's silence; None if it had finished.

    An agent that is not silent in time counts with the whole patience. Returns
    when the caller has spoken and the answer to that has begun, if one comes.
    """
    await asyncio.sleep(answered + ENOUGH - time.monotonic())
    if not caller.heard.sounding(time.monotonic(), within=0.1):
        return None
    utterance = caller.begin(stop)
    onset = await utterance.onset
    silent = await caller.until_silent(after=onset, timeout=PATIENCE, hold=HELD)
    await caller.until_heard(after=await utterance.end, timeout=3)
    if silent is None:
        return PATIENCE
    return silent - onset if silent - onset > REACTION else None


def stages(
    messages: Iterable[Message], onset: float, end: float, answered: float
) -> dict[str, float]:
    """When each stage was done in the turn from `onset`, answered at `answered`.

    A stage counts from the user's last sound, `end`, as the client learns of it;
    it is negative where it was done while the user spoke. `*_ttfb` and
    `decision_took` are durations that the bot reports.
    """
    found: dict[str, float] = {}
    for message in messages:
        if not onset <= message.at <= answered:
            continue
        match message.type, message.data:
            case "user-transcription", {"final": True}:
                found["transcript"] = message.at - end
            case "user-stopped-speaking", _:
                found["turn_closed"] = message.at - end
            case "bot-llm-started", _:
                found["llm_started"] = message.at - end
                found.pop("tts_started", None)  # of an answer before this one
            case "bot-tts-started", _:
                found.setdefault("tts_started", message.at - end)
            case "bot-started-speaking", _:
                found["sound_sent"] = message.at - end
            case "server-message", {"type": "decision", **decision}:
                found["decision"] = message.at - end
                if isinstance(took := decision.get("latency"), int | float):
                    found["decision_took"] = float(took)
            case "metrics", {"ttfb": [*entries]}:
                found |= _ttfb(entries)
    return found


def _ttfb(entries: Iterable[dict[str, object]]) -> dict[str, float]:
    """Times to the first byte that services report, by kind of service."""
    found: dict[str, float] = {}
    for entry in entries:
        name, value = str(entry.get("processor", "")), entry.get("value")
        kind = next((KINDS[part] for part in KINDS if part in name), None)
        if kind and isinstance(value, int | float) and value > 0:
            found[f"{kind}_ttfb"] = float(value)
    return found


def _text(caller: Caller, type: str, after: float) -> str:
    """What was said by `type` since `after`, final transcripts only."""
    data = (message.data for message in caller.of(type, after))
    return " ".join(d["text"] for d in data if d.get("final", True)).strip()
