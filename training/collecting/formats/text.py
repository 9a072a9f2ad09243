"""Files as text, whatever their encoding, and words without what is no speech."""

import codecs
import html
import re
from pathlib import Path

from training.collecting.stretches import FormatError

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_TAG = re.compile(r"</?[a-zA-Z0-9][^<>]*>|\{\\[^}]*\}")
_ASIDE = re.compile(r"\[[^\]]*\]|\([^)]*\)|♪[^♪]*♪?|[#♫]+")  # [Music], (laughs), ♪ song ♪


def text_of(path: Path) -> str:
    """The text of `path`: UTF-8, UTF-16 with its mark, or else Windows-1252.

    Raises `FormatError` for an empty file and for one that is no text.
    """
    raw = path.read_bytes()
    encoding = next((name for mark, name in _BOMS.items() if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    if not text.strip():
        raise FormatError(f"{path} is empty")
    if "\0" in text:
        raise FormatError(f"{path} is no text file")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def spoken(text: str) -> str:
    """`text` without markup, asides in brackets and songs, on one line."""
    bare = html.unescape(_TAG.sub("", text)).replace("\u200b", "").replace("\xa0", " ")
    return " ".join(_ASIDE.sub(" ", bare).split())
