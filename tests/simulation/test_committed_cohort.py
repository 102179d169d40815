"""data/synthetic is what the code writes, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from jdm_stats.cohort.files import read_cohort, write_cohort
from jdm_stats.simulation.simulate import simulate_cohort

COMMITTED = Path(__file__).parents[2] / "data" / "synthetic"


@pytest.fixture(scope="module")
def cohort():
    return simulate_cohort()


def test_the_committed_cohort_is_regenerated_byte_for_byte(cohort, tmp_path):
    written = tmp_path / "synthetic"
    write_cohort(cohort, written)
    names = sorted(path.name for path in COMMITTED.iterdir())
    assert names == sorted(path.name for path in written.iterdir())
    for name in names:
        same = (COMMITTED / name).read_bytes() == (written / name).read_bytes()
        assert same, f"{name} differs; regenerate data/synthetic and say why"


def test_the_committed_cohort_reads_back_as_simulated(cohort):
    assert read_cohort(COMMITTED) == cohort


def test_the_committed_cohort_holds_few_events(cohort):
    events = cohort.events
    perforated = events[events["event"] == "gi_perforation"]["patient_id"].nunique()
    assert cohort.n_patients == 600
    assert 12 <= perforated <= 15
    assert (cohort.patients["pattern"] == "index_case").sum() == 1
