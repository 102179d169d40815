"""How far apart two groups are: standardised differences."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def number_difference(first: FloatArray, second: FloatArray) -> float:
    """Difference of means over the root of the mean variance.

    Parameters
    ----------
    first, second : float arrays
        Known values of each group.

    Returns
    -------
    float
        First less second; NaN with fewer than two values in a group; 0 when nothing
        varies and the means agree, +-inf when they do not.

    Examples
    --------
    Means 2 and 3, both of variance 1.

    >>> number_difference(np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 4.0]))
    -1.0
    """
    if min(len(first), len(second)) < 2:
        return np.nan
    apart = float(first.mean() - second.mean())
    spread = float(np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2.0))
    if spread == 0.0:
        return 0.0 if apart == 0.0 else float(np.sign(apart) * np.inf)
    return apart / spread


def class_difference(counts: NDArray[np.int64]) -> float:
    """Multivariate standardised difference of shares (Yang and Dalton 2012).

    Parameters
    ----------
    counts : (2, k) int array
        Children of each group by class.

    Returns
    -------
    float
        Without a sign; NaN with fewer than two children in a group or one class only.

    Examples
    --------
    Shares of 1/2 and 1/4: 0.25 over the root of the mean of 1/4 and 3/16.

    >>> round(class_difference(np.array([[2, 2], [1, 3]])), 4)
    0.5345
    """
    counts = counts[:, counts.sum(axis=0) > 0]
    sizes = counts.sum(axis=1)
    if sizes.min() < 2 or counts.shape[1] < 2:
        return np.nan
    shares = (counts / sizes[:, None])[:, 1:]
    variance = sum(np.diag(p) - np.outer(p, p) for p in shares) / 2.0
    apart = shares[0] - shares[1]
    if not apart.any():
        return 0.0
    inverse = np.linalg.pinv(variance, hermitian=True)
    if not np.allclose(variance @ inverse @ apart, apart):
        return np.inf
    return float(np.sqrt(apart @ inverse @ apart))
