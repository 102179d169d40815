"""200 corrupted cohorts: every fault put in is found where it is, and nothing else is told."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.files import check_cohort
from jdm_stats.errors import Fault
from jdm_stats.schema import TABLES
from jdm_stats.simulation.simulate import simulate_cohort
from jdm_stats.simulation.spoiling.cohort.corrupt import (
    Corrupted,
    corrupt,
    corruption_kinds,
)
from jdm_stats.simulation.spoiling.cohort.writing import write_corrupted

WORLDS = ("tertiary", "population", "steroids_harmless")
# What is put into a cohort together, and whether it is found in files too.
MIXES: tuple[dict[str, Any], ...] = (
    {"kinds": ["cells", "rows", "doubts", "frames"], "n": 24},
    {},
    {"kinds": ["cells", "rows", "doubts", "about", "mark"], "n": 14},
    {"kinds": ["steroids", "doubts"], "n": 9},
    {"kinds": ["files", "wrong_type", "unknown_column", "about"], "n": 5},
)
IN_FILES = (2, 3, 4)
COHORTS = 200
Told = Counter[tuple[Any, ...]]


@cache
def sound(number: int) -> Cohort:
    world = WORLDS[number % len(WORLDS)]
    return simulate_cohort(26 + 2 * number, rng=100 + number, scenario=world)


@cache
def spoilt(seed: int) -> Corrupted:
    return corrupt(sound(seed % 10), rng=seed, **MIXES[seed % len(MIXES)])


def told(faults: Iterable[Fault]) -> Told:
    return Counter(
        (f.rule, f.severity, f.table, f.row, f.patient_id, f.column) for f in faults
    )


def injected(corrupted: Corrupted) -> Told:
    return Counter(
        (
            *(row.code, row.severity, row.table),
            *(None if pd.isna(row.row) else int(row.row), row.patient_id, row.column),
        )
        for row in corrupted.injected.itertuples()
    )


def fingerprints(tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    return {
        name: hashlib.sha256(
            repr((list(frame), frame.to_numpy(dtype=object).tolist())).encode(
                "utf-8", "surrogatepass"
            )
        ).hexdigest()
        for name, frame in tables.items()
    }


def hashes(folder: Path) -> dict[str, str]:
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.iterdir())
    }


@pytest.mark.parametrize("seed", range(COHORTS))
def test_every_fault_is_found_and_no_other(seed: int, tmp_path: Path) -> None:
    corrupted = spoilt(seed)
    if seed % len(MIXES) in IN_FILES:
        folder = write_corrupted(corrupted, tmp_path / "export")
        before = hashes(folder)
        found = check_cohort(folder)
        assert hashes(folder) == before
    else:
        tables = dict(corrupted.tables)
        marks = fingerprints(tables)
        found = check_cohort(tables)
        assert fingerprints(tables) == marks
    assert told(found) == injected(corrupted)


def test_the_cohorts_hold_every_kind() -> None:
    placed = Counter(
        kind for seed in range(COHORTS) for kind in spoilt(seed).injected["kind"]
    )
    known = set(corruption_kinds()["kind"]) - {"no_patients"}
    assert sorted(known - set(placed)) == []
    assert min(placed.values()) >= 2


@pytest.mark.parametrize("number", range(10))
def test_the_sound_cohorts_give_no_alarm(number: int, tmp_path: Path) -> None:
    assert check_cohort(sound(number)) == ()
    tables = {name: getattr(sound(number), name) for name in TABLES}
    assert check_cohort(tables) == ()


def test_a_cohort_without_children_is_told_as_such(tmp_path: Path) -> None:
    corrupted = corrupt(sound(0), rng=1, kinds="alone")
    assert told(check_cohort(dict(corrupted.tables))) == injected(corrupted)
    folder = write_corrupted(corrupted, tmp_path / "export")
    assert told(check_cohort(folder)) == injected(corrupted)


DIALECTS = (
    {"delimiter": ";", "decimal": ",", "encoding": "cp1252", "line_end": "\r\n"},
    {"delimiter": "\t", "encoding": "utf-16"},
    {"delimiter": ";", "encoding": "utf-8-sig"},
)


@pytest.mark.parametrize("seed", range(9))
def test_faults_are_found_in_any_dialect(seed: int, tmp_path: Path) -> None:
    corrupted = corrupt(sound(seed), rng=seed, kinds=["rows", "doubts"], n=14)
    dialect = DIALECTS[seed % len(DIALECTS)]
    folder = write_corrupted(corrupted, tmp_path / "export", **dialect)
    before = hashes(folder)
    assert told(check_cohort(folder)) == injected(corrupted)
    assert hashes(folder) == before
