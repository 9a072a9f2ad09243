"""What followed a decision as evidence of what it should have been.

A decision is judged by what the user did next, never by how its own words sound;
where that does not tell, there is no evidence.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from judgement.decision import Action
from judgement.moment import Kind
from judgement.permitted import ALLOWED
from judgement.words import STOPS, WAITS, has_phrase, is_backchannel, words_of
from training.labelling.recorded import Decided, Recorded, Said, said_after

TALKED_OVER = 1.0  # s of our speech within which more words say that we came too soon
UNSURE = 2.0  # s of our speech up to which an interruption says nothing certain
GOES_ON = 4.0  # s after a decision within which more words are of the same thought
INSISTS = 1.5  # s of our opener over which a user who keeps talking does not yield
HEARD_OUT = 30.0  # s of a turn after which it is not known whether to cut in
SOON = 15.0  # s within which a user answers an opening
SPOKE_ON = 0.5  # s that the agent speaks on after an "mhm"

ANSWERED = ("replied", "refused", "deflected")
WAITED = ("waiting", "acknowledged", "chose silence")
CHECKS = (
    "are you there", "are you still there", "can you hear me", "did you hear me",
    "do you hear me", "anybody there", "is anyone there", "are you listening",
)  # fmt: skip
CUT_OFF = (
    "let me finish", "let me speak", "i wasn't done", "i wasn't finished", "i'm not done",
    "i'm not finished", "you cut me off", "you interrupted", "don't interrupt",
    "stop interrupting", "i was still talking", "i was saying",
)  # fmt: skip
OBJECTIONS = (
    "not what i asked", "not what i meant", "not what i said", "i didn't ask", "i didn't say",
    "why won't you", "you misunderstood", "you didn't understand", "that's wrong",
)  # fmt: skip
HUSHES = (*STOPS, *WAITS, "shh", "i'm thinking", "not now", "leave me alone")
THANKS = ("thank you", "thanks", "cheers")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a decision should have been, and how we know."""

    label: Action
    how: str


def evidence(talk: Recorded, decided: Decided) -> Evidence | None:
    """The mark of a person if there is one, else what followed; None where it is uncertain."""
    mark = talk.marks.get(decided.number)
    if mark is None:
        return _followed(talk, decided)
    allowed = ALLOWED[decided.moment.kind]
    if mark.right:
        return Evidence(decided.action, "the user marked the decision right")
    others = [action for action in allowed if action is not decided.action]
    should = mark.should or (others[0] if len(others) == 1 else None)
    if should is None or should not in allowed:
        return None
    return Evidence(should, "the user marked the decision wrong")


def _followed(talk: Recorded, decided: Decided) -> Evidence | None:
    match decided.moment.kind:
        case Kind.PAUSE if decided.outcome in ANSWERED:
            return _answered(talk, decided)
        case Kind.PAUSE if decided.outcome in WAITED:
            return _waited(talk, decided)
        case Kind.PARTIAL if decided.outcome == "cut in":
            return _cut_in(talk, decided)
        case Kind.PARTIAL if decided.outcome == "kept listening":
            return _kept_listening(talk, decided)
        case Kind.OVERLAP if decided.outcome == "yielded":
            return _yielded(talk, decided)
        case Kind.OVERLAP if decided.outcome == "went on":
            return _went_on(talk, decided)
        case Kind.IDLE if decided.outcome != "too late":
            return _idle(talk, decided)
        case _:
            return None


def _answered(talk: Recorded, decided: Decided) -> Evidence | None:
    said = _next(talk, decided)
    if said is None:
        return None
    began = talk.agent_speaks(decided)
    late = said.onset - began  # how much of the answer the user let pass
    if _cut_off(said.words) or (late <= UNSURE and has_phrase(said.words, STOPS)):
        return Evidence(Action.SILENCE, f"the user objected to being cut off: {said.words[:40]!r}")
    if late <= TALKED_OVER:
        return _talked_over(decided, said)
    if late <= UNSURE or _is_unhappy(decided, said):
        return None
    return Evidence(decided.action, _content(said))


def _talked_over(decided: Decided, said: Said) -> Evidence | None:
    """The user spoke on before our answer was under way; unless that was to ask for it."""
    gap = said.onset - decided.at
    if is_check(said.words) or repeats(said.words, decided.moment.said):
        return Evidence(decided.action, "the user asked for the answer before it began")
    if gap > GOES_ON:
        return None
    return Evidence(Action.SILENCE, f"the user went on {gap:.1f} s after the decision to answer")


def _waited(talk: Recorded, decided: Decided) -> Evidence | None:
    answer = _same_pause(talk, decided)
    if answer:
        return _like(talk, decided, answer)
    said = next(said_after(talk, decided), None)
    if said is None or talk.agent_speaks(decided) < said.onset:
        return None
    gap = said.onset - decided.at
    if is_check(said.words):
        return Evidence(Action.REPLY, f"the user asked after us {gap:.1f} s into the silence")
    if repeats(said.words, decided.moment.said):
        return Evidence(Action.REPLY, f"the user repeated themselves after {gap:.1f} s of silence")
    if said.same_turn:
        return _if(gap <= GOES_ON, Action.SILENCE, f"the user went on after {gap:.1f} s")
    return Evidence(Action.SILENCE, "the user went on normally after the silence")


def _same_pause(talk: Recorded, decided: Decided) -> Decided | None:
    """The answer that ended the pause of `decided`, before the user spoke again."""
    resumed = talk.next("user_starts", decided.at)
    for later in talk.later(decided):
        if later.turn != decided.turn or later.at >= resumed:
            return None
        if later.outcome in ANSWERED:
            return later
    return None


