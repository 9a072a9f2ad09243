"""A reply that is begun before its turn is over: let go, or dropped without a trace."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace

from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    EagerTranscriptionFrame,
    Frame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TranscriptionFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.llm_service import FunctionCallFromLLM, FunctionCallParams, LLMService
from pipecat.services.settings import LLMSettings
from pipecat.tests.utils import SleepFrame, run_test

from judgement.decision import Action, decide
from judgement.doubt import Doubt
from judgement.moment import Kind, Moment
from judgement.pause import PAUSES
from judgement.persona import Persona
from judgement.signals import AHEAD, LAST_WORDS
from processors.frames import (
    ActedFrame,
    DecisionFrame,
    MomentFrame,
    PlayLineFrame,
    SpeculatedFrame,
    VoiceBackFrame,
)
from processors.hold import Hold
from processors.role import Role
from processors.services.speculative import Gate, Tally, is_wanted
from processors.speculation import ALLOWANCE, EARLY, ENDING, Speculation
from processors.strategy import StrategyProcessor
from processors.turns import decided_turns

PERSONA = Persona("test", "You test.", refusals=("No.",), patience=3.0)
QUESTION = "What is the capital of France?"
SPEAKS, SILENT = VADUserStartedSpeakingFrame, VADUserStoppedSpeakingFrame


class Model(LLMService):
    """Answers each context with its last words, told back one by one; may call a tool first."""

    def __init__(self, *, calls: bool = False) -> None:
        super().__init__(settings=LLMSettings(model="test"))
        self.asked: list[str] = []
        self.wanted = lambda said: True
        self._calls = calls
        self._speculation_gate = Gate()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, LLMContextFrame) and not is_wanted(frame, self.wanted):
            return
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        said = str(frame.context.messages[-1]["content"])
        self.asked.append(said)
        await self.push_frame(LLMFullResponseStartFrame())
        if self._calls:
            call = FunctionCallFromLLM("order", f"call{len(self.asked)}", {}, frame.context)
            await self.run_function_calls([call])
        for word in said.split():
            await self.push_frame(LLMTextFrame(f"{word} "))
            await asyncio.sleep(0)
        await self.push_frame(LLMFullResponseEndFrame())


class Passed(FrameProcessor):
    """What the model's answer comes past on its way to the voice."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Frame] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if direction is FrameDirection.DOWNSTREAM:
            self.frames.append(frame)
        await self.push_frame(frame, direction)


def ahead(said: str = QUESTION, *, turn: int = 0, **more: bool) -> Moment:
    return Moment(Kind.PAUSE, said, turn=turn, pause=PAUSES[0], signals={AHEAD: True, **more})


def partial(said: str, turn: int = 0) -> MomentFrame:
    return MomentFrame(Moment(Kind.PARTIAL, said, turn=turn))


def decided(moment: Moment, action: Action = Action.REPLY) -> DecisionFrame:
    return DecisionFrame(moment, decide(action, "test"), 0.01)


async def strategy_with(*frames: Frame) -> list[Frame]:
    strategy = StrategyProcessor(
        Role(PERSONA), Doubt(Hold()), Speculation(), follows_guidance=False
    )
    down, _ = await run_test(strategy, frames_to_send=list(frames))
    return list(down)


async def pipeline_with(
    *frames: Frame, model: Model | None = None, context: LLMContext | None = None
) -> tuple[list[Frame], LLMContext, Model]:
    context, model = context or LLMContext(), model or Model()
    params = LLMUserAggregatorParams(user_turn_strategies=decided_turns(), empty_user_turn=None)
    pair = LLMContextAggregatorPair(context, user_params=params)
    speculation = Speculation()
    model.wanted = speculation.wants
    strategy = StrategyProcessor(Role(PERSONA), Doubt(Hold()), speculation, follows_guidance=False)
    passed = Passed()
    pipeline = Pipeline([strategy, pair.user(), model, passed, pair.assistant()])
    await run_test(pipeline, frames_to_send=[*frames, SleepFrame(0.2)])
    return passed.frames, context, model


def of(frames: list[Frame], *kinds: type) -> list:
    return [frame for frame in frames if isinstance(frame, kinds)]


def outcomes(frames: list[Frame]) -> list[str]:
    return [frame.outcome for frame in of(frames, ActedFrame)]


async def test_a_decision_about_a_pause_to_come_waits_until_it_has_come():
    moment = ahead()
    down = await strategy_with(SPEAKS(), MomentFrame(moment), decided(moment))
    assert outcomes(down) == []
    down = await strategy_with(SPEAKS(), MomentFrame(moment), decided(moment), SILENT())
    assert outcomes(down) == ["replied"]


