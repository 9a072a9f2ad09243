"""PlayLineFrame and BackchannelFrame -> sound at once: prepared lines bypass the voice."""

import uuid
from collections.abc import Mapping

import numpy as np
from pipecat.frames.frames import Frame, OutputAudioRawFrame, TTSSpeakFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor, FrameProcessorSetup

from processors.frames import BackchannelFrame, PlayLineFrame
from processors.services.words import Line, Pcm, line_frames

QUIET = 0.4  # of a line's loudness
REST = 0.06  # s of silence behind it, so that no sound of it is left for the next chunk
AUDIBLE = 300  # of 32768


class LinePlayer(FrameProcessor):
    """Stands behind the voice and plays lines synthesised at start-up.

    A line that is not prepared (a voice that cannot be asked ahead) is spoken
    by the voice before it, later by the time the voice takes. A backchannel
    leaves as plain sound, which for Pipecat is nobody's speech: no turn, no
    context, no floor. Spoken by a voice it would be the agent's, so that one
    which is not prepared is left out.
    """

    def __init__(self, prepared: Mapping[str, Line], *, as_transport: bool = False):
        """`as_transport`: the voice has the transport's sample rate, so that lines must too.

        A transport takes sound of one rate only in a talk, and lines may be
        another voice's.
        """
        super().__init__()
        self._prepared = prepared
        self._as_transport = as_transport
        self._rate: int | None = None

    async def setup(self, setup: FrameProcessorSetup):
        await super().setup(setup)
        self._rate = setup.audio_out_sample_rate if self._as_transport else None

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        match frame:
            case PlayLineFrame(text=text):
                if line := self._line(text):
                    await self._play(line, goes_on=frame.goes_on)
                else:
                    await self.push_frame(TTSSpeakFrame(text), FrameDirection.UPSTREAM)
            case BackchannelFrame(text=text):
                if line := self._line(text):
                    await self.push_frame(OutputAudioRawFrame(quiet(line), line.rate, 1))
            case _:
                await self.push_frame(frame, direction)

    def _line(self, text: str) -> Line | None:
        line = self._prepared.get(text)
        return line.at(self._rate) if line and self._rate else line

    async def _play(self, line: Line, *, goes_on: bool):
        alone = not goes_on
        for frame in line_frames(line, str(uuid.uuid4()), stopped=alone, commit=alone):
            await self.push_frame(frame)


def quiet(line: Line) -> bytes:
    """The line's sound turned down, without the silence at its ends but for `REST`."""
    pcm: Pcm = np.frombuffer(line.pcm, np.int16)
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > AUDIBLE)
    heard = pcm[loud[0] : loud[-1] + 1] if len(loud) else pcm[:0]
    rest = np.zeros(round(line.rate * REST), np.int16)
    return np.concatenate((np.rint(heard * QUIET).astype(np.int16), rest)).tobytes()
