"""The shipped tables: complete, graded, sourced, typed, and given as fresh copies."""

from __future__ import annotations

import re
from importlib import resources

import numpy as np
import pandas as pd
import pytest
from scipy.stats import lognorm, weibull_min

from jdm_stats.evidence.published import (
    adult_steroid_studies,
    antibody_frequencies,
    codes,
    nxp2_effects,
    parameters,
    published_cases,
    published_cohorts,
    read_table,
    references,
)

TABLES = {
    "published_cases": published_cases,
    "published_cohorts": published_cohorts,
    "parameters": parameters,
    "antibody_frequencies": antibody_frequencies,
    "adult_steroid_studies": adult_steroid_studies,
    "nxp2_effects": nxp2_effects,
    "codes": codes,
    "references": references,
}
DOI = re.compile(r"10\.\d{4,9}/[^\s;,]+")
READINGS = {
    "abstract only",
    "one table",
    "opening of the full text",
    "computed here from printed numbers",
    "not verified in any text seen",
    "title only",
}


@pytest.mark.parametrize("give", TABLES.values(), ids=TABLES)
def test_each_call_gives_a_fresh_copy(give):
    first = give()
    before = give()
    first.iloc[:, 0] = first.iloc[::-1, 0].to_numpy()
    first["extra"] = 1
    pd.testing.assert_frame_equal(give(), before)


@pytest.mark.parametrize("name", [*TABLES, "case_fatality", "timing"])
def test_tables_are_resources_of_the_package(name):
    table = resources.files("jdm_stats.evidence").joinpath(f"{name}.csv")
    assert table.is_file()


@pytest.mark.parametrize("give", TABLES.values(), ids=TABLES)
def test_what_looks_like_a_doi_column_holds_dois(give):
    frame = give()
    if "doi" not in frame.columns:
        assert give is codes
        return
    for entry in frame["doi"].dropna():
        assert all(DOI.fullmatch(doi) for doi in entry.split("; ")), entry


@pytest.mark.parametrize(
    "name",
    [
        "published_cases",
        "published_cohorts",
        "parameters",
        "antibody_frequencies",
        "adult_steroid_studies",
        "nxp2_effects",
        "timing",
        "case_fatality",
    ],
)
def test_every_source_cited_is_in_the_reference_list(name):
    known = set(references()["source"])
    for entry in read_table(name)["source"].dropna():
        assert set(entry.split("; ")) <= known, entry


def test_references_say_how_much_was_read_and_are_named_once():
    listed = references()
    assert listed["source"].is_unique
    assert listed["doi"].dropna().str.lower().is_unique
    for reading in listed["text_read"]:
        assert set(reading.split("; ")) <= READINGS
    identified = listed["doi"].notna() | listed["other_id"].notna()
    cited = listed["citation"].str.contains(r"\d{4}", regex=True)
    assert listed["source"][~(identified | cited)].tolist() == ["ACR abstract NXP2"]


# ---- parameters


