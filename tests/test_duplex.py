"""What benchmarks.duplex makes and counts, on made-up sound."""

import asyncio
import random
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from benchmarks import turns
from benchmarks.caller import Caller, Message
from benchmarks.duplex import backchannels, bench, bots
from benchmarks.duplex.__main__ import SECTIONS, parser, share
from benchmarks.duplex.backchannels import Answer, Trial, overlap
from benchmarks.duplex.bench import Bench, Setting
from benchmarks.duplex.curve import curve, waiting
from benchmarks.duplex.cutting import Span, break_at, gaps, joined, quietest, spans, widened
from benchmarks.duplex.decided import cut_in_behind
from benchmarks.duplex.disturbances import Disturbance
from benchmarks.duplex.loss import Drops
from benchmarks.duplex.material import Spoken
from benchmarks.duplex.noise import (
    Room,
    at_level,
    cough,
    hum,
    laugh,
    loudness,
    mu_law,
    slam,
    typing,
    under_noise,
)
from benchmarks.duplex.ordinary import plan as ordinary_plan
from benchmarks.duplex.ordinary import shortened
from benchmarks.duplex.pauses import figures, heeded
from benchmarks.duplex.resuming import hole_near, seam, unsaid
from benchmarks.duplex.robustness import telephone
from benchmarks.duplex.sentences import SETS
from benchmarks.duplex.stretches import stretches
from benchmarks.duplex.table import table
from benchmarks.duplex.tokens import Tokens
from benchmarks.sound import RATE, Pcm, edges
from tests.test_caller import ScriptedLine, quiet, tone

TEXT = "Once there was a clever fox who lived in a wood behind the town and slept all day."


def speech(*seconds: float) -> Pcm:
    """Sound and silence in turn, beginning with sound."""
    return np.concatenate(
        [quiet(each) if number % 2 else tone(each) for number, each in enumerate(seconds)]
    )


# Cutting


def test_the_gaps_of_a_clip_lie_between_its_sounds() -> None:
    assert [tuple(span) for span in spans(speech(0.5, 0.1, 0.4))] == [(0.0, 0.5), (0.6, 1.0)]
    assert [tuple(gap) for gap in gaps(speech(0.5, 0.1, 0.4))] == [(0.5, 0.6)]


def test_a_clip_breaks_at_the_longest_gap_near_the_word() -> None:
    clip = speech(0.3, 0.2, 0.6, 0.08, 0.4, 0.04, 0.6)
    assert break_at(clip, 0.6) / RATE == pytest.approx(1.14, abs=0.01)


def test_a_clip_without_a_gap_breaks_where_it_is_quietest() -> None:
    clip = np.concatenate([tone(0.5), tone(0.05, 3000), tone(0.5)])
    assert quietest(clip, 0.5, 0.2) / RATE == pytest.approx(0.525, abs=0.02)
    assert break_at(clip, 0.5) / RATE == pytest.approx(0.525, abs=0.02)


@pytest.mark.parametrize("seconds", [0.05, 0.3, 1.2])
def test_a_pause_has_the_length_that_was_wanted(seconds: float) -> None:
    clip, pause = widened(speech(0.5, 0.1, 0.5), round(0.55 * RATE), seconds)
    assert pause.length == pytest.approx(seconds)
    assert [tuple(gap) for gap in gaps(clip)] == [pytest.approx(tuple(pause), abs=0.011)]
    assert len(clip) / RATE == pytest.approx(1.0 + seconds)


