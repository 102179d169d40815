"""Every plot, drawn from a small table that holds hostile text."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jdm_stats import plots

HOSTILE = "_$x_1$ & <b> %d \\frac{1}{2} $"


def forest(**options):
    tidy = pd.DataFrame(
        {
            "term": [HOSTILE, "b"],
            "estimate": [0.5, -0.5],
            "conf_low": [0.0, -1.0],
            "conf_high": [1.0, 0.0],
            "scale": "log hazard ratio",
        }
    )
    return plots.forest_plot({HOSTILE: tidy}, **options)


def proportions(**options):
    table = pd.DataFrame(
        {
            "cohort": [HOSTILE, "b"],
            "n": [10, 20],
            "events": [1, 2],
            "estimate": [0.1, 0.1],
            "conf_low": [0.01, 0.02],
            "conf_high": [0.4, 0.3],
            "overlap_group": ["g", "g"],
        }
    )
    return plots.proportion_forest(table, **options)


def rates(**options):
    table = pd.DataFrame(
        {
            "antibody": [HOSTILE, "SRP"],
            "events": [3, 0],
            "person_years": [100.0, 50.0],
            "rate": [3.0, 0.0],
            "conf_low": [0.6, 0.0],
            "conf_high": [8.8, 7.4],
            "upper_one_sided": [7.8, 6.0],
            "per_person_years": 100.0,
        }
    )
    return plots.rates_plot(table, **options)


def timing(**options):
    table = pd.DataFrame(
        {
            "label": [HOSTILE, "series"],
            "kind": ["case", "series"],
            "months": [5.0, 9.0],
            "low": [None, 1.0],
            "high": [None, 34.0],
        }
    )
    return plots.timing_plot(table, **options)


def curves():
    return pd.DataFrame(
        {
            "group": np.repeat([HOSTILE, "b"], 2),
            "time_days": [0, 400, 0, 500],
            "estimate": [0.0, 0.1, 0.0, 0.2],
            "conf_low": [0.0, 0.02, 0.0, 0.1],
            "conf_high": [0.0, 0.3, 0.0, 0.4],
            "n_at_risk": [10, 9, 8, 7],
            "n_events": [0, 1, 0, 2],
            "n_censored": 0,
        }
    )


def incidence(**options):
    return plots.incidence_plot(curves(), **options)


def survival(**options):
    table = curves()
    table[["estimate", "conf_low", "conf_high"]] = (
        1 - table[["estimate", "conf_high", "conf_low"]].to_numpy()
    )
    return plots.survival_plot(table, **options)


def courses(**options):
    table = pd.DataFrame(
        {
            "patient_id": [HOSTILE, HOSTILE],
            "start_day": [0, 110],
            "stop_day": [90, 112],
            "mg_kg_day": [1.0, 20.0],
            "pulse": [False, True],
        }
    )
    events = pd.DataFrame(
        {
            "patient_id": [HOSTILE, HOSTILE],
            "day": [100, 102],
            "event": ["gi_perforation", HOSTILE],
        }
    )
    return plots.course_plot(table, events, **options)


def flow(**options):
    table = pd.DataFrame(
        {
            "stage": ["all", HOSTILE],
            "n": [10, 8],
            "excluded": [0, 2],
            "reason": ["", HOSTILE],
        }
    )
    return plots.flow_plot(table, **options)


def ledger(**options):
    table = pd.DataFrame(
        {
            "event": [1, 2],
            "label": [HOSTILE, "b"],
            "term": HOSTILE,
            "estimate": [0.5, -0.5],
            "conf_low": [0.0, -1.0],
            "conf_high": [1.0, 0.0],
            "whole_estimate": 0.1,
            "whole_low": -1.0,
            "whole_high": 1.2,
            "scale": "log hazard ratio",
        }
    )
    return plots.ledger_plot(table, **options)


def operating(**options):
    table = pd.DataFrame(
        {
            "model": ["a", HOSTILE, "b"],
            "term": [HOSTILE, HOSTILE, "t"],
            "replicates": 200,
            "not_estimable": [0.0, 0.1, 1.0],
            "no_limits": [0.0, 0.1, 1.0],
            "coverage_of_truth": [0.5, 1.0, np.nan],
            "coverage_of_large_sample": [0.95, 0.9, np.nan],
        }
    )
    return plots.operating_plot(table, **options)


def diagram(**options):
    nodes = pd.DataFrame({"node": ["a", HOSTILE], "x": [0, 1], "y": [0, 1]})
    edges = pd.DataFrame({"source": ["a"], "target": [HOSTILE]})
    return plots.path_diagram(nodes, edges, adjusted=["a"], **options)


def sizes():
    return pd.DataFrame(
        {
            "n_children": [300, 3000, 300, 3000],
            "kind": [HOSTILE, HOSTILE, "b", "b"],
            "detectable_above": [10.9, 2.3, 8.6, 2.1],
            "detectable_below": [np.nan, 0.35, np.nan, 0.39],
            "power": [0.2, 0.9, 0.3, 0.95],
        }
    )


def detectable(**options):
    marks = pd.DataFrame({"n_children": [302], "label": [HOSTILE]})
    return plots.detectable_ratio_plot(sizes(), by="kind", marks=marks, **options)


def power(**options):
    return plots.power_plot(sizes(), by="kind", wanted=0.8, **options)


def steps(**options):
    table = pd.DataFrame(
        {
            "label": [HOSTILE, "b"],
            "status": ["reported", "assumed"],
            "low": [None, 2],
            "high": [None, 9],
            "words": [HOSTILE, "2 to 9 after it"],
        }
    )
    return plots.steps_plot(table, source=HOSTILE, **options)


def causal_order(**options):
    nodes = pd.DataFrame({"node": ["a", HOSTILE], "x": [0, 1], "y": [0, 1]})
    edges = pd.DataFrame({"source": ["a"], "target": [HOSTILE], "kind": ["assumed"]})
    return plots.causal_order_plot(nodes, edges, **options)


EVERY = [
    forest,
    ledger,
    proportions,
    rates,
    timing,
    incidence,
    survival,
    courses,
    flow,
    operating,
    diagram,
    detectable,
    power,
    causal_order,
    steps,
]
