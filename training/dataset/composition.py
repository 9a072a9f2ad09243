"""What the data set is made of: how many rows of which source, kind and label.

A cell is a source module, a kind and a label. The test sets were fixed before any judge
was scored on them; each takes its rows from the test split only.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SOURCES = (
    "meetings", "podcasts", "chats", "policies", "affronts", "harmful", "opinions",
    "contradictions", "circles", "rambles", "abuse_heaps", "idles",
)  # fmt: skip
# Their labels are what really happened, so that the same words may have two: that is no mistake.
OBSERVED = ("meetings", "podcasts", "chats", "talks")

Cell = tuple[str, str, str]  # source module, kind, label

OTHERS = 1000  # rows of a cell that `TRAIN` does not name
SHARE = {"train": 1.0, "dev": 0.5, "test": 0.5}  # of a cell's number for each split

# Runs of rows that share their beginning are taken whole where a run's cells have room: numbers
# in the proportion in which a source has them cost fewest tokens. Labels are balanced by weight.
TRAIN: Mapping[Cell, int] = {
    ("meetings", "pause", "silence"): 10000,
    ("meetings", "pause", "reply"): 6000,
    ("meetings", "partial", "silence"): 3600,
    ("meetings", "overlap", "silence"): 1400,
    ("meetings", "overlap", "reply"): 1200,
    ("meetings", "idle", "silence"): 60,
    ("podcasts", "pause", "silence"): 1200,
    ("podcasts", "pause", "reply"): 850,
    ("podcasts", "partial", "silence"): 400,
    ("chats", "pause", "silence"): 1200,
    ("chats", "pause", "reply"): 1300,
    ("chats", "partial", "silence"): 700,
    ("policies", "pause", "reply"): 6000,
    ("policies", "pause", "refuse"): 5000,
    ("policies", "pause", "deflect"): 5000,
    ("policies", "pause", "silence"): 1000,
    ("policies", "partial", "silence"): 500,
    ("affronts", "pause", "reply"): 700,
    ("affronts", "pause", "refuse"): 800,
    ("affronts", "pause", "deflect"): 800,
    ("affronts", "pause", "silence"): 350,
    ("affronts", "partial", "silence"): 200,
    ("harmful", "pause", "refuse"): 1300,
    ("harmful", "pause", "reply"): 1500,
    ("harmful", "pause", "deflect"): 400,
    ("harmful", "partial", "silence"): 100,
    ("opinions", "pause", "deflect"): 500,
    ("opinions", "pause", "refuse"): 300,
    ("opinions", "pause", "reply"): 500,
    ("opinions", "partial", "silence"): 100,
    ("contradictions", "partial", "interrupt"): 2800,
    ("contradictions", "partial", "silence"): 6500,
    ("contradictions", "pause", "reply"): 300,
    ("circles", "partial", "interrupt"): 800,
    ("circles", "partial", "silence"): 1100,
    ("rambles", "partial", "interrupt"): 1000,
    ("rambles", "partial", "silence"): 1400,
    ("abuse_heaps", "partial", "interrupt"): 700,
    ("abuse_heaps", "partial", "silence"): 900,
    ("idles", "idle", "silence"): 250,
    ("idles", "idle", "reply"): 250,
    ("idles", "idle", "deflect"): 250,
}


@dataclass(frozen=True, slots=True)
class TestSet:
    """How many rows by cell, or with `turns` how many turns, each with all its pauses.

    Otherwise a turn that was cut at the same word gives one row. Talks take part alike as
    long as they have rows.
    """

    cells: Mapping[Cell, int]
    turns: bool = False


def _each(rows: int, *cells: Cell) -> dict[Cell, int]:
    """`rows` in all, each cell with its equal part."""
    return dict.fromkeys(cells, rows // len(cells))


ACTION = 240  # rows of each action in `five`

TESTS: Mapping[str, TestSet] = {
    # Did the turn end? One row a turn; and turns with all their pauses, for the delays.
    "pause": TestSet(_each(2000, ("meetings", "pause", "silence"), ("meetings", "pause", "reply"))),
    "delays": TestSet(
        _each(600, ("meetings", "pause", "silence"), ("meetings", "pause", "reply")), turns=True
    ),
    # 20 minutes of ordinary speech, and turns that call for an interruption.
    "partial": TestSet(
        {
            ("meetings", "partial", "silence"): 3600,
            ("podcasts", "partial", "silence"): 1200,
        }
        | _each(
            600,
            ("contradictions", "partial", "interrupt"),
            ("circles", "partial", "interrupt"),
            ("rambles", "partial", "interrupt"),
            ("abuse_heaps", "partial", "interrupt"),
        )
    ),
    # Turns that look like those which call for an interruption and do not.
    "patience": TestSet(
        _each(
            800,
            ("contradictions", "partial", "silence"),
            ("circles", "partial", "silence"),
            ("rambles", "partial", "silence"),
            ("abuse_heaps", "partial", "silence"),
        )
    ),
    "overlap": TestSet(
        _each(1000, ("meetings", "overlap", "silence"), ("meetings", "overlap", "reply"))
    ),
    "policies": TestSet(
        _each(
            1200,
            ("policies", "pause", "reply"),
            ("policies", "pause", "refuse"),
            ("policies", "pause", "deflect"),
        )
    ),
    # As many as there are: a few hundred talks of the test split.
    "affronts": TestSet(
        dict.fromkeys(
            [("affronts", "pause", label) for label in ("refuse", "deflect", "silence")], 400
        )
    ),
    "lookalikes": TestSet({("harmful", "pause", "reply"): 600}),
    "five": TestSet(
        _each(
            ACTION,
            ("meetings", "pause", "reply"),
            ("podcasts", "pause", "reply"),
            ("policies", "pause", "reply"),
            ("affronts", "pause", "reply"),
        )
        | _each(
            ACTION,
            ("meetings", "pause", "silence"),
            ("podcasts", "pause", "silence"),
            ("meetings", "partial", "silence"),
            ("contradictions", "partial", "silence"),
        )
        | _each(
            ACTION,
            ("contradictions", "partial", "interrupt"),
            ("circles", "partial", "interrupt"),
            ("rambles", "partial", "interrupt"),
            ("abuse_heaps", "partial", "interrupt"),
        )
        | _each(
            ACTION,
            ("policies", "pause", "refuse"),
            ("harmful", "pause", "refuse"),
            ("affronts", "pause", "refuse"),
        )
        | _each(
            ACTION,
            ("policies", "pause", "deflect"),
            ("opinions", "pause", "deflect"),
            ("idles", "idle", "deflect"),
        )
    ),
}
