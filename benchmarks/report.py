"""What every benchmark's JSON says: figures, and where they come from."""

import argparse
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent


def summary(samples: Sequence[float]) -> dict[str, Any]:
    """Median, 95th percentile and all samples, in their unit; None where there are no samples."""
    p50, p95 = np.percentile(samples, [50, 95]) if samples else (None, None)
    return {
        "p50": _rounded(p50),
        "p95": _rounded(p95),
        "n": len(samples),
        "samples": [_rounded(each) for each in samples],
    }


def ratio(ours: Mapping[str, Any], plain: Mapping[str, Any]) -> dict[str, float | None]:
    """Our figure as a part of the other's: below 1 is faster."""
    return {
        name: _rounded(ours[name] / plain[name]) if ours[name] and plain[name] else None
        for name in ("p50", "p95")
    }


def against_plain(parse: argparse.ArgumentParser) -> None:
    """The options of a benchmark that calls this agent and a plain bot, and writes a report."""
    parse.add_argument("--out", type=Path, required=True, help="Write the report here, as JSON.")
    parse.add_argument(
        "--contender",
        nargs="+",
        choices=["ours", "plain"],
        default=["ours", "plain"],
        help="Measure these: this agent, and a plain Pipecat bot with the same models.",
    )
    parse.add_argument(
        "--config", default="config/embedded.yaml", help="Run this agent with this profile."
    )
    parse.add_argument(
        "--recordings",
        type=Path,
        help="Keep each call here as a WAV file, the caller left and the agent right.",
    )


def provenance() -> dict[str, Any]:
    """Machine, date, commit and Python, and how busy the machine was before."""
    return {
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        "load_before": _rounded(os.getloadavg()[0]),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "python": platform.python_version(),
    }


def write(path: Path, report: Mapping[str, Any]) -> None:
    """Write the report as JSON, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 3)


def _processor() -> str:
    """The processor's name where Linux tells it, its architecture elsewhere."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _commit() -> str | None:
    """The commit measured, with a plus where files differ from it; None outside git."""
    command = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return result.stdout.strip() if result.returncode == 0 else None
