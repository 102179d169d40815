"""The published evidence as tables: cases, cohorts, parameters, effect sizes, codes.

Every row names its sources, and every source says how much of the paper was read; no
article was read from end to end. A figure carries two labels. The *grade* says where it
comes from: A, published in JDM; B, published in adults or another disease; C, assumption.
The *status* says what the number itself is: ``published`` (as printed, rounded at most),
``calculated here`` (from printed numbers) or ``assumed``. What
is assumed is of grade C; what it leans on stands in its note. The tables ship inside the
package as CSV; every call gives a fresh copy.
"""

from __future__ import annotations

import io
from functools import cache
from importlib import resources

import pandas as pd

__all__ = [
    "adult_steroid_studies",
    "antibody_frequencies",
    "codes",
    "index_case",
    "nxp2_effects",
    "parameters",
    "published_cases",
    "published_cohorts",
    "read_table",
    "references",
]

_WHOLE = ("year", "tested", "events")
_DECIMAL = (
    *("value", "low", "high", "estimate", "percent_printed", "months"),
    *("months_from_diagnosis", "follow_up_months", "age_onset_years"),
    *("age_at_event_years", "age_years", "pct_female", "person_years"),
)
_TRUTH = (
    *("perforation_confirmed", "multiple_or_recurrent", "nearly_silent"),
    *("surgery_done", "outcome_disputed", "pool"),
)
_CALCULATED = "computed here from printed numbers"


def published_cases() -> pd.DataFrame:
    """Give the published children one by one: 22 rows, 17 confirmed perforations.

    Returns
    -------
    pandas.DataFrame
        One row a child. ``case_id``; ``source``, ``doi`` and ``year`` of the report;
        ``sex``; ``age_onset_years`` and ``age_at_event_years``; ``antibody`` (NXP2, or
        none for a negative panel; missing when not tested or not reported) and
        ``antibody_basis`` (whether a sentence on the patient states it);
        ``months_from_diagnosis`` to perforation; ``perforation_confirmed``;
        ``perforation_sites``, ``n_perforations`` and ``multiple_or_recurrent`` (false
        where one perforation is counted, missing where none is); ``nearly_silent`` (free
        air described as almost without symptoms); ``steroid_regimen``,
        ``other_treatment`` and ``surgery`` in the words of the report;
        ``surgery_done``; ``outcome`` (alive, dead) with ``outcome_disputed`` and
        ``follow_up_months``; ``overlap_group``, ``overlap_status`` and ``pool`` (see
        `jdm_stats.evidence.overlap`); ``text_read``, how much of the report was read;
        ``notes``. Missing means not seen, never "no".

    Notes
    -----
    Published cases are a biased sample: what is severe, odd or fatal is written up.

    Examples
    --------
    >>> cases = published_cases()
    >>> len(cases), int(cases["perforation_confirmed"].sum())
    (22, 17)
    """
    return read_table("published_cases")


def published_cohorts() -> pd.DataFrame:
    """Give the published series and registries: 32 rows, many of them overlapping.

    Returns
    -------
    pandas.DataFrame
        One row a series. ``cohort`` as named in the review and a short ``label``;
        ``country``, ``period``, ``source``, ``doi``; counts ``n_jdm``,
        ``n_gi_involvement``, ``n_perforation``, ``n_deaths``, ``n_msa_tested`` and one
        per antibody, as whole numbers. Where the print is not a bare number the column
        of the same name ending in ``_printed`` keeps its words, and the number is
        missing unless the words contain it. ``gi_denominator``,
        ``perforation_denominator`` and ``deaths_denominator`` are the children among
        whom each was counted, ``gi_counted``, ``perforation_counted`` and
        ``deaths_counted`` what was counted. ``person_years``; ``pct_female`` (percent);
        ``age_years`` with ``age_kind`` (which average, at what moment) and
        ``age_printed``; ``follow_up`` in words; ``overlap_group``, ``overlap_status``
        and ``pool``; ``text_read``; ``source_printed``; ``notes``.

    Examples
    --------
    >>> cohorts = published_cohorts().set_index("source")
    >>> int(cohorts.loc["Xu 2023", "perforation_denominator"])
    302
    """
    return read_table("published_cohorts")


