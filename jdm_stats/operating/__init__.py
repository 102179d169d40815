"""What an analysis plan would say in worlds whose truth is known, run many times over.

Read `run.operating_characteristics` first; `performance` holds the arithmetic, `twins`
the likeness of a cohort at hand, `truth` and `large_sample` the two values an estimate
is held against.
"""
