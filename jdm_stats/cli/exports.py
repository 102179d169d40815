"""The commands around a registry's own export: map, import, and reading through a mapping."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jdm_stats.cli.telling import complain, tell
from jdm_stats.cli.writing import check_target, write_whole
from jdm_stats.errors import UsageError

if TYPE_CHECKING:
    from jdm_stats.cohort.cohort import Cohort

__all__ = ["import_export", "propose", "read_source", "simulate"]


def read_source(source: str, mapping: str | None) -> Cohort:
    """Read a cohort's folder, or an export through its mapping."""
    from jdm_stats.cohort.files import read_cohort

    return (
        read_cohort(source) if mapping is None else read_cohort(source, mapping=mapping)
    )


def propose(arguments: argparse.Namespace) -> int:
    """Propose a mapping file for an export, with its open questions."""
    from jdm_stats.cohort.mapping.propose import propose_mapping

    target = None if arguments.out == "-" else Path(arguments.out)
    if target is not None:
        _check_mapping_target(target, arguments.export, arguments.overwrite)
    proposal = propose_mapping(arguments.export)
    for question in proposal.unsure:
        complain(f"  ? {question}")
    for column in proposal.left_out:
        complain(f"  left out: {column}")
    complain(repr(proposal))
    if target is None:
        tell(proposal.toml.removesuffix("\n"))
        return 0
    write_whole(target, proposal.toml)
    complain(
        "read it line by line, answer every '?', then: jdm-stats check EXPORT --mapping"
    )
    tell(str(target))
    return 0


def _check_mapping_target(target: Path, source: str, overwrite: bool) -> None:
    if target.exists() and not overwrite:
        raise UsageError(
            f"{target} is there already, perhaps with answers in it; name another file, or "
            "pass --overwrite"
        )
    check_target(target, source, lambda text: target.suffix == ".toml")


def import_export(arguments: argparse.Namespace) -> int:
    """Read an export through its mapping and write it as a cohort's folder."""
    from jdm_stats.cohort.files import mapping_tally, write_cohort

    cohort = read_source(arguments.export, arguments.mapping)
    folder = write_cohort(cohort, arguments.out, overwrite=arguments.overwrite)
    tally = mapping_tally(cohort)
    if len(tally):
        tell("    rows  what the mapping did to them")
        for line in tally.astype(object).to_dict("records"):
            tell(_in_words({str(name): said for name, said in line.items()}))
    tell(f"{cohort!r}\n{folder}")
    return 0


def _in_words(line: Mapping[str, Any]) -> str:
    """Say one line of a tally: how many rows, where, what, from what to what."""
    said = {name: "" if value != value else value for name, value in line.items()}
    rows = f"{said['rows']:,}" if isinstance(said["rows"], int) else str(said["rows"])
    change = " -> ".join(str(said[end]) for end in ("from", "to") if said[end] != "")
    place = f"{said['block']}, {said['column']}: " if said["column"] else ""
    return f"{rows:>8}  {place}{said['what']}" + (f" ({change})" if change else "")


def simulate(arguments: argparse.Namespace) -> int:
    """Draw a SYNTHETIC cohort and write its folder."""
    from jdm_stats.cohort.files import write_cohort
    from jdm_stats.simulation.simulate import simulate_cohort

    cohort = simulate_cohort(
        arguments.patients,
        scenario=arguments.preset,
        rng=arguments.seed,
        n_index_pattern=arguments.index_pattern,
    )
    folder = write_cohort(
        cohort, arguments.out, format=arguments.format, overwrite=arguments.overwrite
    )
    tell(f"{cohort!r}\n{folder}")
    return 0