def parameters() -> pd.DataFrame:
    """Give the figures a simulation stands on, each with range, source and grade.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``parameter``. ``label`` in words; ``value`` (float; missing where the
        evidence gives a range only); ``low`` and ``high`` with ``range_kind`` (plausible
        range, quartiles, exact 95% limits, printed 95% interval); ``unit``; ``source``
        and ``doi``; ``grade`` (A published in JDM, B published in adults or another
        disease, C assumption); ``status`` (published, calculated here, assumed);
        ``text_read``, how much of the sources was read; ``note``. A plausible range is a
        judgement, not an interval.

    Examples
    --------
    >>> float(parameters().loc["case_fatality_12_months", "value"])
    0.4
    >>> parameters().loc["nxp2_hazard_ratio_first_18_months", "status"]
    'assumed'
    """
    frame = read_table("parameters")
    return _with_text_read(frame).set_index("parameter")


def antibody_frequencies() -> pd.DataFrame:
    """Give antibody frequencies by series: counts where printed, else percentages.

    Returns
    -------
    pandas.DataFrame
        ``cohort`` (a name in `published_cohorts`, missing for a review), ``source``,
        ``doi``, ``population``, ``antibody`` (``none``: no specific antibody), ``n``
        positive of ``tested``, ``percent_printed``, ``note``. Assays differ between
        series: immunoprecipitation, ELISA, line blot.

    Examples
    --------
    >>> mix = antibody_frequencies().query("source == 'Wang X 2021'")
    >>> mix[["antibody", "n", "tested"]].values.tolist()
    [['NXP2', 26, 85]]
    """
    return read_table("antibody_frequencies")


def adult_steroid_studies() -> pd.DataFrame:
    """Give studies of steroids and GI perforation elsewhere; all of grade B.

    Returns
    -------
    pandas.DataFrame
        One row an estimate: ``source``, ``doi``, ``population``, ``n``, ``exposure`` as
        coded there, ``outcome``, ``measure``, ``estimate`` with ``low`` and ``high``
        (printed 95% limits unless ``note`` says otherwise), ``grade``, ``text_read``,
        ``note``.

    Notes
    -----
    Adult log-linear slopes must not be carried to 2 mg/kg/day: 1.28 per 5 mg/day would
    imply a hazard ratio near 1000 at 140 mg/day.

    Examples
    --------
    >>> adult_steroid_studies()["grade"].unique().tolist()
    ['B']
    """
    return _with_text_read(read_table("adult_steroid_studies"))


def nxp2_effects() -> pd.DataFrame:
    """Give what is known of anti-NXP2 and severity, with direction where no size is.

    Returns
    -------
    pandas.DataFrame
        ``contrast``, ``population``, ``measure``, ``estimate``, ``low``, ``high``,
        ``source``, ``doi``, ``grade``, ``status``, ``text_read``, ``note``.

    Examples
    --------
    >>> effects = nxp2_effects()
    >>> effects.query("contrast == 'severe weakness'")["estimate"].tolist()
    [3.73]
    """
    return _with_text_read(read_table("nxp2_effects"))


def codes() -> pd.DataFrame:
    """Give codes for JDM, its features and GI perforation in common vocabularies.

    Returns
    -------
    pandas.DataFrame
        ``concept``, ``system``, ``code``, ``name``, ``verified_in``, ``note``.

    Notes
    -----
    No single ICD-10 code finds duodenal perforation: it is split between K26 and K63.1.

    Examples
    --------
    >>> codes().query("system == 'Mondo'")["code"].tolist()
    ['MONDO:0008054', 'MONDO:0016367', 'MONDO:0006807']
    """
    return _read("codes").copy()


