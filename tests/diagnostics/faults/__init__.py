"""Tests of diagnostics.faults."""
