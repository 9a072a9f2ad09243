"""What a client asks about its user's memories, over a keeper that does as it is told."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from judgement.decision import Action, decide
from judgement.moment import Kind, Moment
from memory.store import Memory, MemoryStoreError, Sort
from memory.talks import KeptTalk, recordings_of, talks_of
from processors.client import LONGEST, PART, PART_BYTES, ClientMessages
from processors.recorder import Recorder

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NO_SENSE = {"type": "notice", "text": "The message 'forget' made no sense."}
NOT_REMOVED = {"type": "notice", "text": "Memory cannot be reached: nothing was removed."}


def said(number: int, text: str = "hello", sort: Sort = Sort.TURN) -> Memory:
    when = NOON + timedelta(minutes=number)
    return Memory(f"m{number}", "sam", "talk", sort, "user", text, when)


class Told:
    """Takes the server's messages."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    async def send_server_message(self, data: dict[str, Any]) -> None:
        self.messages.append(data)


@dataclass
class FakeKeeper:
    memories: list[Memory] = field(default_factory=list)
    consent: bool = True
    is_down: bool = False
    forgotten: list[Collection[str] | None] = field(default_factory=list)

    async def consented(self) -> None:
        self.consent = True

    async def withdrawn(self) -> None:
        self.consent = False

    async def remembered(self) -> list[Memory]:
        self._answer()
        return self.memories

    async def forget(self, ids: Collection[str] | None = None) -> int:
        self._answer()
        self.forgotten.append(ids)
        return len(self.memories if ids is None else ids)

    def _answer(self) -> None:
        if self.is_down:
            raise MemoryStoreError("the disk is full")


@dataclass
class FakeTalk:
    keeper: FakeKeeper
    recorder: Recorder
    id: str = "talk"
    user: str = "sam"
    remembers: bool = True


@dataclass
class Client:
    talk: FakeTalk

    @property
    def keeper(self) -> FakeKeeper:
        return self.talk.keeper

    async def send(self, kind: str, data: object) -> list[dict[str, Any]]:
        """What the server says to one message."""
        told = Told()
        await ClientMessages(self.talk, told, None).received(kind, data)  # type: ignore[arg-type]
        return told.messages


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    recorder = Recorder(tmp_path, "talk", user="sam")
    yield Client(FakeTalk(FakeKeeper(), recorder))
    recorder.close()


def heard(recorder: Recorder) -> None:
    """Something to keep of a talk: sound and a decision."""
    recorder.sound(b"\0\0\1\1" * 160, 16000, 2)
    recorder.decided(Moment(Kind.PAUSE, "hello"), decide(Action.REPLY, "because"))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def record(folder: Path, talk: str, user: str) -> Recorder:
    recorder = Recorder(folder, talk, user=user)
    heard(recorder)
    return recorder


async def test_all_that_is_remembered_is_told_with_who_said_it_and_when(client: Client):
    client.keeper.memories = [
        said(0, "It is on Thursday."),
        said(1, "meeting: Thursday", Sort.FACT),
    ]
    assert await client.send("memories", {}) == [
        {
            "type": "memories",
            "items": [
                {
                    "id": "m0",
                    "sort": "turn",
                    "who": "user",
                    "text": "It is on Thursday.",
                    "when": "2026-03-01T12:00:00+00:00",
                    "talk": "talk",
                },
                {
                    "id": "m1",
                    "sort": "fact",
                    "who": "user",
                    "text": "meeting: Thursday",
                    "when": "2026-03-01T12:01:00+00:00",
                    "talk": "talk",
                },
            ],
            "consent": True,
            "part": 1,
            "of": 1,
        }
    ]


async def test_an_outdated_fact_is_told_with_until_when_it_held(client: Client):
    client.keeper.memories = [
        replace(said(number, value, Sort.FACT), about="meeting", value=value)
        for number, value in enumerate(("Thursday", "Tuesday"))
    ]
    [told] = await client.send("memories", {})
    assert [item.get("until") for item in told["items"]] == ["2026-03-01T12:01:00+00:00", None]


@pytest.mark.parametrize("consent", [True, False])
async def test_nothing_remembered_is_told_as_nothing_with_the_consent(
    client: Client, consent: bool
):
    client.keeper.consent = consent
    told = {"type": "memories", "items": [], "consent": consent, "part": 1, "of": 1}
    assert await client.send("memories", {}) == [told]


async def test_consent_is_given_and_withdrawn(client: Client):
    assert await client.send("consent", {"value": False}) == []
    assert not client.keeper.consent
    assert await client.send("consent", {"value": True}) == []
    assert client.keeper.consent


async def test_consent_to_an_agent_that_keeps_nothing_is_not_taken(client: Client):
    client.talk.remembers = client.keeper.consent = False
    (told,) = await client.send("consent", {"value": True})
    assert told["type"] == "notice" and "keeps nothing" in told["text"]
    assert not client.keeper.consent


