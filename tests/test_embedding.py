"""The sentence model itself: converted once, and right about what means the same."""

import json
from pathlib import Path

import numpy as np
import pytest

from memory import minilm
from memory.embedding import Embedder, read_vectors, write_vectors
from memory.minilm import PACKAGE, WeightsMissing, gguf_file, tensors


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    return Embedder(gguf_file(PACKAGE, tmp_path_factory.mktemp("models")))


async def test_what_means_the_same_is_near_and_what_does_not_is_far(embedder: Embedder):
    asked, alike, other = await embedder.embed(
        [
            "How can I get a discount on this drill?",
            "Could you lower the price of the drill for me?",
            "The cat sat in the sun all day.",
        ]
    )
    assert asked.shape == (384,)
    assert np.linalg.norm(asked) == pytest.approx(1)
    assert asked @ alike > 0.6
    assert asked @ other < 0.15


async def test_a_text_longer_than_the_model_reads_counts_by_its_end(embedder: Embedder):
    end = "The cat sat in the sun all day. " * 8
    long, short = await embedder.embed(["word " * 2000 + end, end])
    assert long @ short > 0.99


async def test_case_accents_and_an_empty_text_are_no_errors(embedder: Embedder):
    upper, lower, _ = await embedder.embed(["CAFÉ, PLEASE!", "cafe, please!", ""])
    assert upper @ lower > 0.99


def test_a_model_that_is_there_is_not_made_again(tmp_path: Path):
    (tmp_path / "made.q8_0.gguf").write_bytes(b"GGUF")
    assert gguf_file("made", tmp_path).read_bytes() == b"GGUF"


def test_a_package_that_is_not_installed_says_what_to_do(tmp_path: Path):
    with pytest.raises(WeightsMissing, match="no_such_weights is not installed: run `make setup`"):
        gguf_file("no_such_weights", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_conversion_that_breaks_off_leaves_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def broken(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(minilm, "_convert", broken)
    with pytest.raises(OSError, match="disk full"):
        gguf_file(PACKAGE, tmp_path)
    assert not list(tmp_path.glob("*.gguf"))


def test_safetensors_are_read_by_their_header(tmp_path: Path):
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    entry = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}
    head = json.dumps({"__metadata__": {"a": "b"}, "w": entry}).encode()
    file = tmp_path / "model.safetensors"
    file.write_bytes(len(head).to_bytes(8, "little") + head + values.tobytes())
    found = tensors(file)
    assert list(found) == ["w"] and (found["w"] == values).all()


def test_vectors_that_were_kept_are_read_back(tmp_path: Path):
    file = tmp_path / "kept.npz"
    write_vectors(file, {"é": np.ones(3, np.float32), "b": np.zeros(3, np.float32)})
    found = read_vectors(file)
    assert list(found) == ["é", "b"] and found["é"].tolist() == [1, 1, 1]
    assert [each.name for each in tmp_path.iterdir()] == ["kept.npz"]


@pytest.mark.parametrize("content", [None, b"", b"half a file", b"PK\x03\x04 half a zip"])
def test_kept_vectors_that_cannot_be_read_are_nothing(tmp_path: Path, content: bytes | None):
    file = tmp_path / "kept.npz"
    if content is not None:
        file.write_bytes(content)
    assert read_vectors(file) == {}
