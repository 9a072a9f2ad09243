"""The page's routes, and the page itself in a real browser."""

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from fastapi.testclient import TestClient

from judgement.persona import Persona
from memory.talks import write_owner
from server.gate import Visitor
from server.web import mount

TALK = "0f8fad5b-d9cb-469f-a165-70867728950e"
ASSISTANT = Persona("assistant", "helps", title="Assistant")
CLERK = Persona("clerk", "sells", title="Busy clerk", proactivity=0.3)


@dataclass
class Embedded:
    profile: str = "embedded"


def app_over(folder: Path, *, sample: bytes | None = b"RIFF", remembers: bool = True) -> FastAPI:
    """An app with the page, and with Pipecat's redirect registered after it."""
    app = FastAPI()
    file = folder / "sample.wav"
    if sample is not None:
        file.write_bytes(sample)
    mount(
        app,
        Embedded(),
        personas=lambda: {"assistant": ASSISTANT, "clerk": CLERK},
        persona=ASSISTANT,
        talks_folder=folder / "talks",
        remembers=remembers,
        sample=file,
    )
    app.add_api_route("/", lambda: RedirectResponse("/client/"))
    return app


@pytest.fixture
def web(tmp_path: Path) -> TestClient:
    return TestClient(app_over(tmp_path))


def keep_talk(folder: Path, **files: bytes) -> None:
    talk = folder / "talks" / TALK
    talk.mkdir(parents=True)
    for name, content in files.items():
        (talk / name.replace("_", ".")).write_bytes(content)


def test_the_page_answers_at_the_root_before_pipecats_redirect(web: TestClient):
    response = web.get("/")
    assert response.status_code == 200
    assert "<title>Repartee</title>" in response.text
    assert response.headers["cache-control"] == "no-store"


def test_the_page_may_load_nothing_from_elsewhere(web: TestClient):
    policy = web.get("/").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy and "unsafe" not in policy


def test_every_file_that_the_page_names_is_served_and_checked_for_changes(web: TestClient):
    for name, kind in (("page.js", "javascript"), ("index.css", "css"), ("icon.svg", "svg")):
        response = web.get(f"/assets/{name}")
        assert response.status_code == 200 and kind in response.headers["content-type"]
        assert response.headers["cache-control"] == "no-cache"
        again = web.get(f"/assets/{name}", headers={"If-None-Match": response.headers["etag"]})
        assert again.status_code == 304


def test_the_profile_tells_who_can_be_talked_to(web: TestClient):
    assert web.get("/api/profile").json() == {
        "profile": "embedded",
        "personas": [
            {"name": "assistant", "title": "Assistant", "proactivity": 0.5},
            {"name": "clerk", "title": "Busy clerk", "proactivity": 0.3},
        ],
        "persona": "assistant",
        "proactivity": 0.5,
        "sample": True,
        "remembers": True,
    }


def test_without_a_sample_the_profile_says_so_and_its_sound_is_missing(tmp_path: Path):
    web = TestClient(app_over(tmp_path, sample=None))
    assert web.get("/api/profile").json()["sample"] is False
    assert web.get("/api/sample.wav").status_code == 404


def test_a_profile_that_keeps_nothing_says_so(tmp_path: Path):
    web = TestClient(app_over(tmp_path, remembers=False))
    assert web.get("/api/profile").json()["remembers"] is False


def test_the_sample_is_served_as_sound(web: TestClient):
    response = web.get("/api/sample.wav")
    assert response.headers["content-type"] == "audio/wav" and response.content == b"RIFF"


def test_a_talk_is_downloaded_as_sound_and_rows(web: TestClient, tmp_path: Path):
    keep_talk(tmp_path, audio_wav=b"RIFFsound", rows_jsonl=b'{"id": 1}\n')
    response = web.get(f"/api/talks/{TALK}.zip")
    assert response.headers["content-type"] == "application/zip"
    assert f"talk-{TALK}.zip" in response.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(response.content)) as packed:
        assert packed.read("audio.wav") == b"RIFFsound"
        assert json.loads(packed.read("rows.jsonl")) == {"id": 1}


def test_a_talk_that_has_only_sound_so_far_is_downloaded_with_that(web: TestClient, tmp_path: Path):
    keep_talk(tmp_path, audio_wav=b"RIFFsound", rows_jsonl=b"")
    with zipfile.ZipFile(io.BytesIO(web.get(f"/api/talks/{TALK}.zip").content)) as packed:
        assert packed.namelist() == ["audio.wav"]


def test_an_unknown_and_an_empty_talk_are_missing_with_a_word(web: TestClient, tmp_path: Path):
    keep_talk(tmp_path)
    for talk in (TALK, TALK.replace("0", "1")):
        response = web.get(f"/api/talks/{talk}.zip")
        assert response.status_code == 404
        assert "nothing of it yet" in response.json()["detail"]


@pytest.mark.parametrize(
    "talk", ["..", "%2e%2e%2fsecret", "../" * 12 + "secret", "x" * 36, TALK + "0", TALK.upper()]
)
def test_an_id_that_is_no_id_reaches_no_file(web: TestClient, tmp_path: Path, talk: str):
    (tmp_path / "audio.wav").write_bytes(b"secret")
    assert web.get(f"/api/talks/{talk}.zip").status_code == 404


def test_a_mark_on_a_finished_talk_goes_into_its_row(web: TestClient, tmp_path: Path):
    keep_talk(tmp_path, rows_jsonl=b'{"label": "reply"}\n{"label": "silence"}\n')
    mark = {"id": 2, "right": False, "should": "interrupt"}
    assert web.post(f"/api/talks/{TALK}/marks", json=mark).status_code == 204
    rows = (tmp_path / "talks" / TALK / "rows.jsonl").read_text().splitlines()
    assert [json.loads(row) for row in rows] == [
        {"label": "reply"},
        {"label": "interrupt", "marked": "wrong"},
    ]


@pytest.mark.parametrize(
    ("talk", "mark", "status"),
    [
        (TALK, {"id": 3, "right": True}, 404),
        (TALK, {"id": 0, "right": True}, 404),
        (TALK.replace("0", "1"), {"id": 1, "right": True}, 404),
        ("..", {"id": 1, "right": True}, 404),
        (TALK, {"id": 1, "right": True, "should": "shout"}, 422),
    ],
)
def test_a_mark_that_fits_no_row_changes_nothing(
    web: TestClient, tmp_path: Path, talk: str, mark: dict[str, object], status: int
):
    keep_talk(tmp_path, rows_jsonl=b"{}\n{}\n")
    assert web.post(f"/api/talks/{talk}/marks", json=mark).status_code == status
    assert (tmp_path / "talks" / TALK / "rows.jsonl").read_bytes() == b"{}\n{}\n"


@pytest.mark.parametrize(("name", "status"), [("sam", 200), ("max", 404), ("", 200)])
def test_who_signed_in_downloads_their_own_talks_alone(tmp_path: Path, name: str, status: int):
    keep_talk(tmp_path, rows_jsonl=b"{}\n")
    write_owner(tmp_path / "talks" / TALK, "sam")
    app = app_over(tmp_path)

    async def signed_in(scope, receive, send):
        await app({**scope, "visitor": Visitor(name)}, receive, send)

    web = TestClient(signed_in)
    assert web.get(f"/api/talks/{TALK}.zip").status_code == status
    marked = web.post(f"/api/talks/{TALK}/marks", json={"id": 1, "right": True})
    assert marked.status_code == {200: 204}.get(status, status)
