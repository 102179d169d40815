"""Tests of diagnostics.time_zero."""
