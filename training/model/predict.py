"""What a model in transformers answers to rows, many at a time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.finetune import examples
from training.model.base import ACTIONS, answers, label_tokens
from training.model.trees import batches, trees
from training.rows import Row


@torch.no_grad()
def logits(
    model: Any, tokenizer: Any, rows: Sequence[Row], *, nodes: int = 256, batch: int = 2048
) -> NDArray[np.float32]:
    """The five labels' logits of each row, rows x 5, in the order of `Action`."""
    model.eval()
    found = np.zeros((len(rows), len(ACTIONS)), np.float32)
    grown = trees(examples(list(rows), tokenizer), nodes=nodes)
    for each in batches(grown, nodes=batch):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            answer = answers(model, each, label_tokens(tokenizer))
        found[each.rows] = answer.numpy()
    return found
