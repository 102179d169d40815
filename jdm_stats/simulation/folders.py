"""write_simulated: a cohort of any size, drawn and written slice by slice."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing

import numpy as np
import pandas as pd

from jdm_stats.cohort.staging import (
    TRUTH,
    check_folder,
    check_format,
    staged_folder,
    write_about,
)
from jdm_stats.cohort.table_files import Piece, TableFiles, rendered
from jdm_stats.errors import UsageError
from jdm_stats.replicates.progress import progress
from jdm_stats.replicates.runs import faults_in_jobs
from jdm_stats.schema import DAYS_PER_YEAR, TABLES
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.simulate import (
    CHUNK,
    DEFAULT_SEED,
    about_cohort,
    told_together,
    whole_cohort,
)
from jdm_stats.simulation.tables.latent import (
    TRUTH_TABLE,
    latent_rows,
    latent_table,
    write_truth,
)
from jdm_stats.simulation.tables.slices import Slices, slice_tables
from jdm_stats.simulation.tables.written import WrittenCohort

__all__ = ["check_call", "write_simulated"]

Drawn = tuple[dict[str, Piece], Counter[str]]
Watch = Callable[[Iterable[Drawn], int], Iterator[Drawn]]


def write_simulated(
    n_patients: int,
    path: str | os.PathLike[str],
    *,
    scenario: Scenario | str | None = None,
    rng: int | np.random.Generator = DEFAULT_SEED,
    n_index_pattern: int = 1,
    format: str = "csv",
    chunk: int = CHUNK,
    overwrite: bool = False,
    with_truth: bool = False,
    n_jobs: int = 1,
    watch: Watch | None = None,
) -> WrittenCohort:
    """Simulate a registry and write its folder slice by slice, whole or not at all.

    Memory does not grow with the number of children, and the files are those that
    ``write_cohort(simulate_cohort(n_patients, ...), path)`` writes: the same bytes in CSV,
    whatever ``chunk`` and ``n_jobs``. In Parquet a slice is a row group.

    Parameters
    ----------
    n_patients : int
        Number of children, 1 or more.
    path : path-like
        The folder; made with its parents when it is not there.
    scenario, rng, n_index_pattern
        As for `jdm_stats.simulation.simulate.simulate_cohort`.
    format : {"csv", "parquet"}
    chunk : int, default 8192
        Children drawn and held in memory at once, for each worker.
    overwrite : bool
        Whether to replace the cohort that stands there.
    with_truth : bool
        Whether to write too what no registry could know: ``truth.json`` (effects,
        scenario, seed) and ``truth.csv`` or ``truth.parquet`` (antibody, severity, hazard
        and probability of each child). They are never read as tables. Takes about a third
        more time.
    n_jobs : int, default 1
        Workers, through joblib and its backends; -1 for one per core.
    watch : function of (iterable, int), optional
        Hands on the slices as they come, being told their number; by default a bar on a
        terminal, nothing elsewhere.

    Returns
    -------
    WrittenCohort

    Raises
    ------
    UsageError
        For a wrong call, with every fault, before anything is drawn.
    OSError
        When the folder cannot be written; what stood there still stands.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from jdm_stats.cohort.files import read_cohort
    >>> with tempfile.TemporaryDirectory() as place:
    ...     written = write_simulated(20, Path(place) / "twenty", rng=7, chunk=8)
    ...     read_cohort(written).n_patients, written.rows["patients"]
    (20, 20)
    """
    whole = check_call(
        n_patients,
        path,
        scenario=scenario,
        rng=rng,
        n_index_pattern=n_index_pattern,
        format=format,
        chunk=chunk,
        overwrite=overwrite,
        with_truth=with_truth,
        n_jobs=n_jobs,
    )
    about = about_cohort(whole)
    tables = dict(TABLES) | ({TRUTH: TRUTH_TABLE} if with_truth else {})
    count: Counter[str] = Counter()
    also = _also(with_truth, format)
    with staged_folder(path, overwrite=overwrite, also=also) as (new, target):
        slices = -(-whole.n_patients // chunk)
        with (
            closing(_in_order(whole, chunk, format, with_truth, n_jobs)) as drawn,
            TableFiles(new, tables, format) as files,
        ):
            for pieces, counted in (watch or _bar)(drawn, slices):
                files.append(pieces)
                count.update(counted)
        write_about(new, about)
        if with_truth:
            write_truth(new, about)
        names = tuple(sorted(file.name for file in new.iterdir()))
    return WrittenCohort(
        folder=target,
        name=about["name"],
        files=names,
        rows={name: count[name] for name in TABLES},
        person_years=count["days"] / DAYS_PER_YEAR,
        perforations=count["perforations"],
        perforated=count["perforated"],
        deaths=count["deaths"],
    )


def _bar(drawn: Iterable[Drawn], slices: int) -> Iterator[Drawn]:
    return progress(drawn, "slices", total=slices)


def check_call(
    n_patients: int,
    path: str | os.PathLike[str] | None,
    *,
    scenario: Scenario | str | None,
    rng: int | np.random.Generator,
    n_index_pattern: int,
    format: str,
    chunk: int,
    overwrite: bool,
    with_truth: bool,
    n_jobs: int,
) -> Slices:
    """Check a call of `write_simulated` and return the cohort it asks for.

    Parameters
    ----------
    n_patients, path, scenario, rng, n_index_pattern, format, chunk, overwrite
        As for `write_simulated`; a path of None is not looked at.
    with_truth, n_jobs
        As for `write_simulated`.

    Raises
    ------
    UsageError
        With every fault.
    """

    def check_path() -> None:
        if path is not None:
            also = _also(with_truth, format)
            check_folder(path, overwrite=overwrite, also=also)

    whole, *_ = told_together(
        lambda: whole_cohort(n_patients, scenario, rng, n_index_pattern, chunk),
        lambda: check_format(format),
        check_path,
        lambda: _check_jobs(n_jobs),
    )
    checked: Slices = whole
    return checked


def _also(with_truth: bool, format: str) -> tuple[str, ...]:
    return (f"{TRUTH}.json", f"{TRUTH}.{format}") if with_truth else ()


def _check_jobs(n_jobs: int) -> None:
    if faults := faults_in_jobs(n_jobs):
        raise UsageError("; ".join(faults))


def _in_order(
    whole: Slices, chunk: int, format: str, with_truth: bool, n_jobs: int
) -> Generator[Drawn, None, None]:
    """Yield the slices in order of children, whoever draws them."""
    calls = ((whole, ends, format, with_truth) for ends in whole.bounds(chunk))
    if n_jobs == 1:
        yield from (_drawn(*call) for call in calls)
        return
    from joblib import Parallel, delayed  # only where it is asked for

    # One slice ahead for each worker, so that finished slices do not pile up.
    workers = Parallel(n_jobs=n_jobs, return_as="generator", pre_dispatch="n_jobs")
    results = workers(delayed(_drawn)(*call) for call in calls)
    try:
        yield from (drawn for drawn in results)  # itself, it would be closed unheard
    finally:
        with warnings.catch_warnings():  # of slices not used, when work is broken off
            warnings.simplefilter("ignore", UserWarning)
            results.close()


def _drawn(
    whole: Slices, ends: tuple[int, int], format: str, with_truth: bool
) -> Drawn:
    """Draw one slice and put it into the form of its files."""
    latent: list[pd.DataFrame] = []
    tables = slice_tables(
        whole,
        *ends,
        watch=(lambda lives, attempt: latent.append(latent_rows(whole, lives, attempt)))
        if with_truth
        else None,
    )
    count = _counted(tables)
    known = dict(TABLES)
    if with_truth:
        tables[TRUTH] = latent_table(latent, *ends)
        known[TRUTH] = TRUTH_TABLE
    return rendered(tables, known, format), count


def _counted(tables: Mapping[str, pd.DataFrame]) -> Counter[str]:
    patients, events = tables["patients"], tables["events"]
    perforations = events[events["event"] == "gi_perforation"]
    return Counter(
        {
            **{name: len(table) for name, table in tables.items()},
            "days": int((patients["exit_day"] - patients["entry_day"]).sum()),
            "perforations": len(perforations),
            "perforated": int(perforations["patient_id"].nunique()),
            "deaths": int((events["event"] == "death").sum()),
        }
    )
