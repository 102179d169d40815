"""The mixes and schedules a scenario draws from; published shares are read, not typed."""

from __future__ import annotations

from jdm_stats.simulation.scenario.parameter import evidence_value

__all__ = [
    "EAST_ASIAN_MIX",
    "FEATURES",
    "PRINTO_TAPER",
    "PULSES",
    "REGIMENS",
    "SITES",
    "WESTERN_MIX",
]


def _read(stem: str, *labels: str) -> tuple[tuple[str, float], ...]:
    names = [label.lower().replace(" ", "_") for label in labels]
    values = [evidence_value(f"{stem}_{name}") for name in names]
    return tuple(zip(labels, values, strict=True))


def _rest(pairs: tuple[tuple[str, float], ...]) -> float:
    return round(1.0 - sum(share for _, share in pairs), 9)


_WESTERN = _read(
    "antibody_share_western", "NXP2", "TIF1g", "MDA5", "ARS", "Mi2", "SRP", "HMGCR"
)
# "None or other" is one published figure; SAE and other are split from it by assumption.
_OTHERS = (("SAE", 0.01), ("other", 0.02))
WESTERN_MIX = (*_WESTERN, *_OTHERS, ("none", _rest((*_WESTERN, *_OTHERS))))
EAST_ASIAN_MIX = _read(
    "antibody_share_east_asia", "NXP2", "TIF1g", "MDA5", "ARS", "other", "none"
)
SITES = _read(
    "perforation_site_share",
    *("duodenum", "colon", "small bowel", "stomach", "oesophagus", "unknown"),
)
PULSES = tuple(
    (dose, evidence_value(f"pulse_share_{dose}_mg_kg_day"))
    for dose in ("30", "20", "10")
)
_IDEAL, _MAJOR = (
    evidence_value("taper_ideal_share"),
    evidence_value("taper_major_change_share"),
)
REGIMENS = (
    ("ideal", _IDEAL),
    ("minor change", round(1.0 - _IDEAL - _MAJOR, 9)),
    ("major change", _MAJOR),
)
# Months of the PRINTO protocol as the days at which the taper turns.
PRINTO_TAPER = (
    (0, evidence_value("oral_start_mg_kg_day")),
    (60, evidence_value("oral_dose_2_months_mg_kg_day")),
    (180, evidence_value("oral_dose_6_months_mg_kg_day")),
    (730, 0.0),
)
FEATURES = (
    *(("dysphagia", 0.20), ("oedema", 0.10)),
    *(("skin_ulcer", 0.08), ("calcinosis", 0.10)),
)
