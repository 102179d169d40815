"""Whether the compiled kernels can be used; the only module here that callers import first.

numba is imported on the first question and not before. An absent, broken or forbidden
compiler is an answer, never an error: the caller then takes the NumPy path.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType

from jdm_stats.errors import UsageError

# Functions without which no problem is served.
CLIMB_AND_EVALUATE = ("climb.climb", "profile.profile_all")
# Set to anything but 0 to keep to the NumPy path.
SWITCH = "JDM_STATS_NO_COMPILER"


@dataclass(frozen=True)
class Gate:
    """Answer of the gate.

    Parameters
    ----------
    open : bool
        Whether kernels can be used.
    reason : str
        Why not; empty when open.
    """

    open: bool
    reason: str


@cache
def gate() -> Gate:
    """Say whether the compiled path is available, importing numba to find out.

    Returns
    -------
    Gate

    Examples
    --------
    >>> from jdm_stats.likelihood.compiled.gate import gate
    >>> gate().open == (gate().reason == "")
    True
    """
    if os.environ.get(SWITCH, "0") not in ("", "0"):
        return Gate(False, f"switched off by {SWITCH}")
    try:
        import_module("numba")
    except ImportError as error:
        return Gate(False, f"numba cannot be imported: {error}")
    except Exception as error:
        return Gate(False, f"numba fails to start: {type(error).__name__}: {error}")
    try:
        import_module("jdm_stats.likelihood.compiled.jit").probe()
    except Exception as error:
        return Gate(False, f"numba does not compile: {type(error).__name__}: {error}")
    return Gate(True, "")


def machine_code_is_there() -> bool:
    """Say whether the kernels have been compiled before, from the sources as they are."""
    jit = import_module("jdm_stats.likelihood.compiled.jit")
    return bool(jit.kept_code(CLIMB_AND_EVALUATE))


def kernels(name: str) -> ModuleType:
    """Give one module of kernels.

    Parameters
    ----------
    name : str
        "single" or "batch", the doors meant for callers; or any other module of this
        package.

    Returns
    -------
    module

    Raises
    ------
    UsageError
        If the gate is closed: ask `gate` first.
    """
    answer = gate()
    if not answer.open:
        raise UsageError(
            f"the compiled path is not available ({answer.reason}); "
            "ask gate().open first and take the NumPy path when it is False"
        )
    return import_module(f"jdm_stats.likelihood.compiled.{name}")
