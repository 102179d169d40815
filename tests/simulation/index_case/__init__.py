"""Tests of simulation.index_case."""
