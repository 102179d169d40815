"""Levels of factors that the formula language would quietly take for the reference level."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pandas as pd
from formulaic.errors import DataMismatchWarning

from jdm_stats.errors import DesignError


def refuse_lost_levels(spec: Any) -> None:
    """Refuse levels that begin with two underscores: formulaic leaves their columns out.

    Parameters
    ----------
    spec : formulaic.ModelSpec
        After coding, so that it knows the levels.

    Raises
    ------
    DesignError
        Naming all of them.

    Examples
    --------
    >>> from formulaic import Formula
    >>> frame = pd.DataFrame({"antibody": ["NXP2", "__missing__", "TIF1g"]})
    >>> coded = Formula("antibody").get_model_matrix(frame)
    >>> refuse_lost_levels(coded.model_spec)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    jdm_stats.errors.DesignError: ... (antibody: ['__missing__']); rename them
    """
    lost = {
        str(factor): [level for level in state.levels if str(level).startswith("__")]
        for factor, state in spec.factor_contrasts.items()
    }
    said = "; ".join(f"{factor}: {levels}" for factor, levels in lost.items() if levels)
    if said:
        raise DesignError(
            "levels that begin with two underscores are lost in a formula and would count as "
            f"the reference level ({said}); rename them"
        )


def code_seen_levels(spec: Any, plain: pd.DataFrame) -> pd.DataFrame:
    """Code new rows, refusing levels that the fitted rows did not have.

    Parameters
    ----------
    spec : object with ``get_model_matrix``
        Of the fit.
    plain : DataFrame of shape (n, columns)
        New rows, with every variable present.

    Returns
    -------
    DataFrame
        One column per coded column.

    Raises
    ------
    DesignError
        Naming the levels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DataMismatchWarning)
            coded: pd.DataFrame = spec.get_model_matrix(plain)
    except DataMismatchWarning as error:
        listed = re.search(r"\{(.*)\}", str(error), re.DOTALL)
        levels = ", ".join(sorted(listed[1].split(", "))) if listed else str(error)
        raise DesignError(
            f"the new rows have levels that the fit has not seen and has no estimate for: "
            f"{levels}; leave those rows out"
        ) from None
    return coded
