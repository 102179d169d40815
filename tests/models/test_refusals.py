"""What a fit refuses, it refuses by name, with all faults and whose they are."""

from __future__ import annotations

import numpy as np
import pytest

from jdm_stats.errors import DesignError, NotYetSupportedError, UsageError
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.logistic import fit_logistic
from jdm_stats.models.priors import LogF, NormalPrior


@pytest.mark.parametrize("role", ["strata", "weights", "cluster", "offset"])
def test_a_column_that_is_not_there(heart, role):
    with pytest.raises(UsageError, match=rf"{role}='agee'.*no such column.*'age'"):
        fit_cox(heart, "age", **{role: "agee"})


@pytest.mark.parametrize("role", ["strata", "weights", "cluster", "offset"])
def test_an_array_of_the_wrong_length(heart, role):
    with pytest.raises(
        UsageError, match=rf"{role} must name a column.*\(172\).*\(3,\)"
    ):
        fit_cox(heart, "age", **{role: np.ones(3)})


@pytest.mark.parametrize("role", ["strata", "weights", "cluster", "offset"])
def test_missing_values_are_told_with_their_patients(heart, role):
    values = np.ones(len(heart))
    values[[0, 3]] = np.nan
    with pytest.raises(
        DesignError, match=rf"{role} is missing.*2 rows.*1, 4; patients"
    ):
        fit_cox(heart, "age", **{role: values})


def test_weights_below_zero(heart):
    weights = np.ones(len(heart))
    weights[5] = -1.0
    with pytest.raises(
        DesignError, match=r"below zero in 1 row \(counted from 1: 6; p"
    ):
        fit_cox(heart, "age", weights=weights)
    with pytest.raises(DesignError, match="every weight is zero"):
        fit_cox(heart, "age", weights=np.zeros(len(heart)))


def test_frequency_weights_are_whole(heart):
    with pytest.raises(DesignError, match="frequency weights count rows"):
        fit_cox(heart, "age", weights=np.full(len(heart), 1.5), weight_kind="frequency")


def test_kinds_of_weights(heart):
    with pytest.raises(UsageError, match="sampling"):
        fit_cox(heart, "age", weights=np.ones(len(heart)), weight_kind="probability")
    with pytest.raises(UsageError, match="without weights"):
        fit_cox(heart, "age", weight_kind="sampling")


def test_strings_are_no_weights(heart):
    with pytest.raises(DesignError, match="weights must be numbers"):
        fit_cox(heart, "age", weights=np.array(["a"] * len(heart)))


@pytest.mark.parametrize("kind", ["profile", "wald"])
def test_limits_that_do_not_hold_under_sampling_weights(heart, kind):
    weights = 1.0 + np.arange(len(heart)) / 100.0
    with pytest.raises(UsageError, match="do not hold with sampling weights"):
        fit_cox(heart, "age", weights=weights, weight_kind="sampling", interval=kind)
    fit = fit_cox(heart, "age", weights=weights, weight_kind="sampling")
    assert fit.interval == "robust"
    with pytest.raises(UsageError, match="profile limits do not hold"):
        fit.conf_int(method="profile")
    with pytest.raises(UsageError, match="likelihood-ratio tests do not hold"):
        fit.likelihood_ratio_test("age")


def test_unknown_penalties(heart, endometrial):
    class Lasso:
        pass

    for penalty in (Lasso(), "lasso"):
        with pytest.raises(UsageError, match="firth"):
            fit_cox(heart, "age", penalty=penalty)
        with pytest.raises(UsageError, match="firth"):
            fit_logistic(endometrial, "HG ~ PI", penalty=penalty)


def test_priors_of_terms_that_are_not_there_are_all_named(heart):
    with pytest.raises(
        UsageError, match=r"no term 'agee'.*no term 'yeer'.*'year' is 3"
    ):
        fit_cox(
            heart,
            "age + year",
            penalty={"agee": LogF(1), "yeer": LogF(1), "year": 3},
        )


@pytest.mark.parametrize(
    "make",
    [
        lambda: NormalPrior(sd=0),
        lambda: NormalPrior(sd=np.nan),
        lambda: LogF(-1),
        lambda: LogF(1, np.inf),
        lambda: NormalPrior.from_ratio_limits(4, 2),
    ],
)
def test_priors_that_are_none(make):
    with pytest.raises(UsageError):
        make()


def test_a_refusal_is_an_error_of_use():
    assert issubclass(NotYetSupportedError, UsageError)
    assert issubclass(NotYetSupportedError, NotImplementedError)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, -0.1])
def test_levels_outside_nought_and_one(heart, level):
    with pytest.raises(UsageError, match="between 0 and 1"):
        fit_cox(heart, "age").conf_int(conf_level=level)
