"""Requests that nobody may grant, and requests that only look like them.

- hh_rlhf_harmless: first turns that ask for help with a crime, an injury, a slur or
  somebody's home address, by the words of `ASKS` and `DOES`; `DROPPED` were read and
  are none. Refused by every persona.
- coconot: its contrast requests, all of which deserve an answer: reply.
- diasafety: people in distress ("Risk Ignorance") always get a reply; medical questions
  ("Unauthorized Expertise") are refused or deflected by personas that say so, else answered.
- harmful.json: our own look-alikes, also to personas that refuse what they look like.
"""

import gzip
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from training.labelling.chunks import split_of
from training.rows import Row
from training.sources.material import OWN, Scene, load, numbered
from training.sources.unrelated import Persona, personas

LONGEST = 60  # words: what could be spoken
DISTRESSED, ADDRESSES = 500, 30  # of them at most
HEARD = {"hh_rlhf_harmless": 8, "coconot": 2, "lookalikes": 5}  # personas that hear each request
DROPPED = frozenset({
    52, 407, 508, 711, 781, 891, 916, 987, 1103, 1115, 1132, 1209, 1312, 1317, 1380, 1438, 1719,
    1205, 2014, 102,
})  # fmt: skip
ASKS = re.compile(
    r"\b(?:how (?:do|can|could|would|should|to|might)|what(?:'s| is| are| would be) "
    r"(?:the|a|an|some|good|my)|where (?:can|do|could|would|should)|what (?:can|tools|weapons?|"
    r"drugs?|is the)|help me|can you|could you|teach me|tell me|give me|i (?:want|need|wanna|like|"
    r"am going|would like|am trying) to|i'd like to|i'm (?:going|planning|trying) to|"
    r"i(?: just)? want|who can i|tips)\b",
    re.IGNORECASE,
)
DOES = re.compile(
    r"\b(?:steal|stealing|rob|robbing|shoplift|shoplifting|hack|hacking|(?:break|breaking|sneak) "
    r"into (?!a (?:movie|concert))|poison (?:someone|somebody|my|a|the|his|her|people|to (?:use|"
    r"kill|make))|kill (?:someone|somebody|my|a|people|as many|him|her|the (?:most|guy)|lots)|"
    r"killing (?:someone|somebody|a|my|people)|murder (?:someone|somebody|my|a)|"
    r"(?:make|build|making|built|plant) (?:a |an |some )?(?:pipe |nail |homemade |dirty |car )?"
    r"(?:bombs?|explosives?|explosive device|molotov|meth\b|crack|silencer|suppressor)|hit man|"
    r"cocaine|heroin|meth|fake (?:id|identity|identification|passport|check|license|covid|money)|"
    r"counterfeit\w*|launder\w*|blackmail|kidnap|torture|stalk|smuggle|scam people|scam someone|"
    r"(?:to|can i) scam|(?:home|residential) address|burn (?:a business|another|my|someone|"
    r"a body|a cross|a house)|burn (?:a business )?down|drug dealers?|illegal drugs|"
    r"insults? (?:for|on|to use on)|racist (?:jokes?|words|insults|names?)|sexist jokes?|slurs?|"
    r"credit card numbers?|identity theft|tax fraud|cheat on my taxes|rape|\w*traffick\w*|"
    r"beat up|vandaliz\w*|vandalism|break someone's|strangle|phishing|ponzi|pyramid scheme|forge|"
    r"hurt (?:someone|somebody|people)|spike the|hide (?:a|the) (?:dead )?body|"
    r"get away with (?:murder|stealing|a crime|fraud|killing)|lynch|black market)\b",
    re.IGNORECASE,
)
UNLIKE = re.compile(
    r"\b(?:myself|suicide|rabbits?|rats?|mice|mouse|ants?|bugs?|weeds?|wasps?|spiders?|film|movie|"
    r"video game|novel|story|character|protect|prevent|stop (?:people|someone|him|her)|manga|"
    r"sopranos|is it (?:true|common|ok|okay|all right)|favou?rite|most common|statistic\w*|"
    r"history|who used|prank\w*|mona lisa|junkyard|what is crack|how long does|did|were|was)\b",
    re.IGNORECASE,
)


Named = Mapping[str, Sequence[str]]  # policies by split


def rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    """Rows of all sources. Raises `FileNotFoundError` where one is missing."""
    own = load("harmful")
    yield from numbered(
        row
        for read in (
            _wicked(folder, own["policies"], chance),
            _contrast(folder, chance),
            _distressed(folder, chance),
            _medical(folder, own["medical"], chance),
            _lookalikes(own["lookalikes"], own["policies"], chance),
        )
        for row in read
    )


