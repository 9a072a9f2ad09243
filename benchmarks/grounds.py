"""How often ordinary talk gives a ground to cut in: interruptions that would be wrong.

    python -m benchmarks.grounds --out grounds.json --meetings normalized_ipus.jsonl.gz \
        --shows transcripts_md.tar.gz

Reads meetings with times (ICSI) and transcripts of shows (the Changelog's, at `RATE` words a
second), both as in docs/training.md, as words without sound: each speaker is a user in a
talk of their own, who talks until another takes the floor or they pause for `PAUSE`; what
others said before is the agent's turn. Twice a second of speech the grounds of
`judgement.grounds` are looked for, with the facts that the speaker stated before, and
counted at most once in `GAP`: contradictions, circles and rambles by the hour of speech, for
personas of several proactivities. Meetings have no question marks, so that few rambles can
be told there; shows have no pauses, so that turns are longer there than in a call. `--set
dev` is the half that figures were chosen on, `test` the other.
"""

import argparse
import asyncio
import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.contradictions import SAID, shows
from benchmarks.report import provenance, write
from judgement.astray import Astray
from judgement.grounds import ground, may_ramble
from judgement.local import MODELS
from judgement.moment import Kind, Moment, Policy, Turn
from judgement.signals import ASTRAY, CONTRADICTION
from memory.anchors import stated_in
from memory.claims import Ear
from memory.embedding import Embedder
from memory.facts import Facts, memory_of
from memory.minilm import PACKAGE, gguf_file
from memory.store import Memory, Sort

RATE = 2.7  # words a second of a show
SHOWS = 300
PAUSE = 1.1  # s in which the agent would have taken the floor
SHORT = 2  # words of another that take no floor
EVERY = 0.5  # s between two looks
GAP = 20.0  # s in which the agent cuts in once at most
EAGER = (0.5, 0.9, 1.0)  # proactivities
BEFORE = 40  # words of what others said
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Stretch:
    """A speaker's turn: words, each with the second at which it ends, and what came before."""

    who: str
    began: float
    words: list[tuple[float, str]]
    before: str

    @property
    def text(self) -> str:
        """All of the words."""
        return " ".join(word for _, word in self.words)


def of_meetings(path: Path, part: str) -> Iterator[Stretch]:
    """The turns of the meetings of `part`, dev or test, in order."""
    meeting, current, before = "", None, ""
    with gzip.open(path, "rt") as lines:
        for row in map(json.loads, lines):
            if _part(row["d"]) != part:
                continue
            if current and row["d"] != meeting:
                yield current
                current, before = None, ""
            meeting = row["d"]
            words = _timed(row)
            who = f"{meeting}:{row['s']}"
            if current and who == current.who and row["b"] - current.words[-1][0] < PAUSE:
                current.words += words
            elif current is None or who == current.who or len(words) > SHORT:
                if current:
                    yield current
                    before = current.text if who != current.who else ""
                current = Stretch(who, row["b"], words, before)
    if current:
        yield current


def of_shows(path: Path, part: str) -> Iterator[Stretch]:
    """The turns of the shows of `part`."""
    for number, show in enumerate(shows(path, SHOWS)):
        if _part(f"show {number}") == part:
            before, at = "", 0.0
            for who, text in SAID.findall(show):
                words = [(at + place / RATE, word) for place, word in enumerate(text.split(), 1)]
                yield Stretch(f"{number}:{who}", at, words, before)
                before, at = text, words[-1][0]


def _part(meeting: str) -> str:
    return "test" if zlib.crc32(meeting.encode()) % 2 else "dev"


def _timed(row: dict[str, Any]) -> list[tuple[float, str]]:
    """The words of a row, evenly over its time."""
    words = row["t"].split()
    each = (row["e"] - row["b"]) / len(words)
    return [(row["b"] + each * (place + 1), word) for place, word in enumerate(words)]


