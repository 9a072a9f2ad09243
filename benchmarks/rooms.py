"""How often the agent answers in a room when it is meant, and is silent when it is not.

python -m benchmarks.rooms --out F.json

Two synthetic voices act each scene in the whole pipeline, with real ears, in real time.
"""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loguru import logger

from benchmarks.party import Party, party
from benchmarks.report import provenance, write
from benchmarks.voices import Voice, voices
from config.settings import PROFILES, load
from processors.shared import Shared

SILENCE = 8.0  # s after the last line in which an answer must begin, on a loaded machine
SPOKEN = ("replied", "refused", "deflected", "cut in", "yielded")
ANN, BOB = "Ann", "Bob"


@dataclass(frozen=True, slots=True)
class Scene:
    """Lines of who says what; whether the last one is meant for the agent."""

    lines: tuple[tuple[str, str], ...]
    meant: bool


def _scene(meant: bool, *lines: tuple[str, str]) -> Scene:
    return Scene(lines, meant)


SCENES = (
    _scene(True, (ANN, "Assistant, what is the capital of France?")),
    _scene(True, (BOB, "What time is it in New York, assistant?")),
    _scene(
        True,
        (ANN, "Bob, do you know how far the moon is?"),
        (BOB, "No idea. Assistant, how far away is the moon?"),
    ),
    _scene(
        True,
        (ANN, "Assistant, what is the capital of France?"),
        (ANN, "And what is the capital of Spain?"),
    ),
    _scene(False, (ANN, "Bob, can you pass me the salt?")),
    _scene(False, (ANN, "Bob, where were you?"), (BOB, "At work. How was your day?")),
    _scene(
        False,
        (ANN, "Assistant, what is the capital of France?"),
        (BOB, "Ann, shall we go there in the spring?"),
    ),
    _scene(False, (BOB, "Ann, I asked the assistant yesterday, and it did not know.")),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, help="where the figures go, as JSON")
    parser.add_argument("--config", type=Path, default=PROFILES / "embedded.yaml", help="profile")
    given = parser.parse_args()
    logger.remove()
    figures = asyncio.run(measure(given.config))
    print(table(figures))
    if given.out:
        write(given.out, {"ours": figures, **provenance()})


async def measure(profile: Path) -> dict[str, Any]:
    """Every scene once for each pair of voices."""
    shared = await Shared.load(load(profile))
    made = voices()
    pairs = list(zip(made[:2], made[2:4], strict=True))
    acted = [(scene, await act(shared, scene, pair)) for pair in pairs for scene in SCENES]
    return counted([(scene.meant, answered) for scene, answered in acted])


async def act(shared: Shared, scene: Scene, cast: Sequence[Voice]) -> bool:
    """Whether the agent spoke because of the last line; an earlier answer may still go on."""
    async with party(shared, Ann=cast[0], Bob=cast[1]) as room:
        for who, text in scene.lines[:-1]:
            await room.says(who, text)
            await _listened(room)
        earlier = len(room.talk.decisions())
        who, text = scene.lines[-1]
        await room.says(who, text)

        def spoke() -> bool:
            later = room.talk.decisions()[earlier:]
            return any(each["speaker"] == who and each["outcome"] in SPOKEN for each in later)

        try:
            await room.talk.until(spoke, SILENCE)
        except TimeoutError:
            return False
        return True


async def _listened(room: Party) -> None:
    """An answer is heard to its end; where there is none people go on at once."""
    await asyncio.sleep(1.5)
    await room.talk.until(room.talk.quiet_for(1.0), 30)


def counted(scenes: Sequence[tuple[bool, bool]]) -> dict[str, Any]:
    """The figures of scenes, each as whether the agent was meant and whether it answered."""
    meant = [answered for is_meant, answered in scenes if is_meant]
    others = [answered for is_meant, answered in scenes if not is_meant]
    return {
        "answered_when_meant": [sum(meant), len(meant)],
        "silent_when_not": [others.count(False), len(others)],
    }


def table(figures: dict[str, Any]) -> str:
    """A line for each figure."""
    return "\n".join(f"{name}: {right} of {of}" for name, (right, of) in figures.items())


if __name__ == "__main__":
    main()
