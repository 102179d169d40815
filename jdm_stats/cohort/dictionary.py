"""The page of the tables: every column and word of the schema, for a data manager.

`docs/tables.md` is what `tables_page` returns; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from jdm_stats.schema import (
    ANTIBODIES,
    DOSE_BASES,
    EVENTS,
    EXIT_REASONS,
    FLAG,
    INTEGER,
    MAX_STEROID_MG,
    MAX_STEROID_MG_KG_DAY,
    MEASURES,
    NUMBER,
    OTHER_DRUGS,
    ROUTES,
    STEROIDS,
    TABLES,
    TEXT,
    Column,
    Table,
)

__all__ = ["WORDS", "tables_page"]

# What a word stands for, where it does not say so itself; by column.
WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "antibody": dict(
            zip(
                ANTIBODIES,
                (
                    "anti-NXP2 (anti-MJ)",
                    "anti-TIF1-gamma (anti-p155/140)",
                    "anti-MDA5",
                    "anti-Mi2",
                    "an antisynthetase antibody, such as anti-Jo1",
                    "anti-SRP",
                    "anti-HMGCR",
                    "anti-SAE",
                    "anti-PM/Scl",
                    "tested; another myositis antibody was found",
                    "tested; no myositis antibody was found",
                    "no test was done, or its result is not known",
                ),
                strict=True,
            )
        ),
        "exit_reason": dict(
            zip(
                EXIT_REASONS,
                (
                    "still followed when the data were closed",
                    "not heard of again",
                    "died on `exit_day`; the death is also a row of events",
                    "moved to another centre or to care for adults",
                ),
                strict=True,
            )
        ),
        "dose_basis": dict(
            zip(
                DOSE_BASES,
                (
                    "mg on each day it is given",
                    "mg per kg of body weight on each day it is given",
                    "mg each time it is given, once on a day; see `every_n_days`",
                    "mg per square metre of body surface on each day it is given",
                ),
                strict=True,
            )
        ),
        "event": dict(
            zip(
                EVENTS,
                (
                    "disease of the gut short of a perforation",
                    "a perforation of the gut",
                    "an operation on the gut",
                    "death of any cause",
                    "remission of the disease",
                ),
                strict=True,
            )
        ),
        "route": dict(
            zip(
                ROUTES,
                (
                    "by mouth",
                    "into a vein; only then can a steroid be a pulse",
                    "into a muscle",
                    "under the skin",
                    "any other way",
                ),
                strict=True,
            )
        ),
    }
)

_KINDS = {
    TEXT: "text",
    INTEGER: "whole number",
    NUMBER: "number",
    FLAG: "true or false",
}

_OPENING = """\
# The tables of a cohort

A cohort is a folder: one file per table below, and `cohort.json`. The table `patients` must be
there; a table without rows may be left out. `jdm-stats check FOLDER` lists every fault at once, and
[faults.md](faults.md) explains each. A registry's own export, in its own columns and words, is read
through a mapping instead. This page is made from `jdm_stats/schema.py`.

## How to write them

- **Files.** `patients.csv` and so on: UTF-8, commas, one line of headings; or Parquet,
  `patients.parquet`. Columns may stand in any order, and one that need not be filled may be
  left out.
- **Days** are whole numbers counted from diagnosis = day 0; the day before is -1. No dates.
  `exit_day` and `stop_day` are included.
- **Row 1** in a fault is the first line below the header, line 2 of the file.
- **Empty** means missing. NA, nan and null are words, and none is a result of an antibody test.
- **Flags** are written true or false; 1 and 0 are read too, yes and no are not.
- **Numbers** have a decimal point and no unit. A text with a comma stands in double quotes.
- **Codes** are spelt as here, capitals included; a fault names the nearest one.
- **Every child stays.** Where something is not known, write the code that says so, or leave a
  column that need not be filled empty. To leave out children whose records have gaps can bias
  every estimate.

## cohort.json

| Key | Type | Required | Meaning |
|---|---|---|---|
| `name` | text | yes | what the cohort is called in reports |
| `synthetic` | true or false | yes | true for simulated children, false for real ones |
| `description` | text | no | a sentence shown below the counts |
| `provenance` | object | no | where the data come from; anything that JSON can hold |
| `schema_version` | whole number | no | 1; written by jdm_stats |

At its shortest: `{"name": "My registry", "synthetic": false}`.
"""

_ON_COURSES = f"""\
Steroids: {", ".join(f"`{drug}`" for drug in STEROIDS)}.

Other treatments: {", ".join(f"`{drug}`" for drug in OTHER_DRUGS)}.

A steroid dose above {MAX_STEROID_MG:,.0f} mg, or above {MAX_STEROID_MG_KG_DAY:g} mg/kg/day of
prednisone-equivalent, is a fault: it is a slip of unit.

Steroid exposure needs of every steroid course a `stop_day`, a dose and, unless the dose is per kg,
a weight of the child; and no course given as needed. A cohort can be built without them, but
`jdm-stats check` then says that it is not usable for steroid exposure and ends with code 3. Other
treatments need no dose.
"""


def tables_page() -> str:
    """Return the page of the tables, in Markdown.

    Returns
    -------
    str
        What `docs/tables.md` holds.

    Examples
    --------
    >>> print(tables_page().splitlines()[0])
    # The tables of a cohort
    """
    return "\n".join([_OPENING, *(_about(table) for table in TABLES.values())])


def _about(table: Table) -> str:
    parts = [f"## {table.name}\n\n{table.meaning.capitalize()}.\n"]
    parts.append(
        _grid(
            ("Column", "Type", "Unit", "Required", "Allowed", "Meaning"),
            (_column(table, column) for column in table.columns),
        )
    )
    for name in table.names:
        codes = WORDS.get(name, {}).items()
        if codes:
            rows = [(f"`{code}`", said) for code, said in codes]
            parts.append(_grid((f"`{name}`", "Meaning"), rows))
    if table.name == "courses":
        parts.append(_ON_COURSES)
    if table.name == "assessments":
        measures = map(_measure, MEASURES.values())
        parts.append(_grid(("`measure`", "Unit", "Allowed", "Meaning"), measures))
    return "\n".join(parts)


def _column(table: Table, column: Column) -> Sequence[str]:
    return (
        f"`{column.name}`",
        _KINDS[column.kind],
        column.unit,
        "yes" if column.required else "no",
        _allowed(table, column),
        column.meaning + _when_missing(column),
    )


def _measure(measure: Column) -> Sequence[str]:
    return f"`{measure.name}`", measure.unit, _range(measure), measure.meaning


def _allowed(table: Table, column: Column) -> str:
    if column.name in WORDS or column.name in ("drug", "measure"):
        return f"{len(column.allowed)} codes, below"
    if column.allowed:
        return ", ".join(f"`{code}`" for code in column.allowed)
    if column.kind == FLAG:
        return "`true`, `false`"
    if column.kind == NUMBER and column.name == "value":
        return "as its measure"
    if column.kind == TEXT:
        unique = (table.name, column.name) == ("patients", "patient_id")
        return "one row per child" if unique else "any"
    return _range(column)


def _range(column: Column) -> str:
    if column.low is not None and column.high is not None:
        return f"{column.low:g} to {column.high:g}"
    return column.range_in_words.removesuffix(column.unit).strip()


def _when_missing(column: Column) -> str:
    if column.default is None:
        return ""
    return f" (empty: {str(column.default).lower()})"


def _grid(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |\n" for cells in (heading, *rows)]
    lines.insert(1, f"|{'---|' * len(heading)}\n")
    return "".join(lines)
