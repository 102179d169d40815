"""Any bytes, any dialect: a clear error or exactly what was written; files unchanged."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.doors.tables import read_tables
from jdm_stats.cohort.files import check_cohort, read_cohort
from jdm_stats.errors import CohortError, UsageError

QUIET = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
SOUND = (
    b"patient_id,antibody,entry_day,exit_day,exit_reason\n"
    b"007,none,0,365,administrative\n8,NXP2,3,400,lost\n"
)
ABOUT = '{"name": "fuzz", "synthetic": true}'

# what breaks readers: marks, quotes, line ends, letters of other sets, empty bytes
PIECES = st.sampled_from(
    [
        *(b",", b";", b"\t", b"|", b'"', b'""', b"\n", b"\r", b"\r\n", b"\0", b"\xff"),
        *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xc3\xa4", b"\xe4", b"PK\x03\x04", b"sep=;"),
        *(b"1,5", b"2.5", b"1e999", b"nan", b"=1+1", b"patient_id", b"none", b"NXP2"),
        *(b"\xc2\x85", b"\xe2\x80\xa8", b"\x1a", b"\x0c", b"-1", b" ", b"lost", b"'"),
    ]
)
SPOILT = st.builds(
    lambda place, cut, new: SOUND[:place] + new + SOUND[place + cut :],
    st.integers(0, len(SOUND)),
    st.integers(0, 30),
    st.lists(PIECES, max_size=6).map(b"".join),
)
ANY = st.binary(max_size=300) | st.lists(PIECES, max_size=60).map(b"".join) | SPOILT


def sound_or_told(folder: Path, content: bytes) -> None:
    file = folder / "patients.csv"
    file.write_bytes(content)
    for source, how in ((folder, {}), (file, {"metadata": {"name": "x"}})):
        try:
            cohort = read_cohort(source, **how)
        except (CohortError, UsageError) as error:
            assert str(error)
        else:
            assert isinstance(cohort, Cohort) and cohort.n_patients
            assert not [f for f in check_cohort(source, **how) if f.severity == "error"]
        tables, faults = read_tables(source)
        assert tables or faults
    assert file.read_bytes() == content


@QUIET
@given(ANY)
@example(b"")
@example(b"\0")
@example(b"\xff\xfe\x00")
@example(SOUND.replace(b",", b";"))
@example(SOUND.decode().encode("utf-16"))
@example(SOUND.replace(b"007", b"\x80\x81"))
def test_any_bytes_are_a_cohort_or_a_clear_error(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "cohort.json").write_text(ABOUT)
        sound_or_told(folder, content)


@QUIET
@given(st.binary(max_size=200), st.sampled_from(["x.xlsx", "x.parquet", "x.db"]))
def test_any_bytes_in_typed_files(content: bytes, name: str) -> None:
    magic = {
        "x.xlsx": b"PK\x03\x04",
        "x.parquet": b"PAR1",
        "x.db": b"SQLite format 3\0",
    }
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / name
        file.write_bytes(magic[name] + content)
        tables, faults = read_tables(file)
        assert not tables and faults


# ---- random dialects -----------------------------------------------------------------

CELL = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8
)


@st.composite
def tables_of(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 5))
    cell = st.lists(CELL, min_size=width, max_size=width)
    heading = [f"h{place}" for place in range(width)]
    return [heading, *draw(st.lists(cell, max_size=6))]


@QUIET
@given(
    tables_of(),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(['"', "'"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    st.booleans(),
)
def test_a_random_dialect_reads_back_the_same_cells(
    rows: list[list[str]],
    mark: str,
    quote: str,
    end: str,
    quoting: int,
    encoding: str,
    declared: bool,
) -> None:
    if quoting == csv.QUOTE_MINIMAL:  # which quotes the line end it writes, no other
        assume(
            not any(
                letter in str.join("", (c for r in rows for c in r))
                for letter in "\r\n"
            )
        )
    buffer = io.StringIO(newline="")
    csv.writer(
        buffer, delimiter=mark, quotechar=quote, lineterminator=end, quoting=quoting
    ).writerows(rows)
    told = {"delimiter": mark, "encoding": encoding} if declared else {}
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "t.csv"
        file.write_bytes(buffer.getvalue().encode(encoding))
        tables, faults = read_tables(file, reading=Reading(quote=quote, **told))
    errors = [fault for fault in faults if fault.severity == "error"]
    if errors:  # refused, never misread: only what numbers or delimiters leave open
        allowed = {"decimal_mixed"} | (set() if declared else {"delimiter_unsettled"})
        assert {fault.rule for fault in errors} <= allowed
        return
    frame = tables["t"].frame
    assert list(frame.columns) == rows[0]
    assert frame.values.tolist() == [[c or None for c in row] for row in rows[1:]]
