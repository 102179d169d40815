"""The index case's pattern as data: ordered steps, reported or assumed, and their numbers.

The pattern follows Chen X, Zeng X, Sun G, Zeng H, Liu D. Front Pediatr 2024;12:1419355,
doi 10.3389/fped.2024.1419355. Only its abstract was read. It gives the order of what
happened to a girl of 12; it gives no day, no dose, no count, no site and no laboratory
value. Each of those is a `Spread` of an assumed step: the words of the step are made from
it, and a child of the pattern is drawn from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from jdm_stats.simulation.index_case.spread import Spread, days, value, whole

__all__ = ["ABSTRACT", "ROWS", "SPREADS", "STEPS", "Step"]

ABSTRACT = "Chen 2024, doi 10.3389/fped.2024.1419355; only the abstract was read"
ROWS = 64  # uniform numbers drawn for each child of the pattern

_DISCUSSION = (
    "follows from the abstract's discussion of anti-NXP2 (Chen 2024), "
    "not from a sentence on this girl"
)
_ARGUED = f"{ABSTRACT}; argued for in its conclusion"
_ASSUMED = "assumed for this simulation; not published"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the pattern.

    Parameters
    ----------
    order : int
        Place in the pattern, from 1.
    step, what : str
        The part of the course it belongs to, and what happened.
    status : {"reported", "assumed"}
    source : str
    spreads : tuple of Spread
        The numbers it holds; none when it is reported, as no number is published.
    event : str
        What begins with it, where something does.
    """

    order: int
    step: str
    what: str
    status: str
    source: str
    spreads: tuple[Spread, ...] = ()
    event: str = ""


def _reported(step: str, what: str, event: str, source: str = ABSTRACT) -> Step:
    return Step(0, step, what, "reported", source, (), event)


def _assumed(
    step: str, words: str, *spreads: Spread, event: str = "", source: str = _ASSUMED
) -> Step:
    """Tell an assumed step; the numbers in its words come from its spreads."""
    what = words.format(**{spread.name: spread.in_words() for spread in spreads})
    return Step(0, step, what, "assumed", source, spreads, event)


_PULSES, _SECOND = "the first pulses began", "the second pulses began"
_HOLE, _STOMA = "each perforation", "the jejunostomy"

_CHILD = (
    _reported("child", "girl, 12 years old, juvenile dermatomyositis", "diagnosis"),
    _assumed("child", "anti-NXP2", event="anti-NXP2", source=_DISCUSSION),
    _assumed(
        "child",
        "age at diagnosis uniform from {age} years",
        Spread("age", "uniform", 12.0, 12.6, "years", 0, decimals=2),
    ),
    _assumed(
        "child",
        "treated at centre A, diagnosed in the last year but one, antibody tested on "
        "day {antibody_test}",
        days("antibody_test", (0, 14), 3, "diagnosis", ""),
    ),
    _assumed(
        "child",
        "weight {weight} kg, height {height} cm, uniform",
        Spread("weight", "uniform", 32, 44, "kg", 1, decimals=1),
        Spread("height", "uniform", 143, 158, "cm", 2, decimals=1),
    ),
    _assumed(
        "child",
        "CMAS {cmas}, MMT8 {mmt8}, physician global {physician_global} at diagnosis",
        whole("cmas", 4, 18, "points", 50),
        whole("mmt8", 30, 50, "points", 51),
        Spread("physician_global", "uniform", 6, 9, "points", 52, decimals=1),
    ),
    _assumed(
        "child",
        "CK {ck_u_l} U/L, log-uniform",
        Spread("ck_u_l", "log-uniform", 200, 3000, "U/L", 53),
    ),
    _assumed("child", "dysphagia and oedema at diagnosis"),
)

_STEROID = (
    _reported(
        "high-dose steroid",
        "high-dose methylprednisolone",
        "high-dose methylprednisolone",
    ),
    _assumed(
        "high-dose steroid",
        "first pulses on day {first_pulses}, for {first_length} days",
        days("first_pulses", (3, 14), 10, "diagnosis", "high-dose methylprednisolone"),
        whole("first_length", 3, 5, "days", 27),
    ),
    _assumed(
        "high-dose steroid",
        "{pulse} mg/kg/day, at most {pulse_cap} mg",
        Spread("pulse", "either", 20, 30, "mg/kg/day", 33),
        value("pulse_cap", 1000, "mg/day"),
    ),
    _assumed(
        "high-dose steroid",
        "prednisone {oral} mg/kg/day between and after the pulses",
        value("oral", 2, "mg/kg/day"),
    ),
    _assumed(
        "GI involvement",
        "{gi} days after the first pulses began",
        days("gi", (21, 60), 11, _PULSES, "GI involvement"),
        event="GI involvement",
    ),
    _assumed(
        "high-dose steroid",
        "second pulses {second_pulses} days after GI involvement, for {second_length} "
        "days",
        days("second_pulses", (2, 6), 12, "GI involvement", "second pulses"),
        whole("second_length", 3, 5, "days", 28),
        event="second pulses",
    ),
)

