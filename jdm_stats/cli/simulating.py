"""The command that draws a SYNTHETIC cohort, and what it says of the world it drew from."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jdm_stats.cli.telling import tell
from jdm_stats.errors import UsageError

if TYPE_CHECKING:
    from jdm_stats.simulation.scenario import Scenario

__all__ = ["PRESET_WORDS", "simulate"]

PRESET_WORDS: Mapping[str, str] = {
    "western": "antibodies and sex as in Europe and North America",
    "east_asia": "antibodies and sex as in East Asia: more NXP2 and MDA5",
    "tertiary": "risk of perforation as in referral centres, 2.0% by 24 months",
    "population": "risk of perforation as in whole populations, 0.7% by 24 months",
    "steroids_harmless": "steroids do nothing; severity still confounds",
    "steroids_harmful": "every effect of steroids at the upper end of its range",
    "dose_threshold": "only an oral dose at or above a threshold does harm",
}


def simulate(arguments: argparse.Namespace) -> int:
    """Draw a SYNTHETIC cohort of any size and write its folder, slice by slice."""
    if arguments.list_presets:
        return _list_presets()
    from jdm_stats.simulation.folders import write_simulated

    scenario, faults = _scenario(arguments)
    call = {
        "rng": arguments.seed,
        "n_index_pattern": arguments.index_pattern,
        "format": arguments.format,
        "chunk": arguments.chunk,
        "overwrite": arguments.overwrite,
        "with_truth": arguments.truth,
        "n_jobs": arguments.jobs,
    }
    if faults or arguments.out is None:
        faults += _other_faults(arguments, call)
        said = "\n".join(faults).replace("overwrite=True", "--overwrite")
        if arguments.out is None:
            arguments.parser.error(f"--out DIR is required\n{said}".rstrip())
        raise UsageError(said)
    written = write_simulated(
        arguments.patients, arguments.out, scenario=scenario, **call
    )
    tell(
        f"{written.name}: {arguments.patients:,} simulated children, none of them real"
    )
    tell(_effects(scenario))
    beyond = scenario.parameters().query("outside").index
    if len(beyond):
        tell(f"outside what is plausible: {', '.join(beyond)}")
    if arguments.index_pattern:
        tell(
            f"following the pattern of the index case: {arguments.index_pattern:,}, their "
            "events placed and not drawn; see --index-pattern 0"
        )
    tell(repr(written))
    tell(f"wrote {', '.join(written.files)}")
    tell(arguments.out)
    return 0


def _list_presets() -> int:
    from jdm_stats.simulation.scenario.presets import GROUPS

    tell("presets for SYNTHETIC cohorts; one of each group may be joined with +")
    for group, names in GROUPS.items():
        tell(f"{group}:")
        for place, name in enumerate(names):
            usual = place == 0 and group != "steroids"
            tell(f"  {name:<18}{PRESET_WORDS[name]}{' (the default)' if usual else ''}")
    tell("when none of steroids is named, they do what the evidence tables assume")
    return 0


def _scenario(arguments: argparse.Namespace) -> tuple[Scenario, list[str]]:
    """Return the world asked for, and what is wrong with how it was asked for."""
    from jdm_stats.simulation.scenario import Scenario
    from jdm_stats.simulation.scenario.presets import as_scenario

    faults: list[str] = []
    changes = _settings(arguments.set, faults)
    world = as_scenario(None)
    try:
        if arguments.scenario is None:
            world = as_scenario("+".join(arguments.preset) or None)
        elif arguments.preset:
            faults.append(
                "give --preset or --scenario, not both; change values by --set"
            )
        else:
            world = Scenario.from_toml(arguments.scenario)
    except UsageError as fault:
        faults.append(str(fault))
    known = world.values().keys()
    for changed in (
        {name: value for name, value in changes.items() if name not in known},
        {name: value for name, value in changes.items() if name in known},
    ):
        try:
            world = world.with_values(**changed) if changed else world
        except UsageError as fault:
            faults.append(f"--set: {fault}")
    return world, faults


def _settings(given: list[str], faults: list[str]) -> dict[str, Any]:
    """Read NAME=VALUE, each value as TOML writes it; a word needs no quotes."""
    changes: dict[str, Any] = {}
    for setting in given:
        name, _, text = (part.strip() for part in setting.partition("="))
        if not (name and text):
            faults.append(f"--set takes NAME=VALUE, not {setting!r}")
            continue
        if name in changes:
            faults.append(f"--set {name} is given twice")
        changes[name] = _value(text)
    return changes


def _value(text: str) -> Any:
    try:
        read = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return read["value"] if read.keys() == {"value"} else text


def _other_faults(arguments: argparse.Namespace, call: Mapping[str, Any]) -> list[str]:
    """Return what is wrong besides with a call that is refused in any case."""
    from jdm_stats.simulation.folders import check_call

    try:
        check_call(arguments.patients, arguments.out, scenario=None, **call)
    except UsageError as fault:
        return [str(fault)]
    return []


def _effects(scenario: Scenario) -> str:
    """Say in one line which effects on perforation are assumed and which published."""
    from jdm_stats.simulation.hazards import log_hazard_ratios
    from jdm_stats.simulation.scenario.origin import changed_since_solved, solved_for

    told = scenario.parameters()
    names = [f"{name}_hr" for name in log_hazard_ratios(scenario)]
    kinds: dict[str, list[str]] = {"assumed": [], "solved": [], "published": []}
    for name in names:
        grade = told.loc[name, "grade"]
        kind = {"C": "assumed", "solved": "solved"}.get(str(grade), "published")
        kinds[kind].append(f"{name} {told.loc[name, 'value']:g}")
    moved = solved_for(scenario) is not None and changed_since_solved(scenario)
    so = "came out with all else as assumed" if moved else "come out"
    words = {
        "assumed": "assumed",
        "solved": f"solved so that NXP2's total ratios, themselves assumed, {so}",
        "published": "published",
    }
    said = [f"{words[kind]}: {', '.join(held)}" for kind, held in kinds.items() if held]
    return f"hazard ratios of perforation, {'; '.join(said)}"