def index_case() -> pd.DataFrame:
    """Give what the abstract of the index case says, and what it does not.

    Returns
    -------
    pandas.DataFrame
        ``item``, ``abstract`` (what it gives) and ``status``. No day, dose or laboratory
        value of this girl is published in what was read.

    Examples
    --------
    >>> index_case().set_index("item").loc["Patient", "abstract"]
    'girl of 12 years with JDM'
    """
    return _read("index_case").copy()


def references() -> pd.DataFrame:
    """Give the list of sources, and how much of each was read.

    Returns
    -------
    pandas.DataFrame
        ``source`` (the short name that the other tables cite), ``citation``, ``doi``,
        ``other_id``, ``text_read``.

    Examples
    --------
    >>> references().set_index("source").loc["Chen 2024", "text_read"]
    'abstract only'
    """
    return _read("references").copy()


@cache
def _read(name: str) -> pd.DataFrame:
    """Read one table of the package; callers must copy it."""
    text = resources.files("jdm_stats.evidence").joinpath(f"{name}.csv")
    frame = pd.read_csv(
        io.StringIO(text.read_text(encoding="utf-8")),
        dtype=object,
        keep_default_na=False,
        na_values=[""],
    )
    for column in frame.columns:
        frame[column] = _typed(frame[column])
    return frame


def _typed(column: pd.Series) -> pd.Series:
    name = str(column.name)
    if name in _DECIMAL:
        return column.astype("float64")
    if name in _WHOLE or _is_count(name):
        return pd.to_numeric(column).astype("Int64")
    if name in _TRUTH:
        return column.map({"true": True, "false": False}).astype("boolean")
    if name in ("note", "notes"):
        return column.fillna("")
    return column


def _is_count(name: str) -> bool:
    counted = name == "n" or name.startswith("n_") or name.endswith("_denominator")
    return counted and not name.endswith("_printed")


def _cited(sources: object, column: str) -> list[str]:
    """Look up what the reference list says of every source in a joined text."""
    if pd.isna(sources):  # type: ignore[call-overload]
        return []
    listed = _read("references")
    known = dict(zip(listed["source"], listed[column], strict=True))
    found = [known[key] for key in str(sources).split("; ")]
    return [str(value) for value in found if not pd.isna(value)]


def read_table(name: str) -> pd.DataFrame:
    """Give a fresh copy of a table of the package, with the DOIs of its sources.

    Parameters
    ----------
    name : str
        Name of the CSV without its ending; it must have a ``source`` column.

    Returns
    -------
    pandas.DataFrame
        The typed table with ``doi`` after ``source``.

    Examples
    --------
    >>> read_table("case_fatality")["source"].tolist()
    ['Xu 2021', 'Xu 2023', 'Xu 2021', 'Schullinger 1985']
    """
    frame = _read(name).copy()
    dois = ["; ".join(_cited(sources, "doi")) or None for sources in frame["source"]]
    after = list(frame.columns).index("source") + 1
    frame.insert(after, "doi", pd.Series(dois, dtype=object, index=frame.index))
    return frame


def _with_text_read(frame: pd.DataFrame) -> pd.DataFrame:
    """Say how much was read: of the sources, after a word on calculated figures."""
    stated = frame.get("text_read", pd.Series(None, index=frame.index, dtype=object))
    status = frame.get("status", pd.Series("", index=frame.index))
    frame["text_read"] = [
        _reading(own, sources, how)
        for own, sources, how in zip(stated, frame["source"], status, strict=True)
    ]
    return frame


def _reading(own: object, sources: object, status: str) -> str | None:
    if not pd.isna(own):  # type: ignore[call-overload]
        return str(own)
    parts = [_CALCULATED] if status == "calculated here" else []
    for text in _cited(sources, "text_read"):
        parts += text.split("; ")
    return "; ".join(dict.fromkeys(parts)) or None
