"""Tables of a report on what was found: ratios with their limits, rates with theirs."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.html import format_number, format_p, format_ratio
from jdm_stats.report.labels import label
from jdm_stats.report.tables import require_columns

__all__ = ["LIMITS_NOTE", "estimates_table", "rates_table", "risks_table"]

LIMITS_NOTE = "CI: confidence interval. HR: hazard ratio. OR: odds ratio."

_LOGARITHMS = {"log hazard ratio": "HR", "log odds ratio": "OR"}
_RATIOS = {"hazard ratio": "HR", "odds ratio": "OR"}


def estimates_table(
    estimates: pd.DataFrame | Mapping[str, pd.DataFrame],
    *,
    labels: Mapping[str, str] | None = None,
    drop: Sequence[str] = ("Intercept", "1"),
) -> pd.DataFrame:
    """Write estimates as ratios with their limits, one row per model and term.

    Parameters
    ----------
    estimates : pandas.DataFrame or mapping of str to pandas.DataFrame
        Rows as ``result.tidy()`` gives them, logarithms or ratios; a mapping names the models.
    labels : mapping of str to str, optional
        Words for terms.
    drop : sequence of str
        Terms left out.

    Returns
    -------
    pandas.DataFrame
        ``Model``, ``Term``, the ratio with its limits (headed HR, OR or, when both occur,
        Ratio), ``p``, ``Limits`` (how they were found), ``Events / n`` and, if any estimate is
        missing, ``Remark`` with the reason. Show it with ``header_column=2``.

    Raises
    ------
    UsageError
        If a column is not there or a scale is unknown.

    Examples
    --------
    >>> rows = pd.DataFrame(
    ...     {
    ...         "model": ["Firth Cox"],
    ...         "term": ["nxp2"],
    ...         "estimate": [math.log(8)],
    ...         "conf_low": [0.0],
    ...         "conf_high": [math.inf],
    ...         "p_value": [0.04],
    ...         "n": [541],
    ...         "events": [6],
    ...         "scale": ["log hazard ratio"],
    ...         "interval": ["profile"],
    ...         "reason": [""],
    ...     }
    ... )
    >>> estimates_table(rows, labels={"nxp2": "NXP2"}).values.tolist()
    [['Firth Cox', 'NXP2', '8.00 (1.00 to ∞)', '0.040', 'profile', '6 / 541']]
    """
    frame = _stacked(estimates)
    needed = ["model", "term", "estimate", "conf_low", "conf_high", "p_value", "scale"]
    require_columns(frame, needed, "estimates_table")
    frame = frame[~frame["term"].isin(list(drop))]
    names = {scale: _ratio_name(scale) for scale in frame["scale"].unique()}
    kinds = set(names.values())
    heading = f"{kinds.pop() if len(kinds) == 1 else 'Ratio'} (95% CI)"
    rows = []
    for record in frame.to_dict("records"):
        rows.append(
            {
                "Model": str(record["model"]),
                "Term": label(record["term"], labels),
                heading: format_ratio(*_on_ratio_scale(record)),
                "p": format_p(record["p_value"]),
                "Limits": str(record.get("interval", "")),
                "Events / n": _of(record.get("events"), record.get("n")),
                "Remark": str(record.get("reason") or ""),
            }
        )
    columns = ["Model", "Term", heading, "p", "Limits", "Events / n", "Remark"]
    table = pd.DataFrame(rows, columns=columns)
    return table if table["Remark"].any() else table.drop(columns="Remark")


def _stacked(estimates: pd.DataFrame | Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    if isinstance(estimates, pd.DataFrame):
        return estimates
    if not estimates:
        raise UsageError("estimates_table received no model")
    named = [frame.assign(model=name) for name, frame in estimates.items()]
    return pd.concat(named, ignore_index=True)


def _ratio_name(scale: str) -> str:
    name = _LOGARITHMS.get(scale) or _RATIOS.get(scale)
    if name is None:
        known = ", ".join([*_LOGARITHMS, *_RATIOS])
        raise UsageError(f"unknown scale {scale!r}; estimates are on one of: {known}")
    return name


def _on_ratio_scale(record: Mapping[Hashable, Any]) -> tuple[float, float, float]:
    values = [float(record[name]) for name in ("estimate", "conf_low", "conf_high")]
    if record["scale"] in _LOGARITHMS:
        values = [_exponential(value) for value in values]
    return values[0], values[1], values[2]


def _exponential(value: float) -> float:
    return math.inf if value > 700 else math.exp(value)


def _of(events: object, n: object) -> str:
    return f"{_count(events)} / {_count(n)}"


def _count(value: object) -> str:
    missing = value is None or pd.isna(value)  # type: ignore[call-overload]
    return format_number(None if missing else round(float(value)))  # type: ignore[arg-type]


def rates_table(
    rates: pd.DataFrame, *, labels: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Write incidence rates with their exact limits, one row per group.

    Parameters
    ----------
    rates : pandas.DataFrame
        As ``incidence_rates`` gives them; the columns before ``patients`` are the groups.
    labels : mapping of str to str, optional
        Words for groups and for the columns they stand in.

    Returns
    -------
    pandas.DataFrame
        The groups, ``Children``, ``Events``, ``Person-years``, the rate with its limits and the
        one-sided upper limit, which is what a group without events has to say.

    Raises
    ------
    UsageError
        If a column is not there.

    Examples
    --------
    >>> rates = pd.DataFrame(
    ...     {
    ...         "antibody": ["none"],
    ...         "patients": [90],
    ...         "events": [0],
    ...         "person_years": [300.0],
    ...         "rate": [0.0],
    ...         "conf_low": [0.0],
    ...         "conf_high": [1.23],
    ...         "upper_one_sided": [0.9986],
    ...         "per_person_years": [100.0],
    ...     }
    ... )
    >>> rates_table(rates).values.tolist()
    [['none found', 90, 0, '300.0', '0 (0 to 1.23)', '1.00']]
    """
    needed = ["patients", "events", "person_years", "rate", "conf_low", "conf_high"]
    require_columns(
        rates, [*needed, "upper_one_sided", "per_person_years"], "rates_table"
    )
    per = (
        format_number(float(rates["per_person_years"].iloc[0]), 0)
        if len(rates)
        else "–"
    )
    level = 100 * rates.attrs.get("jdm_stats", {}).get("conf_level", 0.95)
    groups = list(rates.columns[: list(rates.columns).index("patients")])
    table = {
        _capital(label(name, labels)): [label(value, labels) for value in rates[name]]
        for name in groups
    }
    table |= {
        "Children": rates["patients"].tolist(),
        "Events": rates["events"].tolist(),
        "Person-years": [format_number(float(v), 1) for v in rates["person_years"]],
        f"Rate per {per} person-years ({level:g}% CI)": [
            format_ratio(*limits)
            for limits in rates[["rate", "conf_low", "conf_high"]].to_numpy(dtype=float)
        ],
        f"One-sided {level:g}% upper limit": [
            format_number(float(v), None) for v in rates["upper_one_sided"]
        ],
    }
    return pd.DataFrame(table)


