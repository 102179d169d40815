"""Profile limits of additive interaction are those of brute force, under any penalty."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from jdm_stats.likelihood.additive import (
    AP,
    RERI,
    Profile,
    additive_limits,
    additive_test,
)
from jdm_stats.likelihood.combinations import combination_limits, combination_test
from jdm_stats.likelihood.points import evaluate_point
from jdm_stats.likelihood.surface import Held
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.logistic import fit_logistic
from jdm_stats.models.priors import NormalPrior

HALF = (
    1.920729410347062  # half the 95% quantile of chi-square with one degree of freedom
)
SURFACES = [(1.0, -2.0), (1.0, 0.7), (0.3, 1.0), (-0.4, 1.0), (0.0, 1.0)]


def children(emptied: tuple[int, int] | None = None) -> pd.DataFrame:
    """Three hundred made-up children; no event in the combination emptied."""
    rng = np.random.default_rng(3)
    n = 300
    frame = pd.DataFrame(
        {"start": 0, "a": rng.integers(0, 2, n), "b": rng.integers(0, 2, n)}
    )
    rate = 1.0 + 3.0 * frame["a"] * frame["b"] + 0.5 * frame["a"]
    frame["stop"] = np.ceil(rng.exponential(100.0 / rate))
    frame["event"] = (rng.random(n) < 0.06).astype(int)
    frame["z"] = rng.normal(size=n).round(2)
    if emptied is not None:
        frame.loc[(frame["a"] == emptied[0]) & (frame["b"] == emptied[1]), "event"] = 0
    return frame


FITS = {
    "cox": lambda: fit_cox(children(), "a * b + z", interval="wald"),
    "cox, Firth": lambda: fit_cox(children(), "a * b", penalty="firth"),
    "cox, prior": lambda: fit_cox(children(), "a * b", penalty=NormalPrior(sd=1.0)),
    "no event in neither": lambda: fit_cox(children((0, 0)), "a * b", penalty="firth"),
    "no event in a alone": lambda: fit_cox(children((1, 0)), "a * b", penalty="firth"),
    "no event in both": lambda: fit_cox(children((1, 1)), "a * b", penalty="firth"),
    "logistic": lambda: fit_logistic(children(), "a * b + z", interval="wald"),
    "logistic, Firth": lambda: fit_logistic(children(), "a * b", penalty="firth"),
}
every_fit = pytest.mark.parametrize("make", FITS.values(), ids=FITS.keys())


def directions(fit):
    e = np.eye(len(fit.terms))
    at = [fit.terms.index(t) for t in ("a", "b", "a:b")]
    return (e[at[0]], e[at[1]]), e[at].sum(axis=0)


def level(profile, measure_value):
    """Highest objective with the measure held, by a general solver from several starts."""
    turned, best = profile.turned, profile.turned.best
    held = Held(turned.likelihood, *profile.measure.equation(measure_value))

    def down(theta):
        point = evaluate_point(turned.likelihood, turned.penalty, held.full(theta))
        return -point.value if np.isfinite(point.value) else 1e6

    ends = [
        minimize(down, held.nearest(best.beta) + shift, method="BFGS").fun
        for shift in (0.0, 0.7, -0.7)
    ]
    return -min(ends)


@every_fit
@pytest.mark.parametrize("measure", [RERI, AP], ids=["RERI", "AP"])
def test_at_each_limit_the_best_there_is_lies_half_the_quantile_below(make, measure):
    fit = make()
    alone, both = directions(fit)
    solution = fit.inference.solution
    profile = Profile.of(solution, (*alone, both), measure)
    lower, upper = additive_limits(solution, alone, both, measure)
    assert lower.value < profile.estimate < upper.value
    for end in (lower, upper):
        assert end.converged
        assert profile.best_value - level(profile, end.value) == pytest.approx(
            HALF, abs=2e-6
        )


@every_fit
def test_limits_at_another_level_are_nested_and_the_test_agrees_with_them(make):
    fit = make()
    alone, both = directions(fit)
    solution = fit.inference.solution
    wide = additive_limits(solution, alone, both, RERI, 0.99)
    narrow = additive_limits(solution, alone, both, RERI, 0.8)
    inner = additive_limits(solution, alone, both)
    assert wide[0].value < inner[0].value < narrow[0].value
    assert narrow[1].value < inner[1].value < wide[1].value
    p = additive_test(solution, alone, both).p_value
    edge = additive_limits(solution, alone, both, RERI, 1.0 - p)
    assert min(abs(end.value) for end in edge) < 1e-5


@pytest.mark.parametrize("name", ["cox", "cox, Firth", "logistic", "logistic, Firth"])
def test_both_is_the_coefficient_of_a_factor_of_four_levels(name):
    fit = FITS[name]()
    _, both = directions(fit)
    frame = children()
    frame["cell"] = "c" + frame["a"].astype(str) + frame["b"].astype(str)
    formula = "cell + z" if "z" in fit.terms else "cell"
    fitter = fit_logistic if fit.kind == "logistic" else fit_cox
    again = fitter(frame, formula, penalty=fit.penalty)
    term = next(t for t in again.terms if "11" in t)
    own = again.conf_int("profile").loc[term]
    ends = combination_limits(fit.inference.solution, both)
    assert [ends[0].value, ends[1].value] == pytest.approx(
        [own["conf_low"], own["conf_high"]], abs=1e-7
    )
    own_test = again.likelihood_ratio_test(term)["p_value"].iloc[0]
    found = combination_test(fit.inference.solution, both).p_value
    assert found == pytest.approx(own_test, rel=1e-7)


@pytest.mark.parametrize(("c", "d"), SURFACES)
def test_every_way_keeps_to_the_surface_and_knows_its_slopes(c, d):
    class Five:
        n_parameters = 5

    rng = np.random.default_rng(0)
    held, theta, g = Held(Five(), c, d), rng.normal(size=4), rng.normal(size=5)
    beta = held.full(theta)
    u, v, w = np.exp(beta[:3])
    assert u + v == pytest.approx(c * w + d)
    np.testing.assert_allclose(held.nearest(beta), theta, atol=1e-12)
    step = 1e-6 * np.eye(4)
    slopes = [(held.full(theta + e) - held.full(theta - e)) / 2e-6 for e in step]
    np.testing.assert_allclose(held.jacobian(theta), np.transpose(slopes), atol=1e-8)
    bends = [
        g @ (held.jacobian(theta + e) - held.jacobian(theta - e)) / 2e-6 for e in step
    ]
    np.testing.assert_allclose(held.bend(theta, g), bends, atol=1e-8)
    if c != 0:
        up, down = (Held(Five(), c + 2 * h, d + h).full(theta) for h in (1e-6, -1e-6))
        moved = held.moves(theta, 2.0, 1.0)
        np.testing.assert_allclose(moved, (up - down) / 2e-6, atol=1e-8)
