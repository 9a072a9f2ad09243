"""What a caller says that calls for an interruption."""

from dataclasses import dataclass
from itertools import cycle

from benchmarks.duplex.cutting import joined
from benchmarks.duplex.material import Material
from benchmarks.duplex.sentences import Contradiction
from benchmarks.sound import Pcm
from benchmarks.voices import Voice

KINDS = ("circles", "contradiction", "ramble")
ROUNDS = 6  # times that a caller goes round
LONG = 15.0  # seconds of talk after which it is a ramble
APART = 0.06  # seconds between two pieces of speech, less than a pause


@dataclass(frozen=True, slots=True)
class Calling:
    """Speech in which something calls for an interruption, `at` seconds after its first sample.

    `fact` was said before.
    """

    kind: str
    pcm: Pcm
    at: float
    fact: Pcm | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    """Somebody's speech, and what they do about an interruption: object, or just talk on.

    `rest` is what they go on with after an `objection`.
    """

    who: str
    calling: Calling
    objection: Pcm | None
    rest: Pcm


def plan(material: Material, count: int) -> list[Talk]:
    """`count` talks, of each kind in turn; in every second one of a kind the caller objects."""
    says = material.says
    circles, contradictions = cycle(says.circles), cycle(says.contradictions)
    objections = cycle(says.insisting)
    talks: list[Talk] = []
    for number in range(count):
        voice = material.voices[number % len(material.voices)]
        objects = number // len(KINDS) % 2 == 1
        objection = voice.speak(next(objections)) if objects else None
        match KINDS[number % len(KINDS)]:
            case "circles":
                calling = _circles(voice, next(circles))
            case "contradiction":
                calling = _contradiction(voice, next(contradictions))
            case _:
                calling = _ramble(voice, says.ramble)
        talks.append(Talk(voice.name, calling, objection, _ramble(voice, says.ramble[:3]).pcm))
    return talks


def _circles(voice: Voice, text: str) -> Calling:
    """The middle of the second time round calls for it: half the sentence was said twice."""
    pcm, ends = joined([voice.speak(text)] * ROUNDS, APART)
    return Calling("circles", pcm, (ends[0] + ends[1]) / 2)


def _contradiction(voice: Voice, says: Contradiction) -> Calling:
    parts = [voice.speak(text) for text in (says.way, says.wrong, says.on)]
    pcm, ends = joined(parts, APART)
    return Calling("contradiction", pcm, ends[1], voice.speak(says.fact))


def _ramble(voice: Voice, texts: tuple[str, ...]) -> Calling:
    pcm, _ = joined([voice.speak(text) for text in texts], APART)
    return Calling("ramble", pcm, LONG)
