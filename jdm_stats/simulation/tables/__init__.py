"""From lives to the four tables: what a registry sees, and the truth written beside it."""
