"""What a provider's published specification allows, as the generated types of its SDK have it.

openai and cartesia are generated from their OpenAPI files, deepgram-sdk from Deepgram's API
definition. As they stand they let through what they do not know, so that an old SDK gets on with a
new service; here that is refused.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from pydantic_core import SchemaValidator, ValidationError
from typing_extensions import TypedDict


def fields(types: dict[str, Any]) -> Any:
    """A dictionary with these keys, of which the `Required` ones must be there."""
    return TypedDict("fields", types, total=False)  # pyright: ignore[reportArgumentType]


class Specification:
    """What one request, message or answer may be.

    A key that the type does not name is refused, text is no number, what is listed is checked to
    its end, and `Any` beside other choices (deepgram-sdk's room for later ones) is no choice.
    """

    def __init__(self, published: Any) -> None:
        """`published`: any type that pydantic knows."""
        adapter = TypeAdapter(published)
        adapter.rebuild()
        self._validator = SchemaValidator(_closed(dict(adapter.core_schema)))

    def broken(self, told: Any, *, as_text: bool = False) -> list[str]:
        """What is wrong with `told`, each with field, value and what should be there.

        `as_text`: a number comes as text, as in a form or an address.
        """
        try:
            if as_text:
                self._validator.validate_python(told)
            else:
                self._validator.validate_json(json.dumps(told), strict=True)
        except ValidationError as error:
            found = [_Wrong(each["loc"], each["type"], each["msg"]) for each in error.errors()]
            return [each.text for each in _nearest(found, told)]
        return []


def _closed(schema: Any) -> Any:
    """pydantic's schema of a type, without room for what the type does not name."""
    match schema:
        case dict():
            closed = {key: _closed(value) for key, value in schema.items()}
            match closed.get("type"):
                case "generator":  # would be read only when somebody asks for its items
                    closed["type"] = "list"
                case "union":
                    choices = [each for each in closed["choices"] if each["type"] != "any"]
                    closed["choices"] = [(each, f"#{n}") for n, each in enumerate(choices)]
                case "typed-dict" if closed.get("extra_behavior") != "allow":  # few say that
                    closed["extra_behavior"] = "forbid"
                case "model-fields":
                    closed["extra_behavior"] = "forbid"
                case "model":  # its fields alone: a class brings its own, open validator
                    ref = {"ref": closed["ref"]} if "ref" in closed else {}
                    return {**closed["schema"], **ref}
            return closed
        case list() | tuple():
            return type(schema)(_closed(each) for each in schema)
        case _:
            return schema


class _Wrong(NamedTuple):
    at: tuple[int | str, ...]  # keys and indices, and between them which choice of a union
    kind: str
    what: str


class _Told(NamedTuple):
    text: str
    kind: str
    whole: bool = False  # the value is wrong as it is, not something in it


def _nearest(found: Iterable[_Wrong], value: Any, path: str = "") -> list[_Told]:
    """What to say of `value`: where a union was meant, by the choice that comes nearest."""
    told: list[_Told] = []
    parts: defaultdict[int | str, list[_Wrong]] = defaultdict(list)
    choices: defaultdict[int | str, list[_Wrong]] = defaultdict(list)
    for wrong in found:
        if not wrong.at:
            text = f"{path or 'all of it'} is {value!r}: {wrong.what}"
            told.append(_Told(text, wrong.kind, whole=True))
            continue
        first, rest = wrong.at[0], wrong._replace(at=wrong.at[1:])
        if _holds(value, first):
            parts[first].append(rest)
        elif wrong.kind == "missing" and not rest.at:
            told.append(_Told(f"{path}.{first}".strip(".") + " is missing", wrong.kind))
        else:
            choices[first].append(rest)
    for key, wrongs in parts.items():
        inner = _nearest(wrongs, value[key], f"{path}.{key}".strip("."))
        told += [each._replace(whole=False) for each in inner]
    if choices:
        told += min((_nearest(each, value, path) for each in choices.values()), key=_distance)
    return told


def _holds(value: Any, key: int | str) -> bool:
    return key in value if isinstance(value, dict) else isinstance(key, int)


def _distance(told: list[_Told]) -> tuple[bool, int, int]:
    """How far from what was meant: a wrong literal says that another choice was."""
    literals = sum(each.kind == "literal_error" for each in told)
    return any(each.whole for each in told), literals, len(told)
