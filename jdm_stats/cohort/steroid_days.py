"""From settled steroid courses to stretches of days at a dose per kg, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jdm_stats.cohort.body_size import BodySize
from jdm_stats.cohort.cells import Mask
from jdm_stats.cohort.recorded_courses import RecordedCourses
from jdm_stats.plan.steroid_rules import SteroidRules
from jdm_stats.schema import STEROIDS

__all__ = ["Given", "SteroidDays", "days_apart", "doses_on_a_day", "lay_out"]

Days = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Prednisone-equivalent dose on a day it is given; NaN where not known.

    ``assessed`` tells where the weight comes from assessments, ``other_weight`` where a
    rule for weight over time made it another than the one last recorded, ``capped`` where
    a cap made the dose smaller.
    """

    mg_kg: Numbers
    mg: Numbers
    weight: Numbers
    height: Numbers
    pulse: Mask
    assessed: Mask
    other_weight: Mask
    other_height: Mask
    capped: Mask


def doses_on_a_day(
    courses: RecordedCourses,
    day: Days,
    weights: BodySize,
    heights: BodySize,
    rules: SteroidRules,
) -> Given:
    """Work out what each course gives on a day it is given, by body size on ``day``."""
    weight, assessed = weights.on(courses.child, day, rules.weight_over_time)
    height, _ = heights.on(courses.child, day, rules.height_over_time)
    last_weight, _ = weights.on(courses.child, day, "last")
    last_height, _ = heights.on(courses.child, day, "last")
    per_mg = rules.prednisone_per_mg()
    factor = np.array([per_mg[drug] for drug in STEROIDS])[courses.drug]
    per_kg, per_m2 = courses.is_basis("per_kg_day"), courses.is_basis("per_m2")
    dose = factor * courses.dose_mg
    surface_m2 = np.sqrt(height * weight / 3600)
    mg = np.select([per_kg, per_m2], [dose * weight, dose * surface_m2], dose)
    mg_kg = np.where(per_kg, dose, mg / weight)
    cap = np.array([rules.cap_mg_per_dose.get(drug, np.inf) for drug in STEROIDS])
    most = cap[courses.drug] * factor
    capped = (per_kg | per_m2) & (mg > most)
    mg = np.where(capped, most, mg)
    mg_kg = np.where(capped, most / weight, mg_kg)
    pulse = courses.is_route("iv") & (
        (mg_kg >= rules.pulse_mg_kg_day) | (mg >= rules.pulse_mg_day)
    )
    return Given(
        mg_kg,
        mg,
        weight,
        height,
        pulse,
        assessed,
        ~per_kg & _other(weight, last_weight),
        per_m2 & _other(height, last_height),
        capped,
    )


def _other(value: Numbers, last: Numbers) -> Mask:
    return (value != last) & ~(np.isnan(value) & np.isnan(last))


@dataclass(frozen=True, slots=True, eq=False)
class SteroidDays:
    """Stretches of days at a dose; ``place`` is the course each comes from.

    ``mg_kg_day`` and ``mg_day`` are mean daily doses of prednisone equivalent from day
    ``first`` to day ``last``; ``mg_kg_per_dose`` is the dose of each day it is given:
    ``first``, ``first + every`` and so on.
    """

    place: Days
    first: Days
    last: Days
    mg_kg_day: Numbers
    mg_day: Numbers
    pulse: Mask
    every: Days
    mg_kg_per_dose: Numbers

    def where(self, chosen: Mask) -> SteroidDays:
        """Keep the chosen stretches."""
        return SteroidDays(
            *(getattr(self, name)[chosen] for name in self.__dataclass_fields__)
        )


def days_apart(start: Days, stop: Days, every: Days) -> tuple[Days, Days]:
    """Return every n-th day of each span, ``stop`` included, and the span it is of.

    Examples
    --------
    >>> span, day = days_apart(np.array([0, 5]), np.array([21, 6]), np.array([7, 2]))
    >>> span.tolist(), day.tolist()
    ([0, 0, 0, 0, 1], [0, 7, 14, 21, 5])
    """
    many = (stop - start) // every + 1
    span = np.repeat(np.arange(len(start)), many)
    nth = np.arange(len(span)) - np.repeat(np.cumsum(many) - many, many)
    return span, start[span] + nth * every[span]


