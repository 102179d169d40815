"""Speed and memory of expanding 100,000 children with 10 courses each.

Run with ``python benchmarks/expand.py [CHILDREN]``. Prints a table; nothing passes or
fails. Processor time is of one call; memory is the peak that the call adds, traced in a
run of its own, beside the size of the table it returns (text counted as pointers).
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd

from jdm_stats import Cohort
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.exposure.landmark import landmark_rows
from jdm_stats.exposure.measures import (
    current_dose,
    intensity_class,
    mean_dose,
    on_drug,
    pulse_count,
    recent_pulse,
    taper_rate,
    weighted_dose,
)

CHILDREN = 100_000
COURSES_EACH = 10


def made_up_cohort(children: int, seed: int) -> Cohort:
    """Give each child a pulse and nine steps of a taper, the last on alternate days."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"P{number:06d}" for number in range(children)], dtype=object)
    patients = pd.DataFrame(
        {
            "patient_id": ids,
            "sex": rng.choice(["female", "male"], children),
            "antibody": rng.choice(["NXP2", "TIF1g", "none", "untested"], children),
            "weight_kg": rng.uniform(10, 60, children).round(1),
            "entry_day": rng.integers(0, 30, children),
            "exit_day": rng.integers(400, 2000, children),
            "exit_reason": "lost",
        }
    )
    nth = np.tile(np.arange(COURSES_EACH), children)
    start = nth * 35 + rng.integers(0, 5, len(nth))
    courses = pd.DataFrame(
        {
            "patient_id": np.repeat(ids, COURSES_EACH),
            "drug": np.where(nth == 0, "methylprednisolone", "prednisolone"),
            "route": np.where(nth == 0, "iv", "oral"),
            "start_day": start,
            "stop_day": start + np.where(nth == 0, 2, 34),
            "dose_mg": np.where(nth == 0, 500.0, np.maximum(2.5, 60.0 - 6 * nth)),
            "dose_basis": "per_day",
            "every_n_days": np.where(nth == COURSES_EACH - 1, 2, 1),
        }
    )
    perforated = np.flatnonzero(rng.random(children) < 0.02)
    events = pd.DataFrame(
        {
            "patient_id": ids[perforated],
            "day": rng.integers(31, 400, len(perforated)),
            "event": "gi_perforation",
        }
    )
    readings = pd.DataFrame(
        {
            "patient_id": np.repeat(ids, 3),
            "day": np.tile([50, 150, 300], children),
            "measure": "weight_kg",
            "value": rng.uniform(12, 60, 3 * children).round(1),
        }
    )
    about = {"name": "benchmark", "synthetic": True}
    patients["pattern"] = "background"
    return Cohort(patients, courses, events, readings, metadata=about)


def tables(cohort: Cohort) -> dict[str, Callable[[], pd.DataFrame]]:
    """Name the tables to make."""
    plain = [current_dose(lag_days=7), recent_pulse(lag_days=1)]
    stepwise = [
        *plain,
        pulse_count(window_days=180),
        taper_rate(),
        intensity_class(),
        on_drug("methotrexate"),
    ]
    return {
        "no measure": lambda: expand_intervals(cohort),
        "current dose, recent pulse": lambda: expand_intervals(cohort, measures=plain),
        "the same, two covariates": lambda: expand_intervals(
            cohort, measures=plain, covariates=["nxp2", "sex"]
        ),
        "six measures that change on known days": lambda: expand_intervals(
            cohort, measures=stepwise
        ),
        "rows of the landmark at 90 days": lambda: landmark_rows(
            cohort, landmark_days=90, horizon_days=300
        ),
    }


def daily_tables(cohort: Cohort) -> dict[str, Callable[[], pd.DataFrame]]:
    """Tables of measures that change daily, of a tenth of the children.

    They are cut at every event day of the cohort, so that their rows grow with the
    children times the events.
    """
    daily = [mean_dose(), weighted_dose()]
    return {
        "two measures that change daily": lambda: expand_intervals(
            cohort, measures=daily, covariates=["nxp2"]
        )
    }


def print_costs(named: dict[str, Callable[[], pd.DataFrame]]) -> None:
    """Print processor time, rows, size and added peak of each table."""
    for name, make in named.items():
        began = time.process_time()
        make()
        took = time.process_time() - began
        tracemalloc.start()
        rows = make()
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        size = rows.memory_usage(deep=False).sum() / 2**20
        print(
            f"  {name:<42}{took:8.2f} s{len(rows):>12,} rows{size:8.0f} MB"
            f"{peak:8.0f} MB peak{peak / size:6.2f}x"
        )
        del rows


def main() -> None:
    """Make the cohort and print what its tables cost."""
    children = int(sys.argv[1]) if len(sys.argv) > 1 else CHILDREN
    for number, named in ((children, tables), (children // 10, daily_tables)):
        cohort = made_up_cohort(number, seed=1)
        print(f"\n{number:,} children, {COURSES_EACH} courses each")
        print_costs(named(cohort))


if __name__ == "__main__":
    main()
