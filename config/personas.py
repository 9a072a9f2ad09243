"""Personas as files: config/personas/NAME.yaml, or a file of your own."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, ValidationInfo, field_validator

from config.files import SettingsError, problem, read_mapping, sentences, suggestion
from config.sections import Number, Section
from judgement.persona import Persona
from judgement.words import topic_of

PERSONAS = Path(__file__).parent / "personas"

_POLICY = re.compile(r"[^()]*[^()\s]\s*\(([^()]+)\)")
_UNSPEAKABLE = re.compile(r"[*_#<>{}\[\]|~`^\\]|https?:")
_LONGEST_LINE = 200  # characters: a line is spoken in one breath

Lines = tuple[str, ...]


class PersonaFile(Section):
    """The keys of a persona's file."""

    name: str = Field(default="", description="its name; empty: the file's")
    title: str = Field(default="", description="what the page calls it; empty: its name")
    manner: str = Field(min_length=1, description="who it is and how it speaks, told to the model")
    refuse: Lines = Field(
        default=(), description="what it refuses, each as `topic (word, word, phrase)`"
    )
    deflect: Lines = Field(
        default=(), description="what it turns away from, each as `topic (word, word, phrase)`"
    )
    examples: Mapping[str, Lines] = Field(
        default={}, description="by topic, whole sentences that touch a policy by their meaning"
    )
    answers: Lines = Field(
        default=(), description="whole sentences that look like those, and that it answers"
    )
    proactivity: Number = Field(
        default=0.5, ge=0, le=1, description="from 0, speaks only when asked, to 1"
    )
    least_pause: Number = Field(
        default=0.0, ge=0, le=2, description="seconds of pause that it leaves before any answer"
    )
    patience: Number = Field(
        default=3.0, ge=0.5, lt=5, description="seconds of pause at which a silence is final"
    )
    greeting: str = Field(default="", description="its first words; empty: it waits")
    openers: Lines = Field(min_length=1, description="sentences to cut in with")
    handovers: Lines = Field(
        default=("Go on.",),
        min_length=1,
        description="sentences that give the floor back after cutting in, "
        "where the model is not guided",
    )
    backchannels: Lines = Field(
        default=("Um-hum.", "Uh-huh.", "I see.", "Right."),
        description="what it says quietly while it listens, from a proactivity of 0.5 on, "
        "where the voice can be asked ahead; empty: nothing",
    )
    refusals: Lines = Field(min_length=1, description="sentences that open a refusal")
    deflections: Lines = Field(min_length=1, description="sentences that open a deflection")
    idle: Lines = Field(min_length=3, description="sentences after a silence")
    subjects: Lines = Field(min_length=3, description="sentences that change the subject")

    @field_validator("patience")
    @classmethod
    def _patience(cls, patience: float, info: ValidationInfo) -> float:
        if patience <= info.data.get("least_pause", 0.0):
            raise ValueError("must be longer than least_pause")
        return patience

    @field_validator("refuse", "deflect")
    @classmethod
    def _policies(cls, policies: Lines) -> Lines:
        for policy in policies:
            words = _POLICY.fullmatch(policy.strip())
            if not words or not all(word.strip() for word in words[1].split(",")):
                raise ValueError(
                    f'must read "topic (word, word, phrase)", which "{policy}" does not'
                )
        return policies

    @field_validator("examples")
    @classmethod
    def _examples(cls, examples: Mapping[str, Lines], info: ValidationInfo) -> Mapping[str, Lines]:
        policies = (*info.data.get("refuse", ()), *info.data.get("deflect", ()))
        topics = [topic_of(policy) for policy in policies]
        for topic, lines in examples.items():
            if topic not in topics:
                raise ValueError(f"no policy is about {topic}{suggestion(topic, topics)}")
            if not all(line.strip() for line in lines):
                raise ValueError(f"holds a line without words for {topic}")
        return examples

    @field_validator(
        "greeting",
        "openers",
        "handovers",
        "backchannels",
        "refusals",
        "deflections",
        "idle",
        "subjects",
    )
    @classmethod
    def _spoken(cls, lines: str | Lines) -> str | Lines:
        for line in (lines,) if isinstance(lines, str) else lines:
            if not isinstance(lines, str) and not line.strip():
                raise ValueError("holds a line without words")
            if _UNSPEAKABLE.search(line):
                raise ValueError(f'must be plain words that a voice can say, unlike "{line}"')
            if len(line) > _LONGEST_LINE:
                raise ValueError(f"holds a line of more than {_LONGEST_LINE} characters")
        return lines


def load_persona(name_or_path: str) -> Persona:
    """The persona called that in config/personas, or in the file at that path.

    Raises `SettingsError` with a sentence a problem.
    """
    path = persona_path(name_or_path)
    tree = read_mapping(path, siblings="personas")
    try:
        read = PersonaFile.model_validate(tree)
    except ValidationError as error:
        raise SettingsError(sentences(error, PersonaFile, path)) from None
    values: dict[str, Any] = read.model_dump()
    values["name"] = read.name or path.stem
    values["title"] = read.title or values["name"]
    return Persona(**values)


def persona_path(name_or_path: str) -> Path:
    """The file that a profile's `persona` means. Raises `SettingsError` for an unknown name."""
    if "/" in name_or_path or "\\" in name_or_path or name_or_path.endswith((".yaml", ".yml")):
        return Path(name_or_path)
    path = PERSONAS / f"{name_or_path}.yaml"
    if not path.is_file():
        near = suggestion(name_or_path, (file.stem for file in PERSONAS.glob("*.yaml")))
        raise SettingsError([problem(path, "", f"no persona is called {name_or_path}{near}")])
    return path


def personas() -> dict[str, Persona]:
    """Every persona in config/personas, by name. Raises `SettingsError` for all bad files."""
    found: dict[str, Persona] = {}
    problems: list[str] = []
    for file in sorted(PERSONAS.glob("*.yaml")):
        try:
            persona = load_persona(str(file))
        except SettingsError as error:
            problems += error.problems
        else:
            if persona.name in found:
                problems.append(problem(file, "name", f"{persona.name} is taken by another file"))
            found[persona.name] = persona
    if problems:
        raise SettingsError(problems)
    return found
