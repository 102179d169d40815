"""The objective as an address: a call the compiler does not look behind.

What calls the objective directly has its machine code optimised anew, all of it, at every
level of callers: minutes of compiling. Called by address it is compiled once.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from jdm_stats.likelihood.compiled import jit
from jdm_stats.likelihood.compiled.layout import Point, Problem, Scratch
from jdm_stats.likelihood.compiled.objective import evaluate


@cache
def objective() -> Any:
    """Give `evaluate` in the form that `climb` and all above it take first.

    Returns
    -------
    object
        The plain function where there is no compiler.
    """
    numba = jit.compiler
    if numba is None:
        return evaluate
    kind = (
        _problem(),
        Scratch(*map(np.empty, _SCRATCH)),
        Point(*map(np.empty, _POINT)),
    )
    return _pointer((*map(numba.typeof, kind), numba.int64))


_SCRATCH = ((0, 0), (0, 0, 0), (0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0))
_POINT = ((0, 0), (0, 0), (0,))


def _problem() -> Problem:
    """Make a problem of no rows: its types are those of every problem."""
    none, whole = np.empty(0), np.empty((0, 0), dtype=np.int64)
    return Problem(
        *(0, 0, 0, np.empty((0, 0)), none, none, whole, whole),
        *(np.empty(0, dtype=np.int64), none, np.empty((0, 0)), 0.0, 0.0),
    )


def _pointer(arguments: tuple[Any, ...]) -> Any:
    """Compile, and wrap the address with its signature."""
    evaluate.compile(arguments)  # type: ignore[attr-defined]
    made = evaluate.overloads[arguments]  # type: ignore[attr-defined]
    name = made.fndesc.llvm_cfunc_wrapper_name
    address = made.library.get_pointer_to_function(name)

    class Pointer(jit.compiler.types.WrapperAddressProtocol):
        def __wrapper_address__(self) -> int:
            return int(address)

        def signature(self) -> Any:
            return made.signature

    return Pointer()
