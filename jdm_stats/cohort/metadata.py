"""What a cohort says of itself: its name, whether it is synthetic, where it comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from jdm_stats.errors import Fault, UsageError
from jdm_stats.schema import nearest

__all__ = ["RULES", "conform_metadata"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "metadata_unknown_key": "Metadata hold name, synthetic, description, provenance.",
        "metadata_wrong_type": "Each entry of the metadata has the type it needs.",
    }
)

_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {"name": "cohort", "synthetic": False, "description": "", "provenance": {}}
)
_KINDS = {str: "text", bool: "true or false", dict: "an object of JSON values"}


def conform_metadata(
    metadata: Mapping[str, Any] | None, *, name: str = "cohort"
) -> tuple[dict[str, Any], list[Fault]]:
    """Fill in what is not said and report what is said wrongly.

    Parameters
    ----------
    metadata : mapping or None
        Keys ``name`` (str), ``synthetic`` (bool), ``description`` (str) and
        ``provenance`` (a mapping that can be written as JSON).
    name : str
        The name when none is given.

    Returns
    -------
    metadata : dict
        All four keys; ``provenance`` as JSON would give it back.
    faults : list of Fault

    Raises
    ------
    UsageError
        When ``metadata`` is not a mapping.

    Examples
    --------
    >>> conform_metadata({"synthetic": True})[0]["synthetic"]
    True
    >>> [fault.rule for fault in conform_metadata({"synthetic": "yes"})[1]]
    ['metadata_wrong_type']
    """
    if metadata is None:
        metadata = {}
    if not isinstance(metadata, Mapping):
        raise UsageError(
            f"metadata must be a mapping, not {type(metadata).__name__}; "
            f"its keys are {', '.join(_DEFAULTS)}"
        )
    settled = {**_DEFAULTS, "name": name, "provenance": {}}
    faults = []
    for key, value in metadata.items():
        if key not in _DEFAULTS:
            meant = nearest(str(key), _DEFAULTS)
            faults.append(
                _fault(
                    str(key),
                    "metadata_unknown_key",
                    f"{key!r} is not known",
                    f"did you mean {meant!r}?"
                    if meant
                    else f"remove it, or put it under provenance; {_keys()}",
                )
            )
            continue
        plain, problem = _as_json(value, type(_DEFAULTS[key]))
        if problem:
            faults.append(
                _fault(key, "metadata_wrong_type", f"{key} {problem}", _keys())
            )
        else:
            settled[key] = plain
    return settled, faults


def _as_json(value: Any, kind: type) -> tuple[Any, str]:
    if kind is dict and isinstance(value, Mapping):
        value = dict(value)
    if not isinstance(value, kind):
        return None, f"must be {_KINDS[kind]}, not {value!r}"
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        return None, f"cannot be written as JSON ({error})"
    return json.loads(text), ""


def _keys() -> str:
    return "the keys are " + ", ".join(
        f"{key} ({_KINDS[type(value)]})" for key, value in _DEFAULTS.items()
    )


def _fault(column: str, rule: str, message: str, remedy: str) -> Fault:
    return Fault("cohort", None, None, column, rule, message, remedy)
