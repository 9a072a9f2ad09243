"""What is said stays out of the log."""

import inspect
from importlib import import_module

import pytest
from loguru import logger

from server.log import TELLING, log_to_stderr


@pytest.fixture(autouse=True)
def _as_before():
    yield
    log_to_stderr(words=True)
    logger.remove()


@pytest.mark.parametrize("name", TELLING)
def test_what_a_client_sent_is_cut_off(name: str, capsys):
    log_to_stderr(words=False)
    for start in TELLING[name]:
        _logged_from(name, f"{start} [my secret], because")
    assert "secret" not in capsys.readouterr().err


def test_a_setting_asks_for_words(capsys):
    log_to_stderr(words=True)
    name, starts = next(iter(TELLING.items()))
    _logged_from(name, f"{starts[0]} [my secret]")
    logger.debug("said")
    written = capsys.readouterr().err
    assert "my secret" in written and "said" in written


def test_everything_else_is_logged_as_it_is(capsys):
    log_to_stderr(words=False)
    logger.warning("Invalid message of ours")
    assert "Invalid message of ours" in capsys.readouterr().err


def _logged_from(name: str, text: str) -> None:
    """Log as code of the module `name` does."""
    exec("logger.error(text)", {"logger": logger, "text": text, "__name__": name})


def test_the_places_are_still_there():
    for name, starts in TELLING.items():
        source = inspect.getsource(import_module(name))
        assert all(start in source for start in starts), name