async def test_a_decision_about_a_pause_is_void_where_the_voice_goes_on():
    moment = ahead()
    began = SPEAKS(), MomentFrame(moment)
    down = await strategy_with(*began, decided(moment), VoiceBackFrame(), SILENT())
    assert outcomes(down) == []
    down = await strategy_with(*began, VoiceBackFrame(), decided(moment), SILENT())
    assert outcomes(down) == ["too late"]


async def test_a_decision_that_comes_after_the_pause_began_is_carried_out_at_once():
    moment = ahead()
    down = await strategy_with(SPEAKS(), MomentFrame(moment), SILENT(), decided(moment))
    assert outcomes(down) == ["replied"]


async def test_a_reply_is_begun_once_for_the_same_words():
    down = await strategy_with(SPEAKS(), MomentFrame(ahead()), MomentFrame(ahead()))
    assert [frame.text for frame in of(down, EagerTranscriptionFrame)] == [QUESTION]


async def test_other_words_withdraw_a_reply_before_the_next_one():
    down = await strategy_with(
        SPEAKS(), MomentFrame(ahead()), partial(f"{QUESTION} And of Spain"), MomentFrame(ahead())
    )
    kinds = [type(f) for f in of(down, EagerTranscriptionFrame, EagerEndOfTurnCancelFrame)]
    assert kinds == [EagerTranscriptionFrame, EagerEndOfTurnCancelFrame, EagerTranscriptionFrame]


async def test_a_refusal_withdraws_the_reply_before_its_line():
    moment = ahead()
    down = await strategy_with(
        SPEAKS(), MomentFrame(moment), SILENT(), decided(moment, Action.REFUSE)
    )
    kinds = [type(f) for f in of(down, EagerEndOfTurnCancelFrame, PlayLineFrame)]
    assert kinds == [EagerEndOfTurnCancelFrame, PlayLineFrame]


async def test_a_reply_is_let_go_with_its_turn_and_the_model_asked_once():
    moment = ahead()
    down, context, model = await pipeline_with(
        SPEAKS(), MomentFrame(moment), SleepFrame(0.1), decided(moment), SILENT()
    )
    assert model.asked == [QUESTION]
    order = [type(f) for f in of(down, UserStoppedSpeakingFrame, LLMFullResponseStartFrame)]
    assert order == [UserStoppedSpeakingFrame, LLMFullResponseStartFrame]
    assert [message["content"] for message in context.messages] == [QUESTION, QUESTION]


async def test_words_that_came_in_between_are_answered_instead():
    whole = f"{QUESTION} And of Spain?"
    down, context, model = await pipeline_with(
        SPEAKS(),
        MomentFrame(ahead()),
        SleepFrame(0.1),
        SILENT(),
        decided(Moment(Kind.PAUSE, whole, pause=0.3)),
    )
    assert model.asked == [QUESTION, whole]
    assert context.messages[-1]["content"] == whole
    assert [f.text for f in of(down, LLMTextFrame)] == [f"{word} " for word in whole.split()]


async def test_a_silence_at_patience_drops_the_reply():
    moment = ahead("I wonder about that.")
    final = Moment(Kind.PAUSE, moment.said, pause=3.0)
    down, context, _ = await pipeline_with(
        SPEAKS(), MomentFrame(moment), SleepFrame(0.1), SILENT(), decided(final, Action.SILENCE)
    )
    assert not of(down, LLMTextFrame)
    assert [message["content"] for message in context.messages] == [moment.said]


async def test_a_reply_is_begun_in_a_pause_that_is_waited_out_where_the_judge_thinks_it_the_end():
    moment = Moment(Kind.PAUSE, "Tell me about the", pause=0.3)
    unsure = decide(Action.SILENCE, "may go on", sure=0.5)
    sure = decide(Action.SILENCE, "goes on", sure=0.95)
    for decision, begun in ((unsure, 1), (sure, 0)):
        down = await strategy_with(SPEAKS(), SILENT(), DecisionFrame(moment, decision, 0.01))
        assert len(of(down, EagerTranscriptionFrame)) == begun


async def dropped(count: int, seed: int) -> AsyncIterator[Frame]:
    chance = random.Random(seed)
    for number in range(count):
        moment = ahead(f"Question number {number} of many?")
        yield MomentFrame(moment)
        if chance.random() < 0.95:
            yield SleepFrame(chance.choice((0.0, 0.001, 0.003)))
        if chance.random() < 0.5:
            yield decided(moment)
            yield VoiceBackFrame()
        yield partial(f"{moment.said} and")


