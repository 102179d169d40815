"""What a reader sees: assumptions marked, limits with every share, no number lost."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from jdm_stats.errors import SeparationWarning, UsageError
from jdm_stats.evidence.catalogue import (
    effect_table,
    parameter_table,
    reading_table,
    reference_table,
    steroid_table,
)
from jdm_stats.evidence.children import (
    death_among_published_cases,
    death_counts,
    death_sensitivity,
    time_to_perforation,
)
from jdm_stats.evidence.display import (
    antibody_table,
    death_table,
    model_table,
    percent_text,
    proportion_table,
    selection_table,
    timing_table,
)
from jdm_stats.evidence.proportions import case_fatality, perforation_risk_by_cohort
from jdm_stats.evidence.published import (
    adult_steroid_studies,
    nxp2_effects,
    parameters,
    references,
)
from jdm_stats.evidence.sentences import key_sentences
from jdm_stats.evidence.wording import (
    ANTIBODIES,
    FEATURES,
    antibody_names,
    with_labels,
)
from jdm_stats.models.logistic import fit_logistic
from jdm_stats.report.labels import LABELS


def test_each_parameter_stands_in_one_table_and_assumptions_say_so():
    tables = {
        status: parameter_table(status)
        for status in ("published", "calculated here", "assumed")
    }
    shown = pd.concat(tables.values())["Parameter"]
    assert sorted(shown) == sorted(parameters()["label"].map(antibody_names))
    assert tables["assumed"]["Grade, status"].str.endswith("ASSUMED").all()
    for status in ("published", "calculated here"):
        assert not tables[status]["Grade, status"].str.contains("ASSUMED").any()
    with pytest.raises(UsageError, match="assumed"):
        parameter_table("guessed")


def test_values_carry_their_unit_and_ranges_their_kind():
    table = parameter_table("calculated here").set_index("Parameter")
    assert table.loc["Death within 12 months of perforation", "Value"] == "0.4"
    limits = table.loc["Death within 12 months of perforation", "Range"]
    assert limits == "0.18 to 0.62, exact 95% limits"
    rate = table.loc["Death without perforation", "Value"]
    assert rate == "2.2 per 1000 person-years"
    assumed = parameter_table("assumed").set_index("Parameter")
    assert assumed.loc["CMAS shift in NXP2", "Value"] == "−10 points"
    free_air = "Free air without peritonitis that goes unrecorded"
    assert assumed.loc[free_air, "Value"] is None
    assert assumed.loc[free_air, "Range"] == "0.1 to 0.3"


def test_shares_show_their_limits():
    assert percent_text(math.nan, math.nan, math.nan) == "–"
    table = proportion_table(case_fatality(), "Died")
    assert table["Died"].iloc[0] == "38.1% (18.1 to 61.6)"
    assert table["Shares children"].tolist() == ["yes"] * 4
    risk = proportion_table(perforation_risk_by_cohort(), "Perforated")
    assert risk["Events / n"].tolist() == ["5 / 120", "7 / 302", "1 / 72"]
    assert risk["Shares children"].tolist() == ["yes", "yes", "no"]


def test_no_study_effect_or_time_is_lost_on_the_way_to_the_page():
    assert len(steroid_table()) == len(adult_steroid_studies())
    assert len(effect_table(nxp2_effects())) == len(nxp2_effects())
    times = time_to_perforation(other_events=True)
    assert len(timing_table(times)) == len(times)
    assert (
        len(reference_table()) == len(references()) == reading_table()["Sources"].sum()
    )
    estimates = steroid_table().set_index("Study")["Estimate"]
    assert estimates["Narum 2014: 159 placebo-controlled trials, n = 33,253"] == (
        "OR 1.43 (1.22 to 1.66)"
    )
    yao = estimates.filter(like="Yao 2021").iloc[0]
    assert yao == "incidence rate ratio 1.4 to 2.2"


def test_antibody_table_prefers_counts_and_keeps_bare_percentages():
    mix = antibody_table().set_index("Series")
    assert mix.loc["Chongqing 2017 to 2020", "TIF1-γ"] == "11.8%"  # printed as 11
    assert mix.loc["Japan, Kyoto (Tsuji 2024)", "NXP2"] == "6.0%"
    assert mix.loc["North America, CARRA (2022)", "Tested"] == "49 to 53"
    assert pd.isna(mix.loc["UK and Ireland (Tansley 2014)", "MDA5"])


def test_death_counts_add_up_for_every_feature():
    frame = death_among_published_cases()
    counts = death_counts(frame)
    assert set(counts["feature"]) == set(FEATURES)
    sums = counts.groupby("feature")[["n", "events"]].sum()
    assert (sums["n"] == len(frame)).all()
    assert (sums["events"] == frame["dead"].sum()).all()
    assert "not stated" in death_table(counts)["Present"].tolist()


def test_sensitivity_changes_only_what_it_names():
    frames = death_sensitivity()
    assert [int(frame["dead"].sum()) for frame in frames.values()] == [6, 5, 5, 7]


def test_the_intercept_is_not_shown_and_a_missing_estimate_keeps_its_reason():
    tidy = pd.DataFrame(
        {
            "term": ["Intercept", "nearly_silent"],
            "model": "Logistic",
            "n": 12,
            "events": 6,
            "estimate": math.nan,
            "conf_low": math.nan,
            "conf_high": math.nan,
            "p_value": math.nan,
            "reason": ["", "monotone likelihood"],
        }
    )
    row = model_table(tidy)
    assert len(row) == 1
    assert row["Odds ratio (profile limits)"].tolist() == ["–"]
    assert row["Why there is no estimate"].tolist() == ["monotone likelihood"]
    assert with_labels("later_report rises") == "reported from 1990 on rises"


def test_a_separated_fit_is_explained_on_the_scale_of_the_odds_ratio():
    deaths = death_among_published_cases()
    with pytest.warns(SeparationWarning):
        none_died = fit_logistic(deaths, "dead ~ nearly_silent")
    with pytest.warns(SeparationWarning):
        all_died = fit_logistic(
            deaths.assign(nearly_silent=1 - deaths["nearly_silent"]),
            "dead ~ nearly_silent",
        )
    no_deaths = fit_logistic(deaths.assign(dead=0), "dead ~ nearly_silent")
    reasons = [
        model_table(fit.tidy(True))["Why there is no estimate"].iloc[0]
        for fit in (none_died, all_died, no_deaths)
    ]
    assert reasons == [
        "monotone likelihood: the plain odds ratio runs to 0",
        "monotone likelihood: the plain odds ratio runs to infinity",
        "no event: nothing can be estimated (a rate still has an exact upper limit)",
    ]
    notes = " ".join(with_labels(note) for note in none_died.notes)
    assert "No death among the 2 children (nearly silent free air: yes)." in notes
    assert "penalty=" not in notes and "rows" not in notes


def test_a_reason_that_left_no_child_out_is_not_told():
    tally = death_among_published_cases().attrs["jdm_stats"]["tally"]
    assert tally["left out: disputed outcome"] == 0
    table = selection_table(tally)
    assert table["Number"].tolist() == [17, 3, 2, 12]
    dropped = death_among_published_cases(disputed="drop").attrs["jdm_stats"]["tally"]
    assert selection_table(dropped)["Number"].tolist() == [17, 3, 2, 1, 11]


def test_antibodies_are_written_as_in_the_other_reports():
    assert all(words == LABELS[code] for code, words in ANTIBODIES.items())
    shown = [
        *(parameter_table(s) for s in ("published", "calculated here", "assumed")),
        effect_table(nxp2_effects()),
        antibody_table(),
    ]
    for table in shown:
        text = " ".join([*table.columns, *table.astype(str).to_numpy().ravel()])
        assert not any(code in text for code in ANTIBODIES)
    assert "TIF1-γ" in antibody_table().columns


def test_key_sentences_say_the_numbers_and_that_no_article_was_read_whole():
    said = " ".join(key_sentences())
    for number in ("7 of 302", "2.3% (0.9 to 4.7)", "38.1%", "1.43"):
        assert number in said
    assert "no article was read from end to end" in said
    # by hand: odds of 0.025^(1/7) are 1.4413; 26 of 85 reaches up to 41.5%, odds 0.7102
    assert "at least 2.0 to 3.3 times that of other children" in said
    assert "depending on what is taken for the share of NXP2" in said
    assert key_sentences(0.8)[0] != key_sentences(0.95)[0]
