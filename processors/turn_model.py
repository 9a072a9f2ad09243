"""The sound of a turn, and how likely it says that the turn is over."""

from pipecat.audio.turn.base_turn_analyzer import BaseTurnAnalyzer
from pipecat.metrics.metrics import TurnMetricsData

LONGEST = 8.0  # s that the model looks at
BEFORE = 0.7  # s from before the voice was noticed
SILENCE = 0.2  # s behind the last word, as in what the model learnt from


class TurnModel:
    """Pipecat's turn analyser, asked as often as wanted: an answer changes nothing.

    By itself it forgets a turn's sound whenever it takes the turn for over.
    """

    def __init__(self, analyzer: BaseTurnAnalyzer) -> None:
        self._analyzer = analyzer
        self._sound = bytearray()
        self._rate = 0

    def set_sample_rate(self, rate: int) -> None:
        """Samples a second, 16 bit, mono."""
        self._rate = rate
        self._analyzer.set_sample_rate(rate)

    def hear(self, audio: bytes) -> None:
        """More of the user's sound."""
        self._sound += audio
        self._keep(LONGEST)

    def turn_begins(self) -> None:
        """What was heard so far is no part of the turn, but for its first sound."""
        self._keep(BEFORE)

    async def turn_over(self, silent: float) -> TurnMetricsData | None:
        """The model's answer, with its probability, the last `silent` s being without voice.

        None where the model could not tell.
        """
        missing = bytes(2 * int(max(0.0, SILENCE - silent) * self._rate))
        self._analyzer.clear()
        self._analyzer.append_audio(bytes(self._sound) + missing, True)
        _, metrics = await self._analyzer.analyze_end_of_turn()
        return metrics if isinstance(metrics, TurnMetricsData) else None

    async def cleanup(self) -> None:
        """Let go of the model's thread."""
        await self._analyzer.cleanup()

    def _keep(self, seconds: float) -> None:
        over = len(self._sound) - 2 * int(seconds * self._rate)
        if over > 0:
            del self._sound[:over]
