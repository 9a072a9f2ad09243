"""Tokens of our own: signed, short-lived, used once."""

import pytest

from server.tokens import BadToken, Tokens

SECRET = "a secret of sixteen"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_token_says_what_it_was_made_with():
    tokens = Tokens(SECRET)
    assert tokens.spend("offer", tokens.make("offer", 60, user="sam"))["user"] == "sam"


def test_a_server_with_the_same_secret_reads_it():
    assert Tokens(SECRET).read("page", Tokens(SECRET).make("page", 60, user="sam"))


def test_a_token_is_used_once():
    tokens = Tokens()
    token = tokens.make("offer", 60)
    tokens.spend("offer", token)
    with pytest.raises(BadToken, match="used before"):
        tokens.spend("offer", token)
    with pytest.raises(BadToken, match="used before"):
        tokens.read("offer", token)


def test_a_token_grows_old():
    clock = Clock()
    tokens = Tokens(clock=clock)
    token = tokens.make("offer", 60)
    clock.now += 61
    with pytest.raises(BadToken, match="too old"):
        tokens.spend("offer", token)


def test_used_tokens_are_forgotten_once_they_are_too_old_anyway():
    clock = Clock()
    tokens = Tokens(clock=clock)
    for _ in range(100):
        tokens.spend("offer", tokens.make("offer", 60))
    assert tokens.remembered == 100
    clock.now += 61
    tokens.spend("offer", tokens.make("offer", 60))
    assert tokens.remembered == 1


def test_a_token_of_another_server_or_for_another_use_is_refused():
    tokens = Tokens(SECRET)
    for token in (Tokens("another").make("offer", 60), Tokens().make("offer", 60)):
        with pytest.raises(BadToken, match="not signed"):
            tokens.spend("offer", token)
    with pytest.raises(BadToken, match="not signed"):
        tokens.spend("offer", tokens.make("socket", 60))


@pytest.mark.parametrize("text", ["", ".", "a.b", "ü.ü", "\ud800", "e30.x", "x" * 10_000, "a b"])
def test_what_is_no_token_is_refused(text: str):
    with pytest.raises(BadToken):
        Tokens().spend("offer", text)


def test_a_token_changed_in_one_letter_is_refused():
    tokens = Tokens()
    token = tokens.make("offer", 60, user="sam")
    for at in range(0, len(token), 5):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        with pytest.raises(BadToken):
            tokens.read("offer", changed)
