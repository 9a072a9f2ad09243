import pytest

from judgement.listener import Listener
from judgement.moment import Kind, Moment, Policy
from judgement.pause import PAUSES
from judgement.rules import INSISTING

CHUNK = 0.02


def listener(**more) -> Listener:
    return Listener(Policy(), **more)


def hear(ear: Listener, seconds: float) -> list[Moment]:
    return [m for _ in range(round(seconds / CHUNK)) for m in ear.sound(CHUNK)]


def say(ear: Listener, text: str, seconds: float = 1.0) -> None:
    ear.user_starts()
    hear(ear, seconds)
    ear.words(text, final=False)


def stop(ear: Listener, text: str, over: float = 0.9) -> list[Moment]:
    """The user falls silent, the turn model and the final words follow."""
    hear(ear, 0.2)
    ear.user_stops(0.2)
    return ear.turn_over(over) + ear.words(text, final=True)


def test_new_words_of_a_speaking_user_are_a_partial_moment():
    ear = listener()
    ear.user_starts()
    hear(ear, 0.6)
    [moment] = ear.words("hello", final=False)
    assert (moment.kind, moment.said, moment.pause) == (Kind.PARTIAL, "hello", 0.0)
    assert moment.turn_seconds == 0.6


def test_the_same_words_again_are_no_moment():
    ear = listener()
    say(ear, "hello")
    assert ear.words("hello", final=False) == []


def test_a_pause_is_asked_about_once_the_final_words_are_there():
    ear = listener()
    say(ear, "hello")
    [moment] = stop(ear, "Hello.")
    assert (moment.kind, moment.said, moment.pause) == (Kind.PAUSE, "Hello.", 0.2)
    assert moment.signals["turn_over"] == 0.9


def test_a_pause_is_asked_about_again_as_it_grows_and_last_at_patience():
    ear = listener(patience=1.5)
    say(ear, "hello")
    stop(ear, "Hello.")
    pauses = [m.pause for m in hear(ear, 5.0)]
    assert pauses == sorted(pauses) and pauses[-1] == 1.5
    assert len(pauses) == len(set(pauses)) >= 5


def test_a_late_final_delays_the_question_but_not_for_long():
    ear = listener()
    say(ear, "hello")
    hear(ear, 0.2)
    ear.user_stops(0.2)
    ear.turn_over(0.9)
    assert hear(ear, 0.7) == []
    moment, *_ = hear(ear, 0.2)
    assert moment.said == "hello"


def test_a_final_that_comes_after_its_turn_was_closed_opens_no_other():
    ear = listener()
    say(ear, "hello")
    hear(ear, 0.2)
    ear.user_stops(0.2)
    hear(ear, 1.0)
    ear.turn_closed("hello")
    assert ear.words("Hello there.", final=True) == []
    say(ear, "again")
    assert ear.said == "again"


def test_speech_after_a_pause_goes_on_with_the_same_turn():
    ear = listener()
    say(ear, "I would")
    stop(ear, "I would", over=0.1)
    hear(ear, 0.4)
    ear.user_starts()
    hear(ear, 0.5)
    [moment] = ear.words("like tea", final=False)
    assert (moment.said, moment.turn) == ("I would like tea", 0)


def test_a_closed_turn_leaves_no_words_behind():
    ear = listener()
    say(ear, "hello")
    stop(ear, "Hello.")
    ear.turn_closed("Hello.")
    assert ear.said == "" and hear(ear, 4.0) == []
    say(ear, "again")
    assert ear.said == "again" and ear.turn == 1


def test_words_over_the_agent_are_an_overlap_and_never_part_of_the_next_turn():
    ear = listener()
    ear.agent_starts()
    ear.user_starts()
    hear(ear, 0.4)
    [moment] = ear.words("mhm", final=True)
    assert (moment.kind, moment.said) == (Kind.OVERLAP, "mhm")
    ear.user_stops(0.2)
    ear.agent_stops()
    say(ear, "so what about")
    assert ear.said == "so what about"


def test_a_wordless_sound_over_the_agent_is_asked_about_as_it_lasts():
    ear = listener()
    ear.agent_starts()
    ear.user_starts()
    lasted = [m.signals["sound_seconds"] for m in hear(ear, 1.0)]
    assert [round(float(s), 1) for s in lasted] == [0.3, 0.6, 0.9]


