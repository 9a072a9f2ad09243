"""Memories in Postgres with pgvector."""
