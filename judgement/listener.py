"""Sound, words and turns into moments, on sound time.

The clock is the sound received, so a recorded talk replays at any speed and
gives the same moments. A turn is open while what the user says is meant to be
answered; what they say over the agent is held apart until the floor is yielded.

The events stand in the order in which a turn meets them: sound, a voice, its
words, its end, the agent's answer. What is known of each has a module of its
own: `said`, `echo`, `pause`, `idle`, `history`, `cut_ins`.
"""

from dataclasses import replace

from judgement.among import Among
from judgement.cut_ins import CutIns
from judgement.echo import Echo
from judgement.floor import NEXT, Event, Floor
from judgement.history import History
from judgement.idle import Idle
from judgement.moment import Kind, Moment, Policy
from judgement.pause import LATE, PAUSES, Pause
from judgement.said import Said
from judgement.signals import (
    DOUBTFUL,
    ECHO,
    FINISHED,
    HANDED_OVER,
    IDLE_COUNT,
    LAST_WORDS,
    SOUND_SECONDS,
    TALK_SECONDS,
    Rhythm,
    Signals,
)
from judgement.steps import Steps
from judgement.words import words_of

BREATH = 0.6  # s of silence in which who is cut off has not given way yet
OVERLAPS = (0.3, 0.6, 0.9, 1.2, 1.5, 2.0, 3.0, 4.0)  # s of sound at which an overlap is asked about


