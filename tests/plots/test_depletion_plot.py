"""Two hazard ratios over time, and the severity of those still at risk."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats import plots
from jdm_stats.errors import UsageError
from tests.plots import test_every_plot as every
from tests.plots.drawn import HOSTILE


def table(n=24, error=True):
    ends = np.rint(np.arange(1, n + 1) * 365.25 / 12)
    made = pd.DataFrame(
        {
            "from_day": np.r_[0.0, ends[:-1]],
            "to_day": ends,
            "marginal_hr": np.linspace(2.9, 1.8, n),
            "conditional_hr": 3.0,
            "severity_strategy": np.linspace(0.5, -0.2, n),
            "severity_reference": np.linspace(0.6, 0.1, n),
        }
    )
    if error:
        made["log_marginal_hr_error"] = 0.05
    return made


def ratios(**options):
    return plots.hazard_ratios_plot(
        table(), cox_projection=2.3, cox_label=HOSTILE, **options
    )


def severity(**options):
    return plots.severity_at_risk_plot(table(), labels=(HOSTILE, "b"), **options)


def test_what_is_drawn_is_what_the_table_says(axes):
    ratios(ax=axes)
    lines = {line.get_gid(): line for line in axes.lines}
    assert lines["marginal"].get_ydata().tolist() == table()["marginal_hr"].tolist()
    assert set(lines["conditional"].get_ydata()) == {3.0}
    assert set(lines["cox-projection"].get_ydata()) == {2.3}
    first = table().loc[0, ["from_day", "to_day"]].mean() / (365.25 / 12)
    assert lines["marginal"].get_xdata()[0] == pytest.approx(first)
    low, high = axes.get_ylim()
    assert low < 1.0 and high > 3.0
    band = next(c for c in axes.collections if c.get_gid() == "band")
    top = band.get_paths()[0].vertices[:, 1].max()
    assert top == pytest.approx(2.9 * np.exp(1.959963984540054 * 0.05))


def test_without_errors_or_projection_neither_is_drawn(axes):
    plots.hazard_ratios_plot(table(error=False), ax=axes)
    assert not axes.collections
    assert len(axes.get_legend().get_texts()) == 2


def test_severity_of_both_arms(axes):
    severity(ax=axes)
    lines = {line.get_gid(): line.get_ydata().tolist() for line in axes.lines}
    for column in ("severity_strategy", "severity_reference"):
        assert lines[column] == table()[column].tolist()
    told = [text.get_text() for text in axes.get_legend().get_texts()]
    assert told[1] == "b"


@pytest.mark.parametrize("ratio", [1.02, 1.4, 3.0, 30.0])
def test_the_ratio_axis_has_a_few_plain_ticks(axes, ratio):
    made = table(6)
    made["marginal_hr"] = made["conditional_hr"] = np.linspace(1.0, ratio, 6)
    plots.hazard_ratios_plot(made, ax=axes)
    low, high = axes.get_ylim()
    ticks = [tick for tick in axes.get_yticks() if low <= tick <= high]
    assert 1 <= len(ticks) <= 8 and 1.0 in ticks


def test_missing_columns_are_named():
    with pytest.raises(UsageError, match="marginal_hr, conditional_hr"):
        plots.hazard_ratios_plot(table()[["from_day", "to_day"]])
    with pytest.raises(UsageError, match="severity_reference"):
        plots.severity_at_risk_plot(table().drop(columns="severity_reference"))


@pytest.mark.parametrize("draw", [ratios, severity], ids=["ratios", "severity"])
@pytest.mark.parametrize(
    "promise",
    [
        every.test_without_axes_one_figure_is_made_with_a_constrained_layout,
        every.test_settings_of_the_caller_are_left_alone,
        every.test_hostile_text_is_shown_letter_for_letter_and_never_as_mathematics,
        every.test_all_text_lies_inside_the_picture,
        every.test_no_two_texts_lie_on_each_other,
    ],
    ids=lambda promise: promise.__name__.removeprefix("test_"),
)
def test_promises_of_every_plot(draw, promise):
    promise(draw)


@pytest.mark.parametrize("draw", [ratios, severity], ids=["ratios", "severity"])
def test_promises_that_need_axes(draw, axes):
    every.test_axes_given_are_axes_returned_and_no_figure_is_made(draw, axes)
    every.test_the_word_synthetic_stands_in_the_figure_only_when_asked(draw, axes)