def test_a_pause_where_words_run_on_loses_no_sound() -> None:
    clip, pause = widened(tone(1.0), RATE // 2, 0.4)
    assert len(clip) / RATE == pytest.approx(1.4)
    assert pause == Span(0.5, 0.9)
    assert not clip[round(0.51 * RATE) : round(0.89 * RATE)].any()


def test_a_pause_in_a_recording_sounds_like_its_room() -> None:
    room = quiet(0.3, 20)
    clip, pause = widened(np.concatenate([tone(0.5), room, tone(0.5)]), round(0.65 * RATE), 0.8)
    inside = clip[round(pause.start * RATE) + 200 : round(pause.end * RATE) - 200]
    assert inside.std() == pytest.approx(20, rel=0.15)


def test_pieces_are_joined_without_the_silence_around_them() -> None:
    clip, ends = joined([np.concatenate([quiet(0.2), tone(0.5), quiet(0.3)])] * 2, 0.06)
    assert ends == pytest.approx([0.5, 1.06], abs=0.02)
    assert edges(clip)[0] == 0


# Real speech


def test_a_stretch_holds_the_pauses_after_which_the_same_speaker_went_on() -> None:
    clip = speech(1.0, 0.5, 1.0, 0.9, 1.0, 0.1)
    (found,) = stretches("a", clip, spans(clip, join=0.3), [])
    assert [pause.length for pause in found.pauses] == pytest.approx([0.5, 0.9])
    assert not found.over


def test_a_turn_is_over_where_another_speaks_before_its_speaker_goes_on() -> None:
    clip = speech(1.5, 0.8, 1.5, 3.0, 1.5, 0.1)
    own = spans(clip, join=0.3)
    first, second, third = stretches("a", clip, own, [Span(1.6, 2.0)])
    assert (first.over, second.over, third.over) == (True, False, False)
    assert not first.pauses and not second.pauses


def test_a_long_silence_in_a_recording_is_made_shorter() -> None:
    clip = shortened(speech(1.0, 5.0, 1.0, 0.5, 1.0))
    assert len(clip) / RATE == pytest.approx(5.5, abs=0.02)


def test_ordinary_speech_is_played_again_until_the_minutes_are_full() -> None:
    pieces = ordinary_plan([("a", speech(2.5, 0.1)), ("b", speech(3.0, 0.1))], 10.0)
    assert [piece.who for piece in pieces] == ["a", "b", "a"]
    assert sum(len(piece.pcm) for piece in pieces) / RATE == pytest.approx(8.3)


# Noise


@pytest.mark.parametrize("decibels", [20.0, 10.0, 0.0])
def test_noise_lies_so_many_decibels_below_the_speech(decibels: float) -> None:
    clip, hiss = speech(0.5, 0.5), quiet(1.0, 500)
    noise = under_noise(clip, hiss, decibels) - clip
    ratio = loudness(clip) / np.sqrt((noise.astype(float) ** 2).mean())
    assert 20 * np.log10(ratio) == pytest.approx(decibels, abs=0.1)


def test_the_room_never_falls_silent() -> None:
    room = Room(20, np.random.default_rng(1))
    noise = np.concatenate([room(0.0) for _ in range(1000)])
    assert 20 * np.log10(2500 / noise.std()) == pytest.approx(20, abs=0.1)
    assert (noise[:320] == np.concatenate([room(0.0)])).sum() == 320


@pytest.mark.parametrize("make", [cough, slam, typing, laugh, hum])
def test_a_seed_makes_the_same_noise_again(make: Any) -> None:
    first, again, other = (make(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert 0.2 < (edges(first)[1] - edges(first)[0]) / RATE < 2.2


def test_speech_is_brought_to_one_level() -> None:
    assert loudness(at_level(speech(0.5, 0.5))) == pytest.approx(2500, rel=0.01)


def test_the_telephone_keeps_the_sound_and_nothing_above_four_kilohertz() -> None:
    clip = tone(0.5)
    assert np.corrcoef(clip, mu_law(clip))[0, 1] > 0.999
    at = np.arange(RATE) / RATE
    high = (8000 * np.sin(2 * np.pi * 5000 * at)).astype(np.int16)
    assert np.abs(telephone(high)[2000:-2000]).max() < 800
    assert np.abs(telephone(clip)).max() == pytest.approx(8000, rel=0.1)


async def test_a_lossy_line_loses_its_share() -> None:
    got: list[int] = []

    async def send(packet: int, *, at: int) -> None:
        got.append(packet)

    drops = Drops(0.02, random.Random(1))
    for number in range(5000):
        await drops.before(send)(number, at=0)
    assert drops.lost + drops.passed == 5000 and len(got) == drops.passed
    assert drops.lost / 5000 == pytest.approx(0.02, abs=0.005)


# Take-overs

TWO_PAUSES = Spoken("a", "", "voices", tone(0.1), (Span(1.0, 1.5), Span(2.5, 3.5)))


def test_an_agent_that_waits_takes_over_no_pause() -> None:
    found = heeded(TWO_PAUSES, end=4.0, first=4.6)
    assert [halt.taken for halt in found.halts] == [False, False]
    assert found.end == pytest.approx(0.6) and found.reached


@pytest.mark.parametrize("first", [2.6, 3.65])
def test_sound_in_a_pause_or_just_after_takes_it_over(first: float) -> None:
    found = heeded(TWO_PAUSES, end=4.0, first=first)
    assert [halt.delay for halt in found.halts] == [None, pytest.approx(first - 2.5)]
    assert found.end is None and not found.early and not found.reached


def test_what_comes_after_a_take_over_is_not_counted() -> None:
    assert len(heeded(TWO_PAUSES, end=4.0, first=1.2).halts) == 1


@pytest.mark.parametrize(("first", "halts"), [(0.5, 0), (2.2, 1), (3.8, 2)])
def test_sound_while_the_user_speaks_is_early(first: float, halts: int) -> None:
    found = heeded(TWO_PAUSES, end=4.0, first=first)
    assert found.early and len(found.halts) == halts
    assert not any(halt.taken for halt in found.halts)


def test_take_overs_are_counted_by_the_length_of_the_pause() -> None:
    outcomes = [heeded(TWO_PAUSES, 4.0, first) for first in (4.5, 2.6, None)]
    report = figures([*outcomes, None])
    assert (report["pauses"], report["taken"], report["failed"]) == (6, 1, 1)
    assert report["by_length"]["0.5-0.8"]["takeover_rate"] == 0.0
    assert report["by_length"]["0.8-1.2"]["takeover_rate"] == pytest.approx(1 / 3, abs=1e-4)
    assert report["turn_ends"]["samples"] == [0.5] and report["missed"] == 1


def test_the_curve_rises_with_each_onset() -> None:
    found = curve([0.2, None, 0.6, None], [0.4, 1.0, None])
    at = {time: index for index, time in enumerate(found["seconds"])}
    assert [found["cut_in"][at[time]] for time in (0.1, 0.2, 0.6, 3.0)] == [0, 0.25, 0.5, 0.5]
    assert found["answered"][at[0.95]] == pytest.approx(1 / 3, abs=1e-4)
    assert curve([], [])["cut_in"][-1] == 0


def test_whoever_waits_longer_cuts_into_fewer_pauses() -> None:
    assert waiting([0.3, 0.5, 0.9, 1.2], [0.0, 0.5, 1.0, 1.5]) == [1.0, 0.75, 0.25, 0.0]


# Talking on


def test_an_answer_that_goes_on_at_the_next_word_loses_none() -> None:
    words = TEXT.split()
    found = seam(TEXT, " ".join(words[:7]), " ".join(words[7:]))
    assert (found.before, found.after, found.lost) == (7, 7, 0)


@pytest.mark.parametrize(("first", "second", "lost"), [(7, 10, 3), (9, 5, -4), (7, 8, 1)])
def test_words_lost_and_said_twice_are_counted(first: int, second: int, lost: int) -> None:
    words = TEXT.split()
    found = seam(TEXT, " ".join(words[:first]), " ".join(words[second:]))
    assert found.lost == lost
    assert found.right is (abs(lost) <= 1)


def test_a_word_misheard_at_the_seam_is_still_a_word() -> None:
    words = TEXT.split()
    first = " ".join([*words[:7], "love"])
    second = " ".join(["inner", "would", *words[11:]])
    assert abs(seam(TEXT, first, second).lost) <= 1


def test_an_answer_that_broke_off_left_words_unsaid() -> None:
    assert unsaid(TEXT, "Once there was a clever fox") == 12
    assert unsaid(TEXT, TEXT) == 0


def test_the_hole_is_the_longest_silence_that_begins_near_the_sound() -> None:
    clip = speech(1.0, 0.6, 0.5, 0.2, 0.5, 0.05, 0.4)
    assert hole_near(clip, 1.2, 3.0) == pytest.approx((2.1, 2.3), abs=0.02)
    assert hole_near(clip, 2.5, 3.0) is None


NOISE = Trial("", 1.0, Disturbance("noise", "slam", None))


@pytest.mark.parametrize(
    ("said", "interrupted", "silent", "stopped", "tried"),
    [
        (18, False, 6.0, False, True),  # it spoke on to the end
        (6, True, 2.4, True, True),  # the bot says that it was interrupted
        (6, False, 2.4, True, True),  # it never spoke on
        (18, False, 2.4, False, False),  # it was at its end anyway
        (6, False, 9.0, False, True),  # it spoke on, and the ear missed the rest
    ],
)
def test_an_agent_has_stopped_where_its_answer_stayed_unfinished(
    monkeypatch: pytest.MonkeyPatch,
    said: int,
    interrupted: bool,
    silent: float,
    stopped: bool,
    tried: bool,
) -> None:
    words = TEXT.split()[:said]
    heard = iter([" ".join(words[:5]), " ".join(words[5:])])
    monkeypatch.setattr(backchannels, "understood", lambda pcm: next(heard))
    answer = Answer(TEXT, speech(2.0, 0.3, silent - 2.3), 1.5, 2.5, silent, interrupted)
    found = overlap(NOISE, answer)
    assert (found.stopped, found.tried) == (stopped, tried)
    if tried and not stopped:
        assert found.hole == pytest.approx(0.3, abs=0.02)


# Calls


class Bots:
    """One contender, wherever that is."""

    names = ("ours",)

    async def url(self, name: str) -> str:
        return ""

    async def ended(self, name: str, *, well: bool) -> None:
        pass


async def drive(monkeypatch: pytest.MonkeyPatch, take: Any, **setting: Any) -> list[Any]:
    """What became of four trials that are called by their number."""
    monkeypatch.setattr(turns, "GAP", 0.02)
    stand = Bench(cast(Any, Bots()), cast(Any, None), "", Path())
    chosen = Setting(line=lambda url, body: ScriptedLine(), **setting)
    return (await stand.drive("section", range(4), take, str, chosen))["ours"]


async def test_a_trial_that_fails_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    async def take(caller: Caller, trial: int) -> int:
        if trial == 1:
            raise ConnectionError("the call broke off")
        return trial

    assert await drive(monkeypatch, take, block=3) == [0, None, 2, 3]


async def test_a_trial_that_is_stuck_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def take(caller: Caller, trial: int) -> int:
        await asyncio.sleep(9 if trial == 2 else 0)
        return trial

    assert await drive(monkeypatch, take, stuck=0.05) == [0, 1, None, 3]


async def test_a_line_without_sound_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    async def take(caller: Caller, trial: int) -> int:
        return trial

    monkeypatch.setattr(bench, "DEAD", -10.0)
    assert await drive(monkeypatch, take) == [None] * 4


class Server:
    """A bot that can be stopped."""

    running = True

    async def stop(self) -> None:
        self.running = False


async def test_a_bot_that_fails_call_after_call_is_stopped() -> None:
    stood, server = bots.Bots(["ours"], Path()), Server()
    cast(Any, stood)._servers["ours"] = server
    for well in (False, False, True, False, False):
        await stood.ended("ours", well=well)
    assert server.running
    await stood.ended("ours", well=False)
    assert not server.running


# The report


def decided(at: float, outcome: str) -> Message:
    return Message(at, "server-message", {"type": "decision", "outcome": outcome})


def test_sound_belongs_to_the_decision_to_cut_in_just_before_it() -> None:
    messages = [decided(1.0, "cut in"), decided(4.0, "replied"), decided(9.0, "cut in")]
    assert cut_in_behind(messages, 1.1) is messages[0]
    assert cut_in_behind(messages, 8.95) is messages[2]
    assert cut_in_behind(messages, 4.1) is None
    assert cut_in_behind(messages, 15.0) is None


def test_tokens_are_summed_where_the_bot_tells_of_them() -> None:
    silent, telling = Tokens(), Tokens()
    told = {"type": "speculation", "tokens_released": 30, "tokens_dropped": 10}
    silent.add([decided(1.0, "replied")])
    telling.add([Message(1.0, "server-message", told)] * 2)
    assert silent.figures() is None
    assert (telling.figures() or {})["wasted"] == 0.25


def test_the_two_sets_share_no_sentence() -> None:
    def all_of(name: str) -> set[str]:
        says = SETS[name]
        told = {text for each in says.contradictions for text in (each.fact, each.wrong)}
        texts = (says.halting, says.turns, says.requests, says.ramble, says.circles)
        return told | {text for part in texts for text in part} | {bid.text for bid in says.bids}

    assert not all_of("dev") & all_of("test")
    assert all(" | " in text for says in SETS.values() for text in says.halting)


def test_shared_figures_lie_where_other_benchmarks_have_them() -> None:
    part = {"smooth_turn_taking": {"transition": {"p50": 0.5, "p95": 1.0}}}
    report: dict[str, Any] = {"ours": dict(part), "plain": dict(part)}
    share(report, ["ours", "plain"])
    assert report["ours"]["transition"]["p50"] == 0.5
    assert report["ratio"] == {"transition": {"p50": 1.0, "p95": 1.0}}
    assert "0.50 / 1.00" in table(report, ["ours", "plain"])


def test_every_option_has_a_sentence() -> None:
    actions = [action for action in parser()._actions if action.dest != "help"]
    assert all(action.help and action.help.endswith(".") for action in actions)
    assert parser().parse_args(["--out", "f.json"]).only == list(SECTIONS)
