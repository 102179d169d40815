"""The logistic likelihood: on paper, against logistf and glm, far from zero."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from jdm_stats.likelihood.estimable import independent_columns
from jdm_stats.likelihood.fitting import separation_of
from jdm_stats.likelihood.problems import logistic_problem


def design(columns, terms):
    return np.column_stack([np.ones(len(columns["HG"])), *(columns[t] for t in terms)])


def two_by_two(a: int, b: int, c: int, d: int):
    """Exposed: a with, b without the outcome; unexposed: c and d."""
    x = np.column_stack([np.ones(a + b + c + d), np.repeat([1.0, 0.0], [a + b, c + d])])
    return x, np.repeat([1.0, 0.0, 1.0, 0.0], [a, b, c, d])


def test_two_by_two_on_paper():
    """log(ad/bc), variance 1/a + 1/b + 1/c + 1/d."""
    x, y = two_by_two(3, 5, 2, 20)
    solution = logistic_problem(x, y, firth=False).solve()
    np.testing.assert_allclose(solution.coefficients, np.log([0.1, 6.0]), rtol=1e-11)
    assert solution.covariance[1, 1] == pytest.approx(1 / 3 + 1 / 5 + 1 / 2 + 1 / 20)
    assert solution.covariance[0, 0] == pytest.approx(1 / 2 + 1 / 20)


def test_firth_of_a_saturated_table_adds_a_half_to_each_cell():
    """A saturated 2 x 2 table: Firth's estimate is Haldane's (Firth 1993)."""
    x, y = two_by_two(3, 0, 2, 20)
    solution = logistic_problem(x, y, firth=True).solve()
    odds_ratio = (3.5 * 20.5) / (0.5 * 2.5)
    assert solution.coefficients[1] == pytest.approx(np.log(odds_ratio), rel=1e-11)
    assert solution.coefficients[0] == pytest.approx(np.log(2.5 / 20.5), rel=1e-11)


def test_plain_endometrial_equals_glm(endometrial, r_fits):
    given = r_fits["plain"]
    x = design(endometrial, ["PI", "EH"])
    solution = logistic_problem(x, endometrial["HG"], firth=False).solve()
    np.testing.assert_allclose(solution.coefficients, given["coef"], rtol=1e-9)
    np.testing.assert_allclose(
        np.sqrt(np.diag(solution.covariance)), given["se"], rtol=1e-9
    )
    assert solution.log_likelihood == pytest.approx(given["loglik"], rel=1e-12)
    ends = np.array([[e.value for e in pair] for pair in solution.limits_95])
    np.testing.assert_allclose(ends[:, 0], given["lower"], rtol=1e-7)
    np.testing.assert_allclose(ends[:, 1], given["upper"], rtol=1e-7)


def test_firth_endometrial_equals_logistf_and_brglm2(
    endometrial, firth_records, r_fits
):
    given = firth_records["firth_logistic.endometrial"]
    x = design(endometrial, given["terms"][1:])
    problem = logistic_problem(x, endometrial["HG"], firth=True)
    solution = problem.solve()
    std_errors = np.sqrt(np.diag(solution.covariance))
    np.testing.assert_allclose(solution.coefficients, given["coef"], rtol=1e-9)
    np.testing.assert_allclose(
        solution.coefficients, r_fits["firth"]["coef"], rtol=1e-9
    )
    np.testing.assert_allclose(std_errors, r_fits["firth"]["se"], rtol=1e-9)
    np.testing.assert_allclose(
        std_errors, given["se_unaugmented_information"], rtol=1e-9
    )
    # logistf's own standard errors come from an augmented information and are smaller
    assert np.all(std_errors > np.array(given["se"]))
    ends = np.array([[e.value for e in pair] for pair in solution.limits_95])
    np.testing.assert_allclose(ends[:, 0], given["lower95"], rtol=1e-7)
    np.testing.assert_allclose(ends[:, 1], given["upper95"], rtol=1e-7)
    p_values = [solution.test((j,)).p_value for j in range(4)]
    np.testing.assert_allclose(p_values, given["p"], rtol=1e-8)
    full, null = given["loglik_null_full"]
    assert solution.penalised_log_likelihood == pytest.approx(full, rel=1e-11)
    assert problem.null_value == pytest.approx(null, rel=1e-11)
    together = solution.test((1, 2, 3))
    assert together.p_value == pytest.approx(chi2.sf(2 * (full - null), 3), rel=1e-9)


@pytest.mark.parametrize("firth", [False, True])
@pytest.mark.parametrize("shift", [1e3, 1e5, 1e7])
def test_a_covariate_far_from_zero_moves_the_intercept_alone(endometrial, firth, shift):
    """A calendar year, say. Slopes, tests and fit stay; the intercept pays, limits too."""
    y = endometrial["HG"]
    near = design(endometrial, ["PI", "EH"])
    far = near + np.array([0.0, shift, 0.0])
    first = logistic_problem(near, y, firth=firth).solve()
    other = logistic_problem(far, y, firth=firth).solve()
    digits = 1e-15 * shift + 1e-9
    np.testing.assert_allclose(
        other.coefficients[1:], first.coefficients[1:], rtol=digits
    )
    moved = first.coefficients[0] - shift * first.coefficients[1]
    assert other.coefficients[0] == pytest.approx(moved, rel=digits)
    assert other.log_likelihood == pytest.approx(first.log_likelihood, rel=1e-10)
    assert other.penalised_log_likelihood == pytest.approx(
        first.penalised_log_likelihood, rel=1e-8
    )
    ends = np.array([[e.value for e in pair] for pair in other.limits_95])
    close = np.array([[e.value for e in pair] for pair in first.limits_95])
    np.testing.assert_allclose(ends[1:], close[1:], rtol=1e3 * digits)
    # so far out the intercept is the slope times the shift, and so are its limits
    lower, upper = ends[0]
    assert lower < other.coefficients[0] < upper
    if shift >= 1e5:
        np.testing.assert_allclose([lower, upper], -shift * close[1, ::-1], rtol=2e-3)


def test_limits_of_the_intercept_are_those_of_a_slope_in_other_words(endometrial):
    """With x centred at c, the intercept is the log odds at x = c: one model, two codings."""
    y, pi = endometrial["HG"], endometrial["PI"]
    ones = np.ones(len(y))
    for firth in (False, True):
        raw = logistic_problem(np.column_stack([ones, pi]), y, firth=firth).solve()
        swapped = logistic_problem(
            np.column_stack([ones, 1 - pi / 10]), y, firth=firth
        ).solve()
        # eta = a + b pi = (a + 10 b) - 10 b (1 - pi / 10)
        assert swapped.coefficients[1] == pytest.approx(
            -10 * raw.coefficients[1], rel=1e-9
        )
        assert swapped.test((1,)).p_value == pytest.approx(
            raw.test((1,)).p_value, rel=1e-8
        )
        # testing both at once is testing both at once, however coded
        assert swapped.test((0, 1)).statistic == pytest.approx(
            raw.test((0, 1)).statistic, rel=1e-8
        )


def test_independent_columns():
    x = np.array([[1.0, 5, 2, 7], [1.0, 6, 3, 8], [1.0, 8, 5, 7], [1.0, 1, -2, 3]])
    # the third is the second less 3 times the first
    assert independent_columns(x).tolist() == [0, 1, 3]


def test_separation_is_reported_of_the_callers_intercept(endometrial):
    """NV runs to infinity; the intercept at NV = 0 does not, though centring mixes them."""
    x = design(endometrial, ["NV", "PI", "EH"])
    found = separation_of(logistic_problem(x, endometrial["HG"], firth=False))
    assert found.separated
    assert found.toward.tolist() == [0, 1, 0, 0]
