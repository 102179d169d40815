"""Tests of simulation.similarity."""
