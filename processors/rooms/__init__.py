"""Rooms of several people: Daily's and LiveKit's.

`turnstile` brings their sound one after the other, `place` is where a room is,
`making` opens one, `visit` comes and goes with the people in it.
"""
