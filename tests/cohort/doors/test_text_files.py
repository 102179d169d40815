"""Text files by hand: dialects that are settled, and those that are refused."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.doors.tables import read_tables
from jdm_stats.errors import UsageError

HEADING = "PatNr;Größe;Ort"
ROWS = [["PatNr", "Größe", "Ort"], ["007", "104,5", "Köln, am Rhein"], ["8", "99", ""]]
CELLS = [["007", "104,5", "Köln, am Rhein"], ["8", "99", None]]


def read(tmp_path: Path, content: bytes, **declared: object):
    file = tmp_path / "kinder.csv"
    file.write_bytes(content)
    tables, faults = read_tables(file, reading=Reading(**declared))  # type: ignore[arg-type]
    assert file.read_bytes() == content
    return tables.get("kinder"), faults


def rules(faults) -> list[str]:
    return [fault.rule for fault in faults if fault.severity == "error"]


def text_of(rows: list[list[str]], mark: str, end: str) -> str:
    def cell(word: str) -> str:
        return f'"{word}"' if mark in word else word

    return "".join(mark.join(map(cell, row)) + end for row in rows)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("bom", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
        (b"", "cp1252"),
        (b"", "latin-1"),
    ],
)
def test_every_common_dialect_is_read_alike(
    tmp_path: Path, bom: bytes, encoding: str, mark: str, end: str
) -> None:
    content = bom + text_of(ROWS, mark, end).encode(encoding)
    table, faults = read(tmp_path, content)
    assert not faults
    assert list(table.frame.columns) == ROWS[0]
    assert table.frame.values.tolist() == CELLS
    assert table.decimal == ","
    assert table.lines.tolist() == [2, 3]


def test_what_is_sniffed_is_noted_and_what_is_plain_is_not(tmp_path: Path) -> None:
    table, _ = read(tmp_path, "a;b\n1,5;Köln\n".encode("cp1252"))
    assert [note.split(",")[0] for note in table.notes] == [
        "encoding cp1252",
        "delimiter ';'",
        "decimal comma",
    ]
    table, _ = read(tmp_path, "a,b\n1.5,Köln\n".encode())
    assert table.notes == ()


def test_mixed_line_ends_quoted_breaks_and_line_numbers(tmp_path: Path) -> None:
    content = b'a;b\r\n1;"x\r\ny"\r2;z\n3;"u\nv\nw"\r\n4;q'
    table, faults = read(tmp_path, content)
    assert not faults
    assert table.frame["b"].tolist() == ["x\r\ny", "z", "u\nv\nw", "q"]
    assert table.lines.tolist() == [2, 4, 5, 8]
    assert table.place(2, "b") == "kinder.csv line 5, column 'b'"


def test_a_first_line_that_says_the_delimiter(tmp_path: Path) -> None:
    table, faults = read(tmp_path, b"sep=;\r\na;b,c\r\n1;2,5\r\n")
    assert not faults and table.frame.values.tolist() == [["1", "2,5"]]
    assert table.lines.tolist() == [3]
    _, faults = read(tmp_path, b"sep=;\na;b\n1;2\n", delimiter=",")
    assert rules(faults) == ["delimiter_unsettled"]


def test_headings_further_down(tmp_path: Path) -> None:
    for title in (b"Register", b"Register, Stand 2020"):
        content = title + b"\n\na;b\n1;2\n"
        _, faults = read(tmp_path, content)
        assert rules(faults) == ["delimiter_unsettled"]
        assert "header_line" in faults[0].remedy
    table, faults = read(tmp_path, content, header_line=3)
    assert not faults and table.lines.tolist() == [4]


# ---- encodings that cannot be settled ------------------------------------------------


@pytest.mark.parametrize(
    ("word", "encoding"),
    [
        ("Dvořák", "cp1250"),
        ("Besançon", "latin-1"),
        ("crème", "cp1252"),
        ("пациент", "cp1251"),
        ("м", "cp1251"),
        ("Mädchen", "cp850"),
        ("Straße", "cp850"),
        ("Größe", "mac-roman"),
        ("Ασθενής", "cp1253"),
        ("O’Neill", "cp1252"),
        ("患者", "shift_jis"),
        ("患者", "gbk"),
    ],
)
def test_bytes_that_may_be_several_letters_are_refused_until_declared(
    tmp_path: Path, word: str, encoding: str
) -> None:
    content = f"PatNr;Name\n1;{word}\n".encode(encoding)
    _, faults = read(tmp_path, content)
    assert rules(faults) == ["encoding_unsettled"]
    assert faults[0].source == "kinder.csv line 2"
    assert "declare the encoding" in faults[0].remedy
    table, faults = read(tmp_path, content, encoding=encoding)
    assert not faults and table.frame["Name"].tolist() == [word]


@pytest.mark.parametrize(
    "word", ["Köln", "GRÖSSE", "Groß", "5 °C", "mg/m²", "André", "–"]
)
def test_letters_that_all_sets_share_are_read_with_a_note(
    tmp_path: Path, word: str
) -> None:
    table, faults = read(tmp_path, f"a;b\n1;{word}\n".encode("cp1252"))
    assert not faults and table.frame["b"].tolist() == [word]
    assert "cp1252" in table.notes[0]


@pytest.mark.parametrize(
    ("content", "encoding", "says"),
    [
        ("Mädchen".encode(), "cp1252", "the file is UTF-8"),
        ("Mädchen".encode("cp1252"), "utf-8", "not utf-8"),
        (codecs.BOM_UTF8 + b"x", "latin-1", "mark of utf-8-sig"),
        ("–".encode("cp1252"), "latin-1", "no letter there"),
        ("x".encode("utf-16-le"), "utf-16", "byte order"),
        (b"\x81", "cp1252", "0x81"),
    ],
)
def test_bytes_that_contradict_what_is_declared(
    tmp_path: Path, content: bytes, encoding: str, says: str
) -> None:
    _, faults = read(tmp_path, b"" + content + b"", encoding=encoding)
    assert rules(faults) == ["encoding_mismatch"]
    assert says in faults[0].message


def test_letters_lost_before_the_file_was_written_are_told(tmp_path: Path) -> None:
    table, faults = read(tmp_path, "a;b\n1;MÃ¼nchen\n2;K\ufffdln\n".encode())
    assert table is not None
    assert [(f.rule, f.severity, f.source) for f in faults] == [
        ("mojibake", "warning", "kinder.csv line 2"),
        ("lost_letters", "warning", "kinder.csv line 3"),
    ]


# ---- delimiters ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Name, Vorname;Ort\nMeyer, Anna;Köln\n",
        "a;b,c\n",
        "a|b;c\n1|2;3\n",
    ],
)
def test_two_delimiters_that_fit_are_refused(tmp_path: Path, text: str) -> None:
    _, faults = read(tmp_path, text.encode())
    assert rules(faults) == ["delimiter_unsettled"]
    table, faults = read(tmp_path, text.encode(), delimiter=";")
    assert not faults and table.frame.shape[1] == 2


def test_a_delimiter_in_one_heading_does_not_hide_the_other(tmp_path: Path) -> None:
    text = "PatNr;Gewicht, kg;Ort\n1;20;x\n2;30;y\n"
    table, faults = read(tmp_path, text.encode())
    assert not faults and table.frame.shape == (2, 3)


def test_one_column_needs_no_delimiter(tmp_path: Path) -> None:
    table, faults = read(tmp_path, b"PatNr\n007\n")
    assert not faults and table.frame.values.tolist() == [["007"]]


def test_ragged_and_blank_rows_are_named_by_line(tmp_path: Path) -> None:
    content = b'a;b;c\n1;2;3\n1;2\n\n1;"x\ny";3\n1;2;3;4\n5;6;7\n\n\n'
    table, faults = read(tmp_path, content)
    assert table is None
    assert [(f.rule, f.row, f.source) for f in faults] == [
        ("ragged_row", 2, "kinder.csv line 3"),
        ("ragged_row", 3, "kinder.csv line 4"),
        ("ragged_row", 5, "kinder.csv line 7"),
    ]


def test_a_missing_quote_that_takes_rows_into_a_cell_is_told(tmp_path: Path) -> None:
    table, faults = read(tmp_path, b'a;b;c\n1;"x;3\n2;y";3\n4;z;5\n')
    assert table is not None and len(table.frame) == 2
    assert [(f.rule, f.severity) for f in faults] == [("rows_in_a_cell", "warning")]


def test_blank_and_repeated_headings(tmp_path: Path) -> None:
    _, faults = read(tmp_path, b"a;;a;b\n1;2;3;4\n")
    assert sorted(rules(faults)) == ["blank_heading", "repeated_heading"]
    table, faults = read(tmp_path, b"a;b;\n1;2;\n")
    assert not faults and list(table.frame.columns) == ["a", "b"]
    assert "column 3 has no heading and no cells" in table.notes[-1]


# ---- decimal marks -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["1,5", "2"], ","),
        (["1.5", "2"], "."),
        (["1.234,5"], ","),
        (["1,234.5"], "."),
        (["1.234.567"], ","),
        (["0,125"], ","),
        (["1234,567"], ","),
        (["1,234", "0,5"], ","),
        (["<0,5", "12"], ","),
        (["2,5 mg/kg", "1 g"], ","),
        (["12", "13"], "."),
        (["31.12.2019", "01.02.2020"], "."),
        (["03.2019", "11.2020"], "."),
        (["a,5", "b,c"], "."),
        (["1,5e3"], ","),
    ],
)
def test_the_decimal_mark_is_settled(
    tmp_path: Path, cells: list[str], mark: str
) -> None:
    table, faults = read(
        tmp_path, "\n".join(["a;b", *(f"{c};x" for c in cells)]).encode()
    )
    assert not faults and table.decimal == mark
    assert table.frame["a"].tolist() == cells


@pytest.mark.parametrize("cell", ["1,234", "1.234", "12.345"])
def test_a_thousand_or_a_decimal_settles_nothing(tmp_path: Path, cell: str) -> None:
    table, faults = read(tmp_path, f"a;b\n{cell};x\n".encode())
    assert table.decimal is None
    assert [(f.rule, f.severity) for f in faults] == [("decimal_unsettled", "warning")]
    table, faults = read(tmp_path, f"a;b\n{cell};x\n".encode(), decimal=",")
    assert table.decimal == "," and not faults


def test_two_decimal_marks_are_a_fault_of_each_rarer_number(tmp_path: Path) -> None:
    _, faults = read(tmp_path, b"a;b\n1,5;3,5\n2.5;7\n4,5;8\n")
    assert [(f.rule, f.row, f.column, f.source) for f in faults] == [
        ("decimal_mixed", 2, "a", "kinder.csv line 3, column 'a'")
    ]


# ---- what is declared ----------------------------------------------------------------


def test_words_for_missing_are_emptied_and_counted(tmp_path: Path) -> None:
    table, _ = read(tmp_path, b"a;b\nk.A. ;-9\n5;-9\n", missing=["", "k.A.", "-9"])
    assert table.frame.values.tolist() == [[None, None], ["5", None]]
    assert "1 cell reads 'k.A.' and counts as empty, as declared" in table.notes
    assert "2 cells read '-9' and count as empty, as declared" in table.notes


def test_no_quotes_or_other_quotes(tmp_path: Path) -> None:
    table, _ = read(tmp_path, b'a;b\n5";x\n"y;z\n', quote="")
    assert table.frame.values.tolist() == [['5"', "x"], ['"y', "z"]]
    table, _ = read(tmp_path, b"a;b\n'x;y';z\n", quote="'")
    assert table.frame.values.tolist() == [["x;y", "z"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"encoding": "klingon"},
        {"encoding": "rot13"},
        {"delimiter": ""},
        {"delimiter": "\n"},
        {"decimal": ";"},
        {"quote": "''"},
        {"header_line": 0},
        {"header_line": True},
        {"missing": "k.A."},
        {"tables": "kinder"},
        {"queries": ["select 1"]},
        {"delimiter": '"'},
    ],
)
def test_declarations_that_cannot_be_meant(wrong: dict) -> None:
    with pytest.raises(UsageError):
        Reading(**wrong)


def test_all_wrong_declarations_are_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        Reading(encoding="klingon", decimal=";", header_line=-1)
    assert all(word in str(caught.value) for word in ("klingon", "decimal", "-1"))
