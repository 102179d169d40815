"""A synthetic registry drawn from one written hazard, so that its truth is known.

Read from the top down, each room standing on those below it: `exports` and `spoiling` write
a cohort as a hospital would, faults and all; `similarity` looks for the index case in any
cohort; `truth` works out what would have been; `simulate` and `folders` draw a cohort;
`tables` are what a registry sees of it; `index_case` and `course` are the lives behind it;
`hazards` holds the hazards; `scenario` every number; `draws` the random numbers.
"""
