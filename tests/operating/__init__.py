"""Tests of operating characteristics."""
