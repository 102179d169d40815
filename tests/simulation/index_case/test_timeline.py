"""The figure of the index case: the order reported, every day assumed and marked so."""

from __future__ import annotations

import itertools

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from jdm_stats.errors import UsageError
from jdm_stats.simulation.index_case.timeline import (
    index_case_timeline,
    pattern_gaps,
    timeline_steps,
)
from jdm_stats.simulation.simulate import simulate_cohort


def drawn(**options):
    figure = Figure(figsize=(9, 6.5), layout="constrained")
    return index_case_timeline(ax=figure.subplots(), **options)


def count(ax, gid):
    return sum(line.get_gid() == gid for line in ax.lines)


def test_every_reported_step_is_there_and_solid():
    steps = timeline_steps()
    assert (steps["status"] == "reported").sum() == 10
    assert not any(
        character.isdigit()
        for label in steps.query("status == 'reported'")["label"][1:]
        for character in label
    )
    ax = drawn()
    assert count(ax, "step-reported") == 10
    assert count(ax, "step-assumed") == len(steps) - 10
    order = steps["event"].tolist()
    for earlier, later in itertools.pairwise(
        [
            *("diagnosis", "high-dose methylprednisolone", "GI involvement"),
            *("second pulses", "multiple perforations", "several operations"),
            *("jejunostomy", "plasma exchanges", "tofacitinib", "slow recovery"),
        ]
    ):
        assert order.index(earlier) < order.index(later)


def test_the_figure_says_that_days_are_assumed_and_the_case_was_not_read():
    ax = drawn()
    assert "ASSUMED days" in ax.get_xlabel()
    texts = [text.get_text() for text in ax.texts]
    assert "SYNTHETIC" in texts
    assert texts.count("reported") == 10
    assert "only the abstract was read" in ax.get_legend().get_title().get_text()
    assert timeline_steps().attrs["jdm_stats"]["synthetic"]


def test_children_of_the_pattern_lie_within_the_assumed_ranges():
    cohort = simulate_cohort(8, rng=2, n_index_pattern=4)
    ax = drawn(cohort=cohort)
    gaps = pattern_gaps(cohort)
    assert gaps["patient_id"].nunique() == 4
    assert count(ax, "drawn") == (gaps["days"] <= ax.get_xlim()[1]).sum()
    joined = gaps.merge(timeline_steps(), on="event")
    assert joined["days"].between(joined["low"], joined["high"]).all()


def test_a_cohort_without_such_children_is_refused():
    with pytest.raises(UsageError, match="n_index_pattern=5"):
        drawn(cohort=simulate_cohort(3, rng=1, n_index_pattern=0))
    with pytest.raises(UsageError, match="cohort must be a Cohort"):
        drawn(cohort="data/synthetic")


@pytest.mark.parametrize("size", [(9, 6.5), (7.5, 6.5), (13, 9)])
def test_no_text_lies_on_another_or_outside_the_picture(size):
    figure = Figure(figsize=size, layout="constrained")
    ax = figure.subplots()
    index_case_timeline(ax=ax, cohort=simulate_cohort(3, rng=1, n_index_pattern=3))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    texts = [
        *(text for text in ax.texts if text.get_text()),
        *ax.get_yticklabels(),
        *ax.get_legend().get_texts(),
        *(ax.xaxis.label, ax.get_legend().get_title()),
    ]
    boxes = [text.get_window_extent(renderer) for text in texts]
    for box in boxes:
        assert box.x0 >= -2
        assert box.x1 <= figure.bbox.x1 + 2
        assert box.y0 >= -2
        assert box.y1 <= figure.bbox.y1 + 2
    shrunk = [box.shrunk(0.9, 0.7) for box in boxes]
    for one, other in itertools.combinations(shrunk, 2):
        assert not one.overlaps(other)
