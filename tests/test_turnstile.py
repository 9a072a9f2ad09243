"""Several people's sound, one after the other. A piece is 20 ms: "." is silence, else a voice."""

from processors.rooms import turnstile
from processors.rooms.turnstile import Turnstile

SECONDS = 0.02
SILENT = "." * round(turnstile.SILENT / SECONDS + 1)


def room(*people: str) -> Turnstile:
    turns = Turnstile()
    for who in people:
        turns.join(who, lambda audio: audio != b".")
    return turns


def hear(turns: Turnstile, **sound: str) -> str:
    """All speak at once; what goes through, and a bar where the next one is let through."""
    through = ""
    for at in range(max(map(len, sound.values()))):
        for who, pieces in sound.items():
            piece = pieces[at : at + 1] or "."
            was_holder = who == turns.holder
            through += b"".join(turns.hear(who, piece.encode(), SECONDS)).decode()
            if was_holder and turns.gives_way:
                turns.pass_on()
                through += "|"
    return through


def test_one_person_is_heard_as_they_speak():
    assert hear(room("a"), a="..aaa..aaa") == "..aaa..aaa"


def test_who_speaks_meanwhile_is_heard_in_full_behind():
    heard = hear(room("a", "b"), a="a" * 40 + SILENT + 60 * ".", b="." * 20 + "b" * 30)
    first, second = heard.split("|")
    assert first.count("a") == 40 and "b" not in first
    assert second.count("b") == 30 and "a" not in second


def test_who_was_kept_goes_through_at_double_speed():
    turns = room("a", "b")
    hear(turns, a="a" * 40, b="b" * 40)
    hear(turns, a=SILENT)
    assert turns.holder == "b"
    late = hear(turns, b="b" * 60)
    assert late.count("b") > 90  # 40 that waited, and those of a's silence, in 60


def test_silence_does_not_pass_the_floor():
    assert "|" not in hear(room("a", "b"), a="a" * 10 + "." * 60, b="." * 70)


def test_a_click_does_not_either():
    assert "|" not in hear(room("a", "b"), a="." * 70, b="." * 10 + "bb" + "." * 58)


def test_a_long_silence_in_what_waits_is_shortened():
    turns = room("a", "b")
    hear(turns, a="a" * 300, b="b" * 20 + "." * 200 + "b" * 20)
    assert "b" * 20 in (heard := hear(turns, a=SILENT) + hear(turns, b="." * 200))
    between = heard[heard.index("b" * 20) + 20 :].split("b")[0]
    assert len(between) * SECONDS <= turnstile.BEHIND + 0.04


def test_the_third_waits_for_the_second():
    turns = room("a", "b", "c")
    hear(turns, a="a" * 20, b=".." + "b" * 18, c="....." + "c" * 15)
    heard = hear(turns, a=SILENT, b=80 * ".", c=160 * ".")
    assert [part.strip(".")[:1] for part in heard.split("|")] == ["", "b", "c"]


def test_who_left_is_still_heard():
    turns = room("a", "b")
    hear(turns, a="a" * 20, b="b" * 20)
    turns.leave("b")
    heard = hear(turns, a=SILENT) + hear(turns, b="." * 20)
    assert heard.count("b") == 20
