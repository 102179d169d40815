"""Opening a file safely: whether it is one, how large it is, and what it truly holds."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from jdm_stats.cohort.doors.refusal import MAX_BYTES, Refusal
from jdm_stats.errors import UsageError

__all__ = [
    "KINDS",
    "RULES",
    "TEXT_SUFFIXES",
    "existing",
    "kind_of",
    "open_checked",
    "read_content",
]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "unreadable_file": "A file of an export can be opened and read.",
        "wrong_kind": "A file holds what its name says: text, a workbook or Parquet.",
        "too_large": "A table is no larger than memory allows.",
    }
)

TEXT_SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".dat")
# What a file is called -> what it must hold.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(TEXT_SUFFIXES, "text"),
        **dict.fromkeys((".xlsx", ".xlsm"), "workbook"),
        **dict.fromkeys((".parquet", ".pq"), "parquet"),
        **dict.fromkeys((".db", ".sqlite", ".sqlite3"), "sqlite"),
    }
)
_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"%PDF", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"PAR1", "parquet"),
    (b"PARE", "parquet"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"$FL2@(#)", "spss"),
    (b"$FL3@(#)", "spss"),
    (b"<stata_dta>", "stata"),
    (b"\x89PNG\r\n", "image"),
    (b"\xff\xd8\xff", "image"),
)
_MARKUP = (
    (b"<!doctype html", "html"),
    (b"<html", "html"),
    (b"<table", "html"),
    (b"<?xml", "xml"),
)
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

# What it is in words, and how to get to a table from it.
_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "text": ("plain text", "name it .csv, .tsv or .txt"),
        "workbook": ("an Excel workbook", "name it .xlsx"),
        "opendocument": (
            "an OpenDocument file",
            "save it as an Excel workbook (.xlsx) or as CSV UTF-8",
        ),
        "binary_workbook": (
            "a binary Excel workbook (.xlsb)",
            "save it as an Excel workbook (.xlsx) or as CSV UTF-8",
        ),
        "zip": ("a ZIP archive", "unpack it, and give the file or folder inside"),
        "gzip": ("compressed (gzip)", "unpack it first"),
        "bzip2": ("compressed (bzip2)", "unpack it first"),
        "xz": ("compressed (xz)", "unpack it first"),
        "zstd": ("compressed (zstd)", "unpack it first"),
        "7z": ("a 7z archive", "unpack it first"),
        "rar": ("a RAR archive", "unpack it first"),
        "pdf": ("a PDF", "ask for the table itself, as CSV or as a workbook"),
        "rtf": ("a formatted document (RTF)", "save the table as CSV UTF-8"),
        "encrypted": (
            "protected by a password",
            "save a copy without the password, in a safe place",
        ),
        "ole": (
            "an old Excel workbook (.xls) or another old Office file",
            "save it as an Excel workbook (.xlsx) or as CSV UTF-8",
        ),
        "parquet": ("a Parquet file", "name it .parquet"),
        "sqlite": ("an SQLite database", "name it .sqlite, or give sqlite:///PATH"),
        "spss": ("an SPSS file", "export it as CSV UTF-8"),
        "stata": ("a Stata file", "export it as CSV UTF-8"),
        "image": ("an image", "ask for the table itself, as CSV or as a workbook"),
        "html": (
            "a web page (HTML), whatever its name says",
            "open it in a spreadsheet and save it as .xlsx or as CSV UTF-8",
        ),
        "xml": ("XML", "open it in a spreadsheet and save it as .xlsx or as CSV UTF-8"),
    }
)


def existing(source: str | os.PathLike[str]) -> Path:
    """Return the path of something that is there, or refuse the call.

    Raises
    ------
    UsageError
        When there is nothing by that name, or it is no name at all.

    Examples
    --------
    >>> existing("/nowhere/at/all.csv")
    Traceback (most recent call last):
    ...
    jdm_stats.errors.UsageError: there is no folder or file /nowhere/at/all.csv; ...
    """
    try:
        path = Path(source)
        if path.exists():
            return path
        broken = os.path.lexists(path)
    except (TypeError, ValueError, OSError):
        raise UsageError(
            f"{source!r} is no path; give a file, a folder or a database address"
        ) from None
    if broken:
        raise UsageError(f"{path} is a link that leads nowhere; give the file itself")
    raise UsageError(
        f"there is no folder or file {path}; give a file, a folder or a database address"
    )


def open_checked(path: Path, limit: int | None = MAX_BYTES) -> int:
    """Return the size of a regular, readable file of bearable size, or refuse it."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
            raise Refusal(
                "unreadable_file", f"{path.name} is {what}", "give a file of the export"
            )
        with path.open("rb"):
            pass
    except OSError as error:
        raise _unreadable(path, error) from None
    if limit is not None and status.st_size > limit:
        raise Refusal(
            "too_large",
            f"{path.name} has {status.st_size / 2**20:,.0f} MiB, the limit is "
            f"{limit / 2**20:,.0f}",
            "write the table as Parquet, or give it in several files",
        )
    return status.st_size


def read_content(path: Path) -> bytes:
    """Return the bytes of a file, or refuse it."""
    open_checked(path)
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> Refusal:
    return Refusal(
        "unreadable_file",
        f"{path.name} cannot be read ({error.strerror or type(error).__name__})",
        "ask for the right to read it, or copy it to where it can be read",
    )


def kind_of(path: Path) -> str:
    """Return what a file truly holds, by its first bytes; "text" when nothing else.

    Raises
    ------
    Refusal
        When the file cannot be read, or holds what no door here can read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "export.csv"
    ...     _ = file.write_text("PatNr;Gewicht")
    ...     kind_of(file)
    'text'
    """
    open_checked(path, limit=None)
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise _unreadable(path, error) from None
    kind = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if kind is None:
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
        kind = next((kind for mark, kind in _MARKUP if start.startswith(mark)), "text")
    if kind == "zip":
        kind = _inside_zip(path)
    elif kind == "ole" and _says_encrypted(path):
        kind = "encrypted"
    wanted = KINDS.get(path.suffix.lower(), kind)
    if kind != wanted or kind not in set(KINDS.values()):
        what, remedy = _WORDS[kind]
        raise Refusal("wrong_kind", f"{path.name} is {what}", remedy)
    return kind


def _inside_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return "zip"
    if "xl/workbook.bin" in names:
        return "binary_workbook"
    if "xl/workbook.xml" in names or "[Content_Types].xml" in names:
        return "workbook"
    return "opendocument" if "content.xml" in names else "zip"


def _says_encrypted(path: Path) -> bool:
    with path.open("rb") as file:
        return _ENCRYPTED in file.read(2**22)
