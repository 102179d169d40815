"""Steroid strategies: what would be given from a time zero on, and how to carry it out.

One record, `Strategy`, is read by the simulation (`jdm_stats.simulation.truth.risk`: what
would the risk be if every child were treated so) and by the emulation of a target trial
(which children were). Its rules can therefore be decided from a record of doses alone.
"""

from jdm_stats.strategies.carrying_out import apply_strategy
from jdm_stats.strategies.record import Strategy

__all__ = ["Strategy", "apply_strategy"]
