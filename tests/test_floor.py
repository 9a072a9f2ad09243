import pytest

from judgement.floor import NEXT, Event, Floor

USER = {Floor.USER, Floor.BOTH}
AGENT = {Floor.AGENT, Floor.BOTH}


@pytest.mark.parametrize("floor", Floor)
@pytest.mark.parametrize("event", Event)
def test_every_pair_changes_only_the_one_who_starts_or_stops(floor: Floor, event: Event):
    after = NEXT[floor][event]
    user = {Event.USER_STARTS: True, Event.USER_STOPS: False}.get(event, floor in USER)
    agent = {Event.AGENT_STARTS: True, Event.AGENT_STOPS: False}.get(event, floor in AGENT)
    assert (after in USER, after in AGENT) == (user, agent)
