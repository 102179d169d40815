"""Days since the last pulse at each event, read off the steroid courses of an analysis."""

from __future__ import annotations

import pandas as pd

DAYS_SINCE_PULSE = "days_since_pulse"
SHOWN = ("antibody", "current_dose_mg_kg", DAYS_SINCE_PULSE)


def with_days_since_pulse(
    intervals: pd.DataFrame, steroids: pd.DataFrame
) -> pd.DataFrame:
    """Add the days since the last pulse to the rows that end in the outcome.

    At time t that is t - d for the last day d < t with a pulse, as in
    `jdm_stats.days_since`, but without a cap: missing where there was none.

    Parameters
    ----------
    intervals : DataFrame
        Rows at risk with ``patient_id``, ``stop`` and ``event``.
    steroids : DataFrame
        Courses as `jdm_stats.steroid_courses` gives them.

    Returns
    -------
    DataFrame
        The same rows with ``days_since_pulse``; missing in rows without the outcome.

    Examples
    --------
    A pulse on days 10 to 12, an event on day 15; one on day 40 comes too late.

    >>> rows = pd.DataFrame({"patient_id": ["A"], "stop": [15], "event": [1]})
    >>> courses = pd.DataFrame(
    ...     {
    ...         "patient_id": ["A", "A"],
    ...         "start_day": [10, 40],
    ...         "stop_day": [12, 40],
    ...         "pulse": [True, True],
    ...         "every_n_days": [1, 1],
    ...     }
    ... )
    >>> with_days_since_pulse(rows, courses)["days_since_pulse"].tolist()
    [3.0]
    """
    pulses = steroids[steroids["pulse"].astype(bool)]
    ends = intervals.loc[intervals["event"] == 1, ["patient_id", "stop"]]
    pairs = ends.reset_index(names="row").merge(pulses, on="patient_id")
    pairs = pairs[pairs["start_day"] < pairs["stop"]]
    last = pairs["stop_day"].clip(upper=pairs["stop"] - 1)
    step = pairs["every_n_days"]
    given = pairs["start_day"] + (last - pairs["start_day"]) // step * step
    since = (pairs["stop"] - given).groupby(pairs["row"]).min()
    found = since.reindex(intervals.index).astype(float)
    return intervals.assign(**{DAYS_SINCE_PULSE: found})
