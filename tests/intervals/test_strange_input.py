"""Whatever is given, the answer is a table or a sentence: never another error."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import JdmStatsError
from jdm_stats.intervals.joining import collapse_rows
from jdm_stats.intervals.merging import merge_values
from jdm_stats.intervals.overlay import merge_intervals
from jdm_stats.intervals.rate_ratios import rate_ratios
from jdm_stats.intervals.scales import split_on_scales
from jdm_stats.intervals.split import split_rows
from jdm_stats.intervals.standardised import standardised_rate, standardised_ratio
from jdm_stats.intervals.stratified import stratified_rate_ratio
from jdm_stats.intervals.terms import event_at, event_count, last_value, running_total
from jdm_stats.intervals.time_scale import TimeScale, age_scale, calendar_scale

STRANGE = [
    *(0, 3, -3, 0.5, np.nan, np.inf, None, "x", "3", True, pd.NaT, pd.NA, [1], (1, 2)),
    *({"a": 1}, 1e308, 1e-308, 2**62, 10**30, b"z", 1j, np.int64(4), object()),
    pd.Timestamp("2020-01-01"),
]
DTYPES = [
    *("category", "Int64", "Float64", "string", "boolean", "float32", "uint8"),
    *("object", "datetime64[ns]", "complex"),
]
TERMS = [last_value, running_total, event_at, event_count]
ROWS = ["patient_id", "start", "stop", "event", "g", "h"]
VALUES = ["patient_id", "day", "x", "from", "to"]


def column(dice: random.Random, size: int) -> pd.Series:
    kinds = [
        lambda: dice.randrange(20),
        lambda: dice.random() * 20,
        lambda: dice.choice("AB"),
        lambda: dice.choice([0, 1]),
        lambda: dice.choice(STRANGE),
    ]
    draw = dice.choice(kinds)
    values = [draw() for _ in range(size)]
    if size and dice.random() < 0.2:
        values[dice.randrange(size)] = dice.choice(STRANGE)
    try:
        made = pd.Series(values)
        return made.astype(dice.choice(DTYPES)) if dice.random() < 0.2 else made
    except (TypeError, ValueError, OverflowError, np.exceptions.ComplexWarning):
        return pd.Series(values, dtype=object)


def table(dice: random.Random, names: list[str]) -> pd.DataFrame:
    size = dice.choice([0, 1, 1, 2, 3, 4])
    columns = {name: column(dice, size) for name in names}
    if dice.random() < 0.5:  # sound times, so that the call gets further
        columns |= {
            n: pd.Series(range(0, 3 * size, 3)) for n in ("start", "day", "from")
        }
        columns |= {n: columns["start"] + 2 for n in ("stop", "to")}
        columns["patient_id"] = pd.Series(["A", "B", "A", "A"][:size], dtype=object)
    made = pd.DataFrame({name: columns[name] for name in names})
    if dice.random() < 0.05:
        made = made.drop(columns=dice.choice(names))
    return pd.concat([made, made], axis=1) if dice.random() < 0.03 else made


def calls(dice: random.Random):
    """One call of each function, with something strange in it now and then."""

    def mostly(value):
        return dice.choice(STRANGE) if dice.random() < 0.1 else value

    rows, values = table(dice, ROWS), table(dice, VALUES)
    scales = {
        "t": mostly([1, 4, 7]),
        "a": mostly(age_scale(mostly([1, 5]), mostly("g"))),
        "c": mostly(calendar_scale(mostly([2019, "2020-02-01"]), mostly("h"))),
    }
    by, group = mostly("g"), dice.choice([None, "h"])
    counts = dice.choice([None, ("start", "stop")])
    rates = table(dice, ["g", "rate"])
    return [
        lambda: split_rows(rows, mostly(column(dice, 3).tolist())),
        lambda: split_on_scales(rows, mostly(scales), whole_days=dice.random() < 0.3),
        lambda: split_on_scales(rows, {"t": TimeScale([1, 4], mostly("g"), mostly(1))}),
        lambda: merge_values(
            rows, values, {"x": mostly(dice.choice(TERMS)("x"))}, lag=mostly(0)
        ),
        lambda: merge_values(
            rows,
            values,
            {
                "y": last_value("x", default=mostly(0)),
                "event": event_at(mostly("x"), keep_existing=True),
            },
            carry_missing=True,
        ),
        lambda: merge_intervals(
            rows,
            values,
            mostly(["x"]),
            spell_start="from",
            spell_stop="to",
            overlap=mostly("sum"),
            default=mostly(0),
            lag=mostly(1),
        ),
        lambda: collapse_rows(rows, ignore=mostly(["h"])),
        lambda: rate_ratios(rows, by=by, reference=mostly(1)),
        lambda: stratified_rate_ratio(
            rows, by=by, reference=mostly(1), strata=mostly("h"), method=mostly("exact")
        ),
        lambda: standardised_ratio(
            rows, rates, by=by, group=group, per=mostly(1), counts=counts
        ),
        lambda: standardised_rate(
            rows, rates, by=by, weight="rate", group=group, counts=counts
        ),
    ]


@pytest.mark.parametrize("seed", range(60))
def test_strange_input_gives_a_table_or_a_sentence(seed):
    dice = random.Random(seed)
    for call in calls(dice):
        try:
            assert isinstance(call(), pd.DataFrame)
        except JdmStatsError as error:
            assert str(error)
