"""Every measure against a slow walk over the days, and what no measure may ever do.

The walk goes through each day of each course by the words of the definition. It knows no
sums, no closed forms and no interval arithmetic.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.exposure.measures import (
    current_dose,
    days_on_drug,
    dose_category,
    intensity_class,
    mean_dose,
    on_drug,
    pulse_count,
    taper_rate,
    weighted_dose,
)
from jdm_stats.intervals.audit import audit_intervals
from jdm_stats.plan import SteroidRules

SETTINGS = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
LAST = 26
CUTS = (0.5, 1.0)
NAMES = (
    *("patient_id", "drug", "route", "start_day", "stop_day"),
    *("dose_mg", "dose_basis", "every_n_days"),
)


@st.composite
def courses(draw):
    """Up to six courses of one child: oral, pulses, other drugs; some without an end."""
    kinds = st.sampled_from(["oral", "pulse", "tofacitinib", "ivig"])
    found = []
    for kind in draw(st.lists(kinds, max_size=6)):
        start = draw(st.integers(-8, LAST))
        stop = start + draw(st.integers(0, 9))
        every = draw(st.integers(1, 3))
        if kind == "oral":
            dose = draw(st.sampled_from([0.3, 0.5, 1.0, 1 / 3, 2.0]))
            row = ("prednisone", "oral", start, stop, dose, "per_kg_day", every)
        elif kind == "pulse":
            dose = draw(st.sampled_from([20.0, 30.0]))
            row = ("prednisolone", "iv", start, stop, dose, "per_kg_day", every)
        else:
            row = (kind, "oral", start, stop, 5.0, "per_day", every)
        found.append(("P", *row))
    return found


def cohort_of(rows) -> Cohort:
    patients = pd.DataFrame({"patient_id": ["P"], "antibody": ["NXP2"]})
    patients = patients.assign(entry_day=0, exit_day=LAST, exit_reason="lost")
    table = pd.DataFrame(rows, columns=list(NAMES)).drop_duplicates()
    return Cohort(patients, table.reset_index(drop=True))


def doses(rows):
    """(day, mg/kg, pulse) of every dose, whole on its day."""
    return [
        (day, dose, route == "iv")
        for _, drug, route, start, stop, dose, _, every in dict.fromkeys(rows)
        if drug.startswith("pred")
        for day in range(start, stop + 1, every)
    ]


def level(rows, day):
    """Mean daily dose on a day, pulses apart; None when no course covers it."""
    on = [
        dose / every
        for _, drug, _, start, stop, dose, _, every in dict.fromkeys(rows)
        if drug == "prednisone" and start <= day <= stop
    ]
    return sum(on) if on else None


def walk_current(rows, t, lag, grace):
    for back in range(grace + 1):
        found = level(rows, t - 1 - lag - back)
        if found is not None:
            return found
    return 0.0


def walk_sum(rows, t, lag, window):
    return sum(mg for d, mg, _ in doses(rows) if d + lag < t <= d + lag + window)


def walk_weighted(rows, t, lag, half_life):
    return sum(
        mg * 2 ** (-(t - 1 - lag - d) / half_life)
        for d, mg, _ in doses(rows)
        if d + lag < t
    )


def walk_pulses(rows, t, lag, window):
    days = {d for d, _, pulse in doses(rows) if pulse}
    return sum(d + lag < t <= d + lag + window for d in days)


def walk_class(dose):
    return "none" if dose == 0 else "<0.5" if dose < 0.5 else "0.5" if dose < 1 else "1"


def drug_days(rows, drug):
    return {
        day
        for _, name, _, start, stop, *_ in rows
        if name == drug
        for day in range(start, stop + 1)
    }


def walk_on(rows, t, lag, grace):
    days = drug_days(rows, "tofacitinib")
    return any(d + lag < t <= d + 1 + lag + grace for d in days)


def all_measures(lag, grace, window, half_life):
    return [
        current_dose(lag_days=lag, grace_days=grace),
        mean_dose(lag_days=lag, window_days=window),
        weighted_dose(lag_days=lag, half_life_days=half_life),
        pulse_count(lag_days=lag),
        pulse_count(lag_days=lag, window_days=window, name="pulses_lately"),
        taper_rate(lag_days=lag, grace_days=grace, window_days=window),
        dose_category(CUTS, lag_days=lag, grace_days=grace),
        intensity_class(CUTS, lag_days=lag, grace_days=grace, pulse_window_days=window),
        on_drug("tofacitinib", lag_days=lag, grace_days=grace),
        days_on_drug(["tofacitinib", "ivig"], lag_days=lag),
        days_on_drug("ivig", lag_days=lag, window_days=window, name="ivig_lately"),
    ]


SPANS = {
    "lag": st.integers(0, 5),
    "grace": st.integers(0, 5),
    "window": st.integers(1, 12),
    "half_life": st.sampled_from([0.5, 3.0, 90.0]),
}


@SETTINGS
@given(rows=courses(), **SPANS)
def test_every_measure_equals_a_walk_day_by_day(rows, lag, grace, window, half_life):
    measures = all_measures(lag, grace, window, half_life)
    table = expand_intervals(cohort_of(rows), measures=measures, every_days=1)
    assert len(table) == LAST
    short = {"<0.5": "low", "0.5": "moderate", "1": "high", "none": "none"}
    words = {"none": "none", "<0.5": "<0.5", "0.5": "0.5 to <1", "1": ">=1"}
    for row in table.itertuples():
        t = row.stop
        now = walk_current(rows, t, lag, grace)
        then = walk_current(rows, t - window, lag, grace)
        lately = walk_pulses(rows, t, lag, window)
        both = drug_days(rows, "tofacitinib") | drug_days(rows, "ivig")
        expected = {
            "current_dose_mg_kg": now,
            "mean_dose_mg_kg_day": walk_sum(rows, t, lag, window) / window,
            "weighted_dose_mg_kg": walk_weighted(rows, t, lag, half_life),
            "pulse_count": walk_pulses(rows, t, lag, 10_000),
            "pulses_lately": lately,
            "taper_mg_kg_day_per_week": 7 * (then - now) / window,
            "on_tofacitinib": float(walk_on(rows, t, lag, grace)),
            "days_on_tofacitinib_ivig": sum(d + lag < t for d in both),
            "ivig_lately": sum(
                d + lag < t <= d + lag + window for d in drug_days(rows, "ivig")
            ),
        }
        got = {name: getattr(row, name) for name in expected}
        assert got == pytest.approx(expected, rel=1e-9, abs=3e-9)
        kind = walk_class(round(now, 9))
        assert row.dose_category == words[kind]
        assert row.steroid_intensity == ("pulse" if lately else short[kind])


@settings(SETTINGS, max_examples=20)
@given(rows=courses(), every=st.sampled_from([None, 5]), **SPANS)
def test_rows_are_cut_wherever_a_measure_changes_and_nowhere_else(
    rows, every, lag, grace, window, half_life
):
    cohort = cohort_of(rows)
    measures = all_measures(lag, grace, window, half_life)
    whole = expand_intervals(cohort, measures=measures, every_days=1, covariates=[])
    whole = whole.set_index("stop")
    daily = [measure for measure in measures if measure.daily]
    some = expand_intervals(cohort, measures=daily, every_days=every, covariates=[])
    for measure in daily:  # read at the stop, however the rows are cut
        at_stop = whole.loc[some["stop"], measure.name]
        assert some[measure.name].tolist() == at_stop.tolist()
    for measure in measures:
        if measure.daily:
            continue
        cut = expand_intervals(cohort, measures=[measure], covariates=[])
        assert audit_intervals(cut).ok
        values = cut[measure.name].tolist()
        lengths = (cut["stop"] - cut["start"]).tolist()
        spread = [
            value
            for value, days in zip(values, lengths, strict=True)
            for _ in range(days)
        ]
        assert spread == whole[measure.name].tolist()
        assert all(a != b for a, b in itertools.pairwise(values))


@settings(SETTINGS, max_examples=30)
@given(rows=courses(), changed=courses(), day=st.integers(0, LAST), **SPANS)
def test_what_is_given_from_a_day_on_changes_nothing_before_it_acts(
    rows, changed, day, lag, grace, window, half_life
):
    """Values up to day + lag are the same whatever is given on and after the day."""

    def until(some):
        kept = [(*row[:4], min(row[4], day - 1), *row[5:]) for row in some]
        return [row for row in kept if row[3] < day]

    later = [
        (*row[:3], row[3] + day + 8, row[4] + day + 8, *row[5:]) for row in changed
    ]
    later = [row for row in later if row[3] <= LAST]
    measures = all_measures(lag, grace, window, half_life)
    past = expand_intervals(cohort_of(until(rows)), measures=measures, every_days=1)
    full = expand_intervals(cohort_of(rows), measures=measures, every_days=1)
    other = expand_intervals(
        cohort_of(until(rows) + later), measures=measures, every_days=1
    )
    names = [measure.name for measure in measures]
    seen = past["stop"] <= day + lag
    for table in (full, other):
        for name in names:
            a, b = past.loc[seen, name].tolist(), table.loc[seen, name].tolist()
            assert a == b


@settings(SETTINGS, max_examples=20)
@given(rows=courses(), **SPANS)
def test_values_do_not_depend_on_the_order_of_courses_or_on_other_children(
    rows, lag, grace, window, half_life
):
    measures = all_measures(lag, grace, window, half_life)
    one = expand_intervals(cohort_of(rows), measures=measures, every_days=1)
    backward = expand_intervals(cohort_of(rows[::-1]), measures=measures, every_days=1)
    alone = cohort_of(rows)
    patients = pd.concat([alone.patients.assign(patient_id="A"), alone.patients])
    other = alone.courses.assign(patient_id="A", start_day=0, stop_day=LAST)
    other = other.drop_duplicates()
    both = Cohort(patients, pd.concat([other, alone.courses]))
    two = expand_intervals(both, measures=measures, every_days=1)
    mine = two[two["patient_id"] == "P"].reset_index(drop=True)
    for measure in measures:
        values = one[measure.name].tolist()
        assert values == backward[measure.name].tolist()
        assert values == mine[measure.name].tolist()


# ---- rules -----------------------------------------------------------------------------


@st.composite
def recorded(draw):
    """Up to six oral courses of one drug; last days may be missing."""
    rows = []
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(-6, LAST))
        known = draw(st.booleans())
        stop = start + draw(st.integers(0, 9)) if known else None
        rows.append(
            ("P", "prednisone", "oral", start, stop, draw(DOSES), "per_kg_day", 1)
        )
    return rows


DOSES = st.sampled_from([0.25, 0.5, 1.0, 2.0])


def walk_rules(rows, day, stop_rule, overlapping):
    """Dose on a day by the words of the rules."""
    lasting = []
    for _, _, _, start, stop, dose, _, _ in dict.fromkeys(rows):
        if stop is None:
            later = [row[3] for row in rows if row[3] > start]
            by_rule = {
                "next_course": min(later) - 1 if later else LAST,
                "exit": LAST,
            }
            stop = by_rule.get(stop_rule, start + 6)
        lasting.append((start, stop, dose))
    if overlapping == "later_replaces":
        begun = [start for start, _, _ in lasting if start <= day]
        latest = max(begun, default=None)
        return sum(d for a, b, d in lasting if a == latest and day <= b)
    return sum(dose for start, stop, dose in lasting if start <= day <= stop)


@SETTINGS
@given(
    rows=recorded(),
    stop_rule=st.sampled_from(["next_course", "exit", 7]),
    overlapping=st.sampled_from(["add", "later_replaces"]),
)
def test_rules_for_days_equal_a_walk_day_by_day(rows, stop_rule, overlapping):
    starts = [row[3] for row in dict.fromkeys(rows)]
    if overlapping == "later_replaces" and len(set(starts)) < len(starts):
        return
    rules = SteroidRules(missing_stop_day=stop_rule, overlapping=overlapping)
    table = expand_intervals(
        cohort_of(rows), measures=[current_dose()], every_days=1, steroids=rules
    )
    for t, value in zip(table["stop"], table["current_dose_mg_kg"], strict=True):
        assert value == walk_rules(rows, t - 1, stop_rule, overlapping)


@SETTINGS
@given(
    days=st.lists(st.integers(-5, 30), unique=True, min_size=1, max_size=5),
    start=st.integers(-8, 20),
    length=st.integers(0, 15),
    every=st.integers(1, 4),
    rule=st.sampled_from(["last", "interpolate", "nearest"]),
    within=st.sampled_from(["start", "readings"]),
)
def test_weight_by_rule_equals_a_walk_over_doses(
    days, start, length, every, rule, within
):
    weights = {day: 20.0 + 2 * nth for nth, day in enumerate(days)}
    if rule == "last" and start < min(days):
        return
    patients = pd.DataFrame({"patient_id": ["P"], "antibody": ["NXP2"]})
    patients = patients.assign(entry_day=0, exit_day=60, exit_reason="lost")
    readings = pd.DataFrame({"day": list(weights), "value": list(weights.values())})
    readings = readings.assign(patient_id="P", measure="weight_kg")
    row = ("P", "prednisone", "oral", start, start + length, 40.0, "per_day", every)
    cohort = Cohort(patients, pd.DataFrame([row], columns=list(NAMES)), None, readings)
    rules = SteroidRules(weight_over_time=rule, weight_within_course=within)
    measure = weighted_dose(half_life_days=1e12)
    table = expand_intervals(cohort, measures=[measure], every_days=60, steroids=rules)

    def weight_on(day):
        known = sorted(weights)
        if rule == "last":
            return weights[max(d for d in known if d <= day)]
        if rule == "nearest":
            return weights[min(known, key=lambda d: (abs(d - day), d))]
        return float(np.interp(day, known, [weights[d] for d in known]))

    total, anchor = 0.0, start
    for day in range(start, start + length + 1, every):
        new = any(anchor < reading <= day for reading in weights)
        anchor = day if within == "readings" and new else anchor
        total += 40.0 / weight_on(anchor)
    assert table["weighted_dose_mg_kg"].iloc[-1] == pytest.approx(total, rel=1e-6)
