"""Laws that every fit of the engine keeps, on random small registries.

Rows have ties, delayed entry, gaps, two centres, an antibody of three levels and two covariates
that are numbers. What must not change the answer does not, to the digits the climb is held
to; and where theory says that two models are one, they are.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from statsmodels.genmod.families import Poisson
from statsmodels.genmod.generalized_linear_model import GLM

from jdm_stats.likelihood.logistic import LogisticLikelihood
from jdm_stats.likelihood.partial import PartialLikelihood
from jdm_stats.likelihood.penalty import FirthPenalty
from jdm_stats.likelihood.points import evaluate_point
from jdm_stats.likelihood.risk_sets import build_risk_sets
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.fit import FitResult
from jdm_stats.models.logistic import fit_logistic
from jdm_stats.models.priors import LogF, NormalPrior
from tests.likelihood.compiled_rows import needs_compiler

pytestmark = pytest.mark.filterwarnings(
    "ignore::jdm_stats.errors.SeparationWarning",
    "ignore::jdm_stats.errors.ConvergenceWarning",
)
FORMULA = 'C(g, Treatment("a")) + x + z'
ENDS = ["conf_low", "conf_high"]
seeds = st.integers(0, 10**6)
ties_rules = st.sampled_from(["efron", "breslow"])
penalties = st.sampled_from([None, "firth", None])  # Firth's limits cost most
close = partial(np.testing.assert_allclose, rtol=1e-8, atol=1e-8)


def examples(number: int) -> Any:
    """Same examples every time, so that a slow or broken one can be found again."""
    return settings(max_examples=number, deadline=None, derandomize=True, database=None)


def registry(seed: int, n: int = 36) -> pd.DataFrame:
    """One row a child; whole days, so that many events are tied."""
    rng = np.random.default_rng(seed)
    start = np.where(rng.random(n) < 0.5, 0, rng.integers(0, 9, n))
    return pd.DataFrame(
        {
            "patient_id": [f"S{i:02d}" for i in range(n)],
            "start": start.astype(float),
            "stop": start + rng.integers(1, 14, n).astype(float),
            "event": rng.choice([0, 1, 2], n, p=[0.25, 0.65, 0.1]),
            "x": rng.normal(size=n).round(2),
            "z": rng.exponential(2.0, n).round(1),
            "g": rng.choice(list("abc"), n),
            "centre": rng.integers(0, 2, n),
            "w": rng.integers(1, 4, n),
            "part": rng.uniform(0.3, 3.0, n).round(3),
            "o": rng.normal(scale=0.4, size=n).round(3),
        }
    )


def cox(frame: pd.DataFrame, **options: Any) -> FitResult:
    """Stratified; a fit that exists, or the example is passed over."""
    options = {"strata": "centre", "interval": "wald"} | options
    fit = fit_cox(frame, options.pop("formula", FORMULA), **options)
    assume(fit.converged and np.isfinite(fit.summary["coef"]).all())
    return fit


def logistic(frame: pd.DataFrame, **options: Any) -> FitResult:
    options = {"event": "event", "interval": "wald"} | options
    fit = fit_logistic(frame, options.pop("formula", FORMULA), **options)
    assume(fit.converged and np.isfinite(fit.summary["coef"]).all())
    return fit


def values(fit: FitResult) -> np.ndarray:
    """Log-likelihoods at zero and at the estimate, without and with the penalty."""
    row = fit.glance().iloc[0]
    told = ["log_likelihood", "penalised_log_likelihood", "log_likelihood_null"]
    return row[[*told, "lr_statistic", "lr_p_value"]].to_numpy(dtype=float)


def same_fit(one: FitResult, other: FitResult) -> None:
    assert one.terms == other.terms
    close(other.summary["coef"], one.summary["coef"])
    close(other.covariance, one.covariance)
    close(other.robust_covariance(), one.robust_covariance())
    close(other.summary["p"], one.summary["p"])
    close(values(other), values(one))
    close(other.conf_int()[ENDS], one.conf_int()[ENDS])


def cut(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Cut most rows at a random moment, twice over."""
    rng = np.random.default_rng(seed)
    for _ in range(2):
        where = frame["start"] + rng.uniform(0.1, 0.9, len(frame)) * (
            frame["stop"] - frame["start"]
        )
        chosen = rng.random(len(frame)) < 0.7
        early = frame[chosen].assign(stop=where[chosen], event=0)
        late = frame[chosen].assign(start=where[chosen])
        frame = pd.concat([frame[~chosen], early, late], ignore_index=True)
    return frame


def timed(frame: pd.DataFrame, scale: float, shift: float) -> pd.DataFrame:
    return frame.assign(
        start=frame["start"] * scale + shift, stop=frame["stop"] * scale + shift
    )


