"""Tests of simulation.course."""
