"""ELAN (.eaf): tiers of annotations between time slots.

A speaker is a tier's PARTICIPANT, else its name; of a speaker's tiers the one
with the most words is taken (the others gloss or translate it). Annotations
without times of their own share those of what they refer to; slots without a
value lie evenly between their neighbours.
"""

from pathlib import Path
from xml.etree import ElementTree

from training.collecting.formats.text import spoken
from training.collecting.stretches import FormatError, Found, Said

Times = dict[str, tuple[float, float]]


def read(path: Path, talk: str) -> Found:
    """The words of each speaker in `path`. Raises `FormatError` where there are none."""
    try:
        root = ElementTree.parse(path).getroot()
    except (ElementTree.ParseError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: no XML: {error}") from error
    times, left_out = _times(root, path)
    best: dict[str, list[Said]] = {}
    for tier in root.iter("TIER"):
        said = _said(tier, times, talk)
        if _size(said) > _size(best.get(_speaker(tier), [])):
            best[_speaker(tier)] = said
    if not best:
        raise FormatError(f"{path}: no tier with words and times")
    return Found([each for said in best.values() for each in said], left_out)


def _speaker(tier: ElementTree.Element) -> str:
    return tier.get("PARTICIPANT") or tier.get("TIER_ID") or "unknown"


def _size(said: list[Said]) -> int:
    return sum(len(each.words.split()) for each in said)


def _said(tier: ElementTree.Element, times: Times, talk: str) -> list[Said]:
    said: list[Said] = []
    for annotation in _annotations(tier):
        words = spoken(annotation.findtext("ANNOTATION_VALUE") or "")
        span = times.get(annotation.get("ANNOTATION_ID", ""))
        if words and span:
            said.append(Said(talk, _speaker(tier), *span, words))
    return said


def _annotations(tier: ElementTree.Element) -> list[ElementTree.Element]:
    return [inner for outer in tier.iter("ANNOTATION") for inner in outer]


def _times(root: ElementTree.Element, path: Path) -> tuple[Times, list[str]]:
    """Begin and end in s of each annotation, by its id."""
    slots = _slots(root, path)
    times: Times = {}
    left_out: list[str] = []
    for each in root.iter("ALIGNABLE_ANNOTATION"):
        begin, end = (slots.get(each.get(f"TIME_SLOT_REF{n}", "")) for n in (1, 2))
        name = each.get("ANNOTATION_ID", "")
        if begin is None or end is None or end <= begin:
            left_out.append(f"{path}: annotation {name} has no usable times")
        else:
            times[name] = (begin, end)
    referring: dict[str, list[str]] = {}
    for each in root.iter("REF_ANNOTATION"):
        referring.setdefault(each.get("ANNOTATION_REF", ""), []).append(
            each.get("ANNOTATION_ID", "")
        )
    for parent in list(times):
        _share(parent, referring, times)
    return times, left_out


def _share(parent: str, referring: dict[str, list[str]], times: Times) -> None:
    """Give what refers to `parent` even parts of its time, and so on down."""
    children = referring.pop(parent, [])
    begin, end = times[parent]
    for at, child in enumerate(children):
        step = (end - begin) / len(children)
        times[child] = (begin + at * step, begin + (at + 1) * step)
        _share(child, referring, times)


def _slots(root: ElementTree.Element, path: Path) -> dict[str, float]:
    """The time of each slot in s, in the order of the file."""
    slots = [
        (each.get("TIME_SLOT_ID", ""), each.get("TIME_VALUE")) for each in root.iter("TIME_SLOT")
    ]
    try:
        known = [
            (at, int(value) / 1000) for at, (_, value) in enumerate(slots) if value is not None
        ]
    except ValueError as error:
        raise FormatError(f"{path}: a TIME_VALUE is no number of ms: {error}") from error
    done: dict[str, float] = {}
    for (left, begin), (right, end) in zip(known, [*known[1:], *known[-1:]], strict=True):
        for at in range(left, max(right, left + 1)):
            done[slots[at][0]] = begin + (end - begin) * (at - left) / max(1, right - left)
    return done
