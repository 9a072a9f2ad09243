"""A moment as text, and an answer as a decision: the same in calls and in training.

The part that changes least comes first, so that a server's prompt cache holds it: the
persona, what is remembered, the history, the open turn, and last one line that says
what kind of moment it is. A turn reads the same while it is open and once it is history.
What must be cut is cut in blocks, so that the beginning stays the same for a while.
"""

import math
from collections.abc import Mapping, Sequence

from judgement.decision import Action, Decision
from judgement.grounds import eagerness
from judgement.moment import Kind, Moment, Turn
from judgement.signals import (
    IDLE_COUNT,
    MEANT,
    NO_INTERRUPTIONS,
    POLICY,
    POLICY_MATCH,
)
from judgement.words import repetition, topic_of, words_of

QUESTION = (
    "You decide when a voice agent speaks. Answer with one word.\n"
    "reply: the user is done and is to be answered, or takes the floor.\n"
    "silence: the user goes on, or wants no answer now.\n"
    "interrupt: the user is wrong, goes round in circles or rambles and is to be cut off.\n"
    "refuse: the user asks for what the agent must not do.\n"
    "deflect: the user turns to what the agent talks its way around."
)
LABELS = {action: f" {action.value}" for action in Action}
POLICIES = 10  # of each kind
FACTS = 5
HISTORY = 100  # words of the history that a judge reads
TURN = 40  # words of one turn of it: the last ones
WORDS = 60  # of the open turn: the last ones
WHO = 12  # characters of a name
BLOCK = 20  # words that are cut off it at a time
LONG = 10.0  # seconds from which a turn's length is worth saying


def render(moment: Moment) -> str:
    """The prompt for `moment`, ending where the answer's word begins."""
    return f"{opening(moment)}{_present(moment)}:"


def opening(moment: Moment) -> str:
    """What a prompt begins with and the open turn does not change."""
    return "".join(f"{line}\n" for line in [*standing(moment), *_history(moment)])


def standing(moment: Moment) -> list[str]:
    """The lines that hold for a whole talk: persona and what is known."""
    return [*_persona(moment), *_facts(moment)]


def instruct(moment: Moment) -> str:
    """The prompt for a model that was not trained for it: with the question, as a chat."""
    return (
        f"<|im_start|>system\n{QUESTION}<|im_end|>\n"
        f"<|im_start|>user\n{opening(moment)}{_present(moment)}<|im_end|>\n"
        "<|im_start|>assistant\nAction:"
    )


def _persona(moment: Moment) -> list[str]:
    policy = moment.persona
    lines = [f"proactivity {_proactivity(moment):.1f}"]
    for name, policies in (("refuse", policy.refuse), ("deflect", policy.deflect)):
        if policies:
            lines.append(f"{name}: {'; '.join(map(topic_of, policies[:POLICIES]))}")
    return lines


def _proactivity(moment: Moment) -> float:
    """The persona's, as far as the user has not wished otherwise."""
    if moment.signals.get(NO_INTERRUPTIONS):
        return 0.0
    return eagerness(moment)


def _facts(moment: Moment) -> list[str]:
    return [f"known: {fact}" for fact in moment.facts[:FACTS]]


def _history(moment: Moment) -> list[str]:
    turns = [(turn, words_of(turn.text)[-TURN:]) for turn in moment.history]
    begin, words = 0, 0
    for index, (_, said) in enumerate(turns):
        words += len(said)
        if words > HISTORY:
            while words > HISTORY // 2 and begin < index:
                words -= len(turns[begin][1])
                begin += 1
    return [_line(turn, said) for turn, said in turns[begin:] if said]


def _line(turn: Turn, words: Sequence[str]) -> str:
    return f"{turn.who[:WHO]}: {' '.join(words)}"


def _present(moment: Moment) -> str:
    return f"{_whom(moment)}{_state(moment)}"


def _whom(moment: Moment) -> str:
    """Among several people, to whom the words are said."""
    meant = moment.signals.get(MEANT)
    return "" if meant is None else f"to {'the agent' if meant else 'others'}\n"


def _state(moment: Moment) -> str:
    who = moment.speaker[:WHO] or "user"
    words = words_of(moment.said)
    if len(words) > WORDS:
        words = words[math.ceil((len(words) - WORDS) / BLOCK) * BLOCK :]
    match moment.kind:
        case Kind.PARTIAL:
            return f"{who}: {' '.join(words)}\nspeaking{_length(moment)}"
        case Kind.PAUSE:
            return f"{who}: {' '.join(words)}{_touched(moment)}\npause {moment.pause:.1f}"
        case Kind.OVERLAP:
            return f"{who}: {' '.join(words)}\nover the agent"
        case Kind.IDLE:
            asked = f", {asked:.0f} times asked" if (asked := moment.signal(IDLE_COUNT)) else ""
            return f"idle {moment.pause:.0f}{asked}"


def _length(moment: Moment) -> str:
    """How long the open turn has lasted, and how much of it repeats itself, where it matters."""
    if moment.turn_seconds < LONG:
        return ""
    repeated = round(10 * repetition(moment.said))
    return f" {moment.turn_seconds:.0f}" + (f", repeats {repeated}" if repeated else "")


def _touched(moment: Moment) -> str:
    """The policy nearest by meaning, and how near in hundredths."""
    policy = moment.signals.get(POLICY)
    return f"\nnear {policy} {100 * moment.signal(POLICY_MATCH):.0f}" if policy else ""


def parse(logprobs: Mapping[str, float], *, judge: str) -> Decision | None:
    """The decision in the log-probabilities of the next token, by token text.

    None if no label is among them. Labels that are missing count as a tenth of
    the least likely one seen.
    """
    seen = {action: logprobs[label] for action, label in LABELS.items() if label in logprobs}
    if not seen:
        return None
    floor = min(seen.values()) + math.log(0.1)
    weights = {action: math.exp(seen.get(action, floor)) for action in Action}
    total = sum(weights.values())
    probabilities = {action: weight / total for action, weight in weights.items()}
    action = max(probabilities, key=probabilities.__getitem__)
    return Decision(action, probabilities, f"{action} at {probabilities[action]:.0%}", judge)
