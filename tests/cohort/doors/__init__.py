"""Tests of the doors: every source a registry hands over."""
