"""Tests of simulation.spoiling."""
