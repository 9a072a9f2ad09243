"""Recordings and transcripts, as they come, into timed talks."""
