"""Voices over the agent by their level: the user's own counts, one from farther off does not."""

from statistics import median

import numpy as np
import pytest
from pipecat.audio.vad.vad_analyzer import VADParams, VADState

from benchmarks.conversation import spoken
from benchmarks.sound import RATE, Pcm
from processors.ears import Ears
from processors.near_field import ENOUGH, KEPT, MOST, SURE, NearField

WINDOW = 512
MARGIN = 13.0
TURN = "I would like to know what the weather will be like on Tuesday."
BYSTANDER = "My sister and I are in Vienna on Thursday."
BID = "Stop, please."
BIDS = (BID, "Wait a moment.", "No, not that one.")
FAR = -22.0  # dB; a voice is no louder than 8 dB above its own level


def window(decibels: float) -> bytes:
    """32 ms at that level, in dB of full scale."""
    return np.full(WINDOW, round(32768 * 10 ** (decibels / 20)), np.int16).tobytes()


def dismissed(near: NearField, decibels: float, count: int) -> int:
    """How many of so many windows of a voice don't count."""
    return sum(near.dismisses(window(decibels), voiced=True) for _ in range(count))


def silent(near: NearField, count: int = MOST) -> None:
    for _ in range(count):
        near.dismisses(window(-80), voiced=False)


def over_agent(level: float = -20.0, count: int = SURE) -> NearField:
    """The agent speaks to a user who was heard for so many windows."""
    near = NearField(MARGIN)
    dismissed(near, level, count)
    silent(near)
    near.agent_speaks = True
    return near


def test_over_the_agent_a_voice_far_below_the_user_s_counts_for_nothing():
    assert dismissed(over_agent(), -34, 50) == 50
    assert dismissed(over_agent(), -32, 50) == 0


def test_while_the_agent_is_silent_every_voice_counts():
    near = over_agent()
    near.agent_speaks = False
    assert dismissed(near, -45, 50) == 0


def test_before_a_word_of_the_user_s_nothing_is_left_out():
    near = over_agent(count=ENOUGH - 1)
    assert near.level is None and dismissed(near, -45, 1) == 0


def test_after_a_word_alone_the_margin_is_wider():
    assert dismissed(over_agent(count=ENOUGH), -35, 20) == 0
    assert dismissed(over_agent(count=ENOUGH), -37, 20) == 20


def test_the_user_s_first_loud_window_counts_over_somebody_else_s_voice():
    near = over_agent()
    assert dismissed(near, -40, 50) == 50 and near.is_far
    assert dismissed(near, -20, 1) == 0 and not near.is_far


def test_soft_windows_count_between_loud_ones_and_not_behind_a_single_one():
    near = over_agent()
    assert dismissed(near, -20, 1) == 0 and dismissed(near, -40, 3) == 3
    assert dismissed(near, -20, 2) == 0 and dismissed(near, -40, 8) == 0


def test_what_began_far_off_is_not_heard_when_the_agent_falls_silent_until_it_is_over():
    near = over_agent()
    dismissed(near, -40, 30)
    near.agent_speaks = False
    assert dismissed(near, -40, 30) == 30
    silent(near)
    assert dismissed(near, -40, 30) == 0


def test_who_answers_softly_at_the_agent_s_last_word_is_heard():
    near = over_agent()
    dismissed(near, -40, 5)
    near.agent_speaks = False
    assert dismissed(near, -40, 30) == 0


def test_the_level_follows_a_user_who_moves_away_in_some_turns_and_not_in_one():
    near = NearField(MARGIN)
    dismissed(near, -20, KEPT)
    dismissed(near, -35, 94)  # 3 s of 10
    assert near.level == pytest.approx(-20, abs=0.1)
    dismissed(near, -35, KEPT)
    assert near.level == pytest.approx(-35, abs=0.1)


def test_a_voice_that_turns_out_to_be_an_echo_is_forgotten():
    near = over_agent(level=-30)
    dismissed(near, -10, 40)
    assert near.level == pytest.approx(-10, abs=0.1)
    near.forget()
    assert near.level == pytest.approx(-30, abs=0.1)


def quieter(pcm: Pcm, decibels: float) -> Pcm:
    return (pcm * 10 ** (decibels / 20)).astype(np.int16)


class Heard:
    """What the voice detector makes of sound, in sound time."""

    def __init__(self, near: NearField | None) -> None:
        self.windows: list[bool] = []
        params = VADParams(confidence=0.7, start_secs=0.2, stop_secs=0.16, min_volume=0.6)
        self.ears = Ears(params, self.windows.append, near=near)
        self.ears.set_sample_rate(RATE)

    async def hear(self, pcm: Pcm) -> tuple[int | None, int | None]:
        """The first window that counts as voice, and the first 20 ms that count as speech."""
        self.windows.clear()
        sound = np.concatenate((pcm, np.zeros(RATE // 2, np.int16)))
        states = [
            await self.ears.analyze_audio(sound[at : at + 320].tobytes())
            for at in range(0, len(sound), 320)
        ]
        voice = next((at for at, voiced in enumerate(self.windows) if voiced), None)
        return voice, next((at for at, s in enumerate(states) if s is VADState.SPEAKING), None)


async def after_turn(near: NearField | None) -> Heard:
    """A user has said something, and the agent speaks."""
    heard = Heard(near)
    await heard.hear(spoken(TURN))
    if near:
        near.agent_speaks = True
    return heard


async def test_a_bystander_s_sentence_begins_no_speech_over_the_agent():
    bystander = quieter(spoken(BYSTANDER), FAR)
    assert await (await after_turn(NearField(MARGIN))).hear(bystander) == (None, None)
    voice, speech = await (await after_turn(None)).hear(bystander)
    assert voice is not None and speech is not None


@pytest.mark.parametrize("decibels", [0.0, -4.0])
async def test_a_bid_counts_at_most_a_tenth_of_a_second_later(decibels: float):
    later = [await heard_later(quieter(spoken(bid), decibels)) for bid in BIDS]
    voice, speech = (median(each) for each in zip(*later, strict=True))
    assert voice <= 3 and speech <= 5


async def heard_later(bid: Pcm) -> tuple[int, int]:
    """How many windows, and how many 20 ms, later than it would be without a near field."""
    voice, speech = await (await after_turn(NearField(MARGIN))).hear(bid)
    usual_voice, usual_speech = await (await after_turn(None)).hear(bid)
    assert voice is not None and speech is not None
    assert usual_voice is not None and usual_speech is not None
    return voice - usual_voice, speech - usual_speech


async def test_a_bid_over_a_bystander_counts_as_soon_as_without_one():
    bystander, bid = quieter(spoken(BYSTANDER), FAR), spoken(BID)
    both = bystander[: 3 * RATE].astype(np.int32)
    both[RATE : RATE + len(bid)] += bid
    heard = await after_turn(NearField(MARGIN))
    voice, speech = await heard.hear(both.clip(-32768, 32767).astype(np.int16))
    alone, alone_speech = await (await after_turn(None)).hear(np.pad(bid, (RATE, 0)))
    assert None not in (voice, speech, alone, alone_speech)
    assert RATE // WINDOW <= voice <= alone + 3 and speech <= alone_speech + 5
