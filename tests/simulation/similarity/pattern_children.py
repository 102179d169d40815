"""Children written out by hand, whose resemblance to the index case is worked on paper."""

from __future__ import annotations

import pandas as pd

from jdm_stats.cohort.cohort import Cohort

COURSES = ("drug", "route", "start_day", "stop_day", "dose_mg", "dose_basis")
PER_KG, PER_DAY = "per_kg_day", "per_day"

_TWIN_COURSES = [
    ("methylprednisolone", "iv", 40, 42, 30.0, PER_KG),
    ("prednisone", "oral", 43, 79, 2.0, PER_KG),
    ("prednisone", "oral", 80, 300, 0.4, PER_KG),
    ("plasma_exchange", "iv", 82, 92, None, None),
    ("fresh_frozen_plasma", "iv", 82, 92, None, None),
    ("tofacitinib", "oral", 90, None, 10.0, PER_DAY),
]
_TWIN_EVENTS = [
    (38, "gi_involvement", None),
    (52, "gi_perforation", "duodenum"),
    (52, "surgery", "duodenum"),
    (66, "gi_perforation", "colon"),
    (67, "surgery", "colon"),
    (80, "surgery", "Jejunostomy"),
]
_TWIN_CMAS = [(0, 20.0), (60, 4.0), (200, 30.0)]

PATIENTS = pd.DataFrame(
    [
        # every step of the pattern
        ("twin", "female", 12.3, "NXP2", 40.0, 600, "administrative"),
        # the same, but nobody tested the antibody
        ("untested", "female", 12.3, "untested", 40.0, 600, "administrative"),
        # pulses, but only after the perforation
        ("after", "male", 5.0, "TIF1g", 20.0, 400, "administrative"),
        # 60 mg a day of 30 kg; died 10 days after the perforation; sex and age unknown
        ("died", "unknown", None, "NXP2", 30.0, 70, "death"),
        # a dose that was not written down, lost 40 days after the perforation
        ("no dose", "female", 11.0, "NXP2", 30.0, 90, "lost"),
        # high doses and no perforation
        ("spared", "female", 12.0, "NXP2", 40.0, 700, "administrative"),
    ],
    columns=[
        *("patient_id", "sex", "age_at_diagnosis_years", "antibody", "weight_kg"),
        *("exit_day", "exit_reason"),
    ],
).assign(entry_day=0)

_OWN_COURSES = {
    "twin": _TWIN_COURSES,
    "untested": _TWIN_COURSES,
    "after": [("methylprednisolone", "iv", 103, 105, 30.0, PER_KG)],
    "died": [("prednisolone", "oral", 10, 59, 60.0, PER_DAY)],
    "no dose": [("prednisone", "oral", 1, 49, None, None)],
    "spared": [("prednisone", "oral", 0, 60, 2.0, PER_KG)],
}
_OWN_EVENTS = {
    "twin": _TWIN_EVENTS,
    "untested": _TWIN_EVENTS,
    "after": [(100, "gi_perforation", "duodenum"), (100, "surgery", "duodenum")],
    "died": [
        (20, "gi_involvement", None),
        (60, "gi_perforation", None),
        (70, "death", None),
    ],
    "no dose": [(50, "gi_perforation", None)],
}
_OWN_CMAS = {"twin": _TWIN_CMAS, "untested": _TWIN_CMAS}

# Weights: girl and age 0.5 each, NXP2 3, GI then high dose 1, high dose before 4,
# perforation 2, several perforations 3, several operations 3, and six steps of 1: 23.
SCORES = {
    "twin": (23.0, 23.0),
    "untested": (20.0, 23.0),  # without 3 of NXP2, not known
    "died": (10.0, 11.0),  # NXP2 3, GI then high 1, before 4, hole 2; sex, age unknown
    # sex 0.5, age 0.5, NXP2 3, hole 2; all else not known
    "no dose": (6.0, 23.0),
    "spared": (4.0, 4.0),  # sex, age, NXP2; whatever follows a perforation is no
    # the perforation; not known: recovery, as there is no CMAS, and when GI disease began
    "after": (2.0, 4.0),
}


def _listed(own, columns):
    rows = [
        dict(zip(columns, row, strict=True), patient_id=child)
        for child, listed in own.items()
        for row in listed
    ]
    return pd.DataFrame(rows)


def tables():
    """Return the four tables of the children."""
    cmas = _listed(_OWN_CMAS, ("day", "value")).assign(measure="cmas")
    return {
        "patients": PATIENTS.copy(),
        "courses": _listed(_OWN_COURSES, COURSES),
        "events": _listed(_OWN_EVENTS, ("day", "event", "site")),
        "assessments": cmas,
    }


def children(**changed):
    """Return the cohort of the children, with other tables or metadata where given."""
    return Cohort(**(tables() | changed))
