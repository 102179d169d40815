"""A scenario as a text file that a person reads and edits: TOML, both ways.

A file may name a ``preset`` and changes what it likes of it; what it does not name stays
as the preset has it. Values stand under the headings ``[registry]``, ``[severity]``,
``[treatment]`` and ``[hazards]`` or under none. A whole number is taken for a number with
decimals, and ``1826.0`` for a count of days. What is written is complete, and reads back
to an equal scenario::

    preset = "east_asia+steroids_harmless"
    confounding = 2

    [registry]
    losses_per_year = 0.05
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from jdm_stats.errors import PlanError
from jdm_stats.schema import did_you_mean
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.scenario.fields.children import Registry
from jdm_stats.simulation.scenario.fields.hazards import Hazards
from jdm_stats.simulation.scenario.fields.severity import Severity
from jdm_stats.simulation.scenario.fields.treatment import Treatment
from jdm_stats.simulation.scenario.parameter import as_declared, without_point
from jdm_stats.simulation.scenario.presets import as_scenario
from jdm_stats.simulation.scenario.status import Standing, span, standings
from jdm_stats.toml_files import read_toml

__all__ = ["SECTIONS", "read_scenario", "write_scenario"]

SECTIONS: dict[str, tuple[str, ...]] = {
    heading: tuple(f.name for f in fields(room) if f.name != "name")
    for heading, room in {
        "registry": Registry,
        "severity": Severity,
        "treatment": Treatment,
        "hazards": Hazards,
    }.items()
}
_TITLES = {
    "registry": "Who the children are, where and when they are seen",
    "severity": "Latent severity, and the readings that show it",
    "treatment": "Steroids and other drugs, and what makes doctors give them",
    "hazards": "GI involvement, perforation and what follows it",
}
_WHOLE = ("year", "days")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def read_scenario(path: str | os.PathLike[str]) -> Scenario:
    r"""Read a scenario from a TOML file.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Scenario
        The preset, or ``tertiary``, with the values of the file. Without a ``name`` it is
        called as the preset is, and said to be changed if anything is.

    Raises
    ------
    PlanError
        If the file cannot be read, or for what is wrong in it: every unknown name, with
        the one that may have been meant, and every impossible value, at once.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "mine.toml"
    >>> _ = place.write_text('preset = "population"\n[hazards]\npulse_hr = 3\n')
    >>> world = read_scenario(place)
    >>> world.name, world.pulse_hr, world.h0_mass == as_scenario("population").h0_mass
    ('population, changed', 3.0, True)
    """
    content = read_toml(path, "the scenario")
    given, faults = _gathered(content)
    base = as_scenario(None)
    try:
        base = _preset_in(content)
    except PlanError as error:
        faults.append(f"preset: {error}")
    declared = {field.name: field for field in fields(Scenario)}
    values = {
        name: _numbers(declared[name], value) if name != "name" else value
        for name, value in given.items()
    }
    held = {
        name: as_declared(declared[name], value) if name != "name" else value
        for name, value in values.items()
    }
    try:
        world = base.with_values(**held)
        if "name" not in held and all(getattr(base, n) == v for n, v in held.items()):
            world = base
    except PlanError as error:
        faults += [line.strip() for line in str(error).split("\n")[1:]]
    if faults:
        told = "\n  ".join(dict.fromkeys(faults))
        raise PlanError(f"the scenario of {path} is at fault:\n  {told}")
    return world


def write_scenario(
    scenario: Scenario, path: str | os.PathLike[str] | None = None
) -> str:
    """Write every value of a scenario as TOML and return the text.

    Parameters
    ----------
    scenario : Scenario
    path : str or path, optional
        Where to write the text too; a file that is there is replaced.

    Examples
    --------
    >>> text = write_scenario(Scenario())
    >>> at = text.splitlines().index("pulse_hr = 1.5")
    >>> print(text.splitlines()[at - 1])
    # hazard ratio, 30 days from a pulse day; plausible 1 to 4; grade C, assumed: no data;
    window of Yao 2021
    """
    told = standings(scenario)
    declared = {field.name: field for field in fields(scenario)}
    lines = [
        "# SYNTHETIC: a scenario of the synthetic world of jdm_stats; no child in it is real.",
        "# Above each value: its unit; its plausible range; its grade, where it comes from.",
        "# Grades: A published in JDM, B in adults or another disease, C assumed here,",
        "# solved: worked out so that an overall figure comes out.",
        "",
        f"name = {_text(scenario.name)}",
    ]
    for heading, names in SECTIONS.items():
        lines += ["", f"# {_TITLES[heading]}", f"[{heading}]"]
        for name in names:
            lines.append(f"# {_comment(declared[name], told[name])}")
            lines.append(f"{name} = {_written(getattr(scenario, name))}")
    text = "\n".join(lines) + "\n"
    if path is not None:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    return text


def _gathered(content: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Take values out of their sections; say what is unknown or given twice."""
    known = [field.name for field in fields(Scenario)]
    given: dict[str, Any] = {}
    faults: list[str] = []
    listed: list[tuple[str, str, Any]] = []
    for key, value in content.items():
        if key in SECTIONS and isinstance(value, Mapping):
            listed += [(f"{key}.{name}", name, inner) for name, inner in value.items()]
        elif key != "preset":
            listed.append((key, key, value))
    for where, name, value in listed:
        if name not in known or (name == "name" and where != "name"):
            faults.append(_unknown(where, name, [*known, *SECTIONS, "preset"]))
        elif name in given:
            faults.append(f"{name} is given twice, the second time as {where}")
        else:
            given[name] = value
    return given, faults


