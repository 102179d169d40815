"""One row for every twin, model and term, so that what is missing is counted, not lost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.intervals.marks import marked
from jdm_stats.operating.plan_rows import COLUMNS
from jdm_stats.replicates.runs import Replicates

__all__ = ["NO_TERM", "completed"]

NO_TERM = "(no term)"
_NO_SUCH_TERM = "this twin's model has no such term"


def completed(run: Replicates) -> pd.DataFrame:
    """Give every replicate a row for every model and term that any replicate has.

    Parameters
    ----------
    run : Replicates
        Of a `TwinTask`; its rows are `jdm_stats.operating.plan_rows.COLUMNS`.

    Returns
    -------
    DataFrame
        ``replicate`` and those columns, marked synthetic. ``reason`` says why there is
        no estimate: the twin's own reason, the model's, the error of the run, or that
        the term does not occur there. A model that never had a term goes under
        ``(no term)``.

    Raises
    ------
    UsageError
        When no replicate gave a row.

    Examples
    --------
    >>> from jdm_stats.replicates.runs import run_replicates
    >>> def one_in_two(replicate, rng):
    ...     row = dict.fromkeys(COLUMNS, 0.0) | {
    ...         "model": "Cox",
    ...         "term": "x",
    ...         "reason": "",
    ...     }
    ...     if replicate:
    ...         raise ValueError("no child is left")
    ...     return row
    >>> completed(run_replicates(one_in_two, 2, rng=1))[
    ...     ["replicate", "estimate", "reason"]
    ... ]
       replicate  estimate                                             reason
    0          0       0.0
    1          1       NaN  the run raised an error: ValueError: no child ...
    """
    rows = run.rows
    if rows.empty or "model" not in rows:
        most = run.errors["error"].value_counts()
        told = f"; most often: {most.index[0]}" if len(most) else ""
        raise UsageError(
            f"the plan gave no row in any of {run.replicates} twins{told}; try it on one "
            "cohort of simulate_cohort first"
        )
    pairs = _pairs(rows)
    replicates = pd.DataFrame({"replicate": np.arange(run.replicates)})
    grid = replicates.merge(pairs, how="cross")
    numbers = list(COLUMNS[2:8])
    full = grid.merge(
        rows[["replicate", *COLUMNS]], on=["replicate", "model", "term"], how="left"
    )
    full[numbers] = full[numbers].apply(pd.to_numeric).astype(float)
    full["reason"] = _reasons(full, run)
    full = full[["replicate", *COLUMNS]]
    return marked(full, True)


def _pairs(rows: pd.DataFrame) -> pd.DataFrame:
    """Models and terms in the order of their first appearance, models together."""
    pairs = rows[["model", "term"]].drop_duplicates()
    termed = pairs[pairs["term"] != ""]
    bare = pairs[~pairs["model"].isin(termed["model"])].assign(term=NO_TERM)
    pairs = pd.concat([termed, bare])
    place = {name: k for k, name in enumerate(rows["model"].drop_duplicates())}
    order = pairs["model"].map(place).argsort(kind="stable")
    return pairs.iloc[order.to_numpy()].reset_index(drop=True)


def _reasons(full: pd.DataFrame, run: Replicates) -> list[str]:
    rows = run.rows[run.rows["term"] == ""]
    keys = zip(rows["replicate"], rows["model"], strict=True)
    of_model = dict(zip(keys, rows["reason"], strict=True))
    of_run = dict(zip(run.errors["replicate"], run.errors["error"], strict=True))
    reasons = []
    for replicate, model, own in zip(
        full["replicate"], full["model"], full["reason"], strict=True
    ):
        if isinstance(own, str):
            reasons.append(own)
        elif replicate in of_run:
            reasons.append(f"the run raised an error: {of_run[replicate]}")
        else:
            reasons.append(of_model.get((replicate, model), _NO_SUCH_TERM))
    return reasons
