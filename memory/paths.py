"""Where memory lives unless settings or an option say otherwise."""

from pathlib import Path

MEMORY = Path("data/memory.db")  # what was said and stated, with consent
ACCESS = Path("data/access.db")  # blocks and standing wishes: no words
TALKS = Path("data/talks")  # decisions of talks, with consent
OUTBOX = "outbox.db"  # beside memory: what waits for a store elsewhere
