"""YAML files in, mappings out; and every complaint about a file as one sentence."""

import re
from collections.abc import Callable, Hashable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

_SECRET_NAME = re.compile(r"key|token|secret|passw|credential|authorization", re.IGNORECASE)


class SettingsError(Exception):
    """A file cannot be used. One sentence a problem: the file, the key, the reason."""

    def __init__(self, problems: Iterable[str]) -> None:
        """Take the sentences; the error's text is one line for each."""
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def problem(file: Path | str, key: str, reason: str) -> str:
    """One sentence: "config/x.yaml: vad.stop_sec: unknown key"."""
    return ": ".join(part for part in (str(file), key, reason) if part)


def names_a_secret(key: str) -> bool:
    """Whether a key's name says that its value must not be shown."""
    return bool(_SECRET_NAME.search(key))


def suggestion(word: str, known: Iterable[str]) -> str:
    """A half sentence that offers the nearest of `known`, or lists them if they are few."""
    choices = sorted(known)
    near = get_close_matches(word, choices, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; known here: {', '.join(choices)}" if 0 < len(choices) <= 12 else ""


class _Loader(yaml.SafeLoader):
    """Safe YAML in which a key that is there twice is an error, not a silent loss."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build the mapping, or raise at the second of two equal keys."""
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    what = f"the key {key.value} is there twice"
                    raise yaml.constructor.ConstructorError(None, None, what, key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_mapping(path: Path, *, siblings: str) -> dict[str, Any]:
    """The mapping in a YAML file. Raises `SettingsError`.

    `siblings` names what lies beside the file ("profiles"), for the answer to
    a file that is not there.
    """
    try:
        tree = yaml.load(path.read_text("utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise SettingsError([_not_found(path, siblings)]) from None
    except OSError as error:
        raise SettingsError([problem(path, "", f"cannot be read ({error.strerror})")]) from None
    except UnicodeDecodeError:
        raise SettingsError([problem(path, "", "is not UTF-8 text")]) from None
    except yaml.YAMLError as error:
        raise SettingsError([problem(path, "", _syntax(error))]) from None
    except RecursionError:
        raise SettingsError([problem(path, "", "is nested too deeply")]) from None
    return _mapping(path, tree)


def _mapping(path: Path, tree: object) -> dict[str, Any]:
    if not tree:
        raise SettingsError([problem(path, "", "is empty; it must hold keys and values")])
    if not isinstance(tree, dict):
        raise SettingsError([problem(path, "", "must hold lines of `key: value`")])
    _check_keys(path, tree, (), frozenset())
    return tree


def _check_keys(path: Path, node: object, at: tuple[str, ...], inside: frozenset[int]) -> None:
    """Raise at a key that is not text, as `on:` or `1:` are, or at a node that holds itself."""
    if id(node) in inside:
        raise SettingsError([problem(path, ".".join(at), "refers to itself")])
    if isinstance(node, dict):
        for key, value in node.items():
            if not isinstance(key, str):
                reason = f"the key {key!r} is not text; put it in quotes"
                raise SettingsError([problem(path, ".".join(at), reason)])
            _check_keys(path, value, (*at, key), inside | {id(node)})
    elif isinstance(node, list):
        for index, value in enumerate(node):
            _check_keys(path, value, (*at, str(index)), inside | {id(node)})


def _not_found(path: Path, siblings: str) -> str:
    names = sorted(file.name for file in path.parent.glob("*.yaml"))
    there = f"; {siblings} in {path.parent}: {', '.join(names)}" if names else ""
    return problem(path, "", f"no such file{there}")


def _syntax(error: yaml.YAMLError) -> str:
    """Where and why, without quoting the line: it may hold a secret."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return "is not YAML: it holds a character that YAML does not allow"
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{where}not YAML: {error.problem or error.context}"


def sentences(
    error: ValidationError,
    model: type[BaseModel],
    file: Path | str,
    variables: Callable[[str], tuple[str, ...]] = lambda _: (),
) -> list[str]:
    """What a failed validation says, a sentence a problem.

    `variables` tells which environment variables a key's value came from: such
    a value is named by them and never quoted.
    """
    found: list[str] = []
    for each in error.errors(include_url=False):
        at = tuple(str(part) for part in each["loc"])
        key = ".".join(at)
        match each["type"]:
            case "extra_forbidden":
                reason = "unknown key" + suggestion(at[-1], _fields(model, at[:-1]))
            case "missing":
                reason = "this key is missing"
            case kind:
                least = each.get("ctx", {}).get("min_length", 1)
                reason = _demand(kind, each["msg"], least) + _quoted(
                    key, each["input"], variables(key)
                )
        found.append(problem(file, key, reason))
    return found


def _demand(kind: str, message: str, least: int) -> str:
    match kind:
        case "string_too_short":
            return "must not be empty"
        case "too_short":
            return f"must hold at least {least} line{'s' if least > 1 else ''}"
        case "tuple_type":
            return "must be a list, one `- line` each"
        case "string_type":
            return "must be text; put it in quotes"
        case "model_type" | "dict_type":
            return "must hold keys and values"
        case "value_error":
            return message.removeprefix("Value error, ")
        case _:
            return message.replace("Input should be", "must be", 1)


def _quoted(key: str, value: object, variables: tuple[str, ...]) -> str:
    if variables:
        return f" (the value comes from {', '.join(variables)})"
    if names_a_secret(key) or not value or not isinstance(value, (str, int, float)):
        return ""
    return f", not {value!r}" if len(str(value)) <= 60 else ""


def _fields(model: type[BaseModel], at: tuple[str, ...]) -> list[str]:
    """The keys that the section at path `at` knows."""
    for name in at:
        if name.isdigit():  # one of a list
            continue
        inner = section(model.model_fields[name].annotation) if name in model.model_fields else None
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def section(annotation: object) -> type[BaseModel] | None:
    """The model in `Model` or `Model | None`, if there is one."""
    for each in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None
