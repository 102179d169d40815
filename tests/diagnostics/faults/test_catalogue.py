"""The catalogue holds every code a check can tell, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import jdm_stats.cohort
from jdm_stats.cohort import second_look
from jdm_stats.diagnostics.faults.catalogue import (
    FaultKind,
    explain_fault,
    fault_catalogue,
    faults_page,
    known_laws,
)
from jdm_stats.errors import UsageError
from jdm_stats.intervals import audit
from jdm_stats.schema import MEASURES, TABLES
from jdm_stats.simulation.spoiling.cohort.corrupt import corruption_kinds

PACKAGE = Path(jdm_stats.cohort.__path__[0]).parent
PAGE = PACKAGE.parent / "docs" / "faults.md"
HOW = (
    "write the page again: python -c 'from jdm_stats.diagnostics.faults.catalogue import "
    'faults_page; print(faults_page(), end="")\' > docs/faults.md'
)
# Calls that make a fault, and the columns and tables that are named in them too.
MAKERS = {
    *("Fault", "Refusal", "Problem", "faults_at", "fault", "report", "at", "refuse"),
    *("_warn", "_fault", "_whole", "_malformed", "_ragged", "_Complaint", "_Finding"),
}
CODE = re.compile(r"[a-z]+(_[a-z0-9]+)+")
NAMES = {column.name for table in TABLES.values() for column in table.columns}
NAMES |= {*MEASURES, *TABLES}


def codes() -> set[str]:
    return set(fault_catalogue()["code"])


def words_of_calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name not in MAKERS:
            continue
        for given in [*node.args, *(word.value for word in node.keywords)]:
            inner = getattr(given.value, "elts", []) if is_starred(given) else [given]
            for word in inner:
                if isinstance(word, ast.Constant) and isinstance(word.value, str):
                    yield word.value


def is_starred(node: ast.AST) -> bool:
    return isinstance(node, ast.Starred)


@pytest.mark.parametrize("room", ["cohort", "intervals"])
def test_every_code_in_the_source_is_in_the_catalogue(room: str) -> None:
    known = codes()
    strange = {
        (path.name, word)
        for path in (PACKAGE / room).rglob("*.py")
        for word in words_of_calls(path)
        if CODE.fullmatch(word) and word not in known | NAMES
    }
    assert strange == set()


def test_every_law_is_explained_and_every_explanation_has_a_law() -> None:
    catalogue = fault_catalogue().set_index("code")
    assert set(known_laws()) <= set(catalogue.index)
    assert set(second_look.RULES) <= set(catalogue.index)
    assert {*audit._RULES, "not_cut_at_event"} <= set(catalogue.index)
    assert set(corruption_kinds()["code"]) <= set(catalogue.index)
    for part in ("law", "why", "remedy", "example", "tables"):
        bare = catalogue.index[catalogue[part] == ""].tolist()
        assert bare == [], f"no {part} in faults/words/*.toml"


def test_no_code_of_the_catalogue_is_one_that_nothing_tells() -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for room in ("cohort", "intervals")
        for path in (PACKAGE / room).rglob("*.py")
    )
    assert [code for code in codes() if f'"{code}"' not in source] == []


def test_severities_are_those_of_the_checks() -> None:
    catalogue = fault_catalogue().set_index("code")
    kinds = corruption_kinds().drop_duplicates("code").set_index("code")
    told = catalogue.loc[kinds.index, "severity"]
    pd.testing.assert_series_equal(told, kinds["severity"], check_names=False)


def test_laws_are_sentences_and_why_is_never_the_law_again() -> None:
    for kind in map(explain_fault, sorted(codes())):
        assert kind.law[0].isupper() or kind.law.startswith("cohort.json")
        assert all(said[-1] in ".?" for said in (kind.law, kind.why, kind.remedy))
        assert kind.why != kind.law != kind.remedy


def test_a_kind_is_frozen_and_shows_itself() -> None:
    kind = explain_fault("dose_without_basis")
    assert isinstance(kind, FaultKind)
    with pytest.raises(AttributeError):
        kind.code = "x"  # type: ignore[misc]
    assert repr(kind).count("\n") == 0
    assert "factor of the child" in kind._repr_html_()
    assert "what to do: Say whether the dose is per_day" in str(kind)


def test_an_unknown_code_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'duplicate_patient'"):
        explain_fault("duplicate_patients")
    with pytest.raises(UsageError, match="--explain all"):
        explain_fault("qqqq")


def test_the_page_is_what_the_checks_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == faults_page(), HOW
    assert all(f"### `{code}`\n" in faults_page() for code in codes())
