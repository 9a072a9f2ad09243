"""Checkpoints of a run: each whole or not there, each with what it was made of."""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import torch

from training.model.base import BaseMissing

FREE = ("keep", "dev", "out", "data")  # arguments that may change when a run goes on


def about(given: argparse.Namespace) -> dict[str, Any]:
    """What a run was made of: its arguments, the commit, the data's hash."""
    arguments = {name: str(value) for name, value in vars(given).items() if name != "threads"}
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    digest = hashlib.sha256((given.data / "train.jsonl").read_bytes()).hexdigest()
    return {
        "arguments": arguments,
        "commit": commit.stdout.strip() or "unknown",
        "data_sha256": digest,
    }


def keep(
    out: Path, made_of: dict[str, Any], model: Any, optimizer: Any, step: int, seen: int
) -> None:
    """A checkpoint, whole or not at all; the one before it goes."""
    beside = out / ".new"
    shutil.rmtree(beside, ignore_errors=True)
    model.save_pretrained(str(beside))
    torch.save(optimizer.state_dict(), beside / "optimizer.pt")
    (beside / "run.json").write_text(json.dumps({**made_of, "step": step, "seen": seen}, indent=2))
    os.replace(beside, out / f"step-{step:06}")
    for old in sorted(out.glob("step-*"))[:-1]:
        shutil.rmtree(old)


def last_checkpoint(out: Path, made_of: dict[str, Any]) -> Path | None:
    """Where to go on from. Raises `BaseMissing` if that run was another one."""
    kept = sorted(out.glob("step-*"))
    if not kept:
        return None
    before = json.loads((kept[-1] / "run.json").read_text())
    if before["data_sha256"] != made_of["data_sha256"]:
        raise BaseMissing(f"{out} holds a run on other data: give another --out")
    changed = {
        name
        for name, value in made_of["arguments"].items()
        if before["arguments"].get(name) != value and name not in FREE
    }
    if changed:
        raise BaseMissing(f"{out} holds a run with another --{', --'.join(sorted(changed))}")
    return kept[-1]


def resume(kept: Path | None, optimizer: torch.optim.Optimizer) -> tuple[int, int]:
    """Steps and tokens so far, with the optimizer as it was."""
    if not kept:
        return 0, 0
    optimizer.load_state_dict(torch.load(kept / "optimizer.pt", weights_only=True))
    run = json.loads((kept / "run.json").read_text())
    print(f"goes on from step {run['step']} of {kept}")
    return run["step"], run["seen"]


def finish(out: Path) -> None:
    """The last checkpoint, without its optimizer, as `adapter`."""
    beside = out / ".adapter"
    shutil.rmtree(beside, ignore_errors=True)
    last = sorted(out.glob("step-*"))[-1]
    shutil.copytree(last, beside, ignore=shutil.ignore_patterns("optimizer.pt"))
    shutil.rmtree(out / "adapter", ignore_errors=True)
    os.replace(beside, out / "adapter")
    print(f"the adapter is in {out / 'adapter'}")
