"""The one road through the house: plan and cohort in, every number of the report out.

Read `run` first; `fits` sets the models up, `flow` counts who is left out, `words` says what
came of it.
"""
