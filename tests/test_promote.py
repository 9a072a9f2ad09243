"""A new judge takes the old one's place only if it is better."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from judgement.decision import Action, decide
from judgement.moment import Kind
from training.promote import main
from training.rows import write
from training.scoring.gate import compare, table
from training.scoring.install import CannotInstall, adapter_in, install, previous_of, undo
from training.scoring.scores import Judged

REPLY, SILENCE, INTERRUPT = Action.REPLY, Action.SILENCE, Action.INTERRUPT


def judged(label: Action, answer: Action, kind: Kind = Kind.PAUSE, source: str = "icsi") -> Judged:
    return Judged("x", source, kind, label, decide(answer, "scripted"))


def pauses(right: int, of: int = 200, source: str = "icsi") -> list[Judged]:
    return [judged(REPLY, REPLY if n < right else SILENCE, source=source) for n in range(of)]


def partials(cut_off: int, of: int = 200) -> list[Judged]:
    return [judged(SILENCE, INTERRUPT if n < cut_off else SILENCE, Kind.PARTIAL) for n in range(of)]


@pytest.mark.parametrize(
    ("old", "new", "objection"),
    [
        (pauses(150), pauses(151), ""),
        (pauses(150), pauses(150), "no better"),
        (pauses(150), pauses(149), "no better"),
        (pauses(150, of=199), pauses(160, of=199), "at least 200"),
        (pauses(150) + partials(2), pauses(160) + partials(3), "cuts off ordinary speech 3"),
        (pauses(150) + partials(2), pauses(160) + partials(2), ""),
        (pauses(150) + partials(2), pauses(149) + partials(0), ""),
        (pauses(150) + partials(9), pauses(148) + partials(0), "pause: accuracy falls"),
        (
            pauses(90) + pauses(90, of=100, source="talk"),
            pauses(120) + pauses(89, of=100, source="talk"),
            "our own talks: accuracy falls",
        ),
    ],
)
def test_the_gate(old: list[Judged], new: list[Judged], objection: str):
    outcome = compare(old, new)
    assert outcome.passed is not bool(objection)
    assert objection in " ".join(outcome.objections)


def test_the_table_says_what_changed():
    text = table(compare(pauses(150), pauses(160)), old="default", new="runs/b")
    assert "all rows            200    0.750    0.800   +0.050" in text
    assert text.endswith("gate: passed")


def adapter(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "judge.gguf").write_bytes(b"GGUF" + name.encode())
    (folder / "judge.json").write_text(json.dumps({"name": name}))
    return folder


def name_of(folder: Path) -> str:
    assert (folder / "judge.gguf").read_bytes()[4:].decode() == (
        name := json.loads((folder / "judge.json").read_text())["name"]
    )
    return name


def test_an_adapter_is_installed_and_the_one_before_kept(tmp_path: Path):
    target = adapter(tmp_path / "adapter", "first")
    (target / "README.md").write_text("card")
    install(adapter(tmp_path / "b", "second"), target)
    install(adapter(tmp_path / "c", "third") / "judge.gguf", target)
    assert (name_of(target), name_of(previous_of(target))) == ("third", "second")
    assert (target / "README.md").is_file()
    undo(target)
    assert (name_of(target), name_of(previous_of(target))) == ("second", "third")
    assert {p.name for p in tmp_path.iterdir()} == {"adapter", "adapter.previous", "b", "c"}


def test_the_first_adapter_has_nothing_to_go_back_to(tmp_path: Path):
    install(adapter(tmp_path / "new", "first"), tmp_path / "adapter")
    assert name_of(tmp_path / "adapter") == "first"
    with pytest.raises(CannotInstall, match="no previous"):
        undo(tmp_path / "adapter")


def test_a_copy_that_fails_leaves_all_as_it_was(tmp_path: Path, monkeypatch):
    target, new = adapter(tmp_path / "adapter", "first"), adapter(tmp_path / "new", "second")

    def full(*_: object, **__: object):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("training.scoring.install.shutil.copyfile", full)
    with pytest.raises(OSError, match="No space"):
        install(new, target)
    assert name_of(target) == "first"
    assert {path.name for path in tmp_path.iterdir()} == {"adapter", "new"}


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: (folder / "judge.json").unlink(), "no such file"),
        (lambda folder: (folder / "judge.json").write_text("{"), "not JSON"),
        (lambda folder: (folder / "judge.json").write_text("[]"), "JSON object"),
        (lambda folder: (folder / "judge.gguf").write_bytes(b"PK"), "no GGUF"),
    ],
)
def test_what_is_no_adapter_is_named(spoil: Callable[[Path], object], told: str, tmp_path: Path):
    spoil(adapter(tmp_path, "new"))
    with pytest.raises(CannotInstall, match=told):
        adapter_in(tmp_path)


def row(number: int, split: str) -> dict[str, object]:
    moment = {"kind": "pause", "said": "hello there", "pause": 1.0}
    return {"id": f"r:{number}", "split": split, "moment": moment, "label": "reply"}


@pytest.fixture
def dev(tmp_path: Path) -> str:
    path = tmp_path / "dev.jsonl"
    write(path, [row(n, "dev" if n % 2 else "train") for n in range(400)])
    return str(path)


def test_two_judges_are_compared_on_rows_held_out(dev: str, capsys):
    assert main(["timeout", "--old", "always-silence", "--data", dev]) == 0
    shown = capsys.readouterr().out
    assert "all rows            200    0.000    1.000" in shown and "gate: passed" in shown


def test_a_worse_judge_is_told_why(dev: str, capsys):
    assert main(["always-silence", "--old", "timeout", "--data", dev]) == 1
    assert "gate: not passed: all rows" not in (shown := capsys.readouterr().out)
    assert "no better" in shown and "pause: accuracy falls" in shown


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["runs/gone", "--data", "DEV"], "no such file is there"),
        (["rules", "--data", "DEV", "--apply"], "no such file"),
        (["always-sing", "--data", "DEV"], "the label is none of"),
        (["rules", "--old", "timeout", "--data", "gone.jsonl"], "gone.jsonl"),
        (["rules", "--old", "timeout", "--data", "DEV", "--talks", "TRAIN"], "for training"),
        (["--undo", "--adapter", "/nowhere/adapter"], "no previous adapter"),
    ],
)
def test_what_cannot_be_used_is_told(
    arguments: list[str], told: str, dev: str, tmp_path: Path, capsys
):
    write(tmp_path / "train.jsonl", [row(1, "train")])
    places = {"DEV": dev, "TRAIN": str(tmp_path / "train.jsonl")}
    if "--old" not in arguments:
        arguments = [*arguments, "--old", "timeout"]
    assert main([places.get(each, each) for each in arguments]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["rules"], ["--data", "x"]])
def test_a_command_without_judge_or_rows_is_told(arguments: list[str]):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
