"""Stores in mem0 and Letta that need nothing but this machine. Without the library a test skips."""

import os
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from memory.store import MemoryStore
from tests.embeddings import Hashed

os.environ.setdefault("MEM0_DIR", f"{tempfile.gettempdir()}/mem0")  # it makes one when imported

LIBRARIES = {"mem0": "mem0", "letta": "letta_client"}


def adapter(name: str) -> Any:
    """The module of an adapter, which is to import its library before anybody else does."""
    if find_spec(LIBRARIES[name]) is None:
        pytest.skip(f"{LIBRARIES[name]} is not installed")
    return import_module(f"memory.adapters.{name}")


def mem0_store(folder: Path, **settings: Any) -> MemoryStore:
    return adapter("mem0").Mem0Store.local(folder / "mem0", Hashed().embed, **settings)


def letta_store(port: int, prefix: str = "repartee") -> MemoryStore:
    module = adapter("letta")
    client = module.AsyncLetta(base_url=f"http://127.0.0.1:{port}", max_retries=0)
    return module.LettaStore(client, prefix=prefix)
