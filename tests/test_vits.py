"""A voice's sound in pieces: the same as in one, the first piece soon, every word once."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from processors.services import vits
from processors.services.voice import shared_voice

TEXT = "I can help you plan a dinner for four people, and the library closes at six. Fine!"


def test_the_pieces_are_the_sound_of_the_whole():
    voice = shared_voice()
    latents, _ = voice._said(voice._piper.phonemize(TEXT)[0])
    pieces = list(voice._vocoder.pieces(latents))
    whole = voice._vocoder._sound(latents, 0, latents.shape[1])
    assert len(pieces) > 3
    assert np.abs(np.concatenate(pieces).astype(int) - whole).max() <= 2


def test_the_first_piece_is_short_and_none_is_shorter():
    voice = shared_voice()
    lines = list(voice.lines(TEXT))
    assert lines[0].seconds == pytest.approx(0.35, abs=0.01)
    assert min(line.seconds for line in lines) > 0.3
    assert [line.seconds for line in voice.lines("No.")] == [pytest.approx(0.5, abs=0.2)]


def test_every_word_ends_once_in_the_piece_with_its_sound():
    lines = list(shared_voice().lines(TEXT))
    words = [word for line in lines for word, _ in line.words]
    assert " ".join(words) == TEXT
    assert all(0 <= end <= len(line.pcm) // 2 for line in lines for _, end in line.words)
    assert all(line.words for line in lines[1:])


def test_another_model_is_no_voice(tmp_path: Path):
    node = onnx.helper.make_node("Relu", ["a"], ["b"])
    floats = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1]) for n in "ab"]
    graph = onnx.helper.make_graph([node], "g", floats[:1], floats[1:])
    onnx.save(onnx.helper.make_model(graph), str(tmp_path / "other.onnx"))
    with pytest.raises(ValueError, match="no voice of Piper's"):
        vits.halves(tmp_path / "other.onnx")
