"""What a table of recurrent events means, in sentences, and who must not read it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.intervals.columns import loose_numbers
from jdm_stats.intervals.marks import recurrent_mark
from jdm_stats.intervals.recurrent import NUMBER

__all__ = ["recurrent_notes", "refuse_recurrent"]

# Strata with fewer events than this are told to say little; a choice of this library.
FEW_EVENTS = 5


def recurrent_notes(frame: pd.DataFrame, event: str = "event") -> list[str]:
    """Say in sentences what a table of recurrent events means; none for other tables.

    Parameters
    ----------
    frame : DataFrame
    event : str
        Column of the event codes.

    Returns
    -------
    list of str
        None, too, where only rows at risk for a first event are left.

    Examples
    --------
    >>> from jdm_stats.intervals.recurrent import recurrent_rows
    >>> rows = pd.DataFrame({"patient_id": "A", "start": [0, 4], "stop": [4, 9]})
    >>> print(recurrent_notes(recurrent_rows(rows.assign(event=1)))[0])
    Recurrent events (Andersen-Gill): all events share one baseline hazard, whatever came before.
    """
    mark = recurrent_mark(frame)
    if mark is None or NUMBER not in frame.columns or (frame[NUMBER] == 1).all():
        return []
    meaning = {
        "andersen_gill": "(Andersen-Gill): all events share one baseline hazard, whatever "
        "came before.",
        "pwp_total": "(Prentice-Williams-Peterson, total time): each number of event has a "
        "baseline hazard of its own; a child is at risk for an event only after the one "
        "before.",
        "pwp_gap": "(Prentice-Williams-Peterson, gap time): time counts from the event "
        "before, and each number of event has a baseline hazard of its own.",
    }
    notes = [f"Recurrent events {meaning[mark.scheme]}"]
    happened = loose_numbers(frame[event])[0] == 1
    events = frame.loc[happened, NUMBER].value_counts().sort_index()
    tally = frame.attrs["jdm_stats"].get("recurrent_rows", {})
    pooled = tally.get("pooled_from", np.inf)
    if (frame[NUMBER] > pooled).any():
        notes.append(
            f"The stratum of event {pooled} holds all later ones too: "
            f"{events[events.index >= pooled].sum()} events together."
        )
    small = (events < FEW_EVENTS) & (events.index < pooled)
    few = [str(number) for number in events.index[small]]
    if few and mark.stratum is not None:
        notes.append(
            f"Fewer than {FEW_EVENTS} events in the strata of event {', '.join(few)}: they "
            "say little; max_event_number pools late ones."
        )
    return notes


def refuse_recurrent(frame: pd.DataFrame) -> None:
    """Refuse rows that go on after a child's first event, for readers of first events.

    Raises
    ------
    UsageError
        If the table is marked and holds rows at risk for a second event.

    Examples
    --------
    >>> from jdm_stats.intervals.recurrent import recurrent_rows
    >>> rows = pd.DataFrame({"patient_id": "A", "start": [0, 4], "stop": [4, 9]})
    >>> rows = recurrent_rows(rows.assign(event=1))
    >>> refuse_recurrent(rows[rows["event_number"] == 1])
    >>> refuse_recurrent(rows)
    Traceback (most recent call last):
    ...
    jdm_stats.errors.UsageError: ...
    """
    if recurrent_mark(frame) is None or NUMBER not in frame.columns:
        return
    later = int((frame[NUMBER] > 1).sum())
    if later:
        raise UsageError(
            f"this takes the first event of each child, and {later} rows are at risk for a "
            "later one; keep rows[rows['event_number'] == 1], or count all events with "
            "mean_cumulative_function or fit_cox"
        )
