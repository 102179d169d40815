"""The event ledger: every event of a fit, what stood around it, and the fit without it."""

from jdm_stats.diagnostics.event_ledger.ledger import EventLedger, event_ledger

__all__ = ["EventLedger", "event_ledger"]
