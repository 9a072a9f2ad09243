"""What lies on this machine: packages, model files, keys that are set, room for data."""

import os
import shutil
from pathlib import Path

from config.check import report
from server.doctor.aside import aside
from server.doctor.asked import Asked
from server.doctor.finding import Finding, mend, ok, warn

GB = 1e9
LEAST, ENOUGH = 0.5, 2.0  # GB; a minute of a recorded talk takes 4 MB, the models 0.2 GB


async def profile(asked: Asked) -> list[Finding]:
    """What the profile needs and lacks, as `bot.py --check` finds it."""
    transport = asked.transport or "webrtc"
    lines = await aside(lambda: report(asked.settings, transport=transport))
    lacks = [mend(line.part, line.text) for line in lines if not line.ok]
    if lacks:
        return lacks
    name = asked.settings.shown("profile")
    weights = sum("weights:" in line.text or line.part == "model_server" for line in lines)
    has = f", {weights} with model files," if weights else ""
    return [ok("profile", f"{name}: all {len(lines)} parts{has} are there, and all keys are set")]


async def disk(asked: Asked) -> list[Finding]:
    """Whether there is room where memories and talks are kept."""
    path = asked.settings.memory.path
    shown = f"data, beside {asked.settings.memory.shown('path')}"
    return [await aside(lambda: _room(path, shown))]


def _room(path: str, shown: str) -> Finding:
    folder = Path(path).absolute().parent
    holder = next(each for each in (folder, *folder.parents) if each.is_dir())
    if not os.access(holder, os.W_OK):
        return mend(
            "disk", f"{shown}, cannot be written: change memory.path, or whose folder it is"
        )
    free = shutil.disk_usage(holder).free / GB
    text = f"{free:.1f} GB are free for {shown}"
    if free < LEAST:
        return mend("disk", f"{text}: free {ENOUGH:.0f} GB, or move memory.path to another disk")
    if free < ENOUGH:
        return warn("disk", f"{text}: enough to start, not for many recorded talks; free some")
    return ok("disk", text)
