"""fit_many and fit_arrays: equal to single fits, on both paths, gate and peaks included."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.likelihood.compiled.gate import gate
from jdm_stats.models.array_door import fit_arrays
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.logistic import fit_logistic
from jdm_stats.models.many import fit_many

needs_compiler = pytest.mark.skipif(not gate().open, reason=gate().reason or "open")
ENGINES = ["numpy", pytest.param("compiled", marks=needs_compiler)]
# Skewed doses of eight children each: the lower of two peaks is nearer to zero.
TWO_PEAKS = (
    [11.870652, 0.832593, 2.726663, 0.148868, 9.279034, 1.803655, 0.45253, 2.161178],
    [1, 4, 8, 2, 7, 6, 5, 3],
    [0, 0, 1, 1, 0, 0, 1, 0],
)


def studies(rng: np.random.Generator, count: int, n: int) -> pd.DataFrame:
    frames = []
    for number in range(count):
        x = rng.lognormal(0, 1.5, (n, 2))
        x[:, 0] = rng.random(n) < 0.3
        stop = rng.integers(2, 12, n)
        start = np.floor(stop * rng.uniform(0, 0.6, n))
        event = rng.random(n) < 0.35
        event[0] = True
        frame = pd.DataFrame(x, columns=["a", "b"])
        frames.append(frame.assign(start=start, stop=stop, event=event, study=number))
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("penalty", [None, "firth"])
@pytest.mark.parametrize("interval", ["wald", "profile"])
def test_many_fits_are_the_single_fits(engine, penalty, interval):
    rows = studies(np.random.default_rng(3), 12, 14)
    shuffled = rows.sample(frac=1.0, random_state=1)
    fits = fit_many(
        shuffled[["a", "b"]].to_numpy(),
        shuffled["event"],
        shuffled["start"],
        shuffled["stop"],
        by=shuffled["study"],
        penalty=penalty,
        interval=interval,
        engine=engine,
    )
    for label, own in rows.groupby("study"):
        at = list(fits.labels).index(label)
        with pd.option_context("mode.chained_assignment", None):
            single = _quiet_fit(own, penalty, interval)
        assert bool(fits.separated[at]) == single.separated
        summary = single.summary
        close = {"rtol": 1e-8, "atol": 1e-9, "equal_nan": True}
        for ours, theirs in (
            (fits.coefficients, "coef"),
            (fits.conf_low, "coef lower 95%"),
            (fits.conf_high, "coef upper 95%"),
        ):
            np.testing.assert_allclose(ours[at], summary[theirs], **close)


def _quiet_fit(own, penalty, interval):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit_cox(own, "a + b", penalty=penalty, interval=interval)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("interval", ["wald", "profile"])
def test_the_higher_of_two_peaks_is_found_whatever_the_limits(engine, interval):
    dose, stop, event = TWO_PEAKS
    x = np.array(dose)[:, None]
    fit = fit_arrays(
        x, event, stop=stop, penalty="firth", interval=interval, engine=engine
    )
    assert fit.coefficients[0] == pytest.approx(-1.404, abs=1e-3)
    assert fit.log_likelihood == pytest.approx(-1.203, abs=1e-3)


@needs_compiler
def test_both_paths_reach_the_same_peak_under_skewed_doses():
    rng = np.random.default_rng(11)
    rows = studies(rng, 60, 8)
    given = (rows[["b"]].to_numpy(), rows["event"], rows["start"], rows["stop"])
    both = [
        fit_many(*given, by=rows["study"], penalty="firth", engine=engine)
        for engine in ("numpy", "compiled")
    ]
    np.testing.assert_allclose(
        both[0].log_likelihood, both[1].log_likelihood, rtol=1e-9, atol=1e-9
    )
    assert both[0].separated.tolist() == both[1].separated.tolist()
    assert any(both[0].separated)


@pytest.mark.parametrize("engine", ENGINES)
def test_wald_figures_of_a_firth_fit_are_refused_under_separation(five_events, engine):
    x = five_events[["nxp2", "tif1g", "mda5", "dose_mg_kg"]].to_numpy(float)
    given = (x, five_events["event"], five_events["start"], five_events["stop"])
    fit = fit_arrays(*given, penalty="firth", ties="breslow", engine=engine)
    assert fit.converged and fit.separated
    assert np.exp(fit.coefficients[0]) == pytest.approx(7.84, abs=0.01)
    assert np.isnan([*fit.conf_low, *fit.conf_high, *fit.p_values]).all()
    assert "monotone likelihood" in fit.reason
    profile = fit_arrays(
        *given, penalty="firth", ties="breslow", interval="profile", engine=engine
    )
    assert profile.p_values[0] == pytest.approx(0.079, abs=0.001)
    plain = fit_arrays(*given, engine=engine)
    assert plain.separated and not plain.converged
    assert np.isnan(plain.coefficients).all() and "firth" in plain.reason


@pytest.mark.parametrize("engine", ENGINES)
def test_logistic_arrays_equal_fit_logistic(endometrial, engine):
    terms = ["PI", "EH"]
    fit = fit_arrays(
        endometrial[terms].to_numpy(float),
        endometrial["HG"],
        model="logistic",
        engine=engine,
    )
    single = fit_logistic(endometrial, "HG ~ PI + EH").summary
    np.testing.assert_allclose(fit.coefficients, single["coef"], rtol=1e-9)
    np.testing.assert_allclose(fit.std_errors, single["se(coef)"], rtol=1e-9)


def test_every_fault_of_the_arrays_at_once():
    with pytest.raises(UsageError, match=r"columns \[0\].*0 and 1 only.*stop= *"):
        fit_arrays([[np.nan], [1.0]], [0, 2])
    with pytest.raises(UsageError, match=r"rows \[1\].*do not stop after"):
        fit_arrays([[0.0], [1.0]], [1, 0], [0, 3], [2, 3])
    with pytest.raises(UsageError, match="weights must be above zero"):
        fit_arrays([[0.0], [1.0]], [1, 0], stop=[2, 3], weights=[1, 0])
    with pytest.raises(UsageError, match="by must name"):
        fit_many([[0.0], [1.0]], [1, 0], stop=[2, 3], by=[1])


def test_no_event_and_a_constant_column_have_their_reasons():
    none = fit_arrays([[0.0], [1.0]], [0, 0], stop=[2, 3])
    assert not none.converged and "no event" in none.reason
    same = fit_arrays([[1.0], [1.0]], [1, 0], stop=[2, 3])
    assert not same.converged and "does not vary" in same.reason
