"""New rows are coded as the fitted ones: no level passes for another, nothing missing for 0."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import DesignError, UsageError
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.fine_gray import fit_fine_gray
from jdm_stats.models.incidence import kaplan_meier
from jdm_stats.models.logistic import fit_logistic
from jdm_stats.models.many import fit_many

N = 60


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "patient_id": range(N),
            "start": 0,
            "stop": rng.permutation(N) + 1,
            "event": rng.integers(0, 3, N),
            "antibody": rng.choice(["NXP2", "TIF1g", "none"], N),
            "dose": rng.normal(size=N),
        }
    )


@pytest.fixture(scope="module")
def cox(rows):
    return fit_cox(rows, "antibody + dose", interval="wald")


def new(antibody: object, dose: float = 0.0) -> pd.DataFrame:
    return pd.DataFrame({"antibody": [antibody, "TIF1g"], "dose": [dose, 0.5]})


@pytest.mark.parametrize("formula", ["antibody", "C(antibody)", "antibody * dose"])
def test_levels_that_the_formula_language_loses_are_refused(rows, formula):
    """Columns of such levels are left out: their children would join the reference."""
    lost = rows.assign(antibody=rows["antibody"].replace("none", "__missing__"))
    with pytest.raises(DesignError, match=r"'__missing__'.*rename"):
        fit_cox(lost, formula)
    with pytest.raises(DesignError, match=r"'__missing__'.*rename"):
        fit_logistic(lost, formula)


def test_unseen_levels_do_not_pass_for_the_reference(rows, cox):
    unseen = new("MDA5")
    with pytest.raises(DesignError, match="'MDA5'"):
        cox.predict(unseen)
    with pytest.raises(DesignError, match="'MDA5'"):
        cox.predict_survival(unseen, [20])
    with pytest.raises(DesignError, match="'MDA5'"):
        fit_logistic(rows, "antibody + dose").predict(unseen)
    with pytest.raises(DesignError, match="'MDA5'"):
        fit_fine_gray(rows, "antibody").predict_cumulative_incidence(unseen, 20)


@pytest.mark.parametrize("broken", [new(None), new("NXP2", np.nan)])
def test_a_missing_variable_gives_no_prediction(cox, broken):
    found = cox.predict(broken)
    whole = cox.predict(new("NXP2"))
    assert np.isnan(found.iloc[0])
    assert found.iloc[1] == whole.iloc[1]
    assert cox.predict(broken.iloc[:1]).isna().all()
    curves = cox.predict_survival(broken, [20])
    assert curves["survival"].isna().tolist() == [True, False]


def test_one_time_may_be_given_as_a_number(cox):
    one = cox.predict_survival(new("NXP2"), 20)
    pd.testing.assert_frame_equal(one, cox.predict_survival(new("NXP2"), [20]))


@pytest.mark.parametrize("times", [np.nan, [5, np.nan], [[5], [6]]])
def test_times_that_are_none_are_refused(cox, times):
    with pytest.raises(UsageError, match="times must be numbers"):
        cox.predict_survival(new("NXP2"), times)


def test_an_impossible_level_is_refused(cox):
    with pytest.raises(UsageError, match="conf_level"):
        cox.predict_survival(new("NXP2"), 20, conf_level=95)


def test_rows_far_from_those_fitted_warn_of_nothing(cox):
    sign = np.sign(cox.summary.loc["dose", "coef"])
    up = cox.predict_survival(new("NXP2", 1e6 * sign), 20)
    down = cox.predict_survival(new("NXP2", -1e6 * sign), 20)
    assert up["survival"].iloc[0] == 0.0
    assert down["survival"].iloc[0] == 1.0


def test_a_covariate_far_from_zero_changes_nothing_but_the_baseline(rows):
    rows = rows.assign(dose=rows["dose"].round(3))
    near = fit_cox(rows, "dose", interval="wald")
    far = fit_cox(rows.assign(dose=1e5 + rows["dose"]), "dose", interval="wald")
    np.testing.assert_allclose(far.summary["coef"], near.summary["coef"], rtol=1e-9)
    assert set(far.baseline_hazard()["hazard"]) <= {0.0, np.inf}


def test_curves_are_not_read_at_missing_times(rows):
    with pytest.raises(UsageError, match="times must be numbers"):
        kaplan_meier(rows).at([5, np.nan])


def test_many_fits_need_rows():
    with pytest.raises(UsageError, match="no rows"):
        fit_many(np.zeros((0, 1)), [], stop=[], by=[])
