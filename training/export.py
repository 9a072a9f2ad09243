"""A trained adapter for llama.cpp, calibrated, and checked against what was trained.

    python -m training.export RUN --data DIR --out judgement/adapter [--merged FOLDER]

RUN is what `training.finetune` wrote. OUT gets `judge.gguf` and `judge.json` (temperature and
thresholds from dev.jsonl, the base's and the data's hash, how it was trained); FOLDER the base
with the adapter in it, as safetensors. Then 500 rows of dev are asked of each. llama.cpp
computes with 8 bits, which may tip a row that stands at a threshold: decisions must be those of
the trained model on 98 %, and on 99 % but for rows whose probabilities are off by less than
0.1. If not, nothing is left in OUT.
"""

import argparse
import asyncio
import hashlib
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from openai import AsyncOpenAI

from judgement.artefact import AdapterError
from judgement.decision import Action, Decision
from judgement.llama import LlamaJudge
from judgement.local import judge_server, opened
from judgement.rows import moment_of
from judgement.tuned import Calibration, tuned
from training.model.base import (
    ACTIONS,
    PACKAGE,
    BaseMissing,
    find_base,
    load_adapter,
    load_base,
    load_tokenizer,
)
from training.model.calibrate import Logits, calibration, chosen, shares
from training.model.gguf_adapter import write_gguf
from training.model.predict import logits
from training.rows import Row, RowError, read

CHECKED = 500
ALIKE = 0.98  # of the decisions
CLOSE = 0.99  # of the rows: the same decision, or no probability off by more than `NOISE`
NOISE = 0.1


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parse.add_argument
    add("run", type=Path, help="The folder of the run.")
    add("--data", type=Path, required=True, help="The folder with dev.jsonl.")
    add("--out", type=Path, required=True, help="The folder for judge.gguf and judge.json.")
    add("--base", default=PACKAGE, help="The base it was trained on.")
    add("--merged", type=Path, help="Also write the merged model here, as safetensors.")
    add("--rows", type=int, default=3000, help="Rows of dev to calibrate on.")
    return parse


def main() -> None:
    """Export, calibrate, check."""
    given = parser().parse_args()
    try:
        export(given)
    except (RowError, BaseMissing, AdapterError, OSError) as error:
        sys.exit(f"training.export: {error}")


def export(given: argparse.Namespace) -> None:
    """All of it; what is in OUT before is replaced only when the check has passed."""
    adapter: Path = given.run / "adapter"
    if not adapter.is_dir():
        raise BaseMissing(f"{adapter} is missing: let `python -m training.finetune` finish first")
    rows = chosen(read(given.data / "dev.jsonl"), given.rows)
    tokenizer, base = load_tokenizer(given.base), load_base(given.base)
    model = load_adapter(base, adapter)
    trained = logits(model, tokenizer, rows)
    with tempfile.TemporaryDirectory(dir=_parent(given.out), prefix=".export-") as beside:
        made = Path(beside) / "adapter"
        made.mkdir()
        config = base.config
        size = write_gguf(
            adapter, made / "judge.gguf",
            heads=config.num_attention_heads, key_heads=config.num_key_value_heads,
        )  # fmt: skip
        about = _about(given.base, adapter) | calibration(rows, trained)
        (made / "judge.json").write_text(json.dumps(about, indent=1) + "\n")
        places = sorted(random.Random(0).sample(range(len(rows)), min(CHECKED, len(rows))))
        checked, expected = [rows[at] for at in places], trained[places]
        folder, gguf = find_base(given.base)
        if gguf:
            served = asyncio.run(_served(made, folder / gguf, checked))
            _agree("llama.cpp with the adapter", served, expected, checked, about)
        else:
            print("not tried in llama.cpp: the base is no GGUF")
        if given.merged:
            merged = model.merge_and_unload()
            merged.save_pretrained(str(given.merged))
            tokenizer.save_pretrained(str(given.merged))
            again = logits(load_base(str(given.merged)), tokenizer, checked)
            _agree("the merged model", again, expected, checked, about)
        _replace(made, given.out)
    print(f"{given.out / 'judge.gguf'}: {size / 1e6:.1f} MB; {about['thresholds']}")


def _parent(out: Path) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    return out.parent


def _about(base: str, adapter: Path) -> dict[str, Any]:
    """How it came about."""
    run = json.loads((adapter / "run.json").read_text())
    folder, gguf = find_base(base)
    digest = hashlib.sha256((folder / gguf).read_bytes()).hexdigest() if gguf else ""
    return {
        "base": gguf or folder.name,
        "base_sha256": digest,
        "data_sha256": run["data_sha256"],
        "commit": run["commit"],
        "tokens": run["seen"],
        "seed": int(run["arguments"]["seed"]),
    }


async def _served(adapter: Path, base: Path, rows: Sequence[Row]) -> Logits:
    """What llama.cpp says to each row, before any calibration, as logits."""
    found = np.zeros((len(rows), len(ACTIONS)), np.float32)
    server = judge_server(base, opened(adapter, base))
    async with AsyncOpenAI(base_url=server.url, api_key="none") as client:
        labels = await server.label_tokens()
        judge = LlamaJudge(client, model="", slot=server.slot(), labels=labels, trained=True)
        for at, row in enumerate(rows):
            decision = await judge.judge(moment_of(row))
            found[at] = [np.log(decision.probabilities[action] + 1e-9) for action in ACTIONS]
    return found


def _agree(
    what: str, found: Logits, expected: Logits, rows: Sequence[Row], about: Mapping[str, Any]
) -> None:
    """Print how often both decide alike. Raises `BaseMissing` if that is too seldom."""
    how = Calibration.of(about)
    pairs = [
        (_decision(one, row, how), _decision(other, row, how))
        for row, one, other in zip(rows, found, expected, strict=True)
    ]
    alike = np.array([one == other for one, other in pairs])
    off = np.abs(_probabilities(found) - _probabilities(expected)).max(axis=1)
    print(
        f"{what} decides as trained on {alike.mean():.1%} of {len(rows)} rows; "
        f"a probability is off by {off.mean():.3f}, at most {off.max():.2f}"
    )
    if alike.mean() < ALIKE or (alike | (off <= NOISE)).mean() < CLOSE:
        raise BaseMissing(f"{what} is not what was trained: is it the same base?")


def _decision(logits: NDArray[np.float32], row: Row, how: Calibration) -> Action:
    found = shares(logits)
    raw = Decision(max(found, key=found.__getitem__), found, "")
    return tuned(raw, moment_of(row), how).action


def _probabilities(logits: Logits) -> NDArray[np.float32]:
    return np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))


def _replace(made: Path, out: Path) -> None:
    old = out.with_name(f".{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        os.replace(out, old)
    os.replace(made, out)
    shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    main()
