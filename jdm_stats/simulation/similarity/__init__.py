"""Which children of any cohort have a course like the index case's, and why."""

from jdm_stats.simulation.similarity.similarity import pattern_similarity

__all__ = ["pattern_similarity"]
