"""The door for databases: tables and queries, read and never written.

An address is any that SQLAlchemy knows. SQLite files are opened read-only and never made;
PostgreSQL reads in one read-only transaction, so that all tables are of one moment. A
password never shows in a message.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from jdm_stats.cohort.doors.opening import existing, kind_of
from jdm_stats.cohort.doors.plain import typed_table
from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.doors.refusal import MAX_CELLS, Refusal
from jdm_stats.errors import Fault, UsageError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, Engine

__all__ = ["RULES", "is_database", "read_database", "table_names"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "unreadable_database": "A database can be reached, and its tables read.",
        "too_many_tables": "The tables to read are named where a database has many.",
    }
)

_MOST_TABLES = 50
_ROWS_AT_ONCE = 20_000
_READS = re.compile(r"\s*(select|with|values|table)\b", re.IGNORECASE)
_FORM = "dialect+driver://user:password@host:port/database, or sqlite:///FILE"
_NAME = re.compile(r"(?<![:\w\\]):(?=\w)")

Result = tuple[dict[str, RawTable], list[Fault]]


def address_of(path: Path) -> URL:
    """Return the address of an SQLite file of any name."""
    from sqlalchemy.engine import URL  # only who reads a database needs it

    return URL.create("sqlite", database=str(path))


def label_of(source: Any) -> str:
    """Return what messages call a database: without user and password.

    Examples
    --------
    >>> label_of("postgresql+pg8000://ann:secret@host:5432/register")
    'postgresql://host/register'
    """
    from sqlalchemy.engine import Engine, make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return _label(source.url if isinstance(source, Engine) else make_url(source))
    except (ArgumentError, ValueError):
        return "the database"


def is_database(source: object) -> bool:
    """Say if a source is a database address or an engine, rather than a path.

    Examples
    --------
    >>> is_database("sqlite:///register.db"), is_database("register.csv")
    (True, False)
    """
    if isinstance(source, str):
        return "://" in source
    kind = type(source)
    return kind.__module__.startswith("sqlalchemy.") and kind.__name__ in (
        "Engine",
        "URL",
    )


def read_database(source: str | URL | Engine, reading: Reading) -> Result:
    """Read the tables of a database, or those that queries make.

    Parameters
    ----------
    source : str, URL or Engine
    reading : Reading
        ``tables`` names tables or views, with their schema where that is not the
        default one ("omop.person"); ``queries`` gives an SQL text for each further
        table. With neither, every table is read.

    Raises
    ------
    UsageError
        When the address cannot be meant, its driver is not installed, the SQLite file
        is not there or a query is none that only reads.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "register.db"
    ...     with sqlite3.connect(file) as made:
    ...         _ = made.execute("create table kinder (PatNr text, CK real)")
    ...         _ = made.execute("insert into kinder values ('007', 120.5)")
    ...     made.close()
    ...     tables, faults = read_database(f"sqlite:///{file}", Reading())
    >>> tables["kinder"].frame.values.tolist(), tables["kinder"].source
    ([['007', 120.5]], 'register.db, table kinder')
    """
    _refuse_writing(reading.queries)
    with _connected(source) as (connection, label):
        faults: list[Fault] = []
        wanted = _wanted(connection, reading, label, faults)
        tables = {}
        for name, statement in wanted.items():
            table, found = _table(connection, name, statement, reading, label)
            faults += found
            if table is not None:
                tables[name] = table
        return tables, faults


def table_names(source: str | URL | Engine) -> list[str]:
    """Return the names of the tables and views of a database's default schema."""
    with _connected(source) as (connection, _):
        return _names(connection, None)


def _refuse_writing(queries: Mapping[str, str] | None) -> None:
    for name, query in (queries or {}).items():
        if not _READS.match(query):
            raise UsageError(
                f"the query {name!r} must begin with SELECT or WITH; a read changes "
                "nothing"
            )


@contextmanager
def _connected(source: Any) -> Iterator[tuple[Connection, str]]:
    """Give a connection that only reads, with the words for it; close it after."""
    engine, label, owned = _engine(source)
    secret = engine.url.password
    pool = logging.getLogger("sqlalchemy.pool")
    level = pool.level
    pool.setLevel(logging.CRITICAL)  # a cursor that fails is told once, as a fault
    try:
        with engine.connect() as connection:
            yield _reading_only(connection), label
    except (Refusal, UsageError):
        raise
    except Exception as error:  # drivers raise what they like
        said = _scrubbed(error, str(secret) if secret else None)
        raise Refusal(
            "unreadable_database",
            f"{label} cannot be read ({said})",
            "check the address, the right to read and that the server runs",
        ) from None
    finally:
        pool.setLevel(level)
        if owned:
            engine.dispose()


def _reading_only(connection: Connection) -> Connection:
    name = connection.dialect.name
    if name == "postgresql":
        return connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
    return connection


