"""What people in a room say to each other: noted, and not answered."""

from pipecat.frames.frames import LLMMessagesAppendFrame

from judgement.moment import Moment
from judgement.signals import MEANT


def is_aside(moment: Moment) -> bool:
    """Whether the agent is not meant by what was said."""
    return moment.signals.get(MEANT) is False


def noted(moment: Moment) -> LLMMessagesAppendFrame:
    """What writes an aside to the context, past the turns: it silences nobody, as a turn does."""
    frame = LLMMessagesAppendFrame([{"role": "user", "content": moment.line}], run_llm=False)
    frame.interruptible = False
    return frame
