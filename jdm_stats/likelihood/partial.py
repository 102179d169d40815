"""Cox's partial likelihood on (start, stop] rows, with Efron's or Breslow's ties.

Second moments come from one weighted cross-product and the third moments that Firth's
penalty needs from the adjoint of the risk-set sum, so no K x p x p array exists. Residuals,
the baseline hazard and the sandwich are read off the same arrays. Weights enter as in R's
coxph: each of the m deaths tied at a time carries their mean weight. Formulas: Efron (1977),
Heinze and Schemper (2001), Therneau and Grambsch (2000); written out in docs/engine.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from jdm_stats.likelihood.risk_sets import FloatArray, IntArray, RiskSets

Ties = Literal["efron", "breslow"]


@dataclass(frozen=True, eq=False)
class PartialLikelihood:
    """A Cox problem: covariates of the kept rows, risk sets and the rule for ties.

    Parameters
    ----------
    covariates : (m, p) float array
        Rows of ``risk_sets.kept``, centred.
    risk_sets : RiskSets
    ties : {"efron", "breslow"}
    weights : (m,) float array, optional
        Above zero; default 1.
    offset : (m,) float array, optional
        Added to the linear predictor; default 0.
    compiled : bool, default False
        Whether climbs go the compiled path (`jdm_stats.likelihood.fast`).
    """

    covariates: FloatArray
    risk_sets: RiskSets
    ties: Ties = "efron"
    weights: FloatArray | None = None
    offset: FloatArray | None = None
    compiled: bool = False

    @cached_property
    def twins(self) -> dict[str, tuple[Any, Any]]:
        """Penalties and compiled twins with each, by the kind of penalty."""
        return {}

    def __getstate__(self) -> dict[str, Any]:
        # Twins own scratch memory and are laid out again where they are needed.
        return {k: v for k, v in vars(self).items() if k != "twins"}

    @property
    def n_parameters(self) -> int:
        """Number of coefficients, p."""
        return self.covariates.shape[1]

    @cached_property
    def events(self) -> float:
        """Weight of the events."""
        return float(self.death_weights.sum())

    @cached_property
    def terms(self) -> tuple[IntArray, FloatArray, FloatArray]:
        """Event time k, tie fraction phi and weight of each factor of the likelihood, (d,)."""
        sets = self.risk_sets
        deaths = sets.deaths_per_time
        k = np.repeat(np.arange(len(deaths)), deaths)
        if self.weights is None:
            weight = np.ones(len(k))
        else:
            dying = self.weights[sets.deaths][:, None]
            weight = (sets.sum_deaths(dying)[:, 0] / deaths)[k]
        if self.ties == "breslow":
            return k, np.zeros(len(k)), weight
        first = np.repeat(np.cumsum(deaths) - deaths, deaths)
        return k, (np.arange(len(k)) - first) / deaths[k], weight

    @cached_property
    def death_weights(self) -> FloatArray:
        """Weight of each death, (d,)."""
        deaths = self.risk_sets.deaths
        return np.ones(len(deaths)) if self.weights is None else self.weights[deaths]

    def evaluate(self, beta: FloatArray) -> PartialEvaluation:
        """Log-likelihood, score and information at ``beta``, shape (p,)."""
        x, sets = self.covariates, self.risk_sets
        k, phi, weight = self.terms
        eta = x @ beta
        if self.offset is not None:
            eta += self.offset
        shift = float(eta.max()) if len(eta) else 0.0
        eta -= shift
        r = np.exp(eta)
        if self.weights is not None:
            r *= self.weights
        weighted = np.empty((len(r), x.shape[1] + 1))
        weighted[:, 0] = r
        np.multiply(x, r[:, None], out=weighted[:, 1:])
        reduced = sets.gather(weighted)[k]
        if self.ties == "efron" and sets.n_times < len(k):
            reduced -= phi[:, None] * sets.sum_deaths(weighted[sets.deaths])[k]
        s0 = reduced[:, 0]
        mean = reduced[:, 1:] / s0[:, None]
        inverse = weight / s0
        a: FloatArray = np.bincount(k, inverse, sets.n_times).astype(np.float64)
        b = np.bincount(k, phi * inverse, sets.n_times)
        v: FloatArray = sets.spread(a[:, None])[:, 0]
        v[sets.deaths] -= b[sets.death_time]
        v *= r
        heavy = weight[:, None] * mean
        information = (x * v[:, None]).T @ x - heavy.T @ mean
        death_weights = self.death_weights
        return PartialEvaluation(
            problem=self,
            log_likelihood=float(
                death_weights @ eta[sets.deaths] - weight @ np.log(s0)
            ),
            score=death_weights @ x[sets.deaths] - heavy.sum(axis=0),
            information=(information + information.T) / 2.0,
            r=r,
            v=v,
            s0=s0,
            mean=mean,
            shift=shift,
        )


@dataclass(frozen=True, eq=False)
class PartialEvaluation:
    """The partial likelihood at one point.

    Parameters
    ----------
    problem : PartialLikelihood
    log_likelihood : float
    score : (p,) float array
    information : (p, p) float array
    r, v : (m,) float arrays
        Weighted relative hazards exp(eta - shift) and second-moment weights of the rows.
    s0 : (d,) float array
        (Efron-reduced) risk-set sum of each factor.
    mean : (d, p) float array
        (Efron-reduced) weighted mean covariates of each factor.
    shift : float
        The largest linear predictor, taken off before exponentials.
    """

    problem: PartialLikelihood
    log_likelihood: float
    score: FloatArray
    information: FloatArray
    r: FloatArray
    v: FloatArray
    s0: FloatArray
    mean: FloatArray
    shift: float = 0.0

    def half_log_det_gradient(self, inverse: FloatArray) -> FloatArray:
        """Gradient of 1/2 log det information, given the inverse of the information."""
        x, sets = self.problem.covariates, self.problem.risk_sets
        k, phi, weight = self.problem.terms
        xa = x @ inverse
        q = np.einsum("ij,ij->i", xa, x)
        rq = (self.r * q)[:, None]
        eq = sets.gather(np.column_stack([self.r, rq]))[k, 1]
        eq -= phi * sets.sum_deaths(rq[sets.deaths])[k, 0]
        eq /= self.s0
        spread_term = self.r * np.einsum("ij,ij->i", xa, self.mean_spread)
        quadratic = np.einsum("kj,kj->k", self.mean @ inverse, self.mean)
        return 0.5 * (
            x.T @ (self.v * q - 2.0 * spread_term)
            + self.mean.T @ (weight * (2.0 * quadratic - eq))
        )

    @cached_property
    def mean_spread(self) -> FloatArray:
        """Sum of mean covariates over the factors a row is at risk at, each by 1/S0, (m, p)."""
        sets = self.problem.risk_sets
        _, phi, weight = self.problem.terms
        ratio = self.mean * (weight / self.s0)[:, None]
        g: FloatArray = sets.spread(self._by_time(ratio))
        g[sets.deaths] -= self._by_time(phi[:, None] * ratio)[sets.death_time]
        return g

    def _by_time(self, values: FloatArray) -> FloatArray:
        """Sum values of the factors by event time: (d, c) to (K, c)."""
        return self.problem.risk_sets.sum_deaths(values)

    def hazard_increments(self) -> FloatArray:
        """Increments of the cumulative baseline hazard at the event times, (K,).

        Of a row whose covariates (as held here) and offset are 0.
        """
        _, _, weight = self.problem.terms
        increments = self._by_time((weight / self.s0)[:, None])[:, 0]
        return increments * np.exp(-self.shift)

    def martingale_residuals(self) -> FloatArray:
        """Events less expected events of the kept rows, unweighted, (m,)."""
        residuals = -self.expected_events()
        residuals[self.problem.risk_sets.deaths] += 1.0
        return residuals

    def expected_events(self) -> FloatArray:
        """Events each kept row was to have: its hazard ratio times the hazard, (m,)."""
        weights = self.problem.weights
        return self.v if weights is None else self.v / weights

    def schoenfeld_residuals(self) -> FloatArray:
        """Covariates of each death less the mean of its risk set, unweighted, (d, p)."""
        sets = self.problem.risk_sets
        return (
            self.problem.covariates[sets.deaths] - self._mean_at_time()[sets.death_time]
        )

    def _mean_at_time(self) -> FloatArray:
        """Mean covariates of the risk set at each event time, (K, p)."""
        sets = self.problem.risk_sets
        return self._by_time(self.mean) / sets.deaths_per_time[:, None]

    def score_residuals(self) -> FloatArray:
        """Contribution of each kept row to the score, unweighted, (m, p).

        Their sum, each times its weight, is the score.
        """
        problem, sets = self.problem, self.problem.risk_sets
        x = problem.covariates
        one = self.r if problem.weights is None else self.r / problem.weights
        residuals = self.mean_spread * one[:, None]
        residuals -= x * (one * self._hazard_spread)[:, None]
        residuals[sets.deaths] += self.schoenfeld_residuals()
        return residuals

    @cached_property
    def _hazard_spread(self) -> FloatArray:
        # A row whose hazard ratio is 0 in double precision moves nothing.
        return np.divide(self.v, self.r, out=np.zeros_like(self.r), where=self.r > 0)
