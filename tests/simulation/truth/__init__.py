"""Tests of simulation.truth."""
