"""Columns and codes in the words of a clinic: every table of a report takes its labels here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["LABELS", "label"]

LABELS = MappingProxyType(
    {
        # patients
        "sex": "Sex",
        "age_at_diagnosis_years": "Age at diagnosis, years",
        "diagnosis_year": "Year of diagnosis",
        "weight_kg": "Weight, kg",
        "height_cm": "Height, cm",
        "antibody": "Antibody",
        "ro52": "Anti-Ro52",
        "centre": "Centre",
        "entry_day": "Entry, days from diagnosis",
        "exit_reason": "Reason for exit",
        "cmas": "CMAS at diagnosis (0 to 52)",
        "mmt8": "MMT8 at diagnosis (0 to 80)",
        "physician_global": "Physician's global score at diagnosis (0 to 10)",
        "ck_u_l": "Creatine kinase at diagnosis, U/L",
        "dysphagia": "Dysphagia",
        "oedema": "Oedema",
        "skin_ulcer": "Skin ulcer",
        "calcinosis": "Calcinosis",
        "antibody_test_day": "Antibody test, days from diagnosis",
        # antibodies
        "TIF1g": "TIF1-γ",
        "Mi2": "Mi-2",
        "PMScl": "PM-Scl",
        "none": "none found",
        "untested": "not tested",
        # events, exits, routes
        "gi_involvement": "GI involvement",
        "gi_perforation": "GI perforation",
        "surgery": "Surgery",
        "death": "Death",
        "remission": "Remission",
        "administrative": "end of study",
        "lost": "lost to follow-up",
        "transfer": "transferred",
        "iv": "intravenous",
        "im": "intramuscular",
        "sc": "subcutaneous",
        # treatments
        "ivig": "IVIG",
        "plasma_exchange": "plasma exchange",
        "fresh_frozen_plasma": "fresh frozen plasma",
    }
)


def label(name: object, extra: Mapping[str, str] | None = None) -> str:
    """Words for a column or a code; the name itself, underscores opened, if there are none.

    Parameters
    ----------
    name : object
        A column's name or a code.
    extra : mapping of str to str, optional
        Labels that go before the ones known here.

    Examples
    --------
    >>> (
    ...     label("gi_perforation"),
    ...     label("recent_pulse"),
    ...     label("age", {"age": "Age, years"}),
    ... )
    ('GI perforation', 'recent pulse', 'Age, years')
    """
    text = str(name)
    if extra and text in extra:
        return extra[text]
    return LABELS.get(text, text.replace("_", " "))
