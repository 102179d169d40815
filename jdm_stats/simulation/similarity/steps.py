"""Does a record show a step of the index case's pattern: yes, no, or not known, and why.

What is not recorded is "not known", never "no": an antibody that was not tested, a course
without a dose, an operation without a text, a window that follow-up does not fill. Where a
child had no perforation, whatever would have followed one is "no".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from jdm_stats.simulation.similarity.doses import (
    gi_then_high_dose,
    high_dose_before,
    low_dose,
)
from jdm_stats.simulation.similarity.finding import (
    Finding,
    no,
    not_known,
    on_days,
    plural_days,
    unseen,
    yes,
)
from jdm_stats.simulation.similarity.record import Occurrence, Record
from jdm_stats.simulation.similarity.settings import CRITERIA, PatternSettings

__all__ = ["JAK_INHIBITORS", "findings"]

JAK_INHIBITORS = ("tofacitinib", "ruxolitinib", "baricitinib")

_Question = Callable[[Record, PatternSettings], Finding]


def findings(record: Record, settings: PatternSettings) -> dict[str, Finding]:
    """Ask a record for every step of the pattern.

    Parameters
    ----------
    record : Record
    settings : PatternSettings

    Returns
    -------
    dict of str to Finding
        By name of the step, in the order of the pattern.
    """
    answers = {
        one.name: _QUESTIONS[one.name](record, settings)
        for one in CRITERIA
        if one.name in _QUESTIONS
    }
    first = answers["perforation"]
    for name, question in _AFTER_A_PERFORATION.items():
        if first.shown == "yes":
            answers[name] = question(record, settings)
        else:
            answers[name] = Finding(first.shown, first.why)
    for name in settings.not_recorded:
        if answers[name].shown == "no":
            answers[name] = not_known("this cohort does not record it")
    return {one.name: answers[one.name] for one in CRITERIA}


def _girl(record: Record, settings: PatternSettings) -> Finding:
    if not record.sex:
        return not_known("sex is not recorded")
    return yes(record.sex) if record.sex == "female" else no(record.sex)


def _age(record: Record, settings: PatternSettings) -> Finding:
    if math.isnan(record.age):
        return not_known("age at diagnosis is not recorded")
    low, high = settings.age_years
    said = f"{round(record.age, 3):g} years at diagnosis"
    return yes(said) if low <= record.age < high else no(said)


def _nxp2(record: Record, settings: PatternSettings) -> Finding:
    if record.antibody == "untested":
        return not_known("the antibody was not tested")
    if record.antibody == "NXP2":
        return yes("anti-NXP2 found")
    return no(
        "tested, no antibody found"
        if record.antibody == "none"
        else f"another antibody: {record.antibody}"
    )


def _perforation(record: Record, settings: PatternSettings) -> Finding:
    if record.holes:
        days = [one.day for one in record.holes]
        sites = [one.site for one in record.holes if one.site]
        where = f" ({', '.join(dict.fromkeys(sites))})" if sites else ""
        return yes(f"perforation on {on_days(days)}{where}", days)
    if not record.events_kept:
        return not_known("the cohort holds no event of any kind")
    if suspected := record.events.get("gi_perforation"):
        days = [one.day for one in suspected]
        return not_known(f"perforation suspected on {on_days(days)}, not confirmed")
    return no(f"no perforation by day {record.exit}, the end of follow-up")


def _multiple(record: Record, settings: PatternSettings) -> Finding:
    days = [one.day for one in record.holes]
    if len(days) > 1:
        span = days[-1] - days[0]
        within = f"within {plural_days(span)}" if span else "at different sites"
        return yes(f"{len(days)} perforations {within}: {on_days(days)}", days)
    doubtful = [
        one.day for one in record.events["gi_perforation"] if one.day != days[0]
    ]
    if doubtful:
        return not_known(
            f"one confirmed on day {days[0]}, another suspected on {on_days(doubtful)}"
        )
    return unseen(record, settings, f"one perforation (day {days[0]}), no further one")


def _operations(record: Record, settings: PatternSettings) -> tuple[Occurrence, ...]:
    """Operations from the first perforation until the window after the last one."""
    first, until = record.holes[0].day, record.holes[-1].day + settings.days_after
    return tuple(
        one for one in record.confirmed("surgery") if first <= one.day <= until
    )


def _repeated_surgery(record: Record, settings: PatternSettings) -> Finding:
    days = sorted({one.day for one in _operations(record, settings)})
    if len(days) > 1:
        return yes(f"{len(days)} operations: {on_days(days)}", days)
    said = f"one operation (day {days[0]})" if days else "no operation"
    return unseen(record, settings, said)


def _stoma(record: Record, settings: PatternSettings) -> Finding:
    operations = _operations(record, settings)
    for one in operations:
        if _names_a_stoma(one.site, settings.stoma_words):
            return yes(f"operation on day {one.day}: {one.site}", (one.day,))
    silent = [one.day for one in operations if not one.site]
    if silent:
        return not_known(
            f"what was done in the operation on {on_days(silent)} is not recorded"
        )
    if operations:
        return unseen(record, settings, "no operation names a stoma")
    return unseen(record, settings, "no operation")


def _names_a_stoma(site: str, words: tuple[str, ...]) -> bool:
    """Whether the text of an operation names a stoma of the gut.

    A word of the text has to end in one of ``words``, so that an anastomosis is none; a
    tracheostomy is none, nor is "no stoma".
    """
    ends = "|".join(re.escape(word) for word in words)
    found = re.finditer(rf"(\S*?)(?:{ends})(?!\w)", site.casefold())
    return any(
        not match[1].startswith("trache")
        and not re.search(r"\b(?:no|without)\s*$", site.casefold()[: match.start()])
        for match in found
    )


def _begun_after(
    record: Record, settings: PatternSettings, drugs: tuple[str, ...], what: str
) -> Finding:
    """Look for a drug begun on or after the day of the first perforation."""
    first, until = record.holes[0].day, record.holes[-1].day + settings.days_after
    if not record.courses_kept:
        return not_known("no course of any drug is recorded for this child")
    given = sorted(
        (start, drug) for drug in drugs for start, _ in record.drugs.get(drug, ())
    )
    for start, drug in given:
        if first <= start <= until:
            gap = start - first
            after = f"{plural_days(gap)} after" if gap else "on the day of"
            name = drug.replace("_", " ")
            return yes(
                f"{name} from day {start}, {after} the first perforation", (start,)
            )
    earlier = [(start, drug) for start, drug in given if start < first]
    if earlier:
        start, drug = earlier[-1]
        name = drug.replace("_", " ")
        return no(f"{name} from day {start}, begun before the first perforation")
    return unseen(record, settings, f"no {what} begun")


def _plasma_exchange(record: Record, settings: PatternSettings) -> Finding:
    return _begun_after(record, settings, ("plasma_exchange",), "plasma exchange")


def _plasma(record: Record, settings: PatternSettings) -> Finding:
    return _begun_after(
        record, settings, ("fresh_frozen_plasma",), "fresh frozen plasma"
    )


def _jak(record: Record, settings: PatternSettings) -> Finding:
    return _begun_after(record, settings, JAK_INHIBITORS, "JAK inhibitor")


def _recovery(record: Record, settings: PatternSettings) -> Finding:
    """Look for CMAS well above its lowest value around the perforations."""
    first, last = record.holes[0].day, record.holes[-1].day
    near = [
        (value, day)
        for day, value in record.cmas
        if first - settings.days_after <= day <= last + settings.days_after
    ]
    if not near:
        if record.died:
            return no(f"died on day {record.exit}")
        return not_known("no CMAS is recorded around the perforations")
    lowest, when = min(near)
    later = [(day, value) for day, value in record.cmas if day > max(when, last)]
    if not later:
        if record.died:
            return no(f"died on day {record.exit}")
        return not_known(f"no CMAS is recorded after day {max(when, last)}")
    risen = [(day, v) for day, v in later if v >= lowest + settings.cmas_gain]
    if risen:
        day, reached = risen[0]
        return yes(
            f"CMAS {lowest:g} on day {when}, {reached:g} on day {day}", (when, day)
        )
    best = max(value for _, value in later)
    return unseen(
        record, settings, f"CMAS {lowest:g} on day {when}, at most {best:g} later"
    )


_QUESTIONS: Mapping[str, _Question] = MappingProxyType(
    {
        "girl": _girl,
        "age": _age,
        "nxp2": _nxp2,
        "gi_then_high_dose": gi_then_high_dose,
        "perforation": _perforation,
    }
)
_AFTER_A_PERFORATION: Mapping[str, _Question] = MappingProxyType(
    {
        "high_dose_before": high_dose_before,
        "multiple_perforations": _multiple,
        "repeated_surgery": _repeated_surgery,
        "stoma": _stoma,
        "plasma_exchange": _plasma_exchange,
        "fresh_frozen_plasma": _plasma,
        "jak_inhibitor": _jak,
        "low_dose": low_dose,
        "recovery": _recovery,
    }
)
