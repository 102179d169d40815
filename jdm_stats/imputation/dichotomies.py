"""Drawing a class for a child: nested yes-or-no models with a prior that cannot run off.

Classes stand in an order. The first is told from all others by a logistic model, the
second from those after it, and so on. Each model has a log-F(1,1) prior on every
coefficient (Greenland and Mansournia, Stat Med 2015;34:3133-3143), and one set of
coefficients is drawn from the posterior for every imputation, so that imputed classes
carry the doubt about the model too. Where a class falls together with a covariate (every
perforation in one antibody) the prior keeps the draws finite without pulling them far
towards no association. A split with few children on one side uses no covariates: a share
is drawn, nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import expit

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Half the exponent of the log-F prior of a log odds ratio, per yes-or-no or per two
# standard deviations of a number: 95% of such odds ratios lie between 1/648 and 648.
HALF = 0.5
INTERCEPT_SD = 10.0  # of the normal prior of the intercept
# A split with fewer children than this on either side uses no covariates.
FEWEST_ON_A_SIDE = 5
# Proposals of the posterior draw, from a t distribution that covers its skewness.
PROPOSALS = 50
PROPOSAL_DF = 5.0
MAX_STEPS = 50


def draw_classes(
    rng: np.random.Generator,
    known: FloatArray,
    codes: IntArray,
    unknown: FloatArray,
    order: Sequence[int],
) -> IntArray:
    """Draw the classes of children whose class is not known.

    Parameters
    ----------
    rng : Generator
    known : (n, p) float array
        Predictors of the children with a known class, centred and scaled, without an
        intercept.
    codes : (n,) int array
        Their classes.
    unknown : (k, p) float array
        Predictors of the others.
    order : sequence of int
        Every class in ``codes``, in the order in which they are told apart.

    Returns
    -------
    (k,) int array
        Only classes that were observed.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = np.repeat([[-0.5], [0.5]], 200, axis=0)
    >>> drawn = draw_classes(rng, x, np.repeat([0, 1], 200), x, [1, 0])
    >>> float(np.mean(drawn == np.repeat([0, 1], 200))) > 0.9
    True
    """
    drawn = np.full(len(unknown), order[-1], dtype=np.int64)
    open_to = np.arange(len(unknown))
    left = np.arange(len(codes))
    for code in order[:-1]:
        is_class = codes[left] == code
        chance = _chance(rng, known[left], is_class, unknown[open_to])
        taken = rng.random(len(open_to)) < chance
        drawn[open_to[taken]] = code
        open_to, left = open_to[~taken], left[~is_class]
    return drawn


def _chance(
    rng: np.random.Generator, known: FloatArray, yes: np.ndarray, unknown: FloatArray
) -> FloatArray:
    """Probability of yes for the unknown, under one draw of the model."""
    successes = int(yes.sum())
    failures = len(yes) - successes
    if min(successes, failures) < FEWEST_ON_A_SIDE or not known.shape[1]:
        share = rng.beta(successes + 0.5, failures + 0.5)
        return np.full(len(unknown), share)
    beta = draw_coefficients(rng, known, yes.astype(float))
    return np.asarray(expit(beta[0] + unknown @ beta[1:]))


def draw_coefficients(
    rng: np.random.Generator, covariates: FloatArray, outcome: FloatArray
) -> FloatArray:
    """Draw intercept and coefficients of a logistic model from their posterior.

    Parameters
    ----------
    rng : Generator
    covariates : (n, p) float array
        Without an intercept.
    outcome : (n,) float array
        0.0 or 1.0.

    Returns
    -------
    (p + 1,) float array

    Notes
    -----
    One of ``PROPOSALS`` draws from a t distribution at the posterior's mode is chosen
    with its importance weight, so that skewness is kept, not only mode and curvature.

    Examples
    --------
    Ten of ten with the covariate, none of ten without: the draws stay finite.

    >>> rng = np.random.default_rng(7)
    >>> x, y = np.repeat([[0.5], [-0.5]], 10, axis=0), np.repeat([1.0, 0.0], 10)
    >>> draws = [draw_coefficients(rng, x, y)[1] for _ in range(200)]
    >>> bool(3 < np.median(draws) < 10 and max(draws) < 50)
    True
    """
    design = np.column_stack([np.ones(len(outcome)), covariates])
    mode, information = posterior_mode(design, outcome)
    factor = np.linalg.cholesky(information)
    normal = rng.standard_normal((design.shape[1], PROPOSALS))
    stretch = PROPOSAL_DF / rng.chisquare(PROPOSAL_DF, PROPOSALS)
    steps = solve_triangular(factor.T, normal, lower=False) * np.sqrt(stretch)
    proposals = mode[:, None] + steps
    away = (normal**2).sum(axis=0) * stretch
    log_weight = _log_posterior(design, outcome, proposals)
    log_weight += 0.5 * (PROPOSAL_DF + len(mode)) * np.log1p(away / PROPOSAL_DF)
    weight = np.exp(log_weight - log_weight.max())
    chosen = np.searchsorted(np.cumsum(weight), rng.random() * weight.sum())
    return np.asarray(proposals[:, min(int(chosen), PROPOSALS - 1)])


def posterior_mode(
    design: FloatArray, outcome: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Climb to the mode of a logistic posterior; it is concave, so there is but one.

    Parameters
    ----------
    design : (n, p) float array
        The intercept first.
    outcome : (n,) float array

    Returns
    -------
    mode : (p,) float array
    information : (p, p) float array
        Of likelihood and prior together, at the mode.
    """
    beta = np.zeros(design.shape[1])
    value = float(_log_posterior(design, outcome, beta[:, None])[0])
    for _ in range(MAX_STEPS):
        chance, prior = expit(design @ beta), expit(beta)
        score = design.T @ (outcome - chance) + HALF - 2.0 * HALF * prior
        curvature = 2.0 * HALF * prior * (1.0 - prior)
        score[0] += -HALF + 2.0 * HALF * prior[0] - beta[0] / INTERCEPT_SD**2
        curvature[0] = INTERCEPT_SD**-2
        weighted = design * (chance * (1.0 - chance))[:, None]
        information = weighted.T @ design + np.diag(curvature)
        step = cho_solve(cho_factor(information), score)
        if float(score @ step) < 1e-10:
            break
        size = 1.0
        while size > 1e-8:
            trial = beta + size * step
            found = float(_log_posterior(design, outcome, trial[:, None])[0])
            if found > value:
                beta, value = trial, found
                break
            size /= 2.0
        else:
            break
    return beta, information


def _log_posterior(
    design: FloatArray, outcome: FloatArray, betas: FloatArray
) -> FloatArray:
    """Log posterior, up to a constant, of each column of ``betas``, shape (p, c)."""
    eta = design @ betas
    likelihood = outcome @ eta - np.logaddexp(0.0, eta).sum(axis=0)
    slopes = betas[1:]
    prior = HALF * (slopes - 2.0 * np.logaddexp(0.0, slopes)).sum(axis=0)
    return np.asarray(likelihood + prior - 0.5 * (betas[0] / INTERCEPT_SD) ** 2)
