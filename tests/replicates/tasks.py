"""Functions to be run many times, in a module so that other processes find them."""

from __future__ import annotations

import math
import sys
import time

import numpy as np

from jdm_stats.replicates.runs import run_replicates


def awkward_numbers(replicate: int, rng: np.random.Generator) -> list[dict]:
    """Rows that a careless file would change: long decimals, NaN, infinities, None."""
    drawn = rng.normal()
    return [
        {"model": "a", "estimate": drawn, "low": -math.inf, "n": np.int64(replicate)},
        {"model": "é", "estimate": drawn / 3e200, "low": math.nan, "n": None},
    ]


def slow_awkward_numbers(replicate: int, rng: np.random.Generator) -> list[dict]:
    time.sleep(0.02)
    return awkward_numbers(replicate, rng)


def every_fifth_fails(replicate: int, rng: np.random.Generator) -> dict:
    if replicate % 5 == 0:
        raise ValueError(f"no luck in {replicate}")
    return {"drawn": rng.random()}


if __name__ == "__main__":  # run by a test that kills it
    run_replicates(
        slow_awkward_numbers, 400, rng=11, n_jobs=int(sys.argv[2]), path=sys.argv[1]
    )
