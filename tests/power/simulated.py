"""Registries drawn one by one and fitted with Cox's penalised likelihood: the slow way.

Nothing of `jdm_stats.power` but the time course is used, so that agreement means something.
`python -m tests.power.simulated` writes simulated.csv anew.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import chi2

from jdm_stats.models.many import fit_many
from jdm_stats.power.time_course import PUBLISHED
from jdm_stats.schema import DAYS_PER_YEAR

CSV = Path(__file__).with_name("simulated.csv")
# children, years, exposed share, hazard ratio
CELLS = (
    (302, 2.0, 0.21, 1.0),
    (302, 2.0, 0.21, 8.0),
    (302, 5.0, 0.21, 8.0),
    (600, 5.0, 0.30, 4.0),
    (1200, 5.0, 0.21, 3.0),
    (1200, 5.0, 0.21, 0.2),
    (300, 5.0, 0.03, 1.0),
    (1200, 5.0, 0.03, 4.0),
    (3000, 5.0, 0.03, 4.0),
)
RISK = 0.02


def draw_registries(
    children: int, years: float, share: float, ratio: float, count: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Exposed, event, days of follow-up and registry of every child.

    Each child is exposed with chance ``share``; its hazard is ``ratio`` times as high then.
    The baseline is such that the risk of all children together is ``RISK`` by day 730.
    """
    rng = np.random.default_rng(seed)
    end = years * DAYS_PER_YEAR
    grid = np.arange(0.0, end + 1.0)
    hazard = PUBLISHED.risk_by(grid, _baseline(share, ratio))
    shape = (count, children)
    exposed = (rng.random(shape) < share).astype(float)
    threshold = rng.exponential(size=shape) / np.where(exposed == 1, ratio, 1.0)
    time = np.interp(threshold, hazard, grid, right=np.inf)
    event = time < end
    registry = np.repeat(np.arange(count), children)
    stop = np.maximum(np.minimum(time, end), 1e-3)
    return exposed.ravel(), event.ravel(), stop.ravel(), registry


def _baseline(share: float, ratio: float) -> float:
    """Cumulative hazard of the unexposed by day 730."""

    def risk(hazard: float) -> float:
        return share * -np.expm1(-ratio * hazard) - (1 - share) * np.expm1(-hazard)

    return float(brentq(lambda hazard: risk(hazard) - RISK, 0.0, 1.0, xtol=1e-14))


def significant_share(
    children: int, years: float, share: float, ratio: float, count: int, seed: int
) -> dict[str, float]:
    """Share of drawn registries in which Firth's likelihood-ratio test has p below 0.05."""
    significant, lone, events = 0, 0, 0
    at_once = max(1, 150_000 // children)
    for first in range(0, count, at_once):
        now = min(at_once, count - first)
        exposed, event, stop, registry = draw_registries(
            *(children, years, share, ratio, now, seed + first)
        )
        total = np.bincount(registry, weights=event)
        ones = np.bincount(registry, weights=event * exposed)
        lone += int(((ones == 0) | (ones == total)).sum())
        events += int(total.sum())
        some = (total > 0)[registry]
        fits = fit_many(
            *(exposed[some, None], event[some]),
            stop=stop[some],
            by=registry[some],
            penalty="firth",
        )
        statistics = 2 * (fits.log_likelihood - fits.log_likelihood_null)
        significant += int((chi2.sf(statistics, 1) < 0.05).sum())
    return {
        "children": children,
        "years": years,
        "exposure_share": share,
        "hazard_ratio": ratio,
        "registries": count,
        "mean_events": events / count,
        "significant": significant / count,
        "no_plain_estimate": lone / count,
    }


def main() -> None:
    """Write the table of every cell, cell by cell."""
    told = []
    for cell in CELLS:
        told.append(significant_share(*cell, 1000, 20261129))
        pd.DataFrame(told).to_csv(CSV, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
