"""The fields of a scenario, declared with unit, range, source and grade, by subject."""
