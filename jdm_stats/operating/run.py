"""operating_characteristics: any analysis plan on many twins of the cohort at hand."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.operating.ademp import ademp_words
from jdm_stats.operating.call import about_run, check_call, try_plan
from jdm_stats.operating.completing import completed
from jdm_stats.operating.large_sample import large_sample_rows, large_sample_values
from jdm_stats.operating.performance import REFERENCES, performance
from jdm_stats.operating.plan_rows import Plan, TwinTask
from jdm_stats.operating.result import OperatingCharacteristics
from jdm_stats.operating.truth import checked_truth, truths
from jdm_stats.operating.twins import Twin, twin_scenario
from jdm_stats.plan import AnalysisPlan
from jdm_stats.replicates.runs import faults_in_run, run_replicates
from jdm_stats.simulation.draws import one_seed
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.scenario.presets import as_scenario
from jdm_stats.simulation.simulate import DEFAULT_SEED

__all__ = ["LARGE_SAMPLE", "operating_characteristics"]

LARGE_SAMPLE = 20_000


def operating_characteristics(
    plan: Plan,
    scenario: Scenario | str | None,
    n: int | Cohort,
    replicates: int,
    *,
    rng: int | np.random.Generator = DEFAULT_SEED,
    n_jobs: int | None = None,
    path: str | os.PathLike[str] | None = None,
    truth: Mapping[str, float] | None = None,
    null: float = 0.0,
    level: float = 0.95,
    models: Sequence[str] | None = None,
    large_sample: int | None = LARGE_SAMPLE,
    match_events: bool = False,
    show: bool | None = None,
) -> OperatingCharacteristics:
    """Run an analysis plan on many simulated twins and say how it does.

    Parameters
    ----------
    plan : AnalysisPlan or callable
        Its models are fitted on every twin. A function takes a cohort and returns a tidy
        table with the columns model, term, estimate, std_error, conf_low, conf_high and
        p_value, as `FitResult.tidy` gives it; events and reason are kept where given.
    scenario : Scenario or str or None
        The world the twins are drawn from; None is ``tertiary``.
    n : int or Cohort
        Children of a twin; or a cohort, whose number of children, antibodies, calendar,
        follow-up and losses the twins then have: see `twin_scenario`.
    replicates : int
        How many twins. The Monte Carlo standard error of a coverage of 95% is 1.5
        percentage points with 200, 0.7 with 1,000.
    rng : int or numpy.random.Generator, default 20240618
        Seed of the run. Twin k is the same whatever else is run.
    n_jobs : int, optional
        Worker processes, as `jdm_stats.replicates.runs.run_replicates` takes it.
    path : str or path, optional
        File that takes each twin's estimates as they come; a killed run goes on from it.
        The large cohort's stand in a file beside it.
    truth : mapping of str to float, optional
        The truth of a term where the caller knows it, on the scale of the estimates; it
        stands before what the scenario tells.
    null : float, default 0.0
        Value that the tests ask about.
    level : float, default 0.95
        Level of the limits; a p-value below 1 - level rejects.
    models : sequence of str, optional
        Models wanted; default all.
    large_sample : int or None, default 20000
        Children of the one large cohort that tells small-sample bias from confounding;
        None draws none.
    match_events : bool, default False
        With a cohort as ``n``: scale the baseline hazard to its number of events.
    show : bool, optional
        Draw a progress bar; default on a terminal only.

    Returns
    -------
    OperatingCharacteristics

    Raises
    ------
    UsageError
        For a wrong call, a file of another run, or a plan that no twin could be analysed
        by. Formulas that name absent columns are refused before the first twin.

    Notes
    -----
    Performance measures and their Monte Carlo errors: Morris, White, Crowther, Statistics
    in Medicine 2019;38:2074-2102, doi 10.1002/sim.8086.

    Examples
    --------
    >>> plan = AnalysisPlan(cox_formula="recent_pulse")
    >>> found = operating_characteristics(
    ...     plan,
    ...     "steroids_harmless",
    ...     60,
    ...     replicates=2,
    ...     models=["Firth Cox"],
    ...     large_sample=None,
    ... )
    >>> found.table[["model", "term", "truth", "replicates"]].values.tolist()
    [['Firth Cox', 'recent_pulse', 0.0, 2]]
    """
    world = as_scenario(scenario)
    given = checked_truth(truth)
    run_faults = faults_in_run(replicates, rng, n_jobs)
    check_call(plan, n, null, level, models, large_sample, match_events, run=run_faults)
    seed = one_seed(rng)
    twin = _twin_of(n, world, match_events, seed)
    wanted = None if models is None else tuple(models)
    task = TwinTask(plan, twin.scenario, twin.n_patients, wanted, level)
    try_plan(task, seed)
    found = None
    if large_sample is not None:
        found = large_sample_rows(task, large_sample, seed, path)
    run = run_replicates(
        task,
        replicates,
        rng=seed,
        n_jobs=n_jobs,
        path=path,
        about=about_run(task),
        what="twins",
        show=show,
    )
    estimates = completed(run)
    terms = estimates[["model", "term"]].drop_duplicates(ignore_index=True)
    own = plan if isinstance(plan, AnalysisPlan) else None
    references = large_sample_values(
        terms.itertuples(index=False, name=None), found, large_sample or 0
    )
    references = truths(references, twin.scenario, own, given)[list(REFERENCES)]
    return OperatingCharacteristics(
        table=performance(estimates, references, null=null, level=level),
        estimates=estimates,
        errors=run.errors,
        twin=twin,
        replicates=replicates,
        seed=seed,
        null=null,
        level=level,
        words=ademp_words(task, twin, replicates, seed, references, large_sample),
        unused_truth=tuple(sorted(set(given) - set(terms["term"]))),
    )


def _twin_of(n: int | Cohort, world: Scenario, match_events: bool, seed: int) -> Twin:
    if isinstance(n, Cohort):
        return twin_scenario(n, world, match_events=match_events, seed=seed)
    rows = [
        ("children", f"{int(n):,}", "told", "n"),
        ("all else", world.name, "from the scenario", "every value"),
    ]
    table = pd.DataFrame(rows, columns=["what", "value", "source", "how"])
    return Twin(world, int(n), table)
