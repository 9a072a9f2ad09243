"""Voices that can be asked before any talk."""

from typing import Protocol, cast

from config.environment import revealed
from config.services import known
from config.settings import Settings
from processors.services.words import Line


class SpeakerError(Exception):
    """The voice cannot speak now."""


class Speaker(Protocol):
    """Whoever makes a line ready to play."""

    @property
    def name_of_voice(self) -> str:
        """Which voice speaks: lines kept on disk go by it."""
        ...

    async def prepare(self, text: str) -> Line:
        """`text` as a line ready to play. Raises `SpeakerError`."""
        ...


def speaker(settings: Settings, key: str) -> Speaker | None:
    """The voice at `key`, where it can be asked ahead; None where it cannot."""
    service = settings.services("tts")[key]
    match known("tts", service.service).path.rpartition(".")[2]:
        case "PiperService":
            from processors.services import build_one

            return cast(Speaker, build_one(settings, "tts", key))
        case "CartesiaTTSService":
            from processors.services.cartesia import CartesiaSpeaker

            return CartesiaSpeaker(revealed(service.args), revealed(service.settings))
        case _:
            return None
