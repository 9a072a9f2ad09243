"""Where packages that only carry weights keep their files."""

from importlib.util import find_spec
from pathlib import Path


class MissingWeights(ImportError):
    """A package with weights, or a file in it, is not installed."""


def weights(package: str, *parts: str) -> Path:
    """The path of `parts` inside `package`, found without importing the package.

    Raises `MissingWeights` when the package or the file is not there.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise MissingWeights(
            f"The package {package.replace('_', '-')} is not installed. Run: make setup"
        )
    path = Path(spec.submodule_search_locations[0]).joinpath(*parts)
    if not path.exists():
        raise MissingWeights(
            f"The package {package.replace('_', '-')} has no {'/'.join(parts)}. Run: make setup"
        )
    return path
