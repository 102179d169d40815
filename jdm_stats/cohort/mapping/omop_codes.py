"""Code lists for an OMOP source, and the rows of a table that carry a listed code.

The list that comes with the package stands in codelists/omop_codes.csv; copy it, edit
it, and name the copy. Codes are compared as codes of a vocabulary, through the table
``concept``, or as the source wrote them; no concept id is built in.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.unfolded import as_words
from jdm_stats.errors import UsageError

__all__ = ["CODE_COLUMNS", "Code", "CodeList", "codes_of", "matched_rows", "read_codes"]

CODE_COLUMNS = ("code", "vocabulary", "concept", "what", "source", "verified", "use")
_WHATS = (
    "jdm",
    "dermatomyositis",
    "gi_perforation",
    "weight_kg",
    "height_cm",
    "ck_u_l",
)


@dataclass(frozen=True, slots=True)
class Code:
    """One line of a code list.

    Parameters
    ----------
    code : str
        As printed; an ``x`` at its end stands for any further letters.
    vocabularies : tuple of str
        Where it belongs: ``("ICD10", "ICD10CM")``.
    what : str
        What it says of a person: ``jdm``, ``dermatomyositis``, ``gi_perforation``,
        ``weight_kg``, ``height_cm``, ``ck_u_l`` or ``antibody:NXP2``.
    site : str
        Part of the gut, where the code names it.
    """

    code: str
    vocabularies: tuple[str, ...]
    what: str
    site: str = ""

    def fits(self, written: str) -> bool:
        """Tell whether a code, written with or without its dot, is this one.

        Examples
        --------
        >>> Code("K26.1", ("ICD10",), "gi_perforation").fits("k261")
        True
        >>> Code("532.1x", ("ICD9CM",), "gi_perforation").fits("532.10")
        True
        """
        mine, other = _bare(self.code), _bare(written)
        return other.startswith(mine[:-1]) if mine.endswith("X") else mine == other


@dataclass(frozen=True, slots=True)
class CodeList:
    """The codes in use."""

    codes: tuple[Code, ...]

    def of(self, *whats: str) -> list[Code]:
        """Return the codes for something."""
        return [code for code in self.codes if code.what in whats]

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(self.of(what))} for {what}" for what in self.whats)
        return f"CodeList({counts})"

    @property
    def whats(self) -> tuple[str, ...]:
        """What there are codes for."""
        return tuple(dict.fromkeys(code.what for code in self.codes))


def _bare(code: str) -> str:
    return re.sub(r"[.\s]", "", code).upper()


def read_codes(path: str | os.PathLike[str] | None = None) -> CodeList:
    """Read a code list; without a path, the one that comes with the package.

    Raises
    ------
    UsageError
        Listing what is wrong with it.

    Examples
    --------
    >>> [code.code for code in read_codes().of("jdm")][-2:]
    ['M33.0', '1212005']
    """
    if path is None:
        packed = files("jdm_stats.cohort.mapping") / "codelists" / "omop_codes.csv"
        text = packed.read_text("utf-8")
    else:
        try:
            text = Path(path).read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"the code list {Path(path).name} cannot be read: {error}"
            ) from None
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    return _checked([{k: v or "" for k, v in row.items() if k} for row in rows])


def codes_of(tables: Mapping[str, RawTable], name: str) -> CodeList:
    """Read a code list that is one of the tables of a source."""
    if name not in tables:
        listed = ", ".join(tables)
        raise UsageError(
            f"[source] codelists: there is no table {name!r}; there are {listed}"
        )
    frame = tables[name].frame
    cells = {
        str(column): as_words(frame[column]).fillna("") for column in frame.columns
    }
    return _checked(pd.DataFrame(cells).to_dict("records"))


def _checked(rows: Iterable[Mapping[object, str]]) -> CodeList:
    problems, codes = [], []
    for number, row in enumerate(rows, start=1):
        lacking = [name for name in CODE_COLUMNS if name not in row]
        if lacking:
            problems.append(f"it has no column {', '.join(lacking)}")
            break
        if row["use"].strip().casefold() not in ("yes", "no"):
            problems.append(f"row {number}: use is {row['use']!r}; write yes or no")
        what = row["what"].strip()
        if what not in _WHATS and not what.startswith("antibody:"):
            problems.append(
                f"row {number}: what is {what!r}; known are {', '.join(_WHATS)}"
            )
        if not row["code"].strip() or not row["vocabulary"].strip():
            problems.append(f"row {number}: a code and its vocabulary are needed")
        if row["use"].strip().casefold() == "yes":
            vocabularies = tuple(v.strip() for v in row["vocabulary"].split("|"))
            site = str(row.get("site") or "").strip()
            codes.append(Code(row["code"].strip(), vocabularies, what, site))
    if not codes and not problems:
        problems.append("no code is in use")
    if problems:
        raise UsageError("the code list is at fault: " + "; ".join(problems))
    return CodeList(tuple(codes))


def matched_rows(
    rows: pd.DataFrame,
    prefix: str,
    codes: Iterable[Code],
    concepts: pd.DataFrame,
    ancestors: pd.DataFrame,
) -> pd.DataFrame:
    """Return the rows that carry a listed code, with the code and how it was found.

    Parameters
    ----------
    rows : DataFrame
        A clinical table, cells as words.
    prefix : str
        ``"condition"`` or ``"measurement"``: the beginning of its columns' names.
    codes : iterable of Code
    concepts, ancestors : DataFrame
        ``concept`` and ``concept_ancestor``, cells as words; empty when absent.

    Returns
    -------
    DataFrame
        ``row`` (position), ``what``, ``code``, ``site`` and ``found`` by: the concept of the
        source, the standard concept, one of its descendants, or the source's own words.
    """
    listed = list(codes)
    known = _concepts_of(listed, concepts)
    below = _descendants(known, ancestors)
    parts = []
    for column, lookup, found in (
        (f"{prefix}_source_concept_id", known, "source concept"),
        (f"{prefix}_concept_id", known, "standard concept"),
        (f"{prefix}_concept_id", below, "descendant"),
        (f"{prefix}_source_value", _by_value(rows, prefix, listed), "source value"),
    ):
        if column in rows:
            number = rows[column].map(lookup)
            hit = np.flatnonzero(number.notna().to_numpy())
            parts.append(
                pd.DataFrame(
                    {
                        "row": hit,
                        "code": number.iloc[hit].astype("int64").to_numpy(),
                        "found": found,
                    }
                )
            )
    matched = pd.concat(parts) if parts else pd.DataFrame({"row": [], "code": []})
    chosen = [listed[number] for number in matched["code"].astype("int64")]
    matched = matched.assign(
        what=[code.what for code in chosen],
        site=[code.site for code in chosen],
        code=[code.code for code in chosen],
    )
    return matched.drop_duplicates(["row", "what"]).sort_values(
        "row", ignore_index=True
    )


def _concepts_of(codes: list[Code], concepts: pd.DataFrame) -> dict[str, int]:
    """Return concept ids with the place of the code that each is."""
    found: dict[str, int] = {}
    if not {"concept_id", "concept_code", "vocabulary_id"} <= set(concepts.columns):
        return found
    for number, code in enumerate(codes):
        of_it = concepts[concepts["vocabulary_id"].isin(code.vocabularies)]
        for concept, written in zip(
            of_it["concept_id"], of_it["concept_code"], strict=True
        ):
            if code.fits(str(written)):
                found.setdefault(str(concept), number)
    return found


def _descendants(known: Mapping[str, int], ancestors: pd.DataFrame) -> dict[str, int]:
    columns = {"ancestor_concept_id", "descendant_concept_id"}
    if not columns <= set(ancestors.columns):
        return {}
    below = ancestors[ancestors["ancestor_concept_id"].isin(list(known))]
    return {
        str(child): known[str(parent)]
        for parent, child in zip(
            below["ancestor_concept_id"], below["descendant_concept_id"], strict=True
        )
        if str(child) not in known
    }


def _by_value(rows: pd.DataFrame, prefix: str, codes: list[Code]) -> dict[str, int]:
    """Read codes from the source's own words; bare figures only where they are long.

    ``710.3`` and ``ICD9CM:710.3`` are codes, ``7103`` may be anything.
    """
    found: dict[str, int] = {}
    column = f"{prefix}_source_value"
    if column not in rows:
        return found
    for written in rows[column].dropna().unique():
        bare = re.sub(r"^[A-Za-z0-9-]+\s*[:|]\s*", "", str(written))
        if bare.isdigit() and len(bare) < 6:
            continue
        for number, code in enumerate(codes):
            if code.fits(bare):
                found[str(written)] = number
                break
    return found
