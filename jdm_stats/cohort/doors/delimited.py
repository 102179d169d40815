"""The door for text files: CSV and its kin, in any dialect that can be settled."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from jdm_stats.cohort.doors.decimals import settle_decimal
from jdm_stats.cohort.doors.dialect import settle_dialect
from jdm_stats.cohort.doors.headings import framed, without_missing_words
from jdm_stats.cohort.doors.letters import decode, odd_letters, text_line
from jdm_stats.cohort.doors.opening import read_content
from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.doors.reading import AUTO, Reading
from jdm_stats.cohort.doors.records import cut_records
from jdm_stats.cohort.doors.refusal import Refusal
from jdm_stats.errors import Fault

__all__ = ["read_delimited"]


def read_delimited(
    path: Path,
    reading: Reading,
    *,
    name: str | None = None,
    numbers: Collection[str] | None = None,
) -> tuple[RawTable | None, list[Fault]]:
    r"""Read one text file.

    Parameters
    ----------
    path : Path
    reading : Reading
    name : str, optional
        What to call the table; the file's stem when not given.
    numbers : collection of str, optional
        The columns known to hold numbers. A file of known columns with commas between
        its cells has decimal points: nothing is sniffed.

    Returns
    -------
    table : RawTable or None
        None when the file cannot be cut into rows and cells.
    faults : list of Fault

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "kinder.csv"
    ...     _ = file.write_bytes("PatNr;Größe\r\n007;104,5\r\n".encode("cp1252"))
    ...     table, faults = read_delimited(file, Reading())
    >>> table.frame.values.tolist(), table.decimal, faults
    ([['007', '104,5']], ',', [])
    >>> table.notes[0]
    "encoding cp1252, sniffed: line 1 holds 'Größe', and each letter outside ASCII means
    the same in the other Windows and Latin sets"
    """
    name = path.stem if name is None else name
    try:
        return _read(path, reading, name, numbers)
    except Refusal as refusal:
        return None, [refusal.fault(name, path.name)]


def _read(
    path: Path, reading: Reading, name: str, numbers: Collection[str] | None
) -> tuple[RawTable | None, list[Fault]]:
    source = path.name
    content = read_content(path)
    letters = decode(content, reading.encoding)
    _refuse_nul(letters.text, source)
    faults = [
        Fault(
            *(name, None, None, None, rule, message),
            "save the export anew from where the letters are still right",
            severity="warning",
            source=f"{source} line {line}",
        )
        for rule, line, message in odd_letters(letters.text)
    ]

    def lines() -> Iterator[str]:  # from the bytes anew: text itself would be copied
        buffer = io.BytesIO(content)
        return io.TextIOWrapper(buffer, encoding=letters.encoding, newline="")

    dialect = settle_dialect(lines, reading)
    cut = cut_records(lines(), dialect, name=name, source=source)
    faults += cut.faults
    if any(fault.severity == "error" for fault in faults):
        return None, faults
    frame, wrong, notes = framed(cut.heading, cut.columns, name=name, source=source)
    frame, emptied = without_missing_words(frame, reading.missing)
    table = RawTable(name, source, frame, cut.lines)
    if wrong:
        return None, [*faults, *wrong]
    plain = numbers is not None and dialect.delimiter == ","
    mark = settle_decimal(
        table,
        "." if plain and reading.decimal == AUTO else reading.decimal,
        numbers=numbers,
    )
    said = (*letters.notes, *dialect.notes, *mark.notes, *notes, *emptied)
    return replace(table, decimal=mark.mark, notes=said), [*faults, *mark.faults]


def _refuse_nul(text: str, source: str) -> None:
    place = text.find("\0")
    if place >= 0:
        raise Refusal(
            "malformed_csv",
            f"{source} holds a NUL character",
            "write the file again; no text holds a NUL",
            line=text_line(text, place),
        )
