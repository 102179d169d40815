"""What a call must hold before thousands of twins are drawn, and what it is a run of."""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Sequence
from typing import Any

from jdm_stats.analysis.fits import MODELS, plan_history
from jdm_stats.analysis.run import analysis_tables
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import DataError, UsageError
from jdm_stats.models.design import check_formula
from jdm_stats.operating.plan_rows import TwinTask
from jdm_stats.plan import AnalysisPlan
from jdm_stats.replicates.numbers import is_number, is_whole
from jdm_stats.replicates.runs import replicate_rng
from jdm_stats.simulation.simulate import WORLD_VERSION, simulate_cohort

__all__ = ["about_run", "check_call", "name_of_plan", "try_plan"]

_TRIAL_CHILDREN = 200
_TRIAL_KEY = (0, 2)


def check_call(
    plan: object,
    n: object,
    null: object,
    level: object,
    models: object,
    large_sample: object,
    match_events: bool,
    run: Sequence[str] = (),
) -> None:
    """Refuse a wrong call of `operating_characteristics`, every fault at once.

    ``run`` holds what is wrong with replicates, seed and workers: told before the large
    cohort is drawn, which takes minutes.
    """
    faults = list(run)
    if not isinstance(plan, AnalysisPlan) and not callable(plan):
        faults.append(f"plan must be an AnalysisPlan or a function, not {plan!r}")
    if not isinstance(n, Cohort) and not (is_whole(n) and n >= 1):  # type: ignore[operator]
        faults.append(
            f"n must be a number of children, 1 or more, or a Cohort, not {n!r}"
        )
    if match_events and not isinstance(n, Cohort):
        faults.append("match_events needs a Cohort as n, whose events it matches")
    if not is_number(null):
        faults.append(f"null must be a finite number, not {null!r}")
    if not is_number(level) or not 0.0 < level < 1.0:  # type: ignore[operator]
        faults.append(f"level must lie between 0 and 1, such as 0.95, not {level!r}")
    if large_sample is not None and not (is_whole(large_sample) and large_sample >= 1):  # type: ignore[operator]
        faults.append(f"large_sample must be 1 or more, or None, not {large_sample!r}")
    faults += _faults_of_models(plan, models)
    if faults:
        raise UsageError("; ".join(faults))


def _faults_of_models(plan: object, models: Any) -> list[str]:
    if models is None:
        return []
    listed = isinstance(models, Sequence) and not isinstance(models, str)
    if not listed or not models or not all(isinstance(name, str) for name in models):
        return [f"models must list names of models, not {models!r}"]
    unknown = [name for name in models if name not in MODELS]
    if isinstance(plan, AnalysisPlan) and unknown:
        return [
            f"models names {', '.join(unknown)}; a plan has {', '.join(MODELS)}",
        ]
    return []


def try_plan(task: TwinTask, seed: int) -> None:
    """Set a plan's formulas beside one small twin, so that a wrong name is told at once.

    Raises
    ------
    DesignError
        When a formula cannot be read or names columns that are not there.
    """
    plan = task.plan
    if not isinstance(plan, AnalysisPlan):
        return
    cohort = simulate_cohort(
        _TRIAL_CHILDREN,
        scenario=task.scenario,
        rng=replicate_rng(seed, *_TRIAL_KEY),
        n_index_pattern=0,
    )
    try:
        intervals, landmark = analysis_tables(plan, plan_history(plan, cohort))
    except DataError:
        return  # nobody at risk here; the twins will say so, each for itself
    check_formula(intervals, plan.cox_formula)
    check_formula(landmark, plan.logistic_formula)


def about_run(task: TwinTask) -> dict[str, Any]:
    """Say as JSON values what would change the estimates of a run."""
    plan = task.plan
    told: Any = {"function": name_of_plan(plan), "source_sha256": _source(plan)}
    if isinstance(plan, AnalysisPlan):
        told = plan.model_dump(mode="json")
    return {
        "what": "operating characteristics",
        "plan": told,
        "models": None if task.models is None else list(task.models),
        "level": task.level,
        "n_patients": task.n_patients,
        "scenario": task.scenario.values(),
        "world_version": WORLD_VERSION,
    }


def name_of_plan(plan: Any) -> str:
    """Name a plan for a reader: a function by its module and name.

    Examples
    --------
    >>> name_of_plan(AnalysisPlan()), name_of_plan(functools.partial(int, base=2))
    ('AnalysisPlan', 'builtins.int with base=2')
    """
    if isinstance(plan, AnalysisPlan):
        return "AnalysisPlan"
    if isinstance(plan, functools.partial):
        told = [repr(value) for value in plan.args]
        told += [f"{name}={value!r}" for name, value in plan.keywords.items()]
        return f"{name_of_plan(plan.func)} with {', '.join(told)}"
    named = plan if hasattr(plan, "__qualname__") else type(plan)
    return f"{named.__module__}.{named.__qualname__}"


def _source(plan: Any) -> str | None:
    """Hash the source of a function, where there is any to be read."""
    inner = plan.func if isinstance(plan, functools.partial) else plan
    named = inner if hasattr(inner, "__qualname__") else type(inner)
    try:
        return hashlib.sha256(inspect.getsource(named).encode("utf-8")).hexdigest()
    except (OSError, TypeError):
        return None
