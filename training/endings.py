"""Where a message ends: a linear reading of the base model's last state.

    python -m training.endings --data DIR --out judgement/adapter/endings.json

Reads whole messages (`training.sources.messages`) with the base model, which is not
changed, and fits a logistic regression that tells their last word from others. A seventh
of the messages is kept from it; the report is about those: the area under the curve, and
the share of ends above the score that so many of the words inside pass.
"""

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression  # pyright: ignore[reportMissingTypeStubs]

from judgement.endings import Head, spoken
from training.model.base import PACKAGE, BaseMissing, load_base, load_tokenizer
from training.scoring.scores import auc, recall_at
from training.sources.messages import EACH, Message, messages

INSIDE = 3  # words of a message at which it does not end
BATCH = 24  # messages
PENALTY = 0.003  # inverse, of the regression
SHARES = (0.02, 0.05, 0.1)
MARKS = {"user": "<|im_start|>user\n", "agent": "<|im_start|>assistant\n", "over": "<|im_end|>\n"}

States = NDArray[np.float32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Read:
    """The base model's states behind words of messages, a row each."""

    states: States
    ends: Flags
    held_out: Flags

    @classmethod
    def of(cls, parts: Sequence["Read"]) -> "Read":
        """All the parts in one."""
        columns = ([getattr(part, name) for part in parts] for name in cls.__slots__)
        return cls(*(np.concatenate(column) for column in columns))


class Reader:
    """Reads messages with the base, as `judgement.endings` has them read."""

    def __init__(self, base: str, chance: random.Random) -> None:
        self._model = load_base(base, dtype=torch.float32)
        self._model.set_attn_implementation("sdpa")
        self._tokenizer = load_tokenizer(base)
        self._chance = chance
        self._head = Head(**MARKS, weights=(), bias=0.0)

    def read(self, batch: Sequence[Message]) -> Read:
        """Each message in one pass: a state knows only the words before it."""
        written = [self._tokens(each) for each in batch]
        ids = torch.zeros(len(batch), max(len(tokens) for tokens, _ in written), dtype=torch.long)
        for row, (tokens, _) in enumerate(written):
            ids[row, : len(tokens)] = torch.tensor(tokens)
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            states = self._model.model(input_ids=ids).last_hidden_state.float().numpy()
        places = [(row, at) for row, (_, picked) in enumerate(written) for at in picked]
        return Read(
            np.stack([states[place] for place in places]),
            np.array([at == len(written[row][0]) - 1 for row, at in places]),
            np.array([batch[row].is_held_out for row, _ in places]),
        )

    def _tokens(self, message: Message) -> tuple[list[int], list[int]]:
        """A message's tokens, and at which of them a state is wanted: the last is its end."""
        words = as_heard(message.text, self._chance).split()
        before = self._head.prompt("", message.asked)
        pieces = [before, words[0], *(f" {word}" for word in words[1:])]
        tokens: list[int] = []
        ends: list[int] = []
        for piece in pieces:
            tokens += self._tokenizer(piece, add_special_tokens=False)["input_ids"]
            ends.append(len(tokens) - 1)
        inside = [at for at in range(1, len(words) - 1) if words[at][-1] not in ".?!"]
        picked = self._chance.sample(inside, min(INSIDE, len(inside)))
        return tokens, [*(ends[at + 1] for at in picked), len(tokens) - 1]


def as_heard(text: str, chance: random.Random) -> str:
    """`text` as a recogniser might write it: half of the time without marks and capitals."""
    if chance.random() < 0.5:
        text = re.sub(r'[,;:"]', "", text.lower())
    return spoken(text)


def read_all(found: Sequence[Message], reader: Reader) -> Read:
    """Every message, with progress."""
    ordered = sorted(found, key=lambda each: len(each.text))
    batches = [ordered[at : at + BATCH] for at in range(0, len(ordered), BATCH)]
    began, parts = time.monotonic(), list[Read]()
    for number, batch in enumerate(batches, 1):
        parts.append(reader.read(batch))
        if number % 25 == 0:
            left = (time.monotonic() - began) / number * (len(batches) - number)
            print(f"{number} of {len(batches)} batches, {left:.0f} s left", flush=True)
    return Read.of(parts)


def fitted(read: Read) -> tuple[Head, dict[str, Any]]:
    """The reading, and what it is worth on what was held out."""
    train, test = ~read.held_out, read.held_out
    mean, scale = read.states[train].mean(0), read.states[train].std(0) + 1e-3
    model: Any = LogisticRegression(C=PENALTY, max_iter=500)
    model.fit((read.states[train] - mean) / scale, read.ends[train])
    weights = model.coef_[0] / scale
    bias = float(model.intercept_[0] - weights @ mean)
    head = Head(**MARKS, weights=tuple(float(f"{each:.5g}") for each in weights), bias=bias)
    return head, worth(read.states[test] @ weights + bias, read.ends[test])


def worth(scores: States, ends: Flags) -> dict[str, Any]:
    """Figures of the report."""
    return {
        "ends": int(ends.sum()),
        "inside": int((~ends).sum()),
        "auc": round(auc(scores, ends), 3),
        "ends_at": {str(share): round(recall_at(scores, ends, share), 2) for share in SHARES},
    }


def main() -> None:
    """Read, fit, write."""
    parse = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parse.add_argument("--data", type=Path, required=True, help="the folder of raw data")
    parse.add_argument("--out", type=Path, required=True, help="the JSON to write")
    parse.add_argument("--base", default=PACKAGE, help="weight package, .gguf file or folder")
    parse.add_argument("--each", type=int, default=EACH, help="messages a source (%(default)s)")
    parse.add_argument("--threads", type=int, default=1, help="CPU threads (%(default)s)")
    given = parse.parse_args()
    torch.set_num_threads(given.threads)
    chance = random.Random(3)
    try:
        found = list(messages(given.data, chance, given.each))
        head, report = fitted(read_all(found, Reader(given.base, chance)))
    except (BaseMissing, OSError) as error:
        sys.exit(f"training.endings: {error}")
    print(json.dumps(report))
    written = {**MARKS, "held_out": report, "bias": head.bias, "weights": head.weights}
    given.out.write_text(json.dumps(written) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
