"""The fits that R's engine_*.R scripts recorded, made again by this package.

Each record names its rows, its formula and its columns, so that one function makes every
fit; terms are put into R's order and names before numbers are compared.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.models.cox import fit_cox
from jdm_stats.models.fit import FitResult
from jdm_stats.models.logistic import fit_logistic
from tests.models.conftest import REFERENCE, read_json

TIES = ("efron", "breslow")


@cache
def record(name: str) -> dict[str, Any]:
    """Fits by name in one JSON file of R's numbers."""
    return read_json(f"{name}.json")["fits"]


def specs() -> dict[str, Any]:
    """Rows, formula and columns of each Cox fit."""
    return record("engine_coxph")


def names(file: str) -> list[str]:
    """Names of the fits in a file, for parametrised tests."""
    return list(record(file))


def rows_of(spec: dict[str, Any]) -> pd.DataFrame:
    """Read the rows of a fit, replicated where R's were; the event coded 0/1."""
    frame = pd.read_csv(REFERENCE / spec["data"])
    if spec.get("replicate"):
        frame = frame.loc[frame.index.repeat(frame[spec["replicate"]])]
        frame = frame.reset_index(drop=True)
    if "event_code" in spec:
        frame["event"] = (frame["event"] == spec["event_code"]).astype(int)
    return frame


def columns_of(spec: dict[str, Any]) -> dict[str, Any]:
    """Name the columns beside the formula as keyword arguments."""
    return {
        role: spec[role]
        for role in ("strata", "weights", "cluster", "offset")
        if spec.get(role)
    }


@cache
def cox(name: str, ties: str, penalty: str | None = None) -> FitResult:
    """Fit one of R's Cox models; Wald limits, which cost nothing."""
    spec = specs()[name]
    return fit_cox(
        rows_of(spec),
        spec["formula"],
        ties=ties,
        penalty=penalty,
        interval="wald",
        **columns_of(spec),
    )


@cache
def logistic(name: str, penalty: str | None = None) -> FitResult:
    """Fit one of R's logistic models: profile limits of independent rows, else Wald's."""
    spec = record("engine_glm")[name]
    independent = not spec["cluster"] and spec["weights"] != "w_frac"
    return fit_logistic(
        rows_of(spec),
        spec["formula"],
        event=spec["y"],
        penalty=penalty,
        interval="profile" if independent else "wald",
        **columns_of(spec),
    )


def in_r(term: str) -> str:
    """Name a term as R does: ``group[T.b_low]`` is ``groupb_low``."""
    term = term.replace("[T.", "").replace("]", "")
    return "(Intercept)" if term == "Intercept" else term


def order(fit: FitResult, expected: dict[str, Any]) -> list[int]:
    """Places of R's terms among those of the fit."""
    ours = [in_r(term) for term in fit.terms]
    assert sorted(ours) == sorted(expected["terms"])
    return [ours.index(term) for term in expected["terms"]]


def matrix(found: Any, at: list[int]) -> np.ndarray:
    """Put a matrix by terms into R's order."""
    return np.asarray(found, dtype=float)[np.ix_(at, at)]


def assert_close(found: Any, expected: Any, tolerance: float) -> None:
    """Compare within a share of the largest number expected."""
    expected = np.asarray(expected, dtype=float)
    np.testing.assert_allclose(
        np.asarray(found, dtype=float),
        expected,
        rtol=tolerance,
        atol=tolerance * np.max(np.abs(expected)),
    )
