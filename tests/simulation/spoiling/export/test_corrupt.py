"""Exports with faults made on purpose: the list is true, and what cannot be asked is refused."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import pandas as pd
import pytest

import jdm_stats as jdm
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.files import check_cohort, read_cohort
from jdm_stats.cohort.mapping.model import CohortMapping
from jdm_stats.errors import UsageError
from jdm_stats.schema import TABLES
from jdm_stats.simulation.exports.export import export_registry
from jdm_stats.simulation.spoiling.export import corrupt as module
from jdm_stats.simulation.spoiling.export.corrupt import (
    corrupt_export,
    export_corruption_kinds,
)
from jdm_stats.simulation.spoiling.export.draft import ExportDraft, ExportKind
from tests.simulation.spoiling.export.exports import LAYOUTS, STYLES, registry


def same_tables(again: Cohort, cohort: Cohort, *, in_order: bool = True) -> None:
    for name in TABLES:
        one, other = getattr(again, name), getattr(cohort, name)
        if not in_order and name != "patients":
            columns = list(one.columns)
            one = one.sort_values(columns).reset_index(drop=True)
            other = other.sort_values(columns).reset_index(drop=True)
        pd.testing.assert_frame_equal(one, other, check_exact=True)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("style", STYLES)
def test_an_export_comes_back_as_it_was(
    style: str, layout: str, tmp_path: Path
) -> None:
    for seed in range(3):
        cohort = registry(seed)
        folder, text = export_registry(
            cohort, tmp_path / str(seed), style=style, layout=layout, rng=seed
        )
        mapping = CohortMapping.from_text(text)
        assert check_cohort(folder, mapping=mapping) == ()
        again = read_cohort(folder, mapping=mapping)
        assert again.synthetic
        same_tables(again, cohort, in_order=layout != "wide")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("style", STYLES)
def test_what_is_harmless_changes_nothing(
    style: str, layout: str, tmp_path: Path
) -> None:
    for seed in range(2):
        cohort = registry(seed)
        spoilt = corrupt_export(
            *(cohort, tmp_path / str(seed)),
            style=style,
            layout=layout,
            rng=seed,
            kinds="harmless",
        )
        assert spoilt.changes["injection"].nunique() >= 8
        assert spoilt.injected.empty
        mapping = CohortMapping.from_text(spoilt.mapping)
        assert check_cohort(spoilt.folder, mapping=mapping) == ()
        again = read_cohort(spoilt.folder, mapping=mapping)
        same_tables(again, cohort, in_order=layout != "wide")


def test_a_year_that_is_not_known_stays_unknown(tmp_path: Path) -> None:
    tables = {name: getattr(registry(0), name) for name in TABLES}
    tables["patients"].loc[3, "diagnosis_year"] = pd.NA
    cohort = Cohort(**tables, metadata={"synthetic": True})
    folder, text = export_registry(cohort, tmp_path / "export", rng=1)
    same_tables(read_cohort(folder, mapping=CohortMapping.from_text(text)), cohort)


def test_an_export_depends_on_its_seed_alone(tmp_path: Path) -> None:
    def digest(folder: Path) -> list[str]:
        return [
            hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(folder.iterdir())
        ]

    made = [
        corrupt_export(registry(1), tmp_path / name, rng=seed)
        for name, seed in (("a", 4), ("b", 4), ("c", 5))
    ]
    one, same, other = (digest(spoilt.folder) for spoilt in made)
    assert one == same != other
    pd.testing.assert_frame_equal(made[0].injected, made[1].injected)


def test_mg_kg_written_as_mg_cannot_be_known(tmp_path: Path) -> None:
    """A small dose is a small dose: no rule can tell that the unit is another."""
    cohort = registry(2)
    spoilt = corrupt_export(cohort, tmp_path / "export", rng=2, kinds="unseen")
    mapping = CohortMapping.from_text(spoilt.mapping)
    assert len(spoilt.changes) == 1 and spoilt.injected.empty
    assert check_cohort(spoilt.folder, mapping=mapping) == ()
    again = read_cohort(spoilt.folder, mapping=mapping).courses
    differs = (again["dose_basis"] != cohort.courses["dose_basis"]).fillna(False)
    differs &= again["dose_basis"].notna()
    assert differs.sum() == 1


def test_the_list_names_place_and_values(tmp_path: Path) -> None:
    spoilt = corrupt_export(
        registry(0), tmp_path / "export", rng=3, kinds="date_impossible.calendar"
    )
    [row] = spoilt.injected.to_dict("records")
    lines = (spoilt.folder / row["file"]).read_text("cp1252").splitlines()
    place = lines[0].split(";").index(row["heading"])
    assert lines[row["line"] - 1].split(";")[place] == row["new"] != row["old"]
    assert row["source"] == (
        f"{row['file']} line {row['line']}, column {row['heading']!r}"
    )
    assert row["patient_id"] in lines[row["line"] - 1]
    assert "SYNTHETIC" in repr(spoilt) and "SYNTHETIC" in spoilt._repr_html_().upper()


def silent_change(draft: ExportDraft) -> bool:
    record = draft.find("patients", "sex")
    assert record is not None
    record.line.cells[record.headings["sex"]] = "?"
    return True


def change_beside_the_list(draft: ExportDraft) -> bool:
    record = draft.find("patients", "sex")
    assert record is not None
    record.line.cells[record.headings["centre"]] = "elsewhere"
    draft.write(record, "sex", "?")
    return True


def listed_in_vain(draft: ExportDraft) -> bool:
    record = draft.find("patients", "sex")
    assert record is not None
    draft.note("cell", record.sheet.name, record.line, record.headings["sex"], "w", "x")
    return True


@pytest.mark.parametrize("put", [silent_change, change_beside_the_list, listed_in_vain])
def test_a_list_that_is_not_true_stops_it(
    put: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = ExportKind("value_not_mapped.code", "cells", put, "")  # type: ignore[arg-type]
    monkeypatch.setattr(module, "_KINDS", {kind.name: kind})
    with pytest.raises(RuntimeError, match=r"list|differ|not"):
        corrupt_export(registry(0), tmp_path / "export", rng=1, kinds=kind.name)
    assert not (tmp_path / "export").exists()


def test_kinds_are_laid_out() -> None:
    kinds = export_corruption_kinds()
    assert kinds["kind"].is_unique and (kinds["says"] != "").all()
    told = kinds[kinds["stage"].isin(["cells", "rows", "files"])]
    assert (told["code"] != "").all() and (told["severity"] != "").all()
    assert (kinds.loc[~kinds.index.isin(told.index), ["code", "severity"]] == "").all(
        None
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"style": "germn"}, "did you mean 'german'"),
        ({"layout": "tall"}, "there is no layout 'tall'"),
        ({"kinds": "date_imposible"}, "did you mean 'date_impossible"),
        ({"kinds": ["files", "cells"]}, "hides whatever its rows say"),
        ({"n": 0}, "whole number of 1 or more"),
        ({"n": True}, "whole number of 1 or more"),
        ({"cohort": "x"}, "needs a Cohort, not str"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    changed: dict[str, object], said: str, tmp_path: Path
) -> None:
    given = {"cohort": registry(0), "rng": 1, **changed}
    with pytest.raises(UsageError, match=said):
        corrupt_export(path=tmp_path / "export", **given)  # type: ignore[arg-type]
    assert not (tmp_path / "export").exists()


def test_real_children_and_full_folders_are_refused(tmp_path: Path) -> None:
    cohort = registry(0)
    tables = {name: getattr(cohort, name) for name in TABLES}
    tables["patients"]["pattern"] = None
    real = Cohort(**tables, metadata={"name": "real", "synthetic": False})
    (tmp_path / "note.txt").write_text("mine")
    for make in (export_registry, corrupt_export):
        with pytest.raises(UsageError, match="only synthetic cohorts"):
            make(real, tmp_path / "export", rng=1)
        with pytest.raises(UsageError, match="not empty"):
            make(cohort, tmp_path, rng=1)
    assert [file.name for file in tmp_path.iterdir()] == ["note.txt"]


def test_a_cohort_without_events_or_measurements(tmp_path: Path) -> None:
    tables = {name: getattr(registry(0), name) for name in TABLES}
    alive = tables["patients"]["exit_reason"] != "death"
    kept = set(tables["patients"].loc[alive, "patient_id"])
    for name in TABLES:
        rows = tables[name]["patient_id"].isin(kept)
        rows &= name not in ("events", "assessments")
        tables[name] = tables[name][rows].reset_index(drop=True)
    cohort = Cohort(**tables, metadata={"synthetic": True})
    for layout in LAYOUTS:
        spoilt = corrupt_export(cohort, tmp_path / layout, layout=layout, rng=1)
        mapping = CohortMapping.from_text(spoilt.mapping)
        told = {fault.rule for fault in check_cohort(spoilt.folder, mapping=mapping)}
        assert set(spoilt.injected["code"]) == told


def test_results_are_frozen(tmp_path: Path) -> None:
    spoilt = corrupt_export(registry(0), tmp_path / "export", rng=1, n=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        spoilt.mapping = ""  # type: ignore[misc]
    assert jdm.check_cohort(registry(0)) == ()
