"""The page on time zero: its examples run, its tables are those of the code."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pandas as pd
import pytest

from jdm_stats.cohort.steroids import steroid_courses
from jdm_stats.diagnostics.time_zero.rules import TIME_ZERO_RULES
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.exposure.landmark import landmark_rows
from jdm_stats.exposure.measures import recent_pulse
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.logistic import fit_logistic
from jdm_stats.simulation.simulate import simulate_cohort

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "time_zero.md").read_text("utf-8")


def test_the_examples_run_in_order(monkeypatch):
    monkeypatch.chdir(ROOT)
    text = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    example = doctest.DocTestParser().get_doctest(text, {}, "time_zero.md", None, 0)
    assert len(example.examples) > 20
    said: list[str] = []
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    runner = doctest.DocTestRunner(optionflags=flags, verbose=False)
    runner.run(example, out=said.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)


def test_every_finding_is_on_the_page_as_in_the_code():
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
    told = [(r.code, r.title, r.direction, r.source) for r in TIME_ZERO_RULES.values()]
    assert rows == told


@pytest.mark.slow
def test_what_the_mistake_costs_is_as_told():
    cohort = simulate_cohort(
        6000, scenario="steroids_harmless", rng=7, n_index_pattern=0
    )
    courses = steroid_courses(cohort)
    first = courses[courses["pulse"]].groupby("patient_id")["start_day"].min()
    rows = expand_intervals(
        cohort,
        measures=[recent_pulse(window_days=40_000, lag_days=1, name="pulsed")],
    )
    last = rows.drop_duplicates("patient_id", keep="last")
    pulse = last["patient_id"].map(first).astype(float)
    exits = cohort.patients.set_index("patient_id")["exit_day"].astype(float)
    once = pd.DataFrame(
        {
            "event": (last["event"] == 1).astype(int),
            "pulse_ever": (pulse <= last["patient_id"].map(exits)).astype(float),
            "pulse_before": (pulse < last["stop"]).astype(float),
        }
    )
    landmark = landmark_rows(cohort, landmark_days=90, horizon_days=730)
    fits = {
        "pulse_ever": fit_logistic(once, "pulse_ever", penalty="firth"),
        "pulse_before": fit_logistic(once, "pulse_before", penalty="firth"),
        "pulsed": fit_cox(rows, "pulsed", penalty="firth"),
        "pulse_by_landmark": fit_logistic(
            landmark, "pulse_by_landmark", penalty="firth"
        ),
    }
    for name, fit in fits.items():
        row = fit.tidy(exponentiate=True).set_index("term").loc[name]
        told = (
            f"{row['estimate']:.1f} ({row['conf_low']:.1f} to {row['conf_high']:.1f})"
        )
        assert re.search(rf"^\| `{name}`.*\| {re.escape(told)} \|$", PAGE, re.MULTILINE)
    assert f"{int(once['event'].sum())} with a perforation" in PAGE