CHANGES = {
    "split": cut,
    "permuted": lambda f, seed: f.sample(frac=1, random_state=seed),
    "split and permuted": lambda f, seed: cut(f, seed).sample(frac=1, random_state=1),
    "shifted": lambda f, seed: timed(f, 1.0, seed % 700 - 350),
    "in weeks": lambda f, seed: timed(f, 1 / 7, 0.0),
    "in years, shifted": lambda f, seed: timed(f, 1 / 365.25, seed % 9 + 0.1),
}
BY_PATIENT = ("martingale", "deviance", "score", "dfbeta")


@examples(40)
@given(
    change=st.sampled_from([*CHANGES]), seed=seeds, penalty=penalties, ties=ties_rules
)
def test_rows_cut_and_moved_and_clocks_changed_are_the_same_fit(
    change, seed, penalty, ties
):
    frame = registry(seed)
    options = {"penalty": penalty, "ties": ties, "interval": "profile"}
    one = cox(frame, **options)
    other = cox(CHANGES[change](frame, seed), **options)
    same_fit(one, other)
    for kind in BY_PATIENT:
        ours = one.residuals(kind, by_patient=True)
        close(other.residuals(kind, by_patient=True).loc[ours.index], ours)


@examples(25)
@given(seed=seeds, penalty=penalties, ties=ties_rules)
def test_patients_renamed_take_their_residuals_along(seed, penalty, ties):
    frame = cut(registry(seed), seed)
    one = cox(frame, penalty=penalty, ties=ties, interval="profile")
    names = frame["patient_id"].unique()
    new = dict(zip(names, np.random.default_rng(seed).permutation(names), strict=True))
    renamed = frame.assign(patient_id=frame["patient_id"].map(new))
    other = cox(renamed, penalty=penalty, ties=ties, interval="profile")
    same_fit(one, other)
    for kind in BY_PATIENT:
        ours = one.residuals(kind, by_patient=True)
        close(other.residuals(kind, by_patient=True).loc[ours.index.map(new)], ours)


@examples(30)
@given(seed=seeds, ties=ties_rules)
def test_twice_the_weights_are_half_the_variance(seed, ties):
    frame = registry(seed).assign(twice=lambda f: 2 * f["w"])
    for fit in (partial(cox, ties=ties, offset="o"), logistic):
        one = fit(frame, weights="w", weight_kind="frequency")
        two = fit(frame, weights="twice", weight_kind="frequency")
        close(two.summary["coef"], one.summary["coef"], rtol=1e-10, atol=1e-10)
        close(2 * two.covariance, one.covariance, atol=1e-12)
        assert values(two)[3] == pytest.approx(2 * values(one)[3], rel=1e-9, abs=1e-9)


@examples(25)
@given(seed=seeds, penalty=penalties)
def test_frequency_weights_are_rows_repeated(seed, penalty):
    """Under Breslow's rule, which takes no notice of who is tied with whom."""
    frame = registry(seed)
    again = frame.loc[frame.index.repeat(frame["w"])].reset_index(drop=True)
    again["patient_id"] = np.arange(len(again))
    options = {"penalty": penalty, "interval": "profile", "offset": "o"}
    for fit in (partial(cox, ties="breslow"), logistic):
        weighted = fit(frame, weights="w", weight_kind="frequency", **options)
        same_fit(weighted, fit(again, **options))


def contrasts(fit: FitResult, base: str) -> tuple[np.ndarray, np.ndarray]:
    """b, c, x and z as if a were the reference, with their covariance."""
    levels = [level for level in "abc" if level != base]
    names = [f"C(g, Treatment('{base}'))[T.{level}]" for level in levels]
    turn = np.zeros((4, 4))
    turn[2, 2] = turn[3, 3] = 1.0
    for row, level in enumerate("bc"):
        for column, other in enumerate(levels):
            turn[row, column] = float(level == other) - float(other == "a")
    terms = [*names, "x", "z"]
    covariance = fit.covariance.loc[terms, terms].to_numpy()
    return turn @ fit.summary.loc[terms, "coef"].to_numpy(), turn @ covariance @ turn.T


@examples(25)
@given(seed=seeds, penalty=penalties, ties=ties_rules, base=st.sampled_from("bc"))
def test_another_reference_level_is_the_same_fit(seed, penalty, ties, base):
    frame = registry(seed)
    again = f'C(g, Treatment("{base}")) + x + z'
    options = {"penalty": penalty, "interval": "profile", "weights": "w"}
    for fit in (partial(cox, ties=ties, offset="o"), logistic):
        one, other = fit(frame, **options), fit(frame, formula=again, **options)
        for mine, theirs in zip(
            contrasts(one, "a"), contrasts(other, base), strict=True
        ):
            close(mine, theirs)
        close(values(other), values(one))
        mine, theirs = one.conf_int()[ENDS], other.conf_int()[ENDS]
        turned = -theirs.loc[f"C(g, Treatment('{base}'))[T.a]"].to_numpy()[::-1]
        close(turned, mine.loc[f"C(g, Treatment('a'))[T.{base}]"])
        close(theirs.loc[["x", "z"]], mine.loc[["x", "z"]])