_GUT = (
    _reported(
        "perforations",
        "multiple perforations after high-dose methylprednisolone",
        "multiple perforations",
    ),
    _assumed(
        "perforations",
        "first {perforation} days after the second pulses began",
        days("perforation", (5, 20), 13, _SECOND, "multiple perforations"),
    ),
    _assumed(
        "perforations",
        "{perforations} in all, {further} days apart",
        whole("perforations", 3, 5, "perforations", 14),
        days("further", (7, 18), 15, _HOLE, "further perforations", 4),
        event="further perforations",
    ),
    _assumed("perforations", "sites from the published mix, all known"),
    _reported(
        "repeated surgery",
        "several operations, leakage, new perforations",
        "several operations",
    ),
    _assumed(
        "repeated surgery",
        "{repair} days after each perforation",
        days("repair", (0, 1), 20, _HOLE, "several operations", 5),
    ),
)

_CHANGE = (
    _reported("change of course", "jejunostomy", "jejunostomy"),
    _assumed(
        "change of course",
        "{stoma} days after the last repair",
        days("stoma", (2, 5), 26, "the last repair", "jejunostomy"),
    ),
    _reported("change of course", "plasma exchanges", "plasma exchanges"),
    _reported("change of course", "fresh frozen plasma", "fresh frozen plasma"),
    _assumed(
        "change of course",
        "{sessions} sessions of both, one every {every} days, from {exchange} days after "
        "the jejunostomy",
        whole("sessions", 5, 7, "sessions", 30),
        value("every", 2, "days"),
        days("exchange", (1, 3), 29, _STOMA, "plasma exchanges"),
        value("plasma", 0, "days", "the first plasma exchange", "fresh frozen plasma"),
    ),
    _reported("change of course", "tofacitinib", "tofacitinib"),
    _assumed(
        "change of course",
        "{tofacitinib_dose} mg a day from {tofacitinib} days after the jejunostomy",
        days("tofacitinib", (7, 14), 31, _STOMA, "tofacitinib"),
        value("tofacitinib_dose", 10, "mg/day"),
    ),
    _reported(
        "change of course",
        "low-dose steroid, argued for",
        "low-dose steroid",
        _ARGUED,
    ),
    _assumed(
        "change of course",
        "prednisone {low_dose} mg/kg/day from the jejunostomy, half after {half_dose} "
        "days",
        Spread("low_dose", "steps", 0.3, 0.5, "mg/kg/day", 34, decimals=2, by=0.05),
        value("low_start", 0, "days", _STOMA, "low-dose steroid"),
        value("half_dose", 180, "days", _STOMA),
    ),
)

_RECOVERY = (
    _reported(
        "slow recovery",
        "strength gained gradually, inflammation fell",
        "slow recovery",
    ),
    _assumed(
        "slow recovery",
        "at the first perforation CMAS {worst_cmas}, MMT8 {worst_mmt8}, global "
        "{worst_physician_global}, CK {worst_ck_u_l}",
        value("worst_cmas", 2, "points"),
        value("worst_mmt8", 24, "points"),
        value("worst_physician_global", 9.5, "points"),
        value("worst_ck_u_l", 600, "U/L"),
    ),
    _assumed(
        "slow recovery",
        "half-way to CMAS {best_cmas}, MMT8 {best_mmt8}, global "
        "{best_physician_global}, CK {best_ck_u_l} in {half_way} days",
        value("best_cmas", 46, "points"),
        value("best_mmt8", 76, "points"),
        value("best_physician_global", 1, "points"),
        value("best_ck_u_l", 90, "U/L"),
        value("half_way", 180, "days", _STOMA, "slow recovery"),
    ),
    _assumed(
        "slow recovery",
        "alive, followed until {exit} days after the jejunostomy",
        days("exit", (540, 900), 32, _STOMA, "end of follow-up"),
        event="end of follow-up",
    ),
)

_TOLD = (*_CHILD, *_STEROID, *_GUT, *_CHANGE, *_RECOVERY)

STEPS: tuple[Step, ...] = tuple(
    Step(
        order, told.step, told.what, told.status, told.source, told.spreads, told.event
    )
    for order, told in enumerate(_TOLD, start=1)
)

SPREADS = MappingProxyType(
    {spread.name: spread for step in STEPS for spread in step.spreads}
)
