"""The committed recovery study is whole, told as it is, and comes out again.

By hand first: figures of six made-up replicates, worked on paper.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jdm_stats.likelihood.compiled.gate import gate
from tests.marked_tables import MARKED
from tests.recovery.design import CELLS, CHILDREN, TERMS, TRUTH, Cell, draw_cohort
from tests.recovery.findings import told
from tests.recovery.fitting import FATES, METHODS, SAMPLED_METHODS
from tests.recovery.measures import REASON_COLUMNS, table_of
from tests.recovery.page import KEY, PAGE, read_table, tables
from tests.recovery.study import (
    HERE,
    REASONS,
    STUDIES,
    replicates_of,
    run_cell,
    seeds_of,
    workers_of,
)

COMMITTED = read_table()
WHY = pd.read_csv(HERE / REASONS, keep_default_na=False)
TEXT = PAGE.read_text(encoding="utf-8")


def test_figures_of_made_up_replicates_are_those_worked_on_paper():
    """Estimates 1, 2, 3, 4, none, and a cohort of one event; the truth is 0."""
    low = [0.5, -1.0, np.nan, 2.0, np.nan]
    high = [1.5, 5.0, np.nan, np.inf, np.nan]
    records = pd.DataFrame(
        {
            "replicate": range(5),
            "events": [6, 6, 6, 6, 6],
            "method": "plain",
            "term": "dose",
            "fate": [0, 0, 0, 0, 1],
            "separated": [False] * 4 + [True],
            "estimate": [1.0, 2.0, 3.0, 4.0, np.nan],
            "std_error": [1.0, 1.0, 1.0, 3.0, np.nan],
            "ratio_p": [0.01, 0.5, 0.5, 0.2, np.nan],
            "profile_low": low,
            "profile_high": high,
        }
    )
    few = pd.DataFrame(
        {"replicate": [5], "events": [1], "method": "", "term": "", "fate": -1}
    )
    made = table_of(Cell("null", 6), "main", pd.concat([records, few]))
    found = made.set_index("measure")
    assert found.loc["excluded", "value"] == pytest.approx(1 / 6)
    assert found.loc["separated", "value"] == pytest.approx(0.2)
    assert found.loc["separated", "mc_error"] == pytest.approx(np.sqrt(0.2 * 0.8 / 5))
    assert found.loc["bias_mean", "value"] == 2.5
    assert found.loc["bias_mean", "mc_error"] == pytest.approx(np.sqrt(5 / 3 / 4))
    assert found.loc["bias_median", "value"] == 2.5
    assert found.loc["rmse", "value"] == pytest.approx(np.sqrt(30 / 4))
    assert found.loc["empirical_sd", "value"] == pytest.approx(np.sqrt(5 / 3))
    assert found.loc["model_se_mean", "value"] == 1.5
    assert found.loc["none_profile", "value"] == pytest.approx(0.4)
    assert found.loc["coverage_profile", "value"] == pytest.approx(1 / 3)
    assert found.loc["truth_below_profile", "value"] == pytest.approx(2 / 3)
    assert found.loc["truth_above_profile", "value"] == 0.0
    assert found.loc["infinite_profile", "value"] == pytest.approx(1 / 3)
    # p = 0.2 says "no effect is possible" where the limits from 2 upwards say it is not.
    assert found.loc["ratio_against_profile", "value"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("cell", [CELLS[3], CELLS[4], CELLS[8]], ids=lambda c: c.name)
def test_the_world_is_as_described(cell):
    drawn = [draw_cohort(cell, np.random.default_rng(k)) for k in range(60)]
    events = np.array([frame["event"].sum() for frame in drawn])
    assert abs(events.mean() - cell.events) < 4 * events.std() / np.sqrt(len(drawn))
    frame = pd.concat(drawn, keys=range(len(drawn)), names=["cohort"])
    assert (frame["start"] < frame["stop"]).all()
    child = frame.groupby(["cohort", "patient_id"])
    assert child.size().max() <= 8
    assert child["event"].sum().max() == 1
    last = frame[frame["event"] == 1]
    ends = child["stop"].transform("max").loc[last.index]
    assert (last["stop"] == ends).all()
    late = (child["start"].min() > 0).mean()
    assert abs(late - 0.5) < 0.03
    if cell.sampled:
        assert frame["weight"].min() > 1.0
        return
    assert abs(child["antibody"].first().mean() - 0.25) < 0.02
    assert abs(frame["pulse"].mean() - 0.1) < 0.01
    assert abs(frame["dose"].std() - 1.0) < 0.05
    for term in ("antibody", "pulse"):
        assert abs(np.corrcoef(frame[term], frame["dose"])[0, 1] - 0.5) < 0.04


def test_the_hazard_ratio_drawn_is_the_true_one():
    """Events by exposure to the antibody alone, in a world where nothing else acts."""
    cell = Cell("effects", 50)
    rng = np.random.default_rng(3)
    frame = pd.concat([draw_cohort(cell, rng) for _ in range(60)])
    x = frame[list(TERMS)].to_numpy()
    cumulative = (frame["stop"] ** 0.8 - frame["start"] ** 0.8).to_numpy()
    relative = np.exp(x @ np.array(TRUTH["effects"])) * cumulative
    events = frame["event"].to_numpy()
    for group in (x[:, 0] == 1, x[:, 1] == 1, x[:, 2] > 1, np.ones(len(x), dtype=bool)):
        expected = events.sum() * relative[group].sum() / relative.sum()
        assert abs(events[group].sum() - expected) < 4 * np.sqrt(expected)


def test_a_replicate_hangs_on_its_seed_alone():
    cell = Cell("effects", 6)
    first, again = (
        draw_cohort(cell, np.random.default_rng(seeds_of(cell, spawned)[2]))
        for spawned in (3, 5)
    )
    pd.testing.assert_frame_equal(first, again)
    other = draw_cohort(cell, np.random.default_rng(seeds_of(cell, 3)[1]))
    assert not first["dose"].equals(other["dose"])


def test_the_table_has_every_cell_method_and_term():
    there = set(COMMITTED.index)
    assert len(there) == len(COMMITTED)
    for study, cells in STUDIES.items():
        for cell in cells:
            at = (cell.world, cell.events, cell.sampled, study)
            chosen = SAMPLED_METHODS if cell.sampled else tuple(METHODS)
            kinds = ("robust", "sandwich") if cell.sampled else ("profile", "wald")
            if study == "jackknife":
                chosen, kinds = ("plain", "firth"), ("robust", "jackknife")
            assert (*at, "", "", "excluded") in there
            for method in chosen:
                for term in TERMS:
                    for kind in kinds:
                        for measure in ("coverage", "none", "rejects"):
                            assert (*at, method, term, f"{measure}_{kind}") in there
                    for measure in (*FATES, "bias_mean", "rmse", "empirical_sd"):
                        assert (*at, method, term, measure) in there
    assert len({cell.events for cell in CELLS}) == len(CHILDREN)


def test_numbers_of_replicates_add_up():
    for study, cells in STUDIES.items():
        for cell in cells:
            at = (cell.world, cell.events, cell.sampled, study, "", "", "excluded")
            assert COMMITTED.loc[at, "n"] == replicates_of(study, cell)
    fates = COMMITTED[COMMITTED.index.get_level_values("measure").isin(FATES)]
    total = fates["value"].groupby(level=KEY[:-1], sort=False).sum()
    assert np.allclose(total, 1.0, atol=1e-4)
    for key, row in COMMITTED.xs("bias_mean", level="measure").iterrows():
        estimated = COMMITTED.loc[(*key, "estimated")]
        assert row["n"] == round(estimated["value"] * estimated["n"])


def test_errors_of_shares_are_binomial():
    measures = COMMITTED.index.get_level_values("measure")
    shares = COMMITTED[
        measures.str.match(r"coverage_|none_|rejects_|truth_|infinite_|ratio_against_")
        | measures.isin([*FATES, "excluded", "plain_separated"])
    ].query("n > 0")
    p, n = shares["value"], shares["n"]
    assert ((p >= 0) & (p <= 1)).all()
    assert np.allclose(shares["mc_error"], np.sqrt(p * (1 - p) / n), atol=2e-4)
    whole = p * n
    assert np.allclose(whole, whole.round(), atol=0.05)


def test_coverage_and_misses_on_either_side_add_up():
    for kind in ("wald", "profile", "robust", "sandwich", "jackknife"):
        parts = [
            COMMITTED["value"].xs(f"{name}_{kind}", level="measure")
            for name in ("coverage", "truth_below", "truth_above")
        ]
        assert np.allclose(sum(parts).dropna(), 1.0, atol=1e-4)


def test_at_the_null_a_limit_rejects_when_it_does_not_cover():
    null = COMMITTED["value"].xs("null", level="world")
    for kind in ("wald", "profile", "robust", "sandwich"):
        covers = null.xs(f"coverage_{kind}", level="measure").dropna()
        rejects = null.xs(f"rejects_{kind}", level="measure").dropna()
        assert np.allclose(covers + rejects, 1.0, atol=1e-4)


def test_every_missing_estimate_is_listed_with_its_reason():
    assert tuple(WHY.columns) == REASON_COLUMNS
    listed = WHY[WHY["what"] == "no estimate"].astype({"events": int})
    listed = listed.groupby(KEY[:-1])["count"].sum()
    for key, row in COMMITTED.xs("estimated", level="measure").iterrows():
        missing = round((1.0 - row["value"]) * row["n"])
        assert missing == listed.get(key, 0)


def test_every_missing_limit_beside_an_estimate_is_listed_with_its_reason():
    for kind in ("wald", "profile", "robust", "jackknife"):
        listed = WHY[WHY["what"] == f"no {kind} limits"].astype({"events": int})
        listed = listed.groupby(KEY[:-1])["count"].sum()
        for key, row in COMMITTED.xs(f"none_{kind}", level="measure").iterrows():
            estimated = COMMITTED.loc[(*key, "estimated")]
            missing = row["value"] * row["n"]
            missing -= (1.0 - estimated["value"]) * estimated["n"]
            assert round(missing) == listed.get(key, 0)


def test_the_tables_of_the_page_are_those_of_the_study():
    written = tables(COMMITTED)
    shown = {name: body.strip() for _, name, body, _ in MARKED.findall(TEXT)}
    assert shown == written


@pytest.mark.parametrize("name", ["seed", "replicates", "children"])
def test_the_page_tells_the_design(name):
    from tests.recovery.study import SEED

    told = {
        "seed": f"seed {SEED}",
        "replicates": "1,000 cohorts",
        "children": ", ".join(map(str, CHILDREN.values())),
    }
    assert told[name] in " ".join(TEXT.split())


def _of_cell(table, cell):
    own = table[(table["world"] == cell.world) & (table["events"] == cell.events)]
    own = own[(own["sampled"] == cell.sampled) & (own["study"] == "main")]
    return own.set_index(["method", "term", "measure"])


@pytest.mark.slow
@pytest.mark.parametrize("cell", [CELLS[4], CELLS[8]], ids=lambda cell: cell.name)
def test_two_cells_come_out_again(cell):
    """Other machines may round a borderline limit the other way, hardly more than one."""
    if not (cell.sampled or gate().open):
        pytest.skip(f"an hour without the compiled path ({gate().reason})")
    with workers_of(2) as pool:
        found, _ = run_cell("main", cell, pool)
    drawn = _of_cell(found, cell)
    committed = _of_cell(COMMITTED.reset_index(), cell)
    assert list(drawn.index) == list(committed.index)
    share = drawn.index.get_level_values("measure").str.match(
        r"coverage_|none_|rejects_|truth_|infinite_|ratio_against_"
    )
    allowed = np.where(share, 1.001 / drawn["n"].clip(lower=1), 0.0)
    apart = (drawn["value"] - committed["value"]).abs()
    assert (apart.fillna(0) <= allowed + 1e-6 + 1e-3 * committed["value"].abs()).all()
    assert np.array_equal(drawn["value"].isna(), committed["value"].isna())


def test_a_sentence_takes_its_figures_from_the_table():
    at = ("effects", 6, False, "main", "firth", "dose")
    rows = pd.DataFrame(
        [
            (*at, "coverage_profile", 0.95, 0.007, 1000),
            (*at[:5], "pulse", "coverage_profile", 0.9, 0.01, 1000),
            (*at, "bias_mean", -0.125, 0.031, 990),
            (*at, "not_converged", 0.002, 0.001, 1000),
        ],
        columns=[*KEY, "value", "mc_error", "n"],
    ).set_index(KEY)
    assert told(rows, "coverage_profile firth 6 dose") == "95.0% (0.7)"
    assert told(rows, "coverage_profile firth 6 dose,pulse") == "90.0 to 95.0%"
    assert told(rows, "bias_mean firth 6 dose") == "-0.12 (0.03)"
    assert told(rows, "count not_converged dose") == "2"
    assert told(rows, "fits not_converged any") == "1,000"
    with pytest.raises(KeyError):
        told(rows, "bias_mean firth 12 dose")


def test_every_fit_converged_and_every_penalised_fit_has_its_profile_limits():
    """Where this fails, the page must say so, and why."""
    assert (COMMITTED["value"].xs("not_converged", level="measure") == 0).all()
    assert (COMMITTED["value"].xs("unseen", level="measure") == 0).all()
    none = COMMITTED["value"].xs("none_profile", level="measure")
    assert (none[none.index.get_level_values("method") != "plain"] == 0).all()
    infinite = COMMITTED["value"].xs("infinite_profile", level="measure")
    assert (infinite == 0).all()
    assert not (WHY["what"] == "warning").any()


def test_marks_of_the_page_are_sound():
    assert len(re.findall("<!-- end -->", TEXT)) == len(MARKED.findall(TEXT))


def test_the_note_of_robust_limits_tells_the_study():
    from jdm_stats.models import words

    at_six = COMMITTED.xs(("effects", 6, False, "main"), level=KEY[:4])["value"]
    plain, robust = (
        100 * at_six.xs(f"coverage_{kind}", level="measure")
        for kind in ("sandwich", "robust")
    )
    text = re.sub(r'"\n\s+"', "", Path(words.__file__).read_text(encoding="utf-8"))
    assert f"covered {plain.min():.0f} to {plain.max():.0f}%;" in text
    assert f"leverage-corrected, {robust.min():.0f}% and more" in text
