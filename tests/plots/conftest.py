"""What every plot must leave as it found it, and how the tests read a figure."""

from __future__ import annotations

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt


@pytest.fixture(scope="session", autouse=True)
def _without_a_screen():
    plt.switch_backend("Agg")


@pytest.fixture(autouse=True)
def settings_stay_and_figures_close():
    """No test here may see matplotlib's settings changed by a plot."""
    before = dict(mpl.rcParams)
    yield
    assert dict(mpl.rcParams) == before
    plt.close("all")


@pytest.fixture
def axes():
    """Axes of a figure that pyplot does not know."""
    from matplotlib.figure import Figure

    return Figure(figsize=(8, 5), layout="constrained").subplots()


class Reading:
    """Reads what was drawn on an axes, by the name each artist was given."""

    def __init__(self, ax):
        self.ax = ax

    def texts(self, gid):
        return [text.get_text() for text in self.ax.texts if text.get_gid() == gid]

    def lines(self, gid):
        return [line for line in self.ax.lines if line.get_gid() == gid]

    def patches(self, gid):
        return [patch for patch in self.ax.patches if patch.get_gid() == gid]

    def points(self, gid):
        return [
            (float(line.get_xdata()[0]), float(line.get_ydata()[0]))
            for line in self.lines(gid)
        ]

    def labels(self):
        return [label.get_text() for label in self.ax.get_yticklabels()]

    def legend(self):
        legend = self.ax.get_legend()
        return [] if legend is None else [t.get_text() for t in legend.get_texts()]


@pytest.fixture
def read():
    return Reading
