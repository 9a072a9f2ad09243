"""A trained judge on disk: `judge.gguf`, a LoRA of llama.cpp's, `judge.json`, `endings.json`."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from judgement.endings import Head, read_head
from judgement.gguf_header import Header, Shape, read_header
from judgement.tuned import Calibration

DEFAULT = Path(__file__).parent / "adapter"
WEIGHTS, ABOUT, ENDINGS = "judge.gguf", "judge.json", "endings.json"
_INNER, _OUTER = ".lora_a", ".lora_b"  # input x rank, rank x output


class AdapterError(Exception):
    """An adapter that cannot be used; the text names the file and what to do."""


class AdapterMismatch(AdapterError):
    """An adapter that was trained for another base model; the text names both."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """What was read of an adapter. `base_sha256` is that of the base's file, where it is known."""

    weights: Path
    calibration: Calibration
    base_sha256: str | None = None
    head: Head | None = None  # that reads endings off the same base


def read_adapter(path: Path) -> Adapter:
    """The adapter in the folder `path`, or the .gguf at `path` with the JSON beside it.

    Without `judge.json` it has no calibration. Raises `AdapterError`.
    """
    weights = path if path.suffix == ".gguf" else path / WEIGHTS
    if not weights.is_file():
        raise AdapterError(f"there is no adapter at {weights}: train and export one, or say none")
    with weights.open("rb") as start:
        if start.read(4) != b"GGUF":
            raise AdapterError(f"{weights} is no GGUF file")
    try:
        head = read_head(weights.with_name(ENDINGS))
    except ValueError as error:
        raise AdapterError(str(error)) from error
    about = weights.with_name(ABOUT) if weights.name == WEIGHTS else weights.with_suffix(".json")
    if not about.is_file():
        return Adapter(weights, Calibration(), head=head)
    try:
        said = _object(about)
        return Adapter(weights, Calibration.of(said), said.get("base_sha256"), head)
    except (ValueError, OSError) as error:
        raise AdapterError(f"{about}: {error}") from error


def _object(file: Path) -> dict[str, Any]:
    given: Any = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(given, dict):
        raise ValueError("a JSON object is expected")
    return {**given}


def check_base(adapter: Adapter, model: Path) -> None:
    """Raise `AdapterMismatch` unless the adapter was trained for the very file `model`."""
    check_shapes(adapter.weights, model)
    if adapter.base_sha256 and adapter.base_sha256 != sha256(model):
        raise AdapterMismatch(
            f"the adapter {adapter.weights} was trained for a base model with SHA-256 "
            f"{adapter.base_sha256[:12]}..., which {model} is not"
        )


def check_shapes(weights: Path, model: Path) -> None:
    """Raise `AdapterMismatch` unless every matrix of the adapter fits one of the model's.

    llama.cpp ends the whole process at some of what does not fit.
    """
    try:
        base, lora = read_header(model), read_header(weights)
    except (ValueError, OSError) as error:
        raise AdapterError(str(error)) from error
    problem = _header(lora, base) or next(_misfits(lora.shapes, base.shapes), "")
    if problem:
        raise AdapterMismatch(
            f"the adapter {weights} does not fit the base model {model}: {problem}"
        )


def sha256(file: Path) -> str:
    """Of the file's bytes, in hexadecimal: a fifth of a second for 100 MB."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _header(lora: Header, base: Header) -> str:
    """What the adapter's keys say that makes it no LoRA for `base`; empty if all is well."""
    kind, sort = (lora.texts.get(key, "unknown") for key in ("general.type", "adapter.type"))
    if (kind, sort) != ("adapter", "lora"):
        return f"it is of type {kind} and {sort}, not a LoRA adapter"
    ours, theirs = (each.texts.get("general.architecture") for each in (lora, base))
    return "" if ours == theirs else f"it is for a {ours}, the model is a {theirs}"


def _misfits(ours: Mapping[str, Shape], base: Mapping[str, Shape]) -> Iterator[str]:
    """Each matrix without its other half, without a place in the base, or of another size."""
    if not ours:
        yield "it holds no weights"
    for stem in dict.fromkeys(name[: -len(_INNER)] for name in ours):
        inner, outer = ours.get(stem + _INNER), ours.get(stem + _OUTER)
        if inner is None or outer is None:
            yield f"{stem} has not both {_INNER[1:]} and {_OUTER[1:]}"
        elif stem not in base:
            yield f"the model has no {stem}"
        elif (inner[0], outer[-1]) != base[stem] or inner[-1] != outer[0]:
            here, there = f"{_by(inner)} and {_by(outer)}", _by(base[stem])
            yield f"{stem} is {there} in the model, which {here} do not make"


def _by(shape: Shape) -> str:
    return "x".join(map(str, shape))
