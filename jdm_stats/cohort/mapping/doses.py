"""A dose in words ("2 mg/kg/Tag", "40 mg alle 2 Tage") to figure, basis and interval.

Each part of the text is known and fits the others, or the dose is refused. Times a day
multiply a dose that is not said per day ("20 mg 2x tgl." is 40 mg a day); a dose per day
given "in 2 ED" stays as it is. "3 x 1 g" may be three times a day or on three days, and a
range is two doses: both are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from jdm_stats.cohort.mapping.dosing import AS_NEEDED, schedule_at
from jdm_stats.cohort.mapping.numbers import (
    Notation,
    read_numeral,
    spelled_out,
    tidy_product,
)
from jdm_stats.cohort.mapping.scanner import Part, Unknown, patterns, scan
from jdm_stats.cohort.mapping.understanding import Note, Refused, Understood
from jdm_stats.cohort.mapping.units import DoseUnit, dose_unit, dose_unit_at
from jdm_stats.cohort.mapping.words import as_word

__all__ = ["RULES", "Dose", "dose_reader"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "dose_not_understood": "A dose in words has one reading, every word of it known.",
        "dose_without_unit": "A dose has a unit, in its cell, its column or the mapping.",
    }
)


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose as read.

    Parameters
    ----------
    mg : float or None
        None where the text says only that it is given as needed.
    basis : str or None
        None when nothing is said (a bare mass).
    every : int or None
        Days from one dose to the next, when said.
    as_needed : bool or None
    days : int or None
        On how many days in a row, when said.
    """

    mg: float | None
    basis: str | None = None
    every: int | None = None
    as_needed: bool | None = None
    days: int | None = None


_END = r"(?![^\W_])"
_TIMES_WORDS = {
    **{"bid": 2, "b.i.d.": 2, "tid": 3, "t.i.d.": 3, "qid": 4, "q.i.d.": 4, "bd": 2},
    **{"tds": 3, "zweimal": 2, "twice": 2, "dreimal": 3, "viermal": 4, "thrice": 3},
}
_A_DAY = (
    r"(?:täglich|taeglich|tgl\.?|am tag|pro tag|daily|a day|per day|par jour|al día|al giorno"
    r"|/ ?(?:d|tag|day|jour|j|día|die))"
)
_N_DAYS = r"(?:tagen?|tg\.?|d|days?|jours?|j|días?|dias?|giorni)"


def _times(found: re.Match[str]) -> int:
    said = found.groupdict()
    return int(said["k"]) if said.get("k") else _TIMES_WORDS[said["word"]]


def _count(found: re.Match[str]) -> int:
    return int(found["k"])


def _span(found: re.Match[str]) -> int:
    return int(found["b"]) - int(found["a"]) + 1


