"""Every key of a profile, with its default and one line of what it means."""

from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    field_validator,
    model_validator,
)

from config.files import names_a_secret
from judgement.artefact import DEFAULT

HIDDEN = "**********"


def _no_switch(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number, not yes or no")
    return value


def _address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return url


Address = Annotated[str, AfterValidator(_address)]
Number = Annotated[float, BeforeValidator(_no_switch), Field(allow_inf_nan=False)]
Count = Annotated[int, BeforeValidator(_no_switch)]


class Section(BaseModel):
    """Frozen keys, none beside them. Values from the environment show as stars."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())
    _hidden: frozenset[str] = PrivateAttr(default=frozenset())

    def hide(self, key: str) -> None:
        """From now on, keep `key`'s value out of every repr and str."""
        self._hidden |= {key}

    def shown(self, key: str) -> str:
        """The value as a person may see it."""
        return HIDDEN if key in self._hidden else str(getattr(self, key))

    def __repr_args__(self):
        """Pydantic's repr and str are made of these."""
        for key, value in super().__repr_args__():
            yield key, HIDDEN if key in self._hidden else value


def seal(tree: Any) -> Any:
    """`tree` with the values of keys that are named like secrets as `SecretStr`."""
    match tree:
        case dict():
            return {key: _seal_named(key, value) for key, value in tree.items()}
        case list():
            return [seal(each) for each in tree]
        case _:
            return tree


def _seal_named(key: str, value: Any) -> Any:
    return SecretStr(value) if names_a_secret(key) and isinstance(value, str) else seal(value)


class Service(Section):
    """A service by short name, or any class by its path."""

    service: str = Field(description="short name, or the path of any class that does this part")
    args: Mapping[str, Any] = Field(default={}, description="arguments of its constructor")
    settings: Mapping[str, Any] = Field(default={}, description="fields of its class's `Settings`")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"service": value} if isinstance(value, str) else value

    @field_validator("args", "settings", mode="before")
    @classmethod
    def _sealed(cls, value: object) -> object:
        return {} if value is None else seal(value)


class Served(Service):
    """A service, and the one that takes over while it fails."""

    then: Service | None = Field(
        default=None, description="a second service, which takes over while the first one fails"
    )


class Vad(Section):
    """When sound counts as speech (Silero)."""

    start_secs: Number = Field(
        default=0.2, gt=0, le=5, description="seconds of speech before it counts"
    )
    stop_secs: Number = Field(
        default=0.16, gt=0, le=5, description="seconds of silence that make a pause"
    )
    confidence: Number = Field(
        default=0.7, ge=0, le=1, description="how sure the detector must be, 0 to 1"
    )
    min_volume: Number = Field(
        default=0.6, ge=0, le=1, description="quieter sound is ignored, 0 to 1"
    )


class Overlap(Section):
    """What the agent does while the user makes a sound and nothing is decided."""

    low: Number = Field(
        default=0.25, gt=0, le=1, description="how loud it goes on at once; 1: as before"
    )
    pause_after: Number = Field(
        default=0.06, gt=0, le=5, description="seconds of voice after which it waits"
    )
    longest_pause: Number = Field(
        default=3.0, gt=0, le=30, description="seconds it waits at most, then it goes on"
    )
    echo_guard: bool = Field(
        default=True,
        description="whether its own voice, back through the user's microphone, counts for nothing",
    )
    far_below: Number | None = Field(
        default=13.0,
        ge=3,
        le=60,
        description="how many dB below the user's loud syllables a voice over the agent is "
        "somebody else's, farther off, and counts for nothing; null: every voice counts",
    )


class Reply(Section):
    """How the reply model answers."""

    follows_guidance: bool = Field(
        default=True,
        description="whether the model can refuse and deflect as told; "
        "no: the persona's prepared line alone is the answer",
    )
    max_tokens: Count | None = Field(
        default=160, ge=1, description="longest answer in tokens; null: the service's own"
    )
    temperature: Number | None = Field(
        default=0.7, ge=0, le=2, description="how freely it chooses words; null: the service's own"
    )
    history_turns: Count = Field(default=20, ge=1, description="turns of the talk that it sees")
    summary: bool = Field(
        default=False,
        description="whether the model sums up what it no longer sees; not a small one",
    )


