"""A cohort written out in any dialect and mapped back is the cohort it was."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

import jdm_stats as jdm
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.mapping.apply import apply_mapping
from jdm_stats.cohort.mapping.model import CohortMapping
from jdm_stats.cohort.mapping.soundness import is_day
from jdm_stats.schema import TABLES
from tests.cohort.mapping.exporting import DATE_FORMATS, FLAGS, SEXES, Dialect, exported
from tests.cohort.test_cohort_properties import tables as random_tables

DIALECTS = st.builds(
    Dialect,
    dates=st.sampled_from(sorted(DATE_FORMATS)),
    decimal=st.sampled_from([".", ","]),
    sex=st.sampled_from(sorted(SEXES)),
    flags=st.sampled_from(sorted(FLAGS)),
    antibodies=st.sampled_from(["cell", "panel"]),
    name=st.integers(0, 3),
    weight=st.sampled_from(["kg", "g"]),
    height=st.sampled_from(["cm", "m"]),
    ck=st.sampled_from(["U/L", "µkat/L"]),
    age=st.sampled_from(["years", "months"]),
    dose=st.sampled_from(["column", "cell"]),
    dose_unit=st.integers(0, 2),
    missing=st.sampled_from(["", "k.A.", "-999", "fehlt noch"]),
    stacked=st.booleans(),
    typed=st.booleans(),
)
QUIET = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


def compared(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Bring a table to plain values; a basis without a dose says nothing."""
    frame = frame.copy()
    if name == "courses":
        frame.loc[frame["dose_mg"].isna(), "dose_basis"] = None
    return frame.drop(columns=["pattern"], errors="ignore")


def check_round_trip(cohort: Cohort, dialect: Dialect, start: datetime.date) -> None:
    before = {name: getattr(cohort, name) for name in TABLES}
    patients = before["patients"]
    step = np.arange(len(patients)) * 37
    dates = [start + datetime.timedelta(days=int(days)) for days in step]
    diagnosis = pd.Series(dates, index=patients["patient_id"], dtype=object)
    patients["diagnosis_year"] = pd.array([d.year for d in dates], dtype="Int64")
    patients["pattern"] = None
    cohort = Cohort(**before, metadata={"synthetic": True})
    raws, text = exported(before, diagnosis, dialect)
    untouched = {name: raw.frame.copy() for name, raw in raws.items()}
    mapped = apply_mapping(raws, CohortMapping.from_text(text))
    assert mapped.faults == ()
    again = Cohort(**mapped.tables, metadata={"synthetic": True})
    for name in TABLES:
        pd.testing.assert_frame_equal(
            compared(getattr(again, name), name),
            compared(getattr(cohort, name), name),
            rtol=1e-10,
            atol=1e-290,
        )
    for name, frame in untouched.items():
        pd.testing.assert_frame_equal(raws[name].frame, frame)


def as_a_register_has_it(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """A cell of spaces is empty in an export; no figure is lost in another unit."""
    for name, column, least, most in (
        ("patients", "ck_u_l", 1e-200, 1e300),
        ("patients", "age_at_diagnosis_years", 0, 17.99),
        ("courses", "dose_mg", 0.25, 1e300),
    ):
        if column in frames[name]:
            frames[name][column] = [
                None if pd.isna(v) else min(max(v, least), most)
                for v in frames[name][column]
            ]
    for frame, column in ((frames["patients"], "centre"), (frames["events"], "site")):
        if column in frame:
            frame[column] = [
                text if isinstance(text, str) and text.split() else None
                for text in frame[column]
            ]
    return frames


@QUIET
@given(
    random_tables(),
    DIALECTS,
    st.dates(datetime.date(2012, 1, 1), datetime.date(2025, 1, 1)),
)
def test_a_random_cohort_comes_back(frames, dialect, start):
    frames["patients"]["pattern"] = None
    days = days_of(frames)
    if max(days, default=0) > 26_000:  # no date lies after 2099
        assume(min(days) > -29_000)
        start = datetime.date(1980, 1, 1)
    check_round_trip(Cohort(**as_a_register_has_it(frames)), dialect, start)


def days_of(frames: dict[str, pd.DataFrame]) -> list[float]:
    return [
        float(day)
        for name, frame in frames.items()
        for column in TABLES[name].columns
        if is_day(column) and column.name in frame
        for day in frame[column.name]
        if not pd.isna(day)
    ]


@settings(QUIET, max_examples=6)
@given(DIALECTS)
def test_a_simulated_cohort_comes_back(dialect):
    cohort = jdm.simulate_cohort(25, rng=5)
    check_round_trip(cohort, dialect, datetime.date(2014, 2, 27))


def test_thousands_come_back():
    cohort = jdm.simulate_cohort(25, rng=6)
    for decimal, mark in ((",", "."), (".", ","), (",", " "), (".", "'")):
        dialect = Dialect(decimal=decimal, thousands=mark, weight="g", dose_unit=0)
        check_round_trip(cohort, dialect, datetime.date(2014, 2, 27))
