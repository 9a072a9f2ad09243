"""A line that waits for calls, or registers at an exchange, and answers each with a talk."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractContextManager, nullcontext, suppress

from baresip import Account, Call, Config, Runtime, UserAgent
from baresip.call import CallState
from baresip.errors import BaresipError, CallFailed, RegistrationError
from loguru import logger

from config.sip import SipChoice
from processors.sip.addresses import tell_addresses
from processors.sip.call import SipCall
from processors.sip.caller import exchange, identity, shown

SET_UP = 15.0  # s in which an answered call must be acknowledged
LOST = 60  # s without a packet after which a caller is gone
RETRY = 30.0  # s between two tries to register
FAREWELL = 2.0  # s that talks have to end when the line is closed
ASSERTED = "P-Asserted-Identity"  # who an exchange says is calling
CODECS = {"opus": "opus/48000/2", "pcmu": "pcmu/8000/1", "pcma": "pcma/8000/1"}

Answer = Callable[[SipCall], Awaitable[None]]
Seat = Callable[[SipCall], AbstractContextManager[Answer | None]]


class SipLine:
    """Open inside an `async with`. Each call is answered, for as long as the answer lasts.

    One line a process: the stack beneath it is global. A call beyond `most`, or
    one that gets no answer, is refused as busy (486) before anything is made for it.
    Nobody can have this line call somebody else: a caller's own request for a
    transfer is refused.
    """

    def __init__(
        self,
        choice: SipChoice,
        answer: Answer,
        *,
        seat: Seat | None = None,
        most: int = 4,
        transfer_to: Collection[str] = (),
    ) -> None:
        """As `choice` says; calls may be passed on to `transfer_to` alone.

        A call is answered with `answer`, or where there is a `seat` with what that
        gives for it, None for no answer. A seat is left when the call is over.
        """
        self._choice = choice
        self._seat: Seat = seat or (lambda _: nullcontext(answer))
        self._most = most
        self._transfer_to = tuple(transfer_to)
        self._runtime = Runtime()
        self._tasks: set[asyncio.Task[None]] = set()
        self._registering: asyncio.Task[None] | None = None

    @property
    def calls(self) -> int:
        """How many calls there are now."""
        return len(self._tasks)

    async def __aenter__(self) -> "SipLine":
        logging.getLogger("baresip").setLevel(logging.CRITICAL)  # its lines hold who calls
        await self._runtime.start(self._config())
        await asyncio.to_thread(tell_addresses)
        agent = await UserAgent.create(self._runtime, self._account(), transfer_policy="reject")
        agent.on_incoming(self._ring)
        if self._choice.registrar:
            self._registering = asyncio.create_task(self._register(agent))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._registering:
            self._registering.cancel()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FAREWELL)
        with suppress(BaresipError):
            await self._runtime.close()

    def _config(self) -> Config:
        choice = self._choice
        lines = [
            f"sip_listen {choice.host}:{choice.port}",
            f"rtp_ports {choice.rtp_ports}",
            "audio_jitter_buffer_type off",  # ears need no even pace
        ]
        return Config(
            net_interface=None if choice.host == "0.0.0.0" else choice.host,
            max_concurrent_calls=self._most,
            rtp_timeout=LOST,
            expose_headers=(ASSERTED,),
            native_log_level="error",
            extra_config_text="\n".join(lines),
        )

    def _account(self) -> Account:
        choice = self._choice
        password = choice.password.get_secret_value() if choice.password else ""
        return Account(
            user=choice.user,
            domain=choice.registrar or f"{choice.host}:{choice.port}",
            password=password,
            auth_user=choice.auth_user,
            reg_interval=choice.expires if choice.registrar else 0,
            transport=choice.transport,
            audio_codecs=tuple(CODECS[codec] for codec in choice.codecs),
            dtmf_mode="info" if choice.keys == "info" else "auto",
            extra_params=("video_codecs=",),
        )

    async def _register(self, agent: UserAgent) -> None:
        """Register, and try again until it works; then the stack refreshes it by itself."""
        while True:
            try:
                await agent.register()
            except RegistrationError as error:
                logger.warning(f"phone: {self._choice.registrar} does not take us: {error.reason}")
            except BaresipError as error:
                logger.warning(f"phone: registering: {error}")
            else:
                logger.info(f"phone: registered at {self._choice.registrar}")
                return
            await asyncio.sleep(RETRY)

    def _ring(self, call: Call) -> None:
        task = asyncio.create_task(self._take(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take(self, call: Call) -> None:
        """One call from its ringing to its end; none is left open behind a talk that failed."""
        asserted = call.headers.get(ASSERTED) if self._choice.registrar else None
        caller = identity(asserted, call.peer)
        logger.info(f"phone: a call from {shown(caller)}, {self.calls} now")
        numbers_at = self._choice.registrar or exchange(call.peer)
        taken = SipCall(call, caller, self._transfer_to, domain=numbers_at)
        try:
            with self._seat(taken) as answer:
                if answer is None:
                    await call.reject()
                elif await _established(call):
                    await answer(taken)
        except Exception:
            logger.exception("phone: a call failed")
        finally:
            await asyncio.shield(taken.hang_up())
            logger.info(f"phone: the call from {shown(caller)} is over")


async def _established(call: Call) -> bool:
    """Answer; whether the caller is still there then."""
    try:
        await call.answer()
        await call.wait_established(SET_UP)
    except (BaresipError, CallFailed):
        return False
    return call.state is CallState.ESTABLISHED
