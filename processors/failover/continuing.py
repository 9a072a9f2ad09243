"""An answer or a turn that another service goes on with: what of it is new."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

_WORD = re.compile(r"\S+")


def go_on(messages: Sequence[Any], said: str) -> list[Any]:
    """The messages for a model that is to go on behind `said`, which another one began.

    The beginning stands last: servers of open models go on with it, word for
    word; others are told to.
    """
    if not said.strip():
        return list(messages)
    told = (
        "Your answer was cut off after the words below, and they were heard. Go on right behind "
        "them, in the middle of the sentence if need be. Do not repeat them."
    )
    return [
        *messages,
        {"role": "system", "content": told},
        {"role": "assistant", "content": said},
    ]


class Continuation:
    """What a second model says, without the words of the first that it says again.

    As long as it may be repeating, nothing comes out.
    """

    def __init__(self, said: str) -> None:
        """`said` was heard already."""
        self._said = _plain(said)
        self._text = ""
        self._is_new = not self._said

    def hear(self, text: str) -> str:
        """What of `text`, and of what was kept back, is to be said."""
        if self._is_new:
            return text
        self._text += text
        so_far = _plain(self._text)
        if len(so_far) < len(self._said) and self._said.startswith(so_far):
            return ""  # perhaps from the beginning, again
        self._is_new = True
        return self.end()

    def end(self) -> str:
        """The rest, when no more comes."""
        text, self._text = self._text, ""
        return _behind(text, len(self._said)) if _plain(text).startswith(self._said) else text


def unsaid(text: str, spoken: str) -> str:
    """What is left of `text` when `spoken` was heard of it: from the next word on."""
    return _behind(text, len(_plain(spoken)))


def unheard(words: str, heard: str) -> str:
    """What of `words` came after `heard`, which was recognised in the same sound.

    Two recognisers spell differently, so the words are matched; "" where nothing
    is new.
    """
    known = [_plain(each) for each in heard.split()]
    fresh = words.split()
    if not known:
        return words
    blocks = SequenceMatcher(
        None, known, [_plain(each) for each in fresh], autojunk=False
    ).get_matching_blocks()
    shared = [block for block in blocks if block.size]
    if not shared:
        return words
    end, tail = shared[-1].b + shared[-1].size, len(known) - shared[-1].a - shared[-1].size
    return " ".join(fresh[min(len(fresh), end + tail) :])


def _behind(text: str, letters: int) -> str:
    """`text` from the first word that begins after so many letters and digits."""
    count = 0
    for word in _WORD.finditer(text):
        if count >= letters:
            return text[word.start() :]
        count += len(_plain(word.group()))
    return ""


def _plain(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())
