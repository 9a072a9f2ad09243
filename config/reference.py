"""The tables of docs/configuration.md, made from the models themselves."""

from collections.abc import Iterator
from typing import get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.files import section
from config.personas import PersonaFile
from config.sections import Service
from config.services import KNOWN
from config.settings import Settings

_HEAD = "| Key | Value | Default | Meaning |\n|---|---|---|---|"
# By what a type's text holds, the first that fits.
_WORDS = {
    "Mapping": "mapping",
    "tuple": "list of text",
    "Secret": "secret",
    "bool": "yes or no",
    "int": "whole number",
    "float": "number",
    "str": "text",
}
_SIGNS = {Ge: ("ge", "≥"), Gt: ("gt", ">"), Le: ("le", "≤"), Lt: ("lt", "<")}


def tables() -> str:
    """Markdown: the keys of a profile, the short names of services, the keys of a persona."""
    return "\n\n".join(
        [
            "### Keys of a profile\n\n" + "\n".join([_HEAD, *_rows(Settings, "")]),
            "### Short names of services\n\n" + "\n".join(_services()),
            "### Keys of a persona\n\n" + "\n".join([_HEAD, *_rows(PersonaFile, "")]),
        ]
    )


def _rows(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = section(field.annotation)
        if inner is None or issubclass(inner, Service):
            value = "short name or mapping" if inner else _value(field)
            yield _row(f"{prefix}{name}", value, _default(field), field.description)
        elif not isinstance(field.default, BaseModel):
            yield _row(f"{prefix}{name}", _instead(field), _default(field), field.description)
        if inner is not None:
            each = "N." if _is_list(field) else ""
            yield from _rows(inner, f"{prefix}{name}.{each}")


def _row(key: str, value: str, default: str, meaning: str | None) -> str:
    return f"| `{key}` | {value} | {default} | {meaning} |"


def _instead(field: FieldInfo) -> str:
    """What may stand where a section does: one of a few words, or its keys."""
    if _is_list(field):
        return "list of mappings"
    words = [f"`{word}`" for each in get_args(field.annotation) for word in get_args(each)]
    return " or ".join([*words, "mapping"])


def _is_list(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is tuple


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    match field.get_default(call_default_factory=True):
        case None:
            return "null"
        case "" | () | {}:
            return "empty"
        case bool(answer):
            return "yes" if answer else "no"
        case tuple(lines):
            return "; ".join(str(line) for line in lines)
        case value:
            return f"`{value}`"


def _value(field: FieldInfo) -> str:
    """A type in words, with its bounds: "number > 0, ≤ 5"."""
    options = [each for each in get_args(field.annotation) if each is not type(None)]
    if options and all(isinstance(each, str) for each in options):
        return " or ".join(f"`{each}`" for each in options)
    kind = next(word for sort, word in _WORDS.items() if sort in str(field.annotation))
    bounds = [
        f"{_SIGNS[type(each)][1]} {getattr(each, _SIGNS[type(each)][0]):g}"
        for each in field.metadata
        if type(each) in _SIGNS
    ]
    return f"{kind} {', '.join(bounds)}".strip()


def _services() -> Iterator[str]:
    yield "| Part | Short name | Class | Brings along | Installed by |\n|---|---|---|---|---|"
    for part, entries in KNOWN.items():
        for name, entry in entries.items():
            brought = {**entry.args, **entry.settings}
            along = ", ".join(f"`{key}: {value}`" for key, value in brought.items()) or "nothing"
            yield f"| {part} | `{name}` | `{entry.path}` | {along} | `{entry.install}` |"
