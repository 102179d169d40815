"""What is known of a child at diagnosis, as columns a model can read.

Only baseline columns of the patients table are joined to rows at risk: nothing measured
later can slip in. Yes-or-no columns become 1.0 and 0.0 with NaN where unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError

BASELINE = (
    "antibody",
    "nxp2",
    "sex",
    "age_at_diagnosis_years",
    "diagnosis_year",
    "weight_kg",
    "centre",
    "cmas",
    "mmt8",
    "physician_global",
    "ck_u_l",
    "dysphagia",
    "oedema",
    "skin_ulcer",
    "calcinosis",
    "ro52",
    "pattern",
)


def choose_covariates(covariates: Sequence[str] | None) -> list[str]:
    """Check the names of baseline covariates; None stands for all of them.

    Raises
    ------
    UsageError
        If a name is no baseline column, or is given twice.

    Examples
    --------
    >>> choose_covariates(["nxp2", "sex"])
    ['nxp2', 'sex']
    """
    if covariates is None:
        return list(BASELINE)
    if not isinstance(covariates, Iterable):
        raise UsageError(
            f"covariates must be names of baseline columns, received {covariates!r}"
        )
    names = [covariates] if isinstance(covariates, str) else list(covariates)
    unknown = [name for name in names if name not in BASELINE]
    if unknown:
        raise UsageError(
            f"no baseline column {', '.join(map(repr, unknown))}; "
            f"choose from {', '.join(BASELINE)}"
        )
    if len(set(names)) < len(names):
        raise UsageError(f"covariates names a column twice: {names}")
    return names


def baseline_columns(patients: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """One row per child with the chosen columns.

    Parameters
    ----------
    patients : DataFrame
        The patients table of a cohort.
    names : sequence of str
        Baseline columns. ``nxp2`` is 1.0 for antibody NXP2, 0.0 for any other result
        of a test ("none" too) and NaN for the untested.

    Returns
    -------
    DataFrame
        Text columns as they are, all others as float64.

    Examples
    --------
    >>> import pandas as pd
    >>> children = pd.DataFrame({"antibody": ["NXP2", "none", "untested"]})
    >>> baseline_columns(children, ["nxp2"])["nxp2"].tolist()
    [1.0, 0.0, nan]
    """
    columns: dict[str, object] = {}
    for name in names:
        if name == "nxp2":
            antibody = patients["antibody"].to_numpy(dtype=object)
            result = np.where(antibody == "NXP2", 1.0, 0.0)
            columns[name] = np.where(antibody == "untested", np.nan, result)
        elif pd.api.types.is_numeric_dtype(patients[name].dtype):
            columns[name] = patients[name].to_numpy(dtype=float, na_value=np.nan)
        else:
            columns[name] = patients[name].to_numpy(dtype=object)
    return pd.DataFrame(columns, index=range(len(patients)))
