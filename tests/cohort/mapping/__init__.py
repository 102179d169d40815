"""Tests of cohort/mapping."""
