"""Random numbers of the synthetic world: keyed streams and our own inverse transforms.

Child ``i`` must be the same child in a cohort of 100 and of 1,000, and the same on every
processor. So numbers come in whole blocks of 256 children, each block and topic with its
own stream, and a cohort cuts what it needs; only ``Generator.random`` and ``integers``
are called, and every value is rounded to its declared decimals before anything depends
on it, because ``exp`` and ``log`` differ in the last bit from one processor to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jdm_stats.errors import UsageError
from jdm_stats.replicates.numbers import is_whole

__all__ = [
    "AT_ONCE",
    "BLOCK",
    "Streams",
    "exponential",
    "normal_quantile",
    "one_seed",
    "pick",
    "weibull",
]

BLOCK = 256
# Children whose days fit the cache: no more of them go through a step together.
AT_ONCE = 2 * BLOCK

# One number per topic. A number once used is never given to another topic; rows are only
# added at the end of a topic, so that earlier rows stay as they were.
TOPICS = {
    "child": 0,
    "features": 1,
    "follow_up": 2,
    "treatment": 3,
    "events": 4,
    "aftermath": 5,
    "severity_daily": 6,
    "flare_daily": 7,
    "visits": 8,
    "index_case": 9,
    "labs": 10,
    "strategy": 11,
}

# Acklam's rational approximation of the normal quantile (relative error below 1.2e-9).
_CENTRE_TOP = (
    *(-3.969683028665376e01, 2.209460984245205e02, -2.759285104469687e02),
    *(1.383577518672690e02, -3.066479806614716e01, 2.506628277459239e00),
)
_CENTRE_BOTTOM = (
    *(-5.447609879822406e01, 1.615858368580409e02, -1.556989798598866e02),
    *(6.680131188771972e01, -1.328068155288572e01, 1.0),
)
_TAIL_TOP = (
    *(-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e00),
    *(-2.549732539343734e00, 4.374664141464968e00, 2.938163982698783e00),
)
_TAIL_BOTTOM = (
    *(7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e00),
    *(3.754408661907416e00, 1.0),
)
_TAIL_FROM = 0.02425
_SMALLEST = 2.0**-54


class Streams:
    """Uniform numbers for chosen children, the same whichever others are chosen.

    Parameters
    ----------
    seed : int
        Seed of the cohort, 0 or more.
    children : array of int, shape (n,)
        Indices of the children, each counted from 0.
    attempt : int, default 0
        Number of the draw, for a child who has to be drawn again.

    Examples
    --------
    >>> few = Streams(7, np.array([3, 300])).uniforms("child", 2)
    >>> many = Streams(7, np.arange(600)).uniforms("child", 2)
    >>> bool((few == many[:, [3, 300]]).all())
    True
    """

    def __init__(
        self, seed: int, children: NDArray[np.int64], attempt: int = 0
    ) -> None:
        self._seed, self._attempt = seed, attempt
        self._blocks = np.unique(children // BLOCK)
        place = np.searchsorted(self._blocks, children // BLOCK)
        self._columns = place * BLOCK + children % BLOCK
        self._whole = np.array_equal(
            self._columns, np.arange(len(self._blocks) * BLOCK)
        )

    def uniforms(self, topic: str, rows: int) -> NDArray[np.float64]:
        """Draw ``rows`` uniform numbers in [0, 1) per child; shape (rows, n)."""
        drawn = [rng.random((rows, BLOCK)) for rng in self._generators(topic)]
        blocks = drawn[0] if len(drawn) == 1 else np.concatenate(drawn, axis=1)
        return blocks if self._whole else blocks[:, self._columns]

    def _generators(self, topic: str) -> list[np.random.Generator]:
        keys = [(int(block), self._attempt, TOPICS[topic]) for block in self._blocks]
        seeds = [np.random.SeedSequence(self._seed, spawn_key=key) for key in keys]
        return [np.random.Generator(np.random.PCG64(seed)) for seed in seeds]


def one_seed(rng: int | np.random.Generator) -> int:
    """Return the one integer seed of a cohort, from a seed or from a Generator.

    Parameters
    ----------
    rng : int or numpy.random.Generator
        A seed of 0 or more, returned as it is; or a Generator, from which one integer
        below 2**63 is drawn.

    Returns
    -------
    int

    Raises
    ------
    UsageError
        For anything else.

    Examples
    --------
    >>> one_seed(20240618)
    20240618
    """
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(0, 2**63 - 1))
    if is_whole(rng) and rng >= 0:
        return int(rng)
    raise UsageError(
        f"rng must be a whole number of 0 or more or a numpy Generator, not {rng!r}; "
        "pass a seed such as 20240618"
    )


def normal_quantile(u: NDArray[np.float64], decimals: int = 6) -> NDArray[np.float64]:
    """Return the standard normal quantile, from + - * / sqrt and log alone.

    Parameters
    ----------
    u : array of float
        Probabilities in [0, 1); 0 is read as 2**-54.
    decimals : int, default 6
        Decimals kept.

    Returns
    -------
    array of float, same shape

    Notes
    -----
    P. J. Acklam's rational approximation, relative error below 1.2e-9.

    Examples
    --------
    >>> [float(z) for z in normal_quantile(np.array([0.5, 0.975, 0.001]), 4)]
    [0.0, 1.96, -3.0902]
    """
    u = np.maximum(np.asarray(u, dtype=float), _SMALLEST)
    from_centre = u - 0.5
    square = from_centre * from_centre
    z = from_centre * _polynomial(_CENTRE_TOP, square)
    z /= _polynomial(_CENTRE_BOTTOM, square)
    in_tail = np.abs(from_centre) > 0.5 - _TAIL_FROM
    smaller = np.where(from_centre < 0, u, 1.0 - u)[in_tail]
    root = np.sqrt(-2.0 * np.log(smaller))
    tail = _polynomial(_TAIL_TOP, root) / _polynomial(_TAIL_BOTTOM, root)
    z[in_tail] = np.where(from_centre[in_tail] < 0, tail, -tail)
    z = np.round(z, decimals, out=z)
    z += 0.0
    return z


def exponential(u: NDArray[np.float64], decimals: int = 9) -> NDArray[np.float64]:
    """Return standard exponential draws ``-log(1 - u)``, rounded.

    Examples
    --------
    >>> float(exponential(np.array([0.5]), 4)[0])
    0.6931
    """
    return np.round(-np.log1p(-np.asarray(u, dtype=float)), decimals) + 0.0


def weibull(
    u: NDArray[np.float64], shape: float, scale: float, below: float, decimals: int = 2
) -> NDArray[np.float64]:
    """Return Weibull draws cut off at ``below``, by inversion, rounded.

    Parameters
    ----------
    u : array of float
        Uniform numbers in [0, 1).
    shape, scale, below : float
        Shape, scale and upper limit (left out), the last two in the same unit.
    decimals : int, default 2
        Decimals kept.

    Examples
    --------
    >>> float(weibull(np.array([0.25]), 1.58, 8.13, 18.0)[0])
    3.61
    """
    mass = round(1.0 - float(np.exp(-((below / scale) ** shape))), 12)
    raw = scale * exponential(u * mass) ** (1.0 / shape)
    return np.minimum(np.round(raw, decimals), round(below - 10.0**-decimals, decimals))


def pick(
    u: NDArray[np.float64], mix: Sequence[tuple[str, float]]
) -> NDArray[np.object_]:
    """Return one label per uniform number, each with its share of ``mix``.

    Examples
    --------
    >>> pick(np.array([0.1, 0.7]), [("NXP2", 0.21), ("none", 0.79)]).tolist()
    ['NXP2', 'none']
    """
    ends = np.round(np.cumsum([share for _, share in mix]), 9)
    place = np.searchsorted(ends, u, side="right").clip(max=len(mix) - 1)
    return np.array([label for label, _ in mix], dtype=object)[place]


def _polynomial(coefficients: Sequence[float], x: NDArray[np.float64]) -> Any:
    total = coefficients[0] * x
    for coefficient in coefficients[1:-1]:
        total += coefficient
        total *= x
    total += coefficients[-1]
    return total
