"""Adapters of random numbers for the embedded model, and for models that it is not."""

from pathlib import Path
from typing import Any

import numpy as np

BLOCKS, WIDTH = 30, 576  # of the embedded model
RANK = 4


def write_adapter(
    path: Path,
    *,
    strength: float = 0.05,
    width: int = WIDTH,
    block: int = 0,
    kind: str = "adapter",
    architecture: str = "llama",
    halves: tuple[str, ...] = ("lora_a", "lora_b"),
    rank: int = RANK,
) -> Path:
    """A LoRA on the queries of one block; `strength` 0 changes nothing."""
    import gguf

    chance = np.random.default_rng(0)
    writer: Any = gguf.GGUFWriter(path, architecture)
    writer.add_type(kind)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(RANK))
    shapes = {"lora_a": (RANK, width), "lora_b": (WIDTH, rank)}
    for half in halves:
        values = chance.normal(size=shapes[half]).astype(np.float32)
        scale = 1.0 if half == "lora_a" else strength
        writer.add_tensor(f"blk.{block}.attn_q.weight.{half}", values * np.float32(scale))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
