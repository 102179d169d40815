"""A synthetic registry drawn from one written hazard, so that its truth is known.

From the top down, each room importing only rooms named after it: `spoiling` puts faults
into what `exports` writes as a hospital would; `similarity` looks for the index case in any
cohort; `truth` works out what would have been; `folders` writes and `simulate` draws a
cohort; `tables` holds what a registry sees of it; `calibration` solves the constants of a
scenario when one asks for it; `course` and `index_case` are the lives behind the tables;
`hazards` is the law they follow, `scenario` every number, `draws` the random numbers.
"""