def slope(value: Any, beta: np.ndarray, step: float = 2e-3) -> np.ndarray:
    """Differentiate by eight points, which errs by the ninth derivative."""
    ahead = np.array([4 / 5, -1 / 5, 4 / 105, -1 / 280])
    found = np.zeros_like(beta)
    for j in range(len(beta)):
        unit = step * np.eye(len(beta))[j]
        found[j] = (
            sum(
                a * (value(beta + k * unit) - value(beta - k * unit))
                for k, a in enumerate(ahead, start=1)
            )
            / step
        )
    return found


@examples(40)
@given(seed=seeds, ties=ties_rules, kind=st.sampled_from(["cox", "logistic"]))
def test_firths_score_is_the_slope_of_the_penalised_likelihood(seed, ties, kind):
    frame = registry(seed)
    rng = np.random.default_rng(seed)
    x = np.column_stack([frame["g"] == "b", frame["x"], frame["z"] / 2]).astype(float)
    event = (frame["event"] == 1).to_numpy()
    weights, offset = frame["part"].to_numpy(), frame["o"].to_numpy()
    likelihood: Any
    if kind == "cox":
        sets = build_risk_sets(
            frame["start"].to_numpy(),
            frame["stop"].to_numpy(),
            event,
            strata=frame["centre"].to_numpy(),
        )
        own = sets.kept
        likelihood = PartialLikelihood(
            x[own], sets, ties, weights=weights[own], offset=offset[own]
        )
    else:
        x = np.column_stack([np.ones(len(x)), x])
        likelihood = LogisticLikelihood(
            x, event.astype(float), weights=weights, offset=offset
        )
    at = partial(evaluate_point, likelihood, FirthPenalty())
    beta = 0.5 * rng.normal(size=x.shape[1])
    here = at(beta)
    assume(np.isfinite(here.value))
    found = slope(lambda b: at(b).value, beta)
    scale = 1.0 + np.abs(here.gradient).max()
    np.testing.assert_allclose(found, here.gradient, rtol=0, atol=1e-9 * scale)


def risk_set_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """A row for every child at risk at every event time of its centre."""
    events = frame.loc[frame["event"] == 1, ["centre", "stop"]].drop_duplicates()
    pairs = events.rename(columns={"stop": "time"}).merge(frame, on="centre")
    pairs = pairs[(pairs["start"] < pairs["time"]) & (pairs["time"] <= pairs["stop"])]
    dies = (pairs["time"] == pairs["stop"]) & (pairs["event"] == 1)
    return pairs.assign(dies=dies.astype(float))


@examples(40)
@given(seed=seeds, weighted=st.booleans())
def test_cox_is_poisson_with_an_intercept_for_each_event_time(seed, weighted):
    """Breslow's likelihood is Poisson's, maximised over the intercepts (Whitehead 1980)."""
    frame = registry(seed)
    fit = cox(frame, ties="breslow", offset="o", weights="w" if weighted else None)
    rows = risk_set_rows(frame)
    sets = pd.get_dummies(rows.groupby(["centre", "time"]).ngroup()).to_numpy(float)
    heavy = rows["w"].to_numpy(float) if weighted else np.ones(len(rows))
    covariates = [rows["g"] == "b", rows["g"] == "c", rows["x"], rows["z"]]
    model = GLM(
        rows["dies"].to_numpy(),
        np.column_stack([*covariates, sets]).astype(float),
        family=Poisson(),
        offset=rows["o"].to_numpy(),
        freq_weights=heavy,
    )
    found = model.fit(tol=1e-14, maxiter=200, tol_criterion="params")
    close(fit.summary["coef"], found.params[:4])
    close(fit.summary["se(coef)"], found.bse[:4])
    deaths = sets.T @ (heavy * rows["dies"])
    constant = float((deaths * np.log(deaths) - deaths).sum())
    assert values(fit)[0] == pytest.approx(float(found.llf) - constant, abs=1e-8)


PRIORS = {
    "plain": None,
    "firth": "firth",
    "normal": NormalPrior(mean=0.2, sd=1.5),
    "log-F": {"x": LogF(1.0), "z": NormalPrior(sd=0.7)},
}


@needs_compiler
@examples(40)
@given(
    penalty=st.sampled_from([*PRIORS]),
    seed=seeds,
    ties=ties_rules,
    weights=st.sampled_from([None, "w"]),
)
def test_both_engines_give_one_fit(penalty, seed, ties, weights):
    frame = registry(seed)
    options: dict[str, Any] = {
        "penalty": PRIORS[penalty],
        "interval": "profile",
        "offset": "o",
        "weights": weights,
    }
    tight = partial(np.testing.assert_allclose, rtol=1e-9, atol=1e-9)
    for fit in (partial(cox, ties=ties), logistic):
        one = fit(frame, engine="numpy", **options)
        other = fit(frame, engine="compiled", **options)
        tight(other.summary["coef"], one.summary["coef"])
        tight(other.covariance, one.covariance)
        tight(values(other), values(one))
        close(other.conf_int()[ENDS], one.conf_int()[ENDS])
