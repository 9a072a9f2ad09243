"""What a user claims, and which claims cannot be true together."""

import pytest

from memory.claims import Claim, Ear, claims_in, contradicts, is_change


def told(text: str) -> list[tuple[str, str]]:
    return [(claim.about, claim.value) for claim in claims_in(text)]


@pytest.mark.parametrize(
    ("said", "claims"),
    [
        ("My meeting is on Tuesday.", [("meet: day", "tuesday")]),
        ("the rent's 950 a month", [("rent: be number", "950")]),
        ("My train leaves at half past nine.", [("train: time", "half past nine")]),
        ("my sister lives in Leeds", [("sister: in", "leeds")] ),
        ("My flight's from Gatwick.", [("flight: from", "gatwick")]),
        ("I was born in Aberdeen.", [("i: was born in", "aberdeen")]),
        ("my exam is on the third of June", [("exam: month", "june")]),
        ("My dad turned seventy two.", [("dad: be number", "72")]),
        ("My dad rang. He's 72.", [("dad: be number", "72")]),
        ("i work as a taxi driver and people", [("i: work as", "taxi driver")]),
        ("I'm a nurse in Cardiff", [("i: work as", "nurse")]),
        ("I've got two little kids.", [("i: have children", "2")]),
        ("we moved since I don't have any cats", [("i: have cats", "0")]),
        ("I'm vegan", [("i: eat meat", "never")]),
        ("because I smoke at night", [("i: smoke", "does")]),
    ],
)  # fmt: skip
def test_a_claim_has_a_subject_a_relation_and_a_value(said: str, claims: list[tuple[str, str]]):
    assert told(said) == claims


@pytest.mark.parametrize(
    "said",
    [
        "Is my meeting on Tuesday?", "if my meeting is on Tuesday I", "he said my rent is 900",
        "my meeting might be on Tuesday", "maybe the party is on Friday", "I had two coffees",
        "It's two words", "was it that my train leaves at nine",
        "she told me I work as a robot", "if I have no children", "I never drink coffee",
        "maybe I smoke too much",
    ],
)  # fmt: skip
def test_what_is_asked_supposed_or_reported_is_no_claim(said: str):
    assert told(said) == []


def test_a_short_answer_is_a_claim_about_what_was_asked():
    ear = Ear()
    ear.agent_said("Where does your sister live?")
    assert [claim.value for claim in ear.user_said("Toronto, for years.")] == ["toronto"]
    assert ear.user_said("Yeah. Wet.") == []


def one(text: str) -> Claim:
    [claim] = claims_in(text)
    return claim


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("My meeting is on Thursday.", "so as my meeting is on Tuesday I will", True),
        ("my flight's from Gatwick", "my flight to Lisbon goes from Heathrow", True),
        ("My meeting is on Thursday.", "My meeting is on Thursday.", False),
        ("My meeting is on Thursday.", "My lesson is on Tuesday.", False),
        ("My meeting is on Thursday.", "My meeting is at nine thirty", False),
        ("my sister is 34", "my sister's exam is on Monday", False),
        ("I work as a waiter", "since I work as a pilot I am often away", True),
        ("I work as a postman", "since I work as a post", False),
        ("I'm a software engineer", "I work as an engineer", False),
        ("I have three dogs", "I have no dogs at all", True),
        ("I have three dogs", "I have no sisters", False),
        ("I'm a vegetarian", "last night I had a huge steak", True),
        ("I never drink any alcohol", "I drink a beer now and then", True),
        ("I am married", "I'm single", True),
    ],
)
def test_claims_of_the_same_with_other_values_contradict(first: str, second: str, is_one: bool):
    found = claims_in(second)
    assert any(contradicts(one(first), claim) for claim in found) is is_one


@pytest.mark.parametrize("said", ["my meeting is now on Tuesday", "my rent is 900 instead"])
def test_a_change_is_told_from_a_contradiction(said: str):
    assert is_change(one(said))


def test_a_job_is_claimed_once_its_name_is_all_said():
    ear = Ear()
    for said, values in (
        ("because I work as a taxi", []),
        ("because I work as a taxi driver.", []),
        ("because I work as a taxi driver, and", ["taxi driver"]),
    ):
        assert [claim.value for claim in ear.claims_in(said, goes_on=True)] == values
    assert [claim.value for claim in ear.claims_in("I work as a baker.")] == ["baker"]
