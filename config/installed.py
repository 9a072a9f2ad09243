"""What is installed, found without importing it."""

import ast
import re
from importlib.machinery import PathFinder
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9._-]+)")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")


def module_file(name: str) -> Path | None:
    """The source of a dotted module, or None. Nothing on the way is run, nor is it."""
    top, *rest = name.split(".")
    spec = find_spec(top)  # of a top-level module: finds, does not import
    for part in rest:
        folders = spec.submodule_search_locations if spec else None
        spec = PathFinder.find_spec(part, folders) if folders else None
    return Path(spec.origin) if spec and spec.origin else None


def package_folder(name: str) -> Path | None:
    """Where a package's files lie, or None."""
    file = module_file(name)
    return file.parent if file else None


def classes_in(file: Path) -> dict[str, ast.ClassDef | None]:
    """What a source file defines or imports by name: None where it is imported.

    A file that is not Python holds nothing.
    """
    try:
        body = ast.parse(file.read_text("utf-8")).body
    except (SyntaxError, UnicodeDecodeError):
        return {}
    imports = (node for node in body if isinstance(node, ast.ImportFrom))
    imported = {each.asname or each.name: None for node in imports for each in node.names}
    return {**imported, **{node.name: node for node in body if isinstance(node, ast.ClassDef)}}


def required_arguments(cls: ast.ClassDef | None) -> list[str]:
    """The keywords that a class's own constructor cannot do without."""
    for node in cls.body if cls else ():
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            given = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            return [argument.arg for argument, default in given if default is None]
    return []


def missing_for_extra(package: str, extra: str) -> list[str]:
    """The distributions that `package[extra]` asks for and that are not installed."""
    wanted: set[str] = set()
    for line in requires(package) or ():
        name, extras = _REQUIREMENT.match(line), _EXTRA.findall(line)
        if name and extra in extras:
            wanted.add(name[1])
    return sorted(name for name in wanted if not is_installed(name))


def is_installed(name: str) -> bool:
    """Whether a distribution is there, of whatever version."""
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
