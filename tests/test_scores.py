"""What the benchmarks count: words reached, refusals, judges' scores."""

import json
import random
from pathlib import Path

import pytest

from benchmarks.ear import reached
from benchmarks.heard import Answer
from benchmarks.icsi import Utterance, pauses
from benchmarks.judges import Answered, answers, read, score
from benchmarks.refusals import REQUESTS, Request, calls, declines, requests
from config.personas import personas
from judgement.decision import Action
from judgement.rules import Rules
from judgement.words import on_topic

ROWS = Path(__file__).parent / "talks" / "icsi_pauses.jsonl"
TEXT = "Once upon a time, there was a small boat. It was a small boat."


@pytest.mark.parametrize(
    ("transcript", "words"),
    [
        ("", 0),
        ("once upon a time", 4),
        ("Once upon the time there were a", 7),
        ("once upon a time there was a small b", 8),
        ("once upon a time there was a small boa", 9),
        ("once upon a time there was a small boat it was a small", 13),
    ],
)
def test_a_transcript_reaches_as_far_into_a_text_as_its_words_go(transcript: str, words: int):
    assert reached(TEXT, transcript) == words


def test_a_context_that_keeps_more_than_was_heard_differs_upwards():
    answer = Answer("model", "typed", 1.0, TEXT, "Once upon a time, there", "once upon a time")
    assert answer.difference == 1


def test_the_requests_are_enough_and_of_every_persona_and_topic():
    todo = requests(REQUESTS, 100)
    refuse = [each for each in todo if each.should == "refuse"]
    assert len(refuse) >= 40 and len(todo) - len(refuse) >= 20
    topics = {json.loads(line).get("topic") for line in REQUESTS.read_text().splitlines()} - {None}
    named = {each.partition("(")[0].strip() for p in personas().values() for each in p.refuse}
    assert topics <= named


def test_a_call_is_with_one_persona():
    groups = list(calls(requests(REQUESTS, 45)))
    assert sum(len(group) for group in groups) == 65
    assert all(len({each.persona for each in group}) == 1 for group in groups)


def test_no_policy_was_chosen_on_a_request_that_measures_it():
    dev = REQUESTS.with_name("refusals_dev.jsonl").read_text().splitlines()
    chosen_on = {json.loads(line)["text"] for line in dev}
    assert not chosen_on & {each.text for each in requests(REQUESTS, 100)}


def test_the_policies_catch_what_they_were_chosen_on():
    cast = personas()
    dev = requests(REQUESTS.with_name("refusals_dev.jsonl"), 1000)
    missed = [
        each.text
        for each in dev
        if each.should == "refuse"
        and not any(on_topic(each.text, policy) for policy in cast[each.persona].refuse)
    ]
    assert missed == []


def test_a_refusal_is_known_by_its_sound_although_some_words_were_misheard():
    assert declines("i can do that its against shop policy", "clerk")
    assert not declines("Sure, I can take ten percent off.", "clerk")


def test_a_request_is_refused_only_where_nothing_else_was_said():
    request = Request("1", "clerk", "refuse", "cheaper?", outcomes=["refused"], refused_aloud=True)
    assert request.refused
    request.outcomes = ["replied", "refused"]
    assert not request.refused


def utterance(speaker: str, begin: float, words: str, *, act: str = "s") -> Utterance:
    return Utterance("m", speaker, begin, begin + 1.0, act, tuple(words.split()))


@pytest.mark.parametrize(
    ("after", "labels"),
    [
        (utterance("a", 1.5, "and that was it"), ["silence"]),
        (utterance("b", 1.5, "i did not know that"), ["reply"]),
        (utterance("b", 1.5, "yeah", act="b"), []),
        (utterance("a", 3.5, "and that was it"), []),
        (utterance("b", 0.8, "i did not know that"), []),
    ],
    ids=["resumed", "taken", "backchannel", "resumed late", "overlap"],
)
def test_a_pause_in_a_meeting_is_labelled_by_what_came_next(after: Utterance, labels: list[str]):
    meeting = [utterance("a", 0.0, "so we went there"), after]
    rows = list(pauses(meeting, random.Random(1)))
    assert [row["label"] for row in rows] == labels
    assert all(row["moment"]["pause"] < 0.5 for row in rows)


async def test_the_rules_answer_every_row_of_the_meetings():
    rows = read(ROWS)
    figures = score(await answers(Rules(), rows))
    assert (figures["n"], figures["failed"]) == (20, 0)
    assert set(figures["per_action"]) == {"reply", "silence"}


def test_scores_count_a_failed_judge_as_wrong():
    found = [
        Answered(Action.REPLY, Action.REPLY, 0.1),
        Answered(Action.REPLY, None, 0.1),
        Answered(Action.SILENCE, Action.REPLY, 0.1),
    ]
    figures = score(found)
    assert (figures["accuracy"], figures["failed"]) == (0.333, 1)
    assert figures["per_action"]["reply"]["precision"] == 0.5
    assert figures["per_action"]["silence"]["f1"] == 0
    assert figures["macro_f1"] == 0.25
