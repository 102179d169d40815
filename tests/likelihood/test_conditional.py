"""The conditional likelihood: by hand, by listing every choice, by differences, by Cox."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdm_stats.likelihood.conditional import ConditionalLikelihood
from jdm_stats.likelihood.fixed_total import inclusion, tilted
from jdm_stats.likelihood.matched_problem import (
    conditional_problem,
    estimable_conditional_columns,
)
from jdm_stats.likelihood.matched_sets import build_matched_sets
from jdm_stats.likelihood.problems import cox_problem
from jdm_stats.likelihood.risk_sets import build_risk_sets
from jdm_stats.likelihood.separation import conditional_separation


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240618)


def drawn(rng, designs, p=3):
    """Sets of (cases, controls), shuffled rows, with weights and offsets."""
    code = np.repeat(np.arange(len(designs)), [sum(d) for d in designs])
    case = np.concatenate([np.arange(sum(d)) < d[0] for d in designs])
    order = rng.permutation(len(code))
    sets = build_matched_sets(code[order], case[order])
    x = rng.normal(size=(len(sets.kept), p))
    return ConditionalLikelihood(
        x,
        sets,
        rng.uniform(0.5, 2.0, sets.n_sets)[sets.place],
        rng.normal(size=len(sets.kept)),
    )


def by_listing(likelihood, beta):
    """Log-likelihood, score and information from every choice of every set."""
    total, score, information = 0.0, 0.0, 0.0
    sets = likelihood.sets
    for s in range(sets.n_sets):
        rows = np.flatnonzero(sets.place == s)
        x = likelihood.covariates[rows]
        eta = x @ beta + likelihood.offset[rows]
        ways = list(combinations(range(len(rows)), int(sets.cases[s])))
        odds = np.array([np.exp(eta[list(way)].sum()) for way in ways])
        sums = np.array([x[list(way)].sum(axis=0) for way in ways])
        chance = odds / odds.sum()
        mean = chance @ sums
        case = sets.case[rows]
        w = likelihood.weights[rows[0]]
        total += w * (eta[case].sum() - np.log(odds.sum()))
        score = score + w * (x[case].sum(axis=0) - mean)
        apart = sums - mean
        information = information + w * (apart.T * chance) @ apart
    return total, score, information


DESIGNS = [(1, 1), (1, 4), (3, 1), (2, 2), (2, 5), (5, 3), (3, 4), (1, 9), (6, 2)]


def test_a_pair_is_a_logistic_of_the_difference_by_hand():
    # exposed case, unexposed control: e^b / (1 + e^b)
    sets = build_matched_sets(np.array([7, 7]), np.array([True, False]))
    at = ConditionalLikelihood(np.array([[1.0], [0.0]]), sets).evaluate(
        np.array([np.log(3.0)])
    )
    assert at.log_likelihood == pytest.approx(np.log(0.75))
    assert at.score[0] == pytest.approx(0.25)
    assert at.information[0, 0] == pytest.approx(0.75 * 0.25)


def test_two_cases_of_four_by_hand():
    # exposed: both cases; e_2 = 1 + 4 r + r^2 with two exposed at odds r = 2
    sets = build_matched_sets(np.zeros(4, int), np.array([True, True, False, False]))
    x = np.array([[1.0], [1.0], [0.0], [0.0]])
    at = ConditionalLikelihood(x, sets).evaluate(np.array([np.log(2.0)]))
    assert at.log_likelihood == pytest.approx(np.log(4 / 13))
    assert at.score[0] == pytest.approx(2 - (8 + 8) / 13)
    assert at.information[0, 0] == pytest.approx((8 + 16) / 13 - (16 / 13) ** 2)


def test_equals_the_list_of_every_choice(rng):
    likelihood = drawn(rng, DESIGNS)
    for scale in (0.0, 0.7, 3.0):
        beta = scale * rng.normal(size=3)
        at = likelihood.evaluate(beta)
        total, score, information = by_listing(likelihood, beta)
        assert at.log_likelihood == pytest.approx(total, rel=1e-12)
        np.testing.assert_allclose(at.score, score, rtol=1e-10, atol=1e-11)
        np.testing.assert_allclose(at.information, information, rtol=1e-9, atol=1e-11)


def test_derivatives_are_those_of_the_value(rng):
    likelihood = drawn(rng, DESIGNS)
    beta, h = rng.normal(size=3) * 0.5, 1e-5
    at = likelihood.evaluate(beta)
    inverse = np.linalg.inv(at.information)
    gradient = at.half_log_det_gradient(inverse)
    for j in range(3):
        step = h * np.eye(3)[j]
        up, down = likelihood.evaluate(beta + step), likelihood.evaluate(beta - step)
        slope = (up.log_likelihood - down.log_likelihood) / (2 * h)
        assert at.score[j] == pytest.approx(slope, abs=1e-8)
        bend = (up.score - down.score) / (2 * h)
        np.testing.assert_allclose(-at.information[j], bend, atol=1e-8)
        dets = [np.linalg.slogdet(e.information)[1] / 2 for e in (up, down)]
        assert gradient[j] == pytest.approx((dets[0] - dets[1]) / (2 * h), abs=2e-9)


def test_score_residuals_add_up_to_the_score(rng):
    likelihood = drawn(rng, DESIGNS)
    at = likelihood.evaluate(np.array([0.3, -1.0, 0.5]))
    residuals = likelihood.weights[:, None] * at.score_residuals()
    np.testing.assert_allclose(residuals.sum(axis=0), at.score, atol=1e-12)
    parts = at.cluster_information(likelihood.sets.place % 4)
    np.testing.assert_allclose(parts.sum(axis=0), at.information, atol=1e-12)
    cases = likelihood.sets.sum_sets(at.chances)
    np.testing.assert_allclose(cases, likelihood.sets.cases, rtol=1e-12)


def test_chances_equal_the_list_of_every_choice():
    theta = np.array([0.2, 1.0, 3.0, 0.7, 2.0])
    ways = list(combinations(range(5), 3))
    odds = np.array([np.prod(theta[list(way)]) for way in ways])
    wanted = [
        sum(o for o, way in zip(odds, ways, strict=True) if i in way) / odds.sum()
        for i in range(5)
    ]
    found = inclusion(tilted(np.log(theta)[None], 3)[0], 3)[0]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("design", [(1, 1000), (20, 200), (100, 5)])
@pytest.mark.parametrize("size", [1.0, 40.0])
def test_large_sets_keep_their_digits(rng, design, size):
    """Against whole-number arithmetic of 60 digits, linear predictors from -40 to 40."""
    from decimal import Decimal, localcontext

    m, n = design
    x = rng.normal(size=(m + n, 1))
    sets = build_matched_sets(np.zeros(m + n, int), np.arange(m + n) < m)
    at = ConditionalLikelihood(x, sets).evaluate(np.array([size / 4]))
    with localcontext() as context:
        context.prec = 60
        odds = [(Decimal(float(v)) * Decimal(size / 4)).exp() for v in x[:, 0]]
        sums = [Decimal(1)] + [Decimal(0)] * m
        slopes = [Decimal(0)] * (m + 1)
        for o, v in zip(odds, x[:, 0], strict=True):
            for k in range(m, 0, -1):
                slopes[k] += o * (slopes[k - 1] + Decimal(float(v)) * sums[k - 1])
                sums[k] += o * sums[k - 1]
        gained = sum(Decimal(float(v)) for v in x[:m, 0])
        value = float(gained * Decimal(size / 4) - sums[m].ln())
        score = float(gained - slopes[m] / sums[m])
    assert at.log_likelihood == pytest.approx(value, rel=1e-12)
    assert at.score[0] == pytest.approx(score, rel=1e-10, abs=1e-10)
    assert np.isfinite(at.information).all()


@pytest.mark.parametrize("firth", [False, True])
def test_one_case_a_set_is_a_cox_model_of_one_event_a_stratum(rng, firth):
    likelihood = drawn(rng, [(1, int(k)) for k in rng.integers(1, 6, 25)])
    sets, x = likelihood.sets, likelihood.covariates
    mine = conditional_problem(x, sets, firth=firth).solve()
    start = sets.place.astype(float)
    risk = build_risk_sets(start, start + 1.0, sets.case)
    theirs = cox_problem(x[risk.kept], risk, ties="breslow", firth=firth).solve()
    np.testing.assert_allclose(mine.coefficients, theirs.coefficients, atol=1e-9)
    np.testing.assert_allclose(mine.covariance, theirs.covariance, atol=1e-9)
    assert mine.penalised_log_likelihood == pytest.approx(
        theirs.penalised_log_likelihood, abs=1e-9
    )
    for j in range(3):
        ends = zip(mine.limits(j, 0.95), theirs.limits(j, 0.95), strict=True)
        assert all(a.value == pytest.approx(b.value, abs=1e-6) for a, b in ends)


def test_pairs_have_firths_estimate_by_hand():
    # discordant pairs 4 to 0: binomial with Jeffreys' prior, (4 + 1/2) / (0 + 1/2) = 9
    sets = build_matched_sets(np.repeat(np.arange(4), 2), np.tile([True, False], 4))
    x = np.tile([1.0, 0.0], 4)[:, None]
    found = conditional_problem(x, sets, firth=True).solve()
    assert np.exp(found.coefficients[0]) == pytest.approx(9.0, abs=1e-8)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_cases_and_controls_may_change_places(seed):
    rng = np.random.default_rng(seed)
    likelihood = drawn(rng, [(1, 3), (2, 4), (3, 2)])
    sets, beta = likelihood.sets, rng.normal(size=3)
    swapped = build_matched_sets(sets.place, ~sets.case)
    mine = ConditionalLikelihood(likelihood.covariates, sets).evaluate(beta)
    theirs = ConditionalLikelihood(likelihood.covariates, swapped).evaluate(-beta)
    assert mine.log_likelihood == pytest.approx(theirs.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(mine.score, -theirs.score, atol=1e-12)


def test_a_set_repeated_is_a_set_of_weight_two(rng):
    designs = [(1, 2), (2, 3), (2, 2), (1, 3)]
    one = drawn(rng, designs)
    sets = one.sets
    twice = build_matched_sets(
        np.concatenate([sets.place, sets.place + 100]), np.tile(sets.case, 2)
    )
    x = np.vstack([one.covariates, one.covariates])[twice.kept]
    beta = rng.normal(size=3)
    a = ConditionalLikelihood(
        one.covariates, sets, np.full(len(sets.kept), 2.0)
    ).evaluate(beta)
    b = ConditionalLikelihood(x, twice).evaluate(beta)
    assert a.log_likelihood == pytest.approx(b.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(a.information, b.information, rtol=1e-11)


def test_sets_without_contrast_are_dropped_and_counted():
    code = np.array([1, 1, 2, 2, 2, 3, 3, 4])
    case = np.array([1, 0, 0, 0, 0, 1, 1, 0], dtype=bool)
    sets = build_matched_sets(code, case)
    assert sets.kept.tolist() == [0, 1] and sets.code.tolist() == [1]
    assert (sets.without_case, sets.rows_without_case) == (2, 4)
    assert (sets.without_control, sets.rows_without_control) == (1, 2)


def test_separation_is_seen_with_several_cases_and_only_then():
    code = np.repeat([0, 1], 4)
    case = np.tile([True, True, False, False], 2)
    sets = build_matched_sets(code, case)
    x = np.array([3.0, 2, 2, 1, 5, 4, 0, 1])[:, None]  # a tie of case and control
    assert conditional_separation(x, sets).toward.tolist() == [1]
    assert conditional_separation(-x, sets).toward.tolist() == [-1]
    x[1] = 1.5  # one case below a control
    assert not conditional_separation(x, sets).separated


def test_separation_agrees_with_a_climb(rng):
    """Where the programme sees none, Newton finds a flat top; else the value runs off."""
    seen = set()
    for _ in range(60):
        designs = [tuple(d) for d in rng.integers(1, 4, size=(3, 2))]
        likelihood = drawn(rng, designs, p=2)
        x, sets = likelihood.covariates, likelihood.sets
        separated = conditional_separation(x, sets).separated
        solution, told = conditional_problem(x, sets).gated()
        assert told.separated == separated
        if solution is not None:
            assert solution.maximum.converged
        seen.add(separated)
    assert seen == {True, False}


def test_columns_matched_on_are_not_estimable(rng):
    likelihood = drawn(rng, [(1, 2)] * 4, p=1)
    x, place = likelihood.covariates, likelihood.sets.place
    table = np.column_stack([1e6 + place, x[:, 0], 2 * x[:, 0] + place])
    assert estimable_conditional_columns(table, likelihood.sets).tolist() == [1]
