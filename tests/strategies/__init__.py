"""Steroid strategies: the record, and what it makes of doses."""
