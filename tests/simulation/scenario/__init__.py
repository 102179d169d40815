"""Tests of simulation.scenario."""
