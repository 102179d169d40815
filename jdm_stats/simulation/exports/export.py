"""export_registry: a synthetic cohort written as a hospital's export, with its mapping.

Whoever builds a way in needs exports whose truth is known. This one writes a cohort in a
dialect of its own (dates, units, words, brands, headings, delimiter, encoding) and the
mapping that leads back, so that reading the export gives the cohort's tables again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.schema import TABLES, nearest
from jdm_stats.simulation.exports.cells import Calendar, Variant, write_table
from jdm_stats.simulation.exports.files import Paper, mapping_text, render
from jdm_stats.simulation.exports.layouts import LAYOUTS, Laid, lay_out
from jdm_stats.simulation.exports.styles import STYLES, Style

__all__ = ["Export", "draft_export", "export_registry"]


@dataclass(slots=True)
class Export:
    """An export before it is written: files, places of all rows, and the mapping."""

    style: Style
    variant: Variant
    calendar: Calendar
    laid: Laid
    papers: dict[str, Paper]
    mapping: str


def export_registry(
    cohort: Cohort,
    path: str | os.PathLike[str],
    *,
    style: str = "german",
    layout: str = "several",
    rng: int | np.random.Generator,
) -> tuple[Path, str]:
    """Write a synthetic cohort as a hospital's export, and return its mapping.

    Parameters
    ----------
    cohort : Cohort
        A synthetic one; it is not changed.
    path : path-like
        A folder that is not there yet, or an empty one.
    style : {"german", "english", "french"}
        Delimiter, encoding, decimal mark, dates, units, words, brands and headings.
    layout : {"several", "long", "wide"}
        A file for each table; one file with a column for the kind of row; or one line for
        each child with its courses and events in numbered columns, and a file of visits.
    rng : int or numpy.random.Generator
        Chooses dates of diagnosis, brands, and what registers do one way or another:
        antibodies in one cell or a column each, doses in words or with a unit beside
        them, weight in kg or g, the word for an empty cell.

    Returns
    -------
    folder : Path
    mapping : str
        The text of the mapping; ``CohortMapping.from_text`` takes it.

    Raises
    ------
    UsageError
        When the cohort is not synthetic, the folder is not empty, or style or layout is
        not known.

    Notes
    -----
    Read back by the mapping, the four tables are the cohort's, but for this: a
    ``dose_basis`` without a dose is not kept; the layout ``wide`` keeps the rows of
    courses, events and assessments, not their order; and cells of free text that hold
    nothing but blanks come back empty. Days become dates: day 0 is drawn within the
    child's year of diagnosis (or 2012, where none is known).

    Examples
    --------
    >>> import tempfile
    >>> import jdm_stats as jdm
    >>> from jdm_stats.cohort.mapping.model import CohortMapping
    >>> cohort = jdm.simulate_cohort(20, rng=3)
    >>> with tempfile.TemporaryDirectory() as place:
    ...     folder, text = export_registry(cohort, Path(place) / "export", rng=1)
    ...     again = jdm.read_cohort(folder, mapping=CohortMapping.from_text(text))
    ...     sorted(file.name for file in folder.iterdir())
    ['ereignisse.csv', 'kinder.csv', 'medikation.csv', 'messungen.csv']
    >>> again.courses.equals(cohort.courses), again.patients.equals(cohort.patients)
    (True, True)
    """
    folder = _empty(path)
    export = draft_export(cohort, style=style, layout=layout, rng=rng)
    folder.mkdir(parents=True, exist_ok=True)
    for sheet in export.laid.sheets:
        content, _ = render(sheet, export.papers[sheet.name])
        (folder / f"{sheet.name}.csv").write_bytes(content)
    return folder, export.mapping


def _empty(path: str | os.PathLike[str]) -> Path:
    folder = Path(path)
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty; choose a new folder")
    return folder


def draft_export(
    cohort: Cohort,
    *,
    style: str,
    layout: str,
    rng: int | np.random.Generator,
) -> Export:
    """Lay a cohort out as an export without writing it; see `export_registry`."""
    if not isinstance(cohort, Cohort):
        raise UsageError(f"an export needs a Cohort, not {type(cohort).__name__}")
    if not cohort.synthetic:
        raise UsageError(
            "only synthetic cohorts are written as made-up registers, and this one is "
            "not marked as such; use simulate_cohort to make one"
        )
    _known("style", style, STYLES)
    _known("layout", layout, LAYOUTS)
    chance, manner = np.random.default_rng(rng), STYLES[style]
    frames: dict[str, pd.DataFrame] = {name: getattr(cohort, name) for name in TABLES}
    variant = Variant.drawn(manner, chance, frames)
    calendar = Calendar.drawn(frames, chance)
    tables = {
        name: write_table(name, frame, manner, variant, calendar, chance)
        for name, frame in frames.items()
    }
    laid = lay_out(tables, frames, manner, layout)
    papers = {
        sheet.name: Paper(manner.encoding, manner.delimiter, manner.line_end)
        for sheet in laid.sheets
    }
    name = str(cohort.metadata["name"])
    text = mapping_text(name, manner, variant, calendar, laid.blocks)
    return Export(manner, variant, calendar, laid, papers, text)


def _known(what: str, word: str, known: object) -> None:
    words = list(known)  # type: ignore[call-overload]
    if word not in words:
        meant = nearest(str(word), words)
        hint = f"did you mean {meant!r}? " if meant else ""
        raise UsageError(f"there is no {what} {word!r}; {hint}use {', '.join(words)}")
