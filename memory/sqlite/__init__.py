"""Memories in a SQLite file, with sqlite-vec."""
