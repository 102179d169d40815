"""What stood around each event of a fit: who was at risk, where it stood, what it weighs.

Every figure is read off the rows of the fit by counting, event time by event time, and not
off the arrays of the likelihood; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jdm_stats.errors import UsageError
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray
from jdm_stats.models.fit import FitResult
from jdm_stats.models.fitted_rows import CoxRows, FittedRows

# Linear predictors closer than this are one: the same sum in another order.
SAME = 9


@dataclass(frozen=True, eq=False)
class EventFacts:
    """Facts of D events, in the order of ``rows``.

    Parameters
    ----------
    rows : (D,) int array
        Row of each event among the rows fitted.
    at_risk, alike : (D,) int arrays
        Rows at risk at the event's time, in its stratum; those of the same exposure.
    tied : (D,) int array
        Events at that time in that stratum, this one counted.
    place : (D,) float array
        Share of the risk set with a lower linear predictor, equal ones counted by half.
    places : (D, p) float array
        The same for the value of each term.
    share : (D,) float array
        Share of the information on all terms.
    shares : (D, p) float array
        Share of the information on each term, the others adjusted for; NaN without estimate.
    """

    rows: IntArray
    at_risk: IntArray
    alike: IntArray
    tied: IntArray
    place: FloatArray
    places: FloatArray
    share: FloatArray
    shares: FloatArray


def exposure_terms(fit: FitResult, exposure: Sequence[str] | None) -> list[int]:
    """Positions of the terms that make two rows alike; by default every 0/1 term."""
    if exposure is None:
        matrix = fit.design.matrix
        return [
            j
            for j, term in enumerate(fit.terms)
            if term != "Intercept" and bool(np.isin(matrix[:, j], (0.0, 1.0)).all())
        ]
    named = [exposure] if isinstance(exposure, str) else list(exposure)
    unknown = [term for term in named if term not in fit.terms]
    if unknown:
        raise UsageError(f"no such terms: {unknown}; the terms are {fit.terms}")
    return [fit.terms.index(term) for term in named]


def event_facts(fit: FitResult, exposure: list[int]) -> EventFacts:
    """Count what stood around each event.

    Parameters
    ----------
    fit : FitResult
        Cox or logistic, with an estimate.
    exposure : list of int
        Positions of the terms that make two rows alike.

    Returns
    -------
    EventFacts
    """
    rows = fit.rows
    assert rows is not None
    eta = _linear_predictor(fit, rows)
    at = np.flatnonzero(rows.outcome)
    count, p = len(at), len(fit.terms)
    at_risk, alike, tied = (np.zeros(count, dtype=np.intp) for _ in range(3))
    place, places = np.empty(count), np.empty((count, p))
    seen = len(fit.inference.positions)
    matrices = np.zeros((count, seen, seen))
    own = rows.covariates[:, exposure]
    for members, dying in _risk_sets(rows, at):
        total, shared = len(members), _information(fit, rows, eta, members, at[dying])
        for k, matrix in zip(dying, shared, strict=True):
            i = at[k]
            at_risk[k], tied[k] = total, len(dying)
            alike[k] = int((own[members] == own[i]).all(axis=1).sum())
            place[k] = _place(eta[members], eta[i])
            places[k] = [
                _place(rows.covariates[members, j], rows.covariates[i, j])
                for j in range(p)
            ]
            matrices[k] = matrix
    share, shares = _shares(fit, matrices)
    return EventFacts(at, at_risk, alike, tied, place, places, share, shares)


def _linear_predictor(fit: FitResult, rows: FittedRows) -> FloatArray:
    here = fit.inference.positions
    eta = rows.covariates[:, here] @ fit.inference.coefficients[here]
    return np.asarray(eta if rows.offset is None else eta + rows.offset)


def _risk_sets(rows: FittedRows, at: IntArray) -> list[tuple[IntArray, IntArray]]:
    """Rows at risk, and places in ``at`` of the events, at every event time of a stratum."""
    if not isinstance(rows, CoxRows):
        everyone = np.arange(len(rows.outcome))
        return [(everyone, np.array([k])) for k in range(len(at))]
    strata = np.zeros(len(rows.stop), dtype=np.intp)
    if rows.strata is not None:
        strata = rows.strata
    keys: dict[tuple[int, float], list[int]] = {}
    for k, i in enumerate(at):
        keys.setdefault((int(strata[i]), float(rows.stop[i])), []).append(k)
    found = []
    for (stratum, time), dying in keys.items():
        inside = (rows.start < time) & (time <= rows.stop) & (strata == stratum)
        found.append((np.flatnonzero(inside), np.array(dying)))
    return found


def _place(values: FloatArray, own: float) -> float:
    values, own = np.round(values, SAME), float(np.round(own, SAME))
    return float(((values < own).sum() + 0.5 * (values == own).sum()) / len(values))


def _information(
    fit: FitResult,
    rows: FittedRows,
    eta: FloatArray,
    members: IntArray,
    dying: IntArray,
) -> list[FloatArray]:
    """Information that each of the events of one time brings, (k, k) each."""
    x = rows.covariates[np.ix_(members, fit.inference.positions)]
    heavy = rows.heavy
    weights = np.ones(len(rows.outcome)) if heavy is None else heavy
    if not isinstance(rows, CoxRows):
        found = []
        for i in dying:
            own = rows.covariates[i, fit.inference.positions]
            risk = 1.0 / (1.0 + np.exp(-eta[i]))
            found.append(weights[i] * risk * (1.0 - risk) * np.outer(own, own))
        return found
    x = x - x.mean(axis=0)
    r = weights[members] * np.exp(eta[members] - eta[members].max())
    dies = np.isin(members, dying)
    total = np.zeros((x.shape[1], x.shape[1]))
    for factor in range(len(dying)):
        off = factor / len(dying) if rows.ties == "efron" else 0.0
        left = r * (1.0 - off * dies)
        apart = x - left @ x / left.sum()
        total += (apart * left[:, None]).T @ apart / left.sum()
    own_weights = weights[dying]
    total *= own_weights.mean()
    return [total * weight / own_weights.sum() for weight in own_weights]


def _shares(fit: FitResult, matrices: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shares of the information: of all of it, and on each term with the others adjusted for."""
    here = fit.inference.positions
    inverse = fit.inference.covariance[np.ix_(here, here)]
    share = np.einsum("ij,kji->k", inverse, matrices) / len(here)
    shares = np.full((len(matrices), len(fit.terms)), np.nan)
    for place, j in enumerate(here):
        c = inverse[:, place]
        shares[:, j] = np.einsum("i,kij,j->k", c, matrices, c) / inverse[place, place]
    return share, shares