_FIGURE = r"[0-9]+(?:[.,' ][0-9]+)*(?:e[+-]?[0-9]+)?(?: [0-9]+(?= ?/))?(?: ?/ ?[0-9]+(?![^\W_]))?"
_KNOWN = patterns(
    [
        (
            rf"(?P<k>[2-6]) ?(?:x|mal|times|fois|veces|volte) ?{_A_DAY}{_END}",
            "times",
            _times,
        ),
        (
            rf"(?P<word>zweimal|dreimal|viermal|twice|thrice) ?{_A_DAY}{_END}",
            "times",
            _times,
        ),
        (r"(?P<word>b\.i\.d\.|t\.i\.d\.|q\.i\.d\.)", "times", _times),
        (rf"(?P<word>bid|tid|qid|bd|tds){_END}", "times", _times),
        (
            r"(?:in|aufgeteilt (?:in|auf)|verteilt auf|divided (?:in|into)|en) ?[2-6] ?(?:ed"
            rf"|einzeldosen|dosen|gaben|divided doses|doses|prises|tomas|dosi){_END}",
            *("divided", ""),
        ),
        (
            rf"(?:x ?|× ?|für |for |an |on |über |over |pendant |durante |per |pour )?"
            rf"(?P<k>[1-9][0-9]?) (?:aufeinanderfolgenden |consecutive )?{_N_DAYS}{_END}",
            *("days", _count),
        ),
        (rf"(?:x|×) ?(?P<k>[1-9][0-9]?) ?{_N_DAYS}{_END}", "days", _count),
        (
            rf"(?:tag|day|jour|d) ?(?P<a>[0-9]{{1,2}}) ?- ?(?P<b>[0-9]{{1,2}}){_END}",
            "days",
            _span,
        ),
        (
            r"[0-9]+(?:[.,][0-9]+)?(?: ?- ?[0-9]+(?:[.,][0-9]+)?){2,3}",
            "scheme",
            lambda found: found[0],
        ),
        (rf"(?:{AS_NEEDED}){_END}", "as_needed", True),
        (rf"(?:{_FIGURE})", "figure", lambda found: found[0]),
        (
            rf"(?:morgens|abends|mittags|morgen|früh|nachts|in the morning|le matin){_END}",
            "noise",
            "",
        ),
        (
            rf"(?:p\.? ?o\.?|per os|oral(?:ly)?|i\.? ?v\.?|i\.? ?m\.?|s\.? ?c\.?){_END}",
            "noise",
            "",
        ),
        (r"[0-9]+ ?(?:x|×|mal) ?(?=[0-9])", "unclear_times", lambda found: found[0]),
        (r"[,;.()]|=", "noise", ""),
    ]
)


def _unit(text: str, start: int) -> tuple[int, str, Any] | None:
    found = dose_unit_at(text, start)
    return None if found is None else (found[0], "unit", found[1])


def dose_reader(
    notation: Notation, declared: str | None = None
) -> Callable[[Any], Understood | Refused]:
    """Return what reads one cell to a `Dose`.

    Parameters
    ----------
    notation : Notation
    declared : str, optional
        The unit of cells that are a bare figure.

    Examples
    --------
    >>> read = dose_reader(Notation(","))
    >>> read("2 mg/kg/Tag").value
    Dose(mg=2.0, basis='per_kg_day', every=None, as_needed=None, days=None)
    >>> read("40 mg jeden 2. Tag").value
    Dose(mg=40.0, basis='per_dose', every=2, as_needed=None, days=None)
    >>> read("1 g x 3 Tage").value
    Dose(mg=1000.0, basis=None, every=None, as_needed=None, days=3)
    >>> read("1-0-1").rule, read("3 x 1 g").rule
    ('dose_not_understood', 'dose_not_understood')
    """

    def read(cell: Any) -> Understood | Refused:
        said = as_word(cell)
        if not isinstance(cell, str):
            return _bare(cell, said, notation, declared)
        try:
            parts = scan(spelled_out(said), [schedule_at, _unit, _KNOWN])
        except Unknown as unknown:
            return _refused(said, f"{unknown.args[0]!r} is not known")
        found: dict[str, list[Any]] = {}
        for kind, meaning, _ in parts:
            if (kind, meaning) not in (("noise", ""), ("divided", "")):
                found.setdefault(kind, []).append(meaning)
        if set(found) == {"figure"}:
            return _bare(cell, said, notation, declared)
        return _put_together(found, said, parts, notation)

    return read


def _bare(
    cell: Any, said: str, notation: Notation, declared: str | None
) -> Understood | Refused:
    number = read_numeral(cell, notation)
    if isinstance(number, Refused):
        return number
    unit = dose_unit(declared) if declared else None
    if unit is None or number.value is None:
        return Refused(
            "dose_without_unit",
            f"{said!r} has no unit",
            "declare its unit: unit = 'mg'",
        )
    dose = Dose(tidy_product(number.value, unit.mg), unit.basis, unit.every)
    note = Note("dose in words", f"# [{declared}]", _shown(dose))
    return Understood(dose, (*number.notes, note))


