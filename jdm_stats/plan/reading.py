"""Plan records as they are read: every fault at once, from keywords or from TOML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pydantic import ValidationError

from jdm_stats.errors import PlanError

__all__ = ["Amounts", "plan_error"]


class Amounts(Mapping[str, float]):
    """Named amounts that cannot be changed; they compare, hash and pickle.

    Examples
    --------
    >>> caps = Amounts({"methylprednisolone": 1000})
    >>> caps["methylprednisolone"], caps == {"methylprednisolone": 1000}
    (1000, True)
    >>> caps
    {'methylprednisolone': 1000}
    """

    __slots__ = ("_items",)

    def __init__(
        self, amounts: Mapping[str, float] | Iterable[tuple[str, float]] = ()
    ) -> None:
        self._items = tuple(sorted(dict(amounts).items()))

    def __getitem__(self, name: str) -> float:
        return dict(self._items)[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(self._items)

    def __repr__(self) -> str:
        return repr(dict(self._items))


def plan_error(error: ValidationError, what: str, a_field_of: str) -> PlanError:
    """Return one PlanError that lists every field at fault."""
    lines: list[str] = []
    for fault in error.errors():
        field = ".".join(map(str, fault["loc"])) or what
        inner = fault.get("ctx", {}).get("error")
        if isinstance(inner, PlanError):  # of a record inside this one
            lines += [
                f"{field}.{line.strip()}" for line in str(inner).split("\n  ")[1:]
            ]
            continue
        said = (
            f"not a field of {a_field_of}"
            if fault["type"] == "extra_forbidden"
            else fault["msg"].removeprefix("Value error, ")
        )
        line = f"{field}: {said}; received {fault.get('input')!r}"
        lines += [] if line in lines else [line]
    return PlanError(f"{what} at fault:\n  " + "\n  ".join(lines))
