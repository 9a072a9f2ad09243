"""How loudly the user is heard, and which voice over the agent comes from farther off.

A voice loses 6 dB with each doubling of its distance. So somebody else in the room is
heard well below whoever the microphone belongs to, and so is what a loudspeaker leaves.
"""

from collections import deque

import numpy as np

KEPT = 312  # windows of voice, 10 s, by which the user's level is told
ENOUGH, SURE = 8, 31  # of them before it is, a word; and before it is sure, a second
UNSURE = 3.0  # dB by which a word by itself may be louder than what else its speaker says
LOUD = 90  # percentile of their levels that is the user's: the vowels', in a word as in a turn
SOFT, TRUSTED, MOST = 12, 13, 24  # soft windows that a loud one makes up for, and added up
SURELY = 6  # windows of a voice far off, 0.2 s, that are no near one's soft beginning
LASTING = 16  # and 0.5 s, after which the rest is not heard though the agent falls silent
BREATH = 10  # windows without a voice, 0.3 s, that end it


class NearField:
    """Tells voices over the agent by their level, window by window.

    Every voice that counts is the user's, and their level that of the latest 10 s
    of it: one word tells it first, and it follows who moves away in a few turns.
    While the agent is silent every voice counts. Over the agent one `margin` dB
    below the user's is far and counts for nothing, until it is over. One loud window
    counts at once; where a second follows, soft ones between syllables do as well.
    """

    def __init__(self, margin: float) -> None:
        """Nobody has been heard yet."""
        self.agent_speaks = False
        self._margin = margin
        self._levels: deque[float] = deque(maxlen=KEPT)
        self._fresh = 0  # of them learnt since the last breath
        self._quiet = BREATH  # windows since a voice was heard
        self._trust = 0  # that the voice is near
        self._far = 0  # windows of a voice far off, since it began

    @property
    def level(self) -> float | None:
        """The user's, in dB of full scale; None while too little was heard of them."""
        if len(self._levels) < ENOUGH:
            return None
        return float(np.percentile(self._levels, LOUD))

    @property
    def is_far(self) -> bool:
        """Whether the latest voice is surely far off."""
        return self._far >= SURELY

    def dismisses(self, audio: bytes, *, voiced: bool) -> bool:
        """Whether the next window, 16-bit mono, is a voice far off or a gap in one."""
        if not voiced:
            self._breathe()
            return self._far > 0
        self._quiet = 0
        level = _level(audio)
        is_soft = self._is_soft(level)
        if is_soft and (self.agent_speaks or self._far >= LASTING):
            self._far += 1
            return True
        self._far = 0
        self._levels.append(level)
        self._fresh += 1
        return False

    def forget(self) -> None:
        """What was learnt since the last breath was no voice of the user's."""
        for _ in range(min(self._fresh, len(self._levels))):
            self._levels.pop()
        self._fresh = 0

    def _breathe(self) -> None:
        self._trust = max(0, self._trust - 1)
        self._quiet += 1
        if self._quiet >= BREATH:
            self._fresh = self._far = 0

    def _is_soft(self, level: float) -> bool:
        """Whether a window is far below the user's level, and no loud ones around it."""
        user = self.level
        margin = self._margin + (0 if len(self._levels) >= SURE else UNSURE)
        is_loud = user is None or level > user - margin
        self._trust = min(MOST, max(0, self._trust + (SOFT if is_loud else -1)))
        return not is_loud and self._trust < TRUSTED


def _level(audio: bytes) -> float:
    """In dB of full scale."""
    pcm = np.frombuffer(audio, np.int16).astype(np.float32)
    return 10 * float(np.log10(np.mean(pcm**2) / 32768**2 + 1e-10))
