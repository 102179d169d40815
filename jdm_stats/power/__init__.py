"""Study size: how many children, how many years, and which hazard ratio they can show.

A `jdm_stats.power.study_design.StudyDesign` turns children, years and a risk into a law of
the number of events. Everything else follows from two facts: given K events, those of the
exposed are binomial, and a test of K events rejects on some splits and not on others.
Power is therefore a finite sum, not a simulation, and has no Monte Carlo error. The page
`docs/study_size.md` writes every formula down.
"""
