"""docs/tables.md is made from the schema, and names everything in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jdm_stats.cohort.dictionary import WORDS, tables_page
from jdm_stats.cohort.folder import read_folder
from jdm_stats.schema import MEASURES, TABLES

PAGE = Path(__file__).parents[1] / "docs" / "tables.md"
HOW = (
    "write the page again: python -c 'from jdm_stats.cohort.dictionary import tables_page; "
    'print(tables_page(), end="")\' > docs/tables.md'
)


def test_the_page_is_what_the_schema_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == tables_page(), HOW


KINDS = {
    "text": "text",
    "integer": "whole number",
    "number": "number",
    "flag": "true or false",
}


def section(name: str) -> str:
    return tables_page().partition(f"\n## {name}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("name", TABLES)
def test_every_column_and_every_code_is_there(name: str) -> None:
    told = section(name)
    for column in TABLES[name].columns:
        start = f"| `{column.name}` | {KINDS[column.kind]} | "
        [line] = [x for x in told.splitlines() if x.startswith(start)]
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert len(cells) == 6
        assert cells[2] == column.unit
        assert cells[3] == ("yes" if column.required else "no")
        assert cells[5].startswith(column.meaning)
        assert all(f"`{code}`" in told for code in column.allowed)


def test_codes_with_a_meaning_are_those_of_the_schema() -> None:
    columns = {c.name: c for table in TABLES.values() for c in table.columns}
    for name, codes in WORDS.items():
        assert tuple(codes) == columns[name].allowed
    assert len(WORDS["antibody"]) == 12


def test_a_measure_is_told_with_its_unit_and_range() -> None:
    told = section("assessments")
    assert "| `chaq` | points | 0 to 3 | " in told
    assert "| `ck_u_l` | U/L | more than 0 | " in told
    assert all(f"| `{measure}` | " in told for measure in MEASURES)


def test_the_shortest_cohort_json_shown_is_enough(tmp_path: Path) -> None:
    [line] = [x for x in tables_page().splitlines() if x.startswith("At its shortest")]
    (tmp_path / "cohort.json").write_text(line.split("`")[1])
    rules = {fault.rule for fault in read_folder(tmp_path).faults}
    assert rules == {"missing_table"}


@pytest.mark.parametrize(
    "said",
    [
        "counted from diagnosis = day 0",
        "the first line below the header, line 2 of the file",
        "written true or false",
        "above 5,000 mg, or above 100 mg/kg/day",
    ],
)
def test_how_to_write_is_told(said: str) -> None:
    assert said in tables_page()
