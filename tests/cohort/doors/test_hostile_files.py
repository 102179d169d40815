"""Files that are not what they seem: a clear fault or a sound table, never a traceback."""

from __future__ import annotations

import gzip
import os
import random
import zipfile
from pathlib import Path

import pytest

from jdm_stats.cohort.doors import opening
from jdm_stats.cohort.doors.tables import read_tables
from jdm_stats.errors import UsageError


def rules_of(file: Path) -> list[str]:
    tables, faults = read_tables(file)
    assert not tables
    assert all(str(fault) and fault.remedy for fault in faults)
    return [fault.rule for fault in faults]


def zipped(file: Path, *parts: str) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        for part in parts:
            archive.writestr(part, "x")
    return file


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "gzip"),
        (b"%PDF-1.7\n", "PDF"),
        (b"<html><table><tr><td>1</td></tr></table>", "HTML"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE HTML>", "HTML"),
        (b'<?xml version="1.0"?><Workbook/>', "XML"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ".xls"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + "EncryptedPackage".encode("utf-16-le"),
            "password",
        ),
        (b"{\\rtf1", "RTF"),
        (b"SQLite format 3\0", "SQLite"),
        (b"PAR1", "Parquet"),
        (b"$FL2@(#) SPSS", "SPSS"),
    ],
)
def test_another_kind_of_file_named_csv(
    tmp_path: Path, content: bytes, says: str
) -> None:
    readable = content.startswith((b"SQLite", b"PAR1"))  # whatever its name, then
    for name in ("x.csv",) if readable else ("x.csv", "x.xls"):
        file = tmp_path / name
        file.write_bytes(content)
        tables, [fault] = read_tables(file)
        assert not tables and fault.rule == "wrong_kind"
        assert says in fault.message


def test_archives_and_workbooks_named_csv(tmp_path: Path) -> None:
    for parts, says in (
        (["kinder.csv"], "ZIP"),
        (["xl/workbook.xml"], "Excel workbook"),
        (["xl/workbook.bin"], ".xlsb"),
        (["content.xml", "mimetype"], "OpenDocument"),
    ):
        _, [fault] = read_tables(zipped(tmp_path / "x.csv", *parts))
        assert fault.rule == "wrong_kind" and says in fault.message
    (tmp_path / "x.csv").write_bytes(b"PK\x03\x04 and nothing more")
    assert rules_of(tmp_path / "x.csv") == ["wrong_kind"]


@pytest.mark.parametrize("name", ["x.xlsx", "x.parquet", "x.sqlite"])
def test_text_named_otherwise(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("a,b\n1,2\n")
    assert rules_of(tmp_path / name) == ["wrong_kind"]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "malformed_csv"),
        (b"\n\n\n", "malformed_csv"),
        (b"\xef\xbb\xbf", "malformed_csv"),
        (b"\xff\xfe", "malformed_csv"),
        (b"\xff\xfea", "encoding_unsettled"),
        (b"a,b\n1,\0\n", "malformed_csv"),
        (b"a,b\n\x00\x00\x00\x00\n", "malformed_csv"),
        (b"a,b\n\xff\x00\xfe\x00\n", "encoding_unsettled"),
        (b'a,b\n1,"2\n3,4\n', "malformed_csv"),
        (b'"a,b\n1,2\n', "malformed_csv"),
        (b",,,\n", "malformed_csv"),
        (b"x" * 10_000_000, "malformed_csv"),
        (b"a,b\n" + b"x" * 10_000_000, "malformed_csv"),
        (b"a," * 1_000_000 + b"a\n", "too_large"),
        (b"a,b\n" + b"1\n" * 50_000, "ragged_row"),
    ],
)
def test_text_that_is_no_table(tmp_path: Path, content: bytes, rule: str) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    assert set(rules_of(tmp_path / "x.csv")) == {rule}


def test_ten_megabytes_of_line_ends_are_no_burden(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"a,b\n" + b"\n" * 1_000_000 + b"1,2\n")
    faults = read_tables(tmp_path / "x.csv")[1]
    assert len(faults) == 10_001
    assert "989,999" in faults[-1].message or "990,000" in faults[-1].message
    (tmp_path / "x.csv").write_bytes(b"a,b\n1,2\n" + b"\n" * 1_000_000)
    tables, faults = read_tables(tmp_path / "x.csv")
    assert not faults and len(tables["x"].frame) == 1


def test_formulas_in_cells_are_text(tmp_path: Path) -> None:
    cell = "=HYPERLINK(1)"
    (tmp_path / "x.csv").write_text(f"a,b\n{cell},@SUM(A1)\n+cmd|x,-1\n")
    tables, faults = read_tables(tmp_path / "x.csv")
    assert not faults
    assert tables["x"].frame.values.tolist() == [[cell, "@SUM(A1)"], ["+cmd|x", "-1"]]


def test_random_bytes(tmp_path: Path) -> None:
    rng = random.Random(1)
    for size in (1, 10, 1000, 100_000):
        content = rng.randbytes(size)
        (tmp_path / "x.csv").write_bytes(content)
        read_tables(tmp_path / "x.csv")
        assert (tmp_path / "x.csv").read_bytes() == content


def test_what_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.csv").mkdir()
    assert rules_of(tmp_path / "x.csv") == ["no_tables"]
    assert rules_of(tmp_path) == ["unreadable_file"]  # a folder where a file should be
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere")
    for name in ("loop", "gone.csv"):
        with pytest.raises(UsageError, match="leads nowhere"):
            read_tables(tmp_path / name)
    for wrong in ("nowhere.csv", "a\0b", "x" * 5000, b"x", 3, None):
        with pytest.raises(UsageError):
            read_tables(wrong if isinstance(wrong, (int, str, bytes)) else None)  # type: ignore[arg-type]
    os.mkfifo(tmp_path / "pipe.csv")
    assert rules_of(tmp_path / "pipe.csv") == ["unreadable_file"]

    def locked(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "y.csv").write_text("a,b\n1,2\n")
    monkeypatch.setattr(Path, "open", locked)
    assert rules_of(tmp_path / "y.csv") == ["unreadable_file"]


def test_a_file_beyond_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    monkeypatch.setattr(opening.open_checked, "__defaults__", (4,))
    assert rules_of(tmp_path / "x.csv") == ["too_large"]


def test_a_folder_of_tables(tmp_path: Path) -> None:
    (tmp_path / "kinder.csv").write_text("a;b\n1;2\n")
    (tmp_path / "kinder.tsv").write_text("a\tb\n1\t2\n")
    (tmp_path / "README.txt").write_text("not a table")
    (tmp_path / ".hidden.csv").write_text("a,b\n1\n")
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    tables, faults = read_tables(tmp_path)
    assert list(tables) == ["kinder"]
    assert sorted(f.rule for f in faults) == ["two_tables", "wrong_kind"]
