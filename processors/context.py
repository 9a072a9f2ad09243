"""What was said, as the reply model sees it: the context and its two ends."""

from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMAssistantAggregator,
    LLMContextAggregatorPair,
    LLMUserAggregator,
    LLMUserAggregatorParams,
)

from config.settings import Settings
from memory.keeper import Keeper
from processors.summary import remember_summaries, summarized
from processors.turns import decided_turns


def talk_context(
    settings: Settings, keeper: Keeper
) -> tuple[LLMContext, LLMUserAggregator, LLMAssistantAggregator]:
    """A talk's context, what writes the user's turns into it, and what was heard of the agent's."""
    context = LLMContext()
    hears = LLMUserAggregatorParams(user_turn_strategies=decided_turns(), empty_user_turn=None)
    pair = LLMContextAggregatorPair(
        context, user_params=hears, assistant_params=summarized(settings.reply)
    )
    remember_summaries(pair.assistant(), keeper)
    return context, pair.user(), pair.assistant()
