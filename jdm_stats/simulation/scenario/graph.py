"""What causes what in a scenario, as tidy nodes and edges, and the drawing of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from jdm_stats.simulation.scenario.links import LINKS, NODES, Link
from jdm_stats.simulation.scenario.status import Standing, standings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from jdm_stats.simulation.scenario import Scenario

__all__ = ["draw_scenario", "scenario_edges", "scenario_nodes"]


def scenario_nodes() -> pd.DataFrame:
    """Return the nodes of the causal order: ``node``, ``x``, ``y``, ``label``, ``heavy``.

    Examples
    --------
    >>> scenario_nodes().set_index("node").loc["perforation", "label"]
    'first perforation'
    """
    frame = pd.DataFrame(NODES, columns=["node", "x", "y", "label"])
    return frame.assign(heavy=frame["node"].isin(["steroids", "perforation"]))


def scenario_edges(scenario: Scenario) -> pd.DataFrame:
    """Return what acts on what in a scenario.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    pandas.DataFrame
        ``source``, ``target``; ``acts``, False for an effect that the world could have
        and has not in this scenario; ``kind``: "null" where it does not act, "set" where
        a preset or the user set its size, "published" where that is reported or
        calculated, else "assumed" (a solved size meets an assumed figure); ``rests_on``,
        names of values parted by commas. Marked synthetic.

    Examples
    --------
    >>> from jdm_stats.simulation.scenario.presets import as_scenario
    >>> edges = scenario_edges(as_scenario("steroids_harmless"))
    >>> kinds = edges.set_index(["source", "target"])["kind"]
    >>> kinds["steroids", "perforation"], kinds["severity", "steroids"]
    ('null', 'assumed')
    """
    told = standings(scenario)
    rows = [
        {
            "source": link.source,
            "target": link.target,
            "acts": link.acts(scenario),
            "kind": _kind(link, scenario, told),
            "rests_on": ", ".join(link.rests_on),
        }
        for link in LINKS
    ]
    frame = pd.DataFrame(rows)
    frame.attrs["jdm_stats"] = {"synthetic": True}
    return frame


def draw_scenario(scenario: Scenario, ax: Axes | None = None) -> Axes:
    """Draw the causal order of a scenario; effects that do nothing in it are dashed.

    Parameters
    ----------
    scenario : Scenario
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
    """
    from jdm_stats.plots.causal_order import causal_order_plot

    return causal_order_plot(
        scenario_nodes(),
        scenario_edges(scenario),
        ax=ax,
        title=f"What acts on what: {scenario.name}",
    )


def _kind(link: Link, scenario: Scenario, told: dict[str, Standing]) -> str:
    if not link.acts(scenario):
        return "null"
    found = {told[name].status for name in link.rests_on}
    if found & {"set by a preset", "set by the user"}:
        return "set"
    return "published" if found <= {"reported", "calculated"} else "assumed"
