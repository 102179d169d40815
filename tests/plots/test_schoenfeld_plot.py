"""Residuals, curve and band of one term; the curve is that of R's plot.cox.zph."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.diagnostics.proportional_hazards import proportional_hazards
from jdm_stats.errors import UsageError
from jdm_stats.plots.schoenfeld import schoenfeld_plot, smooth_with_band
from tests.models.engine_reference import cox, in_r, names, record
from tests.plots import test_every_plot as every
from tests.plots.drawn import HOSTILE


def table(n=12, term="nxp2", transform="km"):
    days = np.arange(1.0, n + 1) ** 2
    made = pd.DataFrame(
        {
            "term": term,
            "time": days,
            "transformed_time": np.linspace(0.0, 0.6, n),
            "residual": np.resize([1.0, -1.0, 3.0], n),
            "estimate": 0.8,
            "variance": 2.0,
            "columns": 1,
        }
    )
    made.attrs["jdm_stats"] = {"synthetic": False, "transform": transform}
    return made


def draw(**options):
    return schoenfeld_plot(table(term=HOSTILE), HOSTILE, **options)


@pytest.mark.parametrize("name", names("zph_residuals"))
def test_curve_and_band_are_those_of_r(name):
    expected = record("zph_residuals")[name]["by_term"]
    found = proportional_hazards(cox(name, "efron")).residuals
    own = found[[in_r(t) == expected["rows"][0] for t in found["term"]]]
    at, middle, reach = smooth_with_band(
        own["transformed_time"].to_numpy(),
        own["residual"].to_numpy(),
        float(own["variance"].iloc[0]),
        points=40,
    )
    smooth = expected["smooth"]
    np.testing.assert_allclose(at, smooth["x"], atol=1e-9)
    np.testing.assert_allclose(middle, smooth["fit"], rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(reach / 1.959963984540054, smooth["se"], rtol=1e-7)


def test_what_is_drawn_is_what_the_table_says(axes):
    made = table()
    schoenfeld_plot(made, "nxp2", ax=axes)
    lines = {line.get_gid(): line for line in axes.lines}
    assert lines["residual"].get_ydata().tolist() == made["residual"].tolist()
    assert lines["residual"].get_xdata().tolist() == made["transformed_time"].tolist()
    assert set(lines["estimate"].get_ydata()) == {0.8}
    assert {c.get_gid() for c in axes.collections} == {"band"}
    at, middle, _ = smooth_with_band(
        made["transformed_time"].to_numpy(), made["residual"].to_numpy(), 2.0
    )
    np.testing.assert_allclose(lines["smooth"].get_xydata(), np.c_[at, middle])
    assert axes.get_ylabel() == "Log hazard ratio of nxp2"
    assert "1 − Kaplan-Meier" in axes.get_xlabel()


def test_ticks_stand_at_times_where_the_scale_is_another(axes):
    made = table()
    schoenfeld_plot(made, "nxp2", ax=axes)
    said = [float(t.get_text().replace(",", "")) for t in axes.get_xticklabels()]
    where = np.interp(said, made["time"], made["transformed_time"])
    np.testing.assert_allclose(axes.get_xticks(), where, atol=1e-9)


def test_a_term_of_several_columns_is_a_multiple_of_its_effect(axes):
    schoenfeld_plot(table().assign(columns=2, estimate=1.0), "nxp2", ax=axes)
    assert axes.get_ylabel() == "Multiple of the effect of nxp2"


def test_two_events_are_drawn_without_a_curve(axes):
    schoenfeld_plot(table(2), "nxp2", ax=axes)
    assert "smooth" not in {line.get_gid() for line in axes.lines}
    assert not axes.collections


def test_a_term_that_is_not_there_is_refused_naming_those_that_are():
    with pytest.raises(UsageError, match="its terms are nxp2"):
        schoenfeld_plot(table(), "mda5")
    with pytest.raises(UsageError, match=r"needs the column.* residual"):
        schoenfeld_plot(pd.DataFrame({"term": ["a"]}), "a")
    with pytest.raises(UsageError, match="df must be 2"):
        schoenfeld_plot(table(), "nxp2", df=1)


def test_it_keeps_the_promises_of_every_plot(axes):
    every.test_axes_given_are_axes_returned_and_no_figure_is_made(draw, axes)
    every.test_without_axes_one_figure_is_made_with_a_constrained_layout(draw)
    every.test_settings_of_the_caller_are_left_alone(draw)
    every.test_hostile_text_is_shown_letter_for_letter_and_never_as_mathematics(draw)
    every.test_all_text_lies_inside_the_picture(draw)
    every.test_no_two_texts_lie_on_each_other(draw)


def test_the_word_synthetic_stands_in_the_figure_only_when_asked(axes):
    every.test_the_word_synthetic_stands_in_the_figure_only_when_asked(draw, axes)