async def test_many_memories_come_in_parts_in_their_order(client: Client):
    client.keeper.memories = [said(number) for number in range(2 * PART + 1)]
    told = await client.send("memories", {})
    assert [len(each["items"]) for each in told] == [PART, PART, 1]
    assert [(each["part"], each["of"]) for each in told] == [(1, 3), (2, 3), (3, 3)]
    ids = [item["id"] for each in told for item in each["items"]]
    assert ids == [memory.id for memory in client.keeper.memories]


async def test_a_part_of_long_memories_still_fits_a_data_channel(client: Client):
    client.keeper.memories = [said(number, "😀" * 2000) for number in range(9)]
    client.keeper.memories.append(said(9, "😀" * 100_000))
    told = await client.send("memories", {})
    assert max(len(json.dumps(each)) for each in told) < PART_BYTES + 200 < 2**16
    texts = [item["text"] for each in told for item in each["items"]]
    assert texts[:9] == ["😀" * 2000] * 9
    assert texts[9] == "😀" * LONGEST + "…"


async def test_a_memory_that_cannot_be_read_is_told(client: Client):
    client.keeper.is_down = True
    notice = {"type": "notice", "text": "Memory cannot be read."}
    assert await client.send("memories", {}) == [notice]


async def test_what_is_named_is_forgotten_and_confirmed(client: Client):
    told = await client.send("forget", {"ids": ["a", "b"]})
    assert told == [{"type": "forgotten", "count": 2, "ids": ["a", "b"]}]
    assert client.keeper.forgotten == [["a", "b"]]


async def test_all_is_forgotten_kept_talks_and_recordings_too(client: Client, tmp_path: Path):
    client.keeper.memories = [said(0), said(1), said(2)]
    for user in ("sam", "kim"):
        KeptTalk(tmp_path, f"of-{user}", user).add({"said": "hello"})
    record(tmp_path, "earlier", "sam").close()
    record(tmp_path, "hers", "kim").close()
    heard(client.talk.recorder)
    told = await client.send("forget", {"all": True})
    assert told == [
        {"type": "forgotten", "count": 3, "ids": None, "talks": 1, "recordings": 2},
    ]
    assert client.keeper.forgotten == [None]
    assert names_in(tmp_path) == ["hers", "of-kim.jsonl"]


async def test_after_all_is_forgotten_nothing_more_of_the_talk_is_kept(
    client: Client, tmp_path: Path
):
    heard(client.talk.recorder)
    await client.send("forget", {"all": True})
    heard(client.talk.recorder)
    (notice,) = await client.send("mark", {"id": 1, "right": True})
    assert "nothing more of this talk is kept" in notice["text"]
    client.talk.recorder.close()
    assert names_in(tmp_path) == []


async def test_forgetting_one_thing_leaves_talks_and_recordings(client: Client, tmp_path: Path):
    KeptTalk(tmp_path, "of-sam", "sam").add({"said": "hello"})
    heard(client.talk.recorder)
    await client.send("forget", {"ids": ["a"]})
    assert talks_of(tmp_path, "sam") and recordings_of(tmp_path, "sam")


async def test_kept_talks_that_cannot_be_removed_are_told_beside_what_was(
    client: Client, tmp_path: Path
):
    (tmp_path / "of-sam.jsonl").mkdir()  # cannot be read as a file
    notice, forgotten = await client.send("forget", {"all": True})
    text = "What is kept of your talks could not all be removed."
    assert notice == {"type": "notice", "text": text}
    assert forgotten["type"] == "forgotten"


@pytest.mark.parametrize("data", [{"ids": ["a"]}, {"all": True}])
async def test_what_could_not_be_forgotten_is_told(client: Client, data: object, tmp_path: Path):
    KeptTalk(tmp_path, "of-sam", "sam").add({"said": "hello"})
    client.keeper.is_down = True
    assert await client.send("forget", data) == [NOT_REMOVED]
    assert talks_of(tmp_path, "sam")


@pytest.mark.parametrize(
    "data",
    [
        {},
        None,
        {"ids": None},
        {"ids": []},
        {"ids": "a"},
        {"ids": ["a", 1]},
        {"ids": {"a": 1}},
        {"ids": ["a"] * 1001},
        {"all": False},
        {"all": 1},
        {"all": "yes"},
        {"all": True, "ids": []},
    ],
)
async def test_a_request_to_forget_that_makes_no_sense_forgets_nothing(
    client: Client, data: object
):
    assert await client.send("forget", data) == [NO_SENSE]
    assert not client.keeper.forgotten


async def test_a_thousand_are_forgotten_at_once(client: Client):
    (told,) = await client.send("forget", {"ids": ["a"] * 1000})
    assert told["count"] == 1000
