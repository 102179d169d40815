"""Columns of antibody results: one cell of free text, or a panel of one column each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.cohort.mapping.antibodies import Target, antibody_named, read_as
from jdm_stats.cohort.mapping.antibody_cells import Entry, entries_of
from jdm_stats.cohort.mapping.antibody_results import (
    AntibodyResult,
    Findings,
    decide,
    findings_of,
)
from jdm_stats.cohort.mapping.antibody_words import (
    BORDERLINE,
    NEGATIVE,
    POSITIVE,
    UNTESTED,
    ambiguous_word,
    finders,
)
from jdm_stats.cohort.mapping.cutoffs import titre, verdict
from jdm_stats.cohort.mapping.numbers import Notation, read_numeral
from jdm_stats.cohort.mapping.rules import ColumnRule
from jdm_stats.cohort.mapping.scanner import Unknown, scan
from jdm_stats.cohort.mapping.understanding import (
    Column,
    Note,
    Objects,
    Refused,
    Understood,
    distinct,
    rows_of,
    spread,
    understand,
)
from jdm_stats.cohort.mapping.words import as_word

__all__ = ["read_antibodies", "read_panel", "result_reader"]

_STATUS_ORDER = (UNTESTED, NEGATIVE, BORDERLINE, POSITIVE)
_PLAIN_MARKS: Mapping[str, str] = MappingProxyType({"+": POSITIVE})
_YES_NO: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("ja", "yes", "oui", "si", "true"), POSITIVE),
        **dict.fromkeys(("nein", "no", "non", "false"), NEGATIVE),
    }
)


def _own_words(rule: ColumnRule) -> dict[str, tuple[str, ...]]:
    border = rule.borderline if isinstance(rule.borderline, tuple) else ()
    return {
        POSITIVE: tuple(map(as_word, rule.positive)),
        NEGATIVE: tuple(map(as_word, rule.negative)),
        BORDERLINE: tuple(map(as_word, border)),
        UNTESTED: tuple(map(as_word, rule.not_tested)),
    }


def result_reader(
    rule: ColumnRule, notation: Notation
) -> Callable[[Any], Understood | Refused]:
    """Return what reads one cell of antibody results.

    Examples
    --------
    >>> read = result_reader(ColumnRule(column="AK"), Notation(","))
    >>> read("MJ (p140) pos., Ro52 +").value
    AntibodyResult(antibody='NXP2', ro52=True)
    >>> read("anti-p155/140").value.antibody, read("CADM-140").value.antibody
    ('TIF1g', 'MDA5')
    >>> read("140 kDa pos.").rule
    'antibody_ambiguous'
    """
    own = _own_words(rule)
    find, declared = finders(own), _declared(own)

    def read(cell: Any) -> Understood | Refused:
        said = as_word(cell)
        meant = declared.get(read_as(said))
        why = None if meant else ambiguous_word(said)
        if why:
            return _two_readings(said, why)
        if meant:
            return _whole(said, meant, rule)
        try:
            parts = scan(read_as(said.replace("\n", ";")), find)
        except Unknown as unknown:
            return Refused(
                "antibody_not_understood",
                f"{said!r}: {unknown.args[0]!r} is not known",
                "give the cell a meaning under values, or declare the word under "
                "positive, negative, borderline or not_tested",
            )
        entries = entries_of(parts, said)
        if isinstance(entries, Refused):
            return entries
        problem = _judge_figures(entries, rule.cut_off, notation, said)
        findings = problem or findings_of(entries, said)
        if isinstance(findings, Refused):
            return findings
        result = decide(findings, rule, said)
        if isinstance(result, Refused):
            return result
        value, notes = result
        return Understood(value, (Note("antibody read", said, _shown(value)), *notes))

    return read


def _declared(own: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {read_as(word): status for status, words in own.items() for word in words}


def _two_readings(said: str, why: str) -> Refused:
    return Refused(
        "antibody_status_unclear",
        f"{said!r} {why}",
        "declare what it means here: negative = [...], not_tested = [...], positive = [...] "
        "or missing = [...] of this column",
    )


def _whole(said: str, status: str, rule: ColumnRule) -> Understood | Refused:
    """Read a cell that is a declared word and names no antibody."""
    findings = findings_of([Entry(Target("", "result"), {status})], said)
    result = findings if isinstance(findings, Refused) else decide(findings, rule, said)
    if isinstance(result, Refused):
        return result
    value, notes = result
    return Understood(value, (Note("antibody read", said, _shown(value)), *notes))


def _shown(result: AntibodyResult) -> str:
    ro52 = {True: ", Ro52 found", False: ", Ro52 not found", None: ""}[result.ro52]
    return f"{result.antibody}{ro52}"


def _judge_figures(
    entries: Sequence[Entry],
    cut_off: float | str | None,
    notation: Notation,
    cell: str,
) -> Refused | None:
    """Turn figures into results where no word says one and a cut-off is declared."""
    for entry in entries:
        if entry.figures and not entry.statuses and cut_off is not None:
            reached = _reached(entry.figures[0], cut_off, notation)
            if reached is None:
                return Refused(
                    "antibody_status_unclear",
                    f"{cell!r}: {entry.figures[0]!r} cannot be set against the cut-off "
                    f"{cut_off}",
                    "declare a cut_off of the same kind, figure or titre",
                )
            entry.statuses.add(POSITIVE if reached else NEGATIVE)
    return None


_LIMIT = re.compile(r"(?P<sign>[<>])=? ?(?P<figure>.+)")


def _reached(said: str, cut_off: float | str, notation: Notation) -> bool | None:
    said = said.removeprefix("titer ").removeprefix("titre ")
    limit = _LIMIT.fullmatch(said)
    bare = limit["figure"] if limit else said
    if titre(bare) is not None:
        return None if limit else verdict(bare, None, cut_off)
    number = read_numeral(bare, Notation(notation.decimal, notation.thousands))
    if isinstance(number, Refused) or number.value is None:
        return None
    reached = verdict(bare, number.value, cut_off)
    if limit is None or reached is None:
        return reached
    if limit["sign"] == "<":
        at_most = isinstance(cut_off, (int, float)) and number.value <= cut_off
        return False if at_most else None
    return True if reached else None


def read_antibodies(cells: Objects, rule: ColumnRule, notation: Notation) -> Column:
    """Read a column of free text; the results are `AntibodyResult`.

    Parameters
    ----------
    cells : object array, shape (rows,)
    rule : ColumnRule
    notation : Notation
        How figures are written.
    """
    return understand(cells, result_reader(rule, notation))


def read_panel(
    columns: Mapping[str, Objects],
    rule: ColumnRule,
    notation: Notation,
    empty: Callable[[Any], bool],
) -> Column:
    """Read a panel: one column for each antibody.

    Parameters
    ----------
    columns : mapping of the antibody, as the mapping names it, to its cells
    rule : ColumnRule
    notation : Notation
    empty : function of a cell
        Whether a word means an empty cell. An empty cell was not tested.

    Returns
    -------
    Column
        Values are `AntibodyResult`; None, and missing, where every cell is empty.
    """
    rows = len(next(iter(columns.values())))
    wrong, notes = [], []
    combined = np.zeros(rows, dtype=np.int64)
    filled = np.zeros(rows, dtype=bool)
    keys: list[tuple[int, ...]] = [()]
    at_fault = np.zeros(rows, dtype=bool)
    for name, cells in columns.items():
        target = antibody_named(name)
        assert target is not None  # soundness has asked
        tests = rule.panel or {}
        column = understand(
            cells,
            _status_reader(name, target, rule, tests[name].cut_off, notation, empty),
        )
        wrong += column.wrong
        notes += column.notes
        at_fault |= column.refused()
        statuses = column.values
        told = np.array([value is not None for value in statuses], dtype=bool)
        filled |= told
        codes, kinds = distinct(statuses)
        digit = {kind: _STATUS_ORDER.index(kind) for kind in kinds}
        step = np.array([*(digit[kind] for kind in kinds), 0], dtype=np.int64)[codes]
        combined, keys = _combine(combined, keys, step)
    filled &= ~at_fault
    return _decided(columns, rule, combined, keys, filled, wrong, notes)


def _combine(
    combined: np.ndarray, keys: list[tuple[int, ...]], step: np.ndarray
) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Return a number for each combination of what came before and one column more."""
    pairs, kinds = pd.factorize(combined * len(_STATUS_ORDER) + step)
    grown = [
        (*keys[int(kind) // len(_STATUS_ORDER)], int(kind) % len(_STATUS_ORDER))
        for kind in kinds
    ]
    return pairs.astype(np.int64), grown


def _status_reader(
    name: str,
    target: Target,
    rule: ColumnRule,
    cut_off: float | str | None,
    notation: Notation,
    empty: Callable[[Any], bool],
) -> Callable[[Any], Understood | Refused]:
    own = _own_words(rule)
    find = finders(own)
    declared = _declared(own)
    limit = cut_off if cut_off is not None else rule.cut_off

    def read(cell: Any) -> Understood | Refused:
        said = as_word(cell)
        if empty(cell):
            return Understood(None, (Note("word for an empty cell", said, "missing"),))
        word = read_as(said)
        known = declared.get(word) or _PLAIN_MARKS.get(word) or _YES_NO.get(word)
        why = None if known or limit is not None else ambiguous_word(said)
        if why:
            return _two_readings(f"{name}: {said}", why)
        status = known or _status_in(said, target, find, limit, notation)
        if isinstance(status, Refused):
            return Refused(status.rule, f"{name}: {status.message}", status.remedy)
        return Understood(status, (Note(f"result for {name}", said, status),))

    return read


def _status_in(
    said: str,
    target: Target,
    find: Sequence[Any],
    cut_off: float | str | None,
    notation: Notation,
) -> str | Refused:
    """Read a result that stands under the antibody's own heading."""
    reached = None if cut_off is None else _reached(read_as(said), cut_off, notation)
    if reached is not None:
        return POSITIVE if reached else NEGATIVE
    refused = Refused(
        "antibody_not_understood",
        f"{said!r} is no result that is known",
        "declare the word under positive, negative, borderline or not_tested; figures "
        "and titres need a cut_off",
    )
    try:
        parts = scan(read_as(said), find)
    except Unknown:
        return refused
    entries = entries_of(parts, said)
    if isinstance(entries, Refused) or len(entries) != 1:
        return refused
    entry = entries[0]
    named = entry.target.antibody in ("", target.antibody)
    if (
        not named
        or len(entry.statuses) > 1
        or not (entry.statuses or entry.target.antibody)
    ):
        return refused
    if not entry.statuses and (entry.figures or entry.target != target):
        return refused
    return next(iter(entry.statuses), POSITIVE)


def _decided(
    columns: Mapping[str, Objects],
    rule: ColumnRule,
    combined: np.ndarray,
    keys: Sequence[tuple[int, ...]],
    filled: np.ndarray,
    wrong: list,
    notes: list,
) -> Column:
    targets = [_target(name) for name in columns]
    results: list[AntibodyResult | None] = []
    refused: dict[int, Refused] = {}
    codes = np.where(filled, combined, -1)
    counts = np.bincount(codes[filled], minlength=len(keys))
    tally: dict[Note, int] = {}
    for code, key in enumerate(keys):
        results.append(None)
        if not counts[code]:
            continue
        outcome = decide(
            _panel_findings(targets, key), rule, _panel_words(columns, key)
        )
        if isinstance(outcome, Refused):
            refused[code] = outcome
            continue
        results[code], said = outcome
        for note in (*said, Note("panel read", "", _shown(outcome[0]))):
            tally[note] = tally.get(note, 0) + int(counts[code])
    column = Column(spread(results, codes), wrong + rows_of(codes, refused))
    column.notes = [*notes, *tally.items()]
    return column


@lru_cache(maxsize=1024)
def _target(name: str) -> Target:
    target = antibody_named(name)
    assert target is not None
    return target


def _panel_findings(targets: Sequence[Target], key: Sequence[int]) -> Findings:
    """Join the columns of a panel: the strongest result of one target counts."""
    findings = Findings()
    for target, step in zip(targets, key, strict=True):
        name = "NXP2" if target.name == "p140" else target.name
        before = findings.targets.get((target.antibody, name), UNTESTED)
        status = max(before, _STATUS_ORDER[step], key=_STATUS_ORDER.index)
        findings.targets[target.antibody, name] = status
    return findings


def _panel_words(columns: Mapping[str, Objects], key: Sequence[int]) -> str:
    """Say the results of a panel, for a message."""
    said = [
        f"{name} {_STATUS_ORDER[step]}"
        for name, step in zip(columns, key, strict=True)
        if _STATUS_ORDER[step] in (POSITIVE, BORDERLINE)
    ]
    return ", ".join(said) or "nothing found"
