"""The mixes and schedules a scenario draws from; published shares are read, not typed.

Each has a plausible range, share by share. Where the evidence gives one, it is that; where
it gives a count, the exact 95% limits; what is left is assumed.
"""

from __future__ import annotations

from jdm_stats.simulation.scenario.parameter import evidence_range, evidence_value

__all__ = [
    "EAST_ASIAN_MIX",
    "EAST_ASIAN_RANGE",
    "FEATURES",
    "FEATURES_RANGE",
    "PRINTO_TAPER",
    "PULSES",
    "PULSES_RANGE",
    "REGIMENS",
    "REGIMENS_RANGE",
    "SITES",
    "SITES_RANGE",
    "TAPER_RANGE",
    "WESTERN_MIX",
    "WESTERN_RANGE",
]


Shares = tuple[tuple[str, float], ...]


def _row(stem: str, label: str) -> str:
    return f"{stem}_{label.lower().replace(' ', '_')}"


def _read(stem: str, *labels: str) -> Shares:
    return tuple((label, evidence_value(_row(stem, label))) for label in labels)


def _range(ends: dict[str, tuple[float, float]]) -> tuple[Shares, Shares]:
    """Lower and upper ends of the shares of a mix, by label."""
    return tuple((label, low) for label, (low, _) in ends.items()), tuple(
        (label, high) for label, (_, high) in ends.items()
    )


def _rest(pairs: Shares) -> float:
    return round(1.0 - sum(share for _, share in pairs), 9)


_WESTERN = _read(
    "antibody_share_western", "NXP2", "TIF1g", "MDA5", "ARS", "Mi2", "SRP", "HMGCR"
)
# "None or other" is one published figure; SAE and other are split from it by assumption.
_OTHERS = (("SAE", 0.01), ("other", 0.02))
WESTERN_MIX = (*_WESTERN, *_OTHERS, ("none", _rest((*_WESTERN, *_OTHERS))))
# Limits of 32, 14, 13, 7 and 4 of 371; what is not read or counted is assumed.
WESTERN_RANGE = _range(
    {
        "NXP2": evidence_range("antibody_share_western_nxp2"),
        "TIF1g": evidence_range("antibody_share_western_tif1g"),
        "MDA5": (0.060, 0.120),
        "ARS": (0.021, 0.062),
        "Mi2": (0.019, 0.059),
        "SRP": (0.008, 0.038),
        "HMGCR": (0.003, 0.027),
        "SAE": (0.0, 0.03),
        "other": (0.0, 0.05),
        "none": (0.2, 0.45),
    }
)
EAST_ASIAN_MIX = _read(
    "antibody_share_east_asia", "NXP2", "TIF1g", "MDA5", "ARS", "other", "none"
)
# Anti-TIF1g from 9 of 76 (Chongqing) to 5 of 25 (Hokkaido); anti-synthetase up to 21% of
# 182 (Du 2019, abstract garbled). What is neither read nor said here is assumed.
EAST_ASIAN_RANGE = _range(
    {
        "NXP2": evidence_range("antibody_share_east_asia_nxp2"),
        "TIF1g": (0.1, 0.2),
        "MDA5": evidence_range("antibody_share_east_asia_mda5"),
        "ARS": (0.01, 0.21),
        "other": (0.0, 0.1),
        "none": evidence_range("antibody_share_east_asia_none"),
    }
)
SITES = _read(
    "perforation_site_share",
    *("duodenum", "colon", "small bowel", "stomach", "oesophagus", "unknown"),
)
SITES_RANGE = _range(
    {
        "duodenum": evidence_range("perforation_site_share_duodenum"),
        "colon": (0.05, 0.3),
        "small bowel": (0.03, 0.25),
        "stomach": (0.01, 0.15),
        "oesophagus": (0.0, 0.1),
        "unknown": (0.0, 0.25),
    }
)
PULSES = tuple(
    (dose, evidence_value(f"pulse_share_{dose}_mg_kg_day"))
    for dose in ("30", "20", "10")
)
PULSES_RANGE = _range({"30": (0.2, 0.8), "20": (0.1, 0.6), "10": (0.05, 0.5)})
_IDEAL, _MAJOR = (
    evidence_value("taper_ideal_share"),
    evidence_value("taper_major_change_share"),
)
REGIMENS = (
    ("ideal", _IDEAL),
    ("minor change", round(1.0 - _IDEAL - _MAJOR, 9)),
    ("major change", _MAJOR),
)
# Limits of 30, 43 and 66 of 139.
REGIMENS_RANGE = _range(
    {
        "ideal": (0.151, 0.294),
        "minor change": (0.234, 0.393),
        "major change": (0.389, 0.561),
    }
)
# Months of the PRINTO protocol as the days at which the taper turns.
PRINTO_TAPER = (
    (0, evidence_value("oral_start_mg_kg_day")),
    (60, evidence_value("oral_dose_2_months_mg_kg_day")),
    (180, evidence_value("oral_dose_6_months_mg_kg_day")),
    (730, 0.0),
)
# Starts of 0.5 to 2 mg/kg/day are published, half of the first dose after 3 to 10 months,
# and 4.7 to 17.4 months of steroid where less is given (s12969-021-00615-0).
_START = evidence_range("oral_start_mg_kg_day")
TAPER_RANGE = (
    ((0, _START[0]), (90, _START[0] / 2), (143, 0.0)),
    ((0, _START[1]), (300, _START[1] / 2), (730, 0.4), (1826, 0.2)),
)
FEATURES = (
    *(("dysphagia", 0.20), ("oedema", 0.10)),
    *(("skin_ulcer", 0.08), ("calcinosis", 0.10)),
)
FEATURES_RANGE = _range(
    {
        "dysphagia": (0.1, 0.4),
        "oedema": (0.03, 0.3),
        "skin_ulcer": (0.03, 0.25),
        "calcinosis": (0.03, 0.25),
    }
)
