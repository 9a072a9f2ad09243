"""The base model in the format that llama.cpp multiplies fastest where prompts are read.

It has no fast product for matrices in Q4_1 and Q5_1; in Q8_0, which holds their values
to a few thousandths, the same prompt is read in 0.6 of the time. The copy also holds what
is read off the model's last state (`judgement.endings`).
"""

import os
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from typing import Any

from judgement.gguf_header import read_header

_SLOW = {3, 7}  # GGML's Q4_1 and Q5_1
_MOST = 500_000_000  # bytes of a model above which twice the memory is too much


Rows = Mapping[int, Sequence[float]]
_OUTPUT = "token_embd.weight"  # where nothing else is


def repacked(model: Path, folder: Path, rows: Rows | None = None) -> Path:
    """A copy of `model` in `folder` without slow matrices, made in seconds if it is not there.

    `rows` take the place of the output matrix's rows of these tokens. `model` itself if it
    is large, or has no slow matrix and gets no rows. Raises `ValueError` for what is no GGUF.
    """
    size = model.stat().st_size
    with_rows = f"-{blake2b(repr(rows).encode(), digest_size=4).hexdigest()}" if rows else ""
    copy = folder / f"{model.stem}-{size}{with_rows}-q8_0.gguf"
    if copy.is_file():
        return copy
    is_quick = _SLOW.isdisjoint(read_header(model).types.values())
    if size > _MOST or (is_quick and not rows):
        return model
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = copy.with_suffix(f".{os.getpid()}")  # of our own: two may start at once
    try:
        _write(model, unfinished, rows or {})
        unfinished.replace(copy)
    finally:
        unfinished.unlink(missing_ok=True)
    return copy


def _write(model: Path, target: Path, rows: Rows) -> None:
    gguf: Any = import_module("gguf")  # takes a while, and is only needed once
    reader = gguf.GGUFReader(model)
    writer = gguf.GGUFWriter(target, "llama")
    for key, field in reader.fields.items():
        if not key.startswith("GGUF.") and key != "general.architecture":
            kind = field.types[0]
            of = field.types[-1] if kind is gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(key, field.contents(), kind, of)
    for tensor in reader.tensors:
        _add(gguf, writer, tensor, rows if tensor.name == _OUTPUT else {})
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add(gguf: Any, writer: Any, tensor: Any, rows: Rows) -> None:
    kind, data = tensor.tensor_type, tensor.data
    if kind in _SLOW or rows:
        values = gguf.quants.dequantize(data, kind)
        for token, row in rows.items():
            values[token] = row
        kind = gguf.GGMLQuantizationType.Q8_0
        data = gguf.quants.quantize(values, kind)
    writer.add_tensor(tensor.name, data, raw_dtype=kind)
