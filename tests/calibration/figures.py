"""Which published figures the world is held against, and what of each is simulated.

A published value, its range, grade and source are read from `jdm_stats.parameters` by key.
Where that table has no range, the range is made here and says so: exact 95% limits of the
printed count; for quartiles, a fifth of the published distance between them either way (of
its logarithm for CK and LDH); for a number without a count, a fifth of it either way.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from jdm_stats.evidence.proportions import exact_proportion
from jdm_stats.evidence.published import parameters, published_cohorts
from jdm_stats.simulation.calibration import Targets
from tests.calibration import measures as m
from tests.calibration.children import FIVE_YEARS, TWO_YEARS

TOLERANCE = 0.2
COUNT = re.compile(r"(\d+) of (\d+)")
COUNTED = "exact 95% limits of the printed count, made here"
TOLERATED = "a fifth either way, set here"
SPREAD = "a fifth of the published interquartile range either way, set here"


@dataclass(frozen=True)
class Figure:
    """One figure: its name, the key in the evidence tables, how it is measured, a note.

    ``key`` may depend on the preset. ``take`` picks from the row what is held against: the
    value, or the quartile printed as its low or high end.
    """

    name: str
    key: str | Callable[[str], str]
    measure: m.Measure
    note: str = ""
    take: str = "value"


@dataclass(frozen=True)
class Published:
    """What a figure is held against."""

    value: float
    low: float
    high: float
    range_kind: str
    grade: str
    status: str
    source: str


def _by_children(western: str, china: str) -> Callable[[str], str]:
    return lambda preset: china if "east_asia" in preset else western


def _by_risk(preset: str) -> str:
    return f"perforation_risk_24_months_{'population' if preset == 'population' else 'tertiary'}"


_WESTERN = {
    label: label for label in ("NXP2", "TIF1g", "MDA5", "ARS", "Mi2", "SRP", "HMGCR")
}
_WESTERN |= {"none_or_other": "none+other+SAE"}
_EAST_ASIAN = {
    label: label for label in ("NXP2", "MDA5", "TIF1g", "ARS", "other", "none")
}
MIXES = {
    mix: [
        Figure(
            f"antibody: {key.replace('_', ' ')}",
            f"antibody_share_{mix}_{key.lower()}",
            share,
        )
        for key, share in (
            (key, m.antibody_share(held)) for key, held in labels.items()
        )
    ]
    for mix, labels in (("western", _WESTERN), ("east_asia", _EAST_ASIAN))
}
SITES = ("duodenum", "colon", "small bowel", "stomach", "oesophagus", "unknown")
SCORES = {
    "CMAS": ("cmas", "cmas_at_diagnosis_median"),
    "MMT8": ("mmt8", "mmt8_at_diagnosis_median"),
    "physician global": ("physician_global", "physician_global_at_diagnosis_median"),
    "CHAQ": ("chaq", "chaq_at_diagnosis_median"),
    "CK, U/L": ("ck_u_l", "ck_at_diagnosis_median_u_l"),
    "LDH, U/L": ("ldh_u_l", "ldh_at_diagnosis_median_u_l"),
}
_LEVELS = (
    ("lower quartile", 0.25, "low"),
    ("median", 0.5, "value"),
    ("upper quartile", 0.75, "high"),
)
_ENDS = {"low": "lower quartile", "value": "median", "high": "upper quartile"}
_PLANNED = "as drawn at diagnosis"
_LIVED = "as lived up to 24 months, perforation or death"

CHILDREN = [
    Figure(
        "share of girls",
        _by_children("female_share_western", "female_share_china"),
        m.share("female"),
    ),
    *(
        Figure(
            f"age at onset: {name}, years",
            "onset_age_median_years",
            m.quantile("age", level),
            take=take,
        )
        for name, level, take in _LEVELS
    ),
    *(
        Figure(f"Ro52 among {label}", f"ro52_share_{key}", m.ro52_share(label))
        for label, key in (("MDA5", "mda5"), ("ARS", "ars"), ("none", "msa_negative"))
    ),
    *(
        Figure(
            f"{feature}: odds ratio of NXP2",
            f"{feature}_odds_ratio_nxp2",
            m.odds_ratio_of(feature),
        )
        for feature in ("dysphagia", "oedema", "calcinosis")
    ),
    *(
        Figure(
            f"{name}, at diagnosis: {_ENDS[take]}",
            key,
            m.quantile(column, level),
            take=take,
        )
        for name, (column, key) in SCORES.items()
        for _, level, take in _LEVELS
    ),
    Figure("CMAS at diagnosis: NXP2 less others", "cmas_shift_nxp2", m.cmas_shift),
    Figure(
        "CK at diagnosis: SRP and Mi2 over others",
        "ck_multiplier_srp_mi2",
        m.ck_multiplier,
    ),
]
TREATMENT = [
    Figure(
        "pulsed by 24 months",
        "pulse_ever_share",
        m.share_by("pulse_day", TWO_YEARS),
        "before any perforation; solved for",
    ),
    Figure(
        "pulsed by 60 months",
        "pulse_ever_share",
        m.share_by("any_pulse_day", FIVE_YEARS),
        "after a perforation too",
    ),
    Figure(
        "taper ideal, planned", "taper_ideal_share", m.share("planned_ideal"), _PLANNED
    ),
    Figure(
        "taper ideal, lived",
        "taper_ideal_share",
        m.share("ideal"),
        f"every dose on the protocol's day, {_LIVED}",
    ),
    Figure(
        "major change, planned",
        "taper_major_change_share",
        m.share("planned_major"),
        _PLANNED,
    ),
    Figure(
        "major change, lived",
        "taper_major_change_share",
        m.share("major"),
        f"dose back up, or the whole taper at 0.6 of its speed, {_LIVED}",
    ),
    Figure(
        "oral half-dose, median months",
        "oral_half_dose_months",
        m.quantile("half_dose_day", 0.5, m.MONTH),
        "from the first dose",
    ),
    Figure(
        "steroid stopped by 60 months",
        "oral_stopped_by_60_months_share",
        m.share_by("stop_day", FIVE_YEARS),
        "a month without any; a later dose does not undo it",
    ),
    *(
        Figure(f"{drug} ever", key, m.share(drug), "within 60 months")
        for drug, key in (
            ("methotrexate", "methotrexate_ever_share"),
            ("ivig", "ivig_ever_share"),
            ("hydroxychloroquine", "antimalarial_ever_share"),
        )
    ),
]
PERFORATION = [
    Figure(
        "GI involvement by 24 months",
        "gi",
        m.share_by("gi_day", TWO_YEARS),
        "assumed 0.25, within the 22 to 37% that Besnard 2020 quotes; solved for",
    ),
    Figure(
        "perforation by 24 months",
        _by_risk,
        m.risk(),
        "death competing; solved for with steroids as assumed",
    ),
    Figure(
        "perforation by 24 months, NXP2",
        "implied_perforation_risk_24_months_nxp2",
        m.risk("NXP2"),
    ),
    Figure(
        "perforation by 24 months, others",
        "implied_perforation_risk_24_months_others",
        m.risk("others"),
    ),
    Figure(
        "NXP2 among the perforated",
        "nxp2_perforated",
        m.nxp2_among_perforated,
        "7 of 7 in one series (Xu 2023)",
    ),
    Figure(
        "NXP2 rate ratio before 18 months",
        "nxp2_hazard_ratio_first_18_months",
        m.nxp2_rate_ratio(True),
        "against all others; solved for with steroids as assumed",
    ),
    Figure(
        "NXP2 rate ratio from 18 months",
        "nxp2_hazard_ratio_after_18_months",
        m.nxp2_rate_ratio(False),
        "against all others, up to 60 months; solved for with steroids as assumed",
    ),
    Figure(
        "perforation: median months",
        "time_to_perforation_median_months",
        m.median_perforation_months,
        "of those within 60 months; solved for with steroids as assumed",
    ),
    Figure(
        "perforation: share within 12 months",
        "perforations_within_12_months_share",
        m.early_perforations,
        "of those within 60 months",
    ),
    Figure(
        "CMAS under 5 before perforation",
        "cmas_below_5_at_perforation_share",
        m.weak_before_perforation,
        "last visit before it; published at it",
    ),
    *(
        Figure(
            f"first site: {site}",
            f"perforation_site_share_{site.replace(' ', '_')}",
            m.site_share(site),
        )
        for site in SITES
    ),
    Figure(
        "first perforation operated on", "operated_share", m.among_perforated("surgery")
    ),
    Figure(
        "several or repeated perforations",
        "multiple_or_recurrent_share",
        m.among_perforated("again"),
        "repeated, before death",
    ),
    Figure(
        "new perforation after repair",
        "recurrence_after_repair_share",
        m.recurrence_after_repair,
        "before death",
    ),
    Figure(
        "pulsed after perforation",
        "pulses_after_perforation_share",
        m.among_perforated("pulsed_after"),
        "before death",
    ),
    Figure(
        "dead within 12 months of perforation",
        "case_fatality_12_months",
        m.case_fatality,
    ),
    Figure(
        "death without perforation per 1000 years",
        "background_mortality_per_1000_person_years",
        m.background_mortality,
    ),
]


def figures_of(preset: str) -> list[Figure]:
    """Give the figures a preset is held against, in order."""
    mix = MIXES["east_asia" if preset == "east_asia" else "western"]
    return [
        *mix,
        *(f for f in CHILDREN if _exists(f, preset)),
        *TREATMENT,
        *PERFORATION,
    ]


def _exists(figure: Figure, preset: str) -> bool:
    """East Asia has no SRP or Mi2; the risks implied at 2% do not speak of 0.7%."""
    if preset == "population" and str(figure.key).startswith("implied_perforation"):
        return False
    return preset != "east_asia" or figure.key != "ck_multiplier_srp_mi2"


def published(figure: Figure, preset: str) -> Published:
    """Look a figure up; the range says what kind it is."""
    key = figure.key(preset) if callable(figure.key) else figure.key
    if key == "gi":
        return _gi_involvement()
    if key == "nxp2_perforated":
        return _nxp2_perforated()
    row = parameters().loc[key].to_dict()
    if key in _SPREAD or row["range_kind"] == "quartiles":
        ends = _around_quartile(row, figure.take, log=key in _SPREAD and "u_l" in key)
    else:
        ends = _range(row)
    return Published(
        **{end: float(value) for end, value in ends.items()},
        range_kind=str(row["range_kind"]),
        grade=row["grade"],
        status=row["status"],
        source="" if pd.isna(row["source"]) else row["source"],
    )


# Declared as a plausible range; in CK and LDH it is the quartiles, as the evidence text has
# it, and those of the age stand in the note.
_SPREAD = (
    *("ck_at_diagnosis_median_u_l", "ldh_at_diagnosis_median_u_l"),
    "onset_age_median_years",
)


def _around_quartile(
    row: dict[str, object], take: str, *, log: bool
) -> dict[str, float]:
    """Return a quartile or the median, and a fifth of the quartiles' distance about it.

    The median of the age keeps its published range.
    """
    printed = re.search(r"printed quartiles ([\d.]+) and ([\d.]+)", str(row["note"]))
    if printed and take == "value":
        return {end: float(row[end]) for end in ("value", "low", "high")}  # type: ignore[arg-type]
    ends = printed.groups() if printed else (row["low"], row["high"])
    quartiles = {"low": float(ends[0]), "high": float(ends[1])}  # type: ignore[arg-type]
    value = quartiles.get(take, float(row["value"]))  # type: ignore[arg-type]
    row["range_kind"] = SPREAD
    if log:
        factor = (quartiles["high"] / quartiles["low"]) ** TOLERANCE
        return {"value": value, "low": value / factor, "high": value * factor}
    by = TOLERANCE * (quartiles["high"] - quartiles["low"])
    return {"value": value, "low": value - by, "high": value + by}


def _range(row: dict[str, object]) -> dict[str, object]:
    """Return value, low and high; a range that is missing is made, and named in the row."""
    found = {end: row[end] for end in ("value", "low", "high")}
    if pd.notna(row["low"]):
        return found
    value, counted = float(row["value"]), COUNT.search(str(row["note"]))
    if counted and row["unit"] == "proportion" and row["status"] == "published":
        _, found["low"], found["high"] = exact_proportion(
            int(counted[1]), int(counted[2])
        )
        row["range_kind"] = COUNTED
    else:
        by = TOLERANCE * abs(value)
        found["low"], found["high"] = value - by, value + by
        row["range_kind"] = TOLERATED
    return found


def _gi_involvement() -> Published:
    """What is assumed of GI involvement, and the range one paper quotes."""
    cohorts = published_cohorts()
    quoted = (
        cohorts["notes"].str.extract(r"quotes any GI involvement (\d+)-(\d+)%").dropna()
    )
    low, high = (float(end) / 100 for end in quoted.iloc[0])
    source = cohorts.loc[quoted.index[0], "source"]
    return Published(Targets().gi, low, high, "range quoted", "C", "assumed", source)


def _nxp2_perforated() -> Published:
    """Count those with anti-NXP2 among the perforated of the largest series."""
    cohorts = published_cohorts()
    counted = cohorts["notes"].str.extract(r"all (\d+) strongly NXP2").dropna()
    row, count = cohorts.loc[counted.index[0]], int(counted.iloc[0, 0])
    share, low, high = exact_proportion(count, int(row["n_perforation"]))
    return Published(share, low, high, COUNTED, "A", "published", row["source"])
