"""Some children out of many: any frozen record of arrays, cut along its last axis."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["some_children"]

R = TypeVar("R")


def some_children(record: R, who: NDArray[Any]) -> R:
    """Return a record of chosen children.

    Parameters
    ----------
    record : dataclass
        Its arrays have the n children along their last axis; mappings, tuples and records
        within it are cut too, anything else is kept.
    who : array of int or bool
        Which children.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Little:
    ...     age: np.ndarray
    >>> some_children(Little(np.array([3, 5, 8])), np.array([2])).age.tolist()
    [8]
    """
    assert is_dataclass(record) and not isinstance(record, type)
    changed = {f.name: _some(getattr(record, f.name), who) for f in fields(record)}
    return replace(record, **changed)


def _some(value: Any, who: NDArray[Any]) -> Any:
    if isinstance(value, np.ndarray):
        return value[..., who]
    if isinstance(value, dict):
        return {name: _some(held, who) for name, held in value.items()}
    if isinstance(value, tuple):
        return tuple(_some(held, who) for held in value)
    if is_dataclass(value) and not isinstance(value, type):
        return some_children(value, who)
    return value
