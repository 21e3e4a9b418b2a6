"""A registry on a PostgreSQL server: namespaces, logins, what goes wrong with servers, and that no credential is seen.

(Transfer modes and a writer at work: test_modes.py and test_writer.py, on SQLite and PostgreSQL alike.)
"""
from __future__ import annotations

import json
import socket
import sqlite3
from pathlib import Path

import pytest
from butlers import ingest, make_repository, write_exposure
from conftest import look, run_obsmon

PASSWORD = "s3same-0pen"
NIGHT = "20250501"


@pytest.fixture(scope="module")
def database(new_database):
    """With the role "reader", who may only read, and has a password."""
    made = new_database()
    made.execute(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'; GRANT pg_read_all_data TO reader")
    return made


@pytest.fixture(scope="module")
def stream(tmp_path_factory, database) -> Path:
    """storage/ with an exposure that is ingested into repo/ and one that is not."""
    tree = tmp_path_factory.mktemp("stream")
    make_repository(tree / "repo", config=database.config())
    ingest(tree / "repo", write_exposure(tree / "storage", f"MC_O_{NIGHT}_000001"), "direct")
    write_exposure(tree / "storage", f"MC_O_{NIGHT}_000002")
    return tree


def repo_at(tree: Path, stream: Path, uri: str) -> Path:
    """The stream's repository, as whoever reaches its database by `uri` has it."""
    yaml = (stream / "repo/butler.yaml").read_text().splitlines()
    start = next(i for i, line in enumerate(yaml) if line.strip().startswith("db:"))
    indent = yaml[start][:yaml[start].index("db:")]
    end = next((i for i in range(start + 1, len(yaml)) if not yaml[i].startswith(indent + " ")), len(yaml))
    yaml[start:end] = [f"{indent}db: {uri}"]
    folder = tree / "repo"
    folder.mkdir()
    (folder / "butler.yaml").write_text("\n".join(yaml) + "\n")
    return folder


def db_auth(tree: Path, database, password: str = PASSWORD) -> Path:
    file = tree / "db-auth.yaml"
    file.write_text(f"- url: postgresql://127.0.0.1:{database.port}/{database.name}\n  username: reader\n"
                    f"  password: {password}\n")
    file.chmod(0o600)
    return file


def counts(found) -> tuple[int, int]:
    return found.report["counts"]["ingested"], found.report["counts"]["not_ingested"]


def test_two_repositories_share_a_database_by_namespaces(tmp_path: Path, new_database) -> None:
    database = new_database()
    for name, numbers in ("main", [1]), ("embargo", [2, 3]):
        make_repository(tmp_path / name, config=database.config(namespace=name))
        for number in numbers:
            ingest(tmp_path / name, write_exposure(tmp_path / f"{name}-storage", f"MC_O_{NIGHT}_{number:06}"), "direct")
        assert counts(look(tmp_path / f"{name}-storage", tmp_path / name)) == (2 * len(numbers), 0)
    assert counts(look(tmp_path / "embargo-storage", tmp_path / "main"))[1] == 4  # the other namespace knows none of these


def test_a_time_without_end_hides_no_other(tmp_path: Path, new_database) -> None:
    database = new_database()
    make_repository(tmp_path / "repo", utc_text=True, config=database.config())
    ingest(tmp_path / "repo", write_exposure(tmp_path / "storage", f"MC_O_{NIGHT}_000001"), "direct")
    database.execute("UPDATE dataset SET ingest_date = 'infinity' WHERE id = (SELECT min(id::text)::uuid FROM dataset)")
    found = look(tmp_path / "storage", tmp_path / "repo")
    assert counts(found) == (2, 0)
    assert sorted(file["ingested"] is None for file in found.fits("")) == [False, True]


@pytest.mark.parametrize("how", ["option", "LSST_DB_AUTH", "LSST_DB_AUTH_CREDENTIALS", "PGPASSWORD", "butler.yaml"])
def test_a_login_comes_from_where_the_butler_and_libpq_look(tmp_path: Path, stream: Path, database, how: str) -> None:
    options, environment = [], {}
    login = "reader"
    if how == "option":
        options = ["--db_auth", db_auth(tmp_path, database)]
    elif how == "LSST_DB_AUTH":
        environment = {how: str(db_auth(tmp_path, database))}
    elif how == "LSST_DB_AUTH_CREDENTIALS":
        login_of = {"url": f"postgresql://127.0.0.1/{database.name}", "username": "reader", "password": PASSWORD}
        environment = {how: json.dumps([login_of])}
    elif how == "PGPASSWORD":
        environment = {how: PASSWORD}
    else:
        login = f"reader:{PASSWORD}"
    repo = repo_at(tmp_path, stream, database.uri_by_tcp(login))
    assert counts(look(stream / "storage", repo, *options, environment=environment)) == (2, 2)


def test_a_db_auth_that_others_may_open_is_refused(tmp_path: Path, stream: Path, database) -> None:
    file = db_auth(tmp_path, database)
    file.chmod(0o640)
    repo = repo_at(tmp_path, stream, database.uri_by_tcp("reader"))
    result = run_obsmon("night", NIGHT, "--storage", stream / "storage", "--repo", repo, "--db_auth", file)
    assert "others than its owner may open it, and it holds passwords; chmod 600" in result.stderr
    assert PASSWORD not in result.stdout + result.stderr
    assert result.returncode != 0


class Port:
    """A port on which no one listens; or someone who takes connections, and never says a word."""

    def __init__(self, *, is_listening: bool) -> None:
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        if is_listening:
            self.socket.listen()

    def __enter__(self) -> str:
        return f"postgresql://reader@127.0.0.1:{self.socket.getsockname()[1]}/lsst"

    def __exit__(self, *_) -> None:
        self.socket.close()


class Locked:
    """The database, in which someone holds the table of datasets for themselves."""

    def __init__(self, database) -> None:
        self.database = database

    def __enter__(self) -> str:
        self.connection = self.database.connect()
        self.connection.cursor().execute("BEGIN; LOCK TABLE dataset IN ACCESS EXCLUSIVE MODE")
        return self.database.uri_by_tcp("reader")

    def __exit__(self, *_) -> None:
        self.connection.close()


class RefusesTheLogin:
    def __init__(self, database) -> None:
        self.database = database

    def __enter__(self) -> str:
        self.database.execute("ALTER ROLE reader PASSWORD 'another'")
        return self.database.uri_by_tcp("reader")

    def __exit__(self, *_) -> None:
        self.database.execute(f"ALTER ROLE reader PASSWORD '{PASSWORD}'")


TROUBLES = {
    "down": (lambda database: Port(is_listening=False), "Connection refused"),
    "silent": (lambda database: Port(is_listening=True), "the server did not answer within 1.0 s"),
    "locked": (Locked, "canceling statement due to lock timeout"),
    "login refused": (RefusesTheLogin, 'password authentication failed for user "reader"'),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_server_that_cannot_be_asked_makes_the_night_unknown_and_loses_nothing(
        tmp_path: Path, stream: Path, database, trouble: str) -> None:
    output = tmp_path / "out"
    update = ["update", "--storage", stream / "storage", "--output_dir", output, "--first_day", NIGHT, "--last_day", NIGHT,
              "--grace", "0", "--busy_timeout", "1s", "--verbose", "--metrics", tmp_path / "metrics"]
    known = run_obsmon(*update, "--repo", stream / "repo")
    assert known.returncode == 0, known.stderr

    make, sentence = TROUBLES[trouble]
    environment = {"PGPASSWORD": PASSWORD}
    with make(database) as uri:
        repo = repo_at(tmp_path, stream, uri)
        shown = run_obsmon("night", NIGHT, "--storage", stream / "storage", "--repo", repo, "--busy_timeout", "1s",
                           "--format", "json", environment=environment)
        updated = run_obsmon(*update, "--repo", repo, environment=environment)
    place = uri.replace("+psycopg2", "").split("?")[0]
    report = json.loads(shown.stdout)
    assert shown.returncode == updated.returncode == 1
    assert report["state"] == "unknown" and not report["registry"]["readable"]
    assert report["counts"]["unknown"] == 8 and report["counts"]["not_ingested"] == 0
    for said in shown.stderr, updated.stderr, (output / "2025-05-01.html").read_text():
        assert place in said
        assert sentence in said.replace("&quot;", '"')
    with sqlite3.connect(output / "observing_monitor.sqlite3") as history:
        assert history.execute("SELECT state, ingested, not_ingested FROM night").fetchall() == [(3, 2, 2)]

    said = shown.stdout + shown.stderr + updated.stdout + updated.stderr
    written = [file.read_bytes() for file in [*output.rglob("*"), tmp_path / "metrics"] if file.is_file()]
    assert len(written) > 4
    assert PASSWORD not in said
    assert all(PASSWORD.encode() not in contents for contents in written)
