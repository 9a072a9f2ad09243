"""Rows in trees are read as if each stood alone."""

import random

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from transformers import LlamaConfig, LlamaForCausalLM  # noqa: E402

from training.model.base import answers, load_base  # noqa: E402
from training.model.trees import Example, batch, batches, trees  # noqa: E402

pytestmark = pytest.mark.slow


def some_examples(count: int) -> list[Example]:
    chance = random.Random(3)
    starts = [tuple(chance.choices(range(90), k=6)) for _ in range(3)]
    return [
        Example(chance.choice(starts)[: chance.randint(1, 6)] + (number % 7, number), 0, number)
        for number in range(count)
    ]


@pytest.fixture
def tiny(tmp_path):
    config = LlamaConfig(
        vocab_size=100,
        hidden_size=24,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=6,
        num_key_value_heads=2,
    )
    torch.manual_seed(1)
    LlamaForCausalLM(config).save_pretrained(tmp_path)
    return load_base(str(tmp_path), dtype=torch.float32)


def test_a_row_in_a_tree_reads_as_if_it_stood_alone(tiny):
    rows = some_examples(30)
    labels = [1, 2, 3, 4, 5]
    grown = trees(rows, nodes=40)
    together = batch(grown)
    found = dict(zip(together.rows, answers(tiny, together, labels), strict=True))
    for row in rows:
        [alone] = answers(tiny, batch(trees([row])), labels)
        assert torch.allclose(found[row.row], alone, atol=2e-2)


def test_what_rows_share_is_held_once():
    rows = [Example((1, 2, 3, last), 0, last) for last in range(10)]
    [tree] = trees(rows)
    assert tree.tokens == [1, 2, 3, *range(10)]
    assert sorted(tree.ends) == list(range(3, 13))


def test_every_row_is_in_one_batch_and_no_tree_is_too_large():
    rows = some_examples(200)
    grown = trees(rows, nodes=30)
    assert max(len(tree.tokens) for tree in grown) <= 30
    seen = [row for each in batches(grown, nodes=100, chance=random.Random(1)) for row in each.rows]
    assert sorted(seen) == list(range(200))


def test_a_row_longer_than_a_tree_has_a_tree_of_its_own():
    [tree] = trees([Example(tuple(range(50)), 0, 0)], nodes=10)
    assert len(tree.tokens) == 50