def _unknown(where: str, name: str, known: list[str]) -> str:
    if name in SECTIONS:
        return f"{name} is a heading: write [{name}] on a line of its own"
    return f"{where} is no value of a scenario{did_you_mean([name], known)}"


def _preset_in(content: Mapping[str, Any]) -> Scenario:
    named = content.get("preset")
    if isinstance(named, list) and named and all(isinstance(n, str) for n in named):
        named = "+".join(named)
    if named is not None and not isinstance(named, str):
        raise PlanError(f"must be text such as 'east_asia+population', not {named!r}")
    return as_scenario(named)


def _numbers(declared: Field[Any], value: Any) -> Any:
    """Whole numbers as floats and whole floats as days or years, where these are asked."""
    kind = declared.metadata["kind"]
    if kind in _WHOLE:
        return without_point(value)
    if kind in ("mix", "shares") and isinstance(value, Mapping):
        return {label: _decimal(share) for label, share in value.items()}
    if kind == "offsets" and isinstance(value, list):
        return [_decimal(offset) for offset in value]
    if kind == "schedule" and isinstance(value, list):
        return [
            [pair[0], _decimal(pair[1])]
            if isinstance(pair, list) and len(pair) == 2
            else pair
            for pair in value
        ]
    return _decimal(value)


def _decimal(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return value
    return value


def _comment(declared: Field[Any], standing: Standing) -> str:
    parts = [declared.metadata["unit"]]
    parts.append(f"plausible {span(standing)}")
    if standing.outside:
        parts.append("OUTSIDE what is plausible")
    parts.append(_where_from(standing))
    return "; ".join(parts)


def _where_from(standing: Standing) -> str:
    """Write grade, status and source, saying nothing twice."""
    source = standing.source
    for said in ("assumed here", "assumed: ", "assumed; ", "assumed "):
        if standing.status == "assumed" and source.startswith(said):
            source = source.removeprefix(said)
    if standing.status == "solved":
        return source.replace("solved by", "solved, by")
    if standing.status.startswith("set by"):
        said = source if standing.status == "set by a preset" else standing.status
        return f"grade {standing.grade}, {said}"
    known = f"grade {standing.grade}, {standing.status}"
    return f"{known}: {source}" if source else known


def _written(value: Any) -> str:
    """Write a value of a scenario as TOML."""
    if isinstance(value, tuple):
        if all(isinstance(v, tuple) and isinstance(v[0], str) for v in value):
            pairs = (f"{_key(label)} = {_written(share)}" for label, share in value)
            return f"{{ {', '.join(pairs)} }}"
        return f"[{', '.join(_written(v) for v in value)}]"
    if isinstance(value, float):
        assert math.isfinite(value)
        return repr(float(value))
    return str(int(value))


def _key(label: str) -> str:
    return label if _BARE.fullmatch(label) else _text(label)


def _text(text: str) -> str:
    """Write text as a basic string of TOML, which escapes as JSON does."""
    return json.dumps(text, ensure_ascii=False)
