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

__all__ = ["declared", "import_export", "propose", "read_source"]


def read_source(
    source: str, mapping: str | None, said: Mapping[str, Any] | None = None
) -> Cohort:
    """Read a cohort's folder, or an export through its mapping."""
    from jdm_stats.cohort.files import read_cohort

    return read_cohort(source, mapping=mapping, **(said or {}))


def declared(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what the call says of the files and of the cohort, for `read_cohort`.

    Raises
    ------
    UsageError
        When it says what a mapping says already, or cannot be meant.
    """
    reading: dict[str, Any] = {
        name: getattr(arguments, name, None)
        for name in ("encoding", "delimiter", "decimal", "header_line")
    }
    reading = {name: value for name, value in reading.items() if value is not None}
    about = {name: getattr(arguments, name, None) for name in ("name", "synthetic")}
    about = {name: value for name, value in about.items() if value is not None}
    if getattr(arguments, "mapping", None) is not None and (reading or about):
        options = [f"--{name.replace('_', '-')}" for name in (*reading, *about)]
        raise UsageError(
            f"with --mapping, write what {', '.join(options)} would say into the "
            "mapping's sections [read] and [cohort]"
        )
    if about and about.keys() != {"name", "synthetic"}:
        raise UsageError(
            "give --name together with --real or --synthetic: a cohort is called "
            "something, and its children are real or they are not"
        )
    said: dict[str, Any] = {"metadata": about} if about else {}
    if reading:
        from jdm_stats.cohort.doors.reading import Reading

        if reading.get("delimiter") == "tab":
            reading["delimiter"] = "\t"
        said["reading"] = Reading(**reading)
    return said


def propose(arguments: argparse.Namespace) -> int:
    """Propose a mapping file for an export, with its open questions."""
    from jdm_stats.cohort.mapping.propose import propose_mapping

    target = None if arguments.out == "-" else Path(arguments.out)
    if target is not None:
        _check_mapping_target(target, arguments.export, arguments.overwrite)
    proposal = propose_mapping(
        arguments.export, reading=declared(arguments).get("reading")
    )
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
    """Read an export, mostly through a mapping, and write it as a cohort's folder."""
    from jdm_stats.cohort.files import mapping_tally, write_cohort

    cohort = read_source(arguments.export, arguments.mapping, declared(arguments))
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
