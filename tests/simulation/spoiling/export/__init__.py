"""Tests of simulation.spoiling.export."""
