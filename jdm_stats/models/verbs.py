"""What one can ask of a fit beyond its table; each verb is one call of a function.

The functions stand in rooms of their own (`variance`, `residuals`, `prediction`, `levels`,
`concordance`); `jdm_stats.models.fit.FitResult` inherits the verbs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.likelihood.fitting import Solution
from jdm_stats.models.concordance import Concordance, concordance
from jdm_stats.models.fitted_rows import CoxRows, FittedRows
from jdm_stats.models.inference import REFUSED, Inference, IntervalKind
from jdm_stats.models.levels import events_per_level
from jdm_stats.models.plain_sums import INTERCEPT
from jdm_stats.models.prediction import baseline_hazard, predict, predict_survival
from jdm_stats.models.residuals import residuals
from jdm_stats.models.variance import Variance, variance_of

if TYPE_CHECKING:
    from jdm_stats.models.fit import FitResult


class FitVerbs:
    """Variances, residuals and predictions of a fit."""

    model: str
    interval: IntervalKind
    inference: Inference
    rows: FittedRows | None
    dependent: str

    @property
    def _fit(self) -> FitResult:
        return cast("FitResult", self)

    def robust_covariance(self, *, leverage: bool = True) -> pd.DataFrame:
        """Sandwich covariance by cluster, (p, p), labelled by term.

        Parameters
        ----------
        leverage : bool, default True
            Correct for the leverage of clusters, as the robust limits do; False is R's
            sandwich (``vcov`` of a coxph with ``cluster()``).

        Returns
        -------
        DataFrame
            NaN where there is no estimate, none without some cluster, or the plain
            likelihood is monotone.
        """
        found = self._variance("robust" if leverage else "sandwich")
        return pd.DataFrame(
            found.covariance, self._fit.terms, self._fit.terms, copy=True
        )

    def jackknife_covariance(self) -> pd.DataFrame:
        """Covariance from refits without each cluster in turn, (p, p), labelled by term.

        (G - 1) / G times the sum of squares about the mean of the G estimates; NaN when an
        estimate does not exist without some cluster.
        """
        found = self._variance("jackknife")
        return pd.DataFrame(
            found.covariance, self._fit.terms, self._fit.terms, copy=True
        )

    @cached_property
    def _variances(self) -> dict[str, Variance]:
        own = self.inference.variance
        return {} if own is None else {self.interval: own}

    def _variance(self, kind: str, solution: Solution | None = None) -> Variance:
        """Give a variance of the fit, worked out once."""
        if kind not in self._variances:
            p = len(self._fit.terms)
            found, rows = self.inference.solution, self.rows
            nothing = np.full((p, p), np.nan)
            if found is None or rows is None:
                return Variance(nothing, np.inf, self._fit.failure_reason)
            if self._fit.separated:
                return Variance(nothing, np.inf, REFUSED)
            at = self.inference.positions
            self._variances[kind] = variance_of(kind, found, at, p, rows)
        return self._variances[kind]

    def likelihood_ratio_test(self, *terms: str) -> pd.DataFrame:
        """(Penalised) likelihood-ratio test that terms are zero together.

        Parameters
        ----------
        *terms : str
            Terms, or factors, which stand for all their levels. Default: all terms but the
            intercept.

        Returns
        -------
        DataFrame
            One row: ``terms, statistic, degrees_of_freedom, p_value``; NaN when the fit
            has no estimate.

        Raises
        ------
        UsageError
            For a name that is no term, and for rows that are not independent, where a
            likelihood counts too much.
        """
        self.refuse_likelihood("likelihood-ratio tests")
        chosen = [name for term in terms for name in self._named(term)] or self.slopes
        told = {"terms": " + ".join(terms or chosen), **self.ratio_test(chosen)}
        return pd.DataFrame([told])

    @property
    def slopes(self) -> list[str]:
        """Terms but the intercept."""
        return [t for t in self._fit.terms if t != INTERCEPT]

    def ratio_test(self, chosen: list[str]) -> dict[str, float]:
        """Statistic, degrees of freedom and p-value of the test that terms are zero."""
        places, terms = list(self.inference.positions), self._fit.terms
        seen = [at for at in map(terms.index, chosen) if at in places]
        statistic, p_value = np.nan, np.nan
        if self.inference.solution is not None and seen:
            test = self.inference.solution.test(tuple(places.index(j) for j in seen))
            statistic, p_value = test.statistic, test.p_value
        return {
            "statistic": statistic,
            "degrees_of_freedom": len(seen),
            "p_value": p_value,
        }

    def _named(self, name: str) -> list[str]:
        """Terms that a name stands for: itself, or the levels of a factor."""
        terms = self._fit.terms
        named = [t for t in terms if t == name or t.startswith(f"{name}[")]
        if not named:
            raise UsageError(f"no such terms: {[name]}; the terms are {terms}")
        return named

    def refuse_likelihood(self, what: str) -> None:
        """Refuse what a likelihood of rows that are not independent cannot give."""
        if self.dependent and self.interval != "profile":
            raise UsageError(
                f"{what} do not hold for this fit, which has {self.dependent}: the "
                "likelihood counts what is not independent; read the robust limits"
            )

    @property
    def events_per_level(self) -> pd.DataFrame:
        """Events and rows at every level of each factor and 0/1 term, references included.

        Returns
        -------
        DataFrame
            ``variable, level, rows, events``: where events are few, no model helps.
        """
        return events_per_level(self._fit)

    def residuals(
        self, kind: str, *, by_patient: bool = False, weighted: bool | None = None
    ) -> pd.DataFrame:
        """Residuals of a Cox fit; see `jdm_stats.models.residuals.residuals`."""
        return residuals(self._fit, kind, by_patient=by_patient, weighted=weighted)

    def baseline_hazard(self) -> pd.DataFrame:
        """Cumulative baseline hazard; see `jdm_stats.models.prediction.baseline_hazard`."""
        return baseline_hazard(self._fit)

    def predict_survival(
        self,
        frame: pd.DataFrame,
        times: float | Sequence[float] | None = None,
        *,
        conf_level: float = 0.95,
        scale: str = "log-log",
    ) -> pd.DataFrame:
        """Survival of new rows; see `jdm_stats.models.prediction.predict_survival`."""
        return predict_survival(
            self._fit, frame, times, conf_level=conf_level, scale=scale
        )

    def predict(self, frame: pd.DataFrame, *, flic: bool = False) -> pd.Series:
        """Linear predictor (Cox) or risk (logistic) of new rows.

        See `jdm_stats.models.prediction.predict`.
        """
        return predict(self._fit, frame, flic=flic)

    def concordance(self) -> Concordance:
        """Harrell's C, the c-statistic; see `jdm_stats.models.concordance.concordance`."""
        return concordance(self._fit)

    def cox_rows(self) -> CoxRows:
        """Give the rows of a Cox fit that has an estimate.

        Raises
        ------
        UsageError
            When the fit is of another kind or has no estimate.
        """
        if not isinstance(self.rows, CoxRows):
            raise UsageError(f"this needs a Cox fit; received {self.model}")
        if self.inference.solution is None:
            raise UsageError(f"the fit has no estimate: {self._fit.failure_reason}")
        return self.rows
