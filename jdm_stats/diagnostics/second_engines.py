"""The same fit by another library: what each can do right, and how it is asked.

What each was found to do wrong, and is therefore not asked: statsmodels' PHReg counts a row
as at risk at its own entry, so times are made whole numbers in their order and entries
half a number later; lifelines knows neither Breslow's rule nor offsets; firthmodels' Cox
model knows neither entry nor weights nor strata and stops early unless told otherwise, and
its logistic standard errors come from another information than ours.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version

import numpy as np
import pandas as pd

from jdm_stats.likelihood.risk_sets import FloatArray
from jdm_stats.models.fit import FitResult
from jdm_stats.models.fitted_rows import CoxRows, FittedRows

# Rows are repeated by their whole weights up to so many rows.
MOST_ROWS = 200_000
TIGHT = 1e-12


@dataclass(frozen=True, eq=False)
class SecondFit:
    """What another engine found, in the order of the terms estimated.

    Parameters
    ----------
    coefficients : (k,) float array
    std_errors : (k,) float array or None
        None when they are of another kind than ours.
    log_likelihood : float
        Penalised in a Firth fit, with every constant that ours has.
    """

    coefficients: FloatArray
    std_errors: FloatArray | None
    log_likelihood: float


@dataclass(frozen=True)
class Engine:
    """A library that can fit some models again.

    Parameters
    ----------
    name : str
        Of the library.
    unable : callable
        Gives why it cannot fit this model; empty when it can.
    refit : callable
    """

    name: str
    unable: Callable[[FitResult], str]
    refit: Callable[[FitResult], SecondFit]

    @property
    def version(self) -> str:
        """Version of the library."""
        return version(self.name)


def engines_for(fit: FitResult) -> tuple[Engine, ...]:
    """Engines that fit models of this kind, able or not."""
    if fit.kind == "cox":
        return (FIRTH_COX,) if fit.penalty == "firth" else (LIFELINES, PHREG)
    return (FIRTH_LOGISTIC,) if fit.penalty == "firth" else (GLM,)


def _design(fit: FitResult, rows: FittedRows) -> FloatArray:
    return rows.covariates[:, fit.inference.positions]


def _cox_rows(fit: FitResult) -> CoxRows:
    assert isinstance(fit.rows, CoxRows)
    return fit.rows


def _tied(rows: CoxRows) -> bool:
    return bool((rows.sets.deaths_per_time > 1).any())


def _lifelines_unable(fit: FitResult) -> str:
    rows = _cox_rows(fit)
    if rows.offset is not None:
        return "it knows no offset"
    if rows.ties == "breslow" and _tied(rows):
        return "it knows Efron's rule for ties only"
    return ""


def _lifelines(fit: FitResult) -> SecondFit:
    from lifelines import CoxTimeVaryingFitter

    rows = _cox_rows(fit)
    design = _design(fit, rows)
    names = [f"x{j}" for j in range(design.shape[1])]
    frame = pd.DataFrame(design, columns=names)
    frame = frame.assign(
        id=np.arange(len(design)),
        start=rows.start,
        stop=rows.stop,
        event=rows.outcome,
    )
    extra = {}
    if rows.weights is not None:
        frame["weight"], extra["weights_col"] = rows.heavy, "weight"
    if rows.strata is not None:
        frame["stratum"], extra["strata"] = rows.strata, ["stratum"]  # type: ignore[assignment]
    model = CoxTimeVaryingFitter()
    model.fit(
        frame,
        id_col="id",
        event_col="event",
        start_col="start",
        stop_col="stop",
        fit_options={"precision": TIGHT, "max_steps": 200},
        **extra,
    )
    return SecondFit(
        model.params_[names].to_numpy(),
        model.standard_errors_[names].to_numpy(),
        float(model.log_likelihood_),
    )


def _phreg_unable(fit: FitResult) -> str:
    rows = _cox_rows(fit)
    if rows.weights is None:
        return ""
    whole = (rows.weights == np.floor(rows.weights)).all()
    if not whole:
        return "it knows no weights"
    if rows.weights.sum() > MOST_ROWS:
        return "it knows no weights, and rows repeated by them would be too many"
    if rows.ties == "efron" and (_tied(rows) or (rows.weights[rows.outcome] > 1).any()):
        return "it knows no weights, and repeated rows are ties of another kind"
    return ""


def _phreg(fit: FitResult) -> SecondFit:
    from statsmodels.duration.hazard_regression import PHReg

    rows = _cox_rows(fit)
    times = np.unique(np.concatenate([rows.start, rows.stop]))
    again = np.arange(len(rows.stop))
    if rows.weights is not None:
        again = np.repeat(again, rows.weights.astype(int))
    # A row is at risk at its own entry there; half a step later it is at risk after it.
    model = PHReg(
        np.searchsorted(times, rows.stop[again]).astype(float),
        _design(fit, rows)[again],
        status=rows.outcome[again].astype(int),
        entry=np.searchsorted(times, rows.start[again]) + 0.5,
        strata=None if rows.strata is None else rows.strata[again],
        offset=None if rows.offset is None else rows.offset[again],
        ties=rows.ties,
    )
    found = model.fit(disp=False, tol=TIGHT)
    return SecondFit(found.params, found.bse, float(found.llf))


def _glm(fit: FitResult) -> SecondFit:
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM as Model

    rows = fit.rows
    assert rows is not None
    # Each row's log-likelihood counts as often as its weight says, whole or not.
    extra = {} if rows.weights is None else {"freq_weights": rows.heavy}
    model = Model(
        rows.outcome.astype(float),
        _design(fit, rows),
        family=Binomial(),
        offset=rows.offset,
        **extra,
    )
    found = model.fit(tol=1e-14, maxiter=200, tol_criterion="params")
    return SecondFit(found.params, found.bse, float(found.llf))


def _firth_cox_unable(fit: FitResult) -> str:
    rows = _cox_rows(fit)
    cannot = [
        word
        for word, there in (
            ("delayed entry or split rows", bool(rows.sets.lo.any())),
            ("strata", rows.strata is not None),
            ("weights", rows.weights is not None),
            ("an offset", rows.offset is not None),
            ("Efron's rule for ties", rows.ties == "efron" and _tied(rows)),
        )
        if there
    ]
    if cannot:
        return f"it does not know {', '.join(cannot)}"
    return _absent()


def _absent() -> str:
    there = importlib.util.find_spec("firthmodels") is not None
    return "" if there else "it is not installed"


def _firth_cox(fit: FitResult) -> SecondFit:
    rows = _cox_rows(fit)
    # Rows at risk at no event time would be at risk there: their starts are not told.
    seen = rows.seen
    outcome = np.empty(len(seen), dtype=[("event", bool), ("time", float)])
    outcome["event"], outcome["time"] = rows.outcome[seen], rows.stop[seen]
    options = {"gtol": 1e-9, "xtol": TIGHT, "max_iter": 500}
    model = import_module("firthmodels").FirthCoxPH(backend="numpy", **options)
    model.fit(_design(fit, rows)[seen], outcome)
    return SecondFit(np.ravel(model.coef_), np.ravel(model.bse_), float(model.loglik_))


def _firth_logistic(fit: FitResult) -> SecondFit:
    rows = fit.rows
    assert rows is not None
    options = {"gtol": 1e-9, "xtol": TIGHT, "max_iter": 500}
    made = import_module("firthmodels").FirthLogisticRegression
    model = made(backend="numpy", fit_intercept=False, **options)
    model.fit(
        _design(fit, rows),
        rows.outcome.astype(int),
        sample_weight=rows.heavy,
        offset=rows.offset,
    )
    return SecondFit(np.ravel(model.coef_), None, float(model.loglik_))


def ask(engine: Engine, fit: FitResult) -> SecondFit | str:
    """Fit again by another engine; what went wrong there, as text.

    Nothing that another library raises may keep a reader from our own figures.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return engine.refit(fit)
    except Exception as error:
        said = str(error).strip().splitlines()
        return f"it stopped: {type(error).__name__}" + (f" ({said[0]})" if said else "")


LIFELINES = Engine("lifelines", _lifelines_unable, _lifelines)
PHREG = Engine("statsmodels", _phreg_unable, _phreg)
GLM = Engine("statsmodels", lambda fit: "", _glm)
FIRTH_COX = Engine("firthmodels", _firth_cox_unable, _firth_cox)
FIRTH_LOGISTIC = Engine("firthmodels", lambda fit: _absent(), _firth_logistic)
