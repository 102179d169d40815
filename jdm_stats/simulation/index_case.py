"""The index case as a pattern: what was reported, what is assumed, and a child drawn so.

The pattern follows Chen X, Zeng X, Sun G, Zeng H, Liu D. Front Pediatr 2024;12:1419355,
doi 10.3389/fped.2024.1419355. Only its abstract was read. It gives the order of what
happened to a girl of 12; it gives no day, no dose, no count, no site and no laboratory
value. Those are drawn here from stated distributions and are not hers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jdm_stats.simulation.draws import Streams, pick
from jdm_stats.simulation.scenario import Scenario

__all__ = ["index_case_pattern", "index_case_rows"]

_ABSTRACT = "Chen 2024, doi 10.3389/fped.2024.1419355; only the abstract was read"
_DISCUSSION = (
    "follows from the abstract's discussion of anti-NXP2 (Chen 2024), "
    "not from a sentence on this girl"
)
_ARGUED = f"{_ABSTRACT}; argued for in its conclusion"
_ASSUMED = "assumed for this simulation; not published"
_ROWS = 64

_STEPS: tuple[tuple[str, str, str, str], ...] = (
    ("child", "girl, 12 years old, juvenile dermatomyositis", "reported", _ABSTRACT),
    ("child", "anti-NXP2", "assumed", _DISCUSSION),
    (
        *("child", "age at diagnosis uniform from 12.0 to 12.6 years", "assumed"),
        _ASSUMED,
    ),
    (
        "child",
        "treated at centre A, diagnosed in the last year but one",
        "assumed",
        _ASSUMED,
    ),
    ("child", "weight 32 to 44 kg, height 143 to 158 cm, uniform", "assumed", _ASSUMED),
    (
        *("child", "CMAS 4 to 18, MMT8 30 to 50, physician global 6 to 9", "assumed"),
        _ASSUMED,
    ),
    ("child", "CK 200 to 3,000 U/L, log-uniform", "assumed", _ASSUMED),
    ("child", "dysphagia and oedema at diagnosis", "assumed", _ASSUMED),
    ("high-dose steroid", "high-dose methylprednisolone", "reported", _ABSTRACT),
    (
        *("high-dose steroid", "first pulses on day 3 to 14, for 3 to 5 days"),
        *("assumed", _ASSUMED),
    ),
    ("high-dose steroid", "20 or 30 mg/kg/day, at most 1 g", "assumed", _ASSUMED),
    (
        *("high-dose steroid", "prednisone 2 mg/kg/day between and after the pulses"),
        *("assumed", _ASSUMED),
    ),
    (
        *("high-dose steroid", "second pulses 2 to 6 days after GI involvement"),
        *("assumed", _ASSUMED),
    ),
    (
        *("GI involvement", "21 to 60 days after the first pulses began", "assumed"),
        _ASSUMED,
    ),
    (
        *("perforations", "multiple perforations after high-dose methylprednisolone"),
        *("reported", _ABSTRACT),
    ),
    (
        *(
            "perforations",
            "first 5 to 20 days after the second pulses began",
            "assumed",
        ),
        _ASSUMED,
    ),
    (
        *("perforations", "3 to 5 in all, 7 to 18 days apart", "assumed"),
        _ASSUMED,
    ),
    ("perforations", "sites from the published mix, all known", "assumed", _ASSUMED),
    (
        *("repeated surgery", "several operations, leakage, new perforations"),
        *("reported", _ABSTRACT),
    ),
    (
        *("repeated surgery", "within 1 day of each perforation", "assumed"),
        _ASSUMED,
    ),
    ("change of course", "jejunostomy", "reported", _ABSTRACT),
    ("change of course", "2 to 5 days after the last repair", "assumed", _ASSUMED),
    ("change of course", "plasma exchanges", "reported", _ABSTRACT),
    ("change of course", "fresh frozen plasma", "reported", _ABSTRACT),
    ("change of course", "5 to 7 sessions on alternate days", "assumed", _ASSUMED),
    ("change of course", "tofacitinib", "reported", _ABSTRACT),
    ("change of course", "10 mg a day from 7 to 14 days later", "assumed", _ASSUMED),
    ("change of course", "low-dose steroid", "reported", _ARGUED),
    (
        *("change of course", "prednisone 0.3 to 0.5 mg/kg/day, half after 180 days"),
        *("assumed", _ASSUMED),
    ),
    (
        *("slow recovery", "strength gained gradually, inflammation fell", "reported"),
        _ABSTRACT,
    ),
    (
        *(
            "slow recovery",
            "readings every 90 days: CMAS 2, MMT8 24, global 9.5, CK 600",
        ),
        *("assumed", _ASSUMED),
    ),
    (
        *("slow recovery", "half-way to CMAS 46, MMT8 76, global 1, CK 90 in 180 days"),
        *("assumed", _ASSUMED),
    ),
    ("slow recovery", "alive, followed for 540 to 900 days", "assumed", _ASSUMED),
)


def index_case_pattern() -> pd.DataFrame:
    """Return the index case step by step, what is reported apart from what is assumed.

    Returns
    -------
    pandas.DataFrame
        In order; columns ``step``, ``what``, ``status`` ("reported" or "assumed") and
        ``source``.

    Examples
    --------
    >>> index_case_pattern()["status"].value_counts().to_dict()
    {'assumed': 23, 'reported': 10}
    """
    return pd.DataFrame(_STEPS, columns=["step", "what", "status", "source"])


def index_case_rows(
    patient_id: str, seed: int, child: int, scenario: Scenario
) -> dict[str, list[dict[str, Any]]]:
    """Draw one child who follows the pattern.

    Parameters
    ----------
    patient_id : str
    seed, child : int
        Seed of the cohort and index of the child.
    scenario : Scenario
        Gives the mix of sites and the calendar.

    Returns
    -------
    dict of str to list of dict
        Rows of patients (one), courses, events and assessments.
    """
    streams = Streams(seed, np.array([child], dtype=np.int64))
    u = streams.uniforms("index_case", _ROWS)[:, 0]
    days = _days(u)
    rows = {
        "patients": [_patient(u, days, scenario)],
        "courses": _courses(u, days, _weight(u)),
        "events": _events(u, days, scenario),
        "assessments": _assessments(u, days, scenario.visit_every_days),
    }
    first = rows["patients"][0]
    for measure in ("cmas", "mmt8", "physician_global", "ck_u_l"):
        at_zero = [
            row["value"]
            for row in rows["assessments"]
            if row["day"] == 0 and row["measure"] == measure
        ]
        first[measure] = at_zero[0]
    return {
        table: [{"patient_id": patient_id, **row} for row in listed]
        for table, listed in rows.items()
    }


def _whole(u: float, low: int, high: int) -> int:
    """Return a whole number from low to high, both included."""
    return low + int(u * (high - low + 1))


def _weight(u: NDArray[np.float64]) -> float:
    return round(32 + 12 * float(u[1]), 1)


def _days(u: NDArray[np.float64]) -> dict[str, Any]:
    pulse = _whole(u[10], 3, 14)
    gi = pulse + _whole(u[11], 21, 60)
    second = gi + _whole(u[12], 2, 6)
    perforations = [second + _whole(u[13], 5, 20)]
    for k in range(_whole(u[14], 3, 5) - 1):
        perforations.append(perforations[-1] + _whole(u[15 + k], 7, 18))
    repairs = [day + _whole(u[20 + k], 0, 1) for k, day in enumerate(perforations)]
    stoma = repairs[-1] + _whole(u[26], 2, 5)
    return {
        "pulses": (pulse, second),
        "pulse_length": (_whole(u[27], 3, 5), _whole(u[28], 3, 5)),
        "gi": gi,
        "perforations": perforations,
        "repairs": repairs,
        "stoma": stoma,
        "exchange": stoma + _whole(u[29], 1, 3),
        "sessions": _whole(u[30], 5, 7),
        "tofacitinib": stoma + _whole(u[31], 7, 14),
        "exit": stoma + _whole(u[32], 540, 900),
    }


def _patient(
    u: NDArray[np.float64], days: dict[str, Any], scenario: Scenario
) -> dict[str, Any]:
    return {
        "sex": "female",
        "age_at_diagnosis_years": round(12 + 0.6 * float(u[0]), 2),
        "diagnosis_year": scenario.last_year - 1,
        "weight_kg": _weight(u),
        "height_cm": round(143 + 15 * float(u[2]), 1),
        "antibody": "NXP2",
        "antibody_test_day": _whole(u[3], 0, 14),
        "centre": "A",
        "entry_day": 0,
        "exit_day": days["exit"],
        "exit_reason": "administrative",
        "dysphagia": True,
        "oedema": True,
        "pattern": "index_case",
    }


def _course(
    drug: str,
    route: str,
    start: int,
    stop: int,
    dose: tuple[float, str] | None = None,
    every: int = 1,
) -> dict[str, Any]:
    return {
        "drug": drug,
        "route": route,
        "start_day": start,
        "stop_day": stop,
        "dose_mg": np.nan if dose is None else dose[0],
        "dose_basis": None if dose is None else dose[1],
        "every_n_days": every,
    }


def _courses(
    u: NDArray[np.float64], days: dict[str, Any], weight: float
) -> list[dict[str, Any]]:
    mg_kg = min(30.0 if u[33] < 0.5 else 20.0, int(100_000 / weight) / 100)
    (first, second), (short, again) = days["pulses"], days["pulse_length"]
    stoma, end = days["stoma"], days["exit"]
    low = round(0.3 + 0.05 * _whole(u[34], 0, 4), 2)
    high, half = (2.0, "per_kg_day"), (round(low / 2, 3), "per_kg_day")
    turn, last_session = stoma + 180, days["exchange"] + 2 * (days["sessions"] - 1)
    return [
        _course("methylprednisolone", "iv", first, first + short - 1, (mg_kg, high[1])),
        _course("prednisone", "oral", first + short, second - 1, high),
        _course(
            "methylprednisolone", "iv", second, second + again - 1, (mg_kg, high[1])
        ),
        _course("prednisone", "oral", second + again, stoma - 1, high),
        _course("prednisone", "oral", stoma, turn - 1, (low, high[1])),
        _course("prednisone", "oral", turn, end, half),
        _course("plasma_exchange", "iv", days["exchange"], last_session, None, 2),
        _course("fresh_frozen_plasma", "iv", days["exchange"], last_session, None, 2),
        _course("tofacitinib", "oral", days["tofacitinib"], end, (10.0, "per_day")),
    ]


def _events(
    u: NDArray[np.float64], days: dict[str, Any], scenario: Scenario
) -> list[dict[str, Any]]:
    known = [(site, share) for site, share in scenario.site_mix if site != "unknown"]
    total = sum(share for _, share in known)
    sites = pick(u[40:45], [(site, share / total) for site, share in known])
    rows = [{"day": days["gi"], "event": "gi_involvement", "site": None}]
    for day, repair, site in zip(
        days["perforations"], days["repairs"], sites, strict=False
    ):
        rows.append({"day": day, "event": "gi_perforation", "site": site})
        rows.append({"day": repair, "event": "surgery", "site": site})
    rows.append({"day": days["stoma"], "event": "surgery", "site": "jejunostomy"})
    return rows


def _assessments(
    u: NDArray[np.float64], days: dict[str, Any], every: int
) -> list[dict[str, Any]]:
    """Weak at diagnosis, weakest at the perforations, then slowly better."""
    start = {
        "cmas": float(_whole(u[50], 4, 18)),
        "mmt8": float(_whole(u[51], 30, 50)),
        "physician_global": round(6 + 3 * float(u[52]), 1),
        "ck_u_l": float(round(200 * 15 ** float(u[53]))),
    }
    worst = {"cmas": 2.0, "mmt8": 24.0, "physician_global": 9.5, "ck_u_l": 600.0}
    best = {"cmas": 46.0, "mmt8": 76.0, "physician_global": 1.0, "ck_u_l": 90.0}
    rows = [
        {"day": 0, "measure": measure, "value": value}
        for measure, value in start.items()
    ]
    low_point = days["perforations"][0]
    for day in range(every, days["exit"] + 1, every):
        back = 0.0 if day <= days["stoma"] else 1 - 0.5 ** ((day - days["stoma"]) / 180)
        for measure in start:
            if day <= low_point:
                share = day / low_point
                value = start[measure] + share * (worst[measure] - start[measure])
            else:
                value = worst[measure] + back * (best[measure] - worst[measure])
            decimals = 1 if measure == "physician_global" else 0
            rows.append(
                {"day": day, "measure": measure, "value": round(value, decimals)}
            )
    return rows
