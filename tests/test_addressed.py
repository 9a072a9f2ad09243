"""Whether the agent is meant, by words alone."""

import pytest

from judgement.addressed import Thread, addressed
from judgement.company import Company
from judgement.moment import Kind, Moment, Policy
from judgement.signals import AGENT_ASKED

NOBODY = Thread()
ANSWERED_ANN = Thread(with_agent=True, partner="Ann", ago=2.0)
LONG_AGO = Thread(with_agent=True, partner="Ann", ago=60.0)
PEOPLE = Thread(with_agent=False, partner="Ann", ago=3.0)


def meant(
    said: str, thread=NOBODY, *, speaker="Ann", kind=Kind.PAUSE, proactive=0.4, **signals
) -> bool:
    company = Company("Repartee", "assistant")
    for name in ("Ann", "Bob", "Maria Lopez"):
        company.join(name, name)
    moment = Moment(kind, said, speaker=speaker, signals=signals, persona=Policy((), (), proactive))
    return addressed(moment, company, thread)[0]


@pytest.mark.parametrize(
    "said",
    [
        "Repartee, what is the capital of France?",
        "Hey Repartee what is the capital of France",
        "What is the capital of France, Repartee?",
        "What do you think assistant",
        "Okay. Assistant, tell us a joke.",
        "Assistant can you hear me",
        "Assistant is it raining in Paris?",
        "Bob, that is nonsense. Repartee, who is right?",
        "Reparty, what time is it?",
        "Rep artee, what time is it?",
    ],
)
def test_who_calls_the_agent_means_it(said: str):
    assert meant(said, PEOPLE)


@pytest.mark.parametrize(
    "said",
    [
        "Bob, can you pass me that?",
        "Can you pass me that, Bob?",
        "Maria, what is the capital of France?",
        "Maria Lopez, what is the capital of France?",
        "I asked Repartee yesterday.",
        "Repartee said it would rain.",
        "The assistant is rather slow today.",
        "Bob, ask Repartee.",
        "Repartee, thank you. Bob, what do you say?",
        "What did you think of Repartee?",
        "I talked to the assistant, and it said no.",
    ],
)
def test_who_calls_somebody_else_or_speaks_of_the_agent_does_not(said: str):
    assert not meant(said, PEOPLE)


def test_a_question_that_follows_on_its_words_means_the_agent():
    assert meant("And what about Spain?", ANSWERED_ANN)
    assert not meant("And what about Spain?", ANSWERED_ANN, speaker="Bob")
    assert not meant("That is what I thought.", ANSWERED_ANN)
    assert not meant("Bob, what about Spain?", ANSWERED_ANN)


def test_only_whom_it_asked_answers_it():
    assert meant("The second one.", ANSWERED_ANN, **{AGENT_ASKED: True})
    assert not meant("The second one.", ANSWERED_ANN, speaker="Bob", **{AGENT_ASKED: True})


def test_a_question_to_nobody_in_particular_is_for_a_proactive_agent_unless_people_talk():
    question = "What is the capital of France?"
    assert not meant(question, LONG_AGO)
    assert meant(question, LONG_AGO, proactive=0.6)
    assert meant("Tell me a joke.", NOBODY, proactive=0.6)
    assert not meant(question, PEOPLE, proactive=0.6)
    assert not meant("I am so tired today.", NOBODY, proactive=0.6)


def test_over_the_agent_only_its_partner_is_meant_to_be_heard():
    assert meant("But which one", ANSWERED_ANN, kind=Kind.OVERLAP)
    assert not meant("But which one", ANSWERED_ANN, speaker="Bob", kind=Kind.OVERLAP)
    assert meant("Stop.", ANSWERED_ANN, speaker="Bob", kind=Kind.OVERLAP)
    assert not meant("", ANSWERED_ANN, kind=Kind.OVERLAP)


def test_an_emergency_is_for_everybody():
    assert meant("Bob, call an ambulance!", PEOPLE)
