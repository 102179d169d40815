"""Formulas and columns as registries hold them: dtypes, names, levels, missing values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import DesignError
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.design import build_design
from jdm_stats.models.logistic import fit_logistic

FORMULA = "age + surgery"


@pytest.fixture
def plain(heart):
    return fit_cox(heart, FORMULA).summary


RECODINGS = {
    "bool": lambda f: f.assign(surgery=f["surgery"].astype(bool)),
    "boolean": lambda f: f.assign(surgery=f["surgery"].astype("boolean")),
    "nullable": lambda f: f.assign(
        surgery=f["surgery"].astype("Int64"),
        age=f["age"].astype("Float64"),
        start=f["start"].astype("Float64"),
        stop=f["stop"].astype("Float64"),
        event=f["event"].astype("Int64"),
    ),
    "float32 and int8": lambda f: f.assign(surgery=f["surgery"].astype("int8")),
    "objects that are numbers": lambda f: f.assign(
        surgery=f["surgery"].astype(object), age=f["age"].astype(object)
    ),
    "objects that are booleans": lambda f: f.assign(
        surgery=f["surgery"].astype(bool).astype(object)
    ),
    "event as booleans": lambda f: f.assign(event=f["event"] == 1),
    "one label for every row": lambda f: f.set_axis([0] * len(f)),
    "reversed rows": lambda f: f.iloc[::-1],
}


@pytest.mark.parametrize("name", RECODINGS)
def test_the_dtype_does_not_matter(heart, plain, name):
    found = fit_cox(RECODINGS[name](heart), FORMULA).summary
    pd.testing.assert_frame_equal(found, plain, rtol=1e-7)


TEXTS = {
    "object": lambda c: c.astype(object),
    "string": lambda c: c.astype("string"),
    "category": lambda c: c.astype("category"),
    "category with levels nobody has": lambda c: pd.Categorical(
        c, categories=["aa", "no", "yes", "zz"]
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_a_factor_whatever_holds_it(heart, plain, name):
    text = heart["surgery"].map({0: "no", 1: "yes"})
    fit = fit_cox(heart.assign(surgery=TEXTS[name](text)), FORMULA)
    assert fit.terms == ("age", "surgery[T.yes]")
    assert fit.summary["coef"].tolist() == pytest.approx(plain["coef"].tolist())
    assert "Reference level of surgery: no." in fit.notes


def test_missing_rows_are_left_out_and_tallied(heart):
    gaps = heart.assign(
        age=heart["age"].where(heart["patient_id"] > 2),
        surgery=heart["surgery"].astype("boolean").where(heart["patient_id"] != 4),
    )
    fit = fit_cox(gaps, FORMULA)
    present = gaps["age"].notna() & gaps["surgery"].notna()
    without = fit_cox(heart[present], FORMULA)
    pd.testing.assert_frame_equal(fit.summary, without.summary)
    lost = heart[~present]
    assert fit.n_rows == present.sum()
    assert (
        f"Left out for missing values: {len(lost)} rows of 3 patients with "
        f"{lost['event'].sum()} events; missing: age (2 rows), surgery "
        f"({(heart['patient_id'] == 4).sum()} rows)."
    ) in fit.notes


def test_missing_rows_of_a_logistic_fit(endometrial):
    gaps = endometrial.assign(PI=endometrial["PI"].where(endometrial.index >= 5))
    fit = fit_logistic(gaps, "HG ~ PI + EH")
    assert fit == fit_logistic(endometrial.iloc[5:], "HG ~ PI + EH") or (
        fit.summary.equals(fit_logistic(endometrial.iloc[5:], "HG ~ PI + EH").summary)
    )
    assert any("missing: PI (5 rows)" in note for note in fit.notes)


def test_missing_values_inside_a_spline_are_seen(heart):
    gaps = heart.assign(age=heart["age"].where(heart["patient_id"] > 5))
    fit = fit_cox(gaps, "bs(age, df=4) + surgery")
    assert fit.n_rows == gaps["age"].notna().sum()
    assert any("missing: age" in note for note in fit.notes)
    assert len(fit.terms) == 5


def test_a_level_of_rows_left_out_has_no_term(heart):
    grade = pd.Categorical(np.array(["a", "b", "c"])[np.arange(len(heart)) % 3])
    for gone, terms in (("b", ("grade[T.c]",)), ("a", ("grade[T.c]",))):
        gaps = heart.assign(grade=grade, age=heart["age"].where(grade != gone))
        assert fit_cox(gaps, "grade + age").terms == (*terms, "age")


def test_a_factor_of_one_level_is_told(heart):
    fit = fit_cox(heart.assign(centre="A"), "age + centre")
    assert fit.terms == ("age",)
    assert any("centre has one level only, A" in note for note in fit.notes)


@pytest.mark.parametrize("base", ['"none"', '"TIF1g"'])
def test_the_reference_level_is_named(heart, base):
    antibody = np.array(["NXP2", "none", "TIF1g"])[np.arange(len(heart)) % 3]
    factor = f"C(antibody, Treatment({base}))"
    fit = fit_cox(heart.assign(antibody=antibody), factor)
    level = base.strip('"')
    assert any(n.endswith(f": {level}.") for n in fit.notes if "Reference" in n)
    assert all(f"[T.{level}]" not in term for term in fit.terms)


def test_the_reference_level_of_a_numbered_factor_is_named_rightly(heart):
    graded = heart.assign(grade=np.arange(len(heart)) % 3)
    fit = fit_cox(graded, "C(grade, Treatment(1))")
    assert "Reference level of C(grade, Treatment(1)): 1.0." in fit.notes


@pytest.mark.parametrize("penalty", [None, "firth"])
def test_recoding_a_factor_permutes_the_answer(heart, penalty):
    labels = np.array(["a", "b", "c"])[(heart["patient_id"] * 7 % 3).to_numpy()]
    first = fit_cox(heart.assign(g=labels), "age + g", penalty=penalty, ties="breslow")
    recoded = pd.Series(labels).map({"a": "c", "b": "a", "c": "b"}).to_numpy()
    other = fit_cox(heart.assign(g=recoded), "age + g", penalty=penalty, ties="breslow")
    # first: b and c against a; other: c (was b... recoded a) is the reference
    b, c = first.summary["coef"][["g[T.b]", "g[T.c]"]]
    found = other.summary["coef"]
    # recoded reference "a" was "b"; recoded "b" was "c"; recoded "c" was "a"
    assert found["g[T.b]"] == pytest.approx(c - b, abs=1e-9)
    assert found["g[T.c]"] == pytest.approx(-b, abs=1e-9)
    assert found["age"] == pytest.approx(first.summary["coef"]["age"], abs=1e-9)
    ends, mirrored = first.conf_int().loc["g[T.b]"], other.conf_int().loc["g[T.c]"]
    assert mirrored["conf_low"] == pytest.approx(-ends["conf_high"], abs=1e-7)
    assert other.summary["p"]["g[T.c]"] == pytest.approx(first.summary["p"]["g[T.b]"])
    same = ["log_likelihood", "lr_statistic"]
    assert other.glance().loc[0, same].tolist() == pytest.approx(
        first.glance().loc[0, same].tolist(), abs=1e-9
    )


def test_names_with_spaces_and_functions_of_them(heart, plain):
    spaced = heart.rename(columns={"age": "age at diagnosis (years)"})
    fit = fit_cox(spaced, "`age at diagnosis (years)` + surgery")
    assert fit.summary["coef"].tolist() == plain["coef"].tolist()
    fit = fit_cox(spaced, "I(`age at diagnosis (years)` / 10) + surgery")
    assert fit.summary["coef"].iloc[0] == pytest.approx(10 * plain["coef"].iloc[0])
    with pytest.raises(DesignError, match="did you mean 'age at diagnosis"):
        fit_cox(spaced, "`age at diagnosis` + surgery")


def test_functions_and_interactions(heart):
    older = heart.assign(years=heart["age"] + 60)
    by_hand = older.assign(
        log_years=np.log(older["years"]), both=older["age"] * older["surgery"]
    )
    expected = fit_cox(by_hand, "log_years").summary["coef"].tolist()
    assert fit_cox(older, "np.log(years)").summary["coef"].tolist() == expected
    assert fit_cox(older, "log(years)").summary["coef"].tolist() == expected
    expected = fit_cox(by_hand, "age + surgery + both").summary["coef"].tolist()
    for formula in ("age * surgery", "age + surgery + age:surgery"):
        assert fit_cox(older, formula).summary["coef"].tolist() == pytest.approx(
            expected
        )
    fit = fit_cox(older, "age - 1")
    assert (
        fit.summary["coef"].tolist() == fit_cox(older, "age").summary["coef"].tolist()
    )


@pytest.mark.parametrize("scale", [1e8, 1e-8])
@pytest.mark.parametrize("penalty", [None, "firth"])
def test_the_unit_of_a_covariate_does_not_matter(heart, endometrial, penalty, scale):
    for fit, other, term in (
        (
            fit_cox(heart, FORMULA, penalty=penalty),
            fit_cox(heart.assign(age=heart["age"] * scale), FORMULA, penalty=penalty),
            "age",
        ),
        (
            fit_logistic(endometrial, "HG ~ PI + EH", penalty=penalty),
            fit_logistic(
                endometrial.assign(PI=endometrial["PI"] * scale),
                "HG ~ PI + EH",
                penalty=penalty,
            ),
            "PI",
        ),
    ):
        assert other.summary["p"].tolist() == pytest.approx(
            fit.summary["p"].tolist(), rel=1e-8
        )
        for column in ("coef", "se(coef)", "coef lower 95%", "coef upper 95%"):
            scaled = other.summary.loc[term, column] * scale
            assert scaled == pytest.approx(fit.summary.loc[term, column], rel=1e-8)


def test_absent_columns_all_at_once_with_a_guess(heart):
    with pytest.raises(DesignError) as told:
        fit_cox(heart, "agge + surgerry + TRANSPLANT + zzz")
    message = str(told.value)
    assert "'agge' (did you mean 'age'?)" in message
    assert "'surgerry' (did you mean 'surgery'?)" in message
    assert "'TRANSPLANT' (did you mean 'transplant'?)" in message
    assert "'zzz'" in message


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("", "formula must be a text"),
        (None, "formula must be a text"),
        ("1", "has no covariate"),
        ("age +* surgery", "cannot be read"),
        ("age | surgery", "cannot be read"),
        ("np.nothing(age)", "cannot be coded"),
        ("nothing(age)", "'nothing'"),
        ("np.log(age)", "undefined in some rows"),
        ("np.log(surgery)", "infinite or undefined"),
    ],
)
def test_formulas_that_cannot_be_coded(heart, formula, told):
    with pytest.raises(DesignError, match=told):
        fit_cox(heart, formula)


def test_infinite_values_and_nothing_but_missing_ones(heart):
    with pytest.raises(DesignError, match=r"infinite.*'age'"):
        fit_cox(heart.assign(age=heart["age"].where(heart.index > 3, np.inf)), "age")
    with pytest.raises(DesignError, match="no row of the frame has every variable"):
        fit_cox(heart.assign(age=np.nan), "age")


def test_two_columns_of_one_name(heart):
    with pytest.raises(DesignError, match=r"several columns of one name: \['age'\]"):
        fit_cox(pd.concat([heart, heart[["age"]]], axis=1), FORMULA)


def test_build_design_keeps_the_intercept_only_if_asked(heart):
    assert build_design(heart, "age", intercept=True).terms == ("Intercept", "age")
    assert build_design(heart, "age", intercept=False).terms == ("age",)


@pytest.mark.parametrize("name", ["center", "id", "type", "lag", "scale"])
def test_a_column_with_the_name_of_a_function_is_the_column(name):
    """Such as the centre of a trial: it must not vanish from the model in silence."""
    frame = pd.DataFrame({name: ["a", "b", "c", None], "dose": [1.0, 2.0, 4.0, 3.0]})
    design = build_design(frame, f"C({name}) + log(dose)", intercept=False)
    assert design.terms == (f"C({name})[T.b]", f"C({name})[T.c]", "log(dose)")
    assert design.missing == {name: 1}
    numbers = pd.DataFrame({name: [1.0, 2.0, 4.0]})
    squared = build_design(numbers, f"I({name} ** 2)", intercept=False)
    assert squared.matrix[:, 0].tolist() == [1.0, 4.0, 16.0]
