"""Faults with their place in the export, as a table and as a page."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.diagnostics.faults.export import (
    COLUMNS,
    as_csv,
    located,
    written_by_a_check,
)
from jdm_stats.diagnostics.faults.page import fault_page
from jdm_stats.errors import Fault

EVIL = "<script>alert(1)</script>"


def fault(**more: object) -> Fault:
    said = {"table": "courses", "row": 2, "patient_id": "P7", "column": "dose_mg"}
    said |= {"rule": "wrong_type", "message": "'2,5' is not a number"}
    return Fault(**(said | {"remedy": "write 2.5"} | more))  # type: ignore[arg-type]


@pytest.fixture
def raw() -> dict[str, RawTable]:
    frame = pd.DataFrame(
        {"PatNr": ["P7", "P7", "P8"], "Dosis": ["1", "2,5", None]}, dtype=object
    )
    table = RawTable("medikation", "med.csv", frame, np.array([2, 4, 5]))
    plain = frame.set_axis(["patient_id", "dose_mg"], axis="columns")
    own = RawTable("courses", "courses.csv", plain, np.array([2, 4, 5]))
    return {"medikation": table, "courses": own}


def test_a_fault_of_a_cohort_finds_its_line(raw: dict[str, RawTable]) -> None:
    [row] = located([fault()], raw).itertuples()
    assert (row.file, row.line, row.column, row.value) == (
        *("courses.csv", 4, "dose_mg", "2,5"),
    )
    assert (row.table, row.row, row.field, row.code) == (
        *("courses", 2, "dose_mg", "wrong_type"),
    )


def test_a_fault_of_an_export_is_told_in_its_own_words(
    raw: dict[str, RawTable],
) -> None:
    source = raw["medikation"].place(1, "Dosis")
    [row] = located([fault(source=source, row=99)], raw).itertuples()
    assert (row.file, row.line, row.column) == ("med.csv", 4, "Dosis")
    assert row.value == "2,5"


def test_a_whole_record_is_handed_back_where_no_column_is_named(
    raw: dict[str, RawTable],
) -> None:
    given = [fault(column=None, source="med.csv line 4"), fault(column=None, row=2)]
    assert located(given, raw)["value"].tolist() == ['P7,"2,5"', 'P7,"2,5"']


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("med.csv line 3", ("med.csv", 3, None)),
        ("med.csv line 9, column 'Dosis'", ("med.csv", 9, "Dosis")),
        ('book.xlsx, sheet Kinder line 5, column "a\'b"', None),
        ("a, column 'x' line 3", None),
        ("med.csv", ("med.csv", None, None)),
        ("somewhere, somehow", ("somewhere, somehow", None, None)),
    ],
)
def test_any_place_is_read_without_a_fault(raw, source: str, place) -> None:
    [row] = located([fault(source=source)], raw).itertuples()
    said = (row.file, None if pd.isna(row.line) else row.line, row.column)
    if place is None:
        assert said[0]
    else:
        assert said == place
    assert row.value is None


def test_what_cannot_be_read_leaves_values_empty() -> None:
    assert located([fault()], {})["value"].isna().all()
    assert located([]).columns.tolist() == list(COLUMNS)


def test_no_cell_of_the_table_is_a_formula() -> None:
    values = ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", " =1", "＝1", "-5", "+1,5"]
    given = [fault(patient_id=value) for value in values]
    rows = list(csv.DictReader(io.StringIO(as_csv(located(given)))))
    told = [row["patient_id"] for row in rows]
    assert told[:7] == [f"'{value}" for value in values[:7]]
    assert told[7:] == ["-5", "+1,5"]


def test_the_table_holds_what_no_terminal_can_show() -> None:
    given = fault(message='a "quoted",\nbroken \x00 \ud800 cell')
    text = as_csv(located([given]))
    text.encode("utf-8")
    [row] = csv.DictReader(io.StringIO(text))
    assert row["message"] == 'a "quoted",\nbroken \\x00 \\ud800 cell'


def test_a_table_knows_its_own_kind() -> None:
    assert written_by_a_check(as_csv(located([])))
    assert written_by_a_check(fault_page(located([]), "x"))
    assert not written_by_a_check("patient_id,sex")
    assert not written_by_a_check("")


# ---- the page -----------------------------------------------------------------------


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def tags(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(page)
    return parser.seen


def test_the_page_needs_nothing_else_and_escapes_everything() -> None:
    given = [
        fault(patient_id=EVIL, message=EVIL, remedy=EVIL, column=EVIL, rule=EVIL),
        fault(source=f"{EVIL}.csv line 3, column {EVIL!r}", table=EVIL),
    ]
    page = fault_page(located(given), EVIL)
    assert EVIL not in page and "&lt;script&gt;" in page
    seen = tags(page)
    assert not {tag for tag, _ in seen} & {"script", "link", "img", "iframe"}
    addresses = [
        a.get("href") or a.get("src") for _, a in seen if {"href", "src"} & {*a}
    ]
    assert all(address and address.startswith("#") for address in addresses)
    assert "url(" not in page and "@import" not in page
    assert "default-src 'none'" in page


def test_the_page_counts_by_code_and_tells_every_fault(
    raw: dict[str, RawTable],
) -> None:
    warning = fault(rule="growth_jump", severity="warning", column=None)
    given = [*(fault(row=row) for row in range(1, 251)), warning]
    page = fault_page(located(given, raw), "register")
    assert "250 faults to be mended and 1 warning to look at." in page
    assert page.count('<td data-label="Place">') == 251
    assert re.search(r'href="#error-wrong_type".*?<td class="num">250</td>', page)
    ids = [attrs["id"] for tag, attrs in tags(page) if tag == "section"]
    assert ids == ["error-wrong_type", "warning-growth_jump"]
    assert "A word, a decimal comma or a date" in page
    assert "<samp>2,5</samp>" in page and "courses.csv, line 4, column dose_mg" in page


def test_the_page_of_a_sound_cohort_and_of_a_synthetic_one() -> None:
    page = fault_page(located([]), "register")
    assert "No fault was found." in page and "SYNTHETIC" not in page
    assert "SYNTHETIC" in fault_page(located([fault()]), "register", synthetic=True)


def test_a_value_of_ten_megabytes_is_cut_on_the_page_only() -> None:
    frame = pd.DataFrame({"dose_mg": ["9" * 10_000_000]}, dtype=object)
    rows = located([fault(row=1)], {"courses": RawTable("courses", "c.csv", frame)})
    page = fault_page(rows, "register")
    assert len(page) < 20_000 and "… (10,000,000 characters)" in page
    assert len(as_csv(rows)) > 10_000_000


def test_long_words_of_any_kind_are_cut_on_the_page() -> None:
    long = "x" * 1_000_000
    place = f"{long}.csv line 3, column {long!r}"
    given = [fault(message=long, remedy=long + end, patient_id=long) for end in "ab"]
    assert len(fault_page(located([*given, fault(source=place)]), "register")) < 40_000


def test_a_remedy_that_all_share_is_said_once() -> None:
    alike = fault_page(located([fault(row=row) for row in (1, 2, 3)]), "register")
    assert alike.count("write 2.5") == 1
    assert "For each of these" in alike and 'data-label="What to do"' not in alike
    unlike = [fault(remedy="write 2.5"), fault(remedy="write 7")]
    page = fault_page(located(unlike), "register")
    assert "For each of these" not in page and page.count("data-label=") == 10


def test_three_thousand_faults_make_a_page_of_sane_size() -> None:
    given = [
        fault(row=row, message=f"there is no day {row}", remedy=f"look {row} up")
        for row in range(3_000)
    ]
    page = fault_page(located(given), "register")
    assert len(page.encode()) < 2_000_000
    assert page.index("Faults by code") < page.index("<section")
