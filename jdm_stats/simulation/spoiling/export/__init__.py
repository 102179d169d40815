"""Faults in a hospital's export, and what looks like a fault and is none."""
