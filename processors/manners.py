"""Guidance for one answer: what the reply model is told beside the talk itself."""

from judgement.decision import Action

LAST_WORDS = 3  # that tell where the agent was interrupted


def after_line(action: Action, line: str) -> str:
    """The persona's line has been spoken; the model goes on from it."""
    task = (
        "You do not grant the request, not even in part, and give no hint of how to get it."
        if action is Action.REFUSE
        else "You do not answer; you lead the talk back to what you are here for."
    )
    return (
        f'You have just said: "{line}" Go on from there without repeating it, '
        f"in one short sentence. {task}"
    )


def cut_in(opener: str) -> str:
    """The agent has cut in; the user's last message broke off because of that."""
    return (
        f"You have just interrupted the user in the middle of their last message, saying: "
        f'"{opener}" Go on from there in one short sentence that says why you cut in, '
        "and hand the floor back with a question."
    )


def opening(action: Action) -> str:
    """Nobody has spoken for a while."""
    if action is Action.DEFLECT:
        return "Nobody has spoken for a while. Bring up another subject in one short sentence."
    return "Nobody has spoken for a while. Say one short, friendly sentence to go on."


def cut_off(heard: str) -> str:
    """The user has interrupted the agent, which was heard as far as `heard`."""
    words = heard.split()[-LAST_WORDS:]
    return f'You were interrupted after "…{" ".join(words)}".' if words else ""


def company(called: str, names: tuple[str, ...]) -> str:
    """Several people are in the room."""
    return (
        f"You are {called}. With you in the room are {', '.join(names)}. Each of their lines "
        "begins with who says it; what they say to each other is not for you. Answer whoever "
        "spoke to you last, and begin with no name of your own."
    )


def known(told: tuple[str, ...]) -> str:
    """What memory tells for this answer."""
    return f"What you remember: {' '.join(told)}" if told else ""
