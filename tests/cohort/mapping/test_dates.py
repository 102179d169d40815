"""Dates by declared formats alone: what each cell becomes was written down by hand."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jdm_stats.cohort.mapping.dates import Calendar, anniversary_years, date_reader
from jdm_stats.cohort.mapping.formats import compiled, format_problem
from jdm_stats.cohort.mapping.understanding import Refused


def read(cell, *formats, **calendar):
    outcome = date_reader(Calendar(formats or ("DD.MM.YYYY",), **calendar))(cell)
    if isinstance(outcome, Refused):
        return outcome.rule
    return str(np.datetime64(outcome.value, "D"))


@pytest.mark.parametrize(
    ("cell", "meaning"),
    [
        ("12.03.2019", "2019-03-12"),
        ("1.3.2019", "2019-03-01"),
        (" 12. 03. 2019 ", "2019-03-12"),
        ("29.02.2020", "2020-02-29"),
        ("31.02.2019", "date_impossible"),
        ("29.02.2019", "date_impossible"),
        ("12.13.2019", "date_impossible"),
        ("03.2019", "date_incomplete"),
        ("2019", "date_incomplete"),
        (2019, "date_incomplete"),
        ("00.03.2019", "date_incomplete"),
        ("XX.03.2019", "date_incomplete"),
        ("12.03.19", "date_two_digit_year"),
        ("2019-03-12", "date_not_understood"),
        ("12/03/2019", "date_not_understood"),
        ("irgendwann", "date_not_understood"),
        (43536, "date_not_understood"),
        (True, "date_not_understood"),
        ("12.03.2019 14:30", "2019-03-12"),
        ("12.03.2019 14:30+01:00", "date_time_zone"),
        (pd.Timestamp("2019-03-12 10:00"), "2019-03-12"),
        (pd.Timestamp("2019-03-12", tz="Europe/Berlin"), "date_time_zone"),
        (datetime.date(2019, 3, 12), "2019-03-12"),
        (np.datetime64("2019-03-12"), "2019-03-12"),
        ("31.12.1899", "date_out_of_range"),
        ("01.03.2109", "date_out_of_range"),
    ],
)
def test_a_german_date(cell, meaning):
    assert read(cell) == meaning


def test_incomplete_dates_become_what_the_mapping_says():
    assert read("03.2019", partial="first") == "2019-03-01"
    assert read("03.2019", partial="middle") == "2019-03-15"
    assert read("2019", partial="first") == "2019-01-01"
    assert read("00.00.2019", partial="middle") == "2019-07-01"
    assert read("13.2019", partial="first") == "date_impossible"


def test_two_digit_years_need_a_pivot():
    assert read("12.03.30", "DD.MM.YY", pivot=30) == "2030-03-12"
    assert read("12.03.31", "DD.MM.YY", pivot=30) == "1931-03-12"
    assert read("12.03.2019", "DD.MM.YY", pivot=30) == "date_not_understood"


def test_of_several_formats_all_that_fit_must_agree():
    assert read("12/03/2019", "DD/MM/YYYY", "MM/DD/YYYY") == "date_ambiguous"
    assert read("05/05/2019", "DD/MM/YYYY", "MM/DD/YYYY") == "2019-05-05"
    assert read("13/03/2019", "DD/MM/YYYY", "MM/DD/YYYY") == "2019-03-13"
    assert read("31/31/2019", "DD/MM/YYYY", "MM/DD/YYYY") == "date_impossible"
    assert read("2019-03-12", "DD.MM.YYYY", "YYYY-MM-DD") == "2019-03-12"


def test_nothing_lies_after_the_export():
    made = datetime.date(2024, 1, 1)
    assert read("01.01.2024", extracted=made) == "2024-01-01"
    assert read("02.01.2024", extracted=made) == "date_out_of_range"


def test_serial_numbers_of_both_calendars():
    assert read("43831", "excel") == read(43831.25, "excel") == "2020-01-01"
    assert read(42369, "excel1904") == "2020-01-01"
    assert read(59, "excel") == "1900-02-28" and read(61, "excel") == "1900-03-01"
    assert read(60, "excel") == read(0, "excel") == "date_impossible"
    assert read("9999999", "excel") == "date_impossible"


def test_months_in_words():
    for cell in (
        "12 März 2019",
        "12 Mar 2019",
        "12 mars 2019",
        "12 marzo 2019",
        "12 MRZ. 2019",
    ):
        assert read(cell, "DD MMM YYYY") == "2019-03-12"
    assert read("12 Foo 2019", "DD MMM YYYY") == "date_not_understood"
    assert read("March 12, 2019", "MMM DD, YYYY") == "2019-03-12"
    assert read("UN UNK 2019", "DD MMM YYYY", partial="first") == "2019-01-01"


@pytest.mark.parametrize(
    "said", ["MM.YYYY", "YYYY", "", "DD.MM.YYYY hh", "%Q", "DD.DD.MM.YYYY", "foo"]
)
def test_a_format_that_is_none_is_told(said):
    assert format_problem(said)


@given(
    st.dates(datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)),
    st.sampled_from(
        [
            ("DD.MM.YYYY", "%d.%m.%Y"),
            ("%Y-%m-%d", "%Y-%m-%d"),
            ("MM/DD/YYYY", "%m/%d/%Y"),
            ("YYYYMMDD", "%Y%m%d"),
            ("TT.MM.JJJJ", "%d.%m.%Y"),
            ("DD-MMM-YYYY", "%d-%b-%Y"),
        ]
    ),
)
def test_every_day_is_read_in_its_format(date, style):
    assert read(date.strftime(style[1]), style[0]) == date.isoformat()
    assert format_problem(style[0]) is None and compiled(style[0]).whole


@given(st.text(max_size=20))
def test_any_text_is_refused_or_a_date(text):
    read(text)
    read(text, "excel", "DD MMM YYYY", "YYYY-MM-DD", partial="middle")


def days(*dates):
    return np.array(dates, dtype="datetime64[D]").astype(float)


def test_ages_by_hand():
    born = days(
        "2001-03-10", "2001-03-10", "2004-02-29", "2004-02-29", "2010-01-01", "NaT"
    )
    born[-1] = np.nan
    now = days(
        *(
            "2019-03-10",
            "2018-09-09",
            "2005-02-28",
            "2005-03-01",
            "2009-12-31",
            "2019-01-01",
        )
    )
    years = anniversary_years(born, now)
    assert years[0] == 18
    assert years[1] == 17 + 183 / 365
    assert years[2] == 365 / 366  # the day before the first birthday, 1 March 2005
    assert years[3] == 1
    assert years[4] == pytest.approx(-1 / 365)
    assert np.isnan(years[5])


@given(
    st.dates(datetime.date(1980, 1, 1), datetime.date(2020, 1, 1)), st.integers(0, 7000)
)
def test_age_rises_with_every_day_and_is_whole_on_birthdays(birth, later):
    born = days(str(birth)).repeat(3)
    now = born + np.array([later, later + 1, later + 2])
    years = anniversary_years(born, now)
    assert (np.diff(years) > 0).all()
    whole = years[0] == round(years[0])
    date = birth + datetime.timedelta(days=later)
    same = (date.month, date.day) == (birth.month, birth.day)
    leap_day = (birth.month, birth.day, date.month, date.day) == (2, 29, 3, 1)
    assert whole == (same or (leap_day and date.year % 4 != 0))
