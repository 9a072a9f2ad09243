"""What the page, the log and a kept talk are told beside the decisions."""

from pathlib import Path
from typing import Any

import pytest
from pipecat.frames.frames import InputAudioRawFrame
from pipecat.processors.frameworks.rtvi.frames import RTVIServerMessageFrame
from pipecat.tests.utils import run_test

from processors.frames import AskingFrame, EchoFoundFrame, FarVoiceFrame
from processors.recorder import Recorder
from processors.timeline import TimelineProcessor
from training.labelling.recorded import read_talk


@pytest.mark.parametrize("consent", [True, False])
async def test_how_often_the_judge_is_asked_is_told_and_kept_with_consent(
    tmp_path: Path, consent: bool
):
    recorder = Recorder(tmp_path, "talk", consent=lambda: consent)
    keeper: Any = None  # of decisions, and there are none
    timeline = TimelineProcessor(recorder, keeper, log_words=False)
    asking = AskingFrame(every=0.5, at=4.1, busy=True)
    down, _ = await run_test(timeline, frames_to_send=[asking])
    [message] = [frame.data for frame in down if isinstance(frame, RTVIServerMessageFrame)]
    assert message == {"type": "asking", "at": 4.1, "every": 0.5, "busy": True}
    recorder.close()
    kept = tmp_path / "talk.jsonl"
    assert kept.exists() == consent
    if consent:
        assert '{"at": 4.1, "asking_every": 0.5}' in kept.read_text()
        assert read_talk(kept).decisions == []


async def test_an_echo_is_told_at_its_second_of_sound_and_goes_on(tmp_path: Path):
    recorder = Recorder(tmp_path, "talk", consent=lambda: False)
    keeper: Any = None
    timeline = TimelineProcessor(recorder, keeper, log_words=False)
    second = InputAudioRawFrame(bytes(2 * 16_000), 16_000, 1)
    found = EchoFoundFrame(delay=0.1804, level=-12.3)
    down, _ = await run_test(timeline, frames_to_send=[second, second, found])
    [message] = [frame.data for frame in down if isinstance(frame, RTVIServerMessageFrame)]
    assert message == {"type": "echo", "at": 2.0, "delay_ms": 180, "level_db": -12}
    assert found in down
    recorder.close()


async def test_a_voice_that_is_left_out_is_told(tmp_path: Path):
    keeper: Any = None
    timeline = TimelineProcessor(
        Recorder(tmp_path, "talk", consent=lambda: False), keeper, log_words=False
    )
    down, _ = await run_test(timeline, frames_to_send=[FarVoiceFrame()])
    messages = [frame.data for frame in down if isinstance(frame, RTVIServerMessageFrame)]
    assert messages == [{"type": "far_voice"}]
