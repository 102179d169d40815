"""A registry's own columns, codes, dates and units, turned into the four tables."""
