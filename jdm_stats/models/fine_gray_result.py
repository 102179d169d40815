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
from jdm_stats.likelihood.risk_sets import IntArray
from jdm_stats.models.concordance import Concordance
from jdm_stats.models.fit import FitResult
from jdm_stats.models.fitted_rows import BoolArray, CoxRows
from jdm_stats.models.prediction import predict_survival


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


@dataclass(frozen=True, eq=False, repr=False)
class FineGrayResult(FitResult):
    """A fitted Fine-Gray model, as made by `jdm_stats.fit_fine_gray`.

    Parameters
    ----------
    cause : int
        Event code of interest.

    See Also
    --------
    FitResult : what every fit can tell; here hazards are those of the subdistribution.
    """

    cause: int = field(default=1, kw_only=True)

    def predict_cumulative_incidence(
        self, frame: pd.DataFrame, times: float | Sequence[float]
    ) -> pd.DataFrame:
        """Predict the risk of the event by given times.

        Parameters
        ----------
        frame : DataFrame
            New rows with the variables of the formula, and the strata if there are any.
        times : float or sequence of float

        Returns
        -------
        DataFrame
            ``row`` (label in ``frame``), ``cause, time, risk, reason``: the risk is
            1 - exp(-H(t) exp(x'b)), H the cumulative baseline hazard of the
            subdistribution. NaN, with its reason, after the last day of follow-up or for a
            row with a missing value. There are no limits: they would have to carry the
            uncertainty of the censoring law.

        Raises
        ------
        UsageError
            When the fit has no estimate, or a stratum is not known.
        """
        rows = self.cox_rows()
        wanted = np.atleast_1d(np.asarray(times, dtype=float))
        absent = [v for v in self.design.variables if v not in frame.columns]
        if absent:
            raise UsageError(f"the new rows lack variables of the formula: {absent}")
        known = frame[list(self.design.variables)].notna().all(axis=1).to_numpy(bool)
        risk = np.full((len(frame), len(wanted)), np.nan)
        if known.any():
            curves = predict_survival(self, frame[known], list(wanted))
            hazard = curves["cumulative_hazard"].to_numpy()
            risk[known] = -np.expm1(-hazard.reshape(-1, len(wanted)))
        late = wanted > rows.stop.max()
        risk[:, late] = np.nan
        reason = np.where(late, "after the last day of follow-up", "")
        reason = np.where(known[:, None], reason, "a variable is missing")
        table = pd.DataFrame(
            {
                "row": np.repeat(frame.index.to_numpy(), len(wanted)),
                "cause": self.cause,
                "time": np.tile(wanted, len(frame)),
                "risk": risk.ravel(),
                "reason": reason.ravel(),
            }
        )
        return marked(table, self.synthetic)

    def predict_survival(self, *_: Any, **__: Any) -> pd.DataFrame:
        """Refuse: with competing events a risk has no survival curve of its own."""
        raise UsageError(
            "a Fine-Gray fit predicts risks, not survival: use predict_cumulative_incidence"
        )

    def concordance(self, *_: Any, **__: Any) -> Concordance:
        """Refuse: with competing events other children are comparable with each other."""
        raise UsageError(
            "Harrell's concordance does not hold for a Fine-Gray fit: those with a competing "
            "event stay at risk with weights"
        )
