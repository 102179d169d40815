"""What many twins said of a plan: the frozen result, its tables and its words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from jdm_stats.html import format_number, html_table, notes_list
from jdm_stats.operating.ademp import SOURCE
from jdm_stats.operating.performance import FALSE_POSITIVE, POWER, REFERENCES
from jdm_stats.operating.twins import Twin

__all__ = ["OperatingCharacteristics"]

# Part of the spread of estimates from which the large cohort's own error is told.
_UNSURE = 0.25
_BRACKETS = (
    "In brackets: the Monte Carlo standard error; of the large-sample value, its standard "
    "error."
)
_VALUES_CAPTION = "Where the estimates lie: the truth and the large-sample value"
_ERRORS_CAPTION = "Whether standard errors and limits are honest"
_TESTS_CAPTION = "What is found, what is missed, and how often nothing is said"


@dataclass(frozen=True, eq=False)
class OperatingCharacteristics:
    """How an analysis plan does on many simulated twins; frozen.

    Parameters
    ----------
    table : DataFrame
        One row per model and term, as `jdm_stats.operating.performance.performance`
        returns it; every measure with its Monte Carlo standard error, ``..._mcse``.
    estimates : DataFrame
        Every estimate: ``replicate, model, term, estimate, std_error, conf_low,
        conf_high, p_value, events, reason``.
    errors : DataFrame
        ``replicate, error``: runs that raised.
    twin : Twin
        The scenario drawn from, and what it shares with the cohort at hand.
    replicates, seed : int
    null, level : float
    words : tuple of (str, str)
        The five paragraphs of the ADEMP scheme.
    unused_truth : tuple of str
        Terms for which the caller gave a truth and which no model has.
    """

    table: pd.DataFrame = field(repr=False)
    estimates: pd.DataFrame = field(repr=False)
    errors: pd.DataFrame = field(repr=False)
    twin: Twin = field(repr=False)
    replicates: int
    seed: int
    null: float
    level: float
    words: tuple[tuple[str, str], ...] = field(repr=False)
    unused_truth: tuple[str, ...] = ()

    @property
    def ademp(self) -> dict[str, str]:
        """Aims, data-generating mechanism, estimands, methods, performance, in words."""
        return dict(self.words)

    @property
    def reasons(self) -> pd.DataFrame:
        """Why there is no estimate: ``model, term, reason, count, share`` of twins.

        Numbers and names within a reason are as the first twin with it gave them.
        """
        lacking = self.estimates[~_finite(self.estimates["estimate"])]
        keys = ["model", "term", "reason"]
        counted = lacking.groupby(keys, sort=False).size().rename("count").reset_index()
        order = {key: k for k, key in enumerate(self._keys(self.table))}
        place = [order[key] for key in self._keys(counted)]
        counted = counted.assign(place=place).sort_values(
            ["place", "count"], ascending=[True, False], kind="stable"
        )
        counted = counted.drop(columns="place").reset_index(drop=True)
        return counted.assign(share=counted["count"] / self.replicates)

    @staticmethod
    def _keys(table: pd.DataFrame) -> list[tuple[str, str]]:
        return list(zip(table["model"], table["term"], strict=True))

    @property
    def references(self) -> pd.DataFrame:
        """What each term is held against, and why: truth and large-sample value.

        Columns ``model, term, truth, truth_why, large_sample, large_sample_se,
        large_sample_why``.
        """
        return self.table[list(REFERENCES)].copy()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a careful reader must know."""
        notes = ["SYNTHETIC: every child of every twin is simulated."]
        if len(self.errors):
            text, count = next(iter(self.errors["error"].value_counts().items()))
            notes.append(
                f"{len(self.errors)} of {self.replicates} runs raised an error and count "
                f"as not estimable; most often ({count}): {text}"
            )
        notes += self._unknown_truths()
        if self.unused_truth:
            notes.append(
                f"a truth was given for {', '.join(self.unused_truth)}, which no model has"
            )
        if (self.table["not_estimable"] > 0).any():
            notes.append(
                "bias and standard errors are over the twins that gave an estimate: where "
                "many gave none, those that did are a choice of twins, not a fair sample"
            )
        shares = self.table[
            ["coverage_of_truth", "coverage_of_large_sample", "rejected"]
        ]
        if shares.isin([0.0, 1.0]).any(axis=None):
            notes.append(
                "a share of 0 or 1 has a Monte Carlo standard error of 0 by its formula; "
                "of n twins, it may still be off by about 3/n"
            )
        unsure = self.table["large_sample_se"] > _UNSURE * self.table["empirical_se"]
        if unsure.any():
            notes.append(
                "the large-sample value is itself uncertain (its standard error is in "
                "brackets): a larger large_sample makes it, and the coverage of it, sharper"
            )
        return tuple(notes)

    def _unknown_truths(self) -> list[str]:
        """Say, once a reason, why a term has no truth."""
        unknown = self.table[self.table["truth"].isna()]
        grouped = unknown.groupby("truth_why", sort=False)["term"].unique()
        return [
            f"no truth of {', '.join(terms)}: {why}" for why, terms in grouped.items()
        ]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OperatingCharacteristics):
            return NotImplemented
        tables = ("table", "estimates", "errors")
        values = (
            "twin",
            "replicates",
            "seed",
            "null",
            "level",
            "words",
            "unused_truth",
        )
        return all(
            getattr(self, name).equals(getattr(other, name)) for name in tables
        ) and all(getattr(self, name) == getattr(other, name) for name in values)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        lines = [
            f"Operating characteristics, SYNTHETIC: {self.replicates} twins of "
            f"{self.twin.n_patients} children"
        ]
        lines += [f"{heading}: {text}" for heading, text in self.words]
        for caption, shown in self._shown():
            lines += ["", f"{caption}:", shown.to_string(index=False)]
        lines += ["", _BRACKETS]
        lines += ["", *(f"- {note}" for note in self.notes)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        scheme = pd.DataFrame(self.words, columns=["Part", "Here"])
        parts = [
            html_table(
                scheme,
                caption="Operating characteristics, by the ADEMP scheme",
                footnotes=[SOURCE],
                synthetic=True,
            )
        ]
        parts += [
            html_table(
                shown,
                caption=caption,
                header_column=2,
                footnotes=[_BRACKETS],
                synthetic=True,
            )
            for caption, shown in self._shown()
        ]
        if len(self.reasons):
            reasons = self.reasons.rename(columns=str.capitalize)
            caption = "Why there is no estimate"
            parts.append(
                html_table(
                    reasons,
                    caption=caption,
                    header_column=2,
                    formats={"Share": ".1%"},
                    synthetic=True,
                )
            )
        return "".join(parts) + notes_list(self.notes)

    def _shown(self) -> list[tuple[str, pd.DataFrame]]:
        """Give the three tables a reader sees, as text; Monte Carlo errors in brackets."""
        table = self.table
        head = {"Model": table["model"], "Term": table["term"]}
        of = [
            f"{k} of {n}"
            for k, n in zip(table["estimable"], table["replicates"], strict=True)
        ]
        values = {
            "Estimable": of,
            "Mean estimate": self._number("mean_estimate"),
            "Truth": [format_number(value) for value in table["truth"]],
            "Large sample": self._number("large_sample", "large_sample_se"),
            "Small-sample bias: mean − large sample": self._number("small_sample_bias"),
            "Confounding: large sample − truth": self._number("confounding"),
            "Both: mean − truth": self._number("bias_from_truth"),
        }
        errors = {
            "Empirical SE": self._number("empirical_se"),
            "Model SE": self._number("model_se"),
            "Model SE off, %": self._number("model_se_off_percent", digits=0),
            "Coverage of truth": self._percent("coverage_of_truth"),
            "Coverage of large sample": self._percent("coverage_of_large_sample"),
            "Coverage, bias eliminated": self._percent("coverage_bias_eliminated"),
            "An infinite limit": self._percent("infinite_limits", None),
        }
        meaning = {FALSE_POSITIVE: "false positives", POWER: "power"}
        tests = {
            "Rejected": self._percent("rejected"),
            "which is": [
                meaning.get(told, "rejections of no effect; no single truth")
                for told in table["rejected_means"]
            ],
            "Not estimable": self._percent("not_estimable"),
            "No limits": self._percent("no_limits"),
            "Events": self._number("mean_events", digits=1),
        }
        return [
            (_VALUES_CAPTION, pd.DataFrame(head | values)),
            (f"{_ERRORS_CAPTION} ({100 * self.level:g}%)", pd.DataFrame(head | errors)),
            (_TESTS_CAPTION, pd.DataFrame(head | tests)),
        ]

    def _number(self, name: str, error: str | None = "", digits: int = 2) -> list[str]:
        return self._cells(name, error, lambda value: format_number(value, digits))

    def _percent(self, name: str, error: str | None = "") -> list[str]:
        return self._cells(name, error, _percent)

    def _cells(
        self, name: str, error: str | None, write: Callable[[float], str]
    ) -> list[str]:
        """Write a measure with its Monte Carlo error, where there is one, in brackets."""
        values = self.table[name]
        if error is None:
            return [write(value) for value in values]
        errors = self.table[error or f"{name}_mcse"]
        return [
            write(value) if pd.isna(off) else f"{write(value)} ({write(off)})"
            for value, off in zip(values, errors, strict=True)
        ]


def _percent(value: float) -> str:
    return format_number(None) if pd.isna(value) else f"{100 * value:.1f}%"


def _finite(values: pd.Series) -> pd.Series:
    return values.notna() & ~values.isin([float("inf"), float("-inf")])
