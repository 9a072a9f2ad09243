"""What is kept of a user, for the operator: python -m memory show --user NAME.

Exit codes: 0 done; 1 nothing there, or declined; 2 a wrong command, or a file that fails.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from memory.blocks import FOREVER, Blocks
from memory.facts import Facts
from memory.habits import WHO as NOTICED
from memory.outbox import Outboxed
from memory.paths import ACCESS, MEMORY, OUTBOX, TALKS
from memory.sqlite.store import SqliteStore
from memory.store import Memory, MemoryStore, MemoryStoreError, Sort
from memory.talks import forget as forget_talks
from memory.wishes import Wishes

T = TypeVar("T")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except MemoryStoreError as error:
        print(f"memory: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m memory", description="What is kept of users.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(run: Callable[[argparse.Namespace], int], path: Path, *, user: bool = True):
        name = run.__name__.removeprefix("_")
        added = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        added.set_defaults(run=run)
        if user:
            added.add_argument("--user", required=True, help="signed-in name, number or id")
        added.add_argument("--path", type=Path, default=path, help="its file (%(default)s)")
        if path is MEMORY:
            added.add_argument("--dsn", help="the Postgres store at this address, not a file")
        return added

    command(_show, MEMORY)
    command(_export, MEMORY)
    expire = command(_expire, MEMORY, user=False)
    expire.add_argument("--days", type=int, required=True, help="older than so many days")
    forget = command(_forget, MEMORY)
    forget.add_argument("--id", action="append", help="this memory only (see export); repeatable")
    forget.add_argument("--access", type=Path, help=f"wishes' file ({ACCESS.name} beside --path)")
    forget.add_argument(
        "--talks", type=Path, help=f"folder of talks and recordings ({TALKS.name} beside --path)"
    )
    forget.add_argument("--yes", action="store_true", help="do not ask")
    command(_blocks, ACCESS, user=False)
    command(_unblock, ACCESS)
    return parser


def _show(options: argparse.Namespace) -> int:
    """Print all that is remembered of a user, oldest first."""
    memories = _everything(options)
    spans = _spans(memories)
    for memory in memories:
        when, held = f"{memory.when:%Y-%m-%d %H:%M:%S}", spans.get(memory.id, {})
        text = " ".join([_plain(memory.text), *(f"({name} {at:%F})" for name, at in held.items())])
        print(f"{when}  {memory.sort:8}  {_plain(memory.who)}: {text}")
    if not memories:
        print(f"nothing is remembered of {_plain(options.user)} in {options.path}")
    return 0 if memories else 1


def _export(options: argparse.Namespace) -> int:
    """Print all that is remembered of a user as JSON, one memory a line."""
    memories = _everything(options)
    spans = _spans(memories)
    for memory in memories:
        times = {"when": memory.when, **spans.get(memory.id, {})}
        print(json.dumps(asdict(memory) | {name: at.isoformat() for name, at in times.items()}))
    return 0 if memories else 1


def _expire(options: argparse.Namespace) -> int:
    """Remove what is remembered of anybody for longer than so many days."""
    if options.days < 1:
        raise MemoryStoreError("--days must be at least 1")
    before = datetime.now(UTC) - timedelta(days=options.days)
    count = _with_store(options, lambda store: store.expire(before))
    print(f"removed {count} memories from before {before:%Y-%m-%d %H:%M} UTC")
    return 0


def _forget(options: argparse.Namespace) -> int:
    """Remove what is remembered of a user, talks, recordings and wishes too; blocks stay."""
    if options.id:
        count = _with_store(options, lambda store: store.forget(options.user, options.id))
        print(f"removed {count} memories of {_plain(options.user)}")
        return 0 if count else 1
    count = len(_everything(options))
    user = _plain(options.user)
    if not options.yes and not _agreed(f"Remove {count} memories of {user}? [y/N] "):
        print("nothing removed")
        return 1
    removed = _with_store(options, lambda store: store.forget(options.user))
    wished = _forget_wishes(options.access or options.path.with_name(ACCESS.name), options.user)
    folder = options.talks or options.path.with_name(TALKS.name)
    try:
        talks, recordings = forget_talks(folder, options.user)
    except OSError as error:
        raise MemoryStoreError(f"{folder}: {error}") from error
    print(
        f"removed {removed} memories, {wished} wishes, {talks} kept talks "
        f"and {recordings} recordings of {user}"
    )
    return 0 if removed or wished or talks or recordings else 1


def _forget_wishes(path: Path, user: str) -> int:
    if not path.exists():
        return 0
    wishes = Wishes(path)
    count = wishes.forget(user)
    wishes.close()
    return count


def _blocks(options: argparse.Namespace) -> int:
    """List the blocks in force."""
    blocks = _access(options.path)
    found = blocks.listing()
    for block in found:
        lasts = block.until == FOREVER
        until = "until lifted" if lasts else f"until {block.until:%Y-%m-%d %H:%M:%S} UTC"
        print(f"{_plain(block.user)}  {until}  (block {block.times})")
    if not found:
        print("nobody is blocked")
    blocks.close()
    return 0


def _unblock(options: argparse.Namespace) -> int:
    """Lift a user's block and begin anew with them."""
    blocks = _access(options.path)
    lifted = blocks.lift(options.user)
    blocks.close()
    print(f"{_plain(options.user)} {'may talk again' if lifted else 'was not blocked'}")
    return 0 if lifted else 1


def _spans(memories: Iterable[Memory]) -> dict[str, dict[str, datetime]]:
    """Since when each of the user's facts holds, and until when if it does no longer, by id."""
    stated = [each for each in memories if each.sort is Sort.FACT and each.who != NOTICED]
    facts = Facts(stated)
    return {each.id: facts.span(each) for each in stated}


def _everything(options: argparse.Namespace) -> list[Memory]:
    return _with_store(options, lambda store: store.everything(options.user))


def _with_store(options: argparse.Namespace, use: Callable[[MemoryStore], Awaitable[T]]) -> T:
    async def run() -> T:
        store = _store(options)
        try:
            return await use(store)
        finally:
            await store.close()

    return asyncio.run(run())


def _store(options: argparse.Namespace) -> MemoryStore:
    """The store named, with what waits for it on this machine."""
    if not options.dsn:
        _must_exist(options.path)
        return SqliteStore(options.path)
    try:
        from memory.postgres.store import PostgresStore
    except ImportError as error:
        raise MemoryStoreError(f"{error}: pip install -e '.[scale]'") from error
    return Outboxed(PostgresStore(options.dsn), options.path.with_name(OUTBOX))


def _access(path: Path) -> Blocks:
    _must_exist(path)
    return Blocks(path)


def _must_exist(path: Path) -> None:
    if not path.exists():
        raise MemoryStoreError(f"{path}: there is no such file: name the right one with --path")


def _agreed(question: str) -> bool:
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _plain(text: str) -> str:
    """`text` without control characters, which could drive a terminal."""
    return "".join(each if each.isprintable() else " " for each in text)


if __name__ == "__main__":
    sys.exit(main())
