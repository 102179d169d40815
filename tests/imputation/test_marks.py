"""What was imputed says so in every fit of it, and no longer once it is pooled."""

from __future__ import annotations

import jdm_stats as jdm
from jdm_stats.intervals.marks import IMPUTED_NOTE


def test_a_fit_of_one_imputation_says_so_and_the_pooled_fit_does_not():
    cohort = jdm.simulate_cohort(150, rng=7)
    imputations = jdm.impute_cohort(cohort, m=2, rng=1)
    rows = jdm.expand_intervals(imputations[0])
    at_landmark = jdm.landmark_rows(imputations[0], landmark_days=90, horizon_days=730)
    assert IMPUTED_NOTE in jdm.fit_cox(rows, "nxp2", penalty="firth").notes
    assert IMPUTED_NOTE in jdm.fit_logistic(at_landmark, "nxp2", penalty="firth").notes
    observed = jdm.expand_intervals(cohort)
    assert IMPUTED_NOTE not in jdm.fit_cox(observed, "nxp2", penalty="firth").notes
    pooled = jdm.pool_fits(
        imputations,
        lambda one: jdm.fit_cox(jdm.expand_intervals(one), "nxp2", penalty="firth"),
    )
    assert IMPUTED_NOTE not in pooled.notes
