"""corrupt: make faults on purpose in a synthetic cohort, and list every one of them.

A check is worth what it finds. Here the truth is known: each fault is put in at a place that
is written down, and nothing is put in that is not. So that no fault hides another,

- a child carries one fault at most: whatever else is said of that child is said of it alone;
- rows are never moved: what is added stands at the end of its table;
- faults are of nine stages, and only stages that can be seen together are mixed:
  ``cells`` (one cell or heading), ``rows`` (rows and tables that disagree), ``doubts``
  (warnings), ``frames`` (what a data frame can hold and a file cannot), ``about`` and
  ``mark`` (cohort.json, at most one of both), ``files`` (a file that cannot be read as it
  should hides whatever its rows say), ``steroids`` (asked only of a cohort without errors)
  and ``alone`` (a cohort without children).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.folder import ABOUT
from jdm_stats.errors import UsageError
from jdm_stats.html import html_table
from jdm_stats.intervals.marks import marked
from jdm_stats.replicates.numbers import is_whole
from jdm_stats.schema import nearest
from jdm_stats.simulation.spoiling.cohort.cells import CELLS, HEADINGS
from jdm_stats.simulation.spoiling.cohort.doubts import DOUBTS
from jdm_stats.simulation.spoiling.cohort.draft import Draft, FileEdit, Kind, Spot
from jdm_stats.simulation.spoiling.cohort.files import ABOUTS, FILES
from jdm_stats.simulation.spoiling.cohort.listing import check_listing
from jdm_stats.simulation.spoiling.cohort.rows import ALONE, ROWS, STEROID

__all__ = ["Corrupted", "corrupt", "corruption_kinds"]

_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            *(*HEADINGS, *CELLS, *ROWS, *STEROID),
            *(*ALONE, *DOUBTS, *FILES, *ABOUTS),
        )
    }
)
_TOGETHER = (
    frozenset({"cells", "rows", "doubts", "about", "mark"}),
    frozenset({"cells", "rows", "doubts", "frames"}),
    frozenset({"cells", "files", "about"}),
    frozenset({"steroids", "doubts"}),
    frozenset({"alone"}),
)
_IN_TABLES = ("cells", "rows", "doubts")
_HEADINGS = frozenset(kind.name for kind in HEADINGS)


@dataclass(frozen=True, slots=True, eq=False)
class Corrupted:
    """A spoilt synthetic cohort, with the list of what was done to it.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The four tables as an export might hold them: cells of any type.
    metadata : mapping
        What ``cohort.json`` says.
    injected : DataFrame
        One row per fault: ``injection kind code severity table row patient_id column old
        new says``. ``table``, ``row``, ``patient_id`` and ``column`` are where a check
        must tell it.
    changes : DataFrame
        One row per change that was made for them: ``injection what table row column old
        new``. A fault may need several.
    not_placed : tuple of str
        Kinds for which the cohort has no place (left).
    files : tuple of function
        What `jdm_stats.simulation.spoiling.cohort.writing.write_corrupted` does to the
        folder at last.
    """

    tables: Mapping[str, pd.DataFrame]
    metadata: Mapping[str, Any]
    injected: pd.DataFrame
    changes: pd.DataFrame
    not_placed: tuple[str, ...] = ()
    files: tuple[FileEdit, ...] = ()

    def __repr__(self) -> str:
        count, kinds = len(self.injected), self.injected["kind"].nunique()
        return (
            f"Corrupted(SYNTHETIC: {count} fault{'s' if count != 1 else ''} of {kinds} "
            f"kind{'s' if kinds != 1 else ''} in {len(self.tables['patients']):,} rows of "
            "patients)"
        )

    def _repr_html_(self) -> str:
        shown = self.injected.drop(columns=["injection", "says"])
        return html_table(
            shown.rename(columns=lambda name: name.replace("_", " ").capitalize()),
            caption="Faults made on purpose",
            synthetic=True,
        )


def corrupt(
    cohort: Cohort,
    *,
    rng: int | np.random.Generator,
    kinds: str | Sequence[str] | None = None,
    n: int | None = None,
) -> Corrupted:
    """Make faults on purpose in a synthetic cohort, and list every one of them.

    Parameters
    ----------
    cohort : Cohort
        A synthetic one, without errors and warnings of its own; it is not changed.
    rng : int or numpy.random.Generator
        Decides which children, rows, cells and values are spoilt.
    kinds : str or sequence of str, optional
        Kinds, codes or stages of `corruption_kinds`. By default all that show in the
        tables: the stages cells, rows and doubts.
    n : int, optional
        At most how many faults; by default one of each kind. With fewer than there are kinds,
        which ones is left to chance; with more, kinds come again.

    Returns
    -------
    Corrupted
        ``tables`` and ``metadata`` to be checked, ``injected`` to be found.

    Raises
    ------
    UsageError
        When the cohort is not synthetic, a kind is not known, the kinds cannot be seen
        together, or one of each is asked for and a kind finds no place.

    Notes
    -----
    Every change is written down as it is made, and at the end the tables are compared with
    the sound ones: a difference that is not on the list is an error of this function and
    stops it. Each child carries one fault at most; see the head of this module for how
    faults are kept from hiding each other.

    Examples
    --------
    >>> import jdm_stats as jdm
    >>> from jdm_stats.cohort.files import check_cohort
    >>> sound = jdm.simulate_cohort(60, rng=3)
    >>> spoilt = corrupt(sound, rng=1, kinds=["cells", "rows"], n=4)
    >>> spoilt
    Corrupted(SYNTHETIC: 4 faults of 4 kinds in 60 rows of patients)
    >>> told = {fault.rule for fault in check_cohort(dict(spoilt.tables))}
    >>> told == set(spoilt.injected["code"])
    True
    """
    if not isinstance(cohort, Cohort):
        raise UsageError(f"corrupt takes a Cohort, not {type(cohort).__name__}")
    if not cohort.synthetic:
        raise UsageError(
            "corrupt spoils synthetic cohorts only, and this one is not marked as such; "
            "use simulate_cohort to make one"
        )
    chosen = _chosen(kinds)
    draft = Draft.of(cohort, np.random.default_rng(rng))
    if kinds is None and draft.rng.random() < 0.5:  # it takes a column others need
        chosen = [kind for kind in chosen if kind.name != "missing_column"]
    queue = _queue(chosen, n, draft.rng)
    if kinds is not None:  # nothing that was asked for may lose the column it needs
        draft.claimed |= set().union(*(kind.reads for kind in queue))
    rows, not_placed = _place(draft, queue)
    if kinds is not None and n is None and not_placed:
        raise UsageError(
            f"no place is left for {', '.join(not_placed)} in {cohort.n_patients:,} "
            "children; take a larger cohort or fewer kinds"
        )
    changes = pd.DataFrame(
        draft.changes,
        columns=["injection", "what", "table", "row", "column", "old", "new"],
        dtype=object,
    )
    check_listing(draft)
    return Corrupted(
        MappingProxyType(draft.tables),
        MappingProxyType(draft.metadata),
        marked(_injected(rows), True),
        marked(changes, True),
        not_placed,
        tuple(draft.files),
    )


def corruption_kinds() -> pd.DataFrame:
    """Return the ways to go wrong that `corrupt` knows.

    Returns
    -------
    DataFrame
        One row per kind: ``kind code severity stage says``.

    Examples
    --------
    >>> corruption_kinds().query("code == 'wrong_type'")["kind"].tolist()
    ['wrong_type.word', 'wrong_type.decimal_comma', 'wrong_type.date', 'wrong_type.flag']
    """
    return pd.DataFrame(
        [
            (kind.name, kind.code, _severity(kind), kind.stage, kind.says)
            for kind in _KINDS.values()
        ],
        columns=["kind", "code", "severity", "stage", "says"],
    )


def _severity(kind: Kind) -> str:
    return "warning" if kind.stage == "doubts" else "error"


def _chosen(kinds: str | Sequence[str] | None) -> list[Kind]:
    if kinds is None:
        return [kind for kind in _KINDS.values() if kind.stage in _IN_TABLES]
    asked = [kinds] if isinstance(kinds, str) else list(kinds)
    chosen: dict[str, Kind] = {}
    for word in asked:
        found = {
            kind.name: kind
            for kind in _KINDS.values()
            if word in (kind.name, kind.code, kind.stage)
        }
        if not found:
            known = [w for kind in _KINDS.values() for w in (kind.name, kind.stage)]
            meant = nearest(str(word), known)
            raise UsageError(
                f"there is no kind of fault {word!r}; "
                + (f"did you mean {meant!r}? " if meant else "")
                + "corruption_kinds() lists them"
            )
        chosen |= found
    stages = {kind.stage for kind in chosen.values()}
    if not any(stages <= together for together in _TOGETHER):
        raise UsageError(
            f"faults of the stages {', '.join(sorted(stages))} hide each other; together "
            "go " + "; ".join(", ".join(sorted(stages)) for stages in _TOGETHER)
        )
    return list(chosen.values())


def _queue(chosen: list[Kind], n: int | None, rng: np.random.Generator) -> list[Kind]:
    """Return the kinds in the order of trying: headings first, as they take columns."""
    count = len(chosen) if n is None else n
    if not is_whole(count) or count < 1:
        raise UsageError(f"n must be a whole number of 1 or more, not {n!r}")
    order: list[Kind] = []
    once: set[str] = set()
    while len(order) < count:
        before = len(order)
        for at in rng.permutation(len(chosen)):
            kind = chosen[at]
            if _only(kind) not in once:
                order.append(kind)
                once |= {_only(kind)} - {""}
        if len(order) == before:
            break
    return sorted(order[:count], key=lambda kind: kind.name not in _HEADINGS)


def _only(kind: Kind) -> str:
    """Return of what a cohort can hold one only; empty where it can hold several."""
    if kind.stage in ("about", "mark"):
        return ABOUT
    return kind.name if kind.name in _ONCE else ""


def _place(
    draft: Draft, queue: list[Kind]
) -> tuple[list[tuple[int, Kind, Spot]], tuple[str, ...]]:
    rows: list[tuple[int, Kind, Spot]] = []
    not_placed: list[str] = []
    for kind in queue:
        draft.injection = len(rows) + 1
        spot = None
        if not kind.reads & draft.lost:
            spot = kind.put(draft)
        if spot is None:
            not_placed.append(kind.name)
            continue
        draft.take(spot.patient_id)
        rows.append((draft.injection, kind, spot))
    return rows, tuple(not_placed)


# Kinds that can stand in a cohort once only.
_ONCE = frozenset(
    {
        *("events_on_one_day", "no_patients", "duplicate_column"),
        *("unknown_column.misspelt", "missing_table"),
    }
)


def _injected(rows: list[tuple[int, Kind, Spot]]) -> pd.DataFrame:
    frame = pd.DataFrame(
        [
            (
                *(number, kind.name, kind.code, _severity(kind), spot.table, spot.row),
                *(spot.patient_id, spot.column, spot.old, spot.new, kind.says),
            )
            for number, kind, spot in rows
        ],
        columns=[
            *("injection", "kind", "code", "severity", "table", "row"),
            *("patient_id", "column", "old", "new", "says"),
        ],
        dtype=object,
    )
    return frame.astype({"injection": "int64", "row": "Int64"})
