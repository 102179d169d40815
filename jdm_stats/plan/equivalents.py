"""How much prednisone a milligram of another steroid stands for, with where it is from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["EQUIVALENTS", "PREDNISONE_EQUIVALENT_PER_MG", "Equivalent"]


@dataclass(frozen=True, slots=True)
class Equivalent:
    """The dose of a steroid with the anti-inflammatory effect of 5 mg of prednisone.

    Parameters
    ----------
    mg : float
        Of the drug.
    status : {"published", "assumed"}
        Assumed: in wide use, but printed in no text that was read for this table.
    grade : str
        A published in JDM, B published elsewhere, C an assumption.
    source : str
    """

    mg: float
    status: str
    grade: str
    source: str


_LABEL = "labels of prednisolone: equal anti-inflammatory doses"

EQUIVALENTS: Mapping[str, Equivalent] = MappingProxyType(
    {
        "prednisone": Equivalent(5, "published", "B", _LABEL),
        "prednisolone": Equivalent(5, "published", "B", _LABEL),
        "methylprednisolone": Equivalent(4, "published", "B", _LABEL),
        "hydrocortisone": Equivalent(20, "published", "B", _LABEL),
        "dexamethasone": Equivalent(0.75, "published", "B", _LABEL),
        "betamethasone": Equivalent(
            0.6, "assumed", "C", "printed as 0.6 to 0.75; the lower end is a choice"
        ),
        "triamcinolone": Equivalent(
            4, "published", "B", f"{_LABEL}; a depot acts for weeks (depot_days)"
        ),
        "deflazacort": Equivalent(
            6, "assumed", "C", "in wide use; printed in no text read for this table"
        ),
    }
)

# mg of prednisone with the anti-inflammatory effect of 1 mg of the drug
PREDNISONE_EQUIVALENT_PER_MG: Mapping[str, float] = MappingProxyType(
    {drug: 5 / equal.mg for drug, equal in EQUIVALENTS.items()}
)
