"""Where a message ends, by the base model, and how long a doubt about that is waited for."""

import json
import math
from pathlib import Path
from typing import Any

import httpx
import pytest

from judgement.artefact import DEFAULT, ENDINGS
from judgement.decision import Action, Decision
from judgement.endings import ENDS, GOES_ON, SCALE, Endings, Head, read_head
from judgement.moment import Kind, Moment, Turn
from judgement.tuned import EVERY, Calibration, Tuned, timed
from judgement.waits import HARDLY, LONGEST, SHORTEST, SURE, UNSURE, pause_for, settled

HEAD = Head("<user>", "<agent>", "<over>", weights=(1.0, -2.0), bias=0.5)


class Server:
    """Answers with a reading; keeps the prompts."""

    def __init__(self, log_odds: float) -> None:
        self.prompts: list[str] = []
        self.log_odds = log_odds
        self.status = 200

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer), base_url="http://m")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.prompts.append(json.loads(request.content)["prompt"])
        ends = 1 / (1 + math.exp(-SCALE * self.log_odds))
        top = [{"id": ENDS, "prob": ends}, {"id": GOES_ON, "prob": 1 - ends}]
        content: Any = [{"top_probs": top}]
        return httpx.Response(self.status, json={"choices": [{"logprobs": {"content": content}}]})


def endings(server: Server) -> Endings:
    return Endings(server.client(), HEAD)


def pause(said: str, seconds: float = 0.2, **more: Any) -> Moment:
    return Moment(Kind.PAUSE, said, pause=seconds, **more)


async def test_an_ending_is_what_the_two_rows_say():
    server = Server(1.5)
    found = await endings(server).over(pause("What is it?"))
    assert found == pytest.approx(1 / (1 + math.exp(-2.0))), "with the bias"
    assert server.prompts == ["<user>What is it"], "the recogniser's guess is left out"


async def test_an_answer_to_the_agent_s_question_is_read_with_the_question():
    server = Server(0.0)
    asked = (Turn("agent", "How old are you?", 1.0),)
    await endings(server).over(pause("Twelve.", history=asked, signals={"agent_asked": True}))
    assert server.prompts == ["<agent>How old are you?<over><user>Twelve"]


async def test_the_same_words_are_asked_about_once():
    server = Server(0.0)
    asked = endings(server)
    assert await asked.over(pause("Hello.")) == await asked.over(pause("Hello.", 0.5))
    assert len(server.prompts) == 1


async def test_a_server_that_fails_tells_nothing():
    server = Server(0.0)
    server.status = 500
    assert await endings(server).over(pause("Hello.")) is None


def test_the_shipped_head_fits_the_base():
    head = read_head(DEFAULT / ENDINGS)
    assert head and len(head.weights) == 576 and set(head.rows) == {ENDS, GOES_ON}


def test_a_folder_may_be_without_a_head_but_not_with_a_broken_one(tmp_path: Path):
    assert read_head(tmp_path / ENDINGS) is None
    (tmp_path / ENDINGS).write_text('{"user": "<user>"}')
    with pytest.raises(ValueError, match=r"endings.json: no reading"):
        read_head(tmp_path / ENDINGS)


def test_the_wait_falls_with_the_doubt():
    assert pause_for(SURE) == pause_for(1.0) == SHORTEST
    assert pause_for(UNSURE) == pause_for(HARDLY) == LONGEST
    assert SHORTEST < pause_for((SURE + UNSURE) / 2) < LONGEST
    assert pause_for(HARDLY - 0.01) == math.inf


def test_words_that_end_make_a_turn_likelier_to_be_over():
    assert settled(0.8, 0.8, 0.9) > settled(0.8, 0.8, None) > settled(0.8, 0.8, 0.01)
    assert settled(0.8, 0.9, 0.5) > settled(0.9, 0.8, 0.5) > settled(0.8, 0.8, 0.5)


def decision(silence: float) -> Decision:
    rest = (1 - silence) / 4
    shares = {action: rest for action in Action} | {Action.SILENCE: silence}
    shares[Action.REPLY] += rest
    shares[Action.DEFLECT] -= rest
    return Decision(Action.REPLY, shares, "", "test")


