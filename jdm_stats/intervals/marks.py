"""Whether rows come from simulated children: the mark that must not be lost on the way."""

from __future__ import annotations

from typing import Any

import pandas as pd

SYNTHETIC_NOTE = "SYNTHETIC data: no child stands behind these numbers."


def is_synthetic(frame: pd.DataFrame) -> bool:
    """Tell whether a table holds simulated children.

    The mark stands in ``attrs["jdm_stats"]``, which a merge or a file drops; the column
    ``pattern``, which only synthetic cohorts fill, tells as well.

    Parameters
    ----------
    frame : DataFrame

    Returns
    -------
    bool

    Examples
    --------
    >>> is_synthetic(pd.DataFrame({"pattern": ["background"]}))
    True
    >>> is_synthetic(pd.DataFrame({"pattern": [None]}))
    False
    """
    if frame.attrs.get("jdm_stats", {}).get("synthetic"):
        return True
    return "pattern" in frame.columns and bool(frame["pattern"].notna().any())


def marked(table: pd.DataFrame, synthetic: bool, **noted: Any) -> pd.DataFrame:
    """Write the mark, and what else is to be noted, into a table's ``attrs``."""
    table.attrs["jdm_stats"] = {"synthetic": bool(synthetic), **noted}
    return table
