"""The agent's own words, heard again in the user's microphone.

The clock is the sound received, as the listener's.
"""

from collections import deque
from difflib import SequenceMatcher

from judgement.words import STOPS, words_of

FARTHEST = 1.0  # s from a word's end as it is played to its end as it is heard again
SLIP = 0.5  # s by which a recogniser tells of a word after it was heard
CLOSE = 0.7  # s, both together, for one or two words
TELLING = 5  # letters of one or two words, at least
RUN = 3  # words in a row that are no chance
ALIKE = 0.6  # how much of two words must be the same letters: "France" and "friends"
GAP = 0.4  # and of what lies between two words that are echo
KEPT = 400  # words: the last two minutes
_BIDS = frozenset(word for stop in STOPS for word in words_of(stop)) - {"me", "on", "up", "one"}

_Word = tuple[str, float]  # and when it was over
_Pair = tuple[int, int]  # the number of a word heard, and that of its like among those played
_Run = list[_Pair]


class Echo:
    """Leaves out of what was heard the words that the agent has just said.

    What counts as echo is a run of three or more of the agent's words in their
    order, up to misheard ones, each heard at most a second after it was played.
    One or two must be the very same, follow within 0.7 s and be all that is heard
    but echo once the voice is over; "I" or a request to stop never is. So "Paris?"
    is dropped where a user says it right behind the agent's "Paris", as nothing but
    the sound could tell them apart, and counts when they think for a moment. Needs
    words that are told as they are played: of a voice that tells whole sentences,
    nothing is left out.
    """

    def __init__(self, *, kept: int = KEPT) -> None:
        """Nothing was played yet. With none `kept` every word heard is the user's."""
        self.is_heard = False  # in the present stretch of voice
        self._played: deque[_Word] = deque(maxlen=kept)
        self._began = 0.0  # the present stretch of voice
        self._seen: list[float] = []  # when each of its words was first told
        self._since: list[float] = []  # and when it was last told without that word

    def played(self, text: str, now: float) -> None:
        """The sound of these words is over."""
        self._played.extend((word, now) for word in words_of(text))

    def voice_begins(self, now: float) -> None:
        """A new stretch of voice."""
        self.is_heard = False
        self._began, self._seen, self._since = now, [], []

    def without(self, text: str, now: float, *, final: bool) -> str:
        """All words of the stretch so far but the agent's.

        The last one of an interim may be half a word: behind echo it does not count yet.
        """
        tokens = [(token, words_of(token)) for token in text.split()]
        heard = [words[0] for _, words in tokens if words]
        self._note(len(heard), now)
        own = iter(self._own(heard, final=final))
        kept = [token for token, words in tokens if not words or next(own)]
        if len(kept) == len(tokens):
            return text
        self.is_heard = True
        return " ".join(kept)

    def _own(self, heard: list[str], *, final: bool) -> list[bool]:
        """Which of the words are the user's."""
        played = self._recent()
        runs = _runs(self._aligned(heard, played), heard, [word for word, _ in played])
        long = [run for run in runs if len(run) >= RUN]
        close = [run for run in runs if final and self._is_close(run, heard, played)]
        own = _left(heard, [*long, *close], final=final)
        return _left(heard, long, final=final) if any(own) else own

    def _recent(self) -> list[_Word]:
        """What the present stretch of voice may hold of the words that were played."""
        first = self._began - SLIP - FARTHEST
        return [each for each in self._played if each[1] >= first]

    def _note(self, count: int, now: float) -> None:
        since = self._seen[-1] if self._seen else self._began
        new = count - len(self._seen)
        self._seen += [now] * new
        self._since += [since] * new

    def _aligned(self, heard: list[str], played: list[_Word]) -> _Run:
        """The longest sequence of pairs that are alike and in time."""
        best: list[_Run] = [[] for _ in range(len(played) + 1)]
        for at, word in enumerate(heard):
            fits = [index for index, each in enumerate(played) if self._fits(word, at, each)]
            for index in reversed(fits):
                longer = [*best[index], (at, index)]
                for later in range(index + 1, len(best)):
                    if len(best[later]) >= len(longer):
                        break
                    best[later] = longer
        return best[-1]

    def _fits(self, word: str, at: int, played: _Word) -> bool:
        in_time = self._since[at] - SLIP - FARTHEST <= played[1] <= self._seen[at]
        return in_time and alike(word, played[0])

    def _is_close(self, run: _Run, heard: list[str], played: list[_Word]) -> bool:
        """Whether words follow the very same so soon that they are hardly a user's."""
        letters = sum(len(heard[at]) for at, _ in run)
        return letters >= TELLING and all(
            heard[at] == played[index][0]
            and heard[at] not in _BIDS
            and self._since[at] - CLOSE <= played[index][1]
            for at, index in run
        )


def _left(heard: list[str], runs: list[_Run], *, final: bool) -> list[bool]:
    """Which words are in none of the runs, nor a part of a word at the ends of one."""
    left = [True] * len(heard)
    for run in runs:
        first, last = run[0][0], run[-1][0] + 1
        if first == 1 and len(run) > 1 and heard[0] not in _BIDS:
            first = 0  # the voice was noticed in its middle
        if last == len(heard) - 1 and not final and heard[-1] not in _BIDS:
            last += 1
        left[first:last] = [False] * (last - first)
    return left


def _runs(pairs: list[_Pair], heard: list[str], played: list[str]) -> list[_Run]:
    """The pairs, parted where something else was heard between two of them."""
    runs: list[_Run] = []
    for pair in pairs:
        if runs and _is_one(runs[-1][-1], pair, heard, played):
            runs[-1].append(pair)
        else:
            runs.append([pair])
    return runs


def _is_one(first: _Pair, then: _Pair, heard: list[str], played: list[str]) -> bool:
    """Whether what lies between two pairs was said and misheard, or not heard at all."""
    between = heard[first[0] + 1 : then[0]]
    said = played[first[1] + 1 : then[1]]
    if not between:
        return len(said) <= RUN
    if not said or not _BIDS.isdisjoint(between):
        return False
    letters = SequenceMatcher(None, "".join(between), "".join(said), autojunk=False)
    return letters.ratio() >= GAP


def alike(heard: str, played: str) -> bool:
    """Whether one word may have been understood as the other; a request to stop as no other."""
    if heard == played:
        return True
    shorter, longer = sorted((len(heard), len(played)))
    if heard in _BIDS or shorter < 4 or 2 * shorter < ALIKE * (shorter + longer):
        return False
    return SequenceMatcher(None, heard, played, autojunk=False).ratio() >= ALIKE
