"""corrupt_export: a synthetic cohort as a hospital's export, with faults made on purpose.

The faults are those that real exports carry before any mapping: 31.02.2019, a decimal
point among commas, a dose without a unit, a child missing from patients, a line of sums.
So that no fault hides another, a child carries one at most, and faults of whole files
(stage ``files``) are made apart from those of cells and rows. What looks like a fault and
is none (``harmless``) goes with either; what no rule can know (``unseen``) is a stage of
its own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.html import html_table
from jdm_stats.intervals.marks import marked
from jdm_stats.replicates.numbers import is_whole
from jdm_stats.schema import TABLES, nearest
from jdm_stats.simulation.exports.export import draft_export
from jdm_stats.simulation.exports.files import render
from jdm_stats.simulation.exports.layouts import Line
from jdm_stats.simulation.spoiling.export.cells import DATES, FIGURES, WORDS
from jdm_stats.simulation.spoiling.export.clinic import ANTIBODIES, DOSES, UNSEEN
from jdm_stats.simulation.spoiling.export.draft import ExportDraft, ExportKind, Told
from jdm_stats.simulation.spoiling.export.files import FILES
from jdm_stats.simulation.spoiling.export.harmless import HARMLESS, ODD_LETTERS
from jdm_stats.simulation.spoiling.export.listing import Filed, check_files
from jdm_stats.simulation.spoiling.export.rows import ROWS

__all__ = ["CorruptedExport", "corrupt_export", "export_corruption_kinds"]

_KINDS: Mapping[str, ExportKind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            *(*DATES, *FIGURES, *WORDS, *DOSES, *ANTIBODIES, *ODD_LETTERS),
            *(*ROWS, *FILES, *HARMLESS, *UNSEEN),
        )
    }
)
_WARNINGS = ("high_daily_dose", "mojibake", "lost_letters")


@dataclass(frozen=True, slots=True, eq=False)
class CorruptedExport:
    """A spoilt synthetic export, with the list of what was done to it.

    Parameters
    ----------
    folder : Path
    mapping : str
        The text of its mapping, which is sound.
    injected : DataFrame
        One row per fault to be told: ``injection kind code severity source file line
        heading patient_id column old new says``; ``source`` is the place as a check names
        it, ``column`` the column of ours. One injection may be told in several places.
    changes : DataFrame
        All that was done to the files: ``injection kind what file line heading old new``.
    not_placed : tuple of str
        Kinds for which this export has no place.
    """

    folder: Path
    mapping: str
    injected: pd.DataFrame
    changes: pd.DataFrame
    not_placed: tuple[str, ...] = ()

    def __repr__(self) -> str:
        count, kinds = len(self.injected), self.injected["kind"].nunique()
        return (
            f"CorruptedExport(SYNTHETIC {self.folder.name!r}: {count} "
            f"fault{'s' if count != 1 else ''} of {kinds} kind{'s' if kinds != 1 else ''})"
        )

    def _repr_html_(self) -> str:
        shown = self.injected.drop(columns=["injection", "says", "source"])
        return html_table(
            shown.rename(columns=lambda name: name.replace("_", " ").capitalize()),
            caption=f"Faults made on purpose in {self.folder.name}",
            synthetic=True,
        )


def corrupt_export(
    cohort: Cohort,
    path: str | os.PathLike[str],
    *,
    style: str = "german",
    layout: str = "several",
    rng: int | np.random.Generator,
    kinds: str | Sequence[str] | None = None,
    n: int | None = None,
) -> CorruptedExport:
    """Write a synthetic cohort as a hospital's export with faults made on purpose.

    Parameters
    ----------
    cohort, path, style, layout
        As for `jdm_stats.simulation.exports.export.export_registry`. The cohort has no
        errors and warnings of its own.
    rng : int or numpy.random.Generator
        Decides on the export and on what is spoilt.
    kinds : str or sequence of str, optional
        Kinds, codes or stages of `export_corruption_kinds`; the stages cells, rows and
        harmless when not said.
    n : int, optional
        At most how many; by default one of each kind, as far as there is a place.

    Returns
    -------
    CorruptedExport

    Raises
    ------
    UsageError
        When the cohort is not synthetic, the folder is not empty, a kind is not known, or
        faults of files are asked for together with those of cells and rows.

    Notes
    -----
    Every change is written down. At the end the files are read again and the list is
    undone in them; what is left must be the sound files, or the function stops.

    Examples
    --------
    >>> import tempfile
    >>> import jdm_stats as jdm
    >>> from jdm_stats.cohort.mapping.model import CohortMapping
    >>> cohort = jdm.simulate_cohort(20, rng=3)
    >>> with tempfile.TemporaryDirectory() as place:
    ...     spoilt = corrupt_export(
    ...         cohort, Path(place) / "export", rng=1, kinds="date_impossible", n=1
    ...     )
    ...     mapping = CohortMapping.from_text(spoilt.mapping)
    ...     [fault] = jdm.check_cohort(spoilt.folder, mapping=mapping)
    >>> fault.source == spoilt.injected["source"].item()
    True
    """
    if n is not None and not (is_whole(n) and n >= 1):
        raise UsageError(f"n must be a whole number of 1 or more, not {n!r}")
    folder = Path(path)
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty; choose a new folder")
    chosen = _chosen(kinds)
    chance = np.random.default_rng(rng)
    export = draft_export(cohort, style=style, layout=layout, rng=chance)
    frames = {name: getattr(cohort, name) for name in TABLES}
    events, children = frames["events"], frames["patients"]["patient_id"]
    died = set(events.loc[(events["event"] == "death").to_numpy(bool), "patient_id"])
    draft = ExportDraft(export, frames, chance, set(children), died, layout)
    sound = _written(draft)
    order = [chosen[at] for at in chance.permutation(len(chosen))]
    not_placed, placed = _place(draft, order, n)
    spoilt = _written(draft)
    check_files(draft, sound, spoilt)
    folder.mkdir(parents=True, exist_ok=True)
    for name, filed in spoilt.items():
        (folder / f"{name}.csv").write_bytes(filed.content)
    lines = {line: at for filed in spoilt.values() for line, at in filed.lines.items()}
    return CorruptedExport(
        folder,
        export.mapping,
        marked(_injected(draft, placed, lines), True),
        marked(_changes(draft, placed, lines), True),
        not_placed,
    )


def export_corruption_kinds() -> pd.DataFrame:
    """Return the ways to go wrong that `corrupt_export` knows.

    Returns
    -------
    DataFrame
        One row per kind: ``kind code severity stage says``; code and severity are empty
        for what is harmless, and for what no rule can know (stage ``unseen``).

    Examples
    --------
    >>> export_corruption_kinds().query("stage == 'unseen'")["kind"].tolist()
    ['unseen.mg_kg_as_mg']
    """
    return pd.DataFrame(
        [
            (kind.name, kind.code, _severity(kind), kind.stage, kind.says)
            for kind in _KINDS.values()
        ],
        columns=["kind", "code", "severity", "stage", "says"],
    )


def _severity(kind: ExportKind) -> str:
    if not kind.told:
        return ""
    return "warning" if kind.code in _WARNINGS else "error"


def _chosen(kinds: str | Sequence[str] | None) -> list[ExportKind]:
    asked = ("cells", "rows", "harmless") if kinds is None else kinds
    chosen: dict[str, ExportKind] = {}
    for word in [asked] if isinstance(asked, str) else asked:
        found = {
            kind.name: kind
            for kind in _KINDS.values()
            if word in (kind.name, kind.name.partition(".")[0], kind.stage)
        }
        if not found:
            known = [w for kind in _KINDS.values() for w in (kind.name, kind.stage)]
            meant = nearest(str(word), known)
            raise UsageError(
                f"there is no kind of fault {word!r}; "
                + (f"did you mean {meant!r}? " if meant else "")
                + "export_corruption_kinds() lists them"
            )
        chosen |= found
    stages = {kind.stage for kind in chosen.values()}
    if "files" in stages and stages != {"files"}:
        raise UsageError(
            "a file that cannot be read hides whatever its rows say: take kinds of the "
            "stage files alone"
        )
    return list(chosen.values())


def _written(draft: ExportDraft) -> dict[str, Filed]:
    filed = {}
    for sheet in draft.export.laid.sheets:
        paper = draft.export.papers[sheet.name]
        content, lines = render(sheet, paper)
        kept = type(paper)(
            *(getattr(paper, name) for name in paper.__dataclass_fields__)
        )
        filed[sheet.name] = Filed(content, lines, kept)
    return filed


def _place(
    draft: ExportDraft, order: list[ExportKind], n: int | None
) -> tuple[tuple[str, ...], dict[int, ExportKind]]:
    placed: dict[int, ExportKind] = {}
    not_placed: list[str] = []
    for kind in order:
        if n is not None and len(placed) == n:
            break
        draft.injection = len(placed) + 1
        if kind.put(draft):
            placed[draft.injection] = kind
        else:
            not_placed.append(kind.name)
    return tuple(not_placed), placed


def _source(told: Told, lines: Mapping[Line, int]) -> tuple[str, str, int | None]:
    """Say a fault's place as a check does."""
    file = f"{told.sheet}.csv"
    line = told.line if not isinstance(told.line, Line) else lines[told.line]
    if line is None:
        return file, file, None
    where = f"{file} line {line}"
    return where + (f", column {told.heading!r}" if told.heading else ""), file, line


