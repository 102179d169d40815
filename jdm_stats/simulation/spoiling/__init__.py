"""Faults made on purpose, each one listed, so that what finds faults can be tested."""
