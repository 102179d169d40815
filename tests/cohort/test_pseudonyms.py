"""A pseudonym is what can be seen of it."""

from __future__ import annotations

import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import CohortError


@pytest.mark.parametrize("mark", [*"\u200b\u200c\u200d\u2060\ufeff\u00ad"])
@pytest.mark.parametrize("name", ["{}P1", "P{}1", "P1{}", "{}"])
def test_a_mark_that_cannot_be_seen_is_told(mark, name):
    patients = pd.DataFrame(
        {
            "patient_id": [name.format(mark), "P1"],
            "antibody": "NXP2",
            "entry_day": 0,
            "exit_day": 100,
            "exit_reason": "lost",
        }
    )
    with pytest.raises(CohortError) as refused:
        Cohort(patients, metadata={"synthetic": True})
    [fault] = refused.value.faults
    assert (fault.rule, fault.row) == ("control_character", 1)
    assert "holds a mark that cannot be seen" in fault.message
    seen = patients.assign(patient_id=["P2", "P1"])
    assert Cohort(seen, metadata={"synthetic": True}).n_patients == 2
