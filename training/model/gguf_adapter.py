"""A peft LoRA as llama.cpp reads it."""

import json
import os
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file  # pyright: ignore[reportUnknownVariableType]

Matrix = NDArray[np.float32]

NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def write_gguf(adapter: Path, out: Path, *, heads: int, key_heads: int) -> int:
    """Write the adapter in the folder `adapter` to `out`, in half precision; gives its bytes.

    `heads` and `key_heads` are the base's: llama.cpp orders the rows of queries and keys
    otherwise than transformers.
    """
    shape = json.loads((adapter / "adapter_config.json").read_text())
    beside = out.with_name(f".{out.name}")
    writer = gguf.GGUFWriter(str(beside), "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(shape["lora_alpha"]))
    tensors: dict[str, Matrix] = load_file(str(adapter / "adapter_model.safetensors"))
    for name, weights in tensors.items():
        block, layer, side = _place(name)
        if side == "lora_b" and layer in ("self_attn.q_proj", "self_attn.k_proj"):
            weights = _reordered(weights, heads if layer.endswith("q_proj") else key_heads)
        tensor = f"blk.{block}.{NAMES[layer]}.weight.{side}"
        writer.add_tensor(tensor, np.ascontiguousarray(weights.astype(np.float16)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.replace(beside, out)
    return out.stat().st_size


def _place(name: str) -> tuple[int, str, str]:
    """Block, layer and side in a name such as "...layers.3.mlp.up_proj.lora_A.weight"."""
    parts = name.split(".")
    at = parts.index("layers")
    return int(parts[at + 1]), f"{parts[at + 2]}.{parts[at + 3]}", parts[at + 4].lower()


def _reordered(rows: Matrix, heads: int) -> Matrix:
    """Rows of rotary halves, as transformers has them, as llama.cpp's pairs."""
    halves = rows.reshape(heads, 2, rows.shape[0] // heads // 2, rows.shape[1])
    return halves.swapaxes(1, 2).reshape(rows.shape)