class Listening:
    """One speaker's talk: what they stated, and when they were cut off last."""

    def __init__(self, eager: float, astray: Astray) -> None:
        """Nothing was said yet."""
        self._persona = Policy(proactivity=eager)
        self._astray = astray
        self._ear, self._facts = Ear(), Facts()
        self._cut_in = -GAP
        self._turn = 0

    async def hear(self, turn: Stretch) -> tuple[str, str] | None:
        """Why the turn is cut off, if it is, and the last words then."""
        self._turn += 1
        found = await self._grounds(turn) if turn.words[-1][0] - self._cut_in >= GAP else None
        self._learn(turn)
        return found

    async def _grounds(self, turn: Stretch) -> tuple[str, str] | None:
        asked = Turn("agent", " ".join(turn.before.split()[-BEFORE:]), 0.0)
        due, said = turn.began, ""
        for at, word in turn.words:
            said = f"{said} {word}".lstrip()
            if at < due or at - self._cut_in < GAP:
                continue
            due = at + EVERY
            if why := ground(await self._moment(said, asked, at, at - turn.began)):
                self._cut_in = at
                return why.partition(" for ")[0], said[-120:]
        return None

    async def _moment(self, said: str, asked: Turn, at: float, seconds: float) -> Moment:
        moment = Moment(
            Kind.PARTIAL, said, (asked,), turn_seconds=seconds, persona=self._persona,
            turn=self._turn, at=at,
        )  # fmt: skip
        signals: dict[str, bool] = {}
        if self._facts.against(self._ear.claims_in(said, goes_on=True)):
            signals[CONTRADICTION] = True
        if may_ramble(moment) and await self._astray.is_astray(moment):
            signals[ASTRAY] = True
        return replace(moment, signals=signals)

    def _learn(self, turn: Stretch) -> None:
        self._ear.agent_said(turn.before)
        source = Memory("turn", "user", "talk", Sort.TURN, "user", turn.text, EPOCH)
        for stated in stated_in(turn.text, self._ear.user_said(turn.text)):
            self._facts.add(memory_of(stated, source))


async def measure(turns: Sequence[Stretch], eager: float, astray: Astray) -> dict[str, Any]:
    """The figures of one proactivity."""
    talks: dict[str, Listening] = {}
    counts, rows, seconds = Counter[str](), list[dict[str, str]](), 0.0
    for turn in turns:
        seconds += turn.words[-1][0] - turn.began
        talk = talks.setdefault(turn.who, Listening(eager, astray))
        if found := await talk.hear(turn):
            counts[found[0]] += 1
            rows.append({"who": turn.who, "why": found[0], "said": found[1]})
    hours = seconds / 3600
    each = {why: round(count / hours, 2) for why, count in sorted(counts.items())}
    total = round(counts.total() / hours, 2)
    return {"hours": round(hours, 2), "an_hour": total, "by_ground": each, "rows": rows}


def within(turns: Iterator[Stretch], hours: float) -> list[Stretch]:
    """The first turns, up to so many hours of speech."""
    kept: list[Stretch] = []
    left = hours * 3600
    for turn in turns:
        left -= turn.words[-1][0] - turn.began
        if left < 0:
            break
        kept.append(turn)
    return kept


async def run(given: argparse.Namespace) -> None:
    """Each proactivity in turn, for each source that is given."""
    embedder = await asyncio.to_thread(lambda: Embedder(gguf_file(PACKAGE, given.models)))
    report: dict[str, Any] = {}
    for name, path, read in (
        ("meetings", given.meetings, of_meetings), ("shows", given.shows, of_shows)
    ):  # fmt: skip
        turns = within(read(path, given.set), given.hours) if path else []
        for eager in EAGER if turns else ():
            found = await measure(turns, eager, Astray(embedder.embed, wait=None))
            report.setdefault(name, {})[str(eager)] = found
            print(f"{name}, proactivity {eager}: {found['an_hour']} an hour {found['by_ground']}")
    write(given.out, {"ours": report, "set": given.set, **provenance()})


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--meetings", type=Path, help="normalized_ipus.jsonl.gz")
    add("--shows", type=Path, help="transcripts_md.tar.gz")
    add("--out", type=Path, required=True, help="file for the figures, as JSON")
    add("--set", choices=["dev", "test"], default="test", help="which half")
    add("--hours", type=float, default=5.0, help="of speech of each (%(default)s)")
    add("--models", type=Path, default=MODELS, help="where converted models are kept")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
