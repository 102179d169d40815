"""Robust variance: cluster sums of score residuals between two slices of the inverse information.

The plain sandwich (Lin and Wei 1989) is R's. With few clusters it is too small, because each
cluster pulls the estimate towards itself; the leverage-corrected form gives back to every
cluster the share of the information that is its own (Mancl and DeRouen 2001; for a Cox model
the information splits into cluster parts by sum r dH (x - mean)(x - mean)').
"""

from __future__ import annotations

import numpy as np

from jdm_stats.likelihood.conditional import ConditionalEvaluation
from jdm_stats.likelihood.logistic import LogisticEvaluation
from jdm_stats.likelihood.partial import PartialEvaluation
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray

Evaluated = PartialEvaluation | LogisticEvaluation | ConditionalEvaluation

# A cluster with this share of the information in some direction leaves none for the rest.
WHOLE = 1.0 - 1e-8


def cluster_scores(
    evaluation: Evaluated,
    cluster: IntArray,
    copies: FloatArray | None = None,
) -> FloatArray:
    """Weighted score of each cluster: (m, p) residuals to (G, p) sums.

    Parameters
    ----------
    evaluation : PartialEvaluation, LogisticEvaluation or ConditionalEvaluation
    cluster : (m,) int array
        Cluster of each row of the likelihood, 0 to G - 1.
    copies : (G,) float array, optional
        Independent clusters that each one stands for, its weights being that number: the
        score is then that of one of them.

    Returns
    -------
    (G, p) float array
    """
    residuals = evaluation.score_residuals()
    weights = evaluation.problem.weights
    if weights is not None and copies is None:
        residuals = residuals * weights[:, None]
    groups = int(cluster.max(initial=-1)) + 1
    return np.column_stack(
        [np.bincount(cluster, column, groups) for column in residuals.T]
    )


def cluster_information(evaluation: Evaluated, cluster: IntArray) -> FloatArray:
    """Part of the information that each cluster contributes, (G, p, p); they add up to it."""
    if isinstance(evaluation, ConditionalEvaluation):
        return evaluation.cluster_information(cluster)
    x = evaluation.problem.covariates
    groups, p = int(cluster.max(initial=-1)) + 1, x.shape[1]
    parts = np.empty((groups, p, p))
    v = (
        evaluation.v
        if isinstance(evaluation, PartialEvaluation)
        else evaluation.variance
    )
    for i in range(p):
        for j in range(i, p):
            rows = v * x[:, i] * x[:, j]
            if isinstance(evaluation, PartialEvaluation):
                rows = rows + evaluation.r * _around_means(evaluation, i, j)
            parts[:, i, j] = parts[:, j, i] = np.bincount(cluster, rows, groups)
    return parts


def _around_means(evaluation: PartialEvaluation, i: int, j: int) -> FloatArray:
    """Give what centring at the risk-set means adds to a row's second moment."""
    x, g = evaluation.problem.covariates, evaluation.mean_spread
    sets = evaluation.problem.risk_sets
    _, phi, weight = evaluation.problem.terms
    products = evaluation.mean[:, i] * evaluation.mean[:, j] * weight / evaluation.s0
    squares: FloatArray = sets.spread(sets.sum_deaths(products[:, None]))[:, 0]
    tied = sets.sum_deaths((phi * products)[:, None])[:, 0]
    squares[sets.deaths] -= tied[sets.death_time]
    return squares - x[:, i] * g[:, j] - x[:, j] * g[:, i]


def sandwich(
    evaluation: Evaluated,
    bread: FloatArray,
    cluster: IntArray,
    *,
    leverage: bool,
    copies: FloatArray | None = None,
) -> FloatArray:
    """Robust covariance of the coefficients.

    Parameters
    ----------
    evaluation : PartialEvaluation, LogisticEvaluation or ConditionalEvaluation
        At the estimate.
    bread : (p, p) float array
        Inverse of the (penalised) information.
    cluster : (m,) int array
    leverage : bool
        Correct for the leverage of clusters; False is R's ``vcov`` of a fit with
        ``cluster()``.
    copies : (G,) float array, optional
        Independent clusters that each one stands for (frequency weights).

    Returns
    -------
    (p, p) float array
        NaN when one cluster alone carries the information on some direction: without it
        there would be no estimate.
    """
    scores = cluster_scores(evaluation, cluster, copies)
    if leverage:
        shares = cluster_information(evaluation, cluster) @ bread
        if copies is not None:
            shares = shares / copies[:, None, None]
        # Eigenvalues are none of them negative, so that the trace bounds the largest.
        bounded = np.trace(shares, axis1=1, axis2=2) < WHOLE
        largest = np.abs(np.linalg.eigvals(shares[~bounded])).max(initial=0.0)
        if not largest < WHOLE:
            return np.full_like(bread, np.nan)
        left = np.eye(len(bread)) - shares
        scores = np.asarray(np.linalg.solve(left, scores[:, :, None])[:, :, 0])
    moved: FloatArray = scores @ bread
    if copies is not None:
        moved = moved * np.sqrt(copies)[:, None]
    return moved.T @ moved
