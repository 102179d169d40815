"""The conditional logistic likelihood of matched sets, exact whatever their make-up.

In a set with m cases among n members the likelihood is the chance of these cases given that
there are m: exp(sum of eta over the cases) / e_m(exp(eta)). Its score is the cases' sum of
covariates less the mean of that sum over all choices of m members, its information the
variance, and Firth's penalty needs the third central moment (docs/engine.md). With one case
these are softmax moments in closed form; else the recursion of `fixed_total` gives them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from jdm_stats.likelihood.fixed_total import (
    inclusion,
    log_symmetric,
    sum_moments,
    tilted,
)
from jdm_stats.likelihood.matched_sets import Batch, MatchedSets
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray
from jdm_stats.likelihood.separation import Separation, conditional_separation


@dataclass(frozen=True, eq=False)
class ConditionalLikelihood:
    """A conditional logistic problem.

    Parameters
    ----------
    covariates : (m, p) float array
        Rows of ``sets.kept``.
    sets : MatchedSets
    weights : (m,) float array, optional
        Above zero, the same for every row of a set; default 1.
    offset : (m,) float array, optional
        Added to the linear predictor; default 0.
    """

    covariates: FloatArray
    sets: MatchedSets
    weights: FloatArray | None = None
    offset: FloatArray | None = None

    @property
    def n_parameters(self) -> int:
        """Number of coefficients, p."""
        return self.covariates.shape[1]

    @property
    def spread(self) -> float:
        """Range of a sum over the chosen, in units of the largest member; see `finite_maximum`."""
        return 2.0 * float(self.sets.chosen.max(initial=1))

    def separation(self, *, directions: bool = True) -> Separation:
        """Test for monotone likelihood."""
        return conditional_separation(self.covariates, self.sets, directions=directions)

    @cached_property
    def sign(self) -> FloatArray:
        """-1 for rows of sets whose controls are chosen, else 1, (m,)."""
        return np.where(self.sets.turned, -1.0, 1.0)[self.sets.place]

    @cached_property
    def values(self) -> FloatArray:
        """Covariates as they are summed over the chosen, (m, p)."""
        return self.covariates * self.sign[:, None]

    @cached_property
    def picked(self) -> FloatArray:
        """1.0 for the rows that were chosen, else 0.0, (m,)."""
        return (self.sets.case == (self.sign > 0)).astype(np.float64)

    @cached_property
    def set_weights(self) -> FloatArray:
        """Weight of each set, (S,)."""
        if self.weights is None:
            return np.ones(self.sets.n_sets)
        return self.weights[self.sets.first]

    def evaluate(self, beta: FloatArray) -> ConditionalEvaluation:
        """Log-likelihood, score and information at ``beta``, shape (p,)."""
        p, w = self.n_parameters, self.set_weights
        eta = self.values @ beta
        if self.offset is not None:
            eta = eta + self.offset * self.sign
        logs = np.zeros(self.sets.n_sets)
        means = np.zeros((self.sets.n_sets, p))
        variances = np.zeros((self.sets.n_sets, p, p))
        for batch in self.sets.batches:
            law = _law(self, batch, eta)
            logs[batch.sets], means[batch.sets] = law.log_total, law.mean
            variances[batch.sets] = law.variance
        variances *= w[:, None, None]
        information = variances.sum(axis=0)
        took = self.sets.sum_sets(self.values * self.picked[:, None])
        gained = self.sets.sum_sets(eta * self.picked)
        return ConditionalEvaluation(
            problem=self,
            log_likelihood=float(w @ (gained - logs)),
            score=w @ (took - means),
            information=(information + information.T) / 2.0,
            eta=eta,
            set_information=variances,
        )


@dataclass(frozen=True, eq=False)
class ConditionalEvaluation:
    """The conditional likelihood at one point.

    Parameters
    ----------
    problem : ConditionalLikelihood
    log_likelihood : float
    score : (p,) float array
    information : (p, p) float array
    eta : (m,) float array
        Log odds of being chosen: of being a case, or a control where those are chosen.
    set_information : (S, p, p) float array
        Part of the information that each set contributes.
    """

    problem: ConditionalLikelihood
    log_likelihood: float
    score: FloatArray
    information: FloatArray
    eta: FloatArray
    set_information: FloatArray

    def half_log_det_gradient(self, inverse: FloatArray) -> FloatArray:
        """Gradient of 1/2 log det information, given the inverse of the information."""
        gradient = np.zeros(self.problem.n_parameters)
        for batch in self.problem.sets.batches:
            law = _law(self.problem, batch, self.eta, inverse)
            assert law.third is not None
            gradient += self.problem.set_weights[batch.sets] @ law.third
        return 0.5 * gradient

    @cached_property
    def chances(self) -> FloatArray:
        """Chance of each row to be a case, given the number of cases of its set, (m,)."""
        found = np.zeros(len(self.eta))
        for batch in self.problem.sets.batches:
            eta = np.where(batch.there, self.eta[batch.rows], -np.inf)
            if batch.chosen == 1:
                share, _ = _softmax(eta)
            else:
                share = inclusion(tilted(eta, batch.chosen)[0], batch.chosen)
            found[batch.rows[batch.there]] = share[batch.there]
        turned = self.problem.sign < 0
        found[turned] = 1.0 - found[turned]
        return found

    def score_residuals(self) -> FloatArray:
        """Contribution of each row to the score, unweighted, (m, p).

        Case or not, less its chance, times its covariates less the mean of its set. Their
        sum, each times the weight of its set, is the score.
        """
        sets = self.problem.sets
        rest = sets.case.astype(np.float64) - self.chances
        return sets.centred(self.problem.covariates) * rest[:, None]

    def cluster_information(self, cluster: IntArray) -> FloatArray:
        """Part of the information that each cluster contributes, (G, p, p).

        Parameters
        ----------
        cluster : (m,) int array
            Cluster of each row, 0 to G - 1, the same for every row of a set.
        """
        p, own = self.problem.n_parameters, cluster[self.problem.sets.first]
        parts = np.zeros((int(cluster.max(initial=-1)) + 1, p, p))
        np.add.at(parts, own, self.set_information)
        return parts


@dataclass(frozen=True, eq=False)
class _Law:
    """What one batch adds: log of the sum over choices, mean, variance, third moments."""

    log_total: FloatArray
    mean: FloatArray
    variance: FloatArray
    third: FloatArray | None


def _law(
    problem: ConditionalLikelihood,
    batch: Batch,
    eta: FloatArray,
    inverse: FloatArray | None = None,
) -> _Law:
    values = problem.values[batch.rows]
    odds = np.where(batch.there, eta[batch.rows], -np.inf)
    if batch.chosen == 1:
        return _one_chosen(odds, values, inverse)
    probability, constant = tilted(odds, batch.chosen)
    centre = np.einsum("bn,bnp->bp", probability, values)
    centre /= probability.sum(axis=1, keepdims=True)
    found = sum_moments(probability, values - centre[:, None], batch.chosen, inverse)
    mean = found.first
    third = None
    if inverse is not None and found.third is not None:
        am = mean @ inverse
        trace = np.einsum("bij,ij->b", found.second, inverse)
        square = (am * mean).sum(axis=1)
        third = found.third - 2.0 * np.einsum("bij,bj->bi", found.second, am)
        third += (2.0 * square - trace)[:, None] * mean
    return _Law(
        log_total=log_symmetric(odds, constant, found.log_chance, batch.chosen),
        mean=mean + batch.chosen * centre,
        variance=found.second - mean[:, :, None] * mean[:, None, :],
        third=third,
    )


def _softmax(eta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Chances of one chosen member, (b, n), and the log of the sum of odds, (b,)."""
    top = eta.max(axis=1, keepdims=True)
    odds = np.exp(eta - top)
    total = odds.sum(axis=1, keepdims=True)
    return odds / total, (top + np.log(total))[:, 0]


def _one_chosen(
    eta: FloatArray, values: FloatArray, inverse: FloatArray | None
) -> _Law:
    """One case, or one control, in a set: moments of a single member."""
    share, log_total = _softmax(eta)
    mean = np.einsum("bn,bnp->bp", share, values)
    apart = values - mean[:, None]
    weighted = apart * share[..., None]
    variance = np.einsum("bni,bnj->bij", weighted, apart)
    third = None
    if inverse is not None:
        quadratic = ((apart @ inverse) * apart).sum(axis=-1)
        third = np.einsum("bn,bnp->bp", quadratic, weighted)
    return _Law(log_total, mean, variance, third)
