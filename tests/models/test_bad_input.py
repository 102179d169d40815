"""What is no table or no covariate is refused at the door, in words that say what to do."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import DesignError, Fault, IntervalError, UsageError
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.design import build_design
from jdm_stats.models.fine_gray import fit_fine_gray
from jdm_stats.models.incidence import kaplan_meier
from jdm_stats.models.logistic import fit_logistic


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        (np.zeros((3, 4)), "ndarray"),
        ({"start": [0], "stop": [1], "event": [1], "nxp2": [1]}, "dict"),
        ([[0, 1, 1]], "list"),
        (None, "NoneType"),
    ],
)
def test_what_is_no_frame_is_refused_by_what_it_is(wrong, name):
    told = f"the frame must be a pandas DataFrame, received {name}"
    for fit in (fit_cox, fit_fine_gray):
        with pytest.raises(UsageError, match=told):
            fit(wrong, "nxp2")
    with pytest.raises(UsageError, match=told):
        fit_logistic(wrong, "event ~ nxp2")
    with pytest.raises(UsageError, match=told):
        kaplan_meier(wrong)
    with pytest.raises(UsageError, match=told):
        build_design(wrong, "nxp2", intercept=True)


DAYS = [datetime.date(2020, 1, 1) + datetime.timedelta(days=k) for k in range(172)]
DATES = {
    "datetime": pd.to_datetime(DAYS),
    "with a zone": pd.to_datetime(DAYS).tz_localize("UTC"),
    "objects": np.array(DAYS, dtype=object),
    "timestamps as objects": pd.Series(pd.to_datetime(DAYS)).astype(object).to_numpy(),
    "a span of time": pd.to_datetime(DAYS) - pd.Timestamp("2019-12-31"),
}


@pytest.mark.parametrize("name", DATES)
@pytest.mark.parametrize("formula", ["onset", "age + onset", "C(onset)", "I(onset)"])
def test_a_date_is_no_covariate(heart, name, formula):
    frame = heart.assign(onset=DATES[name])
    frame.loc[0, "onset"] = None
    for fit, options in ((fit_cox, {}), (fit_logistic, {"event": "event"})):
        with pytest.raises(DesignError, match=r"'onset' holds dates.*days as plain"):
            fit(frame, formula, **options)


NUMBERS = {
    "object": lambda c: c.astype(object),
    "string": lambda c: c.astype("string"),
    "decimal comma": lambda c: c.str.replace(".", ",").astype(object),
    "one number among texts": lambda c: c.astype(object).where(c.index > 0, 4.5),
    "with a gap": lambda c: c.astype(object).where(c.index > 0, None),
}


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("formula", ["ck", "age + ck", "age:ck", "np.log(ck)"])
def test_numbers_stored_as_text_are_no_levels(heart, name, formula):
    ck = pd.Series([f"{k % 7}.5" for k in range(len(heart))], index=heart.index)
    frame = heart.assign(ck=NUMBERS[name](ck))
    with pytest.raises(DesignError, match="'ck' holds numbers stored as text, such as"):
        fit_cox(frame, formula)


def test_groups_named_by_numbers_are_asked_for():
    frame = pd.DataFrame({"grade": list("123231"), "dose": np.arange(6.0)})
    terms = ("C(grade)[T.2]", "C(grade)[T.3]", "dose")
    assert build_design(frame, "C(grade) + dose", intercept=False).terms == terms
    frame["grade"] = frame["grade"].astype("category")
    assert build_design(frame, "grade", intercept=False).terms == (
        "grade[T.2]",
        "grade[T.3]",
    )
    both = pd.DataFrame({"a": list("12"), "b": ["1.5", "x"]})
    assert build_design(both, "b", intercept=False).terms == ("b[T.x]",)


def test_every_column_that_cannot_be_used_is_named(heart):
    frame = heart.assign(ck="1.5", onset=DATES["datetime"])
    with pytest.raises(DesignError, match=r"'ck' holds numbers.*; 'onset' holds dates"):
        fit_cox(frame, "ck + onset + age")


@pytest.mark.parametrize("formula", ["age + remark", "age + C(remark)"])
def test_a_text_of_its_own_in_most_rows_is_no_factor(heart, formula):
    remark = np.array([f"seen by {k}" for k in range(len(heart))], dtype=object)
    told = r"'remark' is a text of \d+ levels in 172 rows"
    with pytest.raises(DesignError, match=told):
        fit_cox(heart.assign(remark=remark), formula)
    half = heart.assign(remark=remark[np.arange(len(heart)) % 86])  # half, not more
    assert len(build_design(half, formula, intercept=False).terms) == 86
    category = heart.assign(remark=pd.Categorical(remark))
    assert len(build_design(category, formula, intercept=False).terms) == 172


def test_few_rows_may_each_have_a_level_of_their_own(heart):
    few = heart.iloc[:40].assign(remark=[f"r{k}" for k in range(40)])
    assert len(build_design(few, "remark", intercept=False).terms) == 39


@pytest.mark.parametrize("kind", [object, "string", "category"])
def test_a_covariate_that_never_varies_says_so(heart, kind):
    frame = heart.assign(centre=pd.Series("Ulm", index=heart.index).astype(kind))
    told = "has nothing to compare: centre has one level only, 'Ulm'"
    for formula in ("centre", "C(centre)"):
        with pytest.raises(DesignError, match=told):
            fit_cox(frame, formula)


def faults(count: int, rule: str = "reversed", first: int = 1) -> list[Fault]:
    return [
        Fault(
            "intervals", k, f"P{k}", "stop", rule, f"row ({k}, 0]", "swap the two days"
        )
        for k in range(first, first + count)
    ]


def test_many_faults_of_one_rule_are_five_and_a_count():
    error = IntervalError(faults(588), heading="the rows have")
    lines = str(error).splitlines()
    assert lines[0] == "the rows have 588 faults:"
    assert [line.split(",")[0] for line in lines[1:6]] == [
        f"  intervals row {k}" for k in range(1, 6)
    ]
    assert lines[6:] == [
        "  ... and 583 more of the same rule [reversed], children P6, P7, P8, P9, P10 and "
        "578 others: see .faults"
    ]
    assert len(error.faults) == 588


def test_a_rare_fault_behind_many_is_still_seen():
    error = IntervalError([*faults(300), *faults(1, "overlap", 301), *faults(9)])
    lines = str(error).splitlines()
    assert len(lines) == 8
    assert "and 304 more of the same rule [reversed]" in lines[6]
    assert "row 301, patient P301, stop [overlap]" in lines[7]


def test_few_faults_are_all_printed_and_no_child_is_made_up():
    assert str(IntervalError(faults(6))).count("patient P") == 6
    nameless = [
        Fault("intervals", k, None, "stop", "reversed", "wrong", "swap")
        for k in range(1, 9)
    ]
    told = str(IntervalError(nameless)).splitlines()[-1]
    assert told == "  ... and 3 more of the same rule [reversed]: see .faults"


def test_a_fit_of_many_broken_rows_tells_them_in_short(heart):
    broken = heart.assign(stop=heart["start"] - 1)
    with pytest.raises(IntervalError) as told:
        fit_cox(broken, "age")
    assert len(told.value.faults) == len(heart)
    assert len(str(told.value).splitlines()) == 7
