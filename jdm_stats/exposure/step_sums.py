"""Running sums, last days and fading sums of dated amounts, asked about any child and day.

Days and amounts are whole numbers, so that sums are exact: adding a course and taking it
away again leaves nothing behind, and no child's value depends on another's.
"""

from __future__ import annotations

import numpy as np

__all__ = ["DailySums", "FadingSums", "LastDay", "StepSums", "disjoint_spans"]


class StepSums:
    """Running sums of dated whole amounts, child by child.

    Parameters
    ----------
    child, day, amount : ndarray of int64, shape (m,)
        Amounts and the day each is entered, in any order. Sums wrap around like any
        int64, so differences are exact whenever the sum of one child fits.

    Examples
    --------
    >>> import numpy as np
    >>> sums = StepSums(np.array([0, 0, 1]), np.array([5, 9, 2]), np.array([1, 2, 4]))
    >>> sums.up_to(np.array([0, 0, 0, 1, 2]), np.array([4, 5, 99, 2, 2])).tolist()
    [0, 1, 3, 4, 0]
    """

    def __init__(self, child: np.ndarray, day: np.ndarray, amount: np.ndarray) -> None:
        self._low = int(day.min()) if len(day) else 0
        self._span = (int(day.max()) - self._low if len(day) else 0) + 2
        key = self._key(child, day)
        order = np.argsort(key, kind="stable")
        self._keys = key[order]
        self._sums = np.concatenate([[0], np.cumsum(amount[order])]).astype(np.int64)

    def _key(self, child: np.ndarray, day: np.ndarray) -> np.ndarray:
        place = np.clip(day - self._low + 1, 0, self._span - 1)
        return child.astype(np.int64) * self._span + place

    def up_to(self, child: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Sum of the child's amounts entered on or before the day."""
        upto = np.searchsorted(self._keys, self._key(child, day), side="right")
        base = np.searchsorted(self._keys, child.astype(np.int64) * self._span, "left")
        return self._sums[upto] - self._sums[base]


class DailySums:
    """Sums of whole amounts that come on every day of a span, child by child.

    Parameters
    ----------
    child, first, last, amount : ndarray of int64, shape (m,)
        An amount on every day of each span, both ends included; spans may overlap.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([0])
    >>> taken = DailySums(one, np.array([3]), np.array([5]), np.array([2]))
    >>> days = np.array([2, 3, 5, 9])
    >>> taken.over(np.zeros(4, dtype=np.int64), days).tolist()
    [0, 2, 6, 6]
    >>> taken.over(np.zeros(4, dtype=np.int64), days, 5).tolist()
    [0, 2, 6, 2]
    """

    def __init__(
        self, child: np.ndarray, first: np.ndarray, last: np.ndarray, amount: np.ndarray
    ) -> None:
        who = np.concatenate([child, child])
        day = np.concatenate([first, last + 1])
        rate = np.concatenate([amount, -amount])
        self._slope, self._origin = (
            StepSums(who, day, rate),
            StepSums(who, day, rate * day),
        )

    def over(
        self, child: np.ndarray, day: np.ndarray, window_days: int | None = None
    ) -> np.ndarray:
        """Sum up to and with a day, of all days or of so many that end there."""
        total = self._up_to(child, day)
        if window_days is None:
            return total
        return total - self._up_to(child, day - window_days)

    def _up_to(self, child: np.ndarray, day: np.ndarray) -> np.ndarray:
        return (day + 1) * self._slope.up_to(child, day) - self._origin.up_to(
            child, day
        )


class LastDay:
    """The last day, not after a given one, inside any of a child's spans.

    Parameters
    ----------
    child, first, last : ndarray of int64, shape (m,)
        Spans of days, both ends included; they may overlap.

    Examples
    --------
    >>> import numpy as np
    >>> doses = LastDay(np.array([0, 0]), np.array([3, 10]), np.array([5, 10]))
    >>> known, day = doses.up_to(np.array([0, 0, 0, 1]), np.array([2, 4, 9, 50]))
    >>> known.tolist(), day[known].tolist()
    ([False, True, True, False], [4, 5])
    """

    def __init__(self, child: np.ndarray, first: np.ndarray, last: np.ndarray) -> None:
        order = np.lexsort((first, child))
        self._child, self._first = child[order], first[order]
        self._low = int(first.min()) if len(first) else 0
        self._span = (int(last.max()) - self._low if len(last) else 0) + 2
        self._keys = self._key(self._child, self._first)
        reached = np.maximum.accumulate(self._key(self._child, last[order]))
        self._last = reached % self._span - 1 + self._low

    def _key(self, child: np.ndarray, day: np.ndarray) -> np.ndarray:
        place = np.clip(day - self._low + 1, 0, self._span - 1)
        return child.astype(np.int64) * self._span + place

    def up_to(
        self, child: np.ndarray, day: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Whether there is such a day, and which (meaningless where there is none)."""
        known, at = self.begun_by(child, day)
        if not len(self._keys):
            return known, at
        return known, np.minimum(self._last[at], day)

    def begun_by(
        self, child: np.ndarray, day: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Whether a span has begun, and the place of the latest, by child and first day."""
        if not len(self._keys):
            return np.zeros(len(child), dtype=bool), np.zeros(len(child), np.int64)
        place = np.searchsorted(self._keys, self._key(child, day), side="right") - 1
        at = np.maximum(place, 0)
        return (place >= 0) & (self._child[at] == child), at


class FadingSums:
    """Sums of daily amounts, each halved with every half-life that has passed.

    Parameters
    ----------
    child, first, last, amount : ndarray of int64, shape (m,)
        An amount on every day of each span, both ends included; spans may overlap.
    half_life : float
        Days.

    Notes
    -----
    With q = 2 ** (-1 / half_life) the sum on day e is that of amount(d) * q ** (e - d)
    over days d <= e. Between two changes of the daily amount r it has the closed form
    V q ** n + r (1 - q ** n) / (1 - q), with V its value just before the change and n the
    days since, the day itself included.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([0])
    >>> faded = FadingSums(one, np.array([0]), np.array([1]), np.array([8]), 1.0)
    >>> faded.up_to(np.zeros(4, dtype=np.int64), np.array([-1, 0, 1, 3])).tolist()
    [0.0, 8.0, 12.0, 3.0]
    """

    def __init__(
        self,
        child: np.ndarray,
        first: np.ndarray,
        last: np.ndarray,
        amount: np.ndarray,
        half_life: float,
    ) -> None:
        self._log_q = -np.log(2.0) / half_life
        who = np.concatenate([child, child])
        day = np.concatenate([first, last + 1])
        steps = StepSums(who, day, np.concatenate([amount, -amount]))
        order = np.lexsort((day, who))
        who, day = who[order], day[order]
        fresh = np.ones(len(who), dtype=bool)
        fresh[1:] = (who[1:] != who[:-1]) | (day[1:] != day[:-1])
        self._child, self._day = who[fresh], day[fresh]
        self._rate = steps.up_to(self._child, self._day).astype(float)
        self._changes = LastDay(self._child, self._day, self._day)
        self._scan()

    def _scan(self) -> None:
        """Work out the value just before each change from the change before it."""
        before = self._before = np.zeros(len(self._child))
        new = np.append(True, self._child[1:] != self._child[:-1])[: len(before)]
        opens = np.flatnonzero(new)
        length = np.diff(np.append(opens, len(before)))
        for nth in range(1, int(length.max(initial=0))):
            at = opens[length > nth] + nth
            before[at] = self._after(at - 1, self._day[at] - self._day[at - 1])

    def _after(self, at: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Value when so many days have passed with the amount of a change."""
        faded = np.exp(self._log_q * days)
        grown = np.expm1(self._log_q * days) / np.expm1(self._log_q)
        return self._before[at] * faded + self._rate[at] * grown

    def up_to(self, child: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Faded sum of the child's amounts up to and with the day."""
        known, at = self._changes.begun_by(child, day)
        value = np.zeros(len(child))
        at, since = at[known], day[known]
        value[known] = self._after(at, since - self._day[at] + 1)
        return value


def disjoint_spans(
    child: np.ndarray, first: np.ndarray, last: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Join the spans of each child that overlap or touch, in order of child and day.

    Examples
    --------
    >>> import numpy as np
    >>> spans = (np.array([0, 0, 0]), np.array([8, 0, 3]), np.array([9, 2, 4]))
    >>> [part.tolist() for part in disjoint_spans(*spans)]
    [[0, 0], [0, 8], [4, 9]]
    """
    order = np.lexsort((first, child))
    child, first, last = child[order], first[order], last[order]
    low = int(first.min()) if len(first) else 0
    span = (int(last.max()) - low if len(last) else 0) + 2
    reached = np.maximum.accumulate(child * span + (last - low))
    opens = np.ones(len(child), dtype=bool)
    opens[1:] = (child[1:] != child[:-1]) | (
        child[1:] * span + (first[1:] - low) > reached[:-1] + 1
    )
    ends = np.flatnonzero(np.append(opens[1:], True)[: len(opens)])
    begins = np.flatnonzero(opens)
    return child[begins], first[begins], reached[ends] - child[begins] * span + low
