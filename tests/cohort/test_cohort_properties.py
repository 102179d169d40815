"""Random valid cohorts come back from disk as they went; order changes no verdict."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.files import check_cohort, read_cohort, write_cohort
from jdm_stats.schema import (
    ANTIBODIES,
    DOSE_BASES,
    FLAG,
    MEASURES,
    NUMBER,
    OTHER_DRUGS,
    ROUTES,
    STEROIDS,
    TABLES,
    TEXT,
    Column,
)

QUIET = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

# Anything that can be written down: letters, marks, quotes, commas, "NA", "007".
TEXTS = st.one_of(
    st.sampled_from(
        ["NA", "none", "nan", "007", "1e5", '"', "a,b", "'", "#", " x ", "TRUE"]
    ),
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1),
)
# A pseudonym begins and ends with a mark that can be seen, and hides none.
UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
IDS = TEXTS.filter(lambda word: word == word.strip() and not {*UNSEEN} & {*word})


def cell(column: Column) -> st.SearchStrategy[Any]:
    if column.allowed:
        filled: st.SearchStrategy[Any] = st.sampled_from(column.allowed)
    elif column.kind == TEXT:
        filled = TEXTS
    elif column.kind == FLAG:
        filled = st.booleans()
    elif column.kind == NUMBER:
        filled = st.floats(
            column.low if column.above is None else column.above,
            column.high if column.below is None else column.below,
            exclude_min=column.above is not None,
            exclude_max=column.below is not None,
            allow_nan=False,
            allow_infinity=False,
        )
    else:
        filled = st.integers(int(column.low or 0), int(column.high or 0))
    return filled if column.required else st.none() | filled


def row(table: str, **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[dict]:
    cells = {column.name: cell(column) for column in TABLES[table].columns}
    return st.fixed_dictionaries(cells | fixed)


@st.composite
def assessments_of(draw: st.DrawFn, ids: list[str]) -> dict:
    measure = draw(st.sampled_from(sorted(MEASURES)))
    value = draw(cell(MEASURES[measure]).filter(lambda number: number is not None))
    fixed = {"patient_id": st.sampled_from(ids), "value": st.just(value)}
    return draw(row("assessments", **fixed)) | {"measure": measure}


@st.composite
def tables(draw: st.DrawFn) -> dict[str, pd.DataFrame]:
    ids = draw(st.lists(IDS, min_size=1, max_size=4, unique=True))
    patients, events = [], []
    for child in ids:
        entry = draw(st.integers(0, 2000))
        leave = draw(st.integers(entry, 9000))
        antibody = draw(st.sampled_from(ANTIBODIES))
        patient = draw(row("patients")) | {
            "patient_id": child,
            "antibody": antibody,
            "entry_day": entry,
            "exit_day": leave,
        }
        if antibody == "untested":
            patient["antibody_test_day"] = None
        if patient["exit_reason"] == "death":
            events.append({"patient_id": child, "day": leave, "event": "death"})
        if draw(st.booleans()):
            day = draw(st.integers(-500, leave))
            gut = {"patient_id": child, "day": day, "event": "gi_perforation"}
            events.append(gut | {"site": draw(st.none() | TEXTS)})
        patients.append(patient)
    courses = [
        {
            "patient_id": draw(st.sampled_from(ids)),
            "drug": draw(st.sampled_from(STEROIDS + OTHER_DRUGS)),
            "route": draw(st.sampled_from(ROUTES)),
            "start_day": -place,
            "stop_day": draw(st.none() | st.integers(0, 40_000)),
            "dose_mg": draw(st.none() | st.floats(0, 10, exclude_min=True)),
            "dose_basis": draw(st.sampled_from(DOSE_BASES)),
            "every_n_days": draw(st.none() | st.integers(1, 3660)),
        }
        for place in range(draw(st.integers(0, 4)))
    ]
    assessed = draw(st.lists(assessments_of(ids), max_size=4, unique_by=str))
    made = {
        "patients": patients,
        "courses": courses,
        "events": events,
        "assessments": [each | {"day": -place} for place, each in enumerate(assessed)],
    }
    return {
        name: pd.DataFrame(rows, columns=list(rows[0]) if rows else [], dtype=object)
        for name, rows in made.items()
    }


ABOUT = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(st.characters(exclude_categories=("Cs",))),
        "synthetic": st.booleans(),
        "description": st.text(st.characters(exclude_categories=("Cs",))),
        "provenance": st.dictionaries(
            st.text("abc"), st.none() | st.integers() | st.floats(-1e300, 1e300)
        ),
    },
)


@QUIET
@given(tables(), ABOUT, st.sampled_from(["csv", "parquet"]))
def test_round_trip_of_random_cohorts(
    frames: dict[str, pd.DataFrame], about: dict[str, Any], format: str
) -> None:
    if not about.get("synthetic", False):
        frames["patients"]["pattern"] = None
    cohort = Cohort(**frames, metadata=about)
    with tempfile.TemporaryDirectory() as place:
        folder = write_cohort(cohort, Path(place) / "x", format=format)
        again = read_cohort(folder)
        twice = write_cohort(again, Path(place) / "y", format=format)
        if format == "csv":
            for file in folder.iterdir():
                assert (twice / file.name).read_bytes() == file.read_bytes()
    assert again == cohort
    for name in TABLES:
        pd.testing.assert_frame_equal(
            getattr(again, name), getattr(cohort, name), check_exact=True
        )


@QUIET
@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_verdict(
    frames: dict[str, pd.DataFrame], random: Any
) -> None:
    frames["patients"].loc[0, "cmas"] = 60
    if len(frames["events"]):
        frames["events"].loc[0, "day"] = 39_999

    def verdict(tables: dict[str, pd.DataFrame]) -> list[tuple]:
        return sorted(
            (fault.table, fault.rule, fault.patient_id, fault.message)
            for fault in check_cohort(tables)
        )

    shuffled = {
        name: frame.iloc[random.sample(range(len(frame)), len(frame))]
        for name, frame in frames.items()
    }
    assert verdict(shuffled) == verdict(frames) != []


def test_the_range_of_floats_survives_csv(tmp_path: Path) -> None:
    values = [5e-324, 0.1, 1 / 3, 1e22, 123456789.123456789, np.nextafter(52, 0)]
    assessments = pd.DataFrame(
        {"patient_id": "A", "day": range(6), "measure": "ck_u_l", "value": values}
    )
    patients = pd.DataFrame(
        {
            "patient_id": ["A"],
            "antibody": ["none"],
            "entry_day": [0],
            "exit_day": [9],
            "exit_reason": ["lost"],
        }
    )
    cohort = Cohort(patients, assessments=assessments)
    for format in ("csv", "parquet"):
        again = read_cohort(write_cohort(cohort, tmp_path / format, format=format))
        assert again.assessments["value"].tolist() == values
