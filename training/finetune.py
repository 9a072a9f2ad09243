"""Fine-tune a Llama as judge: LoRA, the action's token at the last position.

    python -m training.finetune --data DIR --out RUN [--base FILE|FOLDER|PACKAGE]

DIR is what `training.build` wrote; RUN gets a checkpoint every `--keep` steps (the adapter
as peft saves it, the optimizer, and how far it was), `events` for tensorboard, and at the
end `adapter/`. Started again with the same RUN it goes on where it was. One CPU or GPU as it
stands; several: `accelerate launch -m training.finetune ...`.

Llama-3.1-8B-Instruct on one GPU:

    python -m training.finetune --data DIR --out RUN --base FOLDER --first 0 --rank 16 \
        --rate 2e-4 --nodes 1024 --batch 16384 --tokens 60e6 --checkpointing
"""

# pyright: standard
# torch, accelerate and tensorboard tell their types only in part.

import argparse
import math
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import torch
from accelerate import Accelerator
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from torch.utils.tensorboard import SummaryWriter

from judgement.decision import Action
from judgement.prompt import render
from judgement.rows import moment_of
from training.model.ablate import TRAINED
from training.model.base import (
    ACTIONS,
    PACKAGE,
    BaseMissing,
    answers,
    label_tokens,
    load_adapter,
    load_base,
    load_tokenizer,
    read_trees,
    with_adapter,
)
from training.model.checkpoint import about, finish, keep, last_checkpoint, resume
from training.model.trees import Batch, Example, Tree, batches, trees
from training.model.words import Words
from training.rows import Row, RowError, read

HEAVIEST = 4.0  # weight of a row
ENDS = 8.0  # weight of a word that ends a turn against one that does not


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parse.add_argument
    add("--data", type=Path, required=True, help="The folder with train.jsonl and dev.jsonl.")
    add("--out", type=Path, required=True, help="Checkpoints, events and the adapter.")
    add("--base", default=PACKAGE, help="A weight package, a .gguf file or a folder.")
    add("--tokens", type=float, default=1.2e6, help="Stop after so many tokens, shared ones once.")
    add("--batch", type=int, default=2048, help="Tokens a step.")
    add("--nodes", type=int, default=256, help="Tokens of one tree at most.")
    add("--rate", type=float, default=1e-3, help="The highest learning rate.")
    add("--rank", type=int, default=16, help="Rank of the LoRA.")
    add("--first", type=int, default=10, help="The first block with a LoRA: lower ones stay.")
    add(
        "--dense", type=float, default=0.3, help="Weight of every word's loss: does the turn go on?"
    )
    add("--without", choices=TRAINED, default="nothing", help="Train without this: an ablation.")
    add("--share", type=float, default=1.0, help="Use this share of the talks.")
    add("--seed", type=int, default=1, help="Of the adapter's beginning and the rows' order.")
    add("--keep", type=int, default=200, help="Steps between checkpoints.")
    add("--dev", type=int, default=1500, help="Rows of dev.jsonl to look at with a checkpoint.")
    add("--threads", type=int, default=0, help="CPU threads; 0 lets PyTorch choose.")
    add("--checkpointing", action="store_true", help="Less memory, a third slower.")
    return parse


def main() -> None:
    """Train, and print how it goes."""
    given = parser().parse_args()
    try:
        finetune(given)
    except (RowError, BaseMissing, OSError) as error:
        sys.exit(f"training.finetune: {error}")


def finetune(given: argparse.Namespace) -> None:
    """One run, from its last checkpoint if there is one."""
    if given.threads:
        torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    machine = Accelerator(mixed_precision="bf16")
    tokenizer = load_tokenizer(given.base)
    labels = label_tokens(tokenizer)
    train = _trees(given.data / "train.jsonl", tokenizer, given, share=given.share)
    dev = _trees(given.data / "dev.jsonl", tokenizer, given, most=given.dev)
    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    made_of = about(given)
    kept = last_checkpoint(out, made_of)
    base = load_base(given.base)
    model: Any = (
        load_adapter(base, kept, trainable=True)
        if kept
        else with_adapter(base, rank=given.rank, first=given.first)
    )
    if given.checkpointing:
        model.enable_input_require_grads()
        base.gradient_checkpointing_enable()
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=given.rate, betas=(0.9, 0.99), weight_decay=0.0)
    step, seen = resume(kept, optimizer)
    model, optimizer = machine.prepare(model, optimizer)
    events = SummaryWriter(out / "events") if machine.is_main_process else None
    if machine.is_main_process:
        _introduce(train, weights, given)
    began, at_start, rows_seen, losses = time.monotonic(), seen, 0, []
    model.train()
    for batch in _epochs(train, given, machine, skip=step):
        rate = given.rate * _schedule(seen / given.tokens)
        for group in optimizer.param_groups:
            group["lr"] = rate
        with machine.autocast():
            logits = read_trees(machine.unwrap_model(model), batch, labels, machine.device)
            loss = _loss(logits, batch) + given.dense * _turns(logits, batch)
        machine.backward(loss)
        machine.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step, seen = step + 1, seen + batch.size * machine.num_processes
        rows_seen += len(batch.rows) * machine.num_processes
        losses.append(float(loss.detach()))
        over = seen >= given.tokens
        if events and (step % 10 == 0 or over):
            speed = (seen - at_start) / (time.monotonic() - began)
            mean = sum(losses[-10:]) / len(losses[-10:])
            events.add_scalar("loss", mean, step)
            events.add_scalar("rate", rate, step)
            print(
                f"step {step}  loss {mean:.3f}  {seen / given.tokens:5.1%}  {speed:,.0f} tokens/s"
                f"  {rows_seen / (time.monotonic() - began):.0f} rows/s"
                f"  {max(0.0, given.tokens - seen) / speed / 60:.0f} min left",
                flush=True,
            )
        if events and (step % given.keep == 0 or over):
            right, mean = _look(model, dev, labels, given, machine)
            events.add_scalar("dev/accuracy", right, step)
            events.add_scalar("dev/loss", mean, step)
            print(f"step {step}  dev accuracy {right:.3f}  loss {mean:.3f}", flush=True)
            keep(out, made_of, machine.unwrap_model(model), optimizer, step, seen)
        if over:
            break
    if events:
        events.close()
        finish(out)


