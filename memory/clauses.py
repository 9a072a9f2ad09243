"""What a user says, cut into clauses, and whether they mean it: for anchors and wishes.

Text is as a recogniser gives it: case and punctuation may be missing.
"""

import re
from dataclasses import dataclass

# Where one clause ends and the next begins without a full stop between them.
_STARTS = (
    r"i|i'm|i've|i'll|my|we|it|it's|he|she|they|you|there|the|that's|this|what|who|how|when|where|"
    r"please|can|could|do|don't|call|just|let|stop|feel|cut|jump|interrupt"
)
_ENDS = re.compile(
    r"[.!?;:]+(?:\s+|$)|\n+"
    rf"|,?\s+(?:and|but|so|because|then|also)\s+(?=(?:{_STARTS})\b)"
    rf"|,\s+(?=(?:{_STARTS})\b)"
    r"|\s+(?=(?:i'm|i am|i live|i work|my name|nice to)\b)",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    r"^(?:(?:well|so|um+|uh+|er+|oh|ah|hi|hello|hey|yeah|yes|yep|no|okay|ok|right|alright|actually|"
    r"anyway|also|and|but|then|because|by the way|you know|listen|look|sorry|thanks|thank you|"
    r"please|do me a favou?r|just so you know|for the record|to be honest|honestly|"
    r"as i said|like i said|i said|i told you|i mean|i think|remember(?: that)?|"
    r"(?:please )?(?:note|don't forget)(?: that)?|good (?:morning|afternoon|evening))\b[,\s]*)+",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"^(?:what|what's|who|who's|whose|which|where|when|why|how|do|does|did|is|are|am|was|were|can|"
    r"could|would|should|shall|will|have|has|had|may|might|isn't|aren't|don't you|didn't)\b",
    re.IGNORECASE,
)
_UNMEANT = re.compile(
    r"\b(?:if|suppose|supposing|imagine|pretend|unless|assuming|hypothetically|let's say|"
    r"as though|said|says|saying|say|told|tells|asked|asks|wrote|writes|(?:was|were|is|are) like|"
    r"according|quote|lyrics?|thinks?|thought|believes?|claims?|joking|kidding|lying)\b",
    re.IGNORECASE,
)
_HEDGED = re.compile(
    r"\b(?:maybe|perhaps|probably|would|could|might|wish|guess|not sure)\b", re.IGNORECASE
)
_OWN_WORDS = re.compile(r"\b(?:as i said|like i said|i said|i told you|i think)\b", re.IGNORECASE)
# After these, "i live" and its like belong to what came before.
_HANGING = re.compile(
    r"\b(?:where|when|whenever|that|which|while|how|why|what|who|than|as|like|until|till|before|"
    r"after|since|because|not|never|place|house|flat|city|town|the|know|maybe|perhaps|probably|say|guess|doubt|bet|hope)$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“”«»]|(?<!\w)['‘][^'’]+['’](?!\w)")

BEFORE = 200  # characters of a sentence that bear on what follows them


@dataclass(frozen=True, slots=True)
class Clause:
    """`text` without what leads into it; `before` is what the sentence said just earlier."""

    text: str
    before: str
    asks: bool


def sentences_in(text: str) -> list[str]:
    """`text` cut at full stops and line ends, apostrophes made plain."""
    plain = re.sub(r"[ \t]+", " ", text.replace("’", "'").replace("‘", "'"))
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", plain) if part.strip()]


def clauses_in(sentence: str) -> list[Clause]:
    """The clauses of one sentence, in order."""
    found: list[Clause] = []
    asks_on = False  # a question goes on where only its words tell of a new clause
    for begin, piece, runs_on in _pieces(sentence):
        lead_in = _LEAD_IN.match(piece)
        text = piece[lead_in.end() :] if lead_in else piece
        asks_on = bool(_QUESTION.match(text)) or (asks_on and runs_on)
        if text:
            before = sentence[max(0, begin - BEFORE) : begin] + piece[: len(piece) - len(text)]
            found.append(Clause(text, before, asks_on or sentence.endswith("?")))
    return found


def is_meant(text: str) -> bool:
    """Whether `text` is neither supposed, reported nor quoted."""
    return not (_UNMEANT.search(_OWN_WORDS.sub("", text)) or _QUOTED.search(text))


def is_sure(text: str) -> bool:
    """Whether `text` says something is so, not that it might be."""
    return not _HEDGED.search(text)


def _pieces(sentence: str) -> list[tuple[int, str, bool]]:
    """Where each piece begins, its text, and whether nothing but a word sets it off."""
    begin, runs_on = 0, False
    pieces: list[tuple[int, str, bool]] = []
    for end in _ENDS.finditer(sentence):
        if _HANGING.search(sentence[begin : end.start()]):
            continue
        pieces.append((begin, sentence[begin : end.start()].strip(" ,"), runs_on))
        begin, runs_on = end.end(), end.group().isspace()
    return [*pieces, (begin, sentence[begin:].strip(" ,.!?;:"), runs_on)]