class JudgeChoice(Section):
    """Who decides when to speak."""

    kind: Literal["rules", "llama"] = Field(
        default="rules", description="the rules, or a language model"
    )
    url: Address | None = Field(
        default=None,
        description="OpenAI-compatible base URL for llama; null: the model server below",
    )
    model: str | None = Field(default=None, min_length=1, description="its name at that URL")
    api_key: SecretStr | None = Field(
        default=None, description="key for that URL, if it asks for one"
    )
    policies: Literal["words", "meaning"] = Field(
        default="words",
        description="by what a policy with examples is known: its words alone, or also their "
        "meaning; the others are known to a llama by their topic",
    )
    adapter: str = Field(
        default="default",
        min_length=1,
        description="what the model server's llama was trained with: `default`, the one that comes "
        "with Repartee; `none`; or the path of a folder with judge.gguf, or of a .gguf",
    )
    threads: Count = Field(
        default=1, ge=1, le=512, description="processor threads of a llama on the model server"
    )
    budget: Number = Field(
        default=0.25, gt=0, le=5, description="seconds to decide; later, the rules answer"
    )

    @property
    def adapter_path(self) -> Path | None:
        """Where the adapter lies; None for no adapter."""
        match self.adapter:
            case "none":
                return None
            case "default":
                return DEFAULT
            case path:
                return Path(path)


class ModelServer(Section):
    """llama.cpp in our own process, for the reply model and the judge."""

    package: str | None = Field(
        default=None, min_length=1, description="package that holds a GGUF file"
    )
    path: str | None = Field(
        default=None, min_length=1, description="GGUF file, instead of a package"
    )
    slots: Count = Field(
        default=4,
        ge=1,
        le=64,
        description="prompts kept ready at once, one a talk; as many again for the judge",
    )
    context: Count = Field(default=8192, ge=512, description="tokens of all slots together")
    threads: Count = Field(
        default=1,
        ge=1,
        le=512,
        description="processor threads; more than there are idle cores makes it many times slower",
    )

    @property
    def name(self) -> str:
        """What the model is called in requests and reports."""
        return self.package or Path(self.path or "").stem

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.package is None) == (self.path is None):
            raise ValueError("needs either package or path")
        return self


class Limits(Section):
    """What code enforces, whatever the judge says."""

    first_seconds: Number = Field(
        default=5.0, ge=0, description="no interruption this early in a talk"
    )
    interruption_gap: Number = Field(
        default=20.0,
        ge=0,
        description="seconds between two interruptions; twice as many after each one in a row "
        "that the user talked on over",
    )
    quiet_hours: str | None = Field(
        default=None,
        description='when the agent never speaks first, as "22:00-07:00"',
    )
    idle_seconds: Number = Field(
        default=12.0, gt=0, description="silence before the agent may open"
    )
    idle_times: Count = Field(default=3, ge=0, description="how often it opens before it gives up")
    max_text: Count = Field(default=2000, ge=1, description="characters of a typed message")
    max_talk_minutes: Number = Field(
        default=60,
        gt=0,
        description="then a talk ends, with a goodbye; telephone calls have `phone.max_minutes`",
    )

    @field_validator("quiet_hours")
    @classmethod
    def _hours(cls, text: str | None) -> str | None:
        if text is not None:
            _span(text)
        return text

    @property
    def quiet_span(self) -> tuple[time, time] | None:
        """Start and end of the quiet hours; the end may lie on the next day."""
        return None if self.quiet_hours is None else _span(self.quiet_hours)


def _span(text: str) -> tuple[time, time]:
    try:
        start, end = (time.fromisoformat(part.strip()) for part in text.split("-"))
    except ValueError:
        raise ValueError('must read "HH:MM-HH:MM", such as "22:00-07:00"') from None
    if start == end:
        raise ValueError("must begin and end at different times")
    return start, end


class Blocks(Section):
    """What repeated abuse leads to."""

    warnings: Count = Field(default=2, ge=0, description="warnings before a timed block")
    minutes: Number = Field(default=10, gt=0, description="how long a timed block lasts")
    lasting_after: Count = Field(default=3, ge=1, description="timed blocks before a lasting one")


class Privacy(Section):
    """What is kept of a talk."""

    log_words: bool = Field(default=False, description="whether the log may hold what people say")
    keep_talk_minutes: Number = Field(
        default=15, ge=0, description="how long a finished talk can be downloaded"
    )
