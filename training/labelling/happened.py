"""What happened next in a talk, and the label that it gives. Clear cases only.

Where a speaker fell silent:
- silence: they went on within `RESUMED` seconds, or within `RESUMED_OPEN` where words or
  dialogue acts say that they had not finished; or another broke them off.
- reply: another took the floor, with more than a backchannel, within `TAKEN` seconds or up
  to `EARLY` seconds before they fell silent, and they did not contest it.
Left out: both at once, a resumption that was a mere "yeah", an end that another used
although the speaker had not finished, answers long after.

Where one speaker made a sound over another's turn:
- silence: a backchannel, or a whole remark such as "that's true", and the other went on.
- reply: a bid of at least `BID` words, the other fell silent within `YIELDED` seconds and
  left the floor to them. Shown only from the word on that is no backchannel.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from judgement.words import STOPS, has_phrase
from training.labelling.timed import HOLLOW, Turn, Utterance, between

SHORTEST = 0.2  # s of a pause
RESUMED = 1.5
RESUMED_OPEN = 4.0
TAKEN = 3.0
EARLY = 0.3
CONTESTED = 0.5  # s within which two begin to speak at once
BID = 3
YIELDED = 2.5
LEFT = 1.0  # s in which one who yields does not speak again
INSIDE = (0.4, 0.3)  # s from the beginning and before the end of speech that is spoken over
IDLE = (3.2, 15.0)  # s of silence
_MUST_GO_ON = frozenset("the a an my your his their our of to and with for from because".split())
_CUTS_IN = frozenset("but no wait stop sorry actually however hold hang".split())


@dataclass(frozen=True, slots=True)
class Ended:
    """What followed an utterance. `pause` is None where there was none to speak of."""

    label: str
    pause: float | None
    how: str


@dataclass(frozen=True, slots=True)
class Overlapped:
    """A sound over another's speech; from `clear` words on it can be told what it is."""

    sound: Utterance
    label: str
    clear: int
    how: str


def ended(held: Sequence[Utterance], index: int) -> Ended | None:
    """What followed the utterance at `index` of the floor, or None where that is not clear."""
    if index + 1 >= len(held):
        return None
    last, following = held[index], held[index + 1]
    gap = round(following.begin - last.end, 3)
    if any(each.end > last.end + 0.05 for each in held[max(0, index - 6) : index]):
        return None
    if following.speaker == last.speaker:
        return _resumed(held, index, gap)
    return _broken_off(gap) if last.broken else _taken(held, index, gap)


def _resumed(held: Sequence[Utterance], index: int, gap: float) -> Ended | None:
    last, following = held[index : index + 2]
    most = RESUMED_OPEN if last.open_ended else RESUMED
    if not SHORTEST <= gap <= most or _rivalled(held, index + 1):
        return None
    rest = list(takewhile(lambda each: each.speaker == last.speaker, held[index + 1 :]))
    if not last.open_ended and all(word in HOLLOW for each in rest for word in each.words):
        return None
    return Ended(
        "silence", gap, f"the same speaker went on after {following.begin - last.end:.2f} s"
    )


def _broken_off(gap: float) -> Ended | None:
    """Another took the floor of one who had not finished: nobody was to reply there."""
    if gap >= SHORTEST:
        return None
    return Ended("silence", None, "broken off by another before it was over; pause imputed")


def _taken(held: Sequence[Utterance], index: int, gap: float) -> Ended | None:
    last = held[index]
    if not -EARLY <= gap <= TAKEN or not _takes(held, index + 1) or _returns(held, index):
        return None
    if (last.open_ended and gap < 0) or last.words[-1] in _MUST_GO_ON:
        return None
    if gap >= SHORTEST:
        return Ended("reply", gap, f"another took the floor after {gap:.2f} s")
    when = f"{-gap:.2f} s before the end" if gap < 0 else f"after {gap:.2f} s"
    return Ended("reply", None, f"another took the floor {when}; pause imputed")


def _rivalled(held: Sequence[Utterance], index: int) -> bool:
    """Whether another began to speak at once with the utterance at `index`."""
    this = held[index]
    return any(
        each.speaker != this.speaker and each.begin - this.begin < CONTESTED
        for each in held[index + 1 : index + 3]
    )


def _returns(held: Sequence[Utterance], index: int) -> bool:
    """Whether the one who fell silent spoke again as soon as another took the floor."""
    begin = held[index + 1].begin
    return any(
        each.speaker == held[index].speaker and each.begin < begin + CONTESTED
        for each in held[index + 2 : index + 5]
    )


def _takes(held: Sequence[Utterance], index: int) -> bool:
    """Whether who speaks from `index` on says more than a backchannel, or answers."""
    this = held[index]
    turn = list(takewhile(lambda each: each.speaker == this.speaker, held[index:]))
    words = [word for each in turn for word in each.words]
    if held[index - 1].asks and this.agrees:
        return True
    return len(words) >= BID and not all(word in HOLLOW for word in words)


def idle_after(held: Sequence[Utterance], index: int) -> float | None:
    """How long all were silent before a speaker who had not finished went on, if they did."""
    if index + 1 >= len(held):
        return None
    last, following = held[index], held[index + 1]
    real = following.begin - max(each.end for each in held[max(0, index - 6) : index + 1])
    same = following.speaker == last.speaker
    return real if same and last.open_ended and IDLE[0] <= real <= IDLE[1] else None


def overlapped(
    turn: Turn, talk: Sequence[Utterance], held: Sequence[Utterance], user: str
) -> Iterator[Overlapped]:
    """The sounds that `user` makes over `turn`, as far as they are clear."""
    for sound in between(talk, turn.begin, turn.end):
        if sound.speaker != user or not sound.words:
            continue
        over = next((each for each in turn.parts if _within(sound.begin, each)), None)
        if over is not None and (found := _meaning(sound, over, held)):
            yield found


def _within(when: float, speech: Utterance) -> bool:
    return speech.begin + INSIDE[0] <= when <= speech.end - INSIDE[1]


def _meaning(sound: Utterance, over: Utterance, held: Sequence[Utterance]) -> Overlapped | None:
    then = between(held, sound.begin, max(sound.end, over.end) + LEFT)
    again = any(each.speaker == over.speaker and each.begin > over.end for each in then)
    soon = [each for each in then if each.begin <= sound.end + LEFT and each is not sound]
    more = any(each.speaker == sound.speaker for each in soon)
    if sound.slight and sound not in then:
        goes_on = over.end >= sound.end or again
        if goes_on and not more:
            return Overlapped(sound, "silence", 1, "a backchannel; the other speaker went on")
        return None
    if sound.remark and sound not in held and not more:
        count = len(sound.words)
        return Overlapped(sound, "silence", count, "a short remark; the other speaker went on")
    yields = over.end - sound.begin <= YIELDED and sound.end >= over.end + 0.3 and not again
    clear = _clear(sound.words)
    if sound in then and yields and len(sound.words) >= BID and clear:
        return Overlapped(sound, "reply", clear, "took the floor; the other speaker yielded")
    return None


def _clear(words: Sequence[str]) -> int:
    """After how many words it is no backchannel any more; 0 if never."""
    for count in range(1, len(words) + 1):
        so_far = words[:count]
        if so_far[0] in _CUTS_IN or has_phrase(" ".join(so_far), STOPS):
            return count
        if count >= 2 and not all(word in HOLLOW for word in so_far):
            return count
    return 0
