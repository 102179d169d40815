"""run_replicates: many seeded runs of one function, the same answer on any number of cores."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats import __version__
from jdm_stats.errors import UsageError
from jdm_stats.replicates.numbers import is_whole
from jdm_stats.replicates.progress import progress
from jdm_stats.replicates.results_file import ResultsFile, plain

__all__ = [
    "Replicates",
    "Task",
    "faults_in_jobs",
    "faults_in_run",
    "replicate_rng",
    "run_replicates",
]

Task = Callable[[int, np.random.Generator], Any]


@dataclass(frozen=True, eq=False)
class Replicates:
    """What many runs gave; frozen.

    Parameters
    ----------
    rows : DataFrame
        The rows of every replicate that gave any, in order; ``replicate`` comes first.
    errors : DataFrame
        ``replicate, error``: what each replicate that raised said.
    replicates : int
        How many were asked for.
    seed : int
    resumed : int
        How many of them an earlier run had left in the file.
    """

    rows: pd.DataFrame = field(repr=False)
    errors: pd.DataFrame = field(repr=False)
    replicates: int
    seed: int
    resumed: int = 0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Replicates):
            return NotImplemented
        mine, theirs = (self.replicates, self.seed), (other.replicates, other.seed)
        alike = self.rows.equals(other.rows) and self.errors.equals(other.errors)
        return bool(mine == theirs and alike)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        failed = len(self.errors)
        said = f"{failed} raised an error" if failed else "none raised an error"
        if failed:
            text, count = next(iter(self.errors["error"].value_counts().items()))
            said += f", most often ({count}) {text!r}"
        return (
            f"<Replicates: {self.replicates} of seed {self.seed}, {len(self.rows)} rows; "
            f"{said}>"
        )


def replicate_rng(seed: int, *key: int) -> np.random.Generator:
    """Give the generator of one replicate: a stream of its own, keyed by seed and number.

    Parameters
    ----------
    seed : int
        Seed of the run, 0 or more.
    *key : int
        The replicate's number, counted from 0; longer keys are for what stands beside
        the replicates.

    Returns
    -------
    numpy.random.Generator

    Examples
    --------
    Replicate 3 is the same in a run of 4 and of 1,000:

    >>> float(replicate_rng(7, 3).random()) == float(replicate_rng(7, 3).random())
    True
    """
    return np.random.Generator(
        np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key))
    )


def run_replicates(
    task: Task,
    replicates: int,
    *,
    rng: int | np.random.Generator,
    n_jobs: int | None = None,
    path: str | os.PathLike[str] | None = None,
    about: Mapping[str, Any] | None = None,
    what: str = "replicates",
    show: bool | None = None,
) -> Replicates:
    """Run a function many times, each time with a random stream of its own.

    Parameters
    ----------
    task : callable
        ``task(replicate, rng)`` takes the number of the replicate, counted from 0, and
        its generator, and returns rows: a list of dicts, one dict or a DataFrame, holding
        numbers, text, truth values or None. It must be picklable to run on many cores.
    replicates : int
        How many, 1 or more.
    rng : int or numpy.random.Generator
        The seed of the run, or a Generator from which it is drawn.
    n_jobs : int, optional
        Worker processes; -1 is one per core. Default: as set by
        `joblib.parallel_config`, otherwise one, within this process. A Dask or Ray
        cluster serves by its joblib backend.
    path : str or path, optional
        A file that takes each replicate as it is done, as JSON lines. Run again with the
        same path, the rest is done; more replicates than before are added.
    about : mapping, optional
        What is being run, as JSON values: it stands at the head of the file, and a file
        with another head is refused. Say here whatever would change the rows.
    what : str, default "replicates"
        What the progress bar says is being done.
    show : bool, optional
        Draw the bar; default on a terminal only.

    Returns
    -------
    Replicates
        The same for any number of workers, any backend and any number of resumptions.

    Raises
    ------
    UsageError
        For a wrong call, listing every fault, or a file of another run.

    Notes
    -----
    An exception of the task is kept as that replicate's error and shown; it is not
    tried again on resumption. Linear algebra runs on one thread while replicates run,
    since its last digits may depend on the number of threads.

    Examples
    --------
    >>> def mean_of_ten(replicate, rng):
    ...     return {"mean": rng.normal(size=10).mean()}
    >>> run = run_replicates(mean_of_ten, 100, rng=5)
    >>> run
    <Replicates: 100 of seed 5, 100 rows; none raised an error>
    >>> more = run_replicates(mean_of_ten, 200, rng=5)
    >>> bool((more.rows["mean"][:100] == run.rows["mean"]).all())
    True
    """
    _check_call(task, replicates, rng, n_jobs)
    seed = _seed(rng)
    done: dict[int, dict[str, Any]] = {}
    keeper = (
        ResultsFile(path, seed, __version__, about or {}) if path is not None else None
    )
    with keeper or nullcontext(), _one_thread_here():
        if keeper is not None:
            done |= keeper.done
        left = [k for k in range(replicates) if k not in done]
        resumed = replicates - len(left)
        records = _records(task, seed, left, n_jobs)
        for record in progress(records, what, total=len(left), show=show):
            if keeper is not None:
                keeper.write(record)
            done[record["replicate"]] = record
    return _gathered([done[k] for k in range(replicates)], seed, resumed)


def _check_call(task: object, replicates: object, rng: object, n_jobs: object) -> None:
    faults = []
    if not callable(task):
        faults.append(f"task must be a function of (replicate, rng), not {task!r}")
    faults += faults_in_run(replicates, rng, n_jobs)
    if faults:
        raise UsageError("; ".join(faults))


def faults_in_run(replicates: object, rng: object, n_jobs: object) -> list[str]:
    """Say what is wrong with how a run is asked for; nothing when it can be run.

    Examples
    --------
    >>> faults_in_run(200, 1, -1), len(faults_in_run(0, -1, 0))
    ([], 3)
    """
    faults = []
    if not is_whole(replicates) or replicates < 1:  # type: ignore[operator]
        faults.append(
            f"replicates must be a whole number of 1 or more, not {replicates!r}"
        )
    if not isinstance(rng, np.random.Generator) and not (is_whole(rng) and rng >= 0):  # type: ignore[operator]
        faults.append(
            f"rng must be a whole number of 0 or more or a numpy Generator, not {rng!r}"
        )
    return faults + faults_in_jobs(n_jobs)


def faults_in_jobs(n_jobs: object) -> list[str]:
    """Say what is wrong with a number of workers; nothing when it can be one.

    Examples
    --------
    >>> faults_in_jobs(-1), faults_in_jobs(None), len(faults_in_jobs(0))
    ([], [], 1)
    """
    if n_jobs is None or (is_whole(n_jobs) and n_jobs != 0):
        return []
    return [
        "n_jobs must be a number of workers, -1 for one per core, or None, not "
        f"{n_jobs!r}"
    ]


def _seed(rng: int | np.random.Generator) -> int:
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(0, 2**63 - 1))
    return int(rng)


def _records(
    task: Task, seed: int, left: Sequence[int], n_jobs: int | None
) -> Iterator[dict[str, Any]]:
    """Yield the record of each replicate as it is done, in any order."""
    if not left:
        return
    from joblib import Parallel, delayed  # a heavy library

    parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered")
    home = os.getpid()
    running = parallel(delayed(_one)(task, seed, k, home) for k in left)
    try:
        yield from running
    finally:
        running.close()


def _one(task: Task, seed: int, replicate: int, home: int) -> dict[str, Any]:
    """Run one replicate wherever it lands; its rows as plain values, or its error."""
    if os.getpid() != home:
        _one_thread_for_good()
    try:
        rows = _plain_rows(task(replicate, replicate_rng(seed, replicate)))
    except Exception as error:  # kept and counted, whatever it is
        text = f"{type(error).__name__}: {error}".strip().removesuffix(":")
        return {"replicate": replicate, "error": text}
    return {"replicate": replicate, "rows": rows}


def _plain_rows(answer: Any) -> list[dict[str, Any]]:
    if isinstance(answer, pd.DataFrame):
        answer = answer.to_dict("records")
    elif isinstance(answer, Mapping):
        answer = [answer]
    listed = isinstance(answer, (list, tuple))
    if not listed or not all(isinstance(row, Mapping) for row in answer):
        raise UsageError(
            "a task must return a list of dicts, one dict or a DataFrame, not "
            f"{type(answer).__name__}"
        )
    return plain(list(answer))


def _one_thread_here() -> Any:
    """Hold linear algebra to one thread in this process while a with block lasts."""
    import scipy.linalg  # noqa: F401  its library must be loaded to be held
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


@functools.cache
def _one_thread_for_good() -> Any:
    """Hold a worker's linear algebra to one thread: others may run there beside this one."""
    return _one_thread_here()


def _gathered(
    records: Sequence[Mapping[str, Any]], seed: int, resumed: int
) -> Replicates:
    rows, errors = [], []
    for record in records:
        k = record["replicate"]
        if "error" in record:
            errors.append({"replicate": k, "error": record["error"]})
        else:
            rows += [
                {"replicate": k} | row | {"replicate": k} for row in record["rows"]
            ]
    return Replicates(
        rows=pd.DataFrame(rows) if rows else pd.DataFrame({"replicate": []}, dtype=int),
        errors=pd.DataFrame(errors, columns=["replicate", "error"]),
        replicates=len(records),
        seed=seed,
        resumed=resumed,
    )
