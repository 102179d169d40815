"""Whether two exposures together do more than each alone, as a product and as a sum."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.diagnostics.interaction.bootstrap import bootstrap_limits
from jdm_stats.diagnostics.interaction.measures import (
    COLUMNS,
    Trio,
    delta_rows,
    empty_rows,
    profile_rows,
)
from jdm_stats.errors import UsageError
from jdm_stats.html import format_number, html_table, notes_list
from jdm_stats.intervals.marks import marked
from jdm_stats.models.fit import RATIO, FitResult

LIMITS = ("profile", "delta", "bootstrap")
FEW_EVENTS = 5


@dataclass(frozen=True, eq=False)
class Interaction:
    """Interaction of two exposures on both scales.

    Parameters
    ----------
    model, ratio : str
        Name of the fit; "hazard ratio" or "odds ratio".
    first, second : str
        The two terms.
    table : DataFrame
        One row a measure; see `tidy`.
    counts : DataFrame
        ``combination, rows, events`` behind neither, each alone and both.
    limits : {"profile", "delta", "bootstrap"}
    conf_level : float
    notes : tuple of str
    synthetic : bool
    """

    model: str
    ratio: str
    first: str
    second: str
    table: pd.DataFrame = field(repr=False)
    counts: pd.DataFrame = field(repr=False)
    limits: str
    conf_level: float
    notes: tuple[str, ...] = field(repr=False)
    synthetic: bool = False

    def tidy(self) -> pd.DataFrame:
        """One row a measure.

        Returns
        -------
        DataFrame
            ``model, measure, label, scale, estimate, std_error, p_value, conf_low,
            conf_high, interval, reason``. Measures: ``neither`` (1, the reference),
            ``first_alone``, ``second_alone`` and ``both`` against neither;
            ``first_given_second``, ``second_given_first``; ``ratio_of_ratios`` (1 where
            the ratios multiply); ``RERI`` (0 where they add), ``AP`` = RERI / both, ``S``.
            ``std_error`` is of the logarithm for ratios and S.
        """
        return marked(self.table.copy(), self.synthetic)

    def in_words(self) -> str:
        """Say both scales in plain sentences, as far as there are estimates."""
        rows = self.table.set_index("measure")
        if not self.estimated:
            return (
                f"The interaction of {self.first} and {self.second} cannot be estimated: "
                f"{rows.loc['both', 'reason']}."
            )
        said = {name: self._with_limits(row) for name, row in rows.iterrows()}
        return (
            f"Against neither, the {self.ratio} is {said['first_alone']} with {self.first} "
            f"alone, {said['second_alone']} with {self.second} alone and {said['both']} with "
            f"both. On the multiplicative scale the ratio of both is "
            f"{said['ratio_of_ratios']} times the product of the two"
            f"{_covers(rows.loc['ratio_of_ratios'], 1.0, 'a plain product')}. On the additive "
            f"scale the excess of both over the sum of the two (RERI) is {said['RERI']}"
            f"{_covers(rows.loc['RERI'], 0.0, 'a plain sum')}. Events behind it: "
            + ", ".join(
                f"{row['combination']} {row['events']}"
                for _, row in self.counts.iterrows()
            )
            + "."
        )

    @property
    def estimated(self) -> bool:
        """Whether the fit has estimates of both exposures and their product."""
        own = self.table.loc[self.table["measure"] == "both", "estimate"]
        return bool(np.isfinite(own.to_numpy(float)).all())

    def _with_limits(self, row: Any) -> str:
        low, high = (
            format_number(row[k], digits=None) for k in ("conf_low", "conf_high")
        )
        if np.isnan([row["conf_low"], row["conf_high"]]).all():
            return f"{format_number(row['estimate'], digits=None)} (no limits: {row['reason']})"
        level = f"{100 * self.conf_level:g}% {row['interval']} limits"
        return (
            f"{format_number(row['estimate'], digits=None)} ({level} {low} to {high})"
        )

    def _repr_html_(self) -> str:
        rows = self.table
        shown = pd.DataFrame(
            {
                "Measure": rows["label"],
                "Estimate": rows["estimate"],
                f"{100 * self.conf_level:g}% limits": [
                    f"{format_number(low, digits=None)} to {format_number(high, digits=None)}"
                    if low == low or high == high
                    else "–"
                    for low, high in zip(
                        rows["conf_low"], rows["conf_high"], strict=True
                    )
                ],
                "p": rows["p_value"],
                "Remark": rows["reason"],
            }
        )
        if not (shown["Remark"] != "").any():
            shown = shown.drop(columns="Remark")
        caption = f"Interaction of {self.first} and {self.second} ({self.model})"
        table = html_table(shown, caption=caption, synthetic=self.synthetic)
        counts = html_table(
            self.counts.rename(columns=str.capitalize), caption="What stands behind it"
        )
        return table + counts + notes_list(self.notes)


def interaction(
    fit: FitResult,
    first: str,
    second: str,
    *,
    conf_level: float = 0.95,
    limits: str = "profile",
    rng: np.random.Generator | int | None = None,
    draws: int = 1000,
) -> Interaction:
    """Interaction of two exposures, as ratios and as an excess.

    Parameters
    ----------
    fit : FitResult
        Cox, logistic or conditional logistic, with ``first * second`` in its formula, for
        instance ``"nxp2 * recent_pulse + age"``.
    first, second : str
        Names of the two terms, best 0/1; for a number the step from 0 to 1 is meant.
    conf_level : float, default 0.95
    limits : {"profile", "delta", "bootstrap"}, default "profile"
        Profile (penalised) likelihood for every measure but S; the delta method, by the
        robust variance where the fit has one (Hosmer and Lemeshow 1992); or percentiles
        of refits to clusters, children or rows drawn with replacement.
    rng : numpy Generator or int, optional
        For the bootstrap; needed there.
    draws : int, default 1000
        Refits of the bootstrap.

    Returns
    -------
    Interaction
        NaN, with the reason, where a measure or a limit does not exist.

    Raises
    ------
    UsageError
        For terms that the fit does not have, unknown options, or profile limits of a fit
        with clusters or sampling weights, where they do not hold.

    Notes
    -----
    RERI = RR11 - RR10 - RR01 + 1, AP = RERI / RR11, S = (RR11 - 1) / (RR10 + RR01 - 2)
    (Rothman). Profile limits of RERI: Richardson and Kaufman (2009).

    Examples
    --------
    Risks 0.1, 0.2, 0.3 and 0.6: odds ratios 2.25, 27/7 and 13.5.

    >>> from jdm_stats.models.logistic import fit_logistic
    >>> cells = [(0, 0, 2), (1, 0, 4), (0, 1, 6), (1, 1, 12)]
    >>> frame = pd.DataFrame(
    ...     [
    ...         {"a": a, "b": b, "event": int(i < events)}
    ...         for a, b, events in cells
    ...         for i in range(20)
    ...     ]
    ... )
    >>> found = interaction(fit_logistic(frame, "a * b"), "a", "b")
    >>> found.tidy().set_index("measure")["estimate"][["both", "RERI"]].round(
    ...     4
    ... ).tolist()
    [13.5, 8.3929]
    """
    if not 0.0 < conf_level < 1.0:
        raise UsageError(
            f"conf_level must lie between 0 and 1, such as 0.95; received {conf_level!r}"
        )
    if limits not in LIMITS:
        raise UsageError(f"limits must be one of {LIMITS}; received {limits!r}")
    places = _places(fit, first, second)
    if limits == "profile" and fit.interval in ("robust", "jackknife"):
        raise UsageError(
            "profile limits do not hold for this fit: its rows are weighted or belong "
            "together in clusters; use limits='delta' (robust) or limits='bootstrap'"
        )
    if limits == "bootstrap" and rng is None:
        raise UsageError("limits='bootstrap' draws: give rng= a Generator or a seed")
    reason = _no_estimate(fit, places)
    more: list[str] = []
    if reason:
        rows = empty_rows(first, second, reason)
    else:
        trio = Trio.of(fit, first, second, places)
        if limits == "profile":
            rows = profile_rows(trio, conf_level)
        elif limits == "delta":
            rows = delta_rows(trio, conf_level)
        else:
            assert rng is not None
            drawing = np.random.default_rng(rng)
            rows, more = bootstrap_limits(trio, conf_level, drawing, draws)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    ratio = RATIO[fit.kind]
    table.insert(0, "model", fit.model)
    table["scale"] = table["scale"].replace("ratio", ratio)
    counts = _counts(fit, first, second, places)
    return Interaction(
        model=fit.model,
        ratio=ratio,
        first=first,
        second=second,
        table=table,
        counts=counts,
        limits=limits,
        conf_level=conf_level,
        notes=(*_notes(fit, first, second, table, counts), *more),
        synthetic=fit.synthetic,
    )


def _places(fit: FitResult, first: str, second: str) -> tuple[int, int, int]:
    product = next(
        (t for t in (f"{first}:{second}", f"{second}:{first}") if t in fit.terms), None
    )
    lacking = [t for t in (first, second) if t not in fit.terms]
    if lacking or product is None or first == second:
        wanted = lacking or [f"{first}:{second}"]
        raise UsageError(
            f"the fit has no term {' and no term '.join(map(repr, wanted))}; its terms are "
            f"{fit.terms}. Fit with '{first} * {second}' in the formula"
        )
    return tuple(fit.terms.index(t) for t in (first, second, product))  # type: ignore[return-value]


def _no_estimate(fit: FitResult, places: tuple[int, int, int]) -> str:
    if fit.inference.solution is None:
        return fit.failure_reason
    lost = [j for j in places if j not in fit.inference.positions]
    said = [f"{fit.terms[j]}: {fit.inference.reasons[j]}" for j in lost]
    return "; ".join(said)


def _counts(
    fit: FitResult, first: str, second: str, places: tuple[int, int, int]
) -> pd.DataFrame:
    names = ("neither", f"{first} alone", f"{second} alone", "both")
    told = []
    rows = fit.rows
    if rows is not None:
        a, b = (rows.covariates[:, j] != 0 for j in places[:2])
        cells = (~a & ~b, a & ~b, ~a & b, a & b)
        for name, cell in zip(names, cells, strict=True):
            told.append((name, int(cell.sum()), int(rows.outcome[cell].sum())))
    return marked(
        pd.DataFrame(told, columns=["combination", "rows", "events"]), fit.synthetic
    )


def _covers(row: Any, nothing: float, what: str) -> str:
    low, high = float(row["conf_low"]), float(row["conf_high"])
    if np.isnan(low) or np.isnan(high):
        return ""
    if low <= nothing <= high:
        return f"; the limits take in {nothing:g}, {what}"
    return f"; the limits leave out {nothing:g}, {what}"


def _notes(
    fit: FitResult, first: str, second: str, table: pd.DataFrame, counts: pd.DataFrame
) -> list[str]:
    said = []
    few = counts[counts["events"] < FEW_EVENTS]
    if len(few):
        named = ", ".join(f"{r.combination} ({r.events})" for r in few.itertuples())
        said.append(f"Fewer than {FEW_EVENTS} events behind: {named}.")
    rows = fit.rows
    if rows is not None:
        for term in (first, second):
            values = rows.covariates[:, fit.terms.index(term)]
            if not np.isin(values, (0.0, 1.0)).all():
                said.append(
                    f"{term} is a number: its ratios are for the step from 0 to 1, and RERI, "
                    "AP and S change with its unit and its zero; rows are counted by not 0."
                )
    others = [
        t
        for t in fit.terms
        if ":" in t
        and {first, second} & set(t.split(":"))
        and not _product(t, first, second)
    ]
    if others:
        said.append(f"Ratios hold where {', '.join(others)} are 0.")
    alone = table.set_index("measure")["estimate"][["first_alone", "second_alone"]]
    if (alone < 1.0).any():
        said.append(
            "A ratio alone is below 1: additive measures are read best with the combination "
            "of the lowest hazard as the reference; code that exposure the other way round."
        )
    if fit.kind == "logistic":
        said.append(
            "RERI, AP and S of odds ratios stand for those of risks only where the outcome "
            "is rare in every combination."
        )
    return said


def _product(term: str, first: str, second: str) -> bool:
    return term in (f"{first}:{second}", f"{second}:{first}")
