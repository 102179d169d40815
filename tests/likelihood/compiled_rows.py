"""Problems for the tests of the compiled path, in the hands of both paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from jdm_stats.likelihood.compiled.gate import gate
from jdm_stats.likelihood.partial import PartialLikelihood
from jdm_stats.likelihood.risk_sets import build_risk_sets

needs_compiler = pytest.mark.skipif(not gate().open, reason=gate().reason)


@dataclass(frozen=True)
class Rows:
    """Rows with late entry, ties, strata, fractional weights and offsets."""

    start: np.ndarray
    stop: np.ndarray
    event: np.ndarray
    x: np.ndarray
    stratum: np.ndarray
    weights: np.ndarray
    offset: np.ndarray

    def both(self, ties: str, *, firth: bool = False, whole: bool = False):
        """The compiled problem and the NumPy likelihood; ``whole`` without the extras."""
        from jdm_stats.likelihood.compiled import single

        strata = None if whole else self.stratum
        sets = build_risk_sets(self.start, self.stop, self.event, strata=strata)
        x = self.x[sets.kept]
        weights = None if whole else self.weights[sets.kept]
        offset = None if whole else self.offset[sets.kept]
        compiled = single.cox(
            x,
            sets.lo,
            sets.hi,
            sets.deaths,
            sets.death_time,
            sets.n_times,
            ties=ties,
            firth=firth,
            weights=weights,
            offset=offset,
        )
        return compiled, PartialLikelihood(x, sets, ties, weights, offset)


def make_rows(
    seed: int, n: int = 300, p: int = 3, *, days: int = 12, strata: int = 3
) -> Rows:
    rng = np.random.default_rng(seed)
    stop = rng.integers(1, days + 1, n).astype(float)
    late = rng.random(n) < 0.5
    start = np.where(late, np.floor(stop * rng.uniform(0, 0.9, n)), 0.0)
    return Rows(
        start,
        stop,
        rng.random(n) < 0.25,
        rng.normal(size=(n, p)),
        rng.integers(0, strata, n),
        rng.uniform(0.2, 3.0, n),
        0.3 * rng.normal(size=n),
    )


def by_loops(rows: Rows, beta: np.ndarray, ties: str):
    """Log-likelihood, score and information written out, factor by factor."""
    p = rows.x.shape[1]
    value, score, information = 0.0, np.zeros(p), np.zeros((p, p))
    eta = rows.x @ beta + rows.offset
    for stratum in np.unique(rows.stratum):
        own = rows.stratum == stratum
        for time in np.unique(rows.stop[rows.event & own]):
            at_risk = own & (rows.start < time) & (time <= rows.stop)
            dying = own & rows.event & (rows.stop == time)
            deaths = int(dying.sum())
            value += float(rows.weights[dying] @ eta[dying])
            score += rows.weights[dying] @ rows.x[dying]
            mean_weight = rows.weights[dying].mean()
            for place in range(deaths):
                phi = place / deaths if ties == "efron" else 0.0
                r = rows.weights * np.exp(eta) * (at_risk - phi * dying)
                mean = r @ rows.x / r.sum()
                centred = rows.x - mean
                value -= mean_weight * np.log(r.sum())
                score -= mean_weight * mean
                second = (centred * r[:, None]).T @ centred / r.sum()
                information += mean_weight * second
    return value, score, information
