"""What falls out of the model's window is summed up and remembered."""

from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_context_summarizer import SummaryAppliedEvent
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair

from config.sections import Reply
from memory.keeper import Keeper
from memory.store import Sort
from memory.volatile import VolatileStore
from processors.summary import MARK, remember_summaries, summarized


def test_the_summary_stays_in_the_window_and_is_off_unless_wanted():
    params = summarized(Reply(history_turns=5, summary=True))
    chosen = params.auto_context_summarization_config
    assert params.enable_auto_context_summarization and chosen
    assert chosen.max_unsummarized_messages == 9
    assert not summarized(Reply()).enable_auto_context_summarization


async def test_the_last_summary_of_a_talk_is_remembered():
    store = VolatileStore()
    keeper = Keeper(store, "sam", "talk", consent=True)
    await keeper.start()
    context = LLMContext()
    speak = LLMContextAggregatorPair(context).assistant()
    remember_summaries(speak, keeper)
    for text in ("They spoke of tea.", "They spoke of tea and trains."):
        context.set_messages([{"role": "user", "content": f"{MARK}{text}"}])
        event = SummaryAppliedEvent(10, 5, 6, 4)
        await speak._call_event_handler("on_summary_applied", None, event)
        await speak.cleanup()
    await keeper.settled()
    [summary] = await store.everything("sam")
    assert (summary.sort, summary.text) == (Sort.SUMMARY, "They spoke of tea and trains.")
    await keeper.close()
