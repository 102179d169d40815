"""From the status of each target to the child's antibody and Ro52, by named rules.

Untested and tested-negative stay apart: a child is ``none`` only when the whole panel, or
NXP2 at least, was tested and nothing was found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from jdm_stats.cohort.mapping.antibody_cells import Entry
from jdm_stats.cohort.mapping.antibody_words import (
    BORDERLINE,
    NEGATIVE,
    POSITIVE,
    UNTESTED,
)
from jdm_stats.cohort.mapping.rules import ColumnRule
from jdm_stats.cohort.mapping.understanding import Note, Refused

__all__ = ["RULES", "AntibodyResult", "Findings", "decide", "findings_of"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "antibody_ambiguous": "An antibody's name means one antibody.",
        "antibody_contradictory": "A target is not both found and not found.",
        "antibody_borderline": "A borderline result is read as the mapping says.",
        "antibody_not_named": "A positive result names its antibody.",
        "antibody_panel_incomplete": (
            "A child without a finding was tested for NXP2, or the mapping says what an "
            "incomplete panel means."
        ),
        "several_antibodies": (
            "Of several antibodies NXP2 comes first; of others the mapping gives the order."
        ),
    }
)

ASSOCIATED = ("other", "PMScl")  # found beside a panel of specific antibodies too


@dataclass(frozen=True, slots=True)
class AntibodyResult:
    """What a child's results come to: the schema's antibody, and Ro52 when told."""

    antibody: str | None
    ro52: bool | None = None


@dataclass(slots=True)
class Findings:
    """What was tested and how it came out.

    Parameters
    ----------
    targets : dict of (antibody, target) to status
        Ro52 included.
    specific, associated, rest : str or None
        Status of all specific antibodies, of all associated ones, and of all those that
        are not named, when the cell speaks of them as a whole.
    notes : list of Note
    """

    targets: dict[tuple[str, str], str] = field(default_factory=dict)
    specific: str | None = None
    associated: str | None = None
    rest: str | None = None
    notes: list[Note] = field(default_factory=list)


def findings_of(entries: Sequence[Entry], cell: str) -> Findings | Refused:
    """Gather what the entries of one cell say, or what is wrong with them."""
    entries, aside = _sorted_out(entries)
    findings = Findings()
    if aside:
        names = ", ".join(sorted(aside))
        findings.notes.append(Note("no myositis antibody, set aside", names))
    entries = [
        each for each in entries if not (each.is_panel and not each.statuses)
    ] or (entries)
    for entry in entries:
        problem = _settle(entry, entries, findings, cell)
        if problem is not None:
            return problem
    return findings


def _sorted_out(entries: Sequence[Entry]) -> tuple[list[Entry], set[str]]:
    """Set aside what no myositis antibody is, and a Ro that was not found."""
    kept, aside = [], set()
    others = [each for each in entries if each.target.antibody != "aside"]
    unmarked = any(not each.statuses for each in others)
    for entry in entries:
        ro = entry.target.name.startswith("Ro or") and entry.statuses == {NEGATIVE}
        harmless = not (unmarked and entry.statuses - {POSITIVE})
        if entry.target.antibody == "aside" and harmless:
            aside.add(entry.target.name)
        elif ro and not unmarked:
            aside.add("Ro/SS-A")
        else:
            kept.append(entry)
    return kept, aside


def _settle(
    entry: Entry, entries: Sequence[Entry], findings: Findings, cell: str
) -> Refused | None:
    """Add one entry to the findings, or say why it cannot be."""
    target = entry.target
    if target.antibody == "ambiguous":
        return _refuse(cell, "antibody_ambiguous", target.name, "name the antibody")
    if len(entry.statuses) > 1:
        said = f"{target.name} is said to be {' and '.join(sorted(entry.statuses))}"
        return _refuse(cell, "antibody_contradictory", said)
    if not entry.statuses:
        if entry.figures:
            said = f"{target.name} {entry.figures[0]} has no cut-off"
            return _refuse(cell, "antibody_status_unclear", said, "declare cut_off")
        if any(each.statuses - {POSITIVE} for each in entries):
            said = f"it is not plain what was found of {target.name}"
            return _refuse(cell, "antibody_status_unclear", said)
        if entry.is_panel or target.antibody == "aside":
            return _refuse(cell, "antibody_not_named", "no myositis antibody is named")
    status = next(iter(entry.statuses), POSITIVE)
    return _add(target.antibody, target.name, status, findings, cell)


def _add(
    antibody: str, name: str, status: str, findings: Findings, cell: str
) -> Refused | None:
    if antibody == "aside":
        return None
    if antibody in ("panel", ""):
        part = {"MAA": "associated", "rest": "rest"}.get(name, "specific")
        before = getattr(findings, part)
        if before is not None and before != status:
            said = f"the panel is said to be {before} and {status}"
            return _refuse(cell, "antibody_contradictory", said)
        setattr(findings, part, status)
        return None
    key = antibody, name
    before = findings.targets.get(key, status)
    if before != status:
        said = f"{name} is said to be {before} and {status}"
        return _refuse(cell, "antibody_contradictory", said)
    findings.targets[key] = status
    return None


def _refuse(cell: str, rule: str, said: str, remedy: str | None = None) -> Refused:
    return Refused(
        rule,
        f"{cell!r}: {said}",
        (f"{remedy}, or " if remedy else "ask the laboratory, or ")
        + "give the cell a meaning under values",
    )


def decide(
    findings: Findings, rule: ColumnRule, cell: str
) -> tuple[AntibodyResult, list[Note]] | Refused:
    """Say the child's antibody and Ro52 by the rules, each application noted.

    Parameters
    ----------
    findings : Findings
    rule : ColumnRule
        ``borderline_as``, ``incomplete`` and ``order`` are looked at.
    cell : str
        What the results are called in a message.
    """
    notes = list(findings.notes)
    settled = _p140(findings.targets, cell)
    if isinstance(settled, Refused):
        return settled
    firm = _borderline(settled, rule, cell, notes)
    if isinstance(firm, Refused):
        return firm
    by_antibody: dict[str, set[str]] = {}
    for (antibody, _), status in firm.items():
        by_antibody.setdefault(antibody, set()).add(status)
    ro52 = _ro52(by_antibody.pop("Ro52", set()), findings)
    found = [name for name, said in by_antibody.items() if POSITIVE in said]
    decided = (
        _first(found, findings, rule, cell, notes)
        if found
        else _nothing_found(by_antibody, findings, rule, cell, notes)
    )
    if isinstance(decided, Refused):
        return decided
    return AntibodyResult(decided, ro52), notes


def _p140(
    targets: Mapping[tuple[str, str], str], cell: str
) -> dict[tuple[str, str], str] | Refused:
    """Take p140 for NXP2, unless what stands beside it may own the 140 kDa."""
    settled = dict(targets)
    status = settled.pop(("NXP2", "p140"), None)
    if status is None:
        return settled
    named = settled.get(("NXP2", "NXP2"))
    rivals = [
        a for (a, _), s in settled.items() if a in ("TIF1g", "MDA5") and s == status
    ]
    if named is None and rivals and status != NEGATIVE:
        said = f"p140 beside {rivals[0]} may be NXP2 or a name of {rivals[0]}"
        return _refuse(cell, "antibody_ambiguous", said, "name the antibody")
    if named is not None and named != status:
        said = f"NXP2 is said to be {named} and p140, its other name, {status}"
        return _refuse(cell, "antibody_contradictory", said)
    settled["NXP2", "NXP2"] = status
    return settled


def _borderline(
    targets: Mapping[tuple[str, str], str],
    rule: ColumnRule,
    cell: str,
    notes: list[Note],
) -> dict[tuple[str, str], str] | Refused:
    firm = dict(targets)
    for key, status in targets.items():
        if status != BORDERLINE:
            continue
        if rule.borderline_as == "refuse":
            return _refuse(
                *(cell, "antibody_borderline", f"{key[1]} is borderline"),
                "say with borderline_as what that becomes (positive, negative, untested)",
            )
        firm[key] = rule.borderline_as
        notes.append(Note("borderline antibody", key[0], rule.borderline_as))
    return firm


def _ro52(said: set[str], findings: Findings) -> bool | None:
    if POSITIVE in said:
        return True
    if NEGATIVE in said or NEGATIVE in (findings.associated,):
        return False
    return None


def _first(
    found: Sequence[str],
    findings: Findings,
    rule: ColumnRule,
    cell: str,
    notes: list[Note],
) -> str | Refused:
    against = [name for name in found if name not in ASSOCIATED]
    if findings.specific in (NEGATIVE, UNTESTED) and against:
        said = f"{against[0]} is positive and the whole panel {findings.specific}"
        return _refuse(cell, "antibody_contradictory", said)
    if len(found) == 1:
        return found[0]
    names = " and ".join(sorted(found))
    order = ("NXP2", *rule.order) if "NXP2" not in rule.order else rule.order
    ranked = [name for name in order if name in found]
    rest = [name for name in found if name not in order]
    if ranked and (ranked[0] == "NXP2" or not rest):
        notes.append(Note("several antibodies, the first by order", names, ranked[0]))
        return ranked[0]
    return _refuse(
        *(cell, "several_antibodies", f"{names} are positive"),
        "say with order which comes first",
    )


def _nothing_found(
    tested: Mapping[str, set[str]],
    findings: Findings,
    rule: ColumnRule,
    cell: str,
    notes: list[Note],
) -> str | Refused:
    whole = findings.specific
    if whole in (POSITIVE, BORDERLINE) or findings.rest in (POSITIVE, BORDERLINE):
        return _refuse(cell, "antibody_not_named", "the antibody found is not named")
    if findings.associated in (POSITIVE, BORDERLINE):
        return _refuse(cell, "antibody_not_named", "the antibody found is not named")
    nxp2 = tested.get("NXP2", {findings.rest} if findings.rest else set())
    if whole == NEGATIVE and UNTESTED not in nxp2:
        return "none"
    if NEGATIVE in nxp2:
        if whole is None and findings.rest != NEGATIVE:
            said = _open(tested)
            if said:
                notes.append(Note("no antibody found, some not tested", said, "none"))
        return "none"
    statuses = set().union(*tested.values(), {whole, findings.rest} - {None})
    if statuses == {UNTESTED}:
        return "untested"
    if rule.incomplete == "refuse":
        return _refuse(
            *(cell, "antibody_panel_incomplete"),
            "nothing was found, and it is not said that NXP2 was tested",
            "say with incomplete what that means ('untested' or 'none')",
        )
    notes.append(
        Note("incomplete panel", "nothing found, NXP2 not tested", rule.incomplete)
    )
    return rule.incomplete


def _open(tested: Mapping[str, set[str]]) -> str:
    return ", ".join(
        sorted(name for name, said in tested.items() if said == {UNTESTED})
    )
