"""Steroid doses before and after a perforation: high, low, or not known, in words."""

from __future__ import annotations

import numpy as np

from jdm_stats.simulation.similarity.finding import (
    Finding,
    from_to,
    no,
    not_known,
    plural_days,
    unseen,
    yes,
)
from jdm_stats.simulation.similarity.record import Record, Stretch
from jdm_stats.simulation.similarity.settings import PatternSettings

__all__ = ["gi_then_high_dose", "high_dose_before", "low_dose"]

_NEAR = (
    1e-6  # a dose worked out from mg and weight may miss its threshold by a rounding
)


def high_dose_before(record: Record, settings: PatternSettings) -> Finding:
    """Look for a high dose on one of the days before the first perforation.

    The perforation's own day does not count: what was given then may be its treatment.
    """
    hole = record.holes[0].day
    start, last = hole - settings.days_before, hole - 1
    found = _last_high_run(record, settings, start, last)
    if found is not None:
        words, run = found
        return yes(f"{words}, {_gap(run, hole)}", run, unbroken=True)
    if missing := _unknown_doses(record, start, last):
        return missing
    within = f"within {plural_days(settings.days_before)} before the first perforation"
    if start < record.entry and not _any_course_before(record, record.entry):
        return not_known(
            f"no high dose recorded {within} (day {hole}), but the child entered on day "
            f"{record.entry} and no earlier course is recorded"
        )
    return no(
        f"no high dose {within} (day {hole})"
        + _elsewhere(record, settings, start, hole)
    )


def gi_then_high_dose(record: Record, settings: PatternSettings) -> Finding:
    """Look for a high dose given on or soon after the day of GI involvement."""
    involved = record.confirmed("gi_involvement")
    hole = record.holes[0].day if record.holes else None
    if not involved:
        if not record.events_kept:
            return not_known("the cohort holds no event of any kind")
        if record.events.get("gi_involvement"):
            return not_known("GI involvement was suspected, not confirmed")
        if hole is not None:
            return not_known("when GI involvement began is not recorded")
        return no("no GI involvement recorded")
    day = involved[0].day
    if hole is not None and day >= hole:
        return no(f"GI involvement recorded on day {day}, not before the perforation")
    last = day + settings.days_before
    if hole is not None:
        last = min(last, hole - 1)
    found = _last_high_run(record, settings, day, last)
    if found is not None:
        words, run = found
        return yes(f"GI involvement on day {day}; {words}", run, unbroken=True)
    if missing := _unknown_doses(record, day, last):
        return missing
    if record.exit < last and not record.died:
        return not_known(
            f"GI involvement on day {day}, no high dose by day {record.exit}, when "
            "follow-up ended"
        )
    return no(f"GI involvement on day {day}, no high dose from then to day {last}")


def low_dose(record: Record, settings: PatternSettings) -> Finding:
    """Look for a low dose on a day after the last perforation."""
    hole = record.holes[-1].day
    until = hole + settings.days_after
    start = hole + 1
    last = min(until, record.exit) if not record.died else until
    dose, pulse = record.doses(start, last)
    low = (dose > 0) & (dose <= settings.low_dose_mg_kg_day + _NEAR) & ~pulse
    clouded = [one for one in record.unknown if one.first <= last and one.last >= start]
    for one in clouded:
        low[max(one.first - start, 0) : max(one.last - start + 1, 0)] = False
    if low.any():
        day = start + int(np.argmax(low))
        return yes(
            f"{dose[day - start]:g} mg/kg/day of prednisone-equivalent on day {day}, "
            f"{plural_days(day - hole)} after the last perforation",
            (day,),
        )
    if missing := _unknown_doses(record, start, last):
        return missing
    return unseen(
        record,
        settings,
        f"no dose of up to {settings.low_dose_mg_kg_day:g} mg/kg/day after the last perforation",
    )


def _last_high_run(
    record: Record, settings: PatternSettings, start: int, last: int
) -> tuple[str, tuple[int, int]] | None:
    """Return the last high dose between two days in words, and its days.

    A pulse is told before an oral dose. The days are the first and last of the pulse, or
    of the unbroken run of high days, which may have begun before the window.
    """
    pulses = [
        one
        for one in record.stretches
        if one.pulse and one.first <= last and one.last >= start
    ]
    if pulses:
        one = max(pulses, key=lambda pulse: (pulse.last, pulse.first))
        ends = (one.first, min(one.last, last))
        return _pulse_in_words(one, ends), ends
    begin = min([start, *(one.first for one in record.stretches)])
    dose, _ = record.doses(begin, last)
    high = np.flatnonzero(dose >= settings.high_dose_mg_kg_day - _NEAR)
    if not len(high) or begin + high[-1] < start:
        return None
    breaks = np.flatnonzero(np.diff(high) > 1)
    run = high[breaks[-1] + 1 :] if len(breaks) else high
    ends = (begin + int(run[0]), begin + int(run[-1]))
    words = (
        f"{settings.high_dose_mg_kg_day:g} mg/kg/day of prednisone-equivalent or more "
        f"outside pulses on {from_to(*ends)} ({dose[run[-1]]:g} at the end)"
    )
    return words, ends


def _pulse_in_words(one: Stretch, ends: tuple[int, int]) -> str:
    return f"pulse of {one.drug_mg_kg:.3g} mg/kg of {one.drug} on {from_to(*ends)}"


def _gap(run: tuple[int, int], hole: int) -> str:
    """Say how long before the perforation a run of days began and ended."""
    begun, ended = hole - run[0], hole - run[-1]
    if begun == ended:
        return f"{plural_days(begun)} before the first perforation (day {hole})"
    return (
        f"begun {plural_days(begun)} and ended {plural_days(ended)} before the first "
        f"perforation (day {hole})"
    )


def _unknown_doses(record: Record, start: int, last: int) -> Finding | None:
    """Say why the doses between two days are not known, where they are not."""
    if not record.courses_kept:
        return not_known("no course of any drug is recorded for this child")
    if course := record.unknown_between(start, last):
        return not_known(
            f"the {course.drug} from day {course.first} {course.why}, so the dose between "
            f"days {start} and {last} is not known"
        )
    return None


def _any_course_before(record: Record, day: int) -> bool:
    firsts = [one.first for one in record.stretches]
    firsts += [one.first for one in record.unknown]
    firsts += [first for courses in record.drugs.values() for first, _ in courses]
    return min(firsts, default=day) < day


def _elsewhere(record: Record, settings: PatternSettings, start: int, hole: int) -> str:
    """Say where high doses were given instead: too early, or only afterwards."""
    starts = [one.first for one in record.stretches]
    said = []
    if starts and min(starts) < start:
        found = _last_high_run(record, settings, min(starts), start - 1)
        if found is not None:
            said.append(
                f"the last one ended {plural_days(hole - found[1][-1])} before it"
            )
    later = _first_high_day(record, settings, hole, hole + settings.days_after)
    if later is not None:
        when = (
            "on its day" if later == hole else f"{plural_days(later - hole)} after it"
        )
        said.append(f"the next one came {when} (day {later})")
    return "; " + ", and ".join(said) if said else ""


def _first_high_day(
    record: Record, settings: PatternSettings, start: int, last: int
) -> int | None:
    dose, pulse = record.doses(start, last)
    high = np.flatnonzero(pulse | (dose >= settings.high_dose_mg_kg_day - _NEAR))
    return start + int(high[0]) if len(high) else None
