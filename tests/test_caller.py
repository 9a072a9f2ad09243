"""The measuring ear and mouth: on made-up sound, and once against the plain bot."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.caller import Caller
from benchmarks.line import CallError, Receive
from benchmarks.microphone import FRAME, PERIOD, Microphone
from benchmarks.server import BotError, BotServer
from benchmarks.socket_caller import socket_caller
from benchmarks.sound import RATE, Pcm, edges, ends, last_phrase, read_clip, resample, write_wav
from benchmarks.timeline import Timeline


def tone(seconds: float, level: int = 8000) -> Pcm:
    """A 440 Hz tone."""
    at = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * 440 * at)).astype(np.int16)


def quiet(seconds: float, noise: int = 0) -> Pcm:
    """Silence, or a soft hiss."""
    hiss = np.random.default_rng(1).normal(0, noise or 0.0, round(seconds * RATE))
    return hiss.astype(np.int16)


def timeline(*pieces: Pcm, start: float = 100.0) -> Timeline:
    """The pieces one after another, in frames of 20 ms."""
    line = Timeline()
    pcm = np.concatenate(pieces)
    for index in range(0, len(pcm), FRAME):
        line.add(pcm[index : index + FRAME], start + index / RATE)
    return line


def test_the_edges_of_a_clip_are_its_first_and_last_sound() -> None:
    first, last = edges(np.concatenate([quiet(0.5, 20), tone(1.0), quiet(0.3, 20)]))
    assert first / RATE == pytest.approx(0.5, abs=0.01)
    assert last / RATE == pytest.approx(1.5, abs=0.01)


def test_a_noisy_clip_ends_where_its_speech_ends() -> None:
    _, last = edges(np.concatenate([quiet(0.5, 300), tone(1.0), quiet(0.5, 300)]))
    assert last / RATE == pytest.approx(1.5, abs=0.01)


def test_a_silent_clip_has_no_edges() -> None:
    with pytest.raises(ValueError, match="silent"):
        edges(quiet(1.0, 5))


def test_a_clip_that_is_cut_off_has_no_end() -> None:
    assert ends(np.concatenate([tone(1.0), quiet(0.1)]))
    assert not ends(tone(1.0))


def test_the_last_phrase_is_what_follows_the_last_pause() -> None:
    clip = np.concatenate([tone(1.0), quiet(0.5), tone(0.5), quiet(0.2), tone(0.5)])
    assert len(last_phrase(clip)) / RATE == pytest.approx(1.25, abs=0.02)


def test_a_long_phrase_is_cut_at_a_gap_between_words() -> None:
    words = [np.concatenate([tone(0.9), quiet(0.1)])] * 10
    assert len(last_phrase(np.concatenate(words), longest=3.0)) / RATE == pytest.approx(
        3.05, abs=0.02
    )


def test_an_onset_is_the_first_window_of_sound_after_the_time_asked_for() -> None:
    line = timeline(tone(0.2), quiet(1.0), tone(0.5))
    assert line.onset(100.0) == pytest.approx(100.0)
    assert line.onset(100.3) == pytest.approx(101.2, abs=0.01)
    assert line.onset(102.0) is None


def test_comfort_noise_and_a_click_are_no_onset() -> None:
    line = timeline(quiet(0.5, 60), tone(0.02), quiet(0.5, 60), tone(0.3))
    assert line.onset(100.0) == pytest.approx(101.02, abs=0.011)


def test_silence_begins_where_sound_stops_for_long_enough() -> None:
    line = timeline(tone(0.5), quiet(0.2), tone(0.5), quiet(1.0))
    assert line.silence(100.1, 0.3, now=102.2) == pytest.approx(101.2, abs=0.01)
    assert line.silence(100.1, 0.15, now=102.2) == pytest.approx(100.5, abs=0.01)


def test_silence_is_not_known_before_it_has_lasted() -> None:
    line = timeline(tone(0.5), quiet(0.2))
    assert line.silence(100.0, 0.3, now=100.7) is None
    assert line.silence(100.0, 0.3, now=100.81) == pytest.approx(100.5, abs=0.01)


def test_a_line_that_sends_nothing_is_silent() -> None:
    line = timeline(tone(0.5))
    line.add(tone(0.5), 105.0)
    assert line.silence(100.0, 0.3, now=106.0) == pytest.approx(100.5, abs=0.01)
    assert line.onset(101.0) == pytest.approx(105.0)


def test_sound_still_to_be_played_is_not_yet_heard() -> None:
    line = timeline(quiet(0.5), tone(0.5))
    assert line.silence(100.0, 0.3, now=100.4) == pytest.approx(100.0)


def test_a_cut_takes_back_what_was_not_played() -> None:
    line = timeline(tone(1.0))
    line.cut(100.25)
    assert line.end == pytest.approx(100.25)
    assert line.silence(100.0, 0.3, now=101.0) == pytest.approx(100.25, abs=0.011)


def test_a_recording_has_no_seam_for_jitter_and_a_gap_for_a_gap() -> None:
    line = Timeline()
    for at in (0.0, 0.023, 0.039, 0.5):
        line.add(np.full(FRAME, 7, np.int16), 100 + at)
    out = line.sound(100.0, 101.0)
    assert list(np.flatnonzero(np.diff(out))) == [3 * FRAME - 1, RATE // 2 - 1, RATE // 2 + 319]


def test_a_recording_catches_up_after_a_burst_by_leaving_out_silence() -> None:
    line = Timeline()
    for _ in range(10):
        line.add(quiet(PERIOD), 100.0)
    line.add(tone(0.1), 100.1)
    loud = np.flatnonzero(line.sound(100.0, 101.0))
    assert loud[0] / RATE == pytest.approx(0.1, abs=0.07)


async def test_an_utterance_knows_when_its_first_and_last_sound_are_spoken() -> None:
    microphone = Microphone()
    microphone.frame(49.98)
    utterance = microphone.play(np.concatenate([quiet(0.1), tone(0.25), quiet(0.1)]))
    for index in range(30):
        microphone.frame(50 + index * PERIOD)
    assert await utterance.onset == pytest.approx(50.1, abs=0.01)
    assert await utterance.end == pytest.approx(50.35, abs=0.01)
    assert microphone.said.onset(49.0) == pytest.approx(50.1, abs=0.01)


async def test_a_hushed_caller_is_silent_from_the_next_frame_on() -> None:
    microphone = Microphone()
    utterance = microphone.play(tone(2.0))
    microphone.frame(50.0)
    microphone.hush()
    assert not microphone.frame(50.02).any()
    assert await utterance.end == pytest.approx(50.02)


def test_a_clip_is_read_at_the_rate_of_every_clip(tmp_path: Path) -> None:
    write_wav(tmp_path / "tone.wav", resample(tone(0.5), RATE, 8000), 8000)
    clip = read_clip(tmp_path / "tone.wav")
    assert len(clip) == pytest.approx(RATE / 2, abs=50)
    assert np.abs(clip).max() == pytest.approx(8000, rel=0.1)


class ScriptedLine:
    """A bot that greets with a message, and answers a second after the call began."""

    tells = True

    def __init__(self, *, ready: bool = True) -> None:
        self.sent: list[Mapping[str, Any]] = []
        self.open = False
        self._ready = ready

    async def connect(self, microphone: Microphone, heard: Timeline, receive: Receive) -> None:
        self.open = True
        if self._ready:
            receive({"label": "rtvi-ai", "type": "bot-ready", "data": {}})
        self.answer = time.monotonic() + 0.05
        heard.add(tone(0.1), self.answer)

    async def send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(message)

    async def hang_up(self) -> None:
        self.open = False


async def test_a_caller_says_it_is_ready_and_waits_for_the_bot() -> None:
    line = ScriptedLine()
    async with Caller("", line=line) as caller:
        await caller.send_text("hello")
        assert [message["type"] for message in line.sent] == ["client-ready", "send-text"]
        assert caller.of("bot-ready")
    assert not line.open


async def test_a_bot_that_is_never_ready_ends_the_call() -> None:
    line = ScriptedLine(ready=False)
    with pytest.raises((CallError, TimeoutError)):
        await Caller("", line=line, patience=0.05).__aenter__()
    assert not line.open


async def test_a_caller_waits_for_sound_and_for_its_end() -> None:
    line = ScriptedLine()
    async with Caller("", line=line) as caller:
        began = time.monotonic()
        heard = await caller.until_heard(after=began, timeout=1)
        assert heard == pytest.approx(line.answer)
        silent = await caller.until_silent(after=heard, timeout=1, hold=0.05)
        assert silent == pytest.approx(heard + 0.1, abs=0.011)
        assert await caller.until_heard(after=silent + 0.05, timeout=0.05) is None


async def test_a_bot_that_cannot_start_says_why() -> None:
    with pytest.raises(BotError, match="no such bot"):
        await BotServer(["-c", "raise SystemExit('no such bot')"]).__aenter__()


@pytest.mark.slow
@pytest.mark.parametrize("call", [Caller, socket_caller])
async def test_the_plain_bot_answers_and_stops_when_interrupted(call: Any) -> None:
    from benchmarks.voices import voices

    speak = voices()[0].speak
    question, stop = speak("Tell me a long story about the sea."), speak("Wait, stop there.")
    async with BotServer.plain() as bot, call(bot.url) as caller:
        end = await caller.say(question)
        answered = await caller.until_heard(after=end, timeout=8)
        assert answered is not None, bot.tail()
        await asyncio.sleep(0.5)
        onset = await caller.begin(stop).onset
        silent = await caller.until_silent(after=onset, timeout=4)
        assert silent is not None
        assert silent - onset < 2
        assert caller.of("user-transcription")
