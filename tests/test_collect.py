"""Transcripts and recordings become timed talks; what is broken is named and skipped."""

import gzip
import json
import shutil
import subprocess
import sys
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from training import collect
from training.collecting import recordings
from training.collecting.diarization import apart
from training.collecting.formats import chat, elan, jsonlines, rttm, srt, webvtt
from training.collecting.formats.rttm import Turn
from training.collecting.inputs import sources
from training.collecting.recognisers import Sound, Stretch
from training.collecting.recordings import Listener, Side
from training.collecting.stretches import FormatError, Found, Said, joined

FFMPEG = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg")


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def lines(found: Found) -> list[tuple[str, float, float, str]]:
    return [(s.speaker, round(s.begin, 2), round(s.end, 2), s.words) for s in found.said]


def sound_file(path: Path, *channels: Sound) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(len(channels))
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes((np.stack(channels, axis=1) * 32767).astype("<i2").tobytes())
    return path


def test_words_of_one_speaker_less_than_a_fifth_of_a_second_apart_are_one_stretch():
    said = [
        Said("t", "a", 1.0, 1.5, "how"),
        Said("t", "b", 1.2, 1.3, "mhm"),
        Said("t", "a", 1.69, 2.0, "are you"),
        Said("t", "a", 2.2, 2.5, "today"),
    ]
    assert [(s.speaker, s.begin, s.end, s.words) for s in joined(reversed(said))] == [
        ("a", 1.0, 2.0, "how are you"),
        ("b", 1.2, 1.3, "mhm"),
        ("a", 2.2, 2.5, "today"),
    ]


def test_voices_of_webvtt_are_speakers_and_share_their_cue(tmp_path: Path):
    path = file(
        tmp_path,
        "a.vtt",
        "WEBVTT - A talk\n\nNOTE a --x\n\nSTYLE\n::cue {}\n\none\n"
        "00:01.000 --> 00:03.000 align:start\n"
        "<v.loud Ann Lee>Are <i>you</i> sure\n<v Bob>Yes I am.</v>\n\n"
        "01:00:05.250 --> 01:00:06.000\n[Music] &amp; so\n",
    )
    assert lines(webvtt.read(path, "a")) == [
        ("Ann Lee", 1.0, 2.14, "Are you sure"),
        ("Bob", 2.14, 3.0, "Yes I am."),
        ("unknown", 3605.25, 3606.0, "& so"),
    ]


def test_stamped_words_show_their_pauses_and_rolled_lines_count_once(tmp_path: Path):
    path = file(
        tmp_path,
        "a.vtt",
        "WEBVTT\nKind: captions\n\n"
        "00:00:01.000 --> 00:00:04.000\n \n"
        "so<00:00:01.400><c> well</c><00:00:03.000><c> yes</c>\n\n"
        "00:00:04.000 --> 00:00:04.010\nso well yes\n \n\n"
        "00:00:04.010 --> 00:00:06.000\nso well yes\nthen<00:00:04.300><c> go</c>\n",
    )
    said = joined(webvtt.read(path, "a").said)
    assert [(s.begin, s.words) for s in said] == [
        (1.0, "so well"),
        (3.0, "yes"),
        (4.01, "then go"),
    ]
    assert said[0].end == pytest.approx(1.87)


def test_srt_knows_names_changes_and_dashes(tmp_path: Path):
    path = file(
        tmp_path,
        "a.srt",
        "\ufeff1\r\n00:00:01,000 --> 00:00:02,000\r\nANN: {\\an8}Where to?\r\n\r\n"
        "2\r\n00:00:02,500 --> 00:00:03,500\r\nthe <i>harbour</i> (laughs)\r\n\r\n"
        "3\r\n00:00:04,000 --> 00:00:05,000\r\nBOB (V.O.): Time: ten.\r\n\r\n"
        "4\r\n00:00:05,000 --> 00:00:07,000\r\n- Oh.\r\n- Ok\r\n",
    )
    assert lines(srt.read(path, "a")) == [
        ("ANN", 1.0, 2.0, "Where to?"),
        ("ANN", 2.5, 3.5, "the harbour"),
        ("BOB", 4.0, 5.0, "Time: ten."),
        ("ANN", 5.0, 6.2, "Oh."),
        ("BOB", 6.2, 7.0, "Ok"),
    ]


def test_arrows_alone_go_back_and_forth(tmp_path: Path):
    path = file(
        tmp_path,
        "a.srt",
        "1\n0:00:01.0 --> 0:00:03.0\n>> Hi. >> Hello.\n2\n"
        "00:00:04,0 --> 00:00:05,0\n&gt;&gt; Bye.\n",
    )
    assert [(s, w) for s, _, _, w in lines(srt.read(path, "a"))] == [
        ("2", "Hi."),
        ("1", "Hello."),
        ("2", "Bye."),
    ]


