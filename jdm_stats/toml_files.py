"""TOML files as they are read: plans, strategies and scenarios, on any system."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from jdm_stats.errors import PlanError

__all__ = ["read_toml"]


def read_toml(path: str | os.PathLike[str], what: str) -> dict[str, Any]:
    """Return the content of a TOML file, with or without a byte-order mark.

    Parameters
    ----------
    path : path-like
    what : str
        What the file holds, for the message, such as ``"the plan"``.

    Raises
    ------
    PlanError
        When the file cannot be read or is not TOML.

    Examples
    --------
    >>> read_toml("nowhere.toml", "the plan")
    Traceback (most recent call last):
    ...
    jdm_stats.errors.PlanError: the plan nowhere.toml cannot be read: No such file...
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise PlanError(f"{what} {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"{what} {path} is not TOML: {error}") from error
