"""Missing values: their pattern, their filling-in many times over, and what to pool.

A registry tests many children for antibodies, not all, and measures strength in most.
`pattern` and `comparison` say what is missing and in whom; `children` and `frame` impute
by chained equations; `pooling` joins the fits, limits and all. Imputing the antibody is a
sensitivity analysis: the primary one leaves the untested out and counts them.
"""