def test_a_cue_with_broken_times_is_left_out_and_named(tmp_path: Path):
    path = file(
        tmp_path,
        "a.srt",
        "1\n00:00:05,000 --> 00:00:02,000\nback\n\n2\n00:00:07,000 --> 00:00:08,000\nfine\n\n"
        "3\n00:00:xx --> 00:00:09,000\nlost\n",
    )
    found = srt.read(path, "a")
    assert [each.words for each in found.said] == ["fine"]
    assert [each.split(": ")[0] for each in found.left_out] == [f"{path}:2", f"{path}:10"]


def test_chat_keeps_what_was_said(tmp_path: Path):
    path = file(
        tmp_path,
        "a.cha",
        "@UTF8\n@Begin\n@Participants:\tSP1 Adult, SP2 Adult\n@Media:\tother, audio\n"
        "*SP1:\t&-um so I [//] I was think(ing) (.) we could go to <the big> [/] the big\n"
        "\tsto:re@s &=laughs xxx +... \x15150_2450\x15\n%com:\tnods\n"
        "*SP2:\t+^ yeah„ 0is no [: not] . \x152450_2990\x15 and then +/. \x153500_4000\x15\n"
        "*SP2:\tno time here .\n@End\n",
    )
    found = chat.read(path, "a")
    assert lines(found) == [
        ("SP1", 0.15, 2.45, "um so I I was thinking we could go to the big the big store"),
        ("SP2", 2.45, 2.99, "yeah no."),
        ("SP2", 3.5, 4.0, "and then"),
    ]
    assert found.left_out == [f"{path}:9: SP2's words have no time"]


EAF = """<?xml version="1.0" encoding="UTF-8"?><ANNOTATION_DOCUMENT><TIME_ORDER>
<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="1000"/><TIME_SLOT TIME_SLOT_ID="ts2"/>
<TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="3000"/></TIME_ORDER>
<TIER TIER_ID="ann-words" PARTICIPANT="Ann">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
<ANNOTATION_VALUE>it is late</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER TIER_ID="ann-gesture" PARTICIPANT="Ann">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts3">
<ANNOTATION_VALUE>nods</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER TIER_ID="Bob">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3">
<ANNOTATION_VALUE></ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a4" TIME_SLOT_REF1="ts3" TIME_SLOT_REF2="ts2">
<ANNOTATION_VALUE>lost</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER TIER_ID="bob-words" PARTICIPANT="Bob" PARENT_REF="Bob">
<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a5" ANNOTATION_REF="a3">
<ANNOTATION_VALUE>so</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a6" ANNOTATION_REF="a3">
<ANNOTATION_VALUE>go</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>
</ANNOTATION_DOCUMENT>"""


def test_elan_gives_each_speaker_the_tier_with_most_words(tmp_path: Path):
    found = elan.read(file(tmp_path, "a.eaf", EAF), "a")
    assert lines(found) == [
        ("Ann", 1.0, 2.0, "it is late"),
        ("Bob", 2.0, 2.5, "so"),
        ("Bob", 2.5, 3.0, "go"),
    ]
    assert "a4" in found.left_out[0]


def test_rttm_holds_words_or_finds_them_beside(tmp_path: Path):
    lexemes = file(
        tmp_path,
        "a.rttm",
        ";; a comment\nSPEAKER a 1 1.0 0.9 <NA> <NA> ann <NA>\n"
        "LEXEME a 1 1.0 0.3 hello lex ann <NA>\nLEXEME a 1 1.3 0.3 <NA> un-lex ann <NA>\n",
    )
    assert lines(rttm.read(lexemes, "a")) == [("ann", 1.0, 1.3, "hello")]
    turns = file(
        tmp_path,
        "b.rttm",
        "SPEAKER b 1 1.0 1.0 <NA> <NA> ann <NA> <NA>\n"
        "SPEAKER b 1 1.8 1.0 <NA> <NA> bob <NA> <NA>\n",
    )
    with pytest.raises(FormatError, match=r"no LEXEME line, and no b\.ctm"):
        rttm.read(turns, "b")
    file(tmp_path, "b.ctm", "b 1 1.1 0.2 hello 0.9\nb 1 1.9 0.5 there\nb 1 9.0 0.2 lost\n")
    found = rttm.read(turns, "b")
    assert lines(found) == [("ann", 1.1, 1.3, "hello"), ("bob", 1.9, 2.4, "there")]
    assert "'lost' is in nobody's turn" in found.left_out[0]


