"""The memory command, as an operator uses it."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memory.__main__ import main
from memory.blocks import Blocks
from memory.sqlite.store import SqliteStore
from memory.store import Memory, Sort
from memory.talks import KeptTalk, write_owner
from memory.wishes import NO_INTERRUPTIONS, Wishes

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def fill(path: Path) -> None:
    store = SqliteStore(path)
    for number, text in enumerate(("hello \x1b[31mthere", "I live in Leeds.")):
        await store.remember(Memory(str(number), "sam", "t", Sort.TURN, "user", text, NOON))
    await store.close()


@pytest.fixture
def memory(tmp_path: Path) -> str:
    asyncio.run(fill(tmp_path / "memory.db"))
    return str(tmp_path / "memory.db")


@pytest.fixture
def access(tmp_path: Path) -> str:
    path = tmp_path / "access.db"
    blocks = Blocks(path, warnings=0)
    blocks.affront("sam")
    blocks.close()
    wishes = Wishes(path)
    wishes.set("sam", NO_INTERRUPTIONS)
    wishes.close()
    return str(path)


def test_show_prints_what_is_kept_and_drives_no_terminal(memory: str, capsys):
    assert main(["show", "--user", "sam", "--path", memory]) == 0
    shown = capsys.readouterr().out
    assert "2026-03-01 12:00:00  turn      user: I live in Leeds." in shown and "\x1b" not in shown


def test_show_says_that_nothing_is_kept(memory: str, capsys):
    assert main(["show", "--user", "ann", "--path", memory]) == 1
    assert "nothing is remembered of ann" in capsys.readouterr().out


def test_export_prints_json_lines(memory: str, capsys):
    assert main(["export", "--user", "sam", "--path", memory]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["text"] for row in rows] == ["hello \x1b[31mthere", "I live in Leeds."]
    assert rows[0]["when"] == "2026-03-01T12:00:00+00:00" and rows[0]["sort"] == "turn"


def test_forget_finds_wishes_and_talks_that_lie_elsewhere(memory: str, access: str, capsys):
    moved = Path(access).with_name("elsewhere.db")
    Path(access).rename(moved)
    talks = Path(memory).with_name("more")
    KeptTalk(talks, "a", "sam").add({"at": 1.0, "event": "user_starts"})
    command = ["forget", "--user", "sam", "--yes", "--path", memory]
    assert main([*command, "--access", str(moved), "--talks", str(talks)]) == 0
    assert "1 wishes, 1 kept talks and 0 recordings" in capsys.readouterr().out


@pytest.mark.parametrize("answer", ["n", "", "what"])
def test_forget_asks_first(memory: str, access: str, answer: str, monkeypatch, capsys):
    monkeypatch.setattr("builtins.input", lambda question: answer)
    command = ["forget", "--user", "sam", "--path", memory, "--access", access]
    assert main(command) == 1
    assert main(["show", "--user", "sam", "--path", memory]) == 0


def test_forget_removes_all_but_blocks(memory: str, access: str, capsys):
    talks = Path(memory).with_name("talks")
    for talk, user in (("a", "sam"), ("b", "ann"), ("c", "sam")):
        KeptTalk(talks, talk, user).add({"at": 1.0, "event": "user_starts"})
        (talks / talk).mkdir()
        write_owner(talks / talk, user)
    command = ["forget", "--user", "sam", "--yes", "--path", memory]
    assert main(command) == 0
    told = capsys.readouterr().out
    assert "removed 2 memories, 1 wishes, 2 kept talks and 2 recordings of sam" in told
    assert sorted(path.name for path in talks.iterdir()) == ["b", "b.jsonl"]
    assert main(command) == 1
    assert main(["blocks", "--path", access]) == 0
    assert "sam" in capsys.readouterr().out


def test_blocks_are_listed_and_lifted(access: str, capsys):
    main(["blocks", "--path", access])
    assert "sam  until 2" in capsys.readouterr().out
    assert main(["unblock", "--user", "sam", "--path", access]) == 0
    assert main(["unblock", "--user", "sam", "--path", access]) == 1
    assert main(["blocks", "--path", access]) == 0
    assert "nobody is blocked" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["show", "--user", "sam"], ["blocks"]])
def test_a_missing_file_is_an_error_and_is_not_made(command: list[str], tmp_path: Path, capsys):
    path = tmp_path / "typo.db"
    assert main([*command, "--path", str(path)]) == 2
    assert f"{path}: there is no such file" in capsys.readouterr().err
    assert not path.exists()


def test_a_damaged_file_is_an_error(tmp_path: Path, capsys):
    path = tmp_path / "memory.db"
    path.write_text("rubbish " * 200)
    assert main(["show", "--user", "sam", "--path", str(path)]) == 2
    assert "it is not a database" in capsys.readouterr().err


def test_the_module_runs_as_a_command(memory: str):
    command = [sys.executable, "-m", "memory", "show", "--user", "sam", "--path", memory]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent.parent)
    assert done.returncode == 0 and "Leeds" in done.stdout


def test_one_memory_is_forgotten_by_its_id(memory: str, capsys):
    main(["export", "--user", "sam", "--path", memory])
    first, *rest = capsys.readouterr().out.splitlines()
    command = ["forget", "--user", "sam", "--path", memory, "--id"]
    assert main([*command, json.loads(first)["id"]]) == 0
    assert main([*command, "nothing"]) == 1
    capsys.readouterr()
    main(["export", "--user", "sam", "--path", memory])
    assert capsys.readouterr().out.splitlines() == rest


def test_what_is_too_old_is_removed(memory: str, capsys):
    assert main(["expire", "--days", "0", "--path", memory]) == 2
    assert main(["expire", "--days", "1", "--path", memory]) == 0
    assert "removed" in capsys.readouterr().out
    assert main(["show", "--user", "sam", "--path", memory]) == 1


async def fill_facts(path: Path) -> None:
    store = SqliteStore(path)
    for days, value in enumerate(("Thursday", "Tuesday")):
        when, text = NOON + timedelta(days=days), f"The meeting is on {value}."
        await store.remember(
            Memory(value, "sam", "t", Sort.FACT, "user", text, when, "meeting", value)
        )
    done = 'Interrupted the user at "so" (rambles).'
    await store.remember(Memory("d", "sam", "t", Sort.DECISION, "agent", done, NOON, "interrupt"))
    await store.close()


def test_since_and_until_when_a_fact_holds_is_shown_and_exported(tmp_path: Path, capsys):
    path = tmp_path / "memory.db"
    asyncio.run(fill_facts(path))
    main(["show", "--user", "sam", "--path", str(path)])
    shown = capsys.readouterr().out
    assert "Thursday. (since 2026-03-01) (until 2026-03-02)\n" in shown
    assert "Tuesday. (since 2026-03-02)\n" in shown
    assert 'decision  agent: Interrupted the user at "so" (rambles).\n' in shown
    main(["export", "--user", "sam", "--path", str(path)])
    rows = {row["id"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert rows["Thursday"]["until"] == rows["Tuesday"]["since"] == "2026-03-02T12:00:00+00:00"
    assert "until" not in rows["Tuesday"] and "since" not in rows["d"]
