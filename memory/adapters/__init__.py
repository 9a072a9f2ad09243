"""Memories kept by other people's memory libraries and servers, behind `MemoryStore`."""
