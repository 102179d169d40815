"""Faults in the four tables of a cohort, and in the files they are written to."""
