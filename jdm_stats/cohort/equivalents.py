"""Steroid doses in one currency: mg of prednisone with the same anti-inflammatory effect."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.plan.equivalents import EQUIVALENTS, PREDNISONE_EQUIVALENT_PER_MG
from jdm_stats.schema import STEROIDS, nearest

__all__ = [
    "PREDNISONE_EQUIVALENT_PER_MG",
    "equivalents_table",
    "prednisone_equivalent_mg",
]

Numbers = npt.NDArray[np.float64]


def prednisone_equivalent_mg(
    drug: str | npt.ArrayLike,
    dose_mg: float | npt.ArrayLike,
    *,
    per_mg: Mapping[str, float] = PREDNISONE_EQUIVALENT_PER_MG,
) -> float | Numbers:
    """Convert a steroid dose to mg of prednisone with the same effect.

    Parameters
    ----------
    drug : str or array of str
        Names in ``per_mg``; broadcast against ``dose_mg``.
    dose_mg : float or array
        Dose of that drug in mg (or mg per kg, per day: the unit is kept).
    per_mg : mapping of str to float, optional
        mg of prednisone for 1 mg of each drug, such as
        ``SteroidRules(...).prednisone_per_mg()``; by default the built-in figures.

    Returns
    -------
    float or array
        A float when both arguments are scalars.

    Raises
    ------
    UsageError
        When a drug is not a known steroid; names the nearest one.

    Notes
    -----
    Ratios of anti-inflammatory effect as drug labels give them: prednisone 5 mg is
    methylprednisolone 4 mg, hydrocortisone 20 mg, dexamethasone 0.75 mg, betamethasone
    0.6 mg (0.6 to 0.75 on labels), triamcinolone 4 mg and deflazacort 6 mg. What is
    published and what assumed: `equivalents_table`.

    Examples
    --------
    >>> prednisone_equivalent_mg("methylprednisolone", 1000)
    1250.0
    >>> prednisone_equivalent_mg(["prednisone", "hydrocortisone"], 20)
    array([20.,  5.])
    """
    drugs = np.asarray(drug, dtype=object)
    factors = np.array(
        [_factor(name, per_mg) for name in drugs.ravel()], dtype=np.float64
    )
    doses = np.asarray(dose_mg, dtype=np.float64)
    converted = factors.reshape(drugs.shape) * doses
    return float(converted) if converted.ndim == 0 else converted


def _factor(drug: object, per_mg: Mapping[str, float]) -> float:
    if isinstance(drug, str) and drug in per_mg:
        return per_mg[drug]
    meant = nearest(drug, STEROIDS) if isinstance(drug, str) else None
    raise UsageError(
        f"{drug!r} is not a known steroid; "
        + (f"did you mean {meant!r}? " if meant else "")
        + f"known are {', '.join(per_mg)}"
    )


def equivalents_table() -> pd.DataFrame:
    """Return the built-in conversion table with status, grade and source.

    Returns
    -------
    DataFrame
        ``drug``, ``mg`` (as 5 mg of prednisone), ``prednisone_mg`` (for 1 mg of the
        drug), ``status`` (published or assumed), ``grade`` (B published outside JDM,
        C assumed), ``source``.

    Examples
    --------
    >>> table = equivalents_table().set_index("drug")
    >>> table.loc["deflazacort", "mg"].item(), table.loc["deflazacort", "status"]
    (6.0, 'assumed')
    """
    return pd.DataFrame(
        [
            (drug, float(e.mg), 5 / e.mg, e.status, e.grade, e.source)
            for drug, e in EQUIVALENTS.items()
        ],
        columns=["drug", "mg", "prednisone_mg", "status", "grade", "source"],
    )
