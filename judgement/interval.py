"""How often the judge is asked while the user speaks: less often while its answers take long."""

from judgement.grounds import ground
from judgement.moment import Kind, Moment

STEPS = (0.25, 0.5, 0.75, 1.0)  # s between questions; at the first, every moment is asked about
SHARE = 0.5  # of the time in which a question is under way, at most
NEWEST = 0.2  # weight of the newest latency among those before it
EASED = 0.8  # of what a step bears: where the latency falls below, it is taken again


class Interval:
    """Leaves out moments of a user who goes on speaking, the more of them the slower the answers.

    It never leaves out the first one of a turn, words that by themselves are a ground to cut
    in, nor a moment of another kind. Those tell nothing of how slow the judge is either: as
    a pause grows it knows its answer.
    """

    def __init__(self) -> None:
        self.seconds: float = STEPS[0]
        self._latency = 0.0  # s, of recent answers
        self._last: Moment | None = None  # that was answered while the user spoke

    @property
    def is_wide(self) -> bool:
        """Whether moments are left out."""
        return self.seconds > STEPS[0]

    def is_due(self, moment: Moment) -> bool:
        """Whether to ask about `moment`."""
        last = self._last
        if not self.is_wide or moment.kind is not Kind.PARTIAL:
            return True
        if last is None or last.turn != moment.turn or ground(moment):
            return True
        return moment.at - last.at >= self.seconds - 1e-6

    def answered(self, moment: Moment, latency: float) -> bool:
        """What to do at `moment` took `latency` s; whether the interval is another now."""
        if moment.kind is not Kind.PARTIAL:
            return False
        self._last = moment
        self._latency += NEWEST * (latency - self._latency)
        before, step = self.seconds, STEPS.index(self.seconds)
        wanted = self._latency / SHARE
        if wanted > self.seconds:
            self.seconds = STEPS[min(step + 1, len(STEPS) - 1)]
        elif step and wanted < EASED * STEPS[step - 1]:
            self.seconds = STEPS[step - 1]
        return self.seconds != before
