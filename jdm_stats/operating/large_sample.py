"""What a plan says of one very large cohort: the value its estimates gather around.

The value is what the model estimates, not what steroids do: whatever the plan leaves out
of its formula is in it, however many children there are. It tells the bias of a small
cohort (mean of the estimates less this value) from the bias that more children do not
mend (this value less the truth).
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from jdm_stats.analysis.fits import MODELS, OTHER
from jdm_stats.errors import UsageError
from jdm_stats.operating.call import about_run
from jdm_stats.operating.plan_rows import COLUMNS, TwinTask, plan_rows
from jdm_stats.plan import AnalysisPlan
from jdm_stats.replicates.runs import replicate_rng, run_replicates
from jdm_stats.simulation.simulate import simulate_cohort

__all__ = ["large_sample_rows", "large_sample_values"]

# Beside a penalised model stands the same model without penalty.
_PLAIN = {"Firth Cox": "Cox", "Firth logistic": "Logistic"}
# Replicates have keys of one number; the large cohort has one of two.
_KEY = (0, 1)
_POOLED = f"which antibodies are pooled as {OTHER!r} differs from one twin to the next"


def large_sample_rows(
    task: TwinTask,
    children: int,
    seed: int,
    path: str | os.PathLike[str] | None = None,
) -> pd.DataFrame:
    """Draw one large cohort of the task's scenario and apply its plan once.

    Parameters
    ----------
    task : TwinTask
    children : int
        Size of the large cohort.
    seed : int
        Seed of the run; the cohort has a stream of its own.
    path : str or path, optional
        File of the twins; the large cohort's rows are kept beside it, with
        ``.large_sample`` added to the name.

    Returns
    -------
    DataFrame
        As `jdm_stats.operating.plan_rows.plan_rows`, with Wald limits; an `AnalysisPlan`
        is fitted without penalty where it has a penalty.

    Raises
    ------
    UsageError
        When the plan raises on the large cohort, with what it said.
    """
    if path is not None:
        path = Path(path).with_name(f"{Path(path).name}.large_sample")
    run = run_replicates(
        functools.partial(_once, task, children, seed),
        1,
        rng=seed,
        n_jobs=1,
        path=path,
        about=about_run(task) | {"large_sample": children},
    )
    if len(run.errors):
        raise UsageError(
            f"the plan cannot be applied to {children:,} children: "
            f"{run.errors['error'].iloc[0]}; mend it, or draw none with large_sample=None"
        )
    return run.rows.reindex(columns=list(COLUMNS))


def _once(
    task: TwinTask, children: int, seed: int, replicate: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Give the rows of the large cohort, whose stream is of a key of its own."""
    cohort = simulate_cohort(
        children,
        scenario=task.scenario,
        rng=replicate_rng(seed, *_KEY),
        n_index_pattern=0,
    )
    if not isinstance(task.plan, AnalysisPlan):
        return plan_rows(task.plan, cohort, task.models, task.level)
    wanted = MODELS if task.models is None else task.models
    plain = tuple(dict.fromkeys(_PLAIN.get(name, name) for name in wanted))
    found = plan_rows(task.plan, cohort, plain, task.level, interval="wald")
    parts = [
        row | {"model": name}
        for name in wanted
        for row in found[found["model"] == _PLAIN.get(name, name)].to_dict("records")
    ]
    return pd.DataFrame(parts, columns=found.columns)


def large_sample_values(
    terms: Iterable[tuple[str, str]], found: pd.DataFrame | None, children: int
) -> pd.DataFrame:
    """Give the large-sample value of each model and term, or why there is none.

    Parameters
    ----------
    terms : iterable of (model, term)
    found : DataFrame or None
        From `large_sample_rows`; None when none was drawn.
    children : int
        How many children it had.

    Returns
    -------
    DataFrame
        ``model, term, large_sample, large_sample_se, large_sample_why``.

    Examples
    --------
    >>> large_sample_values([("Cox", "nxp2")], None, 0)["large_sample_why"].tolist()
    ['no large cohort was drawn']
    """
    rows = []
    for model, term in terms:
        value, error, why = _value(model, term, found, children)
        rows.append((model, term, value, error, why))
    names = ["large_sample", "large_sample_se", "large_sample_why"]
    return pd.DataFrame(rows, columns=["model", "term", *names])


def _value(
    model: str, term: str, found: pd.DataFrame | None, children: int
) -> tuple[float, float, str]:
    if found is None:
        return np.nan, np.nan, "no large cohort was drawn"
    if OTHER in term:
        return np.nan, np.nan, _POOLED
    own = found[(found["model"] == model) & (found["term"] == term)]
    if own.empty:
        failed = found.loc[(found["model"] == model) & (found["term"] == ""), "reason"]
        why = failed.iloc[0] if len(failed) else "the model has no such term there"
        return np.nan, np.nan, f"in {children:,} children: {why}"
    row = own.iloc[0]
    if not np.isfinite(row["estimate"]):
        return np.nan, np.nan, f"in {children:,} children: {row['reason']}"
    events = "" if pd.isna(row["events"]) else f", {int(row['events']):,} events"
    plain = f", {_PLAIN[model]}" if model in _PLAIN else ""
    why = f"the same formula in {children:,} children{events}{plain}"
    return float(row["estimate"]), float(row["std_error"]), why
