"""The frozen answer to a two-by-two table: its tidy rows, its words, its look."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from jdm_stats.html import format_number, format_p, format_ratio, html_table, notes_list
from jdm_stats.intervals.marks import marked

__all__ = ["ExactTable"]


@dataclass(frozen=True)
class ExactTable:
    """Exact answers for one two-by-two table.

    Parameters
    ----------
    events_exposed, n_exposed, events_unexposed, n_unexposed : int
        Events and children of either arm.
    odds_ratio : float
        Conditional maximum-likelihood estimate; 0 or infinite when a cell is empty, NaN
        with ``reason`` when the margins leave no choice.
    conf_low, conf_high : float
        Exact conditional limits of the odds ratio.
    mid_p_low, mid_p_high : float
        Mid-p limits: shorter, right on average instead of always at least right.
    sample_odds_ratio : float
        ad / bc, the unconditional estimate; infinite or NaN where it is.
    p_value : float
        Fisher's two-sided test, as ``fisher.test`` in R.
    p_central, p_mid : float
        Twice the smaller tail, and the same with half of the observed table in it: below
        ``1 - conf_level`` when the exact, or mid-p, limits leave out 1.
    risk_exposed, risk_exposed_low, risk_exposed_high : float
    risk_unexposed, risk_unexposed_low, risk_unexposed_high : float
        Share with the event in either arm, with limits of Clopper and Pearson.
    conf_level : float
    reason : str
        Why there is no odds ratio; empty when there is one.
    exposure : str
        What the arms are called in words.
    notes : tuple of str
    synthetic : bool
    """

    events_exposed: int
    n_exposed: int
    events_unexposed: int
    n_unexposed: int
    odds_ratio: float
    conf_low: float
    conf_high: float
    mid_p_low: float
    mid_p_high: float
    sample_odds_ratio: float
    p_value: float
    p_central: float
    p_mid: float
    risk_exposed: float
    risk_exposed_low: float
    risk_exposed_high: float
    risk_unexposed: float
    risk_unexposed_low: float
    risk_unexposed_high: float
    conf_level: float
    reason: str = ""
    exposure: str = "exposed"
    notes: tuple[str, ...] = ()
    synthetic: bool = False

    def tidy(self) -> pd.DataFrame:
        """One row per estimate, in the columns that plots and report tables read.

        Returns
        -------
        DataFrame
            ``model, term, estimate, conf_low, conf_high, p_value, scale, interval, n,
            events, reason``.
        """
        odds, n = "odds ratio", self.n_exposed + self.n_unexposed
        events = self.events_exposed + self.events_unexposed
        nan = float("nan")
        ones = (self.n_exposed, self.events_exposed)
        twos = (self.n_unexposed, self.events_unexposed)
        rows: list[tuple[Any, ...]] = [
            *[
                (self.exposure, self.odds_ratio, *ends, p, odds, kind, n, events)
                for ends, p, kind in (
                    ((self.conf_low, self.conf_high), self.p_value, "exact"),
                    ((self.mid_p_low, self.mid_p_high), self.p_mid, "mid-p"),
                )
            ],
            (
                *(self.exposure, self.sample_odds_ratio, nan, nan, nan),
                *("sample odds ratio", "none", n, events),
            ),
            (
                *(f"{self.exposure}: yes", self.risk_exposed, self.risk_exposed_low),
                *(self.risk_exposed_high, nan, "risk", "exact", *ones),
            ),
            (
                *(f"{self.exposure}: no", self.risk_unexposed, self.risk_unexposed_low),
                *(self.risk_unexposed_high, nan, "risk", "exact", *twos),
            ),
        ]
        names = ["term", "estimate", "conf_low", "conf_high", "p_value", "scale"]
        table = pd.DataFrame(rows, columns=[*names, "interval", "n", "events"])
        table.insert(0, "model", "Exact table")
        undefined = math.isnan(self.sample_odds_ratio) and not self.reason
        table["reason"] = [
            *(self.reason, self.reason),
            "0 / 0" if undefined else self.reason,
            *("" if arm[0] else "no child in this arm" for arm in (ones, twos)),
        ]
        return marked(table, self.synthetic, conf_level=self.conf_level)

    def in_words(self) -> str:
        """Say the table in sentences a clinician can quote."""
        arms = (
            f"{self.events_exposed} of {self.n_exposed} with {self.exposure} had the "
            f"event ({_risk(self, 'exposed')}), against {self.events_unexposed} of "
            f"{self.n_unexposed} without ({_risk(self, 'unexposed')})."
        )
        if self.reason:
            return f"{arms} There is no odds ratio: {self.reason}."
        p = format_p(self.p_value)
        return (
            f"{arms} The conditional odds ratio is {format_number(self.odds_ratio, None)} "
            f"(exact {100 * self.conf_level:g}% limits "
            f"{_span(self.conf_low, self.conf_high)}; mid-p limits "
            f"{_span(self.mid_p_low, self.mid_p_high)}; Fisher's exact p "
            f"{p if p[0] in '<>' else '= ' + p})."
        )

    def __repr__(self) -> str:
        mark = "SYNTHETIC " if self.synthetic else ""
        cells = (
            f"{self.events_exposed}/{self.n_exposed} against "
            f"{self.events_unexposed}/{self.n_unexposed}"
        )
        return (
            f"<{mark}ExactTable: {cells}, odds ratio {self.odds_ratio:.3g} "
            f"({self.conf_low:.3g} to {self.conf_high:.3g}), p = {self.p_value:.3g}>"
        )

    def _repr_html_(self) -> str:
        rows = self.tidy()
        rows = rows[rows["scale"] != "sample odds ratio"]
        shown = pd.DataFrame(
            {
                "Estimate": rows["scale"] + " (" + rows["term"] + ")",
                "Limits": rows["interval"],
                f"Value ({100 * self.conf_level:g}% limits)": [
                    _triple(row) for row in rows.itertuples()
                ],
                "p": rows["p_value"],
            }
        )
        caption = (
            f"Exact answers: {self.events_exposed} of {self.n_exposed} against "
            f"{self.events_unexposed} of {self.n_unexposed}"
        )
        table = html_table(shown, caption=caption, synthetic=self.synthetic)
        reason = [f"No odds ratio: {self.reason}."] if self.reason else []
        return table + notes_list([*self.notes, *reason])


def _risk(table: ExactTable, arm: str) -> str:
    """Write ``60%, 95% limits 15% to 95%``."""
    ends = (f"risk_{arm}", f"risk_{arm}_low", f"risk_{arm}_high")
    risk, low, high = (getattr(table, name) for name in ends)
    if math.isnan(risk):
        return "no risk: no child"
    told = f"{percent(risk)}, {100 * table.conf_level:g}% limits"
    return f"{told} {percent(low)} to {percent(high)}"


def percent(share: float) -> str:
    """Write a share in percent, two figures where they are small.

    Examples
    --------
    >>> percent(0.0705), percent(0.6), percent(0.00123), percent(0.0)
    ('7.0%', '60%', '0.12%', '0%')
    """
    value = 100 * share
    if value == 0:
        return "0%"
    if value < 1:
        return f"{value:.2g}%"
    return f"{value:.1f}%" if value < 10 else f"{value:.0f}%"


def _span(low: float, high: float) -> str:
    return f"{format_number(low, None)} to {format_number(high, None)}"


def _triple(row: Any) -> str:
    return format_ratio(row.estimate, row.conf_low, row.conf_high)
