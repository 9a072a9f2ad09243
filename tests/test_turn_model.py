"""What the turn model is shown of a turn's sound."""

from typing import Any

from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer, EndOfTurnState
from pipecat.metrics.metrics import TurnMetricsData

from processors.turn_model import BEFORE, LONGEST, SILENCE, TurnModel

RATE = 16_000


class Shown(BaseTurnAnalyzer):
    """Keeps the length of what it is asked about; says half."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._held = 0.0

    @property
    def speech_triggered(self) -> bool:
        return True

    @property
    def params(self) -> Any:
        return None

    def append_audio(self, buffer: bytes, is_speech: bool) -> EndOfTurnState:
        self._held += len(buffer) / 2 / RATE
        return EndOfTurnState.INCOMPLETE

    async def analyze_end_of_turn(self):
        self.seconds.append(round(self._held, 2))
        metrics = TurnMetricsData(
            processor="", is_complete=True, probability=0.5, e2e_processing_time_ms=0
        )
        return EndOfTurnState.COMPLETE, metrics

    def clear(self) -> None:
        self._held = 0.0


def model() -> tuple[TurnModel, Shown]:
    shown = Shown()
    made = TurnModel(shown)
    made.set_sample_rate(RATE)
    return made, shown


def sound(seconds: float) -> bytes:
    return bytes(2 * int(seconds * RATE))


async def test_every_question_is_about_the_whole_turn():
    turn, shown = model()
    turn.hear(sound(2.0))
    answer = await turn.turn_over(SILENCE)
    assert answer and answer.probability == 0.5
    turn.hear(sound(1.0))
    await turn.turn_over(SILENCE)
    assert shown.seconds == [2.0, 3.0]


async def test_a_hush_is_filled_up_to_the_silence_that_the_model_learnt_from():
    turn, shown = model()
    turn.hear(sound(1.0))
    await turn.turn_over(0.05)
    assert shown.seconds == [1.15]


async def test_a_turn_begins_shortly_before_its_voice_was_noticed_and_is_not_endless():
    turn, shown = model()
    turn.hear(sound(5.0))
    turn.turn_begins()
    turn.hear(sound(1.0))
    await turn.turn_over(SILENCE)
    turn.hear(sound(20.0))
    await turn.turn_over(SILENCE)
    assert shown.seconds == [BEFORE + 1.0, LONGEST]
