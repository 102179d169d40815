"""One row per event: who, when, exposed to what, among how many; names withheld where real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.diagnostics.event_ledger.facts import EventFacts
from jdm_stats.diagnostics.event_ledger.words import event_label
from jdm_stats.errors import UsageError
from jdm_stats.models.fit import RATIO, FitResult
from jdm_stats.models.fitted_rows import CoxRows
from jdm_stats.models.inference import Inference
from jdm_stats.models.rows import named_column

OWN = (
    "event",
    "patient",
    "time",
    "stratum",
    "weight",
    "at_risk",
    "at_risk_alike",
    "tied",
    "place",
    "share_of_information",
)
REAL = (
    "Children are called by number, and a row still describes one child: the table is for the "
    "study team, not for print."
)


def event_rows(
    fit: FitResult,
    facts: EventFacts,
    frame: pd.DataFrame | None,
    *,
    columns: Sequence[str] | None,
    names: Mapping[Any, str] | None,
    patient_id: str | None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Put what is known of each event side by side.

    Parameters
    ----------
    fit : FitResult
    facts : EventFacts
    frame : DataFrame or None
        The frame fitted.
    columns, names, patient_id
        As in `jdm_stats.diagnostics.event_ledger.event_ledger`.

    Returns
    -------
    table : DataFrame
        As ``EventLedger.events``, without ``event``.
    notes : tuple of str

    Raises
    ------
    UsageError
        When the frame is another than the one fitted, or lacks a column.
    """
    rows = fit.rows
    assert rows is not None
    fitted = None if frame is None else _fitted(fit, frame)
    at = facts.rows
    told: dict[str, Any] = {}
    told["patient"] = _patients(fit, fitted, at, names, patient_id)
    if isinstance(rows, CoxRows):
        told["time"] = rows.stop[at]
        if rows.strata is not None:
            told["stratum"] = [rows.strata_labels[k] for k in rows.strata[at]]
    if rows.weights is not None:
        told["weight"] = rows.weights[at]
    told |= _shown(fit, fitted, at, columns)
    told["at_risk"] = facts.at_risk
    told["at_risk_alike"] = facts.alike
    if isinstance(rows, CoxRows):
        told["tied"] = facts.tied
    told["place"] = facts.place
    told["share_of_information"] = facts.share
    notes = () if fit.synthetic else (REAL,)
    return pd.DataFrame(told), notes


def order_of_events(table: pd.DataFrame) -> np.ndarray:
    """Give the order of time; at one time that of strata and children."""
    keys = [c for c in ("time", "stratum", "patient", "place") if c in table.columns]
    return (
        table.assign(patient=table["patient"].astype(str))
        .sort_values(keys, kind="stable")
        .index.to_numpy()
    )