def test_final_words_over_the_agent_tell_how_long_the_sound_was_and_not_the_silence_after():
    ear = listener()
    ear.agent_starts()
    ear.user_starts()
    hear(ear, 0.6)
    ear.user_stops(0.2)
    hear(ear, 0.2)
    [moment] = ear.words("amen", final=True)
    assert moment.signals["sound_seconds"] == pytest.approx(0.4)


def far_voice(ear: Listener, text: str) -> list[Moment]:
    """A recogniser that hears for itself understands somebody farther off."""
    ear.far_voice()
    return hear(ear, 0.5) + ear.words(text, final=True)


def test_the_words_of_a_voice_far_off_are_no_overlap_and_never_part_of_a_turn():
    ear = listener()
    ear.agent_starts()
    assert far_voice(ear, "and then she said") == []
    ear.agent_stops()
    assert ear.words("that the bus was late", final=True) == [] and hear(ear, 3.0) == []
    say(ear, "so what about")
    assert ear.said == "so what about"


def test_the_user_s_words_count_at_once_over_a_voice_far_off():
    ear = listener()
    ear.agent_starts()
    far_voice(ear, "and then she said")
    ear.user_starts()
    [moment] = ear.words("stop", final=False)
    assert (moment.kind, moment.said) == (Kind.OVERLAP, "stop")


def test_final_words_of_the_user_s_are_waited_for_when_somebody_far_off_is_heard_next():
    ear = listener()
    ear.agent_starts()
    ear.user_starts()
    hear(ear, 0.5)
    ear.user_stops(0.2)
    [moment] = far_voice(ear, "stop")
    assert moment.said == "stop"


def test_after_a_yield_the_words_over_the_agent_are_a_turn():
    ear = listener()
    ear.agent_starts()
    ear.user_starts()
    hear(ear, 0.6)
    ear.words("no wait", final=False)
    ear.turn_opened()
    ear.agent_stops()
    hear(ear, 0.4)
    [moment] = ear.words("no wait I meant blue", final=False)
    assert (moment.kind, moment.said) == (Kind.PARTIAL, "no wait I meant blue")


def test_a_yield_after_the_user_fell_silent_still_leads_to_a_pause_moment():
    ear = listener()
    ear.agent_starts()
    ear.user_starts()
    hear(ear, 0.5)
    ear.user_stops(0.2)
    ear.turn_over(0.9)
    ear.words("stop", final=True)
    moments = ear.turn_opened()
    ear.agent_stops()
    moments += hear(ear, 0.5)
    assert moments and moments[0].kind is Kind.PAUSE and moments[0].said == "stop"


def test_after_a_cut_in_the_same_breath_counts_from_there():
    ear = listener()
    say(ear, "and then I went to the shop again")
    ear.turn_closed("and then I went to the shop again", cut_in=True)
    ear.agent_starts()
    hear(ear, 0.5)
    [moment] = ear.words("and then I went to the shop again and again", final=False)
    assert (moment.kind, moment.said) == (Kind.OVERLAP, "and again")
    assert moment.signals["since_opener"] == 0.5


def test_who_goes_on_just_before_the_agent_is_heard_speaks_over_it():
    ear = listener()
    say(ear, "what time is it")
    stop(ear, "what time is it")
    ear.turn_closed("what time is it")
    ear.user_starts()
    hear(ear, 0.1)
    ear.agent_starts()
    assert [moment.kind for moment in hear(ear, 0.3)] == [Kind.OVERLAP]
    [moment] = ear.words("in London I mean", final=False)
    assert (moment.kind, moment.said) == (Kind.OVERLAP, "in London I mean")
    [moment] = [
        *ear.turn_opened(),
        *ear.agent_stops(),
        *ear.words("in London I mean now", final=False),
    ]
    assert (moment.kind, moment.said) == (Kind.PARTIAL, "in London I mean now")


def test_who_talks_on_over_an_opener_is_asked_about_when_that_counts_as_insisting():
    """However long they had talked before, and with no new word."""
    ear = listener()
    say(ear, "and then I went to the shop again")
    hear(ear, 10.0)
    ear.turn_closed("and then I went to the shop again", cut_in=True)
    ear.agent_starts()
    asked = [moment.signals["since_opener"] for moment in hear(ear, 1.6)]
    assert asked and asked[-1] == INSISTING


