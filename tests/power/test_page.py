"""The page docs/study_size.md says what the functions say."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pandas as pd
import pytest

from jdm_stats.evidence.published import parameters
from jdm_stats.power.detectable import detectable_hazard_ratio
from jdm_stats.power.needed import children_needed
from jdm_stats.power.study_design import StudyDesign
from jdm_stats.power.study_power import study_power
from jdm_stats.power.time_course import CONSTANT, PUBLISHED
from jdm_stats.power.world_figures import world_figures
from tests.power.simulated import CSV

PAGE = (Path(__file__).parents[2] / "docs" / "study_size.md").read_text("utf-8")


def rows(name: str) -> list[list[str]]:
    block = re.search(rf"<!-- {name} -->\n(.*?)<!-- end -->", PAGE, re.DOTALL)
    assert block is not None
    lines = block.group(1).strip().splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("row", rows("sizes"), ids=lambda row: " ".join(row[:5]))
def test_a_row_of_the_table_of_sizes(row):
    design = StudyDesign(
        test=row[0],
        n_children=int(row[1]),
        follow_up_years=float(row[2]),
        exposure_share=float(row[3]),
    )
    ratio = float(row[4])
    told = study_power(design, ratio)
    nearest = detectable_hazard_ratio(design)
    below = "none" if math.isnan(nearest.below) else f"{nearest.below:.3f}"
    assert row[5:] == [
        f"{told.expected_events:.2f}",
        f"{told.power:.4f}",
        f"{told.size:.4f}",
        f"{told.no_plain_estimate:.4f}",
        f"{told.interval_ratio:.2f}",
        f"{nearest.above:.2f}",
        below,
        f"{children_needed(design, ratio).value:.0f}",
    ]


def test_the_table_of_drawn_registries():
    drawn = pd.read_csv(CSV)
    assert len(rows("drawn")) == len(drawn)
    for row, cell in zip(rows("drawn"), drawn.to_dict("records"), strict=True):
        design = StudyDesign(
            n_children=int(row[0]),
            follow_up_years=float(row[1]),
            exposure_share=float(row[2]),
        )
        power = study_power(design, float(row[3])).power
        error = math.sqrt(power * (1 - power) / cell["registries"])
        shown = [f"{100 * value:.1f}" for value in (power, cell["significant"], error)]
        assert row[4:] == shown
        assert abs(power - cell["significant"]) < 2 * error


def shares(course) -> list[str]:
    told = course.risk_by([182.6, 365.25, 1826.25, 3652.5], 0.02) / 0.02
    return [f"{share:.2f}" for share in told]


def test_the_table_of_time_courses():
    told = {row[0]: row[1:] for row in rows("course")}
    assert told["published"] == shares(PUBLISHED)
    assert told["constant"] == shares(CONSTANT)


@pytest.mark.slow
def test_the_time_course_and_the_pulses_of_the_world_are_as_told():
    figures = world_figures("tertiary")
    told = {row[0]: row[1:] for row in rows("course")}
    assert told["world tertiary, SYNTHETIC"] == shares(figures.time_course)
    share = 100 * figures.exposure_shares["recent_pulse"]
    assert f"is there at {share:.1f}% of average events" in PAGE


def test_the_published_course_is_that_of_the_evidence():
    known = parameters()["value"]
    assert PUBLISHED.log_spread == known["time_to_perforation_lognormal_sigma"]
    months = known["time_to_perforation_median_months"]
    assert PUBLISHED.median_days == pytest.approx(months * 365.25 / 12)
    assert StudyDesign().risk_24_months == known["perforation_risk_24_months_tertiary"]
    assert StudyDesign().exposure_share == known["antibody_share_western_nxp2"]
