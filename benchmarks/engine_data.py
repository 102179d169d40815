"""Data sets of the engine's benchmarks: SYNTHETIC, seeded, the same for every engine.

Run as a script it writes them as CSV into a folder, for R to read.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

FIVE_EVENTS = Path(__file__).resolve().parents[1] / "tests/reference/five_events.csv"
COVARIATES = 10


def cohort(
    subjects: int,
    rows_each: int,
    events: int,
    covariates: int = COVARIATES,
    seed: int = 1,
) -> pd.DataFrame:
    """(start, stop] rows of subjects who enter late and whose covariates change by row.

    The hazard is proportional; a share of the subjects end in the event.
    """
    rng = np.random.default_rng(seed)
    n = subjects * rows_each
    entry = rng.integers(0, 200, subjects)
    width = rng.integers(20, 120, (subjects, rows_each))
    edges = entry[:, None] + np.concatenate(
        [np.zeros((subjects, 1), dtype=int), np.cumsum(width, axis=1)], axis=1
    )
    x = rng.normal(size=(n, covariates))
    x[:, 0] = np.repeat(rng.random(subjects) < 0.25, rows_each)
    x[:, 1] = rng.random(n) < 0.1
    x[:, 2] = np.repeat(rng.normal(size=subjects), rows_each)
    beta = np.concatenate([[1.0, 0.5, 0.3], np.linspace(-0.3, 0.3, covariates - 3)])
    last = np.arange(rows_each - 1, n, rows_each)
    race = np.log(rng.exponential(size=subjects)) - x[last] @ beta
    event = np.zeros(n, dtype=int)
    event[last[np.argsort(race)[:events]]] = 1
    frame = pd.DataFrame(x, columns=[f"x{j}" for j in range(covariates)])
    frame.insert(0, "patient_id", np.repeat(np.arange(subjects), rows_each))
    frame.insert(1, "start", edges[:, :-1].ravel())
    frame.insert(2, "stop", edges[:, 1:].ravel())
    frame.insert(3, "event", event)
    return frame


def five_events() -> pd.DataFrame:
    """Read the registry of five perforations (SYNTHETIC)."""
    return pd.read_csv(FIVE_EVENTS)


def medium() -> pd.DataFrame:
    """2,000 children, 20,000 rows, 80 events."""
    return cohort(2_000, 10, 80, covariates=6, seed=2)


def large(times: int = 1) -> pd.DataFrame:
    """100,000 subjects, 1 million rows, 4,000 events; more with ``times``."""
    return cohort(100_000 * times, 10, 4_000, seed=3)


def small_many(fits: int = 1_000, n: int = 300, seed: int = 4) -> list[pd.DataFrame]:
    """Many small studies of n rows, four covariates, about thirty events each."""
    rng = np.random.default_rng(seed)
    frames = []
    for _ in range(fits):
        x = rng.normal(size=(n, 4))
        x[:, 0] = rng.random(n) < 0.3
        time = rng.exponential(size=n) * np.exp(-0.5 * x[:, 0] - 0.3 * x[:, 1])
        stop = np.ceil(np.minimum(time, np.quantile(time, 0.1)) * 1000)
        event = (time <= np.quantile(time, 0.1)).astype(int)
        frame = pd.DataFrame(x, columns=["a", "b", "c", "d"])
        frames.append(frame.assign(start=0, stop=stop, event=event))
    return frames


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    five_events().to_csv(folder / "five_events.csv", index=False)
    medium().to_csv(folder / "medium.csv", index=False)
    large().to_csv(folder / "large.csv", index=False)
    many = [f.assign(fit=k) for k, f in enumerate(small_many())]
    pd.concat(many).to_csv(folder / "many.csv", index=False)
