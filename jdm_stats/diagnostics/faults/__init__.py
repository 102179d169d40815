"""Faults explained: the catalogue, and what is handed to whoever mends the export."""
