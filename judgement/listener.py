"""Sound, words and turns into moments, on sound time.

The clock is the sound received, so a recorded talk replays at any speed and
gives the same moments. A turn is open while what the user says is meant to be
answered; what they say over the agent is held apart until the floor is yielded.
"""

from dataclasses import replace

from judgement.floor import NEXT, Event, Floor
from judgement.moment import Kind, Moment, Policy, Turn
from judgement.said import Said
from judgement.signals import REJECTED, Rhythm
from judgement.words import is_question, words_of

# s at which a pause is asked about
PAUSES = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.7, 2.0, 2.4)
LATE = 0.8  # s to wait at a pause for the final words, and the turn model
OVERLAPS = (0.3, 0.6, 0.9, 1.2, 1.5, 2.0, 3.0, 4.0)  # s of sound at which an overlap is asked about
HISTORY = 12  # turns a judge may look back on; then the older half is dropped, so that a
# prompt begins with the same turns for a while and a server's cache holds them


class Listener:
    """Hears events in order, answers each with the moments that it makes."""

    def __init__(
        self,
        policy: Policy,
        *,
        patience: float = 3.0,
        idle_seconds: float = 12.0,
        idle_times: int = 3,
    ) -> None:
        """`patience` is the last pause asked about; idle is asked `idle_times` in a row."""
        self.policy = policy
        self.patience = patience
        self.facts: tuple[str, ...] = ()  # what a judge is told of what is known
        self.told: tuple[str, ...] = ()  # what the reply model is told of it
        self.now = 0.0
        self.floor = Floor.OPEN
        self.turn = 0
        self._idle_seconds = idle_seconds
        self._idle_times = idle_times
        self._history: list[tuple[str, str, float]] = []
        self._said = Said()
        self._open = False
        self._voice_began = 0.0
        self._voice_ended = 0.0
        self._turn_began = 0.0
        self._asked = 0.0  # the longest pause or overlap asked about so far
        self._turn_over: float | None = None
        self._hushed_at: float | None = None  # the voice may have ended there
        self._is_settled = False  # and the words up to there are known
        self._ahead: str | None = None  # the words that a pause was asked about ahead of it
        self._last_sound = 0.0
        self._idle_count = 0
        self._cut_in_at: float | None = None
        self.rhythm = Rhythm()
        self._last_cut_in: float | None = None

    @property
    def said(self) -> str:
        """The words of the open turn, or of what is said over the agent."""
        return self._said.text

    @property
    def unfinished(self) -> str:
        """The words of a turn that is still open."""
        return self.said if self._open else ""

    @property
    def user_speaks(self) -> bool:
        """Whether the user makes a sound now."""
        return self.floor in (Floor.USER, Floor.BOTH)

    @property
    def agent_speaks(self) -> bool:
        """Whether the agent makes a sound now."""
        return self.floor in (Floor.AGENT, Floor.BOTH)

    def sound(self, seconds: float) -> list[Moment]:
        """`seconds` of sound have passed."""
        self.now += seconds
        if self.floor is not Floor.OPEN:
            self._last_sound = self.now
        if self._open and not self.user_speaks:
            return self._grown_pause()
        if self.floor is Floor.BOTH and not self._open:
            return self._grown_overlap()
        if self.floor is Floor.OPEN:
            return self._idle()
        return []

    def user_starts(self) -> bool:
        """The user's voice was noticed; whether that opens a turn."""
        if self._open and not self.user_speaks and self.said:
            self.rhythm.paused(self.now - self._voice_ended)
        self._move(Event.USER_STARTS)
        self._voice_began = self.now
        self._asked = 0.0
        self._turn_over = None
        self._said.voice_begins()
        if self._open:
            return False
        self._said.clear()
        if not self.agent_speaks:
            self._open_turn()
        return True

    def hush(self, silent: float) -> None:
        """The voice has been silent for `silent` seconds; it may go on, or have ended."""
        self._hushed_at = self.now - silent
        self._is_settled = False
        self._turn_over = self._ahead = None

    def voice_back(self) -> None:
        """The voice goes on after the hush."""
        self._hushed_at = self._ahead = self._turn_over = None

    def user_stops(self, silent: float = 0.0) -> None:
        """The user has made no sound for `silent` seconds."""
        self._move(Event.USER_STOPS)
        self._voice_ended = self.now - silent
        self._asked = PAUSES[0] if self._ahead == self.said else 0.0
        self._said.voice_ends()
        if self._hushed_at is None:
            self._turn_over = None
        self._hushed_at = self._ahead = None

    def words(self, text: str, *, final: bool, settled: bool = False) -> list[Moment]:
        """All words of the present stretch of voice, as heard so far.

        They are `settled` where no more are to come unless the voice goes on.
        """
        before = self.said
        if not self._said.hear(text, final=final):
            return []
        if not self.said.strip():
            return []
        self._idle_count = 0
        if not self._open:
            return [self._overlap(finished=final)] if self.agent_speaks else self._opened_late()
        if not self.user_speaks:
            self._asked = self._asked if self.said == before else 0.0
            return self._grown_pause()
        if settled and self._hushed_at is not None:
            self._is_settled = True
            return self._coming_pause()
        return [self._moment(Kind.PARTIAL)] if self.said != before else []

    def turn_over(self, probability: float) -> list[Moment]:
        """How likely the sound of the voice says that the turn is over, 0 to 1."""
        self._turn_over = probability
        if not self._open:
            return []
        return self._coming_pause() if self.user_speaks else self._grown_pause()

    def typed(self, text: str) -> list[Moment]:
        """A text message: a turn of its own, or more words for the open one."""
        if not self._open:
            self._said.clear()
            self._open_turn()
            self._turn_began = self.now  # by no voice
        self._said.add(text)
        self._idle_count = 0
        self._voice_ended = self.now
        self._turn_over = 1.0
        self._asked = 0.0
        return [self._moment(Kind.PAUSE, typed=True)]

    def agent_starts(self) -> None:
        """The agent's voice is heard."""
        self._move(Event.AGENT_STARTS)

    def agent_stops(self) -> list[Moment]:
        """The agent fell silent. A user who speaks over it now has the floor."""
        self._move(Event.AGENT_STOPS)
        self._last_sound = self.now
        self._interruption_ends()
        if self.floor is Floor.USER and not self._open:
            self._open_turn()
            return [self._moment(Kind.PARTIAL)] if self.said else []
        return []

    def agent_said(self, text: str) -> None:
        """What was heard of the agent's turn."""
        if text.strip():
            self._remember("agent", text)

    def turn_opened(self) -> list[Moment]:
        """The floor was yielded: what the user says over the agent is now a turn."""
        if not self._open:
            self._open_turn()
            if self._cut_in_at is not None:
                self.rhythm.insisted()
            self._cut_in_at = None
        return self._grown_pause() if not self.user_speaks else []

    def turn_closed(self, text: str, *, cut_in: bool = False) -> None:
        """The user's turn is over, answered or not. `cut_in`: while they speak."""
        if text.strip():
            self._remember("user", text)
        if self._open:
            self.rhythm.spoke(max(0.0, self.now - self._turn_began), len(words_of(text)))
        self._said.close(user_speaks=self.user_speaks)
        self._open = False
        self._asked = 0.0
        self.turn += 1
        self._last_sound = self.now
        if cut_in:
            self._cut_in_at = self._last_cut_in = self.now
            self.rhythm.interrupted()

    def _interruption_ends(self) -> None:
        """The agent said all of it; a user who was never silent meanwhile did not listen."""
        if self._cut_in_at is None:
            return
        if self.floor is Floor.USER and self._voice_began <= self._cut_in_at:
            self.rhythm.insisted()
        else:
            self.rhythm.listened()
        self._cut_in_at = None

    def _move(self, event: Event) -> None:
        self.floor = NEXT[self.floor][event]

    def _remember(self, who: str, text: str) -> None:
        if len(self._history) == HISTORY:
            del self._history[: HISTORY // 2]
        self._history.append((who, text, self.now))

    def _open_turn(self) -> None:
        self._open = True
        self._turn_began = self._voice_began
        self._asked = 0.0

    def _opened_late(self) -> list[Moment]:
        """Words for a turn that closed before they came: they open another."""
        self._open_turn()
        return self._grown_pause()

    def _coming_pause(self) -> list[Moment]:
        """The first moment of a pause, asked while it is still a hush."""
        if not self._is_settled or self._turn_over is None or not self.said.strip():
            return []
        self._is_settled, self._ahead = False, self.said
        return [replace(self._moment(Kind.PAUSE, ahead=True), pause=PAUSES[0])]

    def _grown_pause(self) -> list[Moment]:
        """The pause moment that is due, if any. Several that are due are one."""
        pause = self.now - self._voice_ended
        due = [each for each in (*PAUSES, self.patience) if self._asked < each <= pause + 1e-6]
        if not due or pause > self.patience and self._asked >= self.patience:
            return []
        if self._said.final_due and pause < min(self.patience, LATE + PAUSES[0]):
            return []
        if not self.said.strip():
            if pause >= self.patience:
                self._open = False
            return []
        if self._turn_over is None and pause < LATE / 2 + PAUSES[0]:
            return []
        self._asked = due[-1]
        return [self._moment(Kind.PAUSE)]

    def _grown_overlap(self) -> list[Moment]:
        lasted = self.now - self._voice_began
        due = [each for each in OVERLAPS if self._asked < each <= lasted + 1e-6]
        if not due:
            return []
        self._asked = due[-1]
        return [self._overlap()]

    def _overlap(self, *, finished: bool = False) -> Moment:
        until = self.now if self.user_speaks else self._voice_ended
        lasted = max(0.0, until - self._voice_began)
        return self._moment(Kind.OVERLAP, sound_seconds=lasted, finished=finished)

    def _idle(self) -> list[Moment]:
        if self._idle_count >= self._idle_times:
            return []
        if self.now - self._last_sound < self._idle_seconds:
            return []
        moment = self._moment(Kind.IDLE, idle_count=self._idle_count)
        self._idle_count += 1
        self._last_sound = self.now
        return [moment]

    def _moment(self, kind: Kind, **extra: float | str | bool) -> Moment:
        paused = kind in (Kind.PAUSE, Kind.IDLE)
        since = self._voice_ended if kind is Kind.PAUSE else self._last_sound
        return Moment(
            kind=kind,
            said="" if kind is Kind.IDLE else self.said,
            history=tuple(Turn(who, text, self.now - at) for who, text, at in self._history),
            pause=round(self.now - since, 3) if paused else 0.0,
            turn_seconds=round(self.now - self._turn_began, 3) if self._open else 0.0,
            facts=self.facts,
            signals={**self._signals(), **extra},
            persona=self.policy,
            turn=self.turn,
            at=round(self.now, 3),
        )

    def _signals(self) -> dict[str, float | str | bool]:
        signals: dict[str, float | str | bool] = {**self.rhythm.signals()}
        signals["talk_seconds"] = round(self.now, 3)
        if self._last_cut_in is not None:
            signals["since_interruption"] = round(self.now - self._last_cut_in, 3)
            signals["interruptions"] = self.rhythm.interruptions
        if self.rhythm.rejected:
            signals[REJECTED] = self.rhythm.rejected
        if self._cut_in_at is not None:
            signals["since_opener"] = round(self.now - self._cut_in_at, 3)
        if self._turn_over is not None:
            signals["turn_over"] = round(self._turn_over, 4)
        if self._history:
            who, text, ended = self._history[-1]
            signals["since_turn"] = round(self.now - ended, 3)
            if who == "agent":
                signals["agent_asked"] = is_question(text)
        return signals
