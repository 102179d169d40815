"""Imputing any frame: what may change, what must not, and what is refused."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdm_stats.errors import UsageError
from jdm_stats.imputation.frame import impute_frame
from jdm_stats.imputation.pattern import missing_pattern
from jdm_stats.intervals.marks import is_synthetic


def example(rows: int = 80, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.uniform(1, 17, rows).round(1)
    frame = pd.DataFrame(
        {
            "age": age,
            "cmas": pd.array(rng.integers(0, 53, rows), dtype="Int64"),
            "antibody": rng.choice(["NXP2", "TIF1g", "none", "SAE"], rows),
            "ulcer": pd.array(rng.random(rows) < 0.3, dtype="boolean"),
            "ward": pd.Categorical(rng.choice(["x", "y"], rows), ["x", "y", "z"]),
            "weight_kg": (7 + 3 * age + rng.normal(0, 2, rows)).round(1),
        },
        index=pd.Index(rng.permutation(rows) * 3, name="place"),
    )
    for name, share in {
        "cmas": 0.2,
        "weight_kg": 0.2,
        "ulcer": 0.1,
        "ward": 0.1,
    }.items():
        frame.loc[rng.random(rows) < share, name] = None
    frame.loc[rng.random(rows) < 0.2, "antibody"] = "untested"
    return frame


def is_missing(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.isna() | (frame == "untested").fillna(False)


@settings(max_examples=15, deadline=None)
@given(st.integers(30, 90), st.integers(0, 10_000), st.integers(0, 10_000))
def test_observed_cells_stay_and_imputed_ones_were_seen(rows, data_seed, seed):
    frame = example(rows, data_seed)
    before = frame.copy(deep=True)
    missing = is_missing(frame)
    for filled in impute_frame(frame, m=2, rng=seed, iterations=2):
        assert not is_missing(filled).any().any()
        assert (filled.dtypes == frame.dtypes).all()
        assert filled.index.equals(frame.index)
        assert list(filled.columns) == list(frame.columns)
        for name in frame.columns:
            gaps = missing[name].to_numpy(bool)
            assert filled.loc[~gaps, name].equals(frame.loc[~gaps, name])
            assert set(filled.loc[gaps, name]) <= set(frame.loc[~gaps, name])
    pd.testing.assert_frame_equal(frame, before)


def test_imputation_k_is_the_same_whatever_m_and_differs_from_the_next():
    frame = example()
    few, many = impute_frame(frame, m=2, rng=9), impute_frame(frame, m=5, rng=9)
    assert few[1].equals(many[1]) and few[0].equals(many[0])
    assert not many[0].equals(many[1])
    assert not few[0].equals(impute_frame(frame, m=2, rng=10)[0])


def test_a_generator_seeds_and_the_global_one_is_left_alone():
    frame = example()
    np.random.seed(5)  # noqa: NPY002
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    one = impute_frame(frame, m=2, rng=np.random.default_rng(3))
    two = impute_frame(frame, m=2, rng=np.random.default_rng(3))
    assert one[0].equals(two[0]) and one.seed == two.seed
    assert one[0].equals(impute_frame(frame, m=1, rng=one.seed)[0])
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002
    rng = np.random.default_rng(3)
    assert (
        impute_frame(frame, m=1, rng=rng).seed != impute_frame(frame, m=1, rng=rng).seed
    )


def test_it_is_a_sequence():
    made = impute_frame(example(), m=3, rng=1)
    assert len(made) == 3 and len(list(made)) == 3
    assert made[-1].equals(made[2])
    assert [f.equals(g) for f, g in zip(made[1:], [made[1], made[2]], strict=True)] == [
        True,
        True,
    ]
    with pytest.raises(IndexError):
        made[3]
    assert pickle.loads(pickle.dumps(made))[1].equals(made[1])


def test_a_completed_frame_says_which_cells_were_imputed():
    frame = example()
    frame.attrs["jdm_stats"] = {"synthetic": True}
    made = impute_frame(frame, m=2, rng=1, columns=["cmas", "antibody"])
    noted = made[1].attrs["jdm_stats"]
    assert noted["synthetic"] is True and noted["imputed"]["imputation"] == 2
    gaps = np.flatnonzero(frame["cmas"].isna())
    assert noted["imputed"]["cells"]["cmas"] == gaps.tolist()
    assert set(noted["imputed"]["cells"]) == {"cmas", "antibody"}
    assert made[1]["weight_kg"].isna().sum() == frame["weight_kg"].isna().sum()
    assert repr(made).startswith("<SYNTHETIC Imputations")
    assert "SYNTHETIC" in made._repr_html_()


def test_chains_distributions_and_cells():
    frame = example(200)
    made = impute_frame(frame, m=4, rng=2, iterations=6)
    chains = made.chains
    assert set(chains["iteration"]) == set(range(1, 7))
    assert set(chains["imputation"]) == {1, 2, 3, 4}
    shares = chains[chains["column"] == "antibody"]
    total = shares.groupby(["imputation", "iteration"])["value"].sum()
    assert total.to_numpy() == pytest.approx(1.0)
    last = chains.query("column == 'cmas' and statistic == 'mean' and iteration == 6")
    gaps = frame["cmas"].isna().to_numpy()
    means = [float(f["cmas"][gaps].mean()) for f in made]
    assert last["value"].to_numpy() == pytest.approx(means)
    told = made.distributions().query("column == 'weight_kg'").set_index("statistic")
    assert told.loc["mean", "observed"] == pytest.approx(frame["weight_kg"].mean())
    cells = made.imputed_values()
    assert len(cells) == 4 * int(made.tally["imputed"].sum())
    one = cells.query("column == 'antibody' and imputation == 3")
    assert one["value"].tolist() == made[2]["antibody"].iloc[one["row"]].tolist()
    rhat = made.convergence().set_index(["column", "level", "statistic"])["rhat"]
    assert 0.7 < rhat.loc[("cmas", "", "mean")] < 2


def test_one_incomplete_column_needs_one_pass():
    frame = example()[["age", "weight_kg"]]
    made = impute_frame(frame, m=2, rng=1)
    assert set(made.chains["iteration"]) == {1}
    assert made.iterations == 1
    told = made.convergence()
    assert told["statistic"].tolist() == ["mean", "sd"] and told["rhat"].isna().all()


def test_helpers_with_gaps_help_and_stay_as_they_were():
    frame = example()
    made = impute_frame(frame, m=2, rng=1, columns=["cmas"], predictors=["weight_kg"])
    assert made[0]["weight_kg"].equals(frame["weight_kg"])
    role = made.tally.set_index("column")["role"]
    assert role.to_dict() == {"cmas": "imputed", "weight_kg": "helper"}
    assert any("weight_kg helped" in note for note in made.notes)


def test_a_predictor_that_tells_is_used():
    """Weight follows age: imputed weights do too, and without age they do not."""
    frame = example(400, 3)[["age", "weight_kg"]]
    gaps = frame["weight_kg"].isna()
    for predictors, least, most in (("age", 0.9, 1.0), ([], -0.3, 0.3)):
        made = impute_frame(
            frame, m=3, rng=1, columns=["weight_kg"], predictors=predictors
        )
        found = np.mean([f[gaps].corr().iloc[0, 1] for f in made])
        assert least < found < most


def test_nothing_missing_gives_the_frame_back():
    frame = example()[["age"]]
    made = impute_frame(frame, m=2, rng=1, columns=["age"])
    assert made[1].equals(frame)
    assert any("no missing value" in note for note in made.notes)
    assert made.imputed_values().empty and made.distributions().empty


def test_a_constant_or_empty_helper_does_no_harm():
    frame = example()[["age", "cmas"]].assign(same=1.0, empty=np.nan, word="w")
    made = impute_frame(frame, m=2, rng=1, columns=["cmas"])
    assert made[0]["cmas"].notna().all() and made[0]["empty"].isna().all()
    assert any("empty is known in too few" in note for note in made.notes)


def test_more_columns_than_rows_still_impute():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(12, 30))).add_prefix("x")
    frame.loc[:3, "x0"] = np.nan
    assert impute_frame(frame, m=2, rng=1)[1]["x0"].notna().all()


@pytest.mark.parametrize(
    ("frame", "options", "said"),
    [
        (example(), {"columns": ["wieght"]}, "'wieght'"),
        (example(), {"columns": ["cmas", "cmas"]}, "twice"),
        (example(), {"predictors": ["nought"]}, "predictors names 'nought'"),
        (
            example(),
            {"m": 0, "iterations": 1.5, "donors": True},
            "m must.*iter.*donors",
        ),
        (example(), {"rng": "x"}, "rng must be"),
        (example().assign(cmas=np.inf), {}, "cmas holds an infinite"),
        (pd.DataFrame({"patient_id": ["a", "a"], "x": [1, None]}), {}, "repeats"),
        (pd.DataFrame({"x": [None, 1.0, 2.0]}), {}, "known in 2 rows only"),
        (pd.DataFrame({"x": [None, *"aaaaaaa"]}), {}, "every missing one"),
        (pd.DataFrame({0: [1.0, None]}), {}, "name of its own"),
        (pd.DataFrame({"x": [None, *map(str, range(40))]}), {}, "40 different"),
    ],
)
def test_refusals(frame, options, said):
    with pytest.raises(UsageError, match=said):
        impute_frame(frame, **{"m": 2, "rng": 1, **options})


def test_a_table_that_is_no_frame_is_refused():
    with pytest.raises(UsageError, match="takes a DataFrame, not list"):
        impute_frame([1], rng=1)


def test_neither_the_order_of_columns_nor_of_named_children_matters():
    frame = example().assign(patient_id=[f"P{i:03d}" for i in range(80)])
    turned = frame.sample(frac=1, random_state=4)[list(frame.columns)[::-1]]
    first = impute_frame(frame, m=2, rng=3, iterations=2)[1]
    second = impute_frame(turned, m=2, rng=3, iterations=2)[1]
    assert second.loc[first.index, list(first.columns)].equals(first)


def test_dates_are_looked_at_but_neither_imputed_nor_learnt_from():
    visit = pd.to_datetime(pd.Series(["2020-01-01", None, "2020-02-01", None] * 20))
    visit.index = example().index
    frame = example().assign(visit=visit, span=visit - visit.min(), parts=[[1]] * 80)
    assert (
        missing_pattern(frame[["visit", "span"]]).counts["missing"].tolist() == [40] * 2
    )
    assert missing_pattern(frame[["parts"]]).n_complete == 80
    with pytest.raises(UsageError, match=r"visit.*dates.*days since diagnosis"):
        impute_frame(frame, columns=["visit"], rng=1)
    with pytest.raises(UsageError, match=r"visit, span, parts"):
        impute_frame(frame, predictors=["visit", "span", "parts"], rng=1)
    made = impute_frame(frame, m=1, rng=1, iterations=1)
    assert made.columns == impute_frame(example(), m=1, rng=1, iterations=1).columns
    assert any("Not used: visit, span, parts" in note for note in made.notes)
    assert made[0]["visit"].isna().sum() == 40


def test_a_text_of_many_values_is_left_out_and_said():
    frame = example().assign(address=[f"street {i}" for i in range(80)])
    made = impute_frame(frame, m=1, rng=1, iterations=1)
    assert any("Not used: address" in note for note in made.notes)


def test_every_table_of_simulated_children_is_marked():
    frame = example()
    frame.attrs["jdm_stats"] = {"synthetic": True}
    made = impute_frame(frame, m=2, rng=1, iterations=2)
    tables = (made.tally, made.chains, made.imputed_values(), made.distributions())
    assert all(is_synthetic(table) for table in (*tables, made.convergence(), made[0]))
