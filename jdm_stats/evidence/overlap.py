"""Which published series share children, and how never to count a child twice.

Each row of `published_cases` and `published_cohorts` belongs to an ``overlap_group``: the
hospital or registry its children come from. ``pool`` is true for the one series that may
stand for its group (for cases: for children known to be different). ``overlap_status``
says why: ``alone``, ``chosen from its group``, ``nested or overlapping``, ``distinct``, or
``not ruled out`` where the text read does not name the hospital or leaves it open whether
the same child was reported before. Registries of one continent may also share children
that no abstract mentions; the groups hold only what could be seen.
"""

from __future__ import annotations

import pandas as pd

from jdm_stats.errors import DataError, Fault, UsageError
from jdm_stats.evidence.published import published_cohorts

__all__ = ["independent_cohorts", "one_per_group", "poolable", "shared_groups"]

_NEEDED = ("overlap_group", "overlap_status", "pool")
_DENOMINATORS = {
    "n_perforation": "perforation_denominator",
    "n_gi_involvement": "gi_denominator",
    "n_deaths": "deaths_denominator",
}
_BY_ANTIBODY = (
    *("n_nxp2", "n_tif1g", "n_mda5", "n_mi2", "n_ars", "n_srp", "n_hmgcr"),
    *("n_msa_negative", "n_ro52", "n_overlap_maa"),
)


def poolable(frame: pd.DataFrame) -> pd.DataFrame:
    """Hand back rows that may be pooled, or refuse if a child could count twice.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of `published_cases`, `published_cohorts` or any table with the columns
        ``overlap_group``, ``overlap_status`` and ``pool``.

    Returns
    -------
    pandas.DataFrame
        A copy of the same rows.

    Raises
    ------
    UsageError
        If the three columns are not all there.
    DataError
        With one fault per row that shares children with another row, or may do so.

    Examples
    --------
    >>> cohorts = published_cohorts()
    >>> poolable(cohorts[cohorts["source"].isin(["Xu 2021", "Xu 2023"])])
    Traceback (most recent call last):
    ...
    jdm_stats.errors.DataError: these rows must not be pooled; they have 1 fault: ...
    """
    missing = [name for name in _NEEDED if name not in frame.columns]
    if missing:
        raise UsageError(
            f"poolable needs the column{'s' if len(missing) > 1 else ''} "
            f"{', '.join(missing)}; received {', '.join(map(str, frame.columns))}; pass "
            "rows of published_cases() or published_cohorts()"
        )
    shared = frame["overlap_group"].duplicated(keep=False).to_numpy()
    barred = ~frame["pool"].fillna(False).astype(bool).to_numpy()
    unclear = (frame["overlap_status"] == "not ruled out").to_numpy()
    several = len(frame) > 1
    faults = [
        _fault(row, place, bool(unclear[place - 1]))
        for place, row in enumerate(frame.to_dict("records"), start=1)
        if (shared[place - 1] and barred[place - 1]) or (unclear[place - 1] and several)
    ]
    if faults:
        raise DataError(faults, "these rows must not be pooled; they have")
    return frame.copy()


def _fault(row: dict, place: int, unclear: bool) -> Fault:
    name = next((str(row[k]) for k in ("case_id", "cohort") if k in row), "this row")
    why = (
        f"{name} may hold children of another row"
        if unclear
        else f"{name} shares children with another row of {row['overlap_group']}"
    )
    return Fault(
        table="evidence",
        row=place,
        patient_id=None,
        column="overlap_group",
        rule="counted_twice",
        message=why,
        remedy="keep one row per overlap_group, as independent_cohorts() does",
    )


def independent_cohorts(measure: str) -> pd.DataFrame:
    """Give the series that state a count, never two that share children.

    Of a group the row marked ``pool`` is taken if it states the count, else the row with
    the larger denominator. A series whose hospital was not seen is left out.

    Parameters
    ----------
    measure : str
        A count of `published_cohorts`: ``n_perforation``, ``n_gi_involvement``,
        ``n_deaths``, ``n_nxp2`` and so on.

    Returns
    -------
    pandas.DataFrame
        Rows of `published_cohorts`, in its order. What was counted, and among whom,
        still differs from row to row: read ``perforation_counted``, ``gi_counted`` and
        ``deaths_counted`` before adding anything up.

    Raises
    ------
    UsageError
        If there is no such count.

    Examples
    --------
    >>> independent_cohorts("n_perforation")["source"].tolist()
    ['Xu 2023', 'Singh 2013; Singh 2014']
    """
    known = (*_DENOMINATORS, *_BY_ANTIBODY)
    if measure not in known:
        raise UsageError(
            f"independent_cohorts knows the counts {', '.join(known)}; received "
            f"{measure!r}"
        )
    cohorts = published_cohorts()
    stated = cohorts[cohorts[measure].notna()]
    return poolable(one_per_group(stated, _DENOMINATORS.get(measure, "n_msa_tested")))


def one_per_group(frame: pd.DataFrame, size: str) -> pd.DataFrame:
    """Keep one row per overlap group: the one marked ``pool``, else the largest.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows with ``overlap_group``, ``overlap_status`` and ``pool``.
    size : str
        Column that says how large a row is; a missing size counts as 0.

    Returns
    -------
    pandas.DataFrame
        The kept rows in their old order, those ``not ruled out`` left aside.

    Examples
    --------
    >>> cohorts = published_cohorts()
    >>> uk = cohorts[cohorts["overlap_group"] == "UK JDCBS"]
    >>> one_per_group(uk, "n_jdm")["source"].tolist()
    ['Tansley 2017']
    """
    clear = frame[frame["overlap_status"] != "not ruled out"]
    order = pd.DataFrame(
        {
            "group": clear["overlap_group"],
            "pool": clear["pool"].fillna(False).astype(bool),
            "size": clear[size].fillna(0).astype("int64"),
        }
    ).sort_values(["pool", "size"], ascending=False, kind="stable")
    kept = order.drop_duplicates("group").index
    return clear[clear.index.isin(kept)].copy()


def shared_groups(frame: pd.DataFrame) -> list[str]:
    """Name the overlap group of each row that shares one, and leave the others blank.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows with ``overlap_group``.

    Returns
    -------
    list of str
        One entry a row, as figures expect it.

    Examples
    --------
    >>> shared_groups(pd.DataFrame({"overlap_group": ["Beijing", "Delhi", "Beijing"]}))
    ['Beijing', '', 'Beijing']
    """
    twice = frame["overlap_group"].duplicated(keep=False)
    return frame["overlap_group"].where(twice, "").tolist()
