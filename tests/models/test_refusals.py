"""What this version refuses, it refuses by name; nothing is ignored in silence."""

from __future__ import annotations

import numpy as np
import pytest

from jdm_stats.errors import NotYetSupportedError, UsageError
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.logistic import fit_logistic

COX_OPTIONS = {
    "strata": "surgery",
    "weights": "age",
    "weight_kind": "sampling",
    "cluster": "patient_id",
    "offset": "age",
}


@pytest.mark.parametrize("option", COX_OPTIONS)
@pytest.mark.parametrize("penalty", [None, "firth"])
def test_cox_options(heart, option, penalty):
    with pytest.raises(NotYetSupportedError, match=option):
        fit_cox(heart, "age", penalty=penalty, **{option: COX_OPTIONS[option]})


@pytest.mark.parametrize("option", ["weights", "weight_kind", "cluster", "offset"])
def test_logistic_options(endometrial, option):
    with pytest.raises(NotYetSupportedError, match=option):
        fit_logistic(endometrial, "HG ~ PI", **{option: "EH"})


def test_all_refused_options_are_named_at_once(heart):
    with pytest.raises(NotYetSupportedError, match="weights, cluster"):
        fit_cox(heart, "age", weights="age", cluster="patient_id")


def test_arrays_are_refused_too(heart):
    with pytest.raises(NotYetSupportedError, match="weights"):
        fit_cox(heart, "age", weights=np.ones(len(heart)))


def test_robust_limits(heart):
    with pytest.raises(NotYetSupportedError, match="robust"):
        fit_cox(heart, "age", interval="robust")
    fit = fit_cox(heart, "age")
    with pytest.raises(NotYetSupportedError, match="robust"):
        fit.conf_int(method="robust")


def test_priors_and_unknown_penalties(heart, endometrial):
    class NormalPrior:
        pass

    for penalty, error in (
        (NormalPrior(), NotYetSupportedError),
        ("lasso", UsageError),
    ):
        with pytest.raises(error, match="firth"):
            fit_cox(heart, "age", penalty=penalty)
        with pytest.raises(error, match="firth"):
            fit_logistic(endometrial, "HG ~ PI", penalty=penalty)


def test_a_refusal_is_an_error_of_use():
    assert issubclass(NotYetSupportedError, UsageError)
    assert issubclass(NotYetSupportedError, NotImplementedError)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, -0.1])
def test_levels_outside_nought_and_one(heart, level):
    with pytest.raises(UsageError, match="between 0 and 1"):
        fit_cox(heart, "age").conf_int(conf_level=level)
