"""The real app with its gate, over a bot that only notes whom it was called for.

async with entrance("access: {talks: 1}") as door:
    answer = await door.post("/start", {})
    assert not door.calls
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import aiohttp
import uvicorn
from aiortc import RTCConfiguration, RTCPeerConnection
from fastapi import FastAPI
from pipecat.runner import run
from pipecat.runner.types import RunnerArguments

from config.settings import Settings, load
from memory.blocks import Blocks
from memory.invitations import Invitations
from processors.seats import Seats
from server.admit import admit, command_line
from server.entry import Entry
from server.tokens import Tokens

PROFILE = "stt: moonshine\nllm: openai\ntts: piper\nmemory: {store: none}\n"
SECRET = "a secret of more than sixteen"
SIGNED = f'access: {{secret: "{SECRET}"}}\n'


@dataclass
class Door:
    """The app, from outside."""

    url: str
    http: aiohttp.ClientSession
    settings: Settings
    entry: Entry
    shared: Any
    calls: list[RunnerArguments]
    stay: asyncio.Event
    over: int = 0
    sockets: list[aiohttp.ClientWebSocketResponse] = field(default_factory=list[Any])

    def sign_in(self, name: str = "sam", seconds: float = 60, secret: str = SECRET) -> dict:
        """The header of somebody who is signed in."""
        return {"Authorization": f"Bearer {Tokens(secret).make('page', seconds, user=name)}"}

    async def get(self, path: str, headers: Any = None) -> tuple[int, Any, Any]:
        return await self.ask("GET", path, headers=headers)

    async def post(self, path: str, body: Any = None, headers: Any = None) -> tuple[int, Any, Any]:
        """Status, what came, and the headers of the answer."""
        return await self.ask("POST", path, json=body, headers=headers)

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any, Any]:
        asked = self.http.request(method, self.url + path, allow_redirects=False, **more)
        async with asked as answer:
            is_json = answer.content_type == "application/json"
            return (
                answer.status,
                await (answer.json() if is_json else answer.text()),
                answer.headers,
            )

    async def socket(self, path: str, headers: Any = None) -> int:
        """Knock at a socket: 101 where it opens, else the status of the refusal."""
        try:
            socket = await self.http.ws_connect(self.url + path, headers=headers)
        except aiohttp.WSServerHandshakeError as error:
            return error.status
        self.sockets.append(socket)
        return 101


@asynccontextmanager
async def entrance(
    profile: str = "", *arguments: str, bot: Any = None, invitations: Invitations | None = None
) -> AsyncIterator[Door]:
    """The app of a profile, as with those arguments of Pipecat's runner, on a free port."""
    with TemporaryDirectory() as folder:
        settings = _settings(Path(folder), profile)
        access = settings.access
        shared = SimpleNamespace(
            seats=Seats(access.talks, access.half_open),
            blocks=Blocks(Path(folder) / "access.db", warnings=0, minutes=10),
            invitations=invitations or Invitations(Path(folder) / "access.db"),
            switchboards={},
            lines={},
        )
        calls: list[RunnerArguments] = []
        stay = asyncio.Event()

        async def noting(runner_args: RunnerArguments) -> None:
            calls.append(runner_args)
            await (bot(runner_args, shared) if bot else stay.wait())

        app = FastAPI()
        entry = admit(app, settings, shared, noting, command_line(arguments))
        _add_pipecats(app, arguments)
        server = uvicorn.Server(
            uvicorn.Config(app, port=0, log_level="critical", ws_max_size=2**20)
        )
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            async with aiohttp.ClientSession() as http:
                url = f"http://localhost:{port}"
                door = Door(url, http, settings, entry, shared, calls, stay)
                yield door
                stay.set()
                for socket in door.sockets:
                    await socket.close()
        finally:
            stay.set()
            server.should_exit = True
            server.force_exit = True
            await serving


def _settings(folder: Path, profile: str) -> Settings:
    path = folder / "mine.yaml"
    path.write_text(PROFILE + profile)
    return load(path, environ={"OPENAI_API_KEY": "none"})


def _add_pipecats(app: FastAPI, arguments: tuple[str, ...]) -> None:
    """Pipecat's own routes, behind ours, as its runner adds them."""
    given = command_line(arguments)
    args = SimpleNamespace(
        **vars(given) | {"ws_auth": "none", "downloads_folder": None},
        whatsapp=False,
        dialin=False,
        runner_body=None,
        port=7860,
    )
    theirs, run.app = run.app, app
    try:
        run._configure_server_app(args)
    finally:
        run.app = theirs


async def offer(ending: str = "a=end-of-candidates\r\n") -> dict[str, str]:
    """An offer as a browser makes it, of somebody who is never there."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTransceiver("audio")
    peer.createDataChannel("chat")
    await peer.setLocalDescription(await peer.createOffer())
    lines = peer.localDescription.sdp.splitlines(keepends=True)
    await peer.close()
    return {"sdp": "".join(x for x in lines if "candidate" not in x) + ending, "type": "offer"}
