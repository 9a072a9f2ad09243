"""How often ordinary speech seems to contradict itself: interruptions that would be wrong.

    python -m benchmarks.contradictions --data transcripts_md.tar.gz [--shows 100]

Reads the Changelog's transcripts (github.com/thechangelog/transcripts, as a .tar.gz):
every speaker is a user whose claims are facts from then on. What a later claim of the
same speaker contradicts is printed; hours are words at 150 a minute.
"""

import argparse
import random
import re
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from memory.claims import Claim, Ear, contradicts, is_change

SAID = re.compile(r"\*\*([^*:]+):\*\* (.+)")
WORDS_AN_HOUR = 150 * 60


def shows(path: Path, count: int) -> Iterator[str]:
    """The text of `count` shows, drawn the same way every time."""
    with tarfile.open(path) as archive:
        names = sorted(each for each in archive.getnames() if each.endswith(".md"))
        random.Random(1).shuffle(names)
        for name in names[:count]:
            if file := archive.extractfile(name):
                yield file.read().decode("utf-8", "replace")


def contradictions(show: str) -> Iterator[tuple[Claim, Claim]]:
    """Each claim with the current one of the same speaker that it contradicts."""
    ears: defaultdict[str, Ear] = defaultdict(Ear)
    known: defaultdict[str, dict[str, Claim]] = defaultdict(dict)
    for who, text in SAID.findall(show):
        for claim in ears[who].user_said(text):
            against = (each for each in known[who].values() if contradicts(each, claim))
            if not is_change(claim) and (before := next(against, None)):
                yield before, claim
            known[who][claim.about] = claim


def main() -> None:
    """Read the command line and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the transcripts")
    parser.add_argument("--shows", type=int, default=100, help="how many (%(default)s)")
    given = parser.parse_args()
    hours, count = 0.0, 0
    for show in shows(given.data, given.shows):
        hours += sum(len(text.split()) for _, text in SAID.findall(show)) / WORDS_AN_HOUR
        for before, claim in contradictions(show):
            count += 1
            print(f'{claim.about}: "{before.text[:80]}" / "{claim.text[:80]}"')
    print(f"{count} in {hours:.0f} hours of speech")


if __name__ == "__main__":
    main()
