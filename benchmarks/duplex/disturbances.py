"""What an agent should talk on over: backchannels, coughs, noises, other people, its own echo."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

import numpy as np
from numpy.random import Generator

from benchmarks.caller import Caller
from benchmarks.duplex.material import Material
from benchmarks.duplex.noise import cough, hum, laugh, slam, typing
from benchmarks.duplex.sentences import BACKCHANNELS
from benchmarks.echo_room import EchoRoom
from benchmarks.sound import Pcm

# Ten trials: half of them are backchannels.
ORDER = (
    "backchannel", "cough", "backchannel", "noise", "backchannel",
    "laugh", "backchannel", "background", "backchannel", "echo",
)  # fmt: skip
BACKGROUND = 10 ** (-20 / 20)  # of the level of speech into the microphone
ECHO = -25.0  # dB of the agent's own level
ECHO_LATE, ECHO_LASTS = 0.14, 3.0  # seconds


@dataclass(frozen=True, slots=True)
class Disturbance:
    """A sound of a kind; None for the agent's own echo, which is made in the call."""

    kind: str
    what: str
    pcm: Pcm | None


def disturbances(material: Material, chance: Generator) -> Iterator[Disturbance]:
    """Without end, in the proportions of `ORDER`."""
    words, noises = _backchannels(material, chance), cycle((slam, typing))
    others = material.spoken(material.says.background)
    for kind in cycle(ORDER):
        match kind:
            case "backchannel":
                yield Disturbance(kind, *next(words))
            case "cough":
                yield Disturbance(kind, "", cough(chance))
            case "noise":
                make = next(noises)
                yield Disturbance(kind, make.__name__, make(chance))
            case "laugh":
                yield Disturbance(kind, "", laugh(chance))
            case "background":
                voice, text = next(others)
                quiet = (voice.speak(text) * BACKGROUND).astype(np.int16)
                yield Disturbance(kind, f"{voice.name}: {text}", quiet)
            case _:
                yield Disturbance(kind, "", None)


def _backchannels(material: Material, chance: Generator) -> Iterator[tuple[str, Pcm]]:
    """A hum, words by each voice, and those that people said, in turn."""
    words = material.spoken(BACKCHANNELS)
    people = cycle(material.acknowledgements)
    while True:
        yield "Mhm.", hum(chance)
        for _ in range(2):
            voice, text = next(words)
            yield f"{voice.name}: {text}", voice.speak(text)
        if person := next(people, None):
            yield person


def echo(caller: Caller) -> EchoRoom:
    """The agent's own sound as the microphone picks it up from now on."""
    begun = len(caller.heard.pieces)

    def heard(first: int) -> list[tuple[float, Pcm]]:
        return [(piece.at, piece.pcm) for piece in caller.heard.pieces[begun + first :]]

    chance = np.random.default_rng(1)
    return EchoRoom(heard, delay=ECHO_LATE, decibels=ECHO, chance=chance)
