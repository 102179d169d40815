"""What the figures of missing values draw, read back from the axes."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from jdm_stats.errors import UsageError
from jdm_stats.plots.missing_pattern import chains_plot, missing_pattern_plot

HOSTILE = "_$x_1$ & <b> %d \\frac{1}{2} $"


def patterns(columns=("antibody", "cmas", "sex"), rows=3) -> pd.DataFrame:
    known = [[True, True, True], [False, True, True], [False, False, True]]
    table = pd.DataFrame(known[:rows], columns=list(columns))
    return table.assign(missing_columns=[0, 1, 2][:rows], n=[431, 46, 12_345][:rows])


def chains() -> pd.DataFrame:
    parts = list(itertools.product(("cmas",), ("mean", "sd"), (1, 2), (1, 2, 3)))
    table = pd.DataFrame(
        parts, columns=["column", "statistic", "imputation", "iteration"]
    )
    shares = table.iloc[:6].assign(column="antibody", statistic="share", level="NXP2")
    table = pd.concat([table.assign(level=""), shares], ignore_index=True)
    return table.assign(value=np.arange(len(table), dtype=float))


def tiles(ax, what):
    return [patch for patch in ax.patches if patch.get_gid() == what]


def test_tiles_and_counts(axes):
    ax = missing_pattern_plot(patterns(), ax=axes)
    assert ax is axes
    places = {(round(t.get_x()), round(t.get_y())) for t in tiles(ax, "missing")}
    assert places == {(0, 1), (0, 2), (1, 2)}
    assert len(tiles(ax, "known")) == 3  # a column never missing is not drawn
    assert ax.get_xlabel() == "Not drawn: 1 column never missing"
    said = [text.get_text() for text in ax.texts if text.get_gid() == "count"]
    assert said == ["431", "46", "12,345"]


def test_rare_patterns_are_counted_not_lost(axes):
    ax = missing_pattern_plot(patterns(), ax=axes, most=1, unit="Rows")
    assert "2 rarer patterns (12391 rows)" in ax.get_xlabel()


def test_nothing_missing_draws_every_column(axes):
    ax = missing_pattern_plot(patterns(rows=1), ax=axes)
    assert len(tiles(ax, "known")) == 3 and ax.get_xlabel() == ""


def test_a_chain_a_line(axes):
    ax = chains_plot(chains(), "cmas", ax=axes)
    assert [line.get_ydata().tolist() for line in ax.lines] == [[0, 1, 2], [3, 4, 5]]
    assert ax.get_ylabel() == "cmas\nmean of imputed values"
    other = chains_plot(chains(), "antibody", ax=Figure().subplots(), level="NXP2")
    assert other.get_ylabel() == "antibody, NXP2\nshare of imputed values"
    spread = chains_plot(chains(), "cmas", statistic="sd", ax=Figure().subplots())
    assert spread.lines[1].get_ydata().tolist() == [9, 10, 11]


@pytest.mark.parametrize(
    "draw",
    [
        lambda **o: missing_pattern_plot(patterns((HOSTILE, "cmas", "sex")), **o),
        lambda **o: chains_plot(chains().replace("cmas", HOSTILE), HOSTILE, **o),
    ],
)
def test_hostile_names_the_mark_and_the_picture(draw):
    ax = draw(synthetic=True)
    figure = ax.figure
    assert figure.get_constrained_layout()
    figure.canvas.draw()
    assert [text.get_text() for text in ax.texts].count("SYNTHETIC") == 1
    hostile = [t for t in figure.findobj(Text) if "x_1" in t.get_text()]
    assert hostile
    for text in hostile:
        assert not text._preprocess_math(text.get_text())[1]
    for text in [*hostile, *ax.texts]:
        box = text.get_window_extent(figure.canvas.get_renderer())
        assert figure.bbox.x0 - 2 <= box.x0 and box.x1 <= figure.bbox.x1 + 2, text
        assert figure.bbox.y0 - 2 <= box.y0 and box.y1 <= figure.bbox.y1 + 2, text


def test_the_mark_follows_the_table(axes):
    table = patterns()
    table.attrs["jdm_stats"] = {"synthetic": True}
    ax = missing_pattern_plot(table, ax=axes)
    assert [text.get_text() for text in ax.texts].count("SYNTHETIC") == 1


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (
            lambda: missing_pattern_plot(pd.DataFrame({"a": [True]})),
            "missing_columns, n",
        ),
        (lambda: missing_pattern_plot(patterns().iloc[:0]), "no pattern"),
        (
            lambda: chains_plot(chains(), "ck"),
            "no column 'ck'; there are cmas, antibody",
        ),
        (lambda: chains_plot(chains(), "cmas", statistic="max"), "no statistic 'max'"),
        (lambda: chains_plot(chains().iloc[:0], "cmas"), "no rows"),
    ],
)
def test_refusals(draw, said):
    with pytest.raises(UsageError, match=said):
        draw()
