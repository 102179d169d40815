"""The (start, stop] table and its law: splitting, auditing and rates."""
