"""The frozen result of a fit: tables, limits, tests, words; says whether to believe it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from jdm_stats.errors import ConvergenceWarning, UsageError
from jdm_stats.html import html_table, notes_list
from jdm_stats.intervals.marks import marked
from jdm_stats.models.design import Design
from jdm_stats.models.fitted_rows import FittedRows
from jdm_stats.models.inference import (
    ALIASED,
    Inference,
    IntervalKind,
    TermLimits,
    limits,
)
from jdm_stats.models.options import check_interval
from jdm_stats.models.verbs import FitVerbs
from jdm_stats.models.words import describe_limits, sentence, terms_to_tell

Kind = Literal["cox", "logistic", "fine_gray", "conditional_logistic"]
RATIO = {
    "cox": "hazard ratio",
    "logistic": "odds ratio",
    "fine_gray": "subdistribution hazard ratio",
    "conditional_logistic": "odds ratio",
}


@dataclass(frozen=True, eq=False)
class FitResult(FitVerbs):
    """A fitted Cox or logistic model.

    Made by `jdm_stats.fit_cox` and `jdm_stats.fit_logistic`; nothing in it changes.

    Parameters
    ----------
    kind : {"cox", "logistic"}
    model : str
        Name for tables, such as ``"Firth Cox"``.
    formula : str
    penalty : None, "firth" or the name of a prior
    interval : {"profile", "wald", "robust", "jackknife"}
        Kind of the limits in `summary` and `tidy`.
    n_rows, n_events : int
        Rows and events that entered the fit.
    n_patients : int or None
        Distinct patients, when the frame names them.
    ties : str or None
        Rule for tied events of a Cox model.
    notes : tuple of str
        What a careful reader must know, in words.
    design : Design
    inference : Inference
    rows : FittedRows or None
        What the fit was made of.
    dependent : str
        Why profile limits and likelihood-ratio tests do not hold (a cluster, sampling
        weights, several events of a child); empty where they do.
    log_likelihood_null : float
        Maximum with every covariate at zero (penalised under Firth).
    synthetic : bool
        Whether the rows came from simulated children.

    See Also
    --------
    FitResult.summary, FitResult.tidy, FitResult.glance, FitResult.conf_int
    """

    kind: Kind
    model: str
    formula: str
    penalty: str | None
    interval: IntervalKind
    n_rows: int
    n_events: int
    n_patients: int | None
    ties: str | None
    notes: tuple[str, ...]
    design: Design = field(repr=False)
    inference: Inference = field(repr=False)
    log_likelihood_null: float = field(default=np.nan, repr=False)
    synthetic: bool = False
    rows: FittedRows | None = field(default=None, repr=False)
    dependent: str = field(default="", repr=False)

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the terms, in order."""
        return self.design.terms

    @property
    def converged(self) -> bool:
        """Whether the fit has estimates to be believed."""
        return self.inference.converged

    @property
    def failure_reason(self) -> str:
        """Why there is no estimate; empty when converged."""
        return self.inference.failure_reason

    @property
    def separated(self) -> bool:
        """Whether the plain likelihood is monotone, so that only penalised fits exist."""
        separation = self.inference.separation
        return separation is not None and separation.separated

    @property
    def covariance(self) -> pd.DataFrame:
        """Inverse information at the estimate, (p, p), labelled by term."""
        return pd.DataFrame(
            self.inference.covariance, self.terms, self.terms, copy=True
        )

    @property
    def summary(self) -> pd.DataFrame:
        """One row per covariate: coefficient, ratio, standard error, limits, test.

        Returns
        -------
        DataFrame
            Indexed by ``covariate``; columns ``coef``, ``exp(coef)``, ``se(coef)``,
            ``coef lower 95%``, ``coef upper 95%``, ``exp(coef) lower 95%``,
            ``exp(coef) upper 95%``, ``statistic`` (Wald z; penalised likelihood-ratio
            chi-square under Firth), ``p``, ``reason``.
        """
        found = self.inference
        with np.errstate(over="ignore"):
            columns = {
                "coef": found.coefficients,
                "exp(coef)": np.exp(found.coefficients),
                "se(coef)": found.std_errors,
                "coef lower 95%": found.lower,
                "coef upper 95%": found.upper,
                "exp(coef) lower 95%": np.exp(found.lower),
                "exp(coef) upper 95%": np.exp(found.upper),
                "statistic": found.statistics,
                "p": found.p_values,
                "reason": _joined(found.reasons, found.limit_failures),
            }
        return pd.DataFrame(columns, index=pd.Index(self.terms, name="covariate"))

    def tidy(
        self, exponentiate: bool = False, conf_level: float = 0.95
    ) -> pd.DataFrame:
        """One row per term, in the columns that plots and report tables read.

        Parameters
        ----------
        exponentiate : bool, default False
            Give ratios instead of log ratios; ``std_error`` stays on the log scale.
        conf_level : float, default 0.95

        Returns
        -------
        DataFrame
            ``model, term, estimate, std_error, statistic, p_value, conf_low, conf_high,
            scale, interval, n, events, reason``; ``reason`` says why there is no
            estimate, or no limit beside an estimate.
        """
        found = self.inference
        ends = self.term_limits(self.interval, conf_level)
        low, high = ends.lower, ends.upper
        estimate, scale = found.coefficients, f"log {RATIO[self.kind]}"
        if exponentiate:
            with np.errstate(over="ignore"):
                estimate, low, high = np.exp(estimate), np.exp(low), np.exp(high)
            scale = RATIO[self.kind]
        rows = pd.DataFrame(
            {
                "model": self.model,
                "term": self.terms,
                "estimate": estimate,
                "std_error": found.std_errors,
                "statistic": found.statistics,
                "p_value": found.p_values,
                "conf_low": low,
                "conf_high": high,
                "scale": scale,
                "interval": self.interval,
                "n": self.n_rows if self.n_patients is None else self.n_patients,
                "events": self.n_events,
                "reason": _joined(found.reasons, ends.failures),
            }
        )
        return marked(rows, self.synthetic)

    def conf_int(
        self, method: str | None = None, conf_level: float = 0.95
    ) -> pd.DataFrame:
        """Limits of every term on the log scale.

        Parameters
        ----------
        method : {"profile", "wald", "robust", "jackknife"}, optional
            Default: the interval of the fit. Robust limits use the leverage-corrected
            sandwich and t with clusters-with-an-event less parameters degrees of freedom.
        conf_level : float, default 0.95

        Returns
        -------
        DataFrame
            Indexed by term: ``conf_low``, ``conf_high``, ``interval`` (the method).

        Raises
        ------
        UsageError
            For profile limits of a fit with sampling weights or clusters, where they do
            not hold.

        Warns
        -----
        ConvergenceWarning
            When a limit beside an estimate could not be found and is NaN.
        """
        kind = check_interval(method) or self.interval
        if kind == "profile":
            self.refuse_likelihood("profile limits")
        if kind == "wald" and self.dependent == "sampling weights":
            self.refuse_likelihood("Wald limits")
        found = self.term_limits(kind, conf_level)
        failed = [
            f"{term}: {why}"
            for term, why in zip(self.terms, found.failures, strict=True)
            if why
        ]
        if failed:
            said = f"at conf_level {conf_level}: {'; '.join(failed)}"
            warnings.warn(said, ConvergenceWarning, stacklevel=2)
        return pd.DataFrame(
            {"conf_low": found.lower, "conf_high": found.upper, "interval": kind},
            index=pd.Index(self.terms, name="term"),
        )

    def term_limits(self, kind: IntervalKind, conf_level: float) -> TermLimits:
        """Give the limits of every term, log scale, with the reasons of missing ones.

        `conf_int` is the table of them, and says what is refused.
        """
        if not 0.0 < conf_level < 1.0:
            raise UsageError(
                f"conf_level must lie between 0 and 1, such as 0.95; received {conf_level!r}"
            )
        if kind == self.interval and conf_level == 0.95:
            found = self.inference
            failures = found.limit_failures or ("",) * len(self.terms)
            return TermLimits(found.lower, found.upper, failures)
        return limits(self.inference, self.terms, kind, conf_level, self._variance)

    def glance(self) -> pd.DataFrame:
        """Give the fit in one row: size, likelihood, global test, whether to believe it."""
        solution = self.inference.solution
        best = np.nan if solution is None else solution.penalised_log_likelihood
        plain = np.nan if solution is None else solution.log_likelihood
        test = self._global_test
        left_out = sum(why == ALIASED for why in self.inference.reasons)
        named = [t for t in self.terms if t != "Intercept"]
        parameters = len(named) - left_out
        row: dict[str, Any] = {
            "model": self.model,
            "formula": self.formula,
            "n_rows": self.n_rows,
            "n_patients": self.n_patients,
            "n_events": self.n_events,
            "parameters": parameters,
            "events_per_parameter": self.n_events / parameters
            if parameters
            else np.nan,
            "log_likelihood": plain,
            "penalised_log_likelihood": best if self.penalty else np.nan,
            "log_likelihood_null": self.log_likelihood_null,
            "lr_statistic": test["statistic"],
            "lr_degrees_of_freedom": test["degrees_of_freedom"],
            "lr_p_value": test["p_value"],
            "ties": self.ties,
            "penalty": self.penalty,
            "interval": self.interval,
            "converged": self.converged,
            "separated": self.separated,
            "failure_reason": self.failure_reason,
        }
        return pd.DataFrame([row])

    @cached_property
    def _global_test(self) -> dict[str, Any]:
        if self.dependent and self.interval != "profile":
            # The statistic is R's; what it would be worth is not known.
            return {**self.ratio_test(self.slopes), "p_value": np.nan}
        return self.ratio_test(self.slopes)

    def in_words(self, term: str | None = None) -> str:
        """Say the estimate of a term, or of every term, in plain sentences.

        Parameters
        ----------
        term : str, optional
            Default: every term but the intercept, a sentence each.

        Returns
        -------
        str
        """
        rows = self.tidy(exponentiate=True)
        at = [self.terms.index(t) for t in terms_to_tell(term, self.terms)]
        return " ".join(sentence(rows.iloc[j], self.penalty) for j in at)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FitResult):
            return NotImplemented
        same = self.summary.equals(other.summary) and self.notes == other.notes
        return bool(same and self.glance().equals(other.glance()))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        state = "" if self.converged else f", no estimate: {self.failure_reason}"
        size = f"{self.n_events} events in {self.n_rows} rows"
        mark = "SYNTHETIC " if self.synthetic else ""
        return f"<{mark}{self.model}: {self.formula} ({size}{state})>"

    def _remarks(self, reasons: pd.Series) -> list[str]:
        """Say beside a penalised estimate where the data alone give none."""
        found, told = self.inference, list(reasons)
        if not (self.separated and self.converged and found.separation is not None):
            return told
        for place, way in zip(found.positions, found.separation.toward, strict=True):
            if way and not told[place]:
                told[place] = "the data alone give no estimate; the penalty does"
        return told

    def _repr_html_(self) -> str:
        rows = self.tidy(exponentiate=True)
        shown = pd.DataFrame(
            {
                "Term": rows["term"],
                f"{RATIO[self.kind].capitalize()} (95% limits)": [
                    describe_limits(row) for _, row in rows.iterrows()
                ],
                "p": rows["p_value"],
                "Remark": self._remarks(rows["reason"]),
            }
        )
        if not (shown["Remark"] != "").any():
            shown = shown.drop(columns="Remark")
        mark = "SYNTHETIC. " if self.synthetic else ""
        caption = f"{mark}{self.model}: {self.formula} ({self.n_events} events)"
        return html_table(shown, caption=caption) + notes_list(self.notes)


def _joined(reasons: tuple[str, ...], failures: tuple[str, ...]) -> tuple[str, ...]:
    """Reasons for no estimate, or for no limit beside an estimate."""
    return tuple(
        reason or failure
        for reason, failure in zip(
            reasons, failures or ("",) * len(reasons), strict=True
        )
    )