def _loss(logits: Tensor, batch: Batch) -> Tensor:
    """Of the decisions."""
    found = logits[batch.ends.to(logits.device)]
    each = cross_entropy(found, batch.labels.to(logits.device), reduction="none")
    return (each * batch.weights.to(logits.device)).mean()


def _turns(logits: Tensor, batch: Batch) -> Tensor:
    """Of saying after every word whether the turn goes on: reply where it ends, else silence.

    After TurnGPT (Ekstedt and Skantze 2020, https://aclanthology.org/2020.findings-emnlp.268).
    """
    told = batch.turns.to(logits.device)
    over = logits[:, ACTIONS.index(Action.REPLY)] - logits[:, ACTIONS.index(Action.SILENCE)]
    weights = torch.where(told == 1, ENDS, 1.0) * (told >= 0)
    each = binary_cross_entropy_with_logits(over, (told == 1).float(), reduction="none")
    return (each * weights).sum() / weights.sum().clamp(min=1)


def _trees(
    path: Path, tokenizer: Any, given: argparse.Namespace, *, share: float = 1.0, most: int = 0
) -> list[Tree]:
    """The rows of a file, or of a share of its talks, always the same, as trees."""
    rows = TRAINED[given.without](read(path))
    if share < 1:
        rows = [row for row in rows if crc32(row["talk"].encode()) < share * 2**32]
    if most:
        rows = random.Random(0).sample(rows, min(most, len(rows)))
    return trees(examples(rows, tokenizer), nodes=given.nodes)


def _introduce(train: list[Tree], weights: list[Any], given: argparse.Namespace) -> None:
    rows = [example for tree in train for example in tree.examples]
    apart, together = sum(len(row.tokens) for row in rows), sum(len(t.tokens) for t in train)
    print(
        f"{len(rows):,} rows in {together:,} tokens ({apart / together:.1f} times as many apart), "
        f"{given.tokens / together:.1f} epochs; {sum(w.numel() for w in weights):,} weights"
    )


def examples(rows: Sequence[Row], tokenizer: Any) -> list[Example]:
    """The rows in tokens, each with its weight."""
    moments = [moment_of(row) for row in rows]
    texts = [render(moment) for moment in moments]
    tokens: list[list[int]] = tokenizer(texts, add_special_tokens=False)["input_ids"]
    weights = _weights(rows)
    words = Words(tokenizer)
    return [
        Example(
            tuple(each),
            ACTIONS.index(row["label"]),
            number,
            weights[_cell(row)],
            words.turns(each, moment, row["label"]),
        )
        for number, (row, moment, each) in enumerate(zip(rows, moments, tokens, strict=True))
    ]


def _weights(rows: Sequence[Row]) -> dict[tuple[str, str], float]:
    """Of each kind and label: the labels of a kind count alike, as far as `HEAVIEST` lets them."""
    counts = Counter(map(_cell, rows))
    kinds = Counter(kind for kind, _ in map(_cell, rows))
    labels = Counter(kind for kind, _ in counts)
    return {
        (kind, label): min(HEAVIEST, kinds[kind] / labels[kind] / count)
        for (kind, label), count in counts.items()
    }


def _cell(row: Row) -> tuple[str, str]:
    return row["moment"]["kind"], row["label"]


def _epochs(
    train: list[Tree], given: argparse.Namespace, machine: Accelerator, *, skip: int
) -> Iterator[Batch]:
    """Batches without end, each epoch in an order of its own, less the first `skip`."""
    epoch = 0
    while True:
        chance = random.Random(f"{given.seed}:{epoch}")
        for index, batch in enumerate(batches(train, nodes=given.batch, chance=chance)):
            if index % machine.num_processes != machine.process_index:
                continue
            if skip:
                skip -= 1
            else:
                yield batch
        epoch += 1


def _schedule(done: float) -> float:
    """The share of the highest rate: up for the first twentieth, then down as a cosine."""
    warm = min(1.0, 0.02 + done / 0.05)
    return warm * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


@torch.no_grad()
def _look(
    model: Any, dev: list[Tree], labels: list[int], given: argparse.Namespace, machine: Accelerator
) -> tuple[float, float]:
    """Accuracy and loss on some rows of dev."""
    model.eval()
    right = total = 0
    loss = 0.0
    for batch in batches(dev, nodes=given.batch):
        with machine.autocast():
            logits = answers(machine.unwrap_model(model), batch, labels, machine.device).cpu()
        right += int((logits.argmax(-1) == batch.labels).sum())
        loss += float(cross_entropy(logits, batch.labels, reduction="sum"))
        total += len(batch.rows)
    model.train()
    return right / total, loss / total


if __name__ == "__main__":
    main()
