"""Children that resemble the index case: scores worked on paper, and what keeps them so."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import PlanError, UsageError
from jdm_stats.simulation.similarity import pattern_similarity
from jdm_stats.simulation.similarity.settings import CRITERIA
from jdm_stats.simulation.simulate import simulate_cohort
from tests.simulation.similarity.pattern_children import SCORES, children, tables


@pytest.fixture(scope="module")
def alike():
    return pattern_similarity(children())


@pytest.fixture(scope="module")
def simulated():
    return simulate_cohort(120, rng=3, n_index_pattern=2)


def answers(result, child):
    return result.table.set_index("patient_id").loc[child]


def test_scores_are_those_worked_on_paper(alike):
    table = alike.table
    assert table["patient_id"].tolist() == list(SCORES)
    assert table["rank"].tolist() == [1, 2, 3, 4, 5, 6]
    for child, (lower, upper) in SCORES.items():
        row = answers(alike, child)
        assert row["score"] == pytest.approx(lower / 23, abs=1e-6)
        assert row["score_upto"] == pytest.approx(upper / 23, abs=1e-6)
        assert row["share_known"] == pytest.approx(1 - (upper - lower) / 23, abs=1e-6)


def test_every_step_of_the_twin_is_told_with_its_days(alike):
    steps = alike.steps
    twin = steps[steps["patient_id"] == "twin"].set_index("step")
    assert (twin["shown"] == "yes").all()
    assert twin.loc["high_dose_before", "why"] == (
        "pulse of 30 mg/kg of methylprednisolone on days 40 to 42, begun 12 days and "
        "ended 10 days before the first perforation (day 52)"
    )
    assert twin.loc["high_dose_before", "days"] == "days 40 to 42"
    assert twin.loc["multiple_perforations", "days"] == "days 52 and 66"
    assert twin.loc["repeated_surgery", "days"] == "days 52, 67 and 80"
    assert twin.loc["stoma", "first_day"] == twin.loc["stoma", "last_day"] == 80
    assert "38 days after the first perforation" in twin.loc["jak_inhibitor", "why"]
    assert "14 days after the last perforation" in twin.loc["low_dose", "why"]
    assert twin.loc["recovery", "why"] == "CMAS 4 on day 60, 30 on day 200"
    assert pd.isna(twin.loc["girl", "first_day"])


def test_a_pulse_after_the_perforation_is_not_one_before_it(alike):
    assert answers(alike, "after")["high_dose_before"] == "no"
    assert "the next one came 3 days after it (day 103)" in alike.why(
        "after", "high_dose_before"
    )


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (99, 99, "yes"),  # the day before
        (100, 102, "no"),  # its own day: it may be its treatment
        (70, 70, "yes"),  # the first of thirty days before
        (69, 69, "no"),
        (60, 70, "yes"),
    ],
)
def test_the_window_before_the_perforation_ends_the_day_before(first, last, shown):
    given = tables()
    courses = given["courses"]
    own = courses["patient_id"] == "after"
    courses.loc[own, ["start_day", "stop_day"]] = [first, last]
    result = pattern_similarity(Cohort(**given))
    assert answers(result, "after")["high_dose_before"] == shown


def test_doses_in_mg_are_read_by_weight(alike):
    assert alike.why("died", "high_dose_before") == (
        "1 mg/kg/day of prednisone-equivalent or more outside pulses on days 10 to 59 "
        "(2 at the end), begun 50 days and ended 1 day before the first perforation "
        "(day 60)"
    )
    given = tables()
    given["patients"].loc[given["patients"]["patient_id"] == "died", "weight_kg"] = 61.0
    result = pattern_similarity(Cohort(**given))
    assert answers(result, "died")["high_dose_before"] == "no"  # 60 mg of 61 kg
    without = tables()
    without["patients"].loc[
        without["patients"]["patient_id"] == "died", "weight_kg"
    ] = None
    result = pattern_similarity(Cohort(**without))
    assert answers(result, "died")["high_dose_before"] == "not known"
    assert "no weight" in result.why("died", "high_dose_before")


def test_oral_doses_of_one_day_add_up():
    given = tables()
    twice = given["courses"].query("patient_id == 'died'").assign(dose_mg=16.0)
    other = twice.assign(drug="prednisone")
    rest = given["courses"].query("patient_id != 'died'")
    one = Cohort(**(given | {"courses": pd.concat([rest, twice])}))
    two = Cohort(**(given | {"courses": pd.concat([rest, twice, other])}))
    shown = [
        answers(pattern_similarity(cohort), "died")["high_dose_before"]
        for cohort in (one, two)
    ]
    assert shown == ["no", "yes"]  # 16/30 and 32/30 mg/kg


def test_what_is_not_recorded_is_not_known(alike):
    steps = alike.steps.set_index(["patient_id", "step"])
    for child, step, words in [
        ("untested", "nxp2", "not tested"),
        ("died", "girl", "sex is not recorded"),
        ("died", "age", "age at diagnosis is not recorded"),
        ("no dose", "high_dose_before", "prednisone from day 1 has no dose"),
        ("no dose", "multiple_perforations", "followed for only 40 days"),
        ("no dose", "low_dose", "followed for only 40 days"),
        ("after", "recovery", "no CMAS"),
        ("after", "gi_then_high_dose", "when GI involvement began is not recorded"),
    ]:
        row = steps.loc[(child, step)]
        assert row["shown"] == "not known"
        assert words in row["why"]
    # Death ends the story: what had not happened by then did not happen.
    assert steps.loc[("died", "repeated_surgery"), "shown"] == "no"
    assert "before death (day 70)" in steps.loc[("died", "repeated_surgery"), "why"]


def test_an_operation_without_a_text_may_have_made_a_stoma():
    given = tables()
    events = given["events"]
    events.loc[events["event"] == "surgery", "site"] = None
    result = pattern_similarity(Cohort(**given))
    assert answers(result, "twin")["stoma"] == "not known"
    assert "not recorded" in result.why("twin", "stoma")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("jejunostomy", "yes"),
        ("Ileostoma, doppelläufig", "yes"),
        ("Anus praeter", "yes"),
        ("loop ileostomy", "yes"),
        ("anastomosis", "no"),
        ("tracheostomy", "no"),
        ("closure, no stoma", "no"),
        ("stomach", "no"),
    ],
)
def test_a_stoma_is_known_by_the_text_of_the_operation(text, shown):
    given = tables()
    events = given["events"]
    events.loc[events["site"] == "Jejunostomy", "site"] = text
    assert answers(pattern_similarity(Cohort(**given)), "twin")["stoma"] == shown


def test_a_suspected_perforation_is_neither_yes_nor_no():
    given = tables()
    events = given["events"].assign(definite=True)
    events.loc[events["patient_id"] == "after", "definite"] = False
    row = answers(pattern_similarity(Cohort(**(given | {"events": events}))), "after")
    assert row["perforation"] == row["high_dose_before"] == row["stoma"] == "not known"


def test_two_sites_on_one_day_are_two_perforations():
    given = tables()
    more = pd.DataFrame(
        {
            "patient_id": ["after"],
            "day": 100,
            "event": "gi_perforation",
            "site": "colon",
        }
    )
    events = pd.concat([given["events"], more])
    result = pattern_similarity(Cohort(**(given | {"events": events})))
    assert answers(result, "after")["multiple_perforations"] == "yes"
    assert "at different sites" in result.why("after", "multiple_perforations")


def test_a_drug_begun_before_the_perforation_is_no_change_of_course():
    given = tables()
    courses = given["courses"]
    twin = courses["patient_id"] == "twin"
    courses.loc[twin & (courses["drug"] == "tofacitinib"), "start_day"] = 30
    result = pattern_similarity(Cohort(**given))
    assert answers(result, "twin")["jak_inhibitor"] == "no"
    assert "begun before the first perforation" in result.why("twin", "jak_inhibitor")


def test_a_child_who_entered_late_may_have_courses_nobody_recorded():
    given = tables()
    after = given["patients"]["patient_id"] == "after"
    given["patients"].loc[after, "entry_day"] = 90
    result = pattern_similarity(Cohort(**given))
    assert answers(result, "after")["high_dose_before"] == "not known"
    assert "entered on day 90" in result.why("after", "high_dose_before")


def test_a_cohort_of_patients_alone_says_what_it_can():
    patients = tables()["patients"].replace({"exit_reason": {"death": "lost"}})
    result = pattern_similarity(Cohort(patients))
    twin = answers(result, "twin")
    assert twin["score"] == pytest.approx(4 / 23, abs=1e-6)
    assert twin["score_upto"] == 1.0
    after = answers(result, "after")
    assert after["score"] == 0.0
    assert after["score_upto"] == pytest.approx(19 / 23, abs=1e-6)
    assert set(result.table["perforation"]) == {"not known"}


def test_children_without_a_course_are_not_said_to_be_untreated():
    given = tables()
    given["courses"] = given["courses"].query("patient_id != 'twin'")
    row = answers(pattern_similarity(Cohort(**given)), "twin")
    for step in ("high_dose_before", "low_dose", "jak_inhibitor", "plasma_exchange"):
        assert row[step] == "not known"


def test_steps_a_cohort_does_not_record_are_not_known():
    plain = pattern_similarity(children())
    told = pattern_similarity(children(), not_recorded=["plasma_exchange"])
    assert answers(plain, "after")["plasma_exchange"] == "no"
    assert answers(told, "after")["plasma_exchange"] == "not known"
    assert answers(told, "twin")["plasma_exchange"] == "yes"


def test_the_order_of_rows_changes_nothing(alike):
    shuffled = {
        name: table.sample(frac=1.0, random_state=4) for name, table in tables().items()
    }
    assert pattern_similarity(Cohort(**shuffled)) == alike


def test_weights_and_windows_are_those_asked_for():
    only = {one.name: 0.0 for one in CRITERIA} | {"high_dose_before": 1.0}
    result = pattern_similarity(children(), weights=only, days_before=9)
    table = result.table.set_index("patient_id")
    assert table.loc["twin", "score"] == 1.0  # 2 mg/kg from day 43 to the perforation
    assert "days 43 to 51 (2 at the end)" in result.why("twin", "high_dose_before")
    assert "9 days before the first perforation" in " ".join(result.settings.in_words())
    assert result.table["score"].isin([0.0, 1.0]).all()
    higher = pattern_similarity(
        children(), weights=only, days_before=9, high_dose_mg_kg_day=2.5
    )
    assert higher.table.set_index("patient_id").loc["twin", "score"] == 0.0


@pytest.mark.parametrize(
    "seed",
    [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 10))],
)
def test_children_made_to_follow_the_pattern_rank_first(seed):
    cohort = simulate_cohort(300, rng=seed, n_index_pattern=5)
    table = pattern_similarity(cohort).table
    placed = cohort.patients.query("pattern == 'index_case'")["patient_id"]
    assert set(table["patient_id"].head(5)) == set(placed)
    assert table["score"][4] > table["score"][5] + 0.1


def test_the_flag_itself_is_never_read():
    cohort = simulate_cohort(40, rng=2, n_index_pattern=2)
    plain = {
        "patients": cohort.patients.drop(columns="pattern"),
        "courses": cohort.courses,
        "events": cohort.events,
        "assessments": cohort.assessments,
    }
    real = pattern_similarity(Cohort(**plain))
    pd.testing.assert_frame_equal(real.table, pattern_similarity(cohort).table)


@pytest.mark.parametrize("what", ["antibody", "sex", "doses", "sites", "cmas"])
def test_to_forget_something_only_widens_the_bounds(simulated, what):
    given = {
        "patients": simulated.patients,
        "courses": simulated.courses,
        "events": simulated.events,
        "assessments": simulated.assessments,
    }
    if what == "antibody":
        given["patients"]["antibody"] = "untested"
        given["patients"]["antibody_test_day"] = pd.NA
    elif what == "sex":
        given["patients"][what] = "unknown"
    elif what == "doses":
        given["courses"] = given["courses"].assign(dose_mg=np.nan, dose_basis=None)
    elif what == "sites":
        given["events"]["site"] = None
    else:
        given["patients"]["cmas"] = np.nan
        given["assessments"] = given["assessments"].query("measure != 'cmas'")
    forgot = pattern_similarity(Cohort(**given, metadata={"synthetic": True})).table
    knew = pattern_similarity(simulated).table
    both = knew.merge(forgot, on="patient_id", suffixes=("", "_forgot"))
    assert len(both) == simulated.n_patients
    assert (both["score_forgot"] <= both["score"] + 1e-9).all()
    assert (both["score_upto_forgot"] >= both["score_upto"] - 1e-9).all()
    assert (both["share_known_forgot"] < both["share_known"]).any()


def test_a_real_cohort_is_warned_of_and_a_synthetic_one_marked(alike, simulated):
    assert not alike.synthetic
    assert any("can identify a child" in note for note in alike.notes)
    assert "SYNTHETIC" not in repr(alike) + alike._repr_html_() + alike.explain("twin")
    made = pattern_similarity(simulated)
    assert repr(made).startswith("<SYNTHETIC")
    assert "SYNTHETIC" in made._repr_html_()
    assert made.explain("SYN-00001").startswith("SYNTHETIC SYN-00001: 1.00")
    assert any("2 children were made" in note for note in made.notes)
    for table in (made.table, made.steps, made.weights_table()):
        assert table.attrs["jdm_stats"]["synthetic"]


def test_the_words_for_a_child_hold_all_three_kinds(alike):
    words = alike.explain("no dose")
    assert words.startswith(
        "no dose: 0.26 to 1.00 of the index case's pattern, rank 4 of 6"
    )
    assert words.index("high-dose steroid shortly before") < words.index("stoma after")
    died = alike.explain("died")
    places = [died.index(part) for part in ("Shown:", "Not shown:", "Not known:")]
    assert places == sorted(places)


def test_a_result_is_pickled_and_compared(alike):
    again = pickle.loads(pickle.dumps(alike))
    assert again == alike
    assert again != pattern_similarity(children(), days_before=9)


def test_hostile_ids_are_escaped():
    given = {
        name: table.assign(patient_id="<b>" + table["patient_id"])
        for name, table in tables().items()
    }
    page = pattern_similarity(Cohort(**given))._repr_html_()
    assert "&lt;b&gt;twin" in page
    assert "<b>twin" not in page


def test_every_fault_of_a_call_is_told_at_once():
    with pytest.raises(UsageError) as caught:
        pattern_similarity(
            children(),
            weights={"nxp": 2, "age": -1},
            days_before=0,
            high_dose_mg_kg_day=0.4,
            age_years=(15, 10),
            stoma_words="stoma",
            not_recorded=["stom"],
        )
    for words in (
        "'nxp' is no step, did you mean 'nxp2'?",
        "age must be 0 or more, not -1",
        "days_before must be whole days from 1 to 3660, not 0",
        "low_dose_mg_kg_day (0.5) must be below high_dose_mg_kg_day (0.4)",
        "age_years must be two ages",
        "stoma_words must be a list",
        "'stom' is no step, did you mean 'stoma'?",
    ):
        assert words in str(caught.value)
    with pytest.raises(UsageError, match="cohort must be a Cohort"):
        pattern_similarity(tables()["patients"])
    with pytest.raises(PlanError, match="missing_dose"):
        pattern_similarity(children(), rules={"missing_dose": "guess"})
    with pytest.raises(UsageError, match="at least one must be above 0"):
        pattern_similarity(children(), weights={one.name: 0 for one in CRITERIA})


def test_a_child_or_a_step_that_is_not_there_is_refused(alike):
    with pytest.raises(UsageError, match="did you mean 'twin'"):
        alike.explain("twins")
    with pytest.raises(UsageError, match="step 'age_near' is unknown"):
        alike.why("twin", "age_near")
