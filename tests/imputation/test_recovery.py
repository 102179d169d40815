"""Does pooling after imputation find a truth that leaving children out misses?

Children with an antibody, a sign of the skin that goes with it, and a rare event; the
hazard ratio of NXP2 is 4. Values go missing completely at random, or at random given
the sign and the outcome: children with the sign and without the event are rarely tested.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jdm_stats.imputation.frame import impute_frame
from jdm_stats.imputation.hazard import cumulative_hazard
from jdm_stats.imputation.pooling import pool_fits
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.fit import FitResult

TRUTH = np.log(4.0)
CLASSES = ["TIF1g", "none", "MDA5", "SAE"]


def world(rng: np.random.Generator, children: int = 400) -> pd.DataFrame:
    nxp2 = rng.random(children) < 0.25
    others = rng.choice(CLASSES, children, p=[0.45, 0.4, 0.11, 0.04])
    sign = rng.random(children) < np.where(nxp2, 0.7, 0.2)
    hazard = 0.008 * np.where(nxp2, 4.0, 1.0)
    time, leave = rng.exponential(1 / hazard), rng.uniform(1, 6, children)
    return pd.DataFrame(
        {
            "start": 0.0,
            "stop": np.minimum(time, leave),
            "event": (time <= leave).astype(int),
            "antibody": np.where(nxp2, "NXP2", others.astype(object)),
            "sign": sign.astype(float),
            "age": rng.uniform(1, 17, children),
        }
    )


def untested(rng: np.random.Generator, frame: pd.DataFrame, how: str) -> pd.DataFrame:
    chance = 0.3
    if how == "MAR":
        chance = np.where((frame["sign"] == 1) & (frame["event"] == 0), 0.7, 0.1)
    gone = rng.random(len(frame)) < chance
    return frame.assign(antibody=frame["antibody"].where(~gone, "untested"))


def fit(frame: pd.DataFrame) -> FitResult:
    tested = frame[frame["antibody"] != "untested"]
    nxp2 = (tested["antibody"] == "NXP2").astype(float)
    return fit_cox(tested.assign(nxp2=nxp2), "nxp2", penalty="firth")


def study(how: str, runs: int, m: int, seed: int) -> pd.DataFrame:
    """Estimate and limits of three analyses per run: all known, complete, imputed."""
    rng, found = np.random.default_rng(seed), []
    while len(found) < 3 * runs:
        full = world(rng)
        if full["event"].sum() < 12:
            continue
        holed = untested(rng, full, how)
        holed["hazard"] = cumulative_hazard(holed["stop"], holed["event"])
        made = impute_frame(
            holed,
            m=m,
            rng=rng,
            columns=["antibody"],
            predictors=["event", "hazard", "sign", "age"],
        )
        run = len(found) // 3
        for name, result in (
            ("full", fit(full)),
            ("complete", fit(holed)),
            ("imputed", pool_fits(made, fit)),
        ):
            row = result.tidy().iloc[0]
            found.append(
                {"run": run, "analysis": name}
                | {
                    k: row[k]
                    for k in ("estimate", "std_error", "conf_low", "conf_high")
                }
            )
    return pd.DataFrame(found)


def apart_from_full(found: pd.DataFrame) -> pd.DataFrame:
    wide = found.pivot(index="run", columns="analysis", values="estimate")
    return wide.sub(wide["full"], axis=0)[["complete", "imputed"]]


def test_imputation_takes_away_the_bias_of_complete_cases():
    apart = apart_from_full(study("MAR", runs=16, m=5, seed=3))
    error = apart.std() / np.sqrt(len(apart))
    assert apart["complete"].mean() > 0.4  # leaving children out doubles the ratio
    assert abs(apart["imputed"].mean()) < 3 * error["imputed"] + 0.05
    assert apart["imputed"].std() < apart["complete"].std() * 1.5


@pytest.mark.slow
@pytest.mark.parametrize("how", ["MCAR", "MAR"])
def test_bias_and_coverage(how):
    found = study(how, runs=800, m=10, seed=20261123)
    found["covers"] = found["conf_low"].le(TRUTH) & found["conf_high"].ge(TRUTH)
    covers = found.groupby("analysis")["covers"].mean()
    bias = found.groupby("analysis")["estimate"].mean() - TRUTH
    width = (found["conf_high"] - found["conf_low"]).groupby(found["analysis"]).mean()
    print(pd.DataFrame({"bias": bias, "covers": covers, "width": width}).round(3))  # noqa: T201
    assert covers["imputed"] >= 0.92
    assert abs(bias["imputed"] - bias["full"]) < 0.1
    if how == "MAR":
        assert bias["complete"] - bias["full"] > 0.4
        assert covers["complete"] < covers["imputed"]
    else:
        assert width["imputed"] < width["complete"]


def late_world(rng: np.random.Generator, children: int = 700) -> pd.DataFrame:
    """Half enter late; death competes and is twice as frequent under NXP2."""
    frame = world(rng, children)
    nxp2 = (frame["antibody"] == "NXP2").to_numpy()
    time = rng.exponential(1 / (0.012 * np.where(nxp2, 4.0, 1.0)))
    death = rng.exponential(1 / (0.03 * np.where(nxp2, 2.0, 1.0)))
    start = np.where(rng.random(children) < 0.5, 0.0, rng.uniform(0, 3, children))
    stop = np.minimum(np.minimum(time, death), start + rng.uniform(1, 5, children))
    frame = frame.assign(start=start, stop=stop, event=(stop == time).astype(int))
    frame = frame.assign(death=(stop == death).astype(float))
    return frame[frame["stop"] > frame["start"]].reset_index(drop=True)


@pytest.mark.slow
def test_late_entry_and_competing_death():
    rng, found = np.random.default_rng(909), []
    for _ in range(250):
        full = late_world(rng)
        rarely = (full["sign"] == 1) & (full["event"] == 0) & (full["death"] == 0)
        gone = rng.random(len(full)) < np.where(rarely, 0.7, 0.1)
        holed = full.assign(antibody=full["antibody"].where(~gone, "untested"))
        for name in ("event", "death"):
            holed[f"{name}_hazard"] = cumulative_hazard(
                holed["stop"], holed[name], holed["start"]
            )
        helping = ["event", "event_hazard", "death", "death_hazard", "sign", "age"]
        made = impute_frame(
            holed, m=8, rng=rng, columns=["antibody"], predictors=helping
        )
        for name, result in (
            ("complete", fit(holed)),
            ("imputed", pool_fits(made, fit)),
        ):
            row = result.tidy().iloc[0]
            covers = row["conf_low"] <= TRUTH <= row["conf_high"]
            found.append((name, row["estimate"] - TRUTH, covers))
    means = (
        pd.DataFrame(found, columns=["analysis", "bias", "covers"])
        .groupby("analysis")
        .mean()
    )
    print(means.round(3))  # noqa: T201
    assert means.loc["complete", "bias"] > 0.3
    assert abs(means.loc["imputed", "bias"]) < 0.08
    assert means.loc["imputed", "covers"] >= 0.92
