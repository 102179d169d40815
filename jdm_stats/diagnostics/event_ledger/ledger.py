"""The event ledger: every event of a fit, what stood around it, and the fit without it.

With ten events a hazard ratio can rest on one child. The ledger shows each event beside
those at risk with it, says how much of the information it brings, and fits the model again
without it, with limits of the same kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.diagnostics.event_ledger.facts import event_facts, exposure_terms
from jdm_stats.diagnostics.event_ledger.refits import refits_without
from jdm_stats.diagnostics.event_ledger.rows import (
    event_rows,
    ledger_notes,
    order_of_events,
    refit_rows,
)
from jdm_stats.diagnostics.event_ledger.words import movement_sentence, movements_table
from jdm_stats.errors import UsageError
from jdm_stats.html import format_ratio, html_table, notes_list
from jdm_stats.intervals.marks import marked
from jdm_stats.models.fit import RATIO, FitResult
from jdm_stats.models.words import terms_to_tell

LEAVE_OUT = ("event", "patient")


@dataclass(frozen=True, eq=False)
class EventLedger:
    """Every event of a fit, and the fit without it; made by `event_ledger`.

    Parameters
    ----------
    model, formula, interval : str
        Of the fit.
    ratio : str
        ``"hazard ratio"`` or ``"odds ratio"``.
    leave_out : {"event", "patient"}
    terms : tuple of str
    notes : tuple of str
    synthetic : bool
    """

    model: str
    formula: str
    interval: str
    ratio: str
    leave_out: str
    terms: tuple[str, ...]
    notes: tuple[str, ...]
    synthetic: bool
    _events: pd.DataFrame = field(repr=False)
    _refits: pd.DataFrame = field(repr=False)

    @property
    def events(self) -> pd.DataFrame:
        """One row per event, in order of time.

        Returns
        -------
        DataFrame
            ``event`` (counted from 1), ``patient``, ``time`` and ``stratum`` and ``weight``
            where there are any, the columns asked for, ``at_risk`` (rows at risk with it,
            itself included), ``at_risk_alike`` (those of its exposure), ``tied`` (events of
            its time), ``place`` (share of the risk set with a lower linear predictor, equal
            ones by half) and ``share_of_information`` (of that on all terms together).
        """
        return self._marked(self._events)

    def tidy(self, exponentiate: bool = False) -> pd.DataFrame:
        """One row per event and term: the estimate without the event, beside the whole.

        Parameters
        ----------
        exponentiate : bool, default False
            Give ratios instead of log ratios.

        Returns
        -------
        DataFrame
            ``model, event, patient, time, label, term, estimate, conf_low, conf_high``
            (without the event), ``whole_estimate, whole_low, whole_high`` (with every
            event), ``value`` (of the term at the event), ``place`` (of that value in the
            risk set), ``share_of_information`` (on the term, the others adjusted for),
            ``scale, interval, leave_out, reason``.
        """
        table = self._marked(self._refits)
        if not exponentiate:
            return table
        for column in table.columns[table.columns.isin(_LOGARITHMS)]:
            with np.errstate(over="ignore"):
                table[column] = np.exp(table[column])
        return self._marked(table.assign(scale=self.ratio))

    def movements(self, exponentiate: bool = False) -> pd.DataFrame:
        """How far single events move each term.

        Returns
        -------
        DataFrame
            One row per term: ``estimate, conf_low, conf_high`` with every event; ``events``;
            ``least_...`` and ``greatest_...`` of the three without each event in turn;
            ``most_influential`` (event), its ``label``, ``without_estimate``,
            ``without_low``, ``without_high``; ``excludes_1`` (whether the limits with every
            event leave out 1); and the labels of ``events_that_change_this``,
            ``events_that_change_side`` (of 1 on which the estimate lies),
            ``events_without_estimate`` and ``events_without_limits``.
        """
        table = movements_table(self._refits)
        if exponentiate:
            ends = [c for c in table.columns if c.split("_", 1)[-1] in _LOGARITHMS]
            ends += [c for c in table.columns if c in (*_LOGARITHMS, *_WITHOUT)]
            for column in dict.fromkeys(ends):
                with np.errstate(over="ignore"):
                    table[column] = np.exp(table[column].astype(float))
        return self._marked(table)

    def in_words(
        self, term: str | None = None, *, labels: Mapping[str, str] | None = None
    ) -> str:
        """Say which event moves a term furthest, and whether one event carries the result.

        Parameters
        ----------
        term : str, optional
            Default: every term but the intercept.
        labels : mapping of str to str, optional
            Words for terms.
        """
        chosen = terms_to_tell(term, self.terms)
        return " ".join(
            movement_sentence(row, self.ratio, self.leave_out, labels or {})
            for _, row in movements_table(self._refits).iterrows()
            if row["term"] in chosen
        )

    def _marked(self, table: pd.DataFrame) -> pd.DataFrame:
        return marked(table.copy(), self.synthetic)

    def __repr__(self) -> str:
        mark = "SYNTHETIC " if self.synthetic else ""
        return f"<{mark}Event ledger of {self.model}: {len(self._events)} events>"

    def _repr_html_(self) -> str:
        shown = self._events.rename(columns=lambda name: name.replace("_", " "))
        whole = [
            c
            for c in shown.select_dtypes("number").columns
            if (shown[c].dropna() % 1 == 0).all()
        ]
        terms = terms_to_tell(None, self.terms)
        for term in terms:
            own = self.tidy(exponentiate=True)
            own = own[own["term"] == term]
            shown[f"{term} without it"] = [
                format_ratio(*ends)
                for ends in own[["estimate", "conf_low", "conf_high"]].to_numpy()
            ]
        caption = (
            f"Events of {self.model}: {self.formula}; {self.ratio}s without each "
            f"{self.leave_out} (95% {self.interval} limits)"
        )
        table = html_table(
            shown,
            caption=caption,
            formats=dict.fromkeys(whole, ".0f"),
            synthetic=self.synthetic,
        )
        return table + notes_list([*(self.in_words(t) for t in terms), *self.notes])


_LOGARITHMS = (
    "estimate",
    "conf_low",
    "conf_high",
    "whole_estimate",
    "whole_low",
    "whole_high",
)
_WITHOUT = ("without_estimate", "without_low", "without_high")


def event_ledger(
    fit: FitResult,
    frame: pd.DataFrame | None = None,
    *,
    columns: Sequence[str] | None = None,
    leave_out: str = "event",
    exposure: Sequence[str] | None = None,
    names: Mapping[Any, str] | None = None,
    patient_id: str | None = None,
    progress: bool | None = None,
) -> EventLedger:
    """Show every event of a fit, what stood around it, and the fit without it.

    Parameters
    ----------
    fit : FitResult
        Of `jdm_stats.fit_cox` or `jdm_stats.fit_logistic`, with an estimate.
    frame : DataFrame, optional
        The frame that was fitted; without it events have no names and only the terms of
        the model are shown.
    columns : sequence of str, optional
        Columns of the frame to show. Default: antibody, current dose, pulses and days
        since, where the frame has them, and what the formula reads.
    leave_out : {"event", "patient"}, default "event"
        "event": the child stays at risk until its event and is censored there (a logistic
        row is left out whole). "patient": all its rows are left out.
    exposure : sequence of str, optional
        Terms that make two rows alike; default every 0/1 term.
    names : mapping of patient id to str, optional
        What to call the children. Default: synthetic children by their ids, real ones by
        number (``child 1``), in the order of their ids.
    patient_id : str, optional
        Column that names the child; default ``patient_id``.
    progress : bool, optional
        Draw a bar; default on a terminal, when the work is long.

    Returns
    -------
    EventLedger

    Raises
    ------
    UsageError
        When the fit is of another kind or has no estimate, the frame is another than the
        one fitted, or a column, a term or an option is unknown.

    Examples
    --------
    Of three deaths the second, of an unexposed child, holds the ratio down.

    >>> import pandas as pd
    >>> from jdm_stats.models.cox import fit_cox
    >>> frame = pd.DataFrame(
    ...     {
    ...         "patient_id": ["A", "B", "C", "D"],
    ...         "start": 0,
    ...         "stop": [1, 2, 3, 4],
    ...         "event": [1, 1, 1, 0],
    ...         "nxp2": [1, 0, 1, 0],
    ...     }
    ... )
    >>> ledger = event_ledger(fit_cox(frame, "nxp2", penalty="firth"), frame)
    >>> ledger.events[["patient", "time", "at_risk", "at_risk_alike"]].values.tolist()
    [['child 1', 1.0, 4, 2], ['child 2', 2.0, 3, 2], ['child 3', 3.0, 2, 1]]
    >>> ledger.in_words().split(";")[0]
    'Without the event of child 2 on day 2 the hazard ratio for nxp2 rises from 2.14 to
    5.00 (95% limits 0.41 to 690)'
    """
    _check(fit, leave_out)
    alike = exposure_terms(fit, exposure)
    facts = event_facts(fit, alike)
    table, shown = event_rows(
        fit, facts, frame, columns=columns, names=names, patient_id=patient_id
    )
    order = order_of_events(table)
    without = refits_without(fit, facts.rows.tolist(), leave_out, progress)
    table = table.iloc[order].reset_index(drop=True)
    table.insert(0, "event", np.arange(1, len(table) + 1))
    return EventLedger(
        model=fit.model,
        formula=fit.formula,
        interval=fit.interval,
        ratio=RATIO[fit.kind],
        leave_out=leave_out,
        terms=fit.terms,
        notes=ledger_notes(fit, leave_out, alike, shown),
        synthetic=fit.synthetic,
        _events=table,
        _refits=refit_rows(fit, facts, table, order, without, leave_out),
    )


def _check(fit: FitResult, leave_out: str) -> None:
    if not isinstance(fit, FitResult) or fit.kind not in ("cox", "logistic"):
        kind = getattr(fit, "model", type(fit).__name__)
        raise UsageError(
            f"event_ledger takes a result of fit_cox or fit_logistic; received {kind}"
        )
    if leave_out not in LEAVE_OUT:
        raise UsageError(
            f"leave_out must be one of {LEAVE_OUT}; received {leave_out!r}"
        )
    if fit.rows is None or fit.inference.solution is None:
        raise UsageError(
            f"the fit has no estimate that an event could move: {fit.failure_reason}"
        )
    if leave_out == "patient" and fit.rows.children is None:
        raise UsageError(
            "leave_out='patient': the fit knows no patients; fit with patient_id="
        )