def risks_table(
    risks: pd.DataFrame, *, labels: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Write risks read off cumulative incidence curves, one row per group, cause and time.

    Parameters
    ----------
    risks : pandas.DataFrame
        ``group``, ``cause`` (event code), ``months``, ``estimate``, ``conf_low``,
        ``conf_high`` (from 0 to 1), ``n_at_risk`` and ``n_events`` up to then.
    labels : mapping of str to str, optional
        Words for groups and, by their code as text, for causes.

    Returns
    -------
    pandas.DataFrame
        ``Group``, ``Event``, ``Months``, ``Risk, % (95% CI)``, ``At risk``, ``Events so far``.

    Raises
    ------
    UsageError
        If a column is not there.

    Examples
    --------
    >>> risks = pd.DataFrame({"group": ["NXP2"], "cause": [1], "months": [12.0]})
    >>> risks = risks.assign(estimate=0.05, conf_low=0.01, conf_high=0.12)
    >>> risks_table(risks.assign(n_at_risk=90, n_events=5)).values.tolist()
    [['NXP2', '1', 12, '5.00 (1.00 to 12.0)', 90, 5]]
    """
    limits = ["estimate", "conf_low", "conf_high"]
    needed = ["group", "cause", "months", *limits, "n_at_risk", "n_events"]
    require_columns(risks, needed, "risks_table")
    percent = 100 * risks[limits].to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "Group": [label(group, labels) for group in risks["group"]],
            "Event": [label(cause, labels) for cause in risks["cause"]],
            "Months": risks["months"].round().astype(int).tolist(),
            "Risk, % (95% CI)": [format_ratio(*row) for row in percent],
            "At risk": risks["n_at_risk"].tolist(),
            "Events so far": risks["n_events"].tolist(),
        }
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
