"""Where a message ends, by a model of chats, and how long a doubt about that is waited for."""

import json
import math
from typing import Any

import httpx
import pytest

from judgement.decision import Action, Decision
from judgement.endings import Endings, Marks, read_marks
from judgement.moment import Kind, Moment, Turn
from judgement.tuned import Calibration, Tuned, timed
from judgement.waits import HARDLY, LONGEST, SHORTEST, SURE, UNSURE, pause_for, settled

MARKS = Marks("<user>", "<agent>", "<over><user>", "<over>")


class Server:
    """Answers with the given next tokens; keeps the prompts."""

    def __init__(self, **tokens: float) -> None:
        self.prompts: list[str] = []
        self.tokens = tokens
        self.status = 200

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer), base_url="http://m")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        if request.url.path == "/apply-template":
            written = "".join(f"<{m['role']}>{m['content']}<end>\n" for m in asked["messages"])
            return httpx.Response(200, json={"prompt": f"{written}<assistant>"})
        self.prompts.append(asked["prompt"])
        top = [{"token": t, "logprob": math.log(p)} for t, p in self.tokens.items()]
        content: Any = [{"top_logprobs": top}]
        return httpx.Response(self.status, json={"choices": [{"logprobs": {"content": content}}]})


def endings(server: Server) -> Endings:
    return Endings(server.client(), MARKS)


def pause(said: str, seconds: float = 0.2, **more: Any) -> Moment:
    return Moment(Kind.PAUSE, said, pause=seconds, **more)


async def test_an_ending_is_the_share_of_tokens_that_end_a_message():
    server = Server(**{"<over>": 0.3, "?": 0.2, ".\n": 0.1, " of": 0.2, " capital": 0.1})
    assert await endings(server).over(pause("What is it?")) == pytest.approx(0.6)
    assert server.prompts == ["<user>What is it"], "the recogniser's guess is left out"


async def test_an_answer_to_the_agent_s_question_is_read_with_the_question():
    server = Server(**{"<over>": 0.5})
    asked = (Turn("agent", "How old are you?", 1.0),)
    await endings(server).over(pause("Twelve.", history=asked, signals={"agent_asked": True}))
    assert server.prompts == ["<agent>How old are you?<over><user>Twelve"]


async def test_the_same_words_are_asked_about_once():
    server = Server(**{"<over>": 0.5})
    asked = endings(server)
    assert await asked.over(pause("Hello.")) == await asked.over(pause("Hello.", 0.5))
    assert len(server.prompts) == 1


async def test_a_server_that_fails_tells_nothing():
    server = Server()
    server.status = 500
    assert await endings(server).over(pause("Hello.")) is None


async def test_the_marks_are_read_from_the_model_s_own_template():
    marks = await read_marks(Server().client())
    assert marks == Marks("<user>", "<assistant>", "<end>\n<user>", "<end>")


def test_the_wait_falls_with_the_doubt():
    assert pause_for(SURE) == pause_for(1.0) == SHORTEST
    assert pause_for(UNSURE) == pause_for(HARDLY) == LONGEST
    assert SHORTEST < pause_for((SURE + UNSURE) / 2) < LONGEST
    assert pause_for(HARDLY - 0.01) == math.inf


def test_words_that_end_make_a_turn_likelier_to_be_over():
    assert settled(0.8, 0.9) > settled(0.8, None) > settled(0.8, 0.01)


def decision(silence: float) -> Decision:
    rest = (1 - silence) / 4
    shares = {action: rest for action in Action} | {Action.SILENCE: silence}
    shares[Action.REPLY] += rest
    shares[Action.DEFLECT] -= rest
    return Decision(Action.REPLY, shares, "", "test")


def test_a_sure_end_is_answered_at_once_and_an_unsure_one_later():
    sure = timed(decision(0.05), pause("Is it?"), 0.95, Calibration())
    assert (sure.action, sure.reason) == (Action.REPLY, "over at 97%: waits 0.2 s")
    early = timed(decision(0.4), pause("It is"), 0.3, Calibration())
    late = timed(decision(0.4), pause("It is", LONGEST), 0.3, Calibration())
    assert (early.action, late.action) == (Action.SILENCE, Action.REPLY)


class Scripted:
    name = "scripted"

    async def judge(self, moment: Moment) -> Decision:
        return decision(0.05)


async def test_only_an_open_turn_is_asked_about():
    server = Server(**{"<over>": 0.01})
    judge = Tuned(Scripted(), Calibration(), endings(server))
    waiting = await judge.judge(pause("I went to the"))
    assert waiting.action is Action.SILENCE
    typed = await judge.judge(pause("I went to the", signals={"typed": True}))
    overlap = await judge.judge(Moment(Kind.OVERLAP, "no"))
    assert typed.action is not Action.SILENCE and overlap.action is not Action.SILENCE
    assert len(server.prompts) == 1
