"""The result of `pattern_similarity`: children by resemblance, and the words for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.html import html_table, notes_list
from jdm_stats.schema import nearest
from jdm_stats.simulation.similarity.finding import Finding
from jdm_stats.simulation.similarity.settings import CRITERIA, PatternSettings

__all__ = ["PatternSimilarity"]

_SHOWN_IN_HTML = 10
_CORE = {
    "nxp2": "Anti-NXP2",
    "high_dose_before": "High dose before the first perforation",
    "multiple_perforations": "Several perforations",
    "repeated_surgery": "Several operations",
}
_ANSWERS = (("yes", "Shown"), ("no", "Not shown"), ("not known", "Not known"))


@dataclass(frozen=True, eq=False, repr=False)
class PatternSimilarity:
    """How far each child's course resembles the index case's; see `pattern_similarity`.

    Parameters
    ----------
    settings : PatternSettings
        Weights and windows in force.
    notes : tuple of str
    synthetic : bool
    """

    settings: PatternSettings
    notes: tuple[str, ...]
    synthetic: bool
    _children: pd.DataFrame = field(repr=False)
    _findings: pd.DataFrame = field(repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """One row per child, the most alike first.

        Returns
        -------
        DataFrame
            ``patient_id``, ``rank`` (equal scores share one), ``score`` (weight of the
            steps shown over that of all), ``score_upto`` (had all that is not known been
            shown), ``share_known`` (of the weight), then each step: "yes", "no" or
            "not known".
        """
        shown = self._findings.map(lambda finding: finding.shown)
        return self._marked(pd.concat([self._children, shown], axis=1))

    @property
    def steps(self) -> pd.DataFrame:
        """One row per child and step, with the days and the words.

        Returns
        -------
        DataFrame
            ``patient_id``, ``rank``, ``step``, ``words``, ``weight``, ``core``,
            ``in_the_case`` ("reported" or "assumed"), ``shown``, ``first_day`` and
            ``last_day`` (missing where there is none), ``days`` (words) and ``why``.
        """
        parts = []
        for order, one in enumerate(CRITERIA):
            own = self._findings[one.name]
            parts.append(
                pd.DataFrame(
                    {
                        "patient_id": self._children["patient_id"],
                        "rank": self._children["rank"],
                        "step": one.name,
                        "words": one.words,
                        "weight": self.settings.weights[one.name],
                        "core": one.core,
                        "in_the_case": one.in_the_case,
                        "shown": [finding.shown for finding in own],
                        "first_day": _whole(min(f.days, default=None) for f in own),
                        "last_day": _whole(max(f.days, default=None) for f in own),
                        "days": [finding.when for finding in own],
                        "why": [finding.why for finding in own],
                        "order": order,
                        "place": range(len(own)),
                    }
                )
            )
        rows = pd.concat(parts, ignore_index=True)
        rows = rows.sort_values(["place", "order"], ignore_index=True)
        return self._marked(rows.drop(columns=["place", "order"]))

    def weights_table(self) -> pd.DataFrame:
        """Each step with its weight, and how many children show it.

        Returns
        -------
        DataFrame
            ``step``, ``words``, ``weight``, ``core``, ``in_the_case``, and the numbers of
            children ``shown``, ``not_shown`` and ``not_known``.
        """
        rows = []
        for one in CRITERIA:
            said = Counter(finding.shown for finding in self._findings[one.name])
            rows.append(
                {
                    "step": one.name,
                    "words": one.words,
                    "weight": self.settings.weights[one.name],
                    "core": one.core,
                    "in_the_case": one.in_the_case,
                    "shown": said["yes"],
                    "not_shown": said["no"],
                    "not_known": said["not known"],
                }
            )
        return self._marked(pd.DataFrame(rows))

    def why(self, patient_id: str, step: str) -> str:
        """Say why a child shows a step, or does not.

        Raises
        ------
        UsageError
            For a child or a step that is not there.
        """
        row = self._row(patient_id)
        if step not in self._findings.columns:
            raise UsageError(
                f"step {step!r} is unknown; they are {', '.join(self._findings.columns)}"
            )
        return self._finding(row, step).why

    def explain(self, patient_id: str) -> str:
        """Say how a child's course resembles the index case's, step by step.

        Parameters
        ----------
        patient_id : str

        Returns
        -------
        str
            A line for the score, then what is shown, not shown and not known, the
            heaviest first.

        Raises
        ------
        UsageError
            For a child that is not in the cohort.
        """
        row = self._row(patient_id)
        child = self._children.iloc[row]
        mark = "SYNTHETIC " if self.synthetic else ""
        lines = [
            f"{mark}{patient_id}: {_score(child)} of the index case's pattern, rank "
            f"{child['rank']} of {len(self._children)}"
        ]
        by_weight = sorted(
            CRITERIA, key=lambda one: -self.settings.weights[one.name]
        )  # stable: ties stay in the order of the pattern
        for answer, heading in _ANSWERS:
            own = [
                one for one in by_weight if self._finding(row, one.name).shown == answer
            ]
            lines += [f"{heading}:"] if own else []
            lines += [
                f"  {one.words} (weight {self.settings.weights[one.name]:g}): "
                f"{self._finding(row, one.name).why}"
                for one in own
            ]
        return "\n".join(lines)

    def _finding(self, row: int, step: str) -> Finding:
        found: Finding = self._findings[step].iloc[row]
        return found

    def _row(self, patient_id: str) -> int:
        found = self._children.index[self._children["patient_id"] == patient_id]
        if len(found):
            return int(found[0])
        ids = [str(one) for one in self._children["patient_id"]]
        close = nearest(str(patient_id), ids)
        hint = f"; did you mean {close!r}?" if close else ""
        raise UsageError(f"no child {patient_id!r} in this cohort{hint}")

    def _marked(self, table: pd.DataFrame) -> pd.DataFrame:
        table.attrs["jdm_stats"] = {"synthetic": self.synthetic}
        return table

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PatternSimilarity):
            return NotImplemented
        return (
            self.settings == other.settings
            and self.notes == other.notes
            and self._children.equals(other._children)
            and self._findings.equals(other._findings)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        mark = "SYNTHETIC " if self.synthetic else ""
        first = self._children.iloc[0]
        return (
            f"<{mark}Similarity to the index case: {len(self._children):,} children, most "
            f"alike {first['patient_id']} ({_score(first)})>"
        )

    def _repr_html_(self) -> str:
        top = self._children[self._children["score_upto"] > 0].head(_SHOWN_IN_HTML)
        rows = pd.DataFrame(
            {
                "Child": top["patient_id"],
                "Rank": top["rank"],
                "Score": [_score(child) for _, child in top.iterrows()],
                **{
                    heading: [self._core(row, step) for row in range(len(top))]
                    for step, heading in _CORE.items()
                },
                "Also shown": [self._named(row, "yes") for row in range(len(top))],
                "Not known": [self._named(row, "not known") for row in range(len(top))],
            }
        )
        left = len(self._children) - len(top)
        caption = "Resemblance to the index case, the most alike first"
        if left:
            caption += f" ({len(top)} of {len(self._children):,} children)"
        weights = self.weights_table()
        weights["core"] = weights["core"].map({True: "core", False: ""})
        named = {
            "words": "Step",
            "weight": "Weight",
            "core": "Core",
            "in_the_case": "In the case",
            "shown": "Shown",
            "not_shown": "Not shown",
            "not_known": "Not known",
        }
        return (
            html_table(rows, caption=caption, synthetic=self.synthetic)
            + html_table(
                weights[list(named)].rename(columns=named),
                caption="What was looked for, its weight, and children by answer",
                formats={"Weight": "g"},
                footnotes=self.settings.in_words(),
                synthetic=self.synthetic,
            )
            + notes_list(self.notes)
        )

    def _core(self, row: int, step: str) -> str:
        """Say when, or why, a step of the core is shown; else the answer."""
        found = self._finding(row, step)
        if found.shown != "yes":
            return found.shown
        return found.why if step == "high_dose_before" else found.when or "yes"

    def _named(self, row: int, answer: str) -> str:
        """Name the steps outside the core with an answer."""
        return "; ".join(
            one.short
            for one in CRITERIA
            if one.name not in _CORE and self._finding(row, one.name).shown == answer
        )


def _whole(days: Iterable[int | None]) -> pd.Series:
    return pd.Series(list(days), dtype="Int64")


def _score(child: pd.Series) -> str:
    lower, upper = child["score"], child["score_upto"]
    return f"{lower:.2f}" if lower == upper else f"{lower:.2f} to {upper:.2f}"