def _fitted(fit: FitResult, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of the frame that were fitted, in the order of the fit."""
    assert fit.rows is not None
    kept = fit.design.kept
    if len(frame) != len(kept) or not frame.index[kept].equals(fit.rows.index):
        raise UsageError(
            f"the frame is not the one that was fitted ({len(kept)} rows); received one of "
            f"{len(frame)} rows"
        )
    return frame[kept]


def _patients(
    fit: FitResult,
    fitted: pd.DataFrame | None,
    at: np.ndarray,
    names: Mapping[Any, str] | None,
    patient_id: str | None,
) -> list[str | None]:
    """Names of the children: ids of synthetic ones, numbers of real ones."""
    assert fit.rows is not None
    column = None if fitted is None else named_column(fitted, patient_id)
    if fitted is None or column is None:
        codes = fit.rows.children
        if codes is None:
            return [None] * len(at)
        own = np.unique(codes[at], return_inverse=True)[1]
        return [f"child {k + 1}" for k in own]
    if column not in fitted.columns:
        raise UsageError(f"the frame has no column {column!r}")
    ids = fitted[column].iloc[at].tolist()
    if names is not None:
        unnamed = sorted({str(i) for i in ids if i not in names})
        if unnamed:
            raise UsageError(f"names= says nothing of {len(unnamed)} of the children")
        return [names[i] for i in ids]
    if fit.synthetic:
        return [str(i) for i in ids]
    numbers = {i: f"child {k}" for k, i in enumerate(sorted(set(ids)), start=1)}
    return [numbers[i] for i in ids]


def _shown(
    fit: FitResult,
    fitted: pd.DataFrame | None,
    at: np.ndarray,
    columns: Sequence[str] | None,
) -> dict[str, Any]:
    """Columns to show of each event."""
    assert fit.rows is not None
    if fitted is None:
        if columns is not None:
            raise UsageError("columns= needs the frame that was fitted")
        values = fit.rows.covariates[at]
        terms = enumerate(fit.terms)
        return {t: values[:, j] for j, t in terms if t != "Intercept"}
    chosen = _telling(fit, fitted) if columns is None else list(columns)
    absent = [c for c in chosen if c not in fitted.columns]
    taken = [c for c in chosen if c in OWN]
    if absent or taken:
        raise UsageError(
            f"columns= names {absent or taken}, which the "
            + ("frame does not have" if absent else "ledger has of its own")
        )
    return {str(c): fitted[c].iloc[at].to_numpy() for c in chosen}


def _telling(fit: FitResult, fitted: pd.DataFrame) -> list[str]:
    """Columns that tell of antibody and steroids, and those of the formula."""
    found = [
        c
        for c in map(str, fitted.columns)
        if c in ("antibody", "current_dose_mg_kg")
        or c.startswith("days_since")
        or "pulse" in c
    ]
    return [c for c in dict.fromkeys([*found, *fit.design.variables]) if c not in OWN]


def refit_rows(
    fit: FitResult,
    facts: EventFacts,
    table: pd.DataFrame,
    order: np.ndarray,
    without: list[Inference],
    leave_out: str,
) -> pd.DataFrame:
    """Put the fits without each event in rows of event and term.

    Parameters
    ----------
    fit : FitResult
    facts : EventFacts
    table : DataFrame
        The events, in order of time.
    order : (D,) int array
        Place of each of them in ``facts`` and ``without``.
    without : list of Inference
    leave_out : {"event", "patient"}

    Returns
    -------
    DataFrame
        As ``EventLedger.tidy``, logarithms.
    """
    assert fit.rows is not None
    whole, parts = fit.inference, []
    for number, k in enumerate(order):
        own, row = without[k], table.iloc[number]
        patient = row.get("patient")
        time = float(row.get("time", np.nan))
        failures = own.limit_failures or ("",) * len(fit.terms)
        part = {
            "model": fit.model,
            "event": number + 1,
            "patient": patient,
            "time": time,
            "label": event_label(patient, time, number + 1),
            "term": fit.terms,
            "estimate": own.coefficients,
            "conf_low": own.lower,
            "conf_high": own.upper,
            "whole_estimate": whole.coefficients,
            "whole_low": whole.lower,
            "whole_high": whole.upper,
            "value": fit.rows.covariates[facts.rows[k]],
            "place": facts.places[k],
            "share_of_information": facts.shares[k],
            "scale": f"log {RATIO[fit.kind]}",
            "interval": fit.interval,
            "leave_out": leave_out,
            "reason": [a or b for a, b in zip(own.reasons, failures, strict=True)],
        }
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def ledger_notes(
    fit: FitResult, leave_out: str, alike: list[int], shown: tuple[str, ...]
) -> tuple[str, ...]:
    """Say what was left out, and what counts as the same exposure."""
    named = ", ".join(fit.terms[j] for j in alike)
    notes = [*shown]
    notes.append(
        f"At risk of the same exposure: equal in {named}."
        if named
        else "No 0/1 term: everyone at risk counts as of the same exposure."
    )
    if leave_out == "patient":
        notes.append("Left out: all rows of the child who had the event.")
    elif fit.kind == "cox":
        notes.append(
            "Left out: the event. The child stays at risk until then, as if follow-up had "
            "ended there."
        )
    else:
        notes.append(
            "Left out: the row of the event; without its outcome it says nothing."
        )
    if fit.kind == "logistic":
        notes.append(
            "A logistic model has no risk sets: every row of the fit stands for one, and "
            "rows without the outcome bring information too, so the shares do not add up "
            "to 1."
        )
    if fit.penalty not in (None, "firth"):
        notes.append(
            "The shares of the information add up to less than 1: the rest is the priors'."
        )
    return tuple(notes)
