"""When the agent says "uh-huh", and how that sounds."""

from dataclasses import replace

import numpy as np
import pytest
from pipecat.frames.frames import OutputAudioRawFrame, SpeechOutputAudioRawFrame, TTSAudioRawFrame
from pipecat.tests.utils import run_test

from judgement.backchannels import GAP, Backchannels
from judgement.decision import Action, decide
from judgement.moment import Kind, Moment, Policy
from processors.frames import BackchannelFrame
from processors.lines import QUIET, LinePlayer
from processors.services.words import Line

EAGER = Policy(proactivity=0.6, refuse=("discounts (discount, cheaper)",))
MOMENT = Moment(
    Kind.PAUSE, "so we went to the coast", pause=0.4, turn_seconds=5.0, persona=EAGER, at=60.0
)
WAITS = decide(Action.SILENCE, "may go on", sure=0.6)
RATE = 16_000


def test_a_pause_in_a_long_turn_is_acknowledged():
    assert Backchannels().is_due(MOMENT, WAITS)
    assert Backchannels().is_due(replace(MOMENT, said="so we went to the coast,"), WAITS)
    assert Backchannels().is_due(replace(MOMENT, persona=Policy(proactivity=0.5)), WAITS)


@pytest.mark.parametrize(
    "other",
    [
        {"persona": Policy(proactivity=0.49)},
        {"signals": {"no_interruptions": True}},
        {"signals": {"affront": True}},
        {"signals": {"turn_over": 0.5}},
        {"pause": 0.2},
        {"pause": 0.7},
        {"turn_seconds": 3.0},
        {"kind": Kind.OVERLAP},
        {"said": "so we went to the"},
        {"said": "we were there. where did you go"},
        {"said": "let me think"},
        {"said": "yeah right"},
        {"said": "please call an ambulance"},
        {"said": "I would like that cheaper"},
    ],
)
def test_nothing_is_said_where_it_would_be_out_of_place(other: dict):
    assert not Backchannels().is_due(replace(MOMENT, **other), WAITS)


def test_nothing_is_said_where_the_judge_is_in_doubt():
    assert not Backchannels().is_due(MOMENT, decide(Action.SILENCE, "may go on", sure=0.5))


def test_backchannels_keep_their_distance():
    backchannels = Backchannels()
    later = [replace(MOMENT, at=MOMENT.at + each) for each in (0.0, 0.1, GAP - 0.1, GAP)]
    assert [backchannels.is_due(moment, WAITS) for moment in later] == [True, False, False, True]


def line() -> Line:
    tone = (8000 * np.sin(np.arange(RATE // 4) / 10)).astype(np.int16)
    silence = np.zeros(RATE // 4, np.int16)
    return Line(np.concatenate((silence, tone, silence)).tobytes(), RATE, (("Right.", RATE // 2),))


async def test_a_backchannel_is_quiet_sound_and_nobody_s_speech():
    player = LinePlayer({"Right.": line()})
    down, _ = await run_test(player, frames_to_send=[BackchannelFrame("Right.")])
    [sound] = down
    assert isinstance(sound, OutputAudioRawFrame)
    assert not isinstance(sound, (TTSAudioRawFrame, SpeechOutputAudioRawFrame))
    pcm = np.frombuffer(sound.audio, np.int16)
    assert np.abs(pcm).max() == pytest.approx(8000 * QUIET, rel=0.01)
    assert len(pcm) / RATE < 0.35 and not pcm[-RATE // 20 :].any()


async def test_a_backchannel_that_is_not_prepared_is_left_out():
    down, up = await run_test(LinePlayer({}), frames_to_send=[BackchannelFrame("Right.")])
    assert not down and not up
