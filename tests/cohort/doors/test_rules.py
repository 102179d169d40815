"""Every code of the doors is broken by a test, and its words say what to do."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.doors.tables import RULES, read_tables

TESTS = "\n".join(
    path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.py")
)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rule_is_told_by_a_test_and_in_one_sentence(rule: str) -> None:
    assert f'"{rule}"' in TESTS
    assert RULES[rule].endswith(".") and RULES[rule][0].isupper()


def test_a_named_sheet_without_headings(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Kinder"
    book.save(tmp_path / "register.xlsx")
    reading = Reading(tables=("Kinder",))
    tables, faults = read_tables(tmp_path / "register.xlsx", reading=reading)
    assert not tables and [fault.rule for fault in faults] == ["empty_sheet"]
