"""Databases: read and never written; no password in any message."""

from __future__ import annotations

import datetime as dt
import sqlite3
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.doors.tables import read_tables
from jdm_stats.errors import UsageError


@pytest.fixture
def register(tmp_path: Path) -> Path:
    file = tmp_path / "register #1?.db"
    made = sqlite3.connect(file)
    made.executescript(
        """
        create table kinder (PatNr text, "Gewicht (kg)" real, Tag date);
        insert into kinder values ('007', 20.5, '2019-03-01'), ('8', null, 'unsinn');
        create table "medi:kation" (PatNr text, mg integer);
        insert into "medi:kation" values ('007', -9);
        create view alle as select PatNr from kinder;
        """
    )
    made.close()
    return file


def test_tables_views_and_columns_of_any_name(register: Path) -> None:
    before = register.read_bytes()
    tables, faults = read_tables(register)
    assert not faults and sorted(tables) == ["alle", "kinder", "medi:kation"]
    kinder = tables["kinder"]
    assert kinder.frame.values.tolist() == [
        ["007", 20.5, "2019-03-01"],
        ["8", None, "unsinn"],
    ]
    assert kinder.lines is None and kinder.decimal is None
    assert kinder.place(0) == "register #1?.db, table kinder row 1"
    assert register.read_bytes() == before
    assert [path.name for path in register.parent.iterdir()] == [register.name]


def test_named_tables_and_queries(register: Path) -> None:
    queries = {
        "schwer": "SELECT PatNr AS \"P:x\", '12:30' AS t, 5 % 3 AS m FROM kinder"
    }
    reading = Reading(tables=("kinder",), queries=queries, missing=("-9",))
    tables, faults = read_tables(register, reading=reading)
    assert not faults and sorted(tables) == ["kinder", "schwer"]
    assert list(tables["schwer"].frame.columns) == ["P:x", "t", "m"]
    assert tables["schwer"].frame.values.tolist() == [
        ["007", "12:30", 2],
        ["8", "12:30", 2],
    ]
    tables, faults = read_tables(register, reading=Reading(tables=("Kinderx",)))
    assert not tables and [fault.rule for fault in faults] == ["unknown_table"]


@pytest.mark.parametrize("query", ["DELETE FROM kinder", "pragma x", "", "; select 1"])
def test_a_query_that_does_not_read_is_refused(register: Path, query: str) -> None:
    with pytest.raises(UsageError, match="SELECT"):
        read_tables(register, reading=Reading(queries={"x": query}))


def test_a_query_that_writes_behind_a_reading_word(register: Path) -> None:
    before = register.read_bytes()
    query = "WITH a AS (SELECT 1) DELETE FROM kinder"
    tables, faults = read_tables(register, reading=Reading(queries={"x": query}))
    assert not tables and [fault.rule for fault in faults] == ["unreadable_database"]
    assert "readonly" in faults[0].message
    assert register.read_bytes() == before


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    for address in ("sqlite:///", "sqlite://", "sqlite:///:memory:"):
        with pytest.raises(UsageError, match="in memory"):
            read_tables(address)
    with pytest.raises(UsageError, match="there is no folder or file"):
        read_tables(f"sqlite:///{tmp_path / 'no.db'}")
    assert not list(tmp_path.iterdir())


def test_an_engine_is_read_and_left_open() -> None:
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    with engine.begin() as connection:
        connection.execute(text("create table a (x integer)"))
        connection.execute(text("insert into a values (1)"))
    tables, faults = read_tables(engine)
    assert not faults and tables["a"].frame.values.tolist() == [[1]]
    with engine.begin() as connection:
        connection.execute(text("insert into a values (2)"))
    engine.dispose()


def test_a_database_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    file.write_bytes(b"SQLite format 3\0" + b"\xff" * 200)
    tables, faults = read_tables(file)
    assert not tables and [fault.rule for fault in faults] == ["unreadable_database"]
    file.write_bytes(b"")
    tables, faults = read_tables(f"sqlite:///{file}")
    assert not tables and [fault.rule for fault in faults] == ["no_tables"]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+pg8000://ann:geheim@127.0.0.1:1/register",
        "postgresql+pg8000://ann:geheim@host:port/register",
        "postgresql+nothing://ann:geheim@host/register",
        "oracle+oracledb://ann:geheim@host/register",
        "nonsense://ann:geheim@host/register",
        "://ann:geheim@host",
    ],
)
def test_no_password_in_any_message(address: str) -> None:
    try:
        _, faults = read_tables(address)
        said = "\n".join(map(str, faults))
        assert [fault.rule for fault in faults] == ["unreadable_database"]
    except UsageError as error:
        said = str(error)
        assert error.__suppress_context__ or error.__context__ is None
    assert said and "geheim" not in said


def test_many_tables_must_be_named(tmp_path: Path) -> None:
    file = tmp_path / "big.db"
    made = sqlite3.connect(file)
    for number in range(60):
        made.execute(f"create table t{number} (x)")
    made.close()
    _, faults = read_tables(file)
    assert [fault.rule for fault in faults] == ["too_many_tables"]
    tables, faults = read_tables(file, reading=Reading(tables=("t7",)))
    assert not faults and list(tables) == ["t7"]


# ---- Parquet: typed columns, as they are ---------------------------------------------


def test_parquet_keeps_numbers_dates_and_ids(tmp_path: Path) -> None:
    file = tmp_path / "kinder.parquet"
    day, far = dt.date(2019, 3, 1), dt.datetime(9999, 12, 31)
    table = pa.table(
        {
            "PatNr": pa.array(["007", None]).dictionary_encode(),
            "n": pa.array([2**53 + 1, None]),
            "x": [1.5, float("nan")],
            "d": [day, None],
            "t": [far, None],
            "b": [True, None],
            "g": [Decimal("20.50"), Decimal("3")],
        }
    )
    pq.write_table(table.replace_schema_metadata({"pandas": "{}"}), file)
    tables, faults = read_tables(file)
    assert not faults
    assert tables["kinder"].frame.values.tolist() == [
        ["007", 2**53 + 1, 1.5, day, far, True, 20.5],
        [None, None, None, None, None, None, 3],
    ]
    assert [type(cell) for cell in tables["kinder"].frame["b"]] == [bool, type(None)]


def test_parquet_with_bytes_and_lists_is_told(tmp_path: Path) -> None:
    file = tmp_path / "kinder.parquet"
    pq.write_table(
        pa.table({"a": [b"x", None], "b": [[1], None], "c": ["", "y"]}), file
    )
    tables, faults = read_tables(file)
    assert [(f.rule, f.column, f.severity) for f in faults] == [
        ("not_plain", "a", "warning"),
        ("not_plain", "b", "warning"),
    ]
    assert tables["kinder"].frame["c"].tolist() == [None, "y"]


def test_parquet_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "kinder.parquet"
    file.write_bytes(b"PAR1 not a table")
    tables, faults = read_tables(file)
    assert not tables and [fault.rule for fault in faults] == ["malformed_parquet"]
