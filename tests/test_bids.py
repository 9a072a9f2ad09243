"""Short words over the agent: which stop it whatever the judge says, and which never do."""

import pytest

from judgement.bids import assents, bid
from judgement.moment import Kind, Moment


def over(said: str, **signals) -> bool | None:
    return bid(Moment(Kind.OVERLAP, said, signals={"finished": True} | signals))


@pytest.mark.parametrize(
    "said",
    ["Tuesday.", "Paris?", "What?", "Sorry,", "Excuse me", "The second one.", "Not really.", "No,"]
    + ["That's wrong.", "Are you there?", "Can I ask you something?", "wait", "Me, too."],
)
def test_a_few_finished_words_are_a_bid(said: str):
    assert over(said) is True


@pytest.mark.parametrize(
    "said",
    ["Yeah, yeah.", "Uh-huh", "Right, right.", "Oh, okay.", "I see.", "That's true.", "Of course,"]
    + ["Oh, really?", "Fair enough.", "Make sense.", "Okay, got it.", "No way!", "Thank you."]
    + ["Yeah, that's very interesting.", "Oh my god", "Great idea."],
)
def test_what_only_assents_is_none(said: str):
    assert over(said) is False and over(said, agent_asked=True) is False


@pytest.mark.parametrize("said", ["That's not true.", "Right here.", "I see a problem.", ""])
def test_assent_with_something_else_is_no_assent(said: str):
    assert not assents(said)


@pytest.mark.parametrize(
    "said", ["And then them.", "M. H. M..", "But, uh?", "No, ah,", "Of the", "You.", ""]
)
def test_what_says_nothing_by_itself_tells_nothing(said: str):
    assert over(said) is None


@pytest.mark.parametrize("said", ["Better.", "In a month,", "Emma, Kim,"])
def test_doubtful_words_may_be_a_hum_and_tell_nothing(said: str):
    assert over(said) is True
    assert over(said, doubtful=True) is None
    assert over(said, doubtful=True, agent_asked=True) is None


def test_longer_words_are_left_to_the_judge_unless_they_answer():
    assert over("We could get some milk.") is None
    assert over("We could get some milk.", agent_asked=True) is True


def test_words_that_may_go_on_tell_nothing_yet_but_assent_does():
    assert over("Tuesday.", finished=False) is None
    assert over("stop", finished=False) is None
    assert over("yeah", finished=False) is False


def test_who_was_cut_off_and_goes_on_is_no_bid_by_a_few_words():
    assert over("to Rome.", since_opener=0.4) is None
    assert over("let me finish", since_opener=0.4) is True
