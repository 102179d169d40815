"""The command that plans: power."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jdm_stats.cli.telling import complain, tell, tell_json
from jdm_stats.cli.writing import check_target, staged_file, write_whole
from jdm_stats.errors import UsageError

if TYPE_CHECKING:
    from jdm_stats.power.grid import PowerTable
    from jdm_stats.power.study_design import StudyDesign

__all__ = ["power"]

_PANELS = 2
_CHILDREN, _YEARS = (100, 300, 1000, 3000), (2.0, 5.0, 10.0)
# By the ending of a figure: where its file says who made it, so that it may be replaced.
_FIGURES = {".png": "Software", ".pdf": "Creator", ".svg": "Creator"}
_MADE_BY = "jdm-stats power"
# What a world says, and the option that says it in its place.
_OF_A_WORLD = {
    "risk": "risk_24",
    "time course": "constant_rate",
    "loss": "loss",
    "deaths": "deaths",
    "exposure share": "exposure_share",
}
_OPTIONS = {
    "exposure_share": "exposure_share",
    "accrual": "accrual_years",
    "loss": "loss_per_year",
    "deaths": "deaths_per_1000_years",
    "r_squared": "r_squared",
    "alpha": "alpha",
    "test": "test",
}


def power(arguments: argparse.Namespace) -> int:
    """Print power and detectable hazard ratios for every combination asked for."""
    from jdm_stats.power.grid import NONE_NOTE, power_table

    _check_targets(arguments)
    design = _design(arguments)
    table = power_table(
        design,
        hazard_ratio=arguments.hazard_ratio,
        power=arguments.power,
        **_varied(arguments),
    )
    answers = _answers(arguments, table, design)
    if arguments.out is not None:
        write_whole(Path(arguments.out), _csv(table, arguments.preset is not None))
    if arguments.figure is not None:
        _draw(arguments, design)
    if arguments.json:
        tell_json(_record(table, answers, arguments.preset is not None))
        return 0
    if arguments.preset is not None:
        tell(f"SYNTHETIC world, from which come: {_of_the_world(arguments)}")
    tell(table.shown().to_string(index=False))
    tell(f"\n{NONE_NOTE}\n")
    for answer in answers:
        tell(answer)
    for note in table.notes:
        complain(f"  note: {note}")
    return 0


def _varied(arguments: argparse.Namespace) -> dict[str, Any]:
    varied = {
        "risk_24_months": arguments.risk_24,
        "follow_up_years": arguments.years or list(_YEARS),
        "n_children": arguments.children or list(_CHILDREN),
    }
    return {name: values for name, values in varied.items() if values}


def _design(arguments: argparse.Namespace) -> StudyDesign:
    """Make what is not varied, with every fault of the call told at once."""
    from jdm_stats.power.study_design import StudyDesign

    given = {
        field: getattr(arguments, option)
        for option, field in _OPTIONS.items()
        if getattr(arguments, option) is not None
    }
    if arguments.one_sided:
        given["two_sided"] = False
    if arguments.constant_rate:
        given["time_course"] = "constant"
    faults = _call_faults(arguments)
    faults += _value_faults(StudyDesign, {**given, **_varied(arguments)})
    if faults:
        raise UsageError("the call is at fault:\n  " + "\n  ".join(faults))
    if arguments.preset is not None:
        exposure = arguments.exposure or "nxp2"
        return StudyDesign.from_scenario(arguments.preset, exposure=exposure, **given)
    if arguments.exposure:
        given["exposure"] = arguments.exposure
    return StudyDesign(**given)


def _call_faults(arguments: argparse.Namespace) -> list[str]:
    faults = []
    if arguments.preset is None:
        for option in ("exposure_share", "risk_24"):
            if getattr(arguments, option) is None:
                name = option.replace("_", "-")
                faults.append(f"give --{name}, or --preset to take it from a world")
    alpha = arguments.alpha if arguments.alpha is not None else 0.05
    if not alpha < arguments.power < 1:
        faults.append(
            f"power must be above alpha, {alpha:g}, and below 1, not {arguments.power:g}"
        )
    for ratio in arguments.hazard_ratio or []:
        if not ratio >= 0:
            faults.append(f"hazard_ratio must be a number from 0 up, not {ratio:g}")
    rate = arguments.children_per_year
    if rate is not None and not rate > 0:
        faults.append(f"children_per_year must be a number above 0, not {rate:g}")
    return faults


def _value_faults(kind: type[StudyDesign], values: dict[str, Any]) -> list[str]:
    """Try each value by itself, so that one fault does not hide another."""
    faults: dict[str, None] = {}
    for name, listed in values.items():
        for value in listed if isinstance(listed, list) else [listed]:
            try:
                kind(**{name: value})
            except UsageError as error:
                faults.update(dict.fromkeys(str(error).split("\n  ")[1:]))
    return list(faults)


def _answers(
    arguments: argparse.Namespace, table: PowerTable, design: StudyDesign
) -> list[str]:
    """Say for each hazard ratio what is needed; without one, what can be detected."""
    from jdm_stats.power.detectable import detectable_hazard_ratio
    from jdm_stats.power.needed import children_needed, years_needed

    last = table.table.iloc[-1]
    one = design.with_values(
        n_children=int(last["n_children"]),
        follow_up_years=float(last["follow_up_years"]),
        risk_24_months=float(last.get("risk_24_months", design.risk_24_months)),
    )
    wanted, rate = arguments.power, arguments.children_per_year
    if not arguments.hazard_ratio:
        return [detectable_hazard_ratio(one, wanted).in_words()]
    told = [children_needed(one, ratio, wanted) for ratio in arguments.hazard_ratio]
    if rate is not None:
        told += [
            years_needed(one, ratio, wanted, children_per_year=rate)
            for ratio in arguments.hazard_ratio
        ]
    return [answer.in_words() for answer in told]


def _of_the_world(arguments: argparse.Namespace) -> str:
    """Name what a world still says, where the call says the rest."""
    given = {word: getattr(arguments, option) for word, option in _OF_A_WORLD.items()}
    kept = [word for word, value in given.items() if value is None or value is False]
    return ", ".join([*kept, "late entry"])


def _csv(table: PowerTable, synthetic: bool) -> str:
    frame = table.tidy()
    if synthetic:
        frame.insert(0, "data", "SYNTHETIC")
    return frame.to_csv(index=False, lineterminator="\n")


def _record(table: PowerTable, answers: list[str], synthetic: bool) -> dict[str, Any]:
    rows = [
        {
            str(name): None if isinstance(value, float) and math.isnan(value) else value
            for name, value in row.items()
        }
        for row in table.table.astype(object).to_dict("records")
    ]
    return {
        "status": "done",
        "exit_code": 0,
        "synthetic": synthetic,
        "rows": rows,
        "answers": answers,
        "notes": list(table.notes),
    }


def _check_targets(arguments: argparse.Namespace) -> None:
    if arguments.out is not None:
        check_target(
            Path(arguments.out), None, lambda text: "expected_events" in text[:400]
        )
    if arguments.figure is not None:
        target = Path(arguments.figure)
        if target.suffix.lower() not in _FIGURES:
            raise UsageError(
                f"--figure must end in {', '.join(_FIGURES)}; received {target.name}"
            )
        check_target(target, None, lambda text: _MADE_BY in text)


def _draw(arguments: argparse.Namespace, design: StudyDesign) -> None:
    """Draw the detectable ratios, one panel for each risk, and say what they hold for."""
    from matplotlib.figure import Figure

    from jdm_stats.plots.detectable_ratio import detectable_ratio_plot
    from jdm_stats.power.grid import power_curve
    from jdm_stats.power.words import name_of_test, percent

    risks = list(dict.fromkeys(arguments.risk_24 or [design.risk_24_months]))
    width = 7.2 * min(len(risks), _PANELS)
    rows = -(-len(risks) // _PANELS)
    figure = Figure(figsize=(width, 4.8 * rows), layout="constrained")
    grid = figure.subplots(rows, min(len(risks), _PANELS), squeeze=False)
    panels = list(grid.flat)
    for panel in panels[len(risks) :]:
        panel.set_axis_off()
    for risk, panel in zip(risks, panels, strict=False):
        curve = power_curve(
            design.with_values(risk_24_months=risk),
            power=arguments.power,
            follow_up_years=arguments.years or _YEARS,
        )
        marked = True if arguments.preset is not None else None
        detectable_ratio_plot(curve.tidy(), ax=panel, synthetic=marked)
        panel.set_title(f"Risk by 24 months {percent(risk)}", loc="left")
    figure.suptitle(
        f"{design.exposure[:1].upper()}{design.exposure[1:]}: "
        f"{percent(design.exposure_share)} exposed, power {percent(arguments.power)}, "
        f"{name_of_test(design.test)}"
    )
    target = Path(arguments.figure)
    key = _FIGURES[target.suffix.lower()]
    with staged_file(target) as staged:
        figure.savefig(staged, dpi=150, metadata={key: _MADE_BY})
