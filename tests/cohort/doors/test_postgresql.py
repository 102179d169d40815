"""A real PostgreSQL server, started on loopback for the test and stopped after it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.doors.tables import read_tables
from jdm_stats.cohort.files import check_cohort, read_cohort
from jdm_stats.schema import TABLES

pytestmark = pytest.mark.slow

PASSWORD = "geheim/1"  # with a letter that an address must escape
ABOUT = {"name": "four children", "synthetic": True}


def binaries() -> Path | None:
    """Return the folder of the newest server, on the path or where Debian keeps it."""
    kept = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    found = sorted(kept, key=lambda path: int(path.parts[-3].split(".")[0]))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).parent if on_path else None


def as_owner() -> dict[str, Any]:
    """Return how to run as someone else: the server refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    import pwd

    try:
        owner = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("run as root, and there is no user postgres to start the server")
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def run(command: list[Any], owner: dict[str, Any]) -> None:
    done = subprocess.run(
        [str(word) for word in command],
        **owner,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    pytest.importorskip("pg8000")
    tools = binaries()
    if tools is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    owner = as_owner()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if owner:
            os.chown(folder, owner["user"], owner["group"])
        word, data = folder / "word", folder / "data"
        word.write_text(PASSWORD)
        word.chmod(0o644)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        login = ["-U", "ann", "--auth=scram-sha-256", f"--pwfile={word}"]
        run([tools / "initdb", "-D", data, "-E", "UTF8", *login], owner)
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
        server = [tools / "pg_ctl", "-D", data, "-w"]
        run([*server, "-l", folder / "log", "-o", options, "start"], owner)
        try:
            secret = PASSWORD.replace("/", "%2F")
            yield f"postgresql+pg8000://ann:{secret}@127.0.0.1:{port}/postgres"
        finally:
            run([*server, "-m", "immediate", "stop"], owner)


@pytest.fixture
def filled(address: str, cohort: Cohort) -> Iterator[str]:
    engine = create_engine(address)
    for name in TABLES:
        getattr(cohort, name).to_sql(name, engine, index=False, if_exists="replace")
    with engine.begin() as connection:
        connection.execute(text("create schema omop"))
        connection.execute(text("create sequence omop.number"))
        connection.execute(text("create table omop.person (id int, w numeric, d date)"))
        connection.execute(
            text("insert into omop.person values (1, 20.50, '2019-03-01')")
        )
    yield address
    with engine.begin() as connection:
        connection.execute(text("drop schema omop cascade"))
    engine.dispose()


def test_a_cohort_from_a_server(filled: str, cohort: Cohort) -> None:
    again = read_cohort(filled, metadata=ABOUT)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(cohort, name))
    told = check_cohort(filled, metadata=ABOUT)
    assert not [fault for fault in told if fault.severity == "error"]


def test_schemas_queries_and_types(filled: str) -> None:
    reading = Reading(
        tables=("omop.person",),
        queries={"schwer": "SELECT id::text AS nr, 7 % 4 AS rest FROM omop.person"},
    )
    tables, faults = read_tables(filled, reading=reading)
    assert not faults
    [row] = tables["omop.person"].frame.values.tolist()
    assert [row[0], row[1], row[2].isoformat()] == [1, 20.5, "2019-03-01"]
    assert tables["schwer"].frame.values.tolist() == [["1", 3]]
    assert tables["schwer"].source == "postgresql://127.0.0.1/postgres, table schwer"


def test_a_read_cannot_write(filled: str) -> None:
    for query, says in (
        ("WITH gone AS (DELETE FROM events RETURNING *) SELECT * FROM gone", "WITH"),
        ("SELECT nextval('omop.number')", "read-only transaction"),
    ):
        tables, [fault] = read_tables(filled, reading=Reading(queries={"x": query}))
        assert not tables and fault.rule == "unreadable_database"
        assert says in fault.message
    tables, _ = read_tables(filled, reading=Reading(tables=("events",)))
    assert len(tables["events"].frame) == 4


def test_a_wrong_password_is_told_without_it(address: str) -> None:
    _, [fault] = read_tables(address.replace("geheim", "falsch"))
    assert fault.rule == "unreadable_database" and "ann" in fault.message
    assert "falsch" not in str(fault) and "geheim" not in str(fault)
