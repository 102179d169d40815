"""The index case as a pattern: what was reported, what is assumed, and a child drawn so.

The steps and the distributions of every assumed number stand in `steps`; here they
become tables for readers and the rows of a child. Whatever the abstract does not give is
drawn and is not hers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jdm_stats.simulation.draws import Streams, pick
from jdm_stats.simulation.index_case.steps import ROWS, SPREADS, STEPS
from jdm_stats.simulation.scenario import Scenario

__all__ = ["index_case_distributions", "index_case_pattern", "index_case_rows"]

_MEASURES = ("cmas", "mmt8", "physician_global", "ck_u_l")


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
    told = [(step.step, step.what, step.status, step.source) for step in STEPS]
    return pd.DataFrame(told, columns=["step", "what", "status", "source"])


def index_case_distributions() -> pd.DataFrame:
    """Return every number that the pattern assumes, with its distribution.

    None of them is published. The children that `simulate_cohort` flags are drawn from
    these rows and from no other numbers.

    Returns
    -------
    pandas.DataFrame
        One row per number: ``order`` and ``step`` (of the pattern), ``number`` (its name),
        ``distribution`` (words), ``low`` and ``high`` (ends, included), ``unit``,
        ``from_step`` (what days are counted from), ``event`` (what begins so many days
        later), ``status`` ("assumed") and ``source``.

    Examples
    --------
    >>> table = index_case_distributions().set_index("number")
    >>> table.loc["perforation", ["distribution", "unit", "from_step"]].tolist()
    ['uniform on whole numbers', 'days', 'the second pulses began']
    """
    rows = [
        {
            "order": step.order,
            "step": step.step,
            "number": spread.name,
            "distribution": spread.distribution,
            "low": float(spread.low),
            "high": float(spread.high),
            "unit": spread.unit,
            "from_step": spread.from_step,
            "event": spread.event,
            "status": step.status,
            "source": step.source,
        }
        for step in STEPS
        for spread in step.spreads
    ]
    return pd.DataFrame(rows)


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
    u = streams.uniforms("index_case", ROWS)[:, 0]
    days = _days(u)
    assessments = _assessments(u, days, scenario.visit_every_days)
    at_zero = {row["measure"]: row["value"] for row in assessments if row["day"] == 0}
    first = _patient(u, days, scenario)
    first |= {measure: at_zero[measure] for measure in _MEASURES}
    rows = {
        "patients": [first],
        "courses": _courses(u, days),
        "events": _events(u, days, scenario),
        "assessments": assessments,
    }
    return {
        table: [{"patient_id": patient_id, **row} for row in listed]
        for table, listed in rows.items()
    }


def _days(u: NDArray[np.float64]) -> dict[str, Any]:
    """Draw the days of a child, each a gap after the step that its spread names."""

    def gap(name: str, again: int = 0) -> int:
        return SPREADS[name].day(u, again)

    pulse = gap("first_pulses")
    gi = pulse + gap("gi")
    second = gi + gap("second_pulses")
    perforations = [second + gap("perforation")]
    for k in range(gap("perforations") - 1):
        perforations.append(perforations[-1] + gap("further", k))
    repairs = [day + gap("repair", k) for k, day in enumerate(perforations)]
    stoma = repairs[-1] + gap("stoma")
    exchange = stoma + gap("exchange")
    plasma = exchange + gap("plasma")
    lasts = gap("every") * (gap("sessions") - 1)
    return {
        "first": (pulse, pulse + gap("first_length") - 1),
        "second": (second, second + gap("second_length") - 1),
        "gi": gi,
        "perforations": perforations,
        "repairs": repairs,
        "stoma": stoma,
        "low": stoma + gap("low_start"),
        "half": stoma + gap("half_dose"),
        "exchange": (exchange, exchange + lasts),
        "plasma": (plasma, plasma + lasts),
        "tofacitinib": stoma + gap("tofacitinib"),
        "exit": stoma + gap("exit"),
    }


def _patient(
    u: NDArray[np.float64], days: dict[str, Any], scenario: Scenario
) -> dict[str, Any]:
    return {
        "sex": "female",
        "age_at_diagnosis_years": SPREADS["age"].draw(u),
        "diagnosis_year": scenario.last_year - 1,
        "weight_kg": SPREADS["weight"].draw(u),
        "height_cm": SPREADS["height"].draw(u),
        "antibody": "NXP2",
        "antibody_test_day": SPREADS["antibody_test"].day(u),
        "centre": "A",
        "entry_day": 0,
        "exit_day": days["exit"],
        "exit_reason": "administrative",
        "dysphagia": True,
        "oedema": True,
        "pattern": "index_case",
    }


def _course(
    treatment: tuple[str, str],
    when: tuple[int, int],
    dose: tuple[float, str] | None = None,
    every: int = 1,
) -> dict[str, Any]:
    return {
        "drug": treatment[0],
        "route": treatment[1],
        "start_day": when[0],
        "stop_day": when[1],
        "dose_mg": np.nan if dose is None else dose[0],
        "dose_basis": None if dose is None else dose[1],
        "every_n_days": every,
    }


def _courses(u: NDArray[np.float64], days: dict[str, Any]) -> list[dict[str, Any]]:
    pulse, oral = ("methylprednisolone", "iv"), ("prednisone", "oral")
    weight, cap = SPREADS["weight"].draw(u), SPREADS["pulse_cap"].draw(u)
    mg_kg = min(SPREADS["pulse"].draw(u), int(100 * cap / weight) / 100)  # rounded down
    dose, high = (mg_kg, "per_kg_day"), (SPREADS["oral"].draw(u), "per_kg_day")
    low = SPREADS["low_dose"].draw(u), "per_kg_day"
    half = round(low[0] / 2, 3), "per_kg_day"
    first, second, end = days["first"], days["second"], days["exit"]
    sessions, plasma = days["exchange"], days["plasma"]
    every, daily = SPREADS["every"].day(u), SPREADS["tofacitinib_dose"].draw(u)
    return [
        _course(pulse, first, dose),
        _course(oral, (first[1] + 1, second[0] - 1), high),
        _course(pulse, second, dose),
        _course(oral, (second[1] + 1, days["low"] - 1), high),
        _course(oral, (days["low"], days["half"] - 1), low),
        _course(oral, (days["half"], end), half),
        _course(("plasma_exchange", "iv"), sessions, None, every),
        _course(("fresh_frozen_plasma", "iv"), plasma, None, every),
        _course(
            ("tofacitinib", "oral"), (days["tofacitinib"], end), (daily, "per_day")
        ),
    ]


def _events(
    u: NDArray[np.float64], days: dict[str, Any], scenario: Scenario
) -> list[dict[str, Any]]:
    known = [(site, share) for site, share in scenario.site_mix if site != "unknown"]
    total = sum(share for _, share in known)
    sites = np.full(5, None, dtype=object)
    if total:
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
    start, worst, best = (
        {measure: SPREADS[prefix + measure].draw(u) for measure in _MEASURES}
        for prefix in ("", "worst_", "best_")
    )
    rows = [
        {"day": 0, "measure": measure, "value": value}
        for measure, value in start.items()
    ]
    low_point, stoma = days["perforations"][0], days["stoma"]
    half_way = SPREADS["half_way"].draw(u)
    for day in range(every, days["exit"] + 1, every):
        back = 0.0 if day <= stoma else 1 - 0.5 ** ((day - stoma) / half_way)
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
