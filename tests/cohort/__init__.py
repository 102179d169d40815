"""Tests of cohort."""
