"""Arrays in, one light result out: for simulation, resampling and other analyses."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from jdm_stats.likelihood.fast import Engine
from jdm_stats.models.arrays import (
    ArrayFit,
    check_arrays,
    check_options,
    check_vectors,
    fit_checked,
)
from jdm_stats.models.many import fit_many

# Up to so many rows the whole fit runs in compiled code; beyond, its evaluations only.
SMALL_ROWS = 50_000


def fit_arrays(
    covariates: ArrayLike,
    event: ArrayLike,
    start: ArrayLike | None = None,
    stop: ArrayLike | None = None,
    *,
    model: Literal["cox", "logistic"] = "cox",
    penalty: str | None = None,
    ties: str = "efron",
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    interval: Literal["wald", "profile"] = "wald",
    conf_level: float = 0.95,
    engine: Engine = "auto",
) -> ArrayFit:
    """Fit one Cox or logistic model to arrays, the gate included.

    Parameters
    ----------
    covariates : (n, p) array
        Without an intercept; a logistic model adds one, first in the result.
    event : (n,) array
        True or 1 where the row ends in the outcome.
    start, stop : (n,) arrays
        Rows at risk in (start, stop]; ``start`` defaults to 0. Not for a logistic model.
    model : {"cox", "logistic"}
    penalty : None or "firth"
    ties : {"efron", "breslow"}
    strata : (n,) int array, optional
        Codes from 0.
    weights, offset : (n,) arrays, optional
        Weights above zero.
    interval : {"wald", "profile"}
    conf_level : float, default 0.95
    engine : {"auto", "numpy", "compiled"}
        "compiled" asks for compiled code even where loading it costs more than the fit.

    Returns
    -------
    ArrayFit

    Raises
    ------
    UsageError
        When shapes disagree, numbers are not finite, a row has no length or an option is
        unknown; all faults at once.

    Examples
    --------
    >>> x = [[1.0], [0.0], [1.0], [0.0]]
    >>> fit = fit_arrays(x, [1, 1, 1, 0], stop=[1, 2, 4, 5])
    >>> round(float(np.exp(fit.coefficients[0])), 4)
    2.5616
    """
    if engine == "compiled" and np.size(event) <= SMALL_ROWS:
        one = np.zeros(len(np.asarray(event)), dtype=np.intp)
        return fit_many(
            *(covariates, event, start, stop),
            by=one,
            model=model,
            penalty=penalty,
            ties=ties,
            strata=strata,
            weights=weights,
            offset=offset,
            interval=interval,
            conf_level=conf_level,
            engine=engine,
        ).only()
    x, died, begin, end = check_arrays(covariates, event, start, stop, model)
    heavy, shift = check_vectors(x, weights, offset)
    check_options(model, penalty, ties, interval, conf_level)
    rows = {
        "x": x,
        "died": died,
        "begin": begin,
        "end": end,
        "strata": None if strata is None else np.asarray(strata, dtype=np.intp),
        "weights": heavy,
        "offset": shift,
    }
    return fit_checked(
        rows,
        engine,
        model=model,
        penalty=penalty,
        ties=ties,
        interval=interval,
        conf_level=conf_level,
    )