def _row(
    head: tuple[str, str, str], said: str, label: str, how: str, who: Persona, chance: random.Random
) -> Row:
    """A pause after `said`; `head` is source, licence and talk."""
    source, licence, talk = head
    refuse, deflect, eager = who
    scene = Scene(
        source, talk, split_of(talk), licence, eager, refuse=refuse, deflect=deflect
    )  # fmt: skip
    return scene.row("pause", said, label, how, pause=round(chance.uniform(0.25, 1.3), 2))


def wicked(folder: Path) -> Iterator[tuple[str, str]]:
    """The talk and the words of each request that is plainly for harm."""
    path = folder / "hh_rlhf_harmless/test.jsonl.gz"
    seen: set[str] = set()
    addresses = 0
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file):
            first = re.match(
                r"\s*Human: (.*?)(?=\n\nAssistant: )", json.loads(line)["chosen"], re.S
            )
            said = _clean(first[1]) if first else ""
            if number in DROPPED or said.lower() in seen or not _is_wicked(said):
                continue
            seen.add(said.lower())
            if " address" in said:
                addresses += 1
                if addresses > ADDRESSES:
                    continue
            yield "hh:address" if " address" in said else f"hh:{said[:40]}", said


def _is_wicked(said: str) -> bool:
    short = 3 <= len(said.split()) <= LONGEST
    return bool(short and ASKS.search(said) and DOES.search(said) and not UNLIKE.search(said))


def _wicked(folder: Path, named: Named, chance: random.Random) -> Iterator[Row]:
    for talk, said in wicked(folder):
        split = split_of(talk)
        for refuse, deflect, eager in personas(split, HEARD["hh_rlhf_harmless"], chance):
            if chance.random() < 0.25:
                refuse = (*refuse, chance.choice(named[split]))
            head = ("hh_rlhf_harmless", "MIT", talk)
            how = "asks for help with doing harm, whatever the persona"
            yield _row(head, said, "refuse", how, (refuse, deflect, eager), chance)


def _contrast(folder: Path, chance: random.Random) -> Iterator[Row]:
    for name in ("coconot_pref", "coconot_contrast_eval"):
        path = folder / f"coconot/{name}.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines():
            each = json.loads(line)
            said = _clean(each["prompt"])
            if len(said.split()) > LONGEST:
                continue
            head = ("coconot", "MIT", f"coconot:{said.lower()[:40]}")
            how = f"only looks like what is refused: {each['subcategory']}"
            for who in personas(split_of(head[2]), HEARD["coconot"], chance):
                yield _row(head, said, "reply", how, who, chance)


def _diasafety(folder: Path, category: str) -> list[str]:
    said = {
        _clean(each["context"]): None
        for part in ("train", "val")
        for each in json.loads((folder / f"diasafety/{part}.json").read_text(encoding="utf-8"))
        if each["category"] == category
    }
    return [text for text in said if 4 <= len(text.split()) <= LONGEST and text.isascii()]


def _distressed(folder: Path, chance: random.Random) -> Iterator[Row]:
    for said in _diasafety(folder, "Risk Ignorance")[:DISTRESSED]:
        head = ("diasafety", "Apache-2.0", f"diasafety:distress:{said[-40:]}")
        for who in personas(split_of(head[2]), 2, chance):
            yield _row(head, said, "reply", "somebody in distress is answered", who, chance)


def _medical(folder: Path, named: Named, chance: random.Random) -> Iterator[Row]:
    for said in _diasafety(folder, "Unauthorized Expertise"):
        head = ("diasafety", "Apache-2.0", f"diasafety:medical:{said[-40:]}")
        split = split_of(head[2])
        for label, (refuse, deflect, eager) in zip(
            ("reply", "refuse", "deflect"), personas(split, 3, chance), strict=True
        ):
            policy = (chance.choice(named[split]),)
            who = (
                refuse + policy if label == "refuse" else refuse,
                deflect + policy if label == "deflect" else deflect,
                eager,
            )
            how = (
                "a medical question, and no policy"
                if label == "reply"
                else f"the persona {label}s this"
            )
            yield _row(head, said, label, how, who, chance)


def _lookalikes(said: Sequence[str], named: Named, chance: random.Random) -> Iterator[Row]:
    for number, text in enumerate(said):
        head = ("lookalikes", OWN, f"lookalikes:{number}")
        split = split_of(head[2])
        for refuse, deflect, eager in personas(split, HEARD["lookalikes"], chance):
            more = tuple(chance.sample(named[split], chance.randint(0, 2)))
            how = "only sounds like what is refused"
            yield _row(head, text, "reply", how, (refuse + more, deflect, eager), chance)


def _clean(text: str) -> str:
    return " ".join(text.split())
