"""Coverage, bias and rejections of a plan: what is drawn, and what is said to be missing."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.plots import operating_plot

NAN = math.nan


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "model": ["Cox", "Firth Cox", "Cox", "Firth Cox"],
            "term": ["pulse", "pulse", "nxp2", "nxp2"],
            "replicates": 100,
            "not_estimable": [0.5, 0.0, 0.5, 0.0],
            "no_limits": [0.5, 0.0, 0.5, 0.0],
            "coverage_of_truth": [0.8, 0.6, NAN, NAN],
            "coverage_of_large_sample": [1.0, 0.95, 0.9, 0.94],
            "bias_from_truth": [1.0, 1.2, NAN, NAN],
            "bias_from_truth_mcse": [0.1, 0.2, NAN, NAN],
            "small_sample_bias": [-0.1, 0.2, 0.0, 0.1],
            "small_sample_bias_mcse": [0.1, NAN, 0.1, 0.1],
            "rejected": [0.5, 0.3, 0.9, NAN],
            "rejected_means": [
                *["false positives: the truth is the null value"] * 2,
                *["neither: the truth is not known"] * 2,
            ],
            "tests": [50, 100, 50, 0],
        }
    )


def drawn(ax, gid):
    return [line for line in ax.lines if line.get_gid() == gid]


def texts(ax, gid):
    return [text.get_text() for text in ax.texts if text.get_gid() == gid]


def labels(ax):
    return [label.get_text().strip() for label in ax.get_yticklabels()]


def test_each_reference_has_a_row_of_its_own(table, axes):
    ax = operating_plot(table, ax=axes)
    estimates = drawn(ax, "estimate")
    assert [line.get_xdata()[0] for line in estimates] == [80, 100, 60, 95, 90, 94]
    hollow = [line.get_markerfacecolor() == "white" for line in estimates]
    assert hollow == [False, True, False, True, True, True]
    assert drawn(ax, "null-line")[0].get_xdata()[0] == 95


def test_a_term_without_truth_says_so_once_in_its_heading(table, axes):
    ax = operating_plot(table, ax=axes)
    assert labels(ax) == [
        *("pulse", "Cox", "", "Firth Cox", ""),
        *("nxp2\n(truth not known)", "Cox", "Firth Cox"),
    ]


def test_a_share_has_wilsons_limits_even_at_1(table, axes):
    ax = operating_plot(table, ax=axes)
    # Wilson by hand for 50 of 50: low = 50 / (50 + 1.96^2) = 92.9%.
    assert texts(ax, "cell-0")[1] == "100.0 (92.9 to 100.0)"
    assert texts(ax, "cell-1")[:3] == ["50 of 100", "50 of 100", "100 of 100"]


def test_bias_has_limits_of_its_monte_carlo_error(table, axes):
    ax = operating_plot(table, measure="bias", ax=axes)
    cells = texts(ax, "cell-0")
    assert cells[0] == "1.00 (0.80 to 1.20)" and cells[1] == "−0.10 (−0.30 to 0.10)"
    assert cells[3] == "0.20"
    np.testing.assert_allclose(
        drawn(ax, "interval")[0].get_xdata(), [0.804, 1.196], atol=1e-5
    )
    assert drawn(ax, "null-line")[0].get_xdata()[0] == 0


def test_a_rejection_is_told_with_what_it_means(table, axes):
    ax = operating_plot(table, measure="rejected", level=0.9, ax=axes)
    assert labels(ax)[1].splitlines()[1].strip() == "false positives"
    assert labels(ax)[4].splitlines()[1].strip() == "the truth is not known"
    assert drawn(ax, "null-line")[0].get_xdata()[0] == pytest.approx(10)
    assert texts(ax, "note") == ["no test"]


def test_the_legend_tells_the_references_apart(table, axes):
    legend = operating_plot(table, ax=axes).get_legend()
    said = [text.get_text() for text in legend.get_texts()]
    assert said == ["of the truth", "of the large-sample value"]


def test_what_cannot_be_drawn_is_refused(table):
    with pytest.raises(UsageError, match="coverage, bias, rejected; received 'zip'"):
        operating_plot(table, measure="zip")
    with pytest.raises(UsageError, match="received no row"):
        operating_plot(table.iloc[:0])
    with pytest.raises(UsageError, match="small_sample_bias_mcse"):
        operating_plot(table.drop(columns="small_sample_bias_mcse"), measure="bias")
