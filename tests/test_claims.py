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
    ],
)
def test_claims_of_the_same_with_other_values_contradict(first: str, second: str, is_one: bool):
    found = claims_in(second)
    assert any(contradicts(one(first), claim) for claim in found) is is_one


@pytest.mark.parametrize("said", ["my meeting is now on Tuesday", "my rent is 900 instead"])
def test_a_change_is_told_from_a_contradiction(said: str):
    assert is_change(one(said))
