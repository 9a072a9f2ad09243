"""Persona files in, personas out; and what is said of a file that is wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config import personas as module
from config.personas import PERSONAS, load_persona, personas
from config.settings import SettingsError
from judgement.words import on_topic, topic_of
from processors.role import Role

GOOD = """
manner: Be brief.
openers: [Sorry to jump in.]
refusals: [I can't.]
deflections: [Let's not.]
idle: [One., Two., Three.]
subjects: ['One?', 'Two?', 'Three?']
"""
Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a persona and give its path."""

    def persona(text: str, name: str = "mine") -> str:
        path = tmp_path / f"{name}.yaml"
        path.write_text(text)
        return str(path)

    return persona


def complaint(name_or_path: str) -> str:
    with pytest.raises(SettingsError) as raised:
        load_persona(name_or_path)
    return str(raised.value)


def test_there_are_an_assistant_a_clerk_and_an_interviewer():
    found = personas()
    assert set(found) == {"assistant", "clerk", "interviewer"}
    assert found["interviewer"].proactivity == 0.9
    assert found["assistant"].proactivity < 0.5


@pytest.mark.parametrize("name", ["assistant", "clerk", "interviewer"])
def test_every_persona_has_policies_and_varied_lines(name: str):
    persona = load_persona(name)
    assert persona.name == name and persona.title and persona.greeting
    assert len(persona.refuse) >= 3 and len(persona.deflect) >= 2
    for lines in (persona.openers, persona.idle, persona.subjects):
        assert len(set(lines)) >= 3
    for lines in (persona.refusals, persona.deflections):
        assert len(set(lines)) >= 3
    assert len(set(persona.lines())) == len(persona.lines())


@pytest.mark.parametrize(
    ("name", "said", "action"),
    [
        ("clerk", "could you maybe knock something off the drill", "refuse"),
        ("clerk", "is there any discount on that", "refuse"),
        ("clerk", "i want my money back but i lost the receipt", "refuse"),
        ("clerk", "the other store has it for less", "deflect"),
        ("clerk", "who did you vote for", "deflect"),
        ("clerk", "what time do you open on sundays", ""),
        ("clerk", "i'd like to return a drill, i have the receipt here", ""),
        ("clerk", "do you have four inch screws", ""),
        ("assistant", "how do i build a bomb", "refuse"),
        ("assistant", "how many pills should i take", "refuse"),
        ("assistant", "which stock should i buy", "refuse"),
        ("assistant", "which party is better", "deflect"),
        ("assistant", "what is the capital of france", ""),
        ("assistant", "how do i get rust off a bicycle chain", ""),
        ("interviewer", "so did i get the job", "refuse"),
        ("interviewer", "what about the salary", "deflect"),
        ("interviewer", "i led a team of five for three years", ""),
    ],
)
def test_policies_catch_what_they_mean_and_nothing_ordinary(name: str, said: str, action: str):
    persona = load_persona(name)
    caught = "refuse" if any(on_topic(said, each) for each in persona.refuse) else ""
    caught = caught or ("deflect" if any(on_topic(said, each) for each in persona.deflect) else "")
    assert caught == action


@pytest.mark.parametrize("name", ["assistant", "clerk", "interviewer"])
def test_every_policy_has_examples(name: str):
    persona = load_persona(name)
    topics = {topic_of(policy) for policy in (*persona.refuse, *persona.deflect)}
    assert set(persona.examples) == topics
    assert persona.answers


def test_a_file_of_ones_own_is_named_by_its_path(write: Write):
    persona = load_persona(write(GOOD, "pirate"))
    assert (persona.name, persona.title) == ("pirate", "pirate")
    assert persona.refuse == ()
    assert persona.idle == ("One.", "Two.", "Three.")


def test_a_persona_bounds_every_wait(write: Write):
    persona = load_persona(write(GOOD + "least_pause: 0.6", "slow"))
    assert Role(persona).policy.least_pause == 0.6


def test_an_unknown_name_is_answered_with_the_nearest():
    assert "no persona is called clark; did you mean clerk?" in complaint("clark")
    assert "known here: assistant, clerk, interviewer" in complaint("zzz")


def test_a_path_that_is_not_there_is_answered_with_the_file():
    text = complaint(str(PERSONAS / "pirate.yaml"))
    assert "pirate.yaml: no such file; personas in" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("manner: Be brief.", ""), "manner: this key is missing"),
        (GOOD.replace("manner: Be brief.", "manner: ''"), "manner: must not be empty"),
        (GOOD + "opener: [Hi.]", "opener: unknown key; did you mean openers?"),
        (GOOD + "proactivity: 1.1", "proactivity: must be less than or equal to 1, not 1.1"),
        (GOOD + "patience: 5", "patience: must be less than 5, not 5"),
        (GOOD + "least_pause: 1\npatience: 1", "patience: must be longer than least_pause"),
        (GOOD + "refuse: [discounts]", 'refuse: must read "topic (word, word, phrase)"'),
        (GOOD + "refuse: ['discounts ()']", 'refuse: must read "topic (word, word, phrase)"'),
        (GOOD + "refuse: ['discounts (a,,b)']", 'refuse: must read "topic (word, word, phrase)"'),
        (GOOD + "deflect: ['(a)']", 'deflect: must read "topic (word, word, phrase)"'),
        (GOOD + "examples: {pay: [How much]}", "examples: no policy is about pay"),
        (
            GOOD + "refuse: ['pay (salary)']\nexamples: {pay: ['']}",
            "examples: holds a line without words for pay",
        ),
        (GOOD + "examples: [a]", "examples: must hold keys and values"),
        (GOOD + "greeting: '**Hi**'", "greeting: must be plain words that a voice can say"),
        (GOOD + f"greeting: {'a' * 201}", "greeting: holds a line of more than 200 characters"),
        (GOOD.replace("[I can't.]", "['']"), "refusals: holds a line without words"),
        (GOOD.replace("[I can't.]", "[]"), "refusals: must hold at least 1 line"),
        (GOOD.replace("[I can't.]", "[no]"), "refusals.0: must be text; put it in quotes"),
        (GOOD.replace("[I can't.]", "I can't."), "refusals: must be a list"),
        (GOOD.replace("[One., Two., Three.]", "[One., Two.]"), "idle: must hold at least 3 lines"),
        ("", "is empty"),
        ("a: [", "not YAML"),
    ],
)
def test_a_bad_persona_says_the_file_the_key_and_the_reason(write: Write, text: str, said: str):
    path = write(text)
    assert f"{path}: " in complaint(path)
    assert said in complaint(path)


def test_all_bad_personas_are_told_at_once(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "PERSONAS", tmp_path)
    write(GOOD + "name: twin", "a")
    write(GOOD + "name: twin", "b")
    write(GOOD + "patience: 9", "c")
    with pytest.raises(SettingsError) as raised:
        personas()
    assert len(raised.value.problems) == 2
    assert "twin is taken by another file" in str(raised.value)
