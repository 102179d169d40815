"""Every number of a world, what is known of each, and what follows from them in words."""

from jdm_stats.simulation.scenario.scenario import Scenario

__all__ = ["Scenario"]
