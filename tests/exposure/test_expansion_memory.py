"""What expansion costs: memory beside the table it returns, and time without loops."""

from __future__ import annotations

import tracemalloc

from benchmarks.expand import made_up_cohort
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.exposure.measures import current_dose, recent_pulse


def test_memory_stays_within_twice_the_table():
    cohort = made_up_cohort(3_000, seed=1)
    measures = [current_dose(lag_days=7), recent_pulse(lag_days=1)]
    expand_intervals(cohort, measures=measures)
    tracemalloc.start()
    rows = expand_intervals(cohort, measures=measures)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(rows) > 50_000
    assert peak < 2 * rows.memory_usage(deep=False).sum()
