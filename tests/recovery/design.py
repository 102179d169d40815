"""Cohorts from a plain proportional-hazards world, drawn without the package.

Each child has 3 to 8 rows (start, stop] of years since diagnosis; half enter late; follow-up
ends for all on one day of the calendar. Three correlated covariates: an antibody for life, a
pulse that comes and goes, a dose in units of its standard deviation. Hazards are
baseline x shape x t^(shape - 1) x exp(x'b), with one event a child at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy.optimize import brentq

TERMS = ("antibody", "pulse", "dose")
# Log hazard ratios of the two worlds.
TRUTH = {"effects": (np.log(4.0), np.log(2.0), 0.3), "null": (0.0, 0.0, 0.0)}
# Children by expected number of events.
CHILDREN = {6: 150, 12: 300, 25: 450, 50: 600}

SHAPE = 0.8
ROWS = (3, 8)
RECRUITED_YEARS, CLOSED_YEARS = 4.0, 5.0
LATE_SHARE, LATEST_YEARS = 0.5, 1.0
ANTIBODY_SHARE = 0.25
PULSE_INTERCEPT, PULSE_LOG_ODDS = -2.53, 1.0  # one row in ten has a pulse
# Dose = 0.434 z(antibody) + 0.434 z(pulse) + noise: correlation 0.5 with each.
DOSE_SLOPE = 0.434
# Log-odds of being sampled: intercept, antibody, first dose, event.
SAMPLING = (-0.8, 0.8, 0.5, 1.0)
CALIBRATED_ON, CALIBRATION_SEED = 40_000, 1


@dataclass(frozen=True)
class Cell:
    """One world, one expected number of events, with or without sampling.

    Parameters
    ----------
    world : {"effects", "null"}
    events : int
        Expected among the children analysed.
    sampled : bool
        Children come into the study with a known probability that depends on antibody,
        dose and event, and carry its inverse as their weight.
    """

    world: str
    events: int
    sampled: bool = False

    @property
    def name(self) -> str:
        """Such as ``"effects, 6 events"``."""
        return f"{self.world}, {self.events} events" + ", sampled" * self.sampled

    @property
    def truth(self) -> np.ndarray:
        """True log hazard ratios, in the order of `TERMS`."""
        return np.array(TRUTH[self.world])


CELLS = (
    *(Cell(world, events) for world in TRUTH for events in CHILDREN),
    *(Cell(world, events, True) for world in TRUTH for events in (12, 25)),
)


def draw_cohort(cell: Cell, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the rows of one study, with ``weight`` where children are sampled.

    Parameters
    ----------
    cell : Cell
    rng : numpy.random.Generator

    Returns
    -------
    DataFrame
        ``patient_id, start, stop, event``, the three terms and ``weight``.
    """
    rows = _rows_of_children(_drawn_children(cell), rng)
    baseline = _baseline(cell)
    happened = _follow(rows, baseline, cell.truth, rng.exponential(size=rows.n))
    frame = _frame(rows, happened)
    if not cell.sampled:
        return frame
    chance = _chance(rows, np.isfinite(happened))
    frame["weight"] = 1.0 / chance[frame["patient_id"]]
    taken = rng.uniform(size=rows.n) < chance
    return frame[taken[frame["patient_id"]]].reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows before any event: child (m,), start, stop (m,), x (m, 3); ``n`` children."""

    n: int
    child: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    x: np.ndarray


def _drawn_children(cell: Cell) -> int:
    """Children drawn; of a source that is sampled, twice as many as without sampling."""
    return CHILDREN[cell.events] * (2 if cell.sampled else 1)


def _rows_of_children(n: int, rng: np.random.Generator) -> _Rows:
    late = rng.uniform(size=n) < LATE_SHARE
    entry = np.where(late, rng.uniform(0.0, LATEST_YEARS, n), 0.0)
    end = CLOSED_YEARS - rng.uniform(0.0, RECRUITED_YEARS, n)
    count = rng.integers(ROWS[0], ROWS[1] + 1, n)
    child = np.repeat(np.arange(n), count)
    first = np.concatenate(([0], np.cumsum(count)[:-1]))
    where = rng.uniform(size=len(child))
    where[first] = 0.0
    where = where[np.lexsort((where, child))]
    start = entry[child] + where * (end - entry)[child]
    stop = np.append(start[1:], 0.0)
    stop[np.append(first[1:], len(child)) - 1] = end
    return _Rows(n, child, start, stop, _covariates(n, child, rng))


def _covariates(n: int, child: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    antibody = (rng.uniform(size=n) < ANTIBODY_SHARE)[child].astype(float)
    odds = np.exp(PULSE_INTERCEPT + PULSE_LOG_ODDS * antibody)
    pulse = (rng.uniform(size=len(child)) < odds / (1.0 + odds)).astype(float)
    lasting, passing = rng.normal(size=n)[child], rng.normal(size=len(child))
    noise = np.sqrt(0.5 * (1.0 - DOSE_SLOPE)) * (lasting + passing)
    standard = (antibody - 0.25) / np.sqrt(0.1875) + (pulse - 0.1) / 0.3
    return np.column_stack([antibody, pulse, DOSE_SLOPE * standard + noise])


def _exposure(rows: _Rows, truth: np.ndarray) -> np.ndarray:
    """Cumulative hazard of each row for a baseline of 1, (m,)."""
    passed: np.ndarray = rows.stop**SHAPE - rows.start**SHAPE
    return np.exp(rows.x @ truth) * passed


def _follow(
    rows: _Rows, baseline: float, truth: np.ndarray, threshold: np.ndarray
) -> np.ndarray:
    """Time of each child's event, (n,); infinity without one.

    The event happens where the child's cumulative hazard passes its threshold, which is
    exponential with mean 1.
    """
    own = baseline * _exposure(rows, truth)
    total = np.cumsum(own)
    before = total - own
    before = before - before[np.searchsorted(rows.child, rows.child)]
    left = threshold[rows.child] - before
    here = (left > 0) & (left <= own)
    share = left[here] / own[here]
    low, high = rows.start[here] ** SHAPE, rows.stop[here] ** SHAPE
    happened = np.full(rows.n, np.inf)
    happened[rows.child[here]] = (low + share * (high - low)) ** (1.0 / SHAPE)
    return happened


def _frame(rows: _Rows, happened: np.ndarray) -> pd.DataFrame:
    own = happened[rows.child]
    frame = pd.DataFrame(rows.x, columns=list(TERMS))
    frame.insert(0, "patient_id", rows.child)
    frame.insert(1, "start", rows.start)
    frame.insert(2, "stop", np.minimum(rows.stop, own))
    frame.insert(3, "event", (own <= rows.stop).astype(int))
    return frame[rows.start < own].reset_index(drop=True)


def _chance(rows: _Rows, event: np.ndarray) -> np.ndarray:
    """Probability that each child is sampled, (n,)."""
    first = np.searchsorted(rows.child, np.arange(rows.n))
    seen = np.column_stack([np.ones(rows.n), rows.x[first][:, [0, 2]], event])
    return np.asarray(1.0 / (1.0 + np.exp(-seen @ np.array(SAMPLING))))


@cache
def _baseline(cell: Cell) -> float:
    """Baseline at which the expected number of events analysed is that of the cell."""
    rng = np.random.default_rng(CALIBRATION_SEED)
    rows = _rows_of_children(CALIBRATED_ON, rng)
    total = np.bincount(rows.child, _exposure(rows, cell.truth))
    taken = _chance(rows, np.ones(rows.n)) if cell.sampled else np.ones(rows.n)
    scale = _drawn_children(cell) / rows.n

    def excess(log_baseline: float) -> float:
        risk = -np.expm1(-np.exp(log_baseline) * total)
        return float(scale * (taken * risk).sum() - cell.events)

    return float(np.exp(brentq(excess, -15.0, 3.0)))
