"""Small registers for the tests of exports, sound and without warnings."""

from __future__ import annotations

from functools import cache

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.schema import TABLES
from jdm_stats.simulation.simulate import simulate_cohort

STYLES = ("german", "english", "french")
LAYOUTS = ("several", "long", "wide")
WORLDS = ("tertiary", "population", "steroids_harmless")


@cache
def registry(number: int) -> Cohort:
    """Return one of ten cohorts of 20 to 38 children, with their first courses and visits."""
    world = WORLDS[number % len(WORLDS)]
    whole = simulate_cohort(20 + 2 * number, rng=204 + number, scenario=world)
    tables = {name: getattr(whole, name) for name in TABLES}
    for name, count in (("courses", 10), ("assessments", 12)):
        first = tables[name].groupby("patient_id").head(count)
        tables[name] = first.reset_index(drop=True)
    return Cohort(**tables, metadata={"name": f"Register {number}", "synthetic": True})
