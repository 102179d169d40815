"""The example of the page is what the committed run gave, and the run gives it again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.marked_tables import MARKED
from tests.operating.example import (
    CHILDREN,
    PAGE,
    TWINS,
    as_text,
    drawn,
    read_table,
    tables,
)

TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLE = read_table().set_index(["model", "term"])


def test_the_tables_of_the_page_are_the_committed_ones():
    marked = {found[2]: found[3].rstrip("\n") for found in MARKED.finditer(TEXT)}
    assert marked == tables(read_table())
    assert set(EXAMPLE["replicates"]) == {TWINS}
    assert f"{CHILDREN} children, preset `steroids_harmless`" in TEXT


def test_what_the_page_says_of_the_example_is_so():
    told = " ".join(TEXT.split())
    plain, firth = (
        EXAMPLE.loc[(model, "recent_pulse")] for model in ("Cox", "Firth Cox")
    )
    landmark = EXAMPLE.loc["Firth logistic", "pulse_by_landmark"]
    for said in (
        f"({plain['estimable']} of {TWINS})",
        f"in {100 * firth['coverage_of_large_sample']:.0f}%",
        f"in {100 * firth['coverage_of_truth']:.0f}% only",
        f"hazard ratio of {np.exp(firth['large_sample']):.1f}",
        f"({landmark['large_sample']:.2f} against {firth['large_sample']:.2f} on the log",
        f"{plain['small_sample_bias']:.2f} ({plain['small_sample_bias_mcse']:.2f}) higher",
        f"On average {firth['mean_events']:.1f} events a twin, "
        f"{landmark['mean_events']:.1f} within",
    ):
        assert said in told, said
    assert firth["estimable"] == TWINS


@pytest.mark.slow
def test_the_run_gives_the_committed_table_again():
    again = read_table(as_text(drawn()))
    pd.testing.assert_frame_equal(again, read_table(), rtol=1e-6, atol=1e-9)