def test_every_parameter_has_label_grade_status_and_unit():
    table = parameters()
    assert table.index.is_unique
    assert table.index.name == "parameter"
    assert all(re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", name) for name in table.index)
    assert set(table["grade"]) == {"A", "B", "C"}
    assert set(table["status"]) == {"published", "calculated here", "assumed"}
    assert table[["label", "unit"]].notna().all().all()


def test_only_an_assumption_may_lack_a_source_and_it_says_why():
    table = parameters()
    bare = table[table["source"].isna()]
    assert set(bare["status"]) == {"assumed"}
    assert set(bare["grade"]) == {"C"}
    assert (bare["note"] != "").all()


def test_a_grade_c_figure_is_never_shown_as_published():
    table = parameters()
    assert not ((table["grade"] == "C") & (table["status"] == "published")).any()


def test_what_is_assumed_is_of_grade_c_in_every_table_that_grades_a_status():
    labelled = {
        name: table
        for name, table in ((name, give()) for name, give in TABLES.items())
        if {"grade", "status"} <= {*table.columns}
    }
    assert {"parameters", "nxp2_effects"} <= set(labelled)
    for name, table in labelled.items():
        assumed = table[table["status"] == "assumed"]
        assert (assumed["grade"] == "C").all(), name
    leaning = parameters().loc["recurrence_after_repair_share"]
    assert (leaning["grade"], leaning["source"]) == ("C", "Xu 2021")
    assert leaning["note"].startswith("input grade A, value grade C")


def test_a_calculated_figure_says_so_in_what_was_read():
    table = parameters()
    calculated = table[table["status"] == "calculated here"]
    assert calculated["text_read"].str.startswith("computed here").all()
    published = table[table["status"] == "published"]
    assert not published["text_read"].str.contains("computed here").any()
    for reading in table["text_read"].dropna():
        assert set(reading.split("; ")) <= READINGS


def test_ranges_hold_their_value_and_name_their_kind():
    table = parameters()
    ranged = table.dropna(subset=["low", "high"])
    assert (ranged["low"] <= ranged["high"]).all()
    valued = ranged.dropna(subset=["value"])
    assert valued["value"].between(valued["low"], valued["high"]).all()
    assert table["range_kind"].notna().eq(table["low"].notna()).all()
    assert table["low"].notna().eq(table["high"].notna()).all()
    only_range = table.index[table["value"].isna()]
    assert only_range.tolist() == ["silent_free_air_missed_share"]


def test_case_fatality_as_the_evidence_gives_it():
    row = parameters().loc["case_fatality_12_months"]
    assert row[["value", "low", "high"]].tolist() == [0.40, 0.18, 0.62]
    assert row["grade"] == "A"
    assert row["status"] == "calculated here"


@pytest.mark.parametrize(
    "prefix",
    [
        "antibody_share_western_",
        "antibody_share_east_asia_",
        "perforation_site_share_",
        "pulse_share_",
    ],
)
def test_mixes_sum_to_one(prefix):
    values = parameters()["value"]
    assert values[values.index.str.startswith(prefix)].sum() == pytest.approx(1.0)


def test_calculated_parameters_are_what_they_say():
    value = parameters()["value"]
    age = weibull_min(
        value["onset_age_weibull_shape"], scale=value["onset_age_weibull_scale_years"]
    )
    assert age.median() == pytest.approx(6.45, abs=0.01)
    assert age.cdf(5) == pytest.approx(0.37, abs=0.005)
    assert age.sf(value["onset_age_maximum_years"]) == pytest.approx(0.03, abs=0.005)
    time = lognorm(
        value["time_to_perforation_lognormal_sigma"],
        scale=value["time_to_perforation_median_months"],
    )
    assert time.cdf(12) == pytest.approx(
        value["perforations_within_12_months_share"], abs=0.005
    )
    share, overall = 0.22, value["perforation_risk_24_months_tertiary"]
    mixed = share * value["implied_perforation_risk_24_months_nxp2"]
    mixed += (1 - share) * value["implied_perforation_risk_24_months_others"]
    assert mixed == pytest.approx(overall, abs=0.0005)
    assert value["background_mortality_per_1000_person_years"] == pytest.approx(
        1000 / 465, abs=0.06
    )


@pytest.mark.parametrize(
    ("parameter", "events", "n"),
    [
        ("pulse_ever_share", 182, 320),
        ("methotrexate_ever_share", 225, 320),
        ("ivig_ever_share", 119, 320),
        ("antimalarial_ever_share", 153, 320),
        ("taper_ideal_share", 30, 139),
        ("taper_major_change_share", 66, 139),
        ("pulses_after_perforation_share", 9, 10),
        ("cmas_below_5_at_perforation_share", 6, 7),
        ("maa_share", 40, 379),
        ("antibody_share_western_nxp2", 77, 371),
    ],
)
def test_published_shares_match_their_counts(parameter, events, n):
    row = parameters().loc[parameter]
    assert row["status"] == "published"
    assert row["value"] == pytest.approx(events / n, abs=0.0055)
    assert f"{events} of {n}" in row["note"]


# ---- cases and cohorts


def test_cases_are_22_children_with_17_confirmed_perforations():
    cases = published_cases()
    assert cases.shape[0] == 22
    assert cases["case_id"].is_unique
    assert int(cases["perforation_confirmed"].sum()) == 17
    assert set(cases["sex"].dropna()) == {"female", "male"}
    assert set(cases["antibody"].dropna()) == {"NXP2", "none"}
    assert cases["months_from_diagnosis"].dropna().tolist() == [5.0, 5.0]
    assert cases["months_from_diagnosis"].dtype == np.float64


def test_the_index_case_is_not_given_what_its_abstract_does_not_say():
    index = published_cases().set_index("case_id").loc["CHEN2024-1"]
    assert index["antibody_basis"] == "context of the abstract"
    for unseen in (
        "age_onset_years",
        "months_from_diagnosis",
        "n_perforations",
        "follow_up_months",
    ):
        assert pd.isna(index[unseen])
    assert index["text_read"] == "abstract"


def test_one_perforation_counted_means_not_multiple_and_no_count_means_missing():
    cases = published_cases().set_index("case_id")
    assert cases.loc["SCHULLINGER1985-2", "multiple_or_recurrent"] == False  # noqa: E712
    assert cases.loc["SCHULLINGER1985-1", "multiple_or_recurrent"] == True  # noqa: E712
    assert pd.isna(cases.loc["TAKEDA1998-1", "multiple_or_recurrent"])
    assert pd.isna(cases.loc["HINDAWI2016-PI", "surgery_done"])  # 5 years later


def test_odd_texts_keep_their_print_and_give_a_number_only_if_they_hold_one():
    cohorts = published_cohorts().set_index("source")
    carra = cohorts.loc["CARRA 2022"]
    assert pd.isna(carra["n_msa_tested"])
    assert carra["n_msa_tested_printed"] == "49-53"
    assert (carra["n_nxp2"], carra["n_nxp2_printed"]) == (11, "11 of 49")
    hokkaido = cohorts.loc["Hokkaido 2018"]
    assert pd.isna(hokkaido["n_jdm"])  # 25 with any myositis, not with JDM
    assert hokkaido["n_jdm_printed"] == "25 (JIIM)"
    kyoto = cohorts.loc["Tsuji 2024"]
    assert pd.isna(kyoto["n_nxp2"])  # only a percentage is printed
    assert kyoto["n_nxp2_printed"] == "6%"
    beijing = cohorts.loc["Wang X 2021"]
    assert beijing["n_gi_involvement"] == 6
    assert beijing["gi_denominator"] == 26
    assert beijing["n_gi_involvement_printed"] == "6 severe (of 26 NXP2+)"
    assert cohorts.loc["Ravelli 2010; Guseinova 2011", "n_deaths"] == 15


def test_counts_are_whole_numbers_not_above_their_denominator():
    cohorts = published_cohorts()
    assert cohorts.shape[0] == 32
    for count, denominator in [
        ("n_perforation", "perforation_denominator"),
        ("n_gi_involvement", "gi_denominator"),
        ("n_deaths", "deaths_denominator"),
        ("n_nxp2", "n_msa_tested"),
        ("n_msa_negative", "n_msa_tested"),
    ]:
        assert cohorts[count].dtype == "Int64"
        both = cohorts[[count, denominator]].dropna()
        assert (both[count] <= both[denominator]).all()
    for count in ("n_perforation", "n_gi_involvement", "n_deaths"):
        counted = {"n_perforation": "perforation", "n_gi_involvement": "gi"}
        words = cohorts[f"{counted.get(count, 'deaths')}_counted"]
        assert words.notna().eq(cohorts[count].notna()).all()


def test_antibody_counts_agree_with_the_cohort_table():
    columns = {
        "NXP2": "n_nxp2",
        "TIF1g": "n_tif1g",
        "MDA5": "n_mda5",
        "Mi2": "n_mi2",
        "ARS": "n_ars",
        "SRP": "n_srp",
        "HMGCR": "n_hmgcr",
        "none": "n_msa_negative",
        "Ro52": "n_ro52",
    }
    cohorts = published_cohorts().set_index("cohort")
    compared = 0
    for row in antibody_frequencies().dropna(subset=["cohort", "n"]).itertuples():
        printed = cohorts.loc[row.cohort, columns[row.antibody]]
        if pd.isna(printed):
            assert (row.source, row.antibody) == ("Joseph 2024", "none")
            continue
        assert printed == row.n, (row.cohort, row.antibody)
        compared += 1
    assert compared >= 45


def test_printed_percentages_match_counts_save_the_misprints_that_are_noted():
    rows = antibody_frequencies().dropna(subset=["n", "tested", "percent_printed"])
    exact = 100 * rows["n"].astype(float) / rows["tested"].astype(float)
    off = rows[(exact - rows["percent_printed"]).abs() > 0.6]
    assert off["source"].tolist() == ["Chongqing 2020"]
    assert "11.8%" in off["note"].iloc[0]


# ---- other tables


def test_adult_studies_are_grade_b_and_limits_hold_the_estimate():
    studies = adult_steroid_studies()
    assert set(studies["grade"]) == {"B"}
    full = studies.dropna(subset=["estimate", "low", "high"])
    assert full["estimate"].between(full["low"], full["high"]).all()
    narum = full.query("source == 'Narum 2014'").iloc[0]
    assert narum[["estimate", "low", "high"]].tolist() == [1.43, 1.22, 1.66]


def test_odds_ratios_computed_from_printed_percentages():
    def odds_ratio(a, b):
        return a / (100 - a) / (b / (100 - b))

    adult = nxp2_effects().query("population == 'adult dermatomyositis'")
    printed = [(74, 39), (35, 11), (37, 11), (45, 10), (68, 31)]
    assert (adult["status"] == "calculated here").all()
    for row, pair in zip(adult.itertuples(), printed, strict=True):
        assert row.estimate == pytest.approx(odds_ratio(*pair), abs=0.06)
        assert f"{pair[0]}% against {pair[1]}%" in row.note


def test_nxp2_specific_risks_are_recomputed():
    risks = nxp2_effects().query("contrast == 'perforation risk within NXP2'")
    share = 26 / 85
    wanted = [7 / (302 * share), 5 / (120 * share)]
    assert risks["estimate"].tolist() == pytest.approx(wanted, abs=0.0006)
    assert (risks["status"] == "calculated here").all()


def test_codes_are_named_once_per_concept_and_the_unverified_say_so():
    table = codes()
    assert not table.duplicated(["concept", "system", "code"]).any()
    assert table["verified_in"].notna().all()
    outcome = table.query("concept == 'perforation as an outcome'").set_index("code")
    assert outcome.loc["K22.3", "verified_in"] == "not verified in any text seen"
    assert "duodenum" in outcome.loc["K63.1", "note"]
