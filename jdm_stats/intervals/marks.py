"""Whether rows come from simulated children: the mark that must not be lost on the way."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

SYNTHETIC_NOTE = "SYNTHETIC data: no child stands behind these numbers."
IMPUTED_NOTE = (
    "IMPUTED data: one of several imputations; its limits leave out that values were "
    "drawn, so pool the fits of all of them (pool_fits)."
)


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


def is_imputed(frame: pd.DataFrame) -> bool:
    """Tell whether a table was made from a cohort that holds imputed values.

    Examples
    --------
    >>> is_imputed(marked(pd.DataFrame(), False, imputed=True))
    True
    >>> is_imputed(pd.DataFrame())
    False
    """
    return bool(frame.attrs.get("jdm_stats", {}).get("imputed"))


@dataclass(frozen=True, slots=True)
class RecurrentMark:
    """What is meant by several events of one child.

    Parameters
    ----------
    scheme : {"andersen_gill", "pwp_total", "pwp_gap"}
        How risk sets are made; see `jdm_stats.intervals.recurrent.recurrent_rows`.
    patient_id : str
        Column that names the child.
    stratum : str, optional
        Column of the strata, where the scheme has any.
    spell : str, optional
        Column that tells stretches with a clock of their own, where clocks start anew.
    """

    scheme: str
    patient_id: str
    stratum: str | None = None
    spell: str | None = None

    def noted(self) -> dict[str, str | None]:
        """Describe the mark for ``attrs["jdm_stats"]["recurrent"]``."""
        return asdict(self)


def recurrent_mark(frame: pd.DataFrame) -> RecurrentMark | None:
    """Read from a table whether it means several events of one child; None if not.

    Examples
    --------
    >>> mark = RecurrentMark("andersen_gill", "patient_id")
    >>> rows = marked(pd.DataFrame(), False, recurrent=mark.noted())
    >>> recurrent_mark(rows) == mark, recurrent_mark(pd.DataFrame())
    (True, None)
    """
    noted = frame.attrs.get("jdm_stats", {}).get("recurrent")
    return RecurrentMark(**noted) if isinstance(noted, dict) else None


def standing_notes(frame: pd.DataFrame) -> list[str]:
    """Return the sentences that every result of this table has to carry.

    What the maker of the table wrote into ``attrs["jdm_stats"]["notes"]`` is among them.

    Examples
    --------
    >>> standing_notes(pd.DataFrame())
    []
    """
    notes = [SYNTHETIC_NOTE] if is_synthetic(frame) else []
    notes += [IMPUTED_NOTE] if is_imputed(frame) else []
    return notes + list(frame.attrs.get("jdm_stats", {}).get("notes", ()))


def marked(table: pd.DataFrame, synthetic: bool, **noted: Any) -> pd.DataFrame:
    """Write the mark, and what else is to be noted, into a table's ``attrs``."""
    table.attrs["jdm_stats"] = {"synthetic": bool(synthetic), **noted}
    return table
