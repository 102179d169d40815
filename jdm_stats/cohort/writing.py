"""Writing a cohort to its folder, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from jdm_stats.cohort import tabular
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.staging import check_format, staged_folder, write_about
from jdm_stats.errors import UsageError
from jdm_stats.schema import TABLES

__all__ = ["write_cohort"]


def write_cohort(
    cohort: Cohort,
    path: str | os.PathLike[str],
    *,
    format: str = "csv",
    overwrite: bool = False,
) -> Path:
    """Write a cohort to a folder, whole or not at all.

    Parameters
    ----------
    cohort : Cohort
    path : path-like
        The folder; made with its parents when it is not there.
    format : {"csv", "parquet"}
        CSV is the same byte for byte for the same cohort: UTF-8, LF, numbers in their
        shortest exact form, ``true`` and ``false``, an empty cell where missing.
    overwrite : bool
        Whether to replace the cohort that stands there. Other files in the folder
        (a README, say) are kept; a folder that holds no cohort is never touched.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UsageError
        When the folder is not empty and may not be replaced, or the format is unknown.
    OSError
        When it cannot be written; what stood there still stands.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from jdm_stats.cohort.files import read_cohort
    >>> patients = pd.DataFrame(
    ...     {
    ...         "patient_id": ["P1"],
    ...         "antibody": ["NXP2"],
    ...         "entry_day": [0],
    ...         "exit_day": [365],
    ...         "exit_reason": ["lost"],
    ...     }
    ... )
    >>> cohort = Cohort(patients, metadata={"name": "one child", "synthetic": True})
    >>> with tempfile.TemporaryDirectory() as place:
    ...     folder = write_cohort(cohort, Path(place) / "one")
    ...     read_cohort(folder) == cohort
    True
    """
    check_format(format)
    if not isinstance(cohort, Cohort):
        raise UsageError(f"write_cohort takes a Cohort, not {type(cohort).__name__}")
    with staged_folder(path, overwrite=overwrite) as (new, target):
        for name, table in TABLES.items():
            file = new / f"{name}.{format}"
            tabular.WRITERS[format](getattr(cohort, name), table, file)
        write_about(new, cohort.metadata)
    return target
