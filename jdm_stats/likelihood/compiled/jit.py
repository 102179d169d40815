"""The decorators of the kernels, and the care that no stale machine code is run.

Without numba the decorators hand back the plain function, so that these modules can always be
imported, read and, slowly, run. With numba, machine code is kept beside the sources. numba
looks only at the file a function stands in, not at those of the functions it calls: a change
in one file here would leave old code in the others, so any change throws all of it away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar


def _import_compiler() -> Any:
    try:
        return import_module("numba")
    except Exception:
        return None


compiler = _import_compiler()

Function = TypeVar("Function", bound=Callable[..., Any])

# Sums may be taken in any order (vector registers) and a product be fused into a sum; NaN and
# infinity keep their meaning.
REASSOCIATE = {"reassoc", "contract", "nsz"}


def forget_stale_code(folder: Path) -> bool:
    """Remove machine code made from other sources than those now in the folder.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    bool
        Whether anything was stale.
    """
    made = folder / "__pycache__"
    stamp = made / "kernels.stamp"
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    now = digest.hexdigest()
    try:
        if stamp.is_file() and stamp.read_text("utf-8") == now:
            return False
        for path in [*made.glob("*.nbi"), *made.glob("*.nbc")]:
            path.unlink(missing_ok=True)
        made.mkdir(exist_ok=True)
        stamp.write_text(now, encoding="utf-8")
    except OSError:
        # A read-only installation does not change under our feet.
        return False
    return True


def kept_code(names: tuple[str, ...]) -> bool:
    """Say whether machine code of some functions is kept, here or in the user's cache.

    Parameters
    ----------
    names : tuple of str
        Such as ``"climb.climb"``: module and function.
    """
    if compiler is None:
        return False
    for name in names:
        module, function = name.split(".")
        folder = import_module(f"jdm_stats.likelihood.compiled.{module}")
        cache = getattr(getattr(folder, function), "_cache", None)
        path = getattr(cache, "cache_path", None)
        if path is None or not any(Path(path).glob(f"{module}.{function}-*.nbi")):
            return False
    return True


def _decorator(flags: Any) -> Callable[[Function], Function]:
    def decorate(function: Function) -> Function:
        if compiler is None:
            return function
        # No folder to write to, neither here nor in the user's cache: compile anew each time.
        try:
            return compiler.njit(cache=True, fastmath=flags, error_model="numpy")(
                function
            )
        except RuntimeError:
            return compiler.njit(fastmath=flags, error_model="numpy")(function)

    return decorate


if compiler is not None:
    forget_stale_code(Path(__file__).parent)

# Arithmetic exactly as written.
exact = _decorator({"contract"})
# Sums over rows, in whatever order is fastest.
summing = _decorator(REASSOCIATE)


@exact
def _twice(value: float) -> float:
    return 2.0 * value


def probe() -> None:
    """Compile something; raises whatever the compiler raises."""
    if _twice(2.0) != 4.0:
        raise RuntimeError("the compiler computes 2 * 2 wrongly")
