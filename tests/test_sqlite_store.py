"""What the store on disk promises besides what every store does."""

import asyncio
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from memory.engine import sqlite3
from memory.sqlite.store import SqliteStore
from memory.store import MemoryStoreError
from tests.memories import said, texts
from tests.postgres import Server, postgres  # noqa: F401 - a fixture

ROOT = Path(__file__).parent.parent
WRITES, KILLED_AFTER = 1000, 500


async def test_a_missing_folder_is_made_and_the_file_is_private(tmp_path: Path):
    path = tmp_path / "new" / "folder" / "memory.db"
    store = SqliteStore(path)
    await store.remember(said("tea"))
    await store.close()
    assert path.stat().st_mode & 0o077 == 0


async def test_memories_outlive_the_store(tmp_path: Path):
    for turn in range(2):
        store = SqliteStore(tmp_path / "memory.db")
        await store.remember(said("tea", minutes=turn))
        await store.close()
    store = SqliteStore(tmp_path / "memory.db")
    assert len(await store.everything("sam")) == 2
    await store.close()


async def test_two_stores_share_a_file(tmp_path: Path):
    one, other = (SqliteStore(tmp_path / "memory.db") for _ in range(2))
    await asyncio.gather(
        *(one.remember(said("tea", minutes=i)) for i in range(20)),
        *(other.remember(said("milk", minutes=i)) for i in range(20)),
    )
    assert len(await one.everything("sam")) == len(await other.everything("sam")) == 40
    await one.close()
    await other.close()


WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from memory.sqlite.store import SqliteStore
from memory.store import Memory, Sort

async def write(path, name):
    store = SqliteStore(path)
    for i in range(int(sys.argv[3])):
        text = f"{name} {i}"
        await store.remember(Memory(text, "sam", "t", Sort.TURN, "user", text, datetime.now(UTC)))
        print(i, flush=True)

asyncio.run(write(sys.argv[1], sys.argv[2]))
"""


def writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


async def test_an_acknowledged_write_survives_a_killed_process(tmp_path: Path):
    with writer(tmp_path / "memory.db", "turn", WRITES) as process:
        assert process.stdout is not None
        acknowledged = [next(process.stdout) for _ in range(KILLED_AFTER)]
        process.send_signal(signal.SIGKILL)
    store = SqliteStore(tmp_path / "memory.db")
    assert len(await store.everything("sam")) >= len(acknowledged)
    await store.close()


async def test_two_processes_create_and_fill_one_file(tmp_path: Path):
    path = tmp_path / "memory.db"
    with writer(path, "one", 30) as one, writer(path, "other", 30) as other:
        one.communicate()
        other.communicate()
    assert one.returncode == other.returncode == 0
    store = SqliteStore(path)
    assert len(await store.everything("sam")) == 60
    await store.close()


def all_bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def moved_aside(folder: Path) -> bytes:
    [aside] = folder.glob("memory.db.damaged-*")
    return aside.read_bytes()


def empty(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


async def test_forgotten_words_are_gone_from_the_files(tmp_path: Path):
    store = SqliteStore(tmp_path / "memory.db")
    await store.remember(said("my secret is xylophone"))
    assert b"xylophon" in all_bytes(tmp_path)  # the word index holds it without its ending
    await store.forget("sam")
    assert b"xylophon" not in all_bytes(tmp_path)
    await store.close()


async def test_a_file_that_is_no_database_is_moved_aside_and_a_new_one_begins(tmp_path: Path):
    path = tmp_path / "memory.db"
    path.write_text("not a database, but a shopping list " * 100)
    store = SqliteStore(path, begin_anew=True)
    with pytest.raises(
        MemoryStoreError, match=r"memory\.db: it was damaged and is now memory\.db\."
    ):
        await store.remember(said("tea"))
    await store.remember(said("tea"))
    assert await texts(store, "tea") == ["tea"]
    assert moved_aside(tmp_path).startswith(b"not a database")
    await store.close()


async def test_a_damaged_file_is_moved_aside_whole(tmp_path: Path):
    path = tmp_path / "memory.db"
    store = SqliteStore(path)
    for minutes in range(300):
        await store.remember(said("tea " * 20, minutes=minutes))
    await store.close()
    whole = path.read_bytes()
    broken = whole[:4096] + b"\x55" * (len(whole) - 4096)
    path.write_bytes(broken)
    store = SqliteStore(path, begin_anew=True)
    with pytest.raises(MemoryStoreError, match=r"memory\.db: it was damaged and is now"):
        await store.everything("sam")
    assert await store.everything("sam") == []
    assert moved_aside(tmp_path) == broken
    await store.close()


async def test_a_path_that_is_a_folder_is_named(tmp_path: Path):
    store = SqliteStore(tmp_path)
    with pytest.raises(MemoryStoreError, match="cannot be opened"):
        await store.last_seen("sam")
    await store.close()


async def test_a_file_of_a_newer_schema_is_left_alone(tmp_path: Path):
    path = tmp_path / "memory.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    store = SqliteStore(path)
    with pytest.raises(MemoryStoreError, match="newer Repartee"):
        await store.last_seen("sam")
    await store.close()


async def test_a_locked_file_is_named_and_written_when_it_is_free(tmp_path: Path):
    path = tmp_path / "memory.db"
    store = SqliteStore(path, busy=0.05)
    await store.remember(said("before"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(MemoryStoreError, match="another process holds it locked"):
        await store.remember(said("tea"))
    assert await texts(store, "before") == ["before"]  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    await store.remember(said("tea"))
    await store.close()


async def test_a_file_removed_under_the_store_is_made_again(tmp_path: Path):
    path = tmp_path / "memory.db"
    store = SqliteStore(path)
    await store.remember(said("tea"))
    empty(tmp_path)
    await store.remember(said("milk"))
    await store.close()
    assert path.exists()
    store = SqliteStore(path)
    assert await texts(store, "milk") == ["milk"]
    await store.close()


async def test_a_full_disk_is_named_and_written_to_when_there_is_room(tmp_path: Path):
    store = SqliteStore(tmp_path / "memory.db")
    await store.remember(said("before"))
    [(pages,)] = await store.look(lambda file: file.execute("PRAGMA page_count").fetchall())
    await store.look(lambda file: file.execute(f"PRAGMA max_page_count = {pages}").fetchall())
    with pytest.raises(MemoryStoreError, match="the disk is full: make room"):
        await store.remember(*(said("tea " * 200, minutes=each) for each in range(200)))
    assert await texts(store, "before") == ["before"]
    await store.remember(said("after"))
    assert len(await store.everything("sam")) == 2
    await store.close()


READER = """
import asyncio, os, sys
from memory.sqlite.store import SqliteStore
from memory.store import MemoryStoreError

async def write(path):
    store = SqliteStore(path)
    await store.last_seen("sam")
    await store.forget("sam")

if os.geteuid() == 0:
    os.setuid(65534)  # nothing is read-only to root
try:
    asyncio.run(write(sys.argv[1]))
except MemoryStoreError as error:
    print(error)
"""


async def write_once(path: Path) -> None:
    store = SqliteStore(path)
    await store.remember(said("tea"))
    await store.close()


def test_a_read_only_file_is_named():
    folder = Path(tempfile.mkdtemp())
    path = folder / "memory.db"
    asyncio.run(write_once(path))
    path.chmod(0o444)
    folder.chmod(0o555)
    command = [sys.executable, "-c", READER, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    folder.chmod(0o755)
    shutil.rmtree(folder)
    assert "memory.db: it" in done.stdout and "may not be written" in done.stdout, done
