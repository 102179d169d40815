"""Tests of simulation.spoiling.cohort."""
