"""How a compiled climb or fit ends, and in words why it failed."""

# Statuses of climbs; the last two only of fits that prepare their own rows.
CONVERGED, NO_ASCENT, TOO_LONG, NOT_FINITE = 0, 1, 2, 3
NO_EVENTS, NOT_ESTIMABLE, OTHER_PEAK = 4, 5, 6

MAX_ITERATIONS = 200

REASONS = (
    "",
    "no ascent although the score is not zero",
    f"no convergence in {MAX_ITERATIONS} iterations",
    "the objective is not finite at the start",
    "no row ends in the event",
    "a column does not vary, or not independently of the others, where events see it",
    "the penalised likelihood has a higher peak elsewhere",
)
