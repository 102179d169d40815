"""Numbers only: arrays in, frozen results out; knows no pandas and no patients.

Three nouns: a likelihood (`partial`, `logistic`), a penalty (`penalty`) and a solver
(`newton`, `profile`), joined in `fitting`. Risk sets (`risk_sets`) and the test for
monotone likelihood (`separation`) stand below them.
"""