def _injected(
    draft: ExportDraft, placed: Mapping[int, ExportKind], lines: Mapping[Line, int]
) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for told in draft.told:
        kind, (source, file, line) = placed[told.injection], _source(told, lines)
        rows.append(
            (
                *(told.injection, kind.name, told.rule, told.severity, source, file),
                *(line, told.heading, told.child, told.column, told.old, told.new),
                kind.says,
            )
        )
    names = (
        *("injection", "kind", "code", "severity", "source", "file", "line", "heading"),
        *("patient_id", "column", "old", "new", "says"),
    )
    frame = pd.DataFrame(rows, columns=list(names), dtype=object)
    return frame.astype({"injection": "int64", "line": "Int64"})


def _changes(
    draft: ExportDraft, placed: Mapping[int, ExportKind], lines: Mapping[Line, int]
) -> pd.DataFrame:
    rows = [
        (
            *(change.injection, placed[change.injection].name, change.what),
            *(
                f"{change.sheet}.csv",
                None if change.at is None else lines.get(change.at),
            ),
            *(change.heading, change.old, change.new),
        )
        for change in draft.changes
    ]
    names = ("injection", "kind", "what", "file", "line", "heading", "old", "new")
    frame = pd.DataFrame(rows, columns=list(names), dtype=object)
    return frame.astype({"injection": "int64", "line": "Int64"})
