"""Facts and standing wishes in what a user says, as a recogniser writes it."""

import random

import pytest

from memory.anchors import facts_in, wishes_in
from memory.wishes import INTERRUPTIONS_WELCOME, NO_INTERRUPTIONS, Wish, WishKind


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        ("My name is Sam.", ["The user's name is Sam."]),
        ("my name is sam nice to meet you", ["The user's name is Sam."]),
        ("my name's sam smith", ["The user's name is Sam Smith."]),
        ("My last name is O'Brien.", ["The user's last name is O'Brien."]),
        ("Hello, I'm Sam.", ["The user's name is Sam."]),
        ("call me sam", ["The user wants to be called Sam."]),
        ("you can call me Sam, please", ["The user wants to be called Sam."]),
        ("um i live in leeds now", ["The user lives in Leeds."]),
        ("I live in New York with my wife.", ["The user lives in New York."]),
        ("I'm from Wales, actually", ["The user is from Wales."]),
        ("I work as a nurse.", ["The user works as a nurse."]),
        ("i'm a software engineer", ["The user is a software engineer."]),
        ("i'm forty two years old", ["The user is forty two years old."]),
        ("I’m allergic to nuts", ["The user is allergic to nuts."]),
        (
            "I'm allergic to nuts, eggs and milk",
            ["The user is allergic to nuts and eggs and milk."],
        ),
        ("i'm vegetarian", ["The user is vegetarian."]),
        ("my daughter is called ann", ["The user's daughter is called Ann."]),
        ("My dog's name is Rex!", ["The user's dog is called Rex."]),
        ("my order number is four two seven", ["The user's order number is four two seven."]),
        ("Can you help me, my order number is 42.", ["The user's order number is 42."]),
        ("the meeting is on tuesday", ["The meeting is on tuesday."]),
        ("My flight is at 10:30.", ["The user's flight is at 10:30."]),
        ("I really like jazz.", ["The user likes jazz."]),
        ("i hate early mornings because i'm tired", ["The user hates early mornings."]),
        ("I prefer my coffee black.", ["The user prefers their coffee black."]),
        ("As I said, my name is Sam.", ["The user's name is Sam."]),
        (
            "hi my name is sam i live in leeds and i work as a nurse",
            ["The user's name is Sam.", "The user lives in Leeds.", "The user works as a nurse."],
        ),
    ],
)
def test_a_stated_fact_is_told_in_the_third_person(said: str, facts: list[str]):
    assert facts_in(said) == facts


@pytest.mark.parametrize(
    "said",
    [
        "what is my name", "Is my name Sam?", "do i live in leeds", "My name is Sam?",
        "do you know where i live in leeds",
    ],
)  # fmt: skip
def test_a_question_states_nothing(said: str):
    assert facts_in(said) == []


@pytest.mark.parametrize(
    "said",
    [
        "my name is not sam", "i don't live in leeds", "I no longer work as a nurse.",
        "i'm not allergic to nuts", "don't call me sam", "I never liked jazz.",
    ],
)  # fmt: skip
def test_a_denial_states_nothing(said: str):
    assert facts_in(said) == []


@pytest.mark.parametrize(
    "said",
    [
        "if i live in leeds then my name is sam", "maybe i live in leeds", "suppose my name is sam",
        "I would like a table.", "Imagine I work as a nurse.", "i might be allergic to nuts",
    ],
)  # fmt: skip
def test_a_supposition_states_nothing(said: str):
    assert facts_in(said) == []


@pytest.mark.parametrize(
    "said",
    [
        "He said my name is Sam.", '"My name is Sam" is a song.', "they say i live in leeds",
        "she was like my name is ann", "my wife likes tea", "the house i live in is big",
    ],
)  # fmt: skip
def test_what_others_say_states_nothing(said: str):
    assert facts_in(said) == []


@pytest.mark.parametrize(
    "said",
    [
        "Call me back tomorrow.", "call me an ambulance", "my name is on the list", "i love you",
        "i like that", "i like totally forgot", "I like the idea.", "i'm sorry", "I'm British.",
        "the meeting is on the third floor", "i live in fear", "I used to live in Leeds.",
        "my pin is 1234", "my password is swordfish", "", "...", "i", "my name is",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_fact_is_none(said: str):
    assert facts_in(said) == []


@pytest.mark.parametrize(
    "said",
    [
        "stop interrupting me", "Please stop interrupting me!", "can you stop interrupting me",
        "don't interrupt me", "okay stop cutting me off", "never interrupt me again",
        "let me finish from now on", "i hate being interrupted", "I said stop interrupting me",
        "and please don't cut in while i talk", "you can't interrupt me",
    ],
)  # fmt: skip
def test_a_wish_for_no_interruptions(said: str):
    assert wishes_in(said) == [NO_INTERRUPTIONS]


@pytest.mark.parametrize(
    "said",
    [
        "you can interrupt me", "cut in whenever i'm wrong", "feel free to jump in",
        "It's fine to interrupt me.", "you can interrupt me whenever i'm wrong",
        "i don't mind being interrupted",
    ],
)  # fmt: skip
def test_a_wish_for_interruptions(said: str):
    assert wishes_in(said) == [INTERRUPTIONS_WELCOME]


@pytest.mark.parametrize("said", ["call me sam", "please call me Sam from now on", "Call me Sam."])
def test_a_wish_for_a_name(said: str):
    assert wishes_in(said) == [Wish(WishKind.CALL_ME, "Sam")]


@pytest.mark.parametrize(
    "said",
    [
        "let me finish", "let me finish first", "sorry to interrupt", "did i interrupt you",
        "why don't you interrupt me", "don't interrupt him", "do not interrupt the download",
        "he said stop interrupting me", "my boss told me don't interrupt me", "jump in the car",
        "if you don't interrupt me i'll be glad", "call me back", "don't call me sam",
        "don't stop interrupting me", "",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_wish_is_none(said: str):
    assert wishes_in(said) == []


def test_wishes_come_in_the_order_they_were_said():
    said = "don't interrupt me. no wait, you can interrupt me"
    assert wishes_in(said)[-1] == INTERRUPTIONS_WELCOME


def test_no_text_is_too_odd_or_too_long():
    chance = random.Random(1)
    words = "my name is i live in don't interrupt me call and , . ? ' \" \0 \ud800 é 42".split(" ")
    for _ in range(300):
        text = " ".join(chance.choices(words, k=chance.randint(0, 40)))
        facts_in(text)
        wishes_in(text)
    for text in ("my name is sam and " * 2000, "i'm " * 5000, "you can " * 5000, "a" * 50000):
        facts_in(text)
        wishes_in(text)
