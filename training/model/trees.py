"""Many rows in one sequence: what rows share at their beginning is computed once.

Rows of one talk share persona, facts, history and first words. Sorted by their tokens and
merged at equal beginnings they form a tree; its nodes, in depth-first order, are one
sequence in which a node sees its ancestors only. So each row is read exactly as if it stood
alone, at a fraction of the tokens.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Example:
    """A row in tokens. `label` is the index of its action; -1 where it has none."""

    tokens: tuple[int, ...]
    label: int
    row: int  # which row of the data set it is
    weight: float = 1.0
    turns: tuple[int, ...] = ()  # by token: 1 if a turn ends there, 0 if it goes on, else -1


@dataclass(frozen=True, slots=True)
class Tree:
    """Nodes in depth-first order. `until[i]` is the node after the last below node i."""

    tokens: list[int]
    depths: list[int]
    until: list[int]
    turns: list[int]
    ends: list[int]  # the node at which each example ends
    examples: list[Example]


@dataclass(frozen=True, slots=True)
class Batch:
    """Trees side by side: B trees of T nodes, N examples in all.

    `sees` is B x 1 x T x T, true where a node attends to another.
    """

    tokens: Tensor  # B x T
    positions: Tensor  # B x T
    sees: Tensor
    ends: Tensor  # N, into the B * T nodes
    labels: Tensor  # N
    weights: Tensor  # N
    turns: Tensor  # the B * T nodes
    rows: list[int]
    size: int  # nodes that are no padding


def trees(examples: Sequence[Example], *, nodes: int = 384) -> list[Tree]:
    """All examples in trees of at most `nodes` nodes; a longer example has one of its own."""
    grown: list[Tree] = []
    path: list[int] = []  # the nodes from the root to the last example's end
    last: tuple[int, ...] = ()
    for example in sorted(examples, key=lambda each: each.tokens):
        shared = _shared(last, example.tokens)
        if not grown or len(grown[-1].tokens) + len(example.tokens) - shared > nodes:
            grown.append(Tree([], [], [], [], [], []))
            path, shared = [], 0
        path = _add(grown[-1], path[:shared], example)
        last = example.tokens
    return grown


def _shared(some: Sequence[int], others: Sequence[int]) -> int:
    count = 0
    for one, other in zip(some, others, strict=False):
        if one != other:
            break
        count += 1
    return count


def _add(tree: Tree, path: list[int], example: Example) -> list[int]:
    for depth in range(len(path), len(example.tokens)):
        path.append(len(tree.tokens))
        tree.tokens.append(example.tokens[depth])
        tree.depths.append(depth)
        tree.until.append(0)
        tree.turns.append(example.turns[depth] if example.turns else -1)
    for node in path:
        tree.until[node] = len(tree.tokens)
    tree.ends.append(path[-1])
    tree.examples.append(example)
    return path


def batches(
    grown: Sequence[Tree], *, nodes: int = 2048, chance: random.Random | None = None
) -> Iterator[Batch]:
    """Batches of about `nodes` nodes; in random order with `chance`."""
    order = list(grown)
    if chance:
        chance.shuffle(order)
    held: list[Tree] = []
    count = 0
    for tree in order:
        if held and count + len(tree.tokens) > nodes:
            yield batch(held)
            held, count = [], 0
        held.append(tree)
        count += len(tree.tokens)
    if held:
        yield batch(held)


def batch(some: Sequence[Tree]) -> Batch:
    """The tensors of some trees."""
    width = max(len(tree.tokens) for tree in some)
    tokens = torch.tensor([_padded(tree.tokens, width) for tree in some])
    depths = torch.tensor([_padded(tree.depths, width) for tree in some])
    until = torch.tensor([_padded(tree.until, width) for tree in some])
    node = torch.arange(width)
    below = (node[None, None, :] <= node[None, :, None]) & (node[None, :, None] < until[:, None])
    sees = below | torch.eye(width, dtype=torch.bool)  # padding sees itself
    ends = [at * width + end for at, tree in enumerate(some) for end in tree.ends]
    examples = [example for tree in some for example in tree.examples]
    return Batch(
        tokens,
        depths,
        sees[:, None],
        torch.tensor(ends),
        torch.tensor([example.label for example in examples]),
        torch.tensor([example.weight for example in examples]),
        torch.tensor([_padded(tree.turns, width, -1) for tree in some]).flatten(),
        [example.row for example in examples],
        sum(len(tree.tokens) for tree in some),
    )


def _padded(values: Sequence[int], width: int, value: int = 0) -> list[int]:
    return [*values, *[value] * (width - len(values))]