def _refused(said: str, why: str) -> Refused:
    return Refused(
        "dose_not_understood",
        f"{said!r}: {why}",
        "write one dose with its unit (as '40 mg/d', '1 mg/kg/d', '1 g weekly')",
    )


def _put_together(
    found: Mapping[str, list[Any]], said: str, parts: list[Part], notation: Notation
) -> Understood | Refused:
    why = _twice(found)
    if why:
        return _refused(said, why)
    needed = True if "as_needed" in found else None
    every = found.get("every", [None])[0]
    if isinstance(every, str):
        return _refused(said, every)
    if "figure" not in found and "scheme" not in found:
        if needed and "unit" not in found:
            note = Note("dose in words", said, "as needed, no dose")
            return Understood(Dose(None, None, every, True), (note,))
        return _refused(said, "it says no figure")
    unit: DoseUnit = found["unit"][0]
    amount = _amount(found, notation)
    if isinstance(amount, Refused):
        return _refused(said, amount.message)
    dose = _dose(amount, unit, found, every, needed)
    if isinstance(dose, str):
        return _refused(said, dose)
    note = Note("dose in words", _shape(parts), _shown(dose))
    return Understood(dose, (note,))


def _twice(found: Mapping[str, list[Any]]) -> str | None:
    """Return why the parts do not make one dose, or None."""
    if "unclear_times" in found:
        return (
            f"{found['unclear_times'][0].strip()!r} may be times a day or days in a row"
        )
    for kind, meanings in found.items():
        if len(set(map(str, meanings))) > 1 or (kind == "figure" and len(meanings) > 1):
            return f"it says more than one {_NAMES.get(kind, kind)}"
    if "figure" in found and "scheme" in found:
        return "it says more than one figure"
    if ("figure" in found or "scheme" in found) and "unit" not in found:
        return "it says no unit"
    if "scheme" in found and ("times" in found or "every" in found):
        return "a scheme of the day says how often already"
    return None


_NAMES = {
    "every": "interval",
    "times": "number of times a day",
    "days": "number of days",
}


def _amount(found: Mapping[str, list[Any]], notation: Notation) -> float | Refused:
    """Return the figure, or the sum of a scheme of the day ("20-0-10 mg")."""
    if "figure" in found:
        number = read_numeral(found["figure"][0], notation)
        if isinstance(number, Refused):
            return number
        return float(number.value or 0)
    total = 0.0
    for each in found["scheme"][0].split("-"):
        number = read_numeral(each.strip(), notation)
        if isinstance(number, Refused):
            return number
        total += float(number.value or 0)
    return total


def _dose(
    amount: float,
    unit: DoseUnit,
    found: Mapping[str, list[Any]],
    every: int | None,
    needed: bool | None,
) -> Dose | str:
    times = found.get("times", [1])[0]
    if unit.every is not None and every not in (None, unit.every):
        return "it says two intervals"
    if unit.daily and times > 1:
        return "it is said per day and several times a day"
    basis = unit.basis
    if basis is None and (times > 1 or "scheme" in found):
        basis = "per_day"
    if basis == "per_dose" and times > 1:
        basis = "per_day"
    every = every if every is not None else unit.every
    if basis is None and every is not None:
        basis = "per_dose" if every > 1 else "per_day"
    mg = tidy_product(tidy_product(amount, unit.mg), times)
    return Dose(mg, basis, every, needed, found.get("days", [None])[0])


def _shape(parts: list[Part]) -> str:
    """Return the text with its figures as #, so that alike doses are tallied together."""
    return " ".join("#" if kind in ("figure", "scheme") else w for kind, _, w in parts)


def _shown(dose: Dose) -> str:
    said = ["mg", dose.basis or ""]
    said += [f"every {dose.every} days"] * (dose.every is not None)
    said += ["as needed"] * bool(dose.as_needed)
    said += [f"on {dose.days} days"] * (dose.days is not None)
    return " ".join(filter(None, said))