@pytest.mark.parametrize(("silent", "lasted"), [(0.4, 2.5), (1.2, 0.3)])
def test_who_draws_breath_over_an_opener_talks_on_and_who_listens_does_not(
    silent: float, lasted: float
):
    ear = listener()
    say(ear, "and then I went to the shop again")
    ear.turn_closed("and then I went to the shop again", cut_in=True)
    ear.agent_starts()
    hear(ear, 0.8)
    ear.user_stops()
    hear(ear, silent)
    ear.user_starts()
    moments = hear(ear, 0.3)
    assert moments[-1].signals["sound_seconds"] == pytest.approx(lasted, abs=0.05)


def cut_in(ear: Listener, *, talks_on: float = 0.0, yields: bool = False) -> None:
    """The agent cuts in for 2 s, or until it yields; the user `talks_on` for so many seconds."""
    say(ear, "and then I went to the shop again")
    ear.turn_closed("and then I went to the shop again", cut_in=True)
    ear.agent_starts()
    hear(ear, talks_on)
    if yields:
        ear.turn_opened()
    if yields or talks_on < 2.0:
        ear.user_stops(0.2)
        hear(ear, 2.0 - talks_on)
    ear.agent_stops()


def rejected(ear: Listener) -> object:
    """What the next moment tells of it."""
    if not ear.user_speaks:
        ear.user_starts()
    hear(ear, 0.5)
    [moment] = ear.words("well and so on and then I went home", final=False)
    ear.turn_closed(moment.said)
    ear.user_stops(0.2)
    return moment.signals.get("rejected")


def test_interruptions_that_the_user_talks_on_over_are_counted_until_one_is_heard_out():
    ear = listener()
    cut_in(ear, talks_on=1.6, yields=True)
    assert rejected(ear) == 1
    cut_in(ear, talks_on=2.0)
    assert rejected(ear) == 2
    cut_in(ear, talks_on=0.4)
    assert rejected(ear) is None
    assert ear.rhythm.talk()["insisted"] == pytest.approx(2 / 3)


def test_a_sound_without_words_opens_nothing_for_good():
    ear = listener(patience=1.0)
    ear.user_starts()
    hear(ear, 0.3)
    ear.user_stops(0.2)
    assert hear(ear, 2.0) == []
    assert ear.said == ""


def test_typed_text_does_not_go_on_from_what_was_said_long_before():
    ear = listener()
    say(ear, "Could you make it cheaper?")
    stop(ear, "Could you make it cheaper?")
    ear.turn_closed("Could you make it cheaper?")
    hear(ear, 2.0)
    [moment] = ear.typed("what time is it")
    assert (moment.turn_seconds, moment.breath) == (0.0, "what time is it")


def test_typed_text_is_a_turn_of_its_own():
    ear = listener()
    [moment] = ear.typed("what time is it")
    assert (moment.kind, moment.said) == (Kind.PAUSE, "what time is it")
    assert moment.signals["typed"] is True


def test_idle_comes_back_and_gives_up_after_three():
    ear = listener(idle_seconds=5.0)
    moments = hear(ear, 40.0)
    assert [m.kind for m in moments] == [Kind.IDLE] * 3
    assert [m.signals["idle_count"] for m in moments] == [0, 1, 2]
    assert [round(m.at) for m in moments] == [5, 10, 15]


def test_speech_starts_the_idle_count_anew():
    ear = listener(idle_seconds=5.0)
    hear(ear, 6.0)
    say(ear, "hello")
    stop(ear, "Hello.")
    ear.turn_closed("Hello.")
    assert [m.signals["idle_count"] for m in hear(ear, 6.0)] == [0]


def test_history_tells_who_said_what_how_long_ago():
    ear = listener()
    ear.agent_said("Do you like tea?")
    hear(ear, 2.0)
    say(ear, "yes")
    [moment] = stop(ear, "Yes.")
    [turn] = moment.history
    assert (turn.who, turn.text) == ("agent", "Do you like tea?")
    assert 3.0 < turn.ago < 3.5 and moment.signals["agent_asked"] is True


def test_a_moment_knows_how_long_ago_the_last_turn_was():
    ear = listener()
    say(ear, "hello")
    [moment] = stop(ear, "Hello.")
    assert "since_turn" not in moment.signals
    ear.turn_closed("Hello.")
    hear(ear, 4.0)
    [moment] = say_on(ear, "are you there")
    assert moment.signals["since_turn"] == 5.0


def say_on(ear: Listener, text: str) -> list[Moment]:
    ear.user_starts()
    hear(ear, 1.0)
    return ear.words(text, final=False)


