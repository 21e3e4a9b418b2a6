from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

OBSMON = os.environ.get("OBSMON", str(Path(__file__).parents[2] / "build/dev/bin/obsmon"))
SERVER = Path(__file__).parents[1] / "postgres/server.py"


class Look:
    """What `obsmon night` said of a night."""

    def __init__(self, report: dict) -> None:
        self.report = report
        self.files = report["files"]

    def of(self, part: str) -> dict:
        """The file whose path has `part` in it; there must be one."""
        found = [file for file in self.files if part in (file["path"] or "")]
        assert len(found) == 1, (part, [file["path"] for file in self.files])
        return found[0]

    def fits(self, obs_id: str) -> list[dict]:
        return [file for file in self.files if obs_id in file["path"] and not file["path"].endswith(".json")]


def run_obsmon(*arguments: object, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    return subprocess.run([OBSMON, *map(str, arguments)], capture_output=True, text=True, check=False,
                          env={**os.environ, **(environment or {})})


def look(storage: Path, repo: object, *options: object, night: str = "20250501", environment=None) -> Look:
    result = run_obsmon("night", night, "--storage", storage, "--repo", repo, "--grace", "0", "--format", "json",
                        *options, environment=environment)
    assert result.returncode == 0, result.stderr
    return Look(json.loads(result.stdout))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An empty folder whose name has no dot in it: makeRepo would take that for a file's ending."""
    folder = tmp_path / "stream"
    folder.mkdir()
    return folder


class Database:
    """A new database on the tests' PostgreSQL server, ready for a Butler."""

    numbers = itertools.count(1)

    def __init__(self, folder: str, port: str) -> None:
        self.folder, self.port, self.name = folder, port, f"butler_{next(self.numbers)}"
        self.execute(f"CREATE DATABASE {self.name}", database="postgres")
        self.execute("CREATE EXTENSION btree_gist")

    def connect(self, database: str = "") -> psycopg2.extensions.connection:
        """By the socket, as the superuser, with each statement a transaction."""
        connection = psycopg2.connect(host=self.folder, port=self.port, user="obsmon", dbname=database or self.name)
        connection.autocommit = True
        return connection

    def execute(self, sql: str, database: str = "") -> None:
        connection = self.connect(database)
        try:
            connection.cursor().execute(sql)
        finally:
            connection.close()

    def uri(self) -> str:
        """By the socket, where no password is asked for."""
        return f"postgresql+psycopg2://obsmon@/{self.name}?host={self.folder}&port={self.port}"

    def uri_by_tcp(self, login: str) -> str:
        """By TCP, where a password is."""
        return f"postgresql+psycopg2://{login}@127.0.0.1:{self.port}/{self.name}"

    def config(self, **registry: str) -> dict:
        """For make_repository."""
        return {"registry": {"db": self.uri(), **registry}}


@pytest.fixture(scope="session")
def new_database(tmp_path_factory):
    """Makes databases, on a server that runs as long as the tests do; they skip where there is none."""
    address = tmp_path_factory.mktemp("server") / "address"
    subprocess.run([sys.executable, "-B", SERVER, "start", address, str(os.getpid())], check=True)
    if not address.exists():
        pytest.skip("no PostgreSQL server is installed")
    folder, port = address.read_text().split("\n")[:2]
    yield lambda: Database(folder, port)
    subprocess.run([sys.executable, "-B", SERVER, "stop", address], check=True)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def registry_config(request):
    """What make_repository is to be told of the database, for each kind of it."""
    if request.param == "sqlite":
        return dict
    make = request.getfixturevalue("new_database")
    return lambda: make().config()