class Listener:
    """Hears events in order, answers each with the moments that it makes."""

    def __init__(
        self,
        policy: Policy,
        *,
        patience: float = 3.0,
        idle_seconds: float = 12.0,
        idle_times: int = 3,
        echo: Echo | None = None,
        among: Among | None = None,
    ) -> None:
        """`patience` is the last pause asked about; idle is asked `idle_times` in a row.

        Without an `echo` every word heard is the user's. `among` are the people in a room.
        """
        self.policy = policy
        self.patience = patience
        self.facts: tuple[str, ...] = ()  # what a judge is told of what is known
        self.told: tuple[str, ...] = ()  # what the reply model is told of it
        self.now = 0.0
        self.floor = Floor.OPEN
        self.turn = 0
        self.rhythm = Rhythm()
        self._open = False
        self._turn_began = 0.0
        self._voice_began = 0.0
        self._talks_since = 0.0  # the same, but for breaths of who is cut off and talks on
        self._said = Said()
        self._echo = echo or Echo(kept=0)
        self._pause = Pause()
        self._overlap = Steps()
        self._idle = Idle(idle_seconds, idle_times)
        self._history = History()
        self._cut_ins = CutIns(self.rhythm)
        self.among = among or Among()
        self._is_handing_over = False
        self._is_far = False  # the latest voice over the agent was not the user's

    @property
    def said(self) -> str:
        """The words of the open turn, or of what is said over the agent."""
        return self._said.text

    @property
    def unfinished(self) -> str:
        """The words of a turn that is still open."""
        return self.said if self._open else ""

    @property
    def is_busy(self) -> bool:
        """Whether the words of whoever speaks now are still to be decided about."""
        return self._open or self._is_owed

    @property
    def speaker(self) -> str:
        """Who speaks or spoke last; "" where only one person could."""
        return self.among.speaker if self.among.company.several else ""

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
            self._idle.sound(self.now)
        if self._open and not self.user_speaks:
            return self._grown_pause()
        if self.floor is Floor.BOTH and not self._open:
            return self._grown_overlap()
        if self.floor is Floor.OPEN:
            return self._long_silence()
        return []

    def user_starts(self) -> bool:
        """The user's voice was noticed; whether that opens a turn."""
        if self._open and not self.user_speaks and self.said:
            self.rhythm.paused(self.now - self._pause.began)
        self._move(Event.USER_STARTS)
        self._voice_began = self.now
        if self._cut_ins.under_way is None or self.now - self._pause.began > BREATH:
            self._talks_since = self.now
        self._pause.voice_begins()
        self._overlap.begin()
        self._said.voice_begins()
        self._echo.voice_begins(self.now)
        self._is_far = False
        if self._open:
            return False
        self._said.clear()
        if not self.agent_speaks:
            self._open_turn()
        return True

    def far_voice(self) -> None:
        """Somebody else is heard over the agent, until the user is."""
        self._is_far = True

    def words(
        self, text: str, *, final: bool, settled: bool = False, doubtful: bool = False
    ) -> list[Moment]:
        """All words of the present stretch of voice, as heard so far.

        They are `settled` where no more are to come unless the voice goes on, and
        `doubtful` where the sound may hold other words, or none.
        """
        if self._is_far and not self._said.final_due and not self.user_speaks:
            return []
        before, was_echo = self.said, self._echo.is_heard
        own = self._echo.without(text, self.now, final=final)
        if not self._said.hear(own, final=final):
            return []
        if not self.said.strip():
            return self._only_echo() if self._echo.is_heard and not was_echo else []
        self._idle.spoke()
        if not self._open:
            if self.agent_speaks:
                return [self._over_agent(finished=final, doubtful=doubtful)]
            self._open_turn()  # one that closed before these words came
            return self._grown_pause()
        if not self.user_speaks:
            if self.said != before:
                self._pause.ask_anew()
            return self._grown_pause()
        if settled and self._pause.settle():
            return self._coming_pause() or [self._moment(Kind.PARTIAL, **{LAST_WORDS: True})]
        return [self._moment(Kind.PARTIAL)] if self.said != before else []

    def hush(self) -> None:
        """The voice has fallen silent; it may go on, or have ended."""
        self._pause.hush()

    def voice_back(self) -> None:
        """The voice goes on after the hush."""
        self._pause.voice_back()

    def user_stops(self, silent: float = 0.0) -> None:
        """The user has made no sound for `silent` seconds."""
        self._move(Event.USER_STOPS)
        self._pause.voice_ends(self.now - silent, self.said)
        self._said.voice_ends()

    def turn_over(self, probability: float) -> list[Moment]:
        """How likely the sound of the voice says that the turn is over, 0 to 1."""
        self._pause.turn_over = probability
        if not self._open:
            return []
        return self._coming_pause() if self.user_speaks else self._grown_pause()

    def hand_over(self) -> list[Moment]:
        """Somebody else waits to speak: what was said so far is the whole turn."""
        if not self._open or self.user_speaks:
            return []
        self._is_handing_over = True
        return self._grown_pause()

    def aside(self, who: str, text: str) -> None:
        """People said something to each other that opened no turn."""
        self._history.user_said(text, self.now, who)
        self.among.spoke_aside(self.now)

    def typed(self, text: str) -> list[Moment]:
        """A text message: a turn of its own, or more words for the open one."""
        if not self._open:
            self._said.clear()
            self._open_turn()
            self._turn_began = self.now  # by no voice
        self._said.add(text)
        self._idle.spoke()
        self._pause.typed(self.now)
        return [self._moment(Kind.PAUSE, typed=True)]

    def turn_opened(self) -> list[Moment]:
        """The floor was yielded: what the user says over the agent is now a turn."""
        if not self._open:
            self._open_turn()
            self._cut_ins.yields()
        return self._grown_pause() if not self.user_speaks else []

    def turn_closed(self, text: str, *, cut_in: bool = False, speaker: str = "") -> None:
        """The user's turn is over, answered or not. `cut_in`: while they speak."""
        self._history.user_said(text, self.now, speaker)
        if text.strip():
            self.among.spoke(speaker, self.now)
        if self._open:
            self.rhythm.spoke(max(0.0, self.now - self._turn_began), len(words_of(text)))
        self._said.close(user_speaks=self.user_speaks)
        self._open = self._is_handing_over = False
        self._ask_anew()
        self.turn += 1
        self._idle.sound(self.now)
        if cut_in:
            self._cut_ins.begins(self.now)

    def agent_starts(self) -> None:
        """The agent's voice is heard. Who has just begun to speak themselves speaks over it."""
        self._history.agent_starts()
        self._move(Event.AGENT_STARTS)
        if self._open and self.user_speaks:
            self._open = False
            self._ask_anew()

    def agent_says(self, words: str) -> None:
        """The sound of these words of the agent's present turn has just been played."""
        self._history.agent_says(words)
        self._echo.played(words, self.now)

    def agent_stops(self) -> list[Moment]:
        """The agent fell silent. A user who speaks over it now has the floor."""
        self._move(Event.AGENT_STOPS)
        self.among.agent_spoke(self.now)
        self._idle.sound(self.now)
        self._cut_ins.ends(self._talks_since if self.user_speaks else None)
        if self.user_speaks and not self._open:
            self._open_turn()
            return [self._moment(Kind.PARTIAL)] if self.said else []
        return []

    def agent_said(self, text: str) -> None:
        """What was heard of the agent's turn."""
        self._history.agent_said(text, self.now)

    def _move(self, event: Event) -> None:
        self.floor = NEXT[self.floor][event]

    def _open_turn(self) -> None:
        self._open = True
        self._turn_began = self._voice_began
        self._ask_anew()

    def _ask_anew(self) -> None:
        self._pause.ask_anew()
        self._overlap.begin()

    def _coming_pause(self) -> list[Moment]:
        """The first moment of a pause, asked while it is still a hush."""
        if not self._pause.ask_ahead(self.said):
            return []
        return [replace(self._moment(Kind.PAUSE, ahead=True), pause=PAUSES[0])]

    def _grown_pause(self) -> list[Moment]:
        """The pause moment that is due, if any. A turn without a word ends with patience."""
        if self._is_handing_over:
            return self._handed_over()
        if not self.said.strip():
            self._open = self.now - self._pause.began < self.patience
            return []
        due = self._pause.ask(self.now, self.patience, final_due=self._said.final_due)
        return [self._moment(Kind.PAUSE)] if due else []

    def _handed_over(self) -> list[Moment]:
        """The last moment of a turn, once its words are known."""
        if self._is_owed:
            return []
        self._is_handing_over = False
        self._open = bool(self.said.strip())
        return [self._moment(Kind.PAUSE, **{HANDED_OVER: True})] if self._open else []

    @property
    def _is_owed(self) -> bool:
        """Whether the final words of the last voice are still waited for."""
        return self._said.final_due and self.now - self._pause.began < LATE

    def _grown_overlap(self) -> list[Moment]:
        began = max(self._talks_since, self._cut_ins.under_way or 0.0)
        if due := self._overlap.due(OVERLAPS, self.now - began):
            self._overlap.begin(due)
            return [self._over_agent()]
        return []

    def _only_echo(self) -> list[Moment]:
        """The first words over the agent are its own."""
        return [self._over_agent()] if self.floor is Floor.BOTH and not self._open else []

    def _over_agent(self, *, finished: bool = False, doubtful: bool = False) -> Moment:
        until = self.now if self.user_speaks else self._pause.began
        lasted = max(0.0, until - self._talks_since)
        signals: Signals = {SOUND_SECONDS: lasted, FINISHED: finished, DOUBTFUL: doubtful}
        if self._echo.is_heard:
            signals[ECHO] = True
        return self._moment(Kind.OVERLAP, **signals)

    def _long_silence(self) -> list[Moment]:
        if not self._idle.is_due(self.now):
            return []
        moment = self._moment(Kind.IDLE, **{IDLE_COUNT: self._idle.count})
        self._idle.asked(self.now)
        return [moment]

    def _moment(self, kind: Kind, **extra: float | str | bool) -> Moment:
        silent_since = {Kind.PAUSE: self._pause.began, Kind.IDLE: self._idle.since}
        moment = Moment(
            kind=kind,
            said="" if kind is Kind.IDLE else self.said,
            history=self._history.turns(self.now),
            pause=round(self.now - silent_since.get(kind, self.now), 3),
            turn_seconds=round(self.now - self._turn_began, 3) if self._open else 0.0,
            facts=self.facts,
            signals={**self._signals(), **extra},
            persona=self.policy,
            turn=self.turn,
            at=round(self.now, 3),
        )
        began = self._turn_began if self._open else self.now
        return self.among.told(moment, began, agent_speaks=self.agent_speaks)

    def _signals(self) -> Signals:
        return {
            **self.rhythm.signals(),
            TALK_SECONDS: round(self.now, 3),
            **self._cut_ins.signals(self.now),
            **self._pause.signals(),
            **self._history.signals(self.now),
        }
