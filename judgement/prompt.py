"""A moment as text, and an answer as a decision: the same in calls and in training.

The part that changes least comes first, so that a server's prompt cache holds
it: the question, the persona, what is remembered, the history, and only then
the words and the pause.
"""

import math
from collections.abc import Mapping

from judgement.decision import Action, Decision
from judgement.moment import Kind, Moment
from judgement.words import topic_of

QUESTION = (
    "You decide when a voice agent speaks. Answer with one word.\n"
    "reply: the user is done and is to be answered, or takes the floor.\n"
    "silence: the user goes on, or wants no answer now.\n"
    "interrupt: the user is wrong, goes round in circles or rambles and is to be cut off.\n"
    "refuse: the user asks for what the agent must not do.\n"
    "deflect: the user turns to what the agent talks its way around."
)
LABELS = {action: f" {action.value}" for action in Action}
TURNS = 4  # of the history that a judge reads
WORDS = 60  # of the open turn: the last ones


def render(moment: Moment) -> str:
    """The prompt for `moment`, ending where the answer's word begins."""
    head = "\n".join([QUESTION, *_persona(moment), *_facts(moment)])
    talk = "\n".join([*_history(moment), _present(moment)])
    return (
        f"<|im_start|>system\n{head}<|im_end|>\n"
        f"<|im_start|>user\n{talk}<|im_end|>\n"
        "<|im_start|>assistant\nAction:"
    )


def _persona(moment: Moment) -> list[str]:
    policy = moment.persona
    return [
        f"Refuses: {'; '.join(map(topic_of, policy.refuse)) or 'nothing'}.",
        f"Deflects: {'; '.join(map(topic_of, policy.deflect)) or 'nothing'}.",
        f"Proactivity: {policy.proactivity:.1f}.",
    ]


def _facts(moment: Moment) -> list[str]:
    return [f"Known: {fact}" for fact in moment.facts[:3]]


def _history(moment: Moment) -> list[str]:
    return [f"{turn.who}: {turn.text}" for turn in moment.history[-TURNS:]]


def _present(moment: Moment) -> str:
    said = " ".join(moment.said.split()[-WORDS:])
    match moment.kind:
        case Kind.PARTIAL:
            return f"user, still speaking: {said}"
        case Kind.PAUSE:
            return f"user: {said} [silent for {moment.pause:.1f} s]"
        case Kind.OVERLAP:
            return f"user, over the agent's speech: {said or '[a sound]'}"
        case Kind.IDLE:
            return f"[nobody has spoken for {moment.pause:.0f} s]"


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
