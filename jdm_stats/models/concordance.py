"""Concordance of a fit: how often the child with the higher score has the event first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import norm

from jdm_stats.errors import UsageError
from jdm_stats.html import format_number, html_table, notes_list
from jdm_stats.intervals.marks import marked
from jdm_stats.likelihood.concordance import PairCounts, count_pairs
from jdm_stats.likelihood.risk_sets import FloatArray, RiskSets, build_risk_sets
from jdm_stats.models.fitted_rows import CoxRows, FittedRows

if TYPE_CHECKING:
    from jdm_stats.models.fit import FitResult

COUNTS = ("concordant", "discordant", "tied_x", "tied_y", "tied_xy")
APPARENT = (
    "Measured on the rows the model was fitted to: too good, and the more so the fewer the "
    "events per term."
)
NO_PAIR = "no two rows can be compared: no event happens while another row is at risk"


@dataclass(frozen=True, eq=False)
class Concordance:
    """Harrell's C of a fit.

    Parameters
    ----------
    model : str
        Name of the fit.
    estimate : float
        (concordant + tied_x / 2) / (concordant + discordant + tied_x); NaN without pairs.
    std_error : float
        Infinitesimal jackknife by cluster, else by child, else by row.
    counts : DataFrame
        One row a stratum: ``stratum, concordant, discordant, tied_x, tied_y, tied_xy``;
        tied_x in the score, tied_y in the time, tied_xy in both. Weighted pairs weigh the
        product of their weights.
    notes : tuple of str
    reason : str
        Why there is no estimate; empty when there is.
    synthetic : bool
    """

    model: str
    estimate: float
    std_error: float
    counts: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...] = field(repr=False)
    reason: str = ""
    synthetic: bool = False

    def tidy(self, conf_level: float = 0.95) -> pd.DataFrame:
        """One row: estimate, limits, pairs.

        Parameters
        ----------
        conf_level : float, default 0.95
            Limits are the estimate and normal standard errors on the logit scale, which
            keeps them between 0 and 1; NaN where C is 0 or 1.

        Returns
        -------
        DataFrame
            ``model, measure, estimate, std_error, conf_low, conf_high``, the five counts
            and ``reason``.
        """
        if not 0.0 < conf_level < 1.0:
            raise UsageError(
                f"conf_level must lie between 0 and 1, such as 0.95; received {conf_level!r}"
            )
        inside = 0.0 < self.estimate < 1.0
        low = high = np.nan
        if inside:
            reach = norm.isf((1.0 - conf_level) / 2.0) * self.std_error
            reach /= self.estimate * (1.0 - self.estimate)
            centre = np.log(self.estimate / (1.0 - self.estimate))
            low, high = 1.0 / (1.0 + np.exp(-centre + reach * np.array([1.0, -1.0])))
        why = self.reason or ("" if inside else "no limits at an estimate of 0 or 1")
        row = {
            "model": self.model,
            "measure": "concordance",
            "estimate": self.estimate,
            "std_error": self.std_error,
            "conf_low": low,
            "conf_high": high,
            **self.counts[list(COUNTS)].sum().to_dict(),
            "reason": why,
        }
        return marked(pd.DataFrame([row]), self.synthetic)

    def _repr_html_(self) -> str:
        row = self.tidy().iloc[0]
        shown = pd.DataFrame(
            {
                "C (95% limits)": [
                    f"{format_number(row['estimate'])} "
                    f"({format_number(row['conf_low'])} to {format_number(row['conf_high'])})"
                ],
                "Concordant pairs": [row["concordant"]],
                "Discordant": [row["discordant"]],
                "Tied in score": [row["tied_x"]],
            }
        )
        table = html_table(
            shown, caption=f"Concordance of {self.model}", synthetic=self.synthetic
        )
        said = (row["reason"],) if row["reason"] else ()
        return table + notes_list((*said, *self.notes))


def concordance(fit: FitResult) -> Concordance:
    """Harrell's C: share of comparable pairs in which the higher score has the event first.

    Parameters
    ----------
    fit : FitResult
        Of `jdm_stats.fit_cox` or `jdm_stats.fit_logistic`, with an estimate. An event is
        compared with every row of its stratum at risk then that does not end in it at the
        same time. In a logistic fit every row with the event is compared with every row
        without: C is the area under the ROC curve.

    Returns
    -------
    Concordance

    Raises
    ------
    UsageError
        For a fit without estimate, or of another kind.

    Notes
    -----
    As R's ``concordance(fit)``; Therneau and Atkinson, vignette "Concordance" of survival.

    Examples
    --------
    The first and third of four to end are exposed; of five comparable pairs two are
    concordant, one is not and two are tied.

    >>> from jdm_stats.models.cox import fit_cox
    >>> frame = pd.DataFrame(
    ...     {
    ...         "start": 0,
    ...         "stop": [1, 2, 3, 4],
    ...         "event": [1, 1, 0, 0],
    ...         "nxp2": [1, 0, 1, 0],
    ...     }
    ... )
    >>> found = concordance(fit_cox(frame, "nxp2"))
    >>> round(found.estimate, 3), found.counts["concordant"].tolist()
    (0.6, [2.0])
    """
    rows = fit.rows
    if fit.inference.solution is None or rows is None:
        raise UsageError(f"the fit has no estimate: {fit.failure_reason}")
    if fit.kind not in ("cox", "logistic"):
        raise UsageError(
            f"concordance is for Cox and logistic fits; received {fit.model}"
        )
    sets, labels = _compared(rows)
    kept = sets.kept
    heavy = np.ones(len(rows.outcome)) if rows.weights is None else rows.weights
    pairs = count_pairs(
        _score(fit, rows)[kept], sets, heavy[kept], n_strata=len(labels)
    )
    counts = pd.DataFrame(pairs.by_stratum, columns=list(COUNTS))
    counts.insert(0, "stratum", labels)
    return Concordance(
        model=fit.model,
        estimate=pairs.concordance,
        std_error=_std_error(pairs, heavy[kept], rows),
        counts=marked(counts, fit.synthetic),
        notes=(APPARENT, *_notes(rows)),
        reason="" if np.isfinite(pairs.concordance) else NO_PAIR,
        synthetic=fit.synthetic,
    )


def _compared(rows: FittedRows) -> tuple[RiskSets, tuple[str, ...]]:
    """Risk sets that say who is compared with whom, and the names of the strata."""
    if isinstance(rows, CoxRows):
        return rows.sets, ("all",) if rows.strata is None else rows.strata_labels
    stop = np.where(rows.outcome, 1.0, 2.0)
    return build_risk_sets(np.zeros(len(stop)), stop, rows.outcome), ("all",)


def _score(fit: FitResult, rows: FittedRows) -> FloatArray:
    """Linear predictor of every row; equal covariates give the same number, bit for bit."""
    known = np.isfinite(fit.inference.coefficients)
    score = np.zeros(len(rows.outcome)) if rows.offset is None else rows.offset.copy()
    for j in np.flatnonzero(known):
        score += rows.covariates[:, j] * fit.inference.coefficients[j]
    return score


def _std_error(pairs: PairCounts, weights: FloatArray, rows: FittedRows) -> float:
    """Root of the sum of squares of what each cluster moves the concordance by.

    Under frequency weights a row stands for so many, each of which moves it by its share.
    """
    kept = rows.sets.kept if isinstance(rows, CoxRows) else rows.seen
    moved = pairs.influence(weights)
    if rows.weight_kind == "frequency":
        return float(np.sqrt((moved**2 / weights).sum()))
    return float(np.sqrt((np.bincount(rows.groups[kept], moved) ** 2).sum()))


def _notes(rows: FittedRows) -> list[str]:
    said = []
    if isinstance(rows, CoxRows) and rows.strata is not None:
        said.append(
            "Children are compared within strata; pairs of all strata are added up."
        )
    if rows.cluster is not None:
        said.append("Standard error by cluster.")
    elif rows.children is not None:
        said.append("Standard error by child.")
    return said
