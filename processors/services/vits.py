"""A VITS voice cut in two: what is said and how fast, and the sound of that.

The first half is a fifth of the work and needs the whole sentence; the second, the
vocoder, makes any stretch of it by itself. So a long sentence is heard as soon as a
short one.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.utils import Extractor
from onnxruntime import InferenceSession

from processors.services.words import Pcm

FIRST = 30  # latents in the first piece, 12 ms of sound each; each piece is twice the one before
AROUND = 10  # latents before and behind a stretch that its sound depends on
LOUDNESS = 1.5  # so that the loudest sentences just reach full scale
_VOCODER = "/dec/conv_pre/Conv"  # its first node, in an export of Piper's

Latents = NDArray[np.float32]  # (channels, latents)


def halves(path: Path) -> tuple[bytes, bytes]:
    """The model as two: phonemes to latents and each phoneme's length, latents to sound.

    Raises `ValueError` where it is no VITS of one speaker, as Piper exports it.
    """
    model = onnx.load(str(path))
    nodes = model.graph.node
    latents = next((node.input[0] for node in nodes if node.name == _VOCODER), None)
    lengths = next((node.output[0] for node in nodes if node.op_type == "Ceil"), None)
    inputs = [each.name for each in model.graph.input]
    if latents is None or lengths is None or "sid" in inputs:
        raise ValueError(f"{path} is no voice of Piper's with one speaker")
    for name, shape in ((latents, [1, None, None]), (lengths, None)):
        told = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        model.graph.value_info.append(told)
    cut = Extractor(model)
    sound = [each.name for each in model.graph.output]
    first = cut.extract_model(inputs, [latents, lengths])
    return first.SerializeToString(), cut.extract_model([latents], sound).SerializeToString()


class Vocoder:
    """Latents to sound, for any number of threads."""

    def __init__(self, session: InferenceSession) -> None:
        """`session` runs the second half."""
        self._session = session
        self._input = session.get_inputs()[0].name

    def pieces(self, latents: Latents) -> Iterator[Pcm]:
        """The sound of all latents, the first piece soon."""
        begin, size, length = 0, FIRST, latents.shape[1]
        while begin < length:
            end = begin + size if begin + size + FIRST <= length else length
            yield self._sound(latents, begin, end)
            begin, size = end, 2 * size

    def _sound(self, latents: Latents, begin: int, end: int) -> Pcm:
        left, right = max(0, begin - AROUND), min(latents.shape[1], end + AROUND)
        [made] = self._session.run(None, {self._input: latents[None, :, left:right]})
        sound = np.asarray(made, np.float32).ravel()
        each = len(sound) // (right - left)
        wanted = sound[(begin - left) * each : (end - left) * each]
        return (np.clip(wanted * LOUDNESS, -1.0, 1.0) * 32767).astype(np.int16)
