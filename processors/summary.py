"""What was said before the reply model's window, in a few sentences: Pipecat's summarizer."""

from datetime import UTC, datetime

from pipecat.processors.aggregators.llm_response_universal import (
    LLMAssistantAggregator,
    LLMAssistantAggregatorParams,
)
from pipecat.utils.context.llm_context_summarization import (
    LLMAutoContextSummarizationConfig,
    LLMContextSummaryConfig,
)

from config.sections import Reply
from memory.keeper import Keeper

LENGTH = 300  # tokens of a summary
MARK = "Earlier in this talk: "


def summarized(reply: Reply) -> LLMAssistantAggregatorParams:
    """Have what falls out of the model's window be summed up, if the profile wants that."""
    summary = LLMContextSummaryConfig(
        target_context_tokens=LENGTH,
        min_messages_after_summary=reply.history_turns,
        summary_message_template=f"{MARK}{{summary}}",
    )
    return LLMAssistantAggregatorParams(
        enable_auto_context_summarization=reply.summary,
        auto_context_summarization_config=LLMAutoContextSummarizationConfig(
            max_context_tokens=None,
            # One less than the window, so that the summary itself stays in it.
            max_unsummarized_messages=2 * reply.history_turns - 1,
            summary_config=summary,
        ),
    )


def remember_summaries(speak: LLMAssistantAggregator, keeper: Keeper) -> None:
    """Keep each summary in memory, in place of the talk's earlier one."""

    @speak.event_handler("on_summary_applied")
    async def on_summary_applied(_speak: object, _summarizer: object, _event: object):
        for message in speak.context.messages:
            text = message.get("content") if isinstance(message, dict) else None
            if isinstance(text, str) and text.startswith(MARK):
                keeper.summed_up(text.removeprefix(MARK), datetime.now(UTC))
