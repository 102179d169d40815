"""Headings and empty cells, for every door: what a column is called, what is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.errors import Fault

__all__ = ["RULES", "framed", "without_missing_words"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "blank_heading": "Every column that holds anything has a heading.",
        "repeated_heading": "No two columns of an export have one heading.",
    }
)

Objects = npt.NDArray[np.object_]
_NUMERAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def framed(
    headings: Sequence[str], columns: Sequence[Objects], *, name: str, source: str
) -> tuple[pd.DataFrame, list[Fault], tuple[str, ...]]:
    """Put columns under their headings.

    A column with neither a heading nor a cell, as spreadsheets write at the right edge,
    is passed over and noted.

    Returns
    -------
    frame : DataFrame
        Columns of objects.
    faults : list of Fault
        Blank and repeated headings.
    notes : tuple of str

    Examples
    --------
    >>> columns = [np.array(["1"], dtype=object), np.array([None], dtype=object)]
    >>> framed(["PatNr", ""], columns, name="t", source="t.csv")[2]
    ('column 2 has no heading and no cells and is passed over',)
    """
    faults, notes, kept = [], [], []

    def report(rule: str, column: str | None, message: str, remedy: str) -> None:
        faults.append(
            Fault(name, None, None, column, rule, message, remedy, source=source)
        )

    for place, heading in enumerate(headings):
        if heading.strip():
            kept.append(place)
        elif all(cell is None or cell == "" for cell in columns[place]):
            said = f"column {place + 1} has no heading and no cells and is passed over"
            notes.append(said)
        else:
            kept.append(place)
            said = f"column {place + 1} holds cells but has no heading"
            report("blank_heading", None, said, "give it a heading, or remove it")
    names = pd.Index([headings[place] for place in kept], dtype=object)
    counts = pd.Series(names).value_counts(sort=False)
    for repeated, count in counts[counts > 1].items():
        if str(repeated).strip():
            said = f"the heading {repeated!r} stands {count} times"
            report(
                *("repeated_heading", str(repeated), said),
                "give each column a heading of its own, or keep one of them",
            )
    rows = len(columns[0]) if columns else 0
    frame = pd.DataFrame(
        dict(enumerate(columns[place] for place in kept)),
        index=pd.RangeIndex(rows),
        dtype=object,
    )
    frame.columns = names
    return frame, faults, tuple(notes)


def without_missing_words(
    frame: pd.DataFrame, words: Sequence[str]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Empty the cells that hold a word for "missing"; note how many there were.

    A word that is a numeral means the number too, in sources that hold numbers. The
    empty word means the empty text, without blanks; blanks around other words are
    passed over.

    Examples
    --------
    >>> frame = pd.DataFrame({"CK": ["120", "k.A. ", None]}, dtype=object)
    >>> tidy, notes = without_missing_words(frame, ["", "k.A."])
    >>> tidy["CK"].tolist(), notes
    (['120', None, None], ("1 cell reads 'k.A.' and counts as empty, as declared",))
    """
    wanted = [word.strip() for word in words if word.strip()]
    numbers = {float(word): word for word in wanted if _NUMERAL.fullmatch(word)}
    counts = dict.fromkeys(wanted, 0)
    columns: dict[int, Objects] = {}
    for place in range(frame.shape[1]):
        cells = frame.iloc[:, place].to_numpy(dtype=object)
        codes, values = _factorized(cells)
        meant = np.array([_meant(v, counts, numbers) for v in values], dtype=object)
        gone = np.array([word is not None for word in meant] + [False], dtype=bool)
        if gone.any():
            here = gone[codes]
            cells = cells.copy()
            cells[here] = None
            for word in meant[codes[here]]:
                counts[word] = counts.get(word, 0) + 1
        columns[place] = cells
    tidy = pd.DataFrame(columns, index=frame.index, dtype=object)
    tidy.columns = frame.columns
    notes = tuple(
        f"{count:,} cell{'s' if count > 1 else ''} read{'s' if count == 1 else ''} "
        f"{word!r} and count{'s' if count == 1 else ''} as empty, as declared"
        for word, count in counts.items()
        if count and word
    )
    return tidy, notes


def _factorized(cells: Objects) -> tuple[npt.NDArray[np.intp], Objects]:
    try:
        return pd.factorize(cells)
    except TypeError:  # a list or a dict among the cells has no word for missing
        return np.full(len(cells), -1), np.empty(0, dtype=object)


def _meant(
    value: object, words: Mapping[str, int], numbers: Mapping[float, str]
) -> str | None:
    if isinstance(value, str):
        if value == "":
            return ""
        return word if (word := value.strip()) in words else None
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        return numbers.get(float(value))
    return None
