"""The frozen result of pooled fits: a tidy table, notes, words, a view for notebooks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from jdm_stats.html import html_table, notes_list
from jdm_stats.imputation.pooled_words import pooled_sentence
from jdm_stats.intervals.marks import marked
from jdm_stats.models.fit import RATIO, FitResult
from jdm_stats.models.words import describe_limits, terms_to_tell

_TIDY = (
    *("model", "term", "estimate", "std_error", "conf_low", "conf_high", "p_value"),
    *("scale", "interval", "n", "events", "m", "fmi", "relative_efficiency", "df"),
    *("within", "between", "total", "riv", "mc_error", "mc_error_low"),
    *("mc_error_high", "reason"),
)
_EXPONENTIATED = ("estimate", "conf_low", "conf_high")


@dataclass(frozen=True, eq=False)
class PooledFit:
    """Fits of imputed data sets, pooled; made by `pool_fits`, nothing in it changes.

    Parameters
    ----------
    kind : {"cox", "logistic"}
    model, formula : str
    interval : {"clip", "rubin"}
        How the limits were made.
    conf_level : float
    rows : DataFrame
        One row per term, on the log scale; read it through `tidy`.
    notes : tuple of str
        What a careful reader must know, in words.
    fits : tuple of FitResult
        The fit of each imputation, in order.
    synthetic : bool

    See Also
    --------
    PooledFit.tidy, PooledFit.in_words
    """

    kind: str
    model: str
    formula: str
    interval: str
    conf_level: float
    rows: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...]
    fits: tuple[FitResult, ...] = field(repr=False)
    synthetic: bool = False

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the terms, in order."""
        return tuple(self.rows["term"])

    @property
    def m(self) -> int:
        """Number of imputations."""
        return len(self.fits)

    @property
    def converged(self) -> bool:
        """Whether every term has a pooled estimate."""
        return bool(np.isfinite(self.rows["estimate"]).all())

    def tidy(self, exponentiate: bool = False) -> pd.DataFrame:
        """One row per term, in the columns that plots and report tables read.

        Parameters
        ----------
        exponentiate : bool, default False
            Give ratios instead of log ratios; standard errors, variances and Monte
            Carlo errors stay on the log scale.

        Returns
        -------
        DataFrame
            ``model, term, estimate, std_error`` (root of the total variance),
            ``conf_low, conf_high, p_value, scale, interval`` ("clip" or "rubin"),
            ``n, events`` (means when they differ between imputations), ``m, fmi``
            (fraction of missing information), ``relative_efficiency, df, within,
            between, total, riv, mc_error`` (of the estimate), ``mc_error_low,
            mc_error_high`` (of the limits; NaN under "rubin") and ``reason``, which
            says why there is no estimate or limit.
        """
        rows = self.rows.reindex(columns=list(_TIDY))
        if exponentiate:
            with np.errstate(over="ignore"):
                for name in _EXPONENTIATED:
                    rows[name] = np.exp(rows[name])
            rows["scale"] = RATIO[self.kind]
        return marked(rows, self.synthetic, imputations=self.m)

    def in_words(self, term: str | None = None) -> str:
        """Say the pooled estimate of a term, or of every term, in plain sentences.

        Parameters
        ----------
        term : str, optional
            Default: every term but the intercept, a sentence each.

        Returns
        -------
        str
        """
        rows = self.tidy(exponentiate=True)
        wanted = rows[rows["term"].isin(terms_to_tell(term, self.terms))]
        return " ".join(
            pooled_sentence(row, self.conf_level) for _, row in wanted.iterrows()
        )

    def __repr__(self) -> str:
        mark = "SYNTHETIC " if self.synthetic else ""
        state = "" if self.converged else ", some terms without an estimate"
        return (
            f"<{mark}{self.model}: {self.formula} "
            f"({self.m} imputations pooled, {self.interval} limits{state})>"
        )

    def _repr_html_(self) -> str:
        rows = self.tidy(exponentiate=True)
        ratio = RATIO[self.kind].capitalize()
        shown = pd.DataFrame(
            {
                "Term": rows["term"],
                f"{ratio} ({100 * self.conf_level:g}% limits)": [
                    describe_limits(row) for _, row in rows.iterrows()
                ],
                "p": rows["p_value"],
                "Missing information": rows["fmi"],
                "Remark": rows["reason"],
            }
        )
        if not (shown["Remark"] != "").any():
            shown = shown.drop(columns="Remark")
        mark = "SYNTHETIC. " if self.synthetic else ""
        caption = f"{mark}{self.model}: {self.formula} ({self.m} imputations pooled)"
        table = html_table(
            shown, caption=caption, formats={"Missing information": ".0%"}
        )
        return table + notes_list(self.notes)