def test_a_sure_end_is_answered_at_once_and_an_unsure_one_later():
    sure = timed(decision(0.05), pause("Is it?"), 0.95, Calibration())
    assert (sure.action, sure.reason) == (Action.REPLY, "over at 84%: waits 0.2 s")
    early = timed(decision(0.4), pause("It is"), 0.3, Calibration())
    late = timed(decision(0.4), pause("It is", LONGEST), 0.3, Calibration())
    assert (early.action, late.action) == (Action.SILENCE, Action.REPLY)
    assert early.reason == late.reason and early.reason.endswith("waits 1.1 s")


class Scripted:
    name = "scripted"

    def __init__(self) -> None:
        self.asked: list[tuple[Kind, float]] = []

    async def judge(self, moment: Moment) -> Decision:
        self.asked.append((moment.kind, moment.pause))
        return decision(0.05)


async def test_only_an_open_turn_is_asked_about():
    server = Server(-5.0)
    judge = Tuned(Scripted(), Calibration(), endings(server))
    waiting = await judge.judge(pause("I went to the"))
    assert waiting.action is Action.SILENCE
    typed = await judge.judge(pause("I went to the", signals={"typed": True}))
    overlap = await judge.judge(Moment(Kind.OVERLAP, "no"))
    assert typed.action is not Action.SILENCE and overlap.action is not Action.SILENCE
    assert len(server.prompts) == 1


async def test_a_pause_is_judged_as_it_begins_and_grows_by_itself():
    judge = Scripted()
    tuned = Tuned(judge, Calibration(), endings(Server(-5.0)))
    for seconds in (SHORTEST, 0.5, 1.0):
        await tuned.judge(pause("I went to the", seconds))
    assert set(judge.asked) == {(Kind.PAUSE, SHORTEST)}


async def test_what_may_be_the_last_word_is_judged_as_the_pause_behind_it():
    judge = Scripted()
    likely = Tuned(judge, Calibration(), endings(Server(2.0)))
    found = await likely.judge(Moment(Kind.PARTIAL, "What is it"))
    assert judge.asked == [(Kind.PAUSE, SHORTEST)]
    assert found.action is Action.SILENCE and found.ending == pytest.approx(0.92, abs=0.01)


async def test_whether_to_cut_in_is_asked_every_half_second_and_in_each_turn():
    judge = Scripted()
    tuned = Tuned(judge, Calibration(), endings(Server(-5.0)))
    for at, turn in ((1.0, 0), (1.25, 0), (1.5, 0), (1.75, 0), (1.8, 1)):
        await tuned.judge(Moment(Kind.PARTIAL, f"and {at}", at=at, turn=turn))
    assert judge.asked == [(Kind.PARTIAL, 0.0)] * 3


class Answering:
    """Gives these probabilities of an interruption, one after the other."""

    name = "answering"

    def __init__(self, *answers: float) -> None:
        self._answers = iter(answers)

    async def judge(self, moment: Moment) -> Decision:
        probabilities = dict.fromkeys(Action, 0.0)
        probabilities[Action.INTERRUPT] = next(self._answers)
        probabilities[Action.SILENCE] = 1 - probabilities[Action.INTERRUPT]
        return Decision(max(probabilities, key=probabilities.__getitem__), probabilities, "")


@pytest.mark.parametrize(
    ("answers", "turns", "actions"),
    [
        ((0.9, 0.9), (0, 0), "si"),
        ((0.9, 0.05, 0.9), (0, 0, 0), "sss"),
        ((0.3, 0.9), (0, 0), "si"),
        ((0.9, 0.9, 0.9), (0, 1, 1), "ssi"),
    ],
)
async def test_an_interruption_takes_two_answers_about_a_turn(
    answers: tuple[float, ...], turns: tuple[int, ...], actions: str
):
    judge = Tuned(Answering(*answers), Calibration(), endings(Server(-3.0)))
    found = [
        await judge.judge(Moment(Kind.PARTIAL, "so", turn=turn, at=float(at)))
        for at, turn in enumerate(turns)
    ]
    assert "".join(each.action[0] for each in found) == actions


async def test_an_answer_holds_for_a_while():
    judge = Tuned(Answering(0.9, 0.9), Calibration(), endings(Server(-3.0)))
    for at in (0.0, EVERY / 2, EVERY, EVERY * 1.5):
        last = await judge.judge(Moment(Kind.PARTIAL, "so", at=at))
    assert last.action is Action.INTERRUPT