def lay_out(
    courses: RecordedCourses,
    given: Given,
    sound: Days,
    weights: BodySize,
    heights: BodySize,
    rules: SteroidRules,
) -> tuple[SteroidDays, dict[str, int]]:
    """Lay the sound courses out, and count the courses each rule was applied to.

    A course is cut at new readings where the rules say so; a pulse given every n-th day
    and an intramuscular depot become one stretch for each dose.
    """
    place, first, last = sound, courses.start[sound], courses.stop[sound]
    tally: dict[str, int] = {}
    if rules.weight_within_course == "readings":
        place, first, last = _cut_at_readings(courses, sound, weights, heights, rules)
        cut = int((np.bincount(place, minlength=1) > 1).sum())
        tally |= {"courses cut at a new weight": cut} if cut else {}
        given = doses_on_a_day(courses.of(place), first, weights, heights, rules)
    else:
        given = _taken(given, sound)
    every = courses.every[place]
    depot, released = _depot(courses, place, rules)
    single = (given.pulse & (every > 1)) | depot
    apart = np.where(single, 1, every)
    piece, day = days_apart(first, last, np.where(single, every, last - first + 1))
    until = np.where(single[piece], day + released[piece] - 1, last[piece])
    spread = apart * released
    for what, applies in (
        ("doses per kg capped", given.capped),
        ("intramuscular courses spread as a depot", depot),
        ("doses per kg by a weight not last recorded", given.other_weight),
        ("doses per square metre by a height not last recorded", given.other_height),
    ):
        if applies.any():
            tally[what] = len(np.unique(place[applies]))
    days = SteroidDays(
        place[piece],
        day,
        until,
        (given.mg_kg / spread)[piece],
        (given.mg / spread)[piece],
        given.pulse[piece],
        apart[piece],
        (given.mg_kg / released)[piece],
    )
    return days, tally


def _taken(given: Given, place: Days) -> Given:
    return Given(*(getattr(given, name)[place] for name in Given.__dataclass_fields__))


def _depot(
    courses: RecordedCourses, place: Days, rules: SteroidRules
) -> tuple[Mask, Days]:
    """Tell the depot injections and over how many days each is released, 1 for others."""
    by_drug = np.array([int(rules.depot_days.get(drug, 1)) for drug in STEROIDS])
    injected = courses.is_route("im")[place]
    named = np.array([drug in rules.depot_days for drug in STEROIDS])
    depot = injected & named[courses.drug[place]]
    return depot, np.where(depot, by_drug[courses.drug[place]], 1)


def _cut_at_readings(
    courses: RecordedCourses,
    sound: Days,
    weights: BodySize,
    heights: BodySize,
    rules: SteroidRules,
) -> tuple[Days, Days, Days]:
    """Cut courses whose dose per kg follows body size on the first dose day from a reading.

    A dose per kg follows it only where it may be capped.
    """
    may_cap = np.array([drug in rules.cap_mg_per_dose for drug in STEROIDS])
    own = courses.of(sound)
    by_weight = ~own.is_basis("per_kg_day") | may_cap[own.drug]
    spans, days = [np.arange(len(sound))], [own.start]
    for size, follows in ((weights, by_weight), (heights, own.is_basis("per_m2"))):
        chosen = np.flatnonzero(follows)
        at, day = size.inside(own.child[chosen], own.start[chosen], own.stop[chosen])
        span = chosen[at]
        wait = (own.start[span] - day) % own.every[span]
        inside = day + wait <= own.stop[span]
        spans.append(span[inside])
        days.append((day + wait)[inside])
    span, first = np.concatenate(spans), np.concatenate(days)
    order = np.lexsort((first, span))
    span, first = span[order], first[order]
    fresh = np.ones(len(span), dtype=bool)
    fresh[1:] = (span[1:] != span[:-1]) | (first[1:] != first[:-1])
    span, first = span[fresh], first[fresh]
    last = own.stop[span]
    goes_on = np.flatnonzero(span[1:] == span[:-1])
    last[goes_on] = first[goes_on + 1] - 1
    return sound[span], first, last