def test_json_lines_name_the_line_and_key_that_is_wrong(tmp_path: Path):
    good = {"d": "x", "s": "a", "b": 1, "e": 2, "t": "hi", "da": "b"}
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(json.dumps(good).encode()))
    assert jsonlines.read(packed, "a").said == [Said("x", "a", 1.0, 2.0, "hi", "b")]
    for change, text in (
        ({"e": 0.5}, "ends"),
        ({"b": "1"}, '"b"'),
        ({"t": None}, '"t"'),
        ({"e": float("inf")}, '"e"'),
    ):
        path = file(tmp_path, "b.jsonl", f"{json.dumps(good)}\n{json.dumps(good | change)}\n")
        with pytest.raises(FormatError, match=f"b.jsonl:2: .*{text}"):
            jsonlines.read(path, "b")


@pytest.mark.parametrize("name", ["a.vtt", "a.srt", "a.cha", "a.eaf", "a.rttm", "a.jsonl"])
@pytest.mark.parametrize("text", ["", "nothing of the kind", "\0\0\0"])
def test_what_is_no_transcript_is_an_error_that_names_the_file(
    tmp_path: Path, name: str, text: str
):
    path = file(tmp_path, name, text)
    with pytest.raises(FormatError, match=name):
        collect.Collector("moonshine", None, "one").found(sources([path])[0])


def test_sources_are_talks(tmp_path: Path):
    for name in (
        "calls/x_left.wav",
        "calls/x_right.wav",
        "y.mp4",
        "y.vtt",
        "z.wav",
        "z.rttm",
        "notes.md",
    ):
        file(tmp_path, name, "SPEAKER z 1 0.5 1 <NA> <NA> ann <NA> <NA>")
    found = {each.talk: each for each in sources([tmp_path])}
    assert sorted(found) == ["calls/x", "y", "z"]
    assert found["calls/x"].speakers == ("left", "right")
    assert found["y"].files == (tmp_path / "y.vtt",)
    assert found["z"].turns == tmp_path / "z.rttm"
    given = [tmp_path / "calls/x_left.wav", tmp_path / "calls/x_right.wav"]
    assert [s.speakers for s in sources([tmp_path / "calls"], [given])] == [("left", "right")]
    same = [file(tmp_path, f"{folder}/call.wav", "") for folder in "ab"]
    assert [(s.talk, s.speakers) for s in sources([], [same])] == [("call", ("1", "2"))]


def run(folder: Path, *inputs: str) -> int:
    return collect.main([*(str(folder / each) for each in inputs), "--out", str(folder / "out")])


def test_a_broken_file_is_named_and_skipped_and_what_is_done_stays_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    for at, name in enumerate(("in/b.srt", "in/a.srt")):
        file(tmp_path, name, f"1\n00:00:0{at + 1},000 --> 00:00:05,000\nyes\n")
    broken = file(tmp_path, "in/c.srt", "1\n00:01 oh\n")
    assert run(tmp_path, "in", "missing") == 0
    told = capsys.readouterr().out
    assert f"skipped {broken}" in told and "missing does not exist" in told
    rows = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    assert rows == [
        {"d": "a", "s": "1", "b": 2.0, "e": 5.0, "t": "yes"},
        {"d": "b", "s": "1", "b": 1.0, "e": 5.0, "t": "yes"},
    ]
    file(tmp_path, "in/a.srt", "1\n00:00:03,500 --> 00:00:05,000\nno\n")
    asked: list[str] = []
    found = collect.Collector.found
    monkeypatch.setattr(
        collect.Collector, "found", lambda self, s: asked.append(s.talk) or found(self, s)
    )
    assert run(tmp_path, "in") == 0
    assert asked == ["a", "c"]
    assert "2.0" not in (tmp_path / "out").read_text()


def test_nothing_collected_leaves_the_output_as_it_was(tmp_path: Path):
    file(tmp_path, "out", "before")
    file(tmp_path, "a.srt", "no cues")
    assert run(tmp_path, "a.srt") == 1
    assert (tmp_path / "out").read_text() == "before"


def test_one_talk_from_two_files_counts_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for name in ("a.jsonl", "b.jsonl"):
        file(tmp_path, name, '{"d": "x", "s": "a", "b": 1, "e": 2, "t": "hi"}\n')
    assert run(tmp_path, "a.jsonl", "b.jsonl") == 0
    assert "the talk x is in" in capsys.readouterr().out
    assert len((tmp_path / "out").read_text().splitlines()) == 1