def _engine(source: Any) -> tuple[Engine, str, bool]:
    from sqlalchemy import create_engine  # only who reads a database needs it
    from sqlalchemy.engine import Engine, make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    if isinstance(source, Engine):
        return source, _label(source.url), False
    try:
        url = make_url(source)
    except (ArgumentError, ValueError):
        raise UsageError(
            f"the database address cannot be read; it has the form {_FORM}"
        ) from None
    if url.get_backend_name() == "sqlite":
        return _sqlite(url), _label(url), True
    try:
        return create_engine(url, hide_parameters=True), _label(url), True
    except NoSuchModuleError:
        raise UsageError(
            f"{url.drivername!r} is no kind of database that SQLAlchemy knows here; an "
            f"address has the form {_FORM}"
        ) from None
    except ImportError as error:
        raise UsageError(
            f"the driver {error.name!r} for {url.drivername!r} is not installed; "
            "install it, or name another, as in postgresql+pg8000://"
        ) from None
    except (ArgumentError, TypeError, ValueError):
        raise UsageError(
            f"the address of {_label(url)} has options it cannot have; its form is "
            f"{_FORM}"
        ) from None


def _label(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return Path(url.database or "database in memory").name
    return f"{url.get_backend_name()}://{url.host or 'localhost'}/{url.database or ''}"


def _sqlite(url: URL) -> Engine:
    """Open an SQLite file so that it is neither made nor changed."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    name = (url.database or "").removeprefix("file:")
    if name in ("", ":memory:"):
        raise UsageError(
            "a database in memory has no address; pass the Engine that holds it"
        )
    path = existing(name)
    if path.stat().st_size and kind_of(path) != "sqlite":
        raise Refusal(
            "wrong_kind", f"{path.name} is no SQLite database", "give another file"
        )
    address = path.absolute().as_uri() + "?mode=ro"
    return create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(address, uri=True),
        poolclass=NullPool,
        hide_parameters=True,
    )


def _scrubbed(error: Exception, secret: str | None) -> str:
    origin = getattr(error, "orig", None) or error
    said = origin.args[0] if origin.args else str(origin)
    if isinstance(said, dict):  # as pg8000 tells what the server said
        said = said.get("M", said)
    line = next(iter(str(said).splitlines()), "") or type(origin).__name__
    if secret:
        line = line.replace(secret, "***")
    return line[:200]


def _names(connection: Connection, schema: str | None) -> list[str]:
    from sqlalchemy import inspect

    inspector = inspect(connection)
    return [
        *inspector.get_table_names(schema=schema),
        *inspector.get_view_names(schema=schema),
    ]


def _wanted(
    connection: Connection, reading: Reading, label: str, faults: list[Fault]
) -> dict[str, str]:
    """Return the SQL of each table to read."""
    queries = dict(reading.queries or {})
    if reading.tables is None and queries:
        return queries
    there = _names(connection, None)
    if reading.tables is None:
        if len(there) > _MOST_TABLES:
            raise Refusal(
                "too_many_tables",
                f"{label} has {len(there)} tables",
                "name those to read under tables",
            )
        return {name: _select(connection, name) for name in there}
    for name in reading.tables:
        schema, _, bare = name.rpartition(".")
        if name in there:
            queries[name] = _select(connection, name)
        elif schema and bare in _names(connection, schema):
            queries[name] = _select(connection, bare, schema)
        elif name not in queries:
            faults.append(_unknown(name, label, there))
    return queries


def _unknown(name: str, label: str, there: list[str]) -> Fault:
    shown = ", ".join(map(repr, there[:_MOST_TABLES])) or "none"
    return Fault(
        *(name, None, None, None, "unknown_table"),
        f"{label} has no table {name!r}",
        f"its tables are {shown}",
        source=label,
    )


def _select(connection: Connection, name: str, schema: str | None = None) -> str:
    quote = connection.dialect.identifier_preparer.quote_identifier
    place = f"{quote(schema)}.{quote(name)}" if schema else quote(name)
    return f"SELECT * FROM {place}"


def _table(
    connection: Connection, name: str, statement: str, reading: Reading, label: str
) -> tuple[RawTable | None, list[Fault]]:
    from sqlalchemy import text

    source = f"{label}, table {name}"
    # a colon before a word is no parameter here
    query = text(_NAME.sub(r"\:", statement))
    result = connection.execution_options(stream_results=True).execute(query)
    headings = list(result.keys())
    blocks: list[list[Any]] = [[] for _ in headings]
    count = 0
    while rows := result.fetchmany(_ROWS_AT_ONCE):
        count += len(rows)
        if count * len(headings) > MAX_CELLS:
            raise Refusal(
                "too_large", f"{source} is too large", "read part of it by a query"
            )
        for column, cells in zip(blocks, zip(*rows, strict=True), strict=True):
            column.extend(cells)
    columns = [np.fromiter(block, dtype=object, count=count) for block in blocks]
    return typed_table(headings, columns, reading, name=name, source=source)
