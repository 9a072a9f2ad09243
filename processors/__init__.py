"""Frames in, a call to plain code, frames out: with bot.py and server/, all that knows Pipecat."""
