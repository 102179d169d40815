"""Cox's partial likelihood on (start, stop] rows, with Efron's or Breslow's ties.

Second moments come from one weighted cross-product and the third moments that Firth's
penalty needs from the adjoint of the risk-set sum, so no K x p x p array exists. Formulas:
Efron (1977), Heinze and Schemper (2001); written out in docs/engine.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

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
    """

    covariates: FloatArray
    risk_sets: RiskSets
    ties: Ties = "efron"

    @property
    def n_parameters(self) -> int:
        """Number of coefficients, p."""
        return self.covariates.shape[1]

    @cached_property
    def terms(self) -> tuple[IntArray, FloatArray]:
        """Event time k and tie fraction phi of each factor of the likelihood, (d,)."""
        deaths = self.risk_sets.deaths_per_time
        k = np.repeat(np.arange(len(deaths)), deaths)
        if self.ties == "breslow":
            return k, np.zeros(len(k))
        first = np.repeat(np.cumsum(deaths) - deaths, deaths)
        return k, (np.arange(len(k)) - first) / deaths[k]

    def evaluate(self, beta: FloatArray) -> PartialEvaluation:
        """Log-likelihood, score and information at ``beta``, shape (p,)."""
        x, sets = self.covariates, self.risk_sets
        k, phi = self.terms
        eta = x @ beta
        eta -= np.max(eta, initial=0.0)
        r = np.exp(eta)
        weighted = np.column_stack([r, r[:, None] * x])
        risk = sets.gather(weighted)
        dying = sets.sum_deaths(weighted[sets.deaths])
        reduced = risk[k] - phi[:, None] * dying[k]
        s0 = reduced[:, 0]
        mean = reduced[:, 1:] / s0[:, None]
        inverse = 1.0 / s0
        a = np.bincount(k, inverse, sets.n_times)
        b = np.bincount(k, phi * inverse, sets.n_times)
        v: FloatArray = sets.spread(a[:, None].astype(np.float64))[:, 0]
        v[sets.deaths] -= b[sets.death_time]
        v *= r
        information = (x * v[:, None]).T @ x - mean.T @ mean
        return PartialEvaluation(
            problem=self,
            log_likelihood=float(eta[sets.deaths].sum() - np.log(s0).sum()),
            score=x[sets.deaths].sum(axis=0) - mean.sum(axis=0),
            information=(information + information.T) / 2.0,
            r=r,
            v=v,
            s0=s0,
            mean=mean,
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
        Relative hazards and second-moment weights of the kept rows.
    s0 : (d,) float array
        (Efron-reduced) risk-set sum of each factor.
    mean : (d, p) float array
        (Efron-reduced) weighted mean covariates of each factor.
    """

    problem: PartialLikelihood
    log_likelihood: float
    score: FloatArray
    information: FloatArray
    r: FloatArray
    v: FloatArray
    s0: FloatArray
    mean: FloatArray

    def half_log_det_gradient(self, inverse: FloatArray) -> FloatArray:
        """Gradient of 1/2 log det information, given the inverse of the information."""
        x, sets = self.problem.covariates, self.problem.risk_sets
        k, phi = self.problem.terms
        xa = x @ inverse
        q = np.einsum("ij,ij->i", xa, x)
        rq = (self.r * q)[:, None]
        eq = sets.gather(np.column_stack([self.r, rq]))[k, 1]
        eq -= phi * sets.sum_deaths(rq[sets.deaths])[k, 0]
        eq /= self.s0
        ratio = self.mean / self.s0[:, None]
        per_time = np.zeros((sets.n_times, x.shape[1]))
        reduced = np.zeros_like(per_time)
        np.add.at(per_time, k, ratio)
        np.add.at(reduced, k, phi[:, None] * ratio)
        g = sets.spread(per_time)
        g[sets.deaths] -= reduced[sets.death_time]
        spread_term = self.r * np.einsum("ij,ij->i", xa, g)
        quadratic = np.einsum("kj,kj->k", self.mean @ inverse, self.mean)
        return 0.5 * (
            x.T @ (self.v * q - 2.0 * spread_term)
            + self.mean.T @ (2.0 * quadratic - eq)
        )
