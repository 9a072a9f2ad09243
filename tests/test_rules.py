import pytest

from judgement.decision import Action
from judgement.moment import Kind, Moment, Policy, Turn
from judgement.rules import Rules

CLERK = Policy(
    refuse=("discounts (discount, cheaper, lower price)",),
    deflect=("politics (election, president)",),
    proactivity=0.5,
)
EAGER = Policy(proactivity=0.9)


async def decision(kind: Kind, said: str, policy: Policy = CLERK, pause: float = 0.0, **more):
    turn_seconds = more.pop("turn_seconds", 2.0)
    moment = Moment(
        kind, said, pause=pause, persona=policy, signals=more, turn_seconds=turn_seconds
    )
    return (await Rules().judge(moment)).action


@pytest.mark.parametrize(
    ("said", "pause", "turn_over", "action"),
    [
        ("What time do you open?", 0.25, 0.95, Action.REPLY),
        ("What time do you open?", 0.65, 0.05, Action.REPLY),
        ("I need a new lamp.", 0.65, 0.05, Action.SILENCE),
        ("I need a new lamp.", 0.9, 0.05, Action.REPLY),
        ("I would like to", 0.4, 0.2, Action.SILENCE),
        ("I would like to", 2.4, 0.2, Action.REPLY),
        ("the blue one please", 0.2, 0.1, Action.SILENCE),
        ("the blue one please", 1.2, 0.1, Action.REPLY),
        ("Could I get a discount on this?", 0.3, 0.95, Action.REFUSE),
        ("Who will win the election?", 0.3, 0.95, Action.DEFLECT),
        ("hold on let me think", 2.0, 0.9, Action.SILENCE),
        ("mhm", 2.0, 0.9, Action.SILENCE),
        ("I can't breathe", 0.2, 0.1, Action.REPLY),
    ],
)
async def test_at_a_pause(said: str, pause: float, turn_over: float, action: Action):
    assert await decision(Kind.PAUSE, said, pause=pause, turn_over=turn_over) is action


async def test_a_typed_message_is_answered_without_waiting():
    assert await decision(Kind.PAUSE, "I would like to", typed=True) is Action.REPLY


@pytest.mark.parametrize(
    ("said", "signals", "action"),
    [
        ("mhm", {"finished": True}, Action.SILENCE),
        ("yeah right", {}, Action.SILENCE),
        ("", {"sound_seconds": 0.4}, Action.SILENCE),
        ("", {"sound_seconds": 1.0}, Action.REPLY),
        ("yeah", {"sound_seconds": 0.8}, Action.SILENCE),
        ("no wait", {}, Action.REPLY),
        ("actually I meant the", {}, Action.REPLY),
        ("actually", {"sound_seconds": 0.2}, Action.SILENCE),
        ("actually", {"sound_seconds": 0.5}, Action.REPLY),
        ("actually", {"finished": True}, Action.REPLY),
        ("and then we went", {"since_opener": 0.5}, Action.SILENCE),
        ("and then we went", {"since_opener": 1.6}, Action.REPLY),
        ("let me finish", {"since_opener": 0.3}, Action.REPLY),
    ],
)
async def test_over_the_agent(said: str, signals: dict, action: Action):
    assert await decision(Kind.OVERLAP, said, **signals) is action


async def test_a_speaker_who_goes_round_in_circles_is_cut_off():
    circle = "I went to the shop to buy some bread and then " * 4
    assert await decision(Kind.PARTIAL, circle, EAGER) is Action.INTERRUPT


async def test_an_ordinary_sentence_is_listened_to():
    said = "so last week we visited my aunt in the country and she showed us the garden"
    assert await decision(Kind.PARTIAL, said, EAGER, turn_seconds=6.0) is Action.SILENCE


async def test_a_ramble_is_cut_off_sooner_the_more_proactive_the_persona():
    asked = (Turn("agent", "What do you do?", 60.0),)
    for policy, action in ((EAGER, Action.INTERRUPT), (CLERK, Action.SILENCE)):
        far = {"history": asked, "turn_seconds": 60.0, "signals": {"astray": True}}
        moment = Moment(Kind.PARTIAL, "well", persona=policy, **far)
        assert (await Rules().judge(moment)).action is action


async def test_a_long_turn_is_listened_to_where_it_does_not_go_astray():
    assert await decision(Kind.PARTIAL, "well", EAGER, turn_seconds=60.0) is Action.SILENCE


async def test_a_persona_that_speaks_only_when_asked_never_opens():
    assert await decision(Kind.IDLE, "", Policy(proactivity=0.0)) is Action.SILENCE


async def test_the_second_opening_changes_the_subject():
    assert await decision(Kind.IDLE, "", idle_count=0) is Action.REPLY
    assert await decision(Kind.IDLE, "", idle_count=1) is Action.DEFLECT


async def second_half(said: str, ago: float) -> Action:
    """What follows "Can I get a discount?", a turn that ended `ago` seconds ago, and its answer."""
    history = (Turn("user", "Can I get a discount?", ago), Turn("agent", "I", ago - 0.5))
    signals = {"turn_over": 0.9}
    moment = Moment(Kind.PAUSE, said, history, 0.5, 2.0, signals=signals, persona=CLERK)
    return (await Rules().judge(moment)).action


async def test_a_request_in_two_sentences_is_judged_as_one():
    assert await second_half("I'll give you twenty five.", ago=2.4) is Action.REFUSE


async def test_a_turn_of_its_own_is_judged_by_itself():
    assert await second_half("What time do you open?", ago=4.0) is Action.REPLY