def _like(talk: Recorded, decided: Decided, answer: Decided) -> Evidence | None:
    """What is known of an answer later in the same pause holds for the silence before it."""
    known = evidence(talk, answer)
    if known is None:
        return None
    return Evidence(known.label, f"{answer.at - decided.at:.1f} s later in this pause: {known.how}")


def _cut_in(talk: Recorded, decided: Decided) -> Evidence | None:
    began = talk.agent_speaks(decided)
    over = [each for each in talk.later(decided) if each.at <= began + GOES_ON]
    if any(each.outcome == "yielded" for each in over):
        return Evidence(Action.SILENCE, "the user insisted on finishing")
    said = _next(talk, decided)
    objects = said and (_cut_off(said.words) or said.onset <= began + UNSURE)
    if said and (_cut_off(said.words) or (objects and has_phrase(said.words, STOPS))):
        return Evidence(Action.SILENCE, f"the user objected to being cut off: {said.words[:40]!r}")
    yielded = talk.next("user_stops", decided.at) <= began + INSISTS
    if said is None or not yielded or objects or _is_unhappy(decided, said):
        return None
    return Evidence(Action.INTERRUPT, f"the user gave way to the opener; {_content(said)}")


def _kept_listening(talk: Recorded, decided: Decided) -> Evidence | None:
    """Hearing a turn out was right if the user was content with the answer at its end."""
    for later in talk.later(decided):
        if later.turn != decided.turn:
            return None
        if later.outcome in ANSWERED or later.outcome == "cut in":
            known = evidence(talk, later)
            too_soon = known is not None and known.label is Action.SILENCE
            content = known is not None and later.outcome in ANSWERED
            heard_out = too_soon or (content and later.moment.turn_seconds <= HEARD_OUT)
            return _if(heard_out, Action.SILENCE, "the turn was heard out and answered to content")
    return None


def _yielded(talk: Recorded, decided: Decided) -> Evidence | None:
    """A bid for the floor is one on which more was said than "mhm"."""
    turn = [each.moment.said for each in talk.later(decided) if each.turn == decided.turn]
    words = turn[-1] if turn else decided.moment.said
    if len(words_of(words)) >= 2 and not is_backchannel(words):
        return _if(bool(turn), Action.REPLY, "the user took the floor that was left to them")
    silent = talk.next("user_stops", decided.at) < math.inf
    return _if(silent, Action.SILENCE, f"nothing followed for which to stop: {words[:20]!r}")


def _went_on(talk: Recorded, decided: Decided) -> Evidence | None:
    stops = talk.next("user_stops", decided.at)
    during = [each for each in talk.later(decided) if each.at <= stops + SPOKE_ON]
    for later in during:
        if later.outcome == "yielded" and decided.moment.said:
            known = evidence(talk, later)
            return Evidence(known.label, f"soon after: {known.how}") if known else None
    words = next((e.moment.said for e in reversed(during) if e.moment.said), decided.moment.said)
    said = _next(talk, decided)
    if said and (_cut_off(said.words) or repeats(said.words, words)):
        return Evidence(Action.REPLY, f"we talked on and the user insisted: {said.words[:40]!r}")
    spoke_on = stops + SPOKE_ON < talk.next("agent_stops", decided.at) < math.inf
    if not spoke_on or any(each.outcome == "yielded" for each in during):
        return None
    return _if(not words or is_backchannel(words), Action.SILENCE, "no more than a backchannel")


def _idle(talk: Recorded, decided: Decided) -> Evidence | None:
    said = _next(talk, decided)
    if said is None or said.onset - decided.at > SOON:
        return None
    if decided.action is Action.SILENCE:
        if is_check(said.words):
            return Evidence(Action.REPLY, "the user asked after us")
        spoke = talk.agent_speaks(decided) < said.onset
        return _if(not spoke, Action.SILENCE, "the user spoke of their own accord")
    if has_phrase(said.words, HUSHES):
        return Evidence(Action.SILENCE, f"the user wanted quiet: {said.words[:40]!r}")
    answered = said.onset > talk.agent_speaks(decided)
    return _if(answered, decided.action, "the user took up the opening")


def _next(talk: Recorded, decided: Decided) -> Said | None:
    """What the user says next beyond "mhm"."""
    found: Iterator[Said] = said_after(talk, decided)
    return next((said for said in islice(found, 8) if not is_backchannel(said.words)), None)


def _cut_off(words: str) -> bool:
    return has_phrase(words, CUT_OFF)


def _is_unhappy(decided: Decided, said: Said) -> bool:
    """Whether the user was misunderstood: that says nothing of when to speak."""
    return (
        has_phrase(said.words, OBJECTIONS)
        or is_check(said.words)
        or repeats(said.words, decided.moment.said)
    )


def _content(said: Said) -> str:
    thanked = has_phrase(said.words, THANKS)
    return "the user thanked" if thanked else "the user heard the answer and went on normally"


def _if(known: bool, label: Action, how: str) -> Evidence | None:
    return Evidence(label, how) if known else None


def is_check(words: str) -> bool:
    """Whether the user asks if anybody is there."""
    said = words_of(words)
    return has_phrase(words, CHECKS) or (bool(said) and len(said) <= 3 and set(said) <= {"hello"})


def repeats(words: str, before: str) -> bool:
    """Whether most of the words were said before: at least three, and 70 % of the fewer."""
    now, then = set(words_of(words)), set(words_of(before))
    return len(now & then) >= max(3, 0.7 * min(len(now), len(then)))
