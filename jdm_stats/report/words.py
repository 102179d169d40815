"""Sentences and small tables that head and close every report of a cohort."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from jdm_stats import __version__
from jdm_stats.html import banner, format_number
from jdm_stats.report.manifest import hash_input, package_versions
from jdm_stats.report.tables import median_iqr, require_columns
from jdm_stats.schema import DAYS_PER_YEAR

__all__ = [
    "cohort_sentences",
    "inputs_table",
    "synthetic_banner",
    "versions_table",
]


def synthetic_banner(synthetic: bool) -> str:
    """Banner that stands over everything shown from a simulated cohort; else nothing.

    Examples
    --------
    >>> "SYNTHETIC DATA" in synthetic_banner(True), synthetic_banner(False)
    (True, '')
    """
    if not synthetic:
        return ""
    return banner(
        "SYNTHETIC DATA. Every child here was simulated; no number describes a real patient.",
        "synthetic",
    )


def cohort_sentences(patients: pd.DataFrame, events: pd.DataFrame) -> list[str]:
    """Say in three sentences who was followed, for how long and what happened.

    Parameters
    ----------
    patients : pandas.DataFrame
        ``patient_id``, ``antibody``, ``entry_day``, ``exit_day``, ``age_at_diagnosis_years``.
    events : pandas.DataFrame
        ``patient_id``, ``event``.

    Returns
    -------
    list of str
        Plain text, to be escaped where it is shown.

    Examples
    --------
    >>> patients = pd.DataFrame(
    ...     {
    ...         "patient_id": ["A", "B"],
    ...         "antibody": ["NXP2", "untested"],
    ...         "entry_day": [0, 0],
    ...         "exit_day": [731, 730],
    ...         "age_at_diagnosis_years": [6.0, 8.0],
    ...     }
    ... )
    >>> events = pd.DataFrame(
    ...     {"patient_id": ["A", "A"], "event": ["gi_perforation"] * 2}
    ... )
    >>> for sentence in cohort_sentences(patients, events):
    ...     print(sentence)
    2 children were followed for 4.0 person-years, a median of 2.0 (IQR 2.0 to 2.0) years each.
    Their median age at diagnosis was 7.0 (IQR 6.5 to 7.5) years.
    An antibody test was done in 1 of 2; NXP2 was found in 1.
    1 of 2 had a GI perforation (2 perforations in all), and 0 died.
    """
    needed = [
        "patient_id",
        "antibody",
        "entry_day",
        "exit_day",
        "age_at_diagnosis_years",
    ]
    require_columns(patients, needed, "cohort_sentences")
    require_columns(events, ["patient_id", "event"], "cohort_sentences")
    children = format_number(len(patients))
    years = (patients["exit_day"] - patients["entry_day"]).astype(float) / DAYS_PER_YEAR
    tested = patients[(patients["antibody"] != "untested").to_numpy(dtype=bool)]
    nxp2 = int((tested["antibody"] == "NXP2").sum())
    perforations = events[(events["event"] == "gi_perforation").to_numpy(dtype=bool)]
    perforated = perforations["patient_id"].nunique()
    deaths = int((events["event"] == "death").sum())
    age = median_iqr(patients["age_at_diagnosis_years"], 1, " to ")
    return [
        f"{children} children were followed for {format_number(years.sum(), 1)} person-years, "
        f"a median of {_iqr(median_iqr(years, 1, ' to '))} years each.",
        f"Their median age at diagnosis was {_iqr(age)} years.",
        f"An antibody test was done in {len(tested)} of {children}; NXP2 was found in {nxp2}.",
        f"{perforated} of {children} had a GI perforation ({len(perforations)} "
        f"perforation{'' if len(perforations) == 1 else 's'} in all), and {deaths} died.",
    ]


def _iqr(text: str) -> str:
    return text.replace("(", "(IQR ", 1)


def inputs_table(path: Path, *, digits: int = 16) -> pd.DataFrame:
    """List the files a report was made from with their hashes.

    Parameters
    ----------
    path : Path
        A file, or a folder of them.
    digits : int, default 16
        Hexadecimal digits of the SHA-256 to show; the manifest has them all.
    """
    hashes = hash_input(path)
    shown = [text[:digits] for text in hashes.values()]
    return pd.DataFrame(
        {"File": list(hashes), f"SHA-256, first {digits} digits": shown}
    )


def versions_table(packages: Sequence[str] = ()) -> pd.DataFrame:
    """List the versions of what computed a report.

    Parameters
    ----------
    packages : sequence of str
        Which packages; by default all that the results can depend on.

    Examples
    --------
    >>> versions_table(["numpy"])["Package"].tolist()
    ['jdm_stats', 'numpy']
    """
    found = package_versions()
    chosen = {name: found[name] for name in packages or found if name in found}
    told = {"jdm_stats": __version__} | chosen
    return pd.DataFrame({"Package": list(told), "Version": list(told.values())})
