"""Speed of loading and of one Cox fit, as ratios to peers within one run.

Run with ``python benchmarks/import_and_fit.py``. Prints a table; nothing passes or fails.
Times are the best of several runs on this machine, so only the ratios travel.
"""

from __future__ import annotations

import subprocess
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import statsmodels.api as sm
from lifelines import CoxTimeVaryingFitter

import jdm_stats as jdm

PATIENTS = 2_000
ROWS_EACH = 5


def interval_table(seed: int) -> pd.DataFrame:
    """Draw a (start, stop] table with two covariates and about 200 events."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(PATIENTS), ROWS_EACH)
    start = np.tile(np.arange(ROWS_EACH) * 100, PATIENTS)
    nxp2 = np.repeat(rng.integers(0, 2, PATIENTS), ROWS_EACH).astype(float)
    dose = rng.exponential(0.5, patient.size).round(2)
    event = rng.random(patient.size) < 0.01 * np.exp(0.8 * nxp2 + 0.3 * dose)
    rows = pd.DataFrame(
        {
            "patient_id": patient.astype(str),
            "start": start,
            "stop": start + rng.integers(1, 101, patient.size),
            "event": event.astype(int),
            "nxp2": nxp2,
            "dose": dose,
        }
    )
    after_event = rows.groupby("patient_id")["event"].transform(
        lambda seen: seen.cumsum() - seen
    )
    return rows[after_event == 0].reset_index(drop=True)


def best_seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """Shortest wall time of several calls."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def import_seconds(module: str) -> float:
    """Processor time of one import in a fresh interpreter, best of three."""
    code = (
        f"import time; t = time.process_time(); import {module};"
        "print(time.process_time() - t)"
    )
    return min(
        float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(3)
    )


def fits(rows: pd.DataFrame) -> dict[str, Callable[[], object]]:
    """Name the same model in each library; Firth has no peer on (start, stop] rows."""
    formula = "nxp2 + dose"
    measures = rows[["nxp2", "dose"]].to_numpy()

    def by_lifelines() -> object:
        return CoxTimeVaryingFitter().fit(
            rows,
            event_col="event",
            id_col="patient_id",
            start_col="start",
            stop_col="stop",
        )

    def by_statsmodels() -> object:
        return sm.PHReg(
            rows["stop"].to_numpy(float),
            measures,
            status=rows["event"].to_numpy(),
            entry=rows["start"].to_numpy(float),
            ties="efron",
        ).fit()

    return {
        "jdm_stats, plain with Wald limits": lambda: jdm.fit_cox(
            rows, formula, interval="wald"
        ),
        "jdm_stats, plain with profile limits": lambda: jdm.fit_cox(rows, formula),
        "jdm_stats, Firth with profile limits": lambda: jdm.fit_cox(
            rows, formula, penalty="firth"
        ),
        "lifelines, plain with Wald limits": by_lifelines,
        "statsmodels, plain with Wald limits": by_statsmodels,
    }


def print_table(title: str, seconds: dict[str, float]) -> None:
    """Print seconds and their ratio to the first entry."""
    first = next(iter(seconds.values()))
    print(f"\n{title}")
    for name, took in seconds.items():
        print(f"  {name:<40}{took:9.4f} s {took / first:8.1f}x")


def main() -> None:
    """Time everything and print two tables."""
    warnings.simplefilter("ignore")
    rows = interval_table(seed=1)
    modules = ("jdm_stats", "pandas", "statsmodels.api", "lifelines")
    print_table(
        "Import, processor time", {name: import_seconds(name) for name in modules}
    )
    print_table(
        f"Cox model, {len(rows)} rows, {rows['event'].sum()} events, wall time",
        {name: best_seconds(work) for name, work in fits(rows).items()},
    )


if __name__ == "__main__":
    main()
