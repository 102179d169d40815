"""One cell of antibody results, in whatever words, to the status of each target.

The parts of the cell are all known or the cell is refused. A mark belongs to the name it
follows ("MJ pos., Ro52 -"); a result before a list of names belongs to all of them
("negativ für MDA5, Mi-2"); names joined by "und" or "/" share the mark that follows
("Mi-2 und SAE negativ"). A name without a mark counts as found when nothing else in the
cell was not found; beside a negative it is refused, for the mark may be meant for both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from jdm_stats.cohort.mapping.antibodies import Target
from jdm_stats.cohort.mapping.antibody_words import NEGATIVE, POSITIVE
from jdm_stats.cohort.mapping.scanner import Part
from jdm_stats.cohort.mapping.understanding import Refused

__all__ = ["RULES", "Entry", "entries_of"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "antibody_not_understood": "Every word of an antibody result is known or declared.",
        "antibody_status_unclear": "It is plain to which antibody each result belongs.",
    }
)


@dataclass(slots=True)
class Entry:
    """One antibody (or the whole panel) of a cell with what is said of it.

    Parameters
    ----------
    target : Target
        Its antibody is ``"panel"`` for words of the whole panel: MSA, MAA, rest, and
        ``""`` for a result that names nothing.
    statuses : set of str
    figures : list of str
        Titres and figures.
    joined : bool
        Whether "und" or "/" joins it to the next.
    """

    target: Target
    statuses: set[str] = field(default_factory=set)
    figures: list[str] = field(default_factory=list)
    joined: bool = False
    inherited: bool = False

    @property
    def is_panel(self) -> bool:
        """Whether it speaks of several antibodies."""
        return self.target.antibody == "panel"


class _Unclear(Exception):
    """Raised with what is unclear."""


def entries_of(parts: Sequence[Part], cell: str) -> list[Entry] | Refused:
    """Put results to names.

    Parameters
    ----------
    parts : sequence of Part
        As `jdm_stats.cohort.mapping.scanner.scan` cut the cell.
    cell : str
        The cell as it came, for the message.
    """
    reader = _Reader(_without_hyphens(parts))
    try:
        reader.run()
    except _Unclear as unclear:
        return Refused(
            "antibody_status_unclear",
            f"{cell!r}: {unclear}",
            "give the cell a meaning under values, or write one result after each name",
        )
    return reader.entries


def _without_hyphens(parts: Sequence[Part]) -> list[Part]:
    """Leave out noise and the dashes that tie it to names: "MJ-Antikörper"."""
    kept: list[Part] = []
    for place, part in enumerate(parts):
        after = parts[place + 1][0] if place + 1 < len(parts) else "end"
        if part[0] == "dash" and after in ("noise", "status", "figure", "none"):
            continue
        if part[0] not in ("noise", "for"):
            kept.append(part)
        elif part[0] == "for" and kept and kept[-1][0] in ("status", "none"):
            kept.append(("colon", "", part[2]))
    return kept


_FOUND = ("nachw", "detect", "present", "vorhanden", "rilevat")


def _next_word(kinds: Sequence[str]) -> str:
    return next(kind for kind in kinds if kind not in ("colon", "open"))


class _Reader:
    """Walks along the parts of one cell."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self.entries: list[Entry] = []
        self.ahead: str | None = None  # a result said before the names it is about
        self.inside = 0
        self.alias = False  # a bracket opened behind a name may hold its other name
        self.before = "start"
        self.denied = False  # whether a "no" stands before
        self.leads = False  # whether a name follows, be it behind a colon or a bracket

    def run(self) -> None:
        kinds = [kind for kind, _, _ in self.parts] + ["end"]
        for place, (kind, meaning, said) in enumerate(self.parts):
            following = kinds[place + 1]
            self.leads = _next_word(kinds[place + 1 :]) in ("name", "panel")
            getattr(self, f"_{kind}")(meaning, said, following)
            self.before = kind
        if self.inside:
            raise _Unclear("a bracket is not closed")

    def _name(self, target: Target, said: str, following: str) -> None:
        last = self.entries[-1] if self.entries else None
        if last is not None and self._is_alias(last, target, said):
            if last.target.antibody in ("ambiguous", target.antibody):
                last.target = _closer(last.target, target)
            return
        entry = Entry(target)
        if self.ahead is not None:
            entry.statuses.add(self.ahead)
            entry.inherited = True
        self.entries.append(entry)

    def _is_alias(self, last: Entry, target: Target, said: str) -> bool:
        if last.is_panel or not last.target.antibody:
            return False
        same = last.target.antibody == target.antibody != "other"
        either = "ambiguous" in (last.target.antibody, target.antibody)
        if self.alias:
            if same or either or target.antibody == "aside":
                return True
            if last.target.antibody == "aside":
                return False
            raise _Unclear(
                f"{said!r} in brackets is another antibody than the name before it"
            )
        tied = self.before in ("join", "dash", "name", "close", "open")
        unmarked = not last.statuses or last.inherited
        kin = (
            same
            and last.target.name != "TIF1alpha"
            and _one_target(last.target, target)
        )
        if kin and tied and unmarked:
            last.joined = False
            return True
        return False

    def _panel(self, name: str, said: str, following: str) -> None:
        entry = Entry(Target("panel", name))
        if self.ahead is not None and self.before in ("status", "none", "colon"):
            entry.statuses.add(self.ahead)
            self.ahead = None
        self.entries.append(entry)

    def _status(self, status: str, said: str, following: str) -> None:
        last = self.entries[-1] if self.entries else None
        apart = self.before in ("start", "comma", "stop", "join")
        if self.leads and (last is None or apart):
            self.ahead = status
            return
        if last is None:
            self.entries.append(Entry(Target("", "result"), {status}))
            return
        if self.denied and said.startswith(_FOUND):
            return  # "no antibodies detected": the no has said it
        last.statuses.add(status)
        place = len(self.entries) - 2
        while place >= 0 and self.entries[place].joined:
            if not self.entries[place].statuses:
                self.entries[place].statuses.add(status)
            place -= 1
        if last.is_panel:
            behind = following in ("colon", "open") and self.leads
            self.ahead = status if behind else None

    def _none(self, status: str, said: str, following: str) -> None:
        self.denied = True
        last = self.entries[-1] if self.entries else None
        if self.leads:
            self.ahead = status
        elif last is None or self.before in ("comma", "stop", "join"):
            self.entries.append(Entry(Target("", "result"), {status}))
        else:
            last.statuses.add(status)

    def _unclear(self, meaning: str, said: str, following: str) -> None:
        raise _Unclear(
            f"{said!r} may mean not done or not detected; declare it under not_tested or "
            "under negative"
        )

    def _figure(self, figure: str, said: str, following: str) -> None:
        if not self.entries or self.before in ("comma", "stop", "join", "start"):
            raise _Unclear(f"the figure {said!r} follows no name")
        self.entries[-1].figures.append(figure)

    def _plus(self, meaning: str, said: str, following: str) -> None:
        if self.before in ("name", "close", "colon", "open") and self.entries:
            self._status(POSITIVE, said, "end")
        elif self.before in ("status", "figure") and following in ("name", "panel"):
            return  # "NXP2 neg + Ro52 pos": between two results
        elif self.before == "start" and following == "end":
            self.entries.append(Entry(Target("", "result"), {POSITIVE}))
        else:
            raise _Unclear(f"it is not plain what {said!r} belongs to")

    def _dash(self, meaning: str, said: str, following: str) -> None:
        ends = ("end", "comma", "stop", "join", "close")
        if (
            self.before in ("name", "close", "colon", "panel", "open")
            and following in ends
        ):
            self._status(NEGATIVE, said, "end")
        elif self.before == "start" and following == "end":
            self.entries.append(Entry(Target("", "result"), {NEGATIVE}))
        elif not (self.before == "status" and following in ("name", "panel")):
            raise _Unclear(f"{said!r} may be a mark or part two names")

    def _comma(self, meaning: str, said: str, following: str) -> None:
        self.denied = False

    def _stop(self, meaning: str, said: str, following: str) -> None:
        self.ahead, self.denied = None, False

    def _join(self, meaning: str, said: str, following: str) -> None:
        if self.entries:
            self.entries[-1].joined = not self.entries[-1].statuses

    def _colon(self, meaning: str, said: str, following: str) -> None:
        pass

    def _open(self, meaning: str, said: str, following: str) -> None:
        self.inside += 1
        self.alias = self.before in ("name", "status", "figure") and self.ahead is None

    def _close(self, meaning: str, said: str, following: str) -> None:
        if not self.inside:
            raise _Unclear("a bracket is closed that was not opened")
        self.inside -= 1
        self.alias = False


def _one_target(one: Target, other: Target) -> bool:
    """Whether two names of one antibody mean one target: MJ and p140, but not Jo-1, PL-7."""
    if one.antibody == "ARS":
        return "ARS" in (one.name, other.name) or one.name == other.name
    return True


def _closer(one: Target, other: Target) -> Target:
    """Return the more exact of two names for the same."""
    vague = ("ARS", "p140")
    if one.antibody == "ambiguous" or one.name in vague:
        return one if other.antibody == "ambiguous" else other
    return one
