"""How far single events move an estimate: in a table, and in a sentence a clinician can read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from jdm_stats.html import format_ratio

# So many events are named in a sentence; more are counted.
NAMED = 3


def event_label(patient: str | None, time: float, event: int) -> str:
    """Name an event for a table or figure: ``S014, day 312``.

    Examples
    --------
    >>> event_label("S014", 312.0, 1), event_label(None, 0.25, 2)
    ('S014, day 312', 'event 2, time 0.25')
    """
    who = f"event {event}" if patient is None else patient
    return who if math.isnan(time) else f"{who}, {_moment(time)}"


def _moment(time: float) -> str:
    return f"day {time:.0f}" if float(time).is_integer() else f"time {time:g}"


def movements_table(refits: pd.DataFrame) -> pd.DataFrame:
    """Range of the estimates and limits of every term, and what single events change.

    Parameters
    ----------
    refits : DataFrame
        A row per event and term, logarithms, as ``EventLedger.tidy()`` gives them.

    Returns
    -------
    DataFrame
        As ``EventLedger.movements``.
    """
    rows = []
    for term, own in refits.groupby("term", sort=False):
        own = own.reset_index(drop=True)
        rows.append({"term": term, **_movement(own)})
    return pd.DataFrame(rows)


def _movement(own: pd.DataFrame) -> dict[str, object]:
    whole = own.iloc[0]
    found = own["estimate"].notna()
    told = {
        "estimate": whole["whole_estimate"],
        "conf_low": whole["whole_low"],
        "conf_high": whole["whole_high"],
        "events": len(own),
    }
    ends = {
        f"{end}_{column}": getattr(
            own[column], {"least": "min", "greatest": "max"}[end]
        )()
        for column in ("estimate", "conf_low", "conf_high")
        for end in ("least", "greatest")
    }
    moved = (own["estimate"] - whole["whole_estimate"]).abs()
    most = own.loc[moved.idxmax()] if found.any() else None
    before = _excludes(whole["whole_low"], whole["whole_high"])
    after = [
        _excludes(low, high)
        for low, high in zip(own["conf_low"], own["conf_high"], strict=True)
    ]
    side = np.sign(own["estimate"]) * np.sign(whole["whole_estimate"]) < 0
    turned = [a is not None and before is not None and a != before for a in after]
    unknown = [bool(f) and a is None for f, a in zip(found, after, strict=True)]
    return {
        **told,
        **ends,
        "most_influential": pd.NA if most is None else int(most["event"]),
        "label": "" if most is None else most["label"],
        "without_estimate": np.nan if most is None else most["estimate"],
        "without_low": np.nan if most is None else most["conf_low"],
        "without_high": np.nan if most is None else most["conf_high"],
        "excludes_1": pd.NA if before is None else before,
        "events_that_change_this": _listed(own, turned),
        "events_that_change_side": _listed(own, side),
        "events_without_estimate": _listed(own, ~found),
        "events_without_limits": _listed(own, unknown),
    }


def _listed(own: pd.DataFrame, marks: Sequence[bool] | pd.Series) -> tuple[str, ...]:
    """Labels of the events marked."""
    return tuple(own.loc[np.asarray(marks, dtype=bool), "label"].astype(str))


def _excludes(low: float, high: float) -> bool | None:
    """Whether limits (of logarithms) leave out no effect; None where one is not known."""
    if math.isnan(low) or math.isnan(high):
        return None
    return bool(low > 0 or high < 0)


def movement_sentence(
    row: pd.Series, ratio: str, leave_out: str, labels: Mapping[str, str]
) -> str:
    """Say in words how far single events move one term.

    Parameters
    ----------
    row : Series
        A row of `movements_table`.
    ratio : str
        Such as ``"hazard ratio"``.
    leave_out : {"event", "patient"}
    labels : mapping of str to str
        Words for terms.
    """
    term = labels.get(row["term"], row["term"])
    events = int(row["events"])
    if math.isnan(row["estimate"]):
        return f"There is no estimate of the {ratio} for {term} to be moved."
    if len(row["events_without_estimate"]) == events:
        every = "its only event" if events == 1 else f"any one of its {events} events"
        return f"Without {every} there is no estimate of the {ratio} for {term}."
    way = "falls" if row["without_estimate"] < row["estimate"] else "rises"
    before, after = (_ratio(row[c]) for c in ("estimate", "without_estimate"))
    same = before == after
    moved = f"stays at {before}" if same else f"{way} from {before} to {after}"
    ends = f"95% limits {_ratio(row['without_low'])} to {_ratio(row['without_high'])}"
    other = "no other"
    if row["events_without_estimate"]:
        other = "no other that leaves an estimate"
    return (
        f"Without {_whom(row['label'], leave_out)} the {ratio} for {term} {moved} ({ends}); "
        f"{other} moves it further. {_verdict(row, leave_out)}"
    )


def _ratio(value: float) -> str:
    with np.errstate(over="ignore"):
        return format_ratio(float(np.exp(value)), None, None)


def _whom(label: str, leave_out: str) -> str:
    who, _, moment = label.partition(", ")
    if leave_out == "patient":
        return who
    of = who if who.startswith("event ") else f"the event of {who}"
    return (
        f"{of} {'on' if moment.startswith('day') else 'at'} {moment}" if moment else of
    )


def _verdict(row: pd.Series, leave_out: str) -> str:
    """Say what single events change of the conclusion."""
    before = row["excludes_1"]
    said = []

    def without(column: str) -> str:
        return f"without {_any_of(row[column], leave_out)}"

    if row["events_without_estimate"]:
        said.append(f"There is no estimate {without('events_without_estimate')}.")
    if pd.isna(before):
        return " ".join([*said, "It has no limits to be changed."])
    now, then = ("exclude", "hold") if before else ("hold", "exclude")
    if row["events_that_change_this"]:
        said.append(
            f"The conclusion rests on single events: the limits {now} 1, but {then} it "
            f"{without('events_that_change_this')}."
        )
    if row["events_that_change_side"]:
        said.append(
            f"The estimate lies on the other side of 1 {without('events_that_change_side')}."
        )
    if row["events_without_limits"]:
        said.append(
            f"The limits could not be found {without('events_without_limits')}."
        )
    if said:
        return " ".join(said)
    if before:
        return "No single event carries the result: whichever is left out, the limits exclude 1."
    return "Whichever is left out, the limits hold 1."


def _any_of(labels: tuple[str, ...], leave_out: str) -> str:
    """Name one event, or a few, or count many."""
    if len(labels) > NAMED:
        return f"any one of {len(labels)} events"
    named = [_whom(label, leave_out) for label in labels]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} or {named[-1]}"