async def test_a_thousand_dropped_replies_leave_no_trace():
    called: list[str] = []

    async def order(params: FunctionCallParams) -> None:
        called.append(params.tool_call_id)

    schema = FunctionSchema("order", "Orders.", properties={}, required=[])
    context = LLMContext(tools=ToolsSchema(standard_tools=[schema]))
    begun = 0
    for calls in (False, True):
        model = Model(calls=calls)
        model.register_function("order", order)
        frames = [SPEAKS(), *[each async for each in dropped(1600, seed=calls)], SleepFrame(0.2)]
        down, _, _ = await pipeline_with(*frames, model=model, context=context)
        begun += len(model.asked)
        assert not of(down, LLMTextFrame, LLMFullResponseStartFrame, TranscriptionFrame)
        assert outcomes(down) == []
    assert context.messages == [] and called == []
    assert begun >= 1000


def test_replies_in_vain_are_paid_from_those_that_were_of_use():
    speculation = Speculation()
    assert speculation.is_worth(ahead())
    speculation.count(ALLOWANCE + 1, released=False)
    assert not speculation.is_worth(ahead())
    speculation.count(100, released=True)
    assert speculation.is_worth(ahead())


def test_part_of_what_replies_in_vain_may_cost_is_kept_for_silences():
    speculation, speaking = Speculation(), Moment(Kind.PARTIAL, "What time is it")
    speculation.count(round(EARLY * ALLOWANCE) + 1, released=False)
    assert not speculation.is_worth(speaking, 0.8)
    assert speculation.is_worth(replace(speaking, signals={LAST_WORDS: True}))
    assert speculation.is_worth(ahead())


def test_no_reply_is_begun_to_what_is_hardly_over():
    speculation = Speculation()
    assert not speculation.is_worth(ahead("I went to the"))
    assert not speculation.is_worth(ahead("mhm"))
    assert speculation.is_worth(ahead("yes", agent_asked=True))
    assert not speculation.is_worth(ahead("let me think"))


def test_a_reply_is_begun_while_the_user_speaks_where_that_may_be_the_last_word():
    speculation, speaking = Speculation(), Moment(Kind.PARTIAL, "What time is it")
    assert not speculation.is_worth(speaking)
    assert not speculation.is_worth(speaking, ENDING - 0.1)
    assert speculation.is_worth(speaking, 0.8)
    assert speculation.is_worth(replace(speaking, signals={LAST_WORDS: True}))


async def test_an_interim_that_may_be_all_begins_a_reply_and_the_next_one_drops_it():
    moment = Moment(Kind.PARTIAL, "What time is it")
    likely = decide(Action.SILENCE, "is still speaking")
    frames = [
        SPEAKS(),
        MomentFrame(moment),
        DecisionFrame(moment, replace(likely, ending=0.8), 0.01),
        partial("What time is it in"),
    ]
    kinds = [
        type(f)
        for f in await strategy_with(*frames)
        if isinstance(f, (EagerTranscriptionFrame, EagerEndOfTurnCancelFrame))
    ]
    assert kinds == [EagerTranscriptionFrame, EagerEndOfTurnCancelFrame]


def told(*frames: tuple[Frame, bool]) -> list[SpeculatedFrame]:
    tally = Tally()
    return [each for frame, held in frames if (each := tally.count(frame, held=held))]


def test_tokens_are_counted_once_it_is_known_what_became_of_them():
    start, word, end = LLMFullResponseStartFrame(), LLMTextFrame("a"), LLMFullResponseEndFrame()
    stopped, cancelled = UserStoppedSpeakingFrame(), EagerEndOfTurnCancelFrame()
    held_back = [(start, True), (word, True), (word, True)]
    [let_go] = told(*held_back, (end, True), (stopped, True))
    assert (let_go.tokens, let_go.released) == (2, True)
    [late] = told(*held_back, (stopped, True), (word, False), (end, False))
    assert (late.tokens, late.released) == (3, True)
    [in_vain] = told(*held_back, (cancelled, True))
    assert (in_vain.tokens, in_vain.released) == (2, False)
    [cut_short] = told((start, False), (word, False), (InterruptionFrame(), False))
    assert (cut_short.tokens, cut_short.released) == (1, True)
    [superseded] = told(*held_back, (start, True))
    assert not superseded.released
