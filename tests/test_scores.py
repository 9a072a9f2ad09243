"""What the benchmarks count: words reached, refusals."""

import json

import pytest

from benchmarks.ear import reached
from benchmarks.heard import Answer
from benchmarks.refusals import REQUESTS, Request, calls, declines, requests
from config.personas import personas
from judgement.words import on_topic

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
