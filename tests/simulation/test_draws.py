"""Keyed streams and our own inverse transforms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from jdm_stats.errors import UsageError
from jdm_stats.simulation.draws import (
    BLOCK,
    Streams,
    exponential,
    normal_quantile,
    one_seed,
    pick,
    weibull,
)

U = (np.arange(20_000) + 0.5) / 20_000


def test_normal_quantile_agrees_with_scipy_over_the_whole_range():
    tails = np.array([1e-12, 1e-6, 0.02424, 0.02426, 0.97574, 0.97576, 1 - 1e-6])
    u = np.concatenate([U, tails])
    assert np.allclose(normal_quantile(u, 9), stats.norm.ppf(u), rtol=2e-9, atol=2e-9)


def test_normal_quantile_is_finite_at_zero():
    assert np.isfinite(normal_quantile(np.array([0.0]))).all()


def test_exponential_and_weibull_invert_their_distribution():
    assert np.allclose(exponential(U), stats.expon.ppf(U), atol=1e-9)
    whole = stats.weibull_min(1.58, scale=8.13)
    expected = whole.ppf(U * whole.cdf(18.0))
    assert np.abs(weibull(U, 1.58, 8.13, 18.0) - expected).max() <= 0.0100001


def test_ages_stay_below_eighteen():
    assert weibull(np.array([1 - 2**-53]), 1.58, 8.13, 18.0)[0] == 17.99


def test_pick_gives_each_label_its_share():
    picked = pick(U, [("a", 0.25), ("b", 0.6), ("c", 0.15)])
    shares = {label: (picked == label).mean() for label in "abc"}
    assert shares == pytest.approx({"a": 0.25, "b": 0.6, "c": 0.15})


def test_streams_give_a_child_the_same_numbers_whoever_else_is_drawn():
    alone = Streams(3, np.array([700]))
    crowd = Streams(3, np.arange(1024))
    assert (
        alone.uniforms("child", 5)[:, 0] == crowd.uniforms("child", 5)[:, 700]
    ).all()
    one, all_ = (streams.uniforms("flare_daily", 70) for streams in (alone, crowd))
    assert (one[:, 0] == all_[:, 700]).all()


def test_more_rows_leave_the_earlier_rows_as_they_were():
    streams = Streams(3, np.arange(BLOCK))
    assert (streams.uniforms("child", 9)[:4] == streams.uniforms("child", 4)).all()


def test_topics_blocks_seeds_and_attempts_differ():
    index = np.arange(2 * BLOCK)
    base = Streams(3, index).uniforms("child", 1)[0]
    others = [
        Streams(3, index).uniforms("events", 1)[0],
        Streams(4, index).uniforms("child", 1)[0],
        Streams(3, index, attempt=1).uniforms("child", 1)[0],
    ]
    assert all((base != other).all() for other in others)
    assert (base[:BLOCK] != base[BLOCK:]).all()


@pytest.mark.parametrize("wrong", [-1, 1.5, True, "7", None])
def test_a_seed_that_is_none_is_refused(wrong):
    with pytest.raises(UsageError, match="rng must be"):
        one_seed(wrong)


def test_a_generator_gives_one_integer_seed():
    first, again = (one_seed(np.random.default_rng(5)) for _ in range(2))
    assert first == again
    assert isinstance(first, int)
