"""What a profile says of memory: where it lives, what knows meanings, how long it is kept."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from config.sections import Address, Count, Section, seal


class EmbeddingServer(Section):
    """A sentence model behind an OpenAI-compatible address."""

    url: str = Field(min_length=1, description="with or without /v1")
    model: str = Field(min_length=1, description="as the server names it")
    dimensions: Count = Field(ge=8, multiple_of=8, description="length of its vectors")
    api_key: SecretStr | None = Field(default=None, description="where the server wants one")


class LettaServer(Section):
    """A Letta server of one's own."""

    url: Address = Field(description="its base URL")
    api_key: SecretStr | None = Field(default=None, description="where the server wants one")
    embedding: str | None = Field(
        default=None,
        min_length=1,
        description="its embedding model for new users; null: the server chooses",
    )


class MemoryChoice(Section):
    """What is kept of a user."""

    store: Literal["sqlite", "postgres", "mem0", "letta", "none"] = Field(
        default="sqlite", description="where memories live"
    )
    path: str = Field(
        default="data/memory.db",
        min_length=1,
        description="file of the sqlite store; beside it lies what every store needs on this disk",
    )
    dsn: SecretStr | None = Field(
        default=None, description="address of the postgres store: postgresql://user:word@host/name"
    )
    mem0: Mapping[str, Any] = Field(
        default={},
        description="configuration of the mem0 store, as mem0 takes it; "
        "empty: files beside the path above, compared by the model below",
    )
    letta: LettaServer | None = Field(default=None, description="the server of the letta store")
    embedding: Literal["minilm", "none"] | EmbeddingServer = Field(
        default="minilm", description="what knows meanings: in this process, or a server's model"
    )
    recalled: Count = Field(default=6, ge=0, le=20, description="memories told for an answer")
    keep_days: Count = Field(
        default=0, ge=0, description="days after which a memory is removed; 0: never"
    )
    extract: Literal["patterns", "llm"] = Field(
        default="patterns", description="what finds facts: patterns alone, or the reply model too"
    )

    @property
    def is_lasting(self) -> bool:
        """Whether what is said can outlive the talk."""
        return self.store != "none"

    @field_validator("mem0", mode="before")
    @classmethod
    def _sealed(cls, value: object) -> object:
        return {} if value is None else seal(value)

    @model_validator(mode="after")
    def _store_has_what_it_needs(self) -> Self:
        if self.store == "postgres" and self.dsn is None:
            raise ValueError("store postgres needs dsn, its address")
        if self.store == "letta" and self.letta is None:
            raise ValueError("store letta needs letta, with the url of its server")
        if self.store == "mem0" and not self.mem0 and self.embedding == "none":
            raise ValueError("store mem0 needs a configuration (mem0), or an embedding")
        return self