class Loud(recordings.Pauses):
    """Speech is what is loud, in steps of 0.1 s."""

    def __init__(self) -> None:
        pass

    def speech(self, sound: Sound) -> list[Stretch]:
        loud = [bool(np.abs(part).max() > 0.01) for part in np.split(sound, len(sound) // 1600)]
        edges = np.flatnonzero(np.diff([False, *loud, False]))
        return [(b / 10, e / 10) for b, e in edges.reshape(-1, 2)]


class Numbers:
    """Every stretch is its number."""

    def words(self, sound: Sound, stretches: Sequence[Stretch]) -> list[str]:
        return [str(n) for n, _ in enumerate(stretches)]


def beeps(seconds: float, *at: tuple[float, float], level: float = 0.5) -> Sound:
    sound = np.zeros(int(seconds * 16_000), np.float32)
    for begin, end in at:
        sound[int(begin * 16_000) : int(end * 16_000)] = level
    return sound


def test_each_side_is_a_speaker_and_an_echo_of_the_other_is_nobodys():
    ann = beeps(3, (0.5, 1.0), (2.0, 2.5))
    bob = beeps(3, (1.2, 1.5)) + beeps(3, (0.5, 1.0), level=0.02)
    said = Listener(Numbers(), Loud()).sides("t", [Side("ann", ann), Side("bob", bob)])
    assert [(s.speaker, s.begin, s.end) for s in said] == [
        ("ann", 0.5, 1.0),
        ("ann", 2.0, 2.5),
        ("bob", 1.2, 1.5),
    ]


def test_turns_are_cut_to_speech_and_a_covered_one_is_left_out():
    turns = [Turn("a", 0.0, 3.0), Turn("b", 1.0, 1.5), Turn("b", 2.9, 4.0), Turn("a", 5.0, 6.0)]
    assert apart(turns, [(0.2, 1.4), (1.5, 4.0), (5.5, 7.0)]) == [
        Turn("a", 0.2, 3.0),
        Turn("b", 2.9, 4.0),
        Turn("a", 5.5, 7.0),
    ]


@FFMPEG
def test_channels_are_sides_unless_they_sound_the_same(tmp_path: Path):
    left, right = beeps(1, (0.2, 0.4)), beeps(1, (0.6, 0.8))
    two, notes = recordings.sides(sound_file(tmp_path / "a.wav", left, right))
    assert [side.speaker for side in two] == ["1", "2"] and not notes
    np.testing.assert_allclose(two[1].sound, right, atol=0.01)
    one, notes = recordings.sides(sound_file(tmp_path / "b.wav", left, left / 2))
    assert len(one) == 1 and "sound the same" in notes[0]


@FFMPEG
def test_a_broken_recording_and_one_without_sound_are_named(tmp_path: Path):
    noise = tmp_path / "a.mp4"
    noise.write_bytes(b"not a film" * 100)
    with pytest.raises(FormatError, match="ffprobe cannot read it: .*a.mp4"):
        recordings.decoded(noise)
    silent = tmp_path / "b.mkv"
    film = "ffmpeg -v error -f lavfi -i color=size=16x16:duration=0.1 -c:v rawvideo".split()
    subprocess.run([*film, str(silent)], check=True)
    with pytest.raises(FormatError, match=r"b\.mkv: no sound track"):
        recordings.decoded(silent)


@pytest.mark.slow
@FFMPEG
def test_a_speech_is_heard_with_its_pauses(tmp_path: Path):
    pytest.importorskip("silero_vad")
    clip = Path(__file__).parent / "audio" / "ask_not_speech.wav"
    assert collect.main([str(clip), "--out", str(tmp_path / "out"), "--speakers", "one"]) == 0
    said = jsonlines.read(tmp_path / "out", "").said
    assert [(round(s.begin), round(s.end)) for s in said] == [(0, 2), (3, 4), (5, 8), (8, 11)]
    assert "what you can do for your country" in said[-1].words.lower()


def test_a_missing_recogniser_ends_it_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    sound = sound_file(tmp_path / "a.wav", beeps(1, (0.2, 0.4)))
    with pytest.raises(SystemExit, match="faster-whisper is not installed. Run: pip install"):
        collect.main([str(sound), "--out", str(tmp_path / "out"), "--words", "whisper"])
    assert list(tmp_path.iterdir()) == [sound]


@FFMPEG
def test_what_was_done_before_a_stop_is_not_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    for name in ("a", "b"):
        sound_file(tmp_path / f"{name}1.wav", beeps(1, (0.2, 0.4)), beeps(1, (0.6, 0.8)))
    monkeypatch.setattr(collect, "Listener", lambda words: Listener(words, Loud()))
    monkeypatch.setattr(collect, "recogniser", lambda words, model: Numbers())
    sides = collect.sides

    def stop_at_b(path: Path):
        if path.stem == "b1":
            raise KeyboardInterrupt
        return sides(path)

    monkeypatch.setattr(collect, "sides", stop_at_b)
    assert run(tmp_path, "a1.wav", "b1.wav") == 130
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr(collect, "sides", sides)
    assert run(tmp_path, "a1.wav", "b1.wav") == 0
    assert "2 to collect, 1 of them done before" in capsys.readouterr().out
    said = jsonlines.read(tmp_path / "out", "").said
    assert [(s.talk, s.speaker, s.begin) for s in said] == [
        ("a1", "1", 0.2),
        ("a1", "2", 0.6),
        ("b1", "1", 0.2),
        ("b1", "2", 0.6),
    ]
