"""The rows and the result of a Fine-Gray fit: its risk sets, and the risks it predicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.intervals.marks import marked
from jdm_stats.likelihood.fine_gray import (
    FineGraySets,
    build_fine_gray_sets,
    unobservable,
)
from jdm_stats.likelihood.partial import PartialEvaluation
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray
from jdm_stats.models.fit import FitResult
from jdm_stats.models.fitted_rows import BoolArray, CoxRows


@dataclass(frozen=True, eq=False, kw_only=True)
class FineGrayRows(CoxRows):
    """Children of a Fine-Gray model, one row each.

    Parameters
    ----------
    state : (n,) int array
        0 censored, 1 the event of interest, 2 a competing event.
    law : (n,) int array or None
        Group of children with a censoring and entry law of its own; None: one for all.
    """

    state: IntArray
    law: IntArray | None = None

    @cached_property
    def sets(self) -> FineGraySets:
        """Risk sets of the subdistribution hazard."""
        return build_fine_gray_sets(
            self.start, self.stop, self.state, strata=self.strata, law=self.law
        )

    @cached_property
    def unobservable(self) -> BoolArray:
        """Children with a competing event at which nobody could be observed, (n,)."""
        marks = np.zeros(len(self.state), dtype=bool)
        law = np.zeros(len(marks), dtype=np.intp) if self.law is None else self.law
        for number in np.unique(law):
            own = law == number
            marks[own] = unobservable(self.start[own], self.stop[own], self.state[own])
        # Without an event of interest after it, nothing needs the weight.
        last = self.stop[self.outcome].max(initial=-np.inf)
        return marks & (self.stop < last)

    def estimable(self) -> IntArray:
        """Positions of the terms that vary, independently, within the risk sets."""
        if self.unobservable.any():
            return np.empty(0, dtype=np.intp)
        return super().estimable()


@dataclass(frozen=True, eq=False)
class FineGrayResult(FitResult):
    """A fitted Fine-Gray model, as made by `jdm_stats.fit_fine_gray`.

    Parameters
    ----------
    cause : int
        Event code of interest.
    strata : tuple of str
        Columns that split the baseline.

    See Also
    --------
    FitResult : what every fit can tell.
    """

    cause: int = field(default=1, kw_only=True)
    strata: tuple[str, ...] = field(default=(), kw_only=True)

    def predict_cumulative_incidence(
        self, frame: pd.DataFrame, times_days: float | Sequence[float]
    ) -> pd.DataFrame:
        """Predict the risk of the event by given times.

        Parameters
        ----------
        frame : DataFrame
            Rows with the variables of the formula, and the strata if there are any.
        times_days : float or sequence of float

        Returns
        -------
        DataFrame
            ``row`` (label in ``frame``), ``time_days``, ``estimate``, ``reason``:
            1 - exp(-H(t) exp(x'b)), H the cumulative baseline of the subdistribution
            hazard (Breslow). NaN, with its reason, after the last day of follow-up or for
            a row with a missing value. There are no limits: they would have to carry the
            uncertainty of the censoring law.

        Raises
        ------
        UsageError
            When the fit has no estimate, or a stratum is unknown.
        """
        rows, solution = self.rows, self.inference.solution
        if solution is None or not isinstance(rows, FineGrayRows):
            raise UsageError(f"the fit has no estimate: {self.failure_reason}")
        times = np.atleast_1d(np.asarray(times_days, dtype=float))
        known = frame[list(self.design.variables)].notna().all(axis=1).to_numpy(bool)
        relative = np.full(len(frame), np.nan)
        evaluation = solution.problem.likelihood.evaluate(solution.maximum.point.beta)
        assert isinstance(evaluation, PartialEvaluation)
        if known.any():
            relative[known] = self._relative(frame[known], evaluation)
        stratum = self._stratum(frame, rows)
        hazard = _cumulative(evaluation, rows.sets, stratum, times)
        with np.errstate(over="ignore"):
            risk = -np.expm1(-hazard * np.exp(relative)[:, None])
        late = times > rows.stop.max()
        risk[:, late] = np.nan
        reason = np.where(late, "after the last day of follow-up", "")
        reason = np.where(known[:, None], reason, "a variable is missing")
        table = pd.DataFrame(
            {
                "row": np.repeat(frame.index.to_numpy(), len(times)),
                "time_days": np.tile(times, len(frame)),
                "estimate": risk.ravel(),
                "reason": reason.ravel(),
            }
        )
        return marked(table, self.synthetic)

    def _relative(
        self, frame: pd.DataFrame, evaluation: PartialEvaluation
    ) -> FloatArray:
        """Linear predictor of new rows, as the likelihood centres its own."""
        rows = self.rows
        assert isinstance(rows, FineGrayRows)
        at = self.inference.positions
        own = evaluation.problem.covariates[0]
        solution = self.inference.solution
        assert solution is not None
        away = self.design.encode(frame)[:, at] - rows.covariates[rows.seen[0], at]
        return away @ solution.coefficients + own @ solution.maximum.point.beta

    def _stratum(self, frame: pd.DataFrame, rows: FineGrayRows) -> IntArray:
        """Code of the stratum of each new row."""
        if not self.strata:
            return np.zeros(len(frame), dtype=np.intp)
        absent = [c for c in self.strata if c not in frame.columns]
        if absent:
            raise UsageError(f"the new rows lack the strata {absent}")
        named = [
            ", ".join(f"{c}={v}" for c, v in zip(self.strata, values, strict=True))
            for values in frame[list(self.strata)].itertuples(index=False)
        ]
        unknown = sorted(set(named) - set(rows.strata_labels))
        if unknown:
            raise UsageError(
                f"no such strata in the fit: {unknown}; it has {list(rows.strata_labels)}"
            )
        codes = {label: code for code, label in enumerate(rows.strata_labels)}
        return np.array([codes[name] for name in named], dtype=np.intp)

    def predict_survival(
        self, frame: pd.DataFrame, times: Any = None, *, conf_level: float = 0.95
    ) -> pd.DataFrame:
        """Refused: with competing events a risk has no survival curve of its own."""
        raise UsageError(
            "a Fine-Gray fit predicts risks, not survival: use predict_cumulative_incidence"
        )

    def concordance(self) -> pd.DataFrame:
        """Refused: who is comparable with whom is another question with competing events."""
        raise UsageError(
            "Harrell's concordance does not hold for a Fine-Gray fit: those with a competing "
            "event stay at risk with weights"
        )


def _cumulative(
    evaluation: PartialEvaluation,
    sets: FineGraySets,
    stratum: IntArray,
    times: FloatArray,
) -> FloatArray:
    """Cumulative baseline hazard in the strata of the new rows, (r, q)."""
    increments = evaluation.hazard_increments()
    hazard = np.zeros((len(stratum), len(times)))
    for code in np.unique(stratum):
        own = sets.stratum == code
        total = np.concatenate([[0.0], np.cumsum(increments[own])])
        reached = np.searchsorted(sets.times[own], times, side="right")
        hazard[stratum == code] = total[reached]
    return hazard
