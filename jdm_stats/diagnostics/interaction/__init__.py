"""Whether two exposures together do more than each alone, with limits by three roads."""

from jdm_stats.diagnostics.interaction.pair import interaction

__all__ = ["interaction"]
