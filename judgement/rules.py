"""The baseline judge: words, pauses and policies, no model."""

from judgement.bids import assents
from judgement.decision import Action, Decision, decide
from judgement.dictation import least_wait
from judgement.grounds import ground
from judgement.moment import Kind, Moment
from judgement.signals import (
    AFFRONT,
    AGENT_ASKED,
    FINISHED,
    IDLE_COUNT,
    POLICY,
    POLICY_MATCH,
    SINCE_OPENER,
    SOUND_SECONDS,
    TURN_OVER,
    TYPED,
)
from judgement.words import (
    EMERGENCIES,
    STOPS,
    WAITS,
    has_phrase,
    is_backchannel,
    is_question,
    is_unfinished,
    on_topic,
    topic_of,
    words_of,
)

INSISTING = 1.5  # s of speech after the agent's opener that count as wanting the floor back
WORDLESS = 0.9  # s of sound without a recognised word that stop the agent all the same
MEANT = 0.05  # how sure a match by meaning must be to count; chosen by benchmarks/policies.py
_DOES = {Action.REFUSE: "asks for", Action.DEFLECT: "turns to"}
WORD = 0.4  # s of sound after which one word is enough, if it is no backchannel


class Rules:
    """Decides at once and always, so that it can stand in for any other judge."""

    name = "rules"

    async def judge(self, moment: Moment) -> Decision:
        """What the rules say of `moment`."""
        match moment.kind:
            case Kind.PARTIAL:
                return _partial(moment)
            case Kind.PAUSE:
                return _pause(moment)
            case Kind.OVERLAP:
                return _overlap(moment)
            case Kind.IDLE:
                return _idle(moment)


def _partial(moment: Moment) -> Decision:
    if moment.signals.get(AFFRONT):
        return decide(Action.INTERRUPT, "heaps abuse", sure=0.7)
    if why := ground(moment):
        return decide(Action.INTERRUPT, why)
    return decide(Action.SILENCE, "is still speaking")


def _pause(moment: Moment) -> Decision:
    if has_phrase(moment.said, EMERGENCIES):
        return decide(Action.REPLY, "speaks of an emergency", sure=0.97)
    if not moment.signals.get(TYPED):
        waiting = _not_yet(moment)
        if waiting:
            return waiting
    return _answer(moment)


def _not_yet(moment: Moment) -> Decision | None:
    """A silence, if the user seems to go on or to want no answer."""
    if wants_moment(moment):
        return decide(Action.SILENCE, "asked for a moment", sure=0.85)
    if only_acknowledges(moment):
        return decide(Action.SILENCE, "only acknowledges", sure=0.8)
    if moment.pause < pause_to_wait_for(moment):
        return decide(Action.SILENCE, "may go on", sure=0.6)
    return None


def wants_moment(moment: Moment) -> bool:
    """Whether the user asks to be waited for."""
    return has_phrase(moment.said, WAITS)


def only_acknowledges(moment: Moment) -> bool:
    """Whether the user says "I'm listening", and answers no question with it."""
    return is_backchannel(moment.said) and not moment.signals.get(AGENT_ASKED)


def pause_to_wait_for(moment: Moment) -> float:
    """Seconds of silence after which the turn counts as over.

    A fifth of a second where the voice sounds finished, up to a second longer
    where it doesn't; less of that where the words ask or state something
    whole, a second more where they break off, and more still where something is
    said piece by piece.
    """
    doubt = 1 - moment.signal(TURN_OVER, 0.5)
    if least := least_wait(moment):
        return least + doubt
    if is_unfinished(moment.said):
        return 1.2 + doubt
    if is_question(moment.said):
        return 0.2 + 0.4 * doubt
    return 0.2 + (0.7 if moment.said.rstrip().endswith((".", "!")) else 1.0) * doubt


def _answer(moment: Moment) -> Decision:
    if found := touched(moment):
        action, topic = found
        return decide(action, f"{_DOES[action]} {topic}")
    if moment.signals.get(AFFRONT):
        return decide(Action.REFUSE, "is abusive")
    return decide(Action.REPLY, "seems to be done")


def touched(moment: Moment) -> tuple[Action, str] | None:
    """What the persona's policies say of the words, by a policy's own words or by meaning.

    The action and the topic; None where no policy is touched, or in an emergency.
    """
    if has_phrase(moment.said, EMERGENCIES):
        return None
    for action, policies in (
        (Action.REFUSE, moment.persona.refuse),
        (Action.DEFLECT, moment.persona.deflect),
    ):
        topic = _named(moment.breath, policies) or _meant(moment, action)
        if topic:
            return action, topic
    return None


def _named(said: str, policies: tuple[str, ...]) -> str:
    """The topic of the first policy whose words were said, or nothing."""
    return next((topic_of(policy) for policy in policies if on_topic(said, policy)), "")


def _meant(moment: Moment, action: Action) -> str:
    """The topic to be met with `action` that the words surely touch, or nothing."""
    kind, _, topic = str(moment.signals.get(POLICY, "")).partition(": ")
    return topic if kind == action and moment.signal(POLICY_MATCH) >= MEANT else ""


def _overlap(moment: Moment) -> Decision:
    """Yield to a bid for the floor; talk on over a backchannel or a noise."""
    if has_phrase(moment.said, STOPS):
        return decide(Action.REPLY, "asks the agent to stop", sure=0.97)
    if SINCE_OPENER in moment.signals:
        if moment.signal(SINCE_OPENER) >= INSISTING:
            return decide(Action.REPLY, "insists on finishing")
        return decide(Action.SILENCE, "was just cut off")
    if assents(moment.said):
        return decide(Action.SILENCE, "only acknowledges")
    words = words_of(moment.said)
    lasted = moment.signal(SOUND_SECONDS)
    if len(words) >= 2 or (words and (moment.signals.get(FINISHED) or lasted >= WORD)):
        return decide(Action.REPLY, "takes the floor")
    if not words and lasted >= WORDLESS:
        return decide(Action.REPLY, "keeps making a sound", sure=0.6)
    return decide(Action.SILENCE, "may be a noise", sure=0.6)


def _idle(moment: Moment) -> Decision:
    if moment.persona.proactivity < 0.2:
        return decide(Action.SILENCE, "speaks only when asked")
    if moment.signal(IDLE_COUNT) < 1:
        return decide(Action.REPLY, "nobody has spoken for a while", sure=0.7)
    return decide(Action.DEFLECT, "the subject seems exhausted", sure=0.7)
