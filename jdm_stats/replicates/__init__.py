"""Many seeded runs of one function: on many cores, written as they come, resumable.

Knows nothing of patients: `runs.run_replicates` runs, `results_file` keeps, `progress`
draws the bar.
"""
