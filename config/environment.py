"""`${NAME}` in the strings of a profile, and what is remembered of where they came from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

# "$${" stands for a plain "${".
_REFERENCE = re.compile(r"(?P<plain>\$)?\$\{(?P<inside>[^}]*)(?P<end>\}?)")
_INSIDE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Origin:
    """Which variables a value was made of, and which of them are not set."""

    used: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()


@dataclass(slots=True)
class Expanded:
    """A tree without references, and by dotted key what the environment had to do with it.

    `problems` are (key, reason) pairs for references that make no sense.
    """

    tree: Any = None
    origins: dict[str, Origin] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)


def expand(tree: object, environ: Mapping[str, str]) -> Expanded:
    """Replace every `${NAME}` and `${NAME:-default}` in the strings of `tree`.

    A variable that is empty counts as unset. A string that becomes empty is None.
    """
    result = Expanded()
    result.tree = _walk(tree, (), environ, result)
    return result


def _walk(node: Any, at: tuple[str, ...], environ: Mapping[str, str], result: Expanded) -> Any:
    match node:
        case dict():
            return {key: _walk(value, (*at, key), environ, result) for key, value in node.items()}
        case list():
            return [_walk(each, (*at, str(i)), environ, result) for i, each in enumerate(node)]
        case str() if "${" in node:
            return _text(node, ".".join(at), environ, result)
        case _:
            return node


def _text(text: str, key: str, environ: Mapping[str, str], result: Expanded) -> str | None:
    used: list[str] = []
    unset: list[str] = []

    def value(reference: re.Match[str]) -> str:
        if reference["plain"]:
            return reference[0][1:]
        inside = _INSIDE.fullmatch(reference["inside"])
        if not reference["end"] or not inside:
            result.problems.append((key, "a reference must read ${NAME} or ${NAME:-default}"))
            return reference[0]
        name, default = inside["name"], inside["default"]
        if environ.get(name):
            used.append(name)
            return environ[name]
        if default is None:
            unset.append(name)
        return default or ""

    filled = _REFERENCE.sub(value, text)
    if used or unset:
        result.origins[key] = Origin(tuple(used), tuple(unset))
    return filled or None


def sealed(tree: Any, at: str, origins: Mapping[str, Origin]) -> Any:
    """`tree` with every string that came from the environment as a `SecretStr`."""
    match tree:
        case dict():
            return {key: sealed(value, f"{at}.{key}", origins) for key, value in tree.items()}
        case list():
            return [sealed(each, f"{at}.{i}", origins) for i, each in enumerate(tree)]
        case str() | None if at in origins:
            return SecretStr(tree or "")
        case _:
            return tree


def revealed(tree: Any) -> Any:
    """`tree` with every `SecretStr` opened: only for the constructor that needs it."""
    match tree:
        case SecretStr():
            return tree.get_secret_value()
        case Mapping():
            return {key: revealed(value) for key, value in tree.items()}
        case list():
            return [revealed(each) for each in tree]
        case _:
            return tree


def without_secrets(text: str, tree: Any) -> str:
    """`text` with the contents of every `SecretStr` in `tree` starred out."""
    match tree:
        case SecretStr() if tree.get_secret_value():
            return text.replace(tree.get_secret_value(), str(tree))
        case Mapping():
            for each in tree.values():
                text = without_secrets(text, each)
        case list():
            for each in tree:
                text = without_secrets(text, each)
        case _:
            pass
    return text