def test_a_replay_at_another_chunk_size_gives_the_same_moments():
    def replay(chunk: float) -> list[tuple[str, str]]:
        ear = listener()
        found: list[Moment] = []
        found += say_and_collect(ear, chunk)
        return [(m.kind.value, m.said) for m in found]

    def say_and_collect(ear: Listener, chunk: float) -> list[Moment]:
        moments: list[Moment] = []
        ear.user_starts()
        for _ in range(round(0.4 / chunk)):
            moments += ear.sound(chunk)
        moments += ear.words("one two", final=False)
        ear.user_stops(0.2)
        moments += ear.turn_over(0.5)
        moments += ear.words("One two.", final=True)
        for _ in range(round(1.0 / chunk)):
            moments += ear.sound(chunk)
        return moments

    assert replay(0.02) == replay(0.01)


def test_a_final_that_comes_after_the_user_resumed_takes_the_place_of_its_interim():
    ear = listener()
    say(ear, "I wood")
    hear(ear, 0.2)
    ear.user_stops(0.2)
    hear(ear, 0.1)
    ear.user_starts()
    ear.words("I would", final=True)
    ear.words("like tea", final=False)
    assert ear.said == "I would like tea"


def test_words_of_an_open_turn_are_unfinished_and_those_over_the_agent_are_not():
    ear = listener()
    say(ear, "I wanted to")
    assert ear.unfinished == "I wanted to"
    ear.turn_closed("I wanted to")
    ear.agent_starts()
    say(ear, "mhm")
    assert ear.unfinished == ""


def hush(ear: Listener, text: str, over: float | None = 0.9) -> list[Moment]:
    """The voice hushes for 60 ms; the words up to there and the turn model follow."""
    hear(ear, 0.06)
    ear.hush()
    moments = ear.words(text, final=False, settled=True)
    return moments + (ear.turn_over(over) if over is not None else [])


def test_a_pause_is_asked_about_ahead_of_it_once_its_words_and_sound_are_known():
    ear = listener()
    say(ear, "hello")
    [last] = hush(ear, "Hello.", over=None)
    assert last.kind is Kind.PARTIAL and last.signals["last_words"]
    [moment] = ear.turn_over(0.8)
    assert (moment.kind, moment.said, moment.pause) == (Kind.PAUSE, "Hello.", PAUSES[0])
    assert moment.signals["ahead"] and moment.signals["turn_over"] == 0.8
    assert ear.turn_over(0.8) == [], "once"


def test_what_was_asked_ahead_is_not_asked_again_when_the_pause_begins():
    ear = listener()
    say(ear, "hello")
    hush(ear, "Hello.")
    hear(ear, 0.14)
    ear.user_stops(0.2)
    assert ear.words("Hello.", final=True) == []
    [later] = hear(ear, 0.06)
    assert later.pause >= PAUSES[1] and "ahead" not in later.signals
    assert later.signals["turn_over"] == 0.9


def test_other_final_words_are_asked_about_when_the_pause_begins():
    ear = listener()
    say(ear, "hello")
    hush(ear, "Hello.")
    hear(ear, 0.14)
    ear.user_stops(0.2)
    [moment] = ear.words("Hello there, Sam.", final=True)
    assert moment.said == "Hello there, Sam."


def test_a_voice_that_goes_on_after_a_hush_is_a_partial_moment_again():
    ear = listener()
    say(ear, "hello")
    hush(ear, "Hello.")
    ear.voice_back()
    hear(ear, 0.3)
    [moment] = ear.words("hello there", final=False)
    assert moment.kind is Kind.PARTIAL and "turn_over" not in moment.signals
    assert ear.turn_over(0.9) == [], "of a hush that is over"


def over_agent(said: str) -> Moment:
    """What the user's word is taken for after the agent has `said` so much of its turn."""
    ear = listener()
    ear.agent_starts()
    for word in said.split():
        ear.agent_says(word)
    ear.user_starts()
    hear(ear, 0.4)
    ear.user_stops(0.2)
    [moment] = ear.words("Tuesday.", final=True)
    return moment


def test_a_question_in_the_agents_present_turn_counts_as_soon_as_it_was_heard():
    assert not over_agent("Which day").signals["agent_asked"]
    assert over_agent("Which day would you like?").signals["agent_asked"]
    assert over_agent("Which day would you like? We are open on").signals["agent_asked"]
    assert not over_agent("Which day? We are open. Just say").signals["agent_asked"]
