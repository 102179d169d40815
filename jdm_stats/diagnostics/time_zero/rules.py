"""The mistakes about time that the linter knows: what each is, how it biases, what to do.

Each rule has a stable code. The published source is where the mistake or its remedy is
described; the direction is that of the usual case, and the sentence of a finding says what
was seen in the data at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SUISSA = "Suissa 2008, Am J Epidemiol 167:492-499"
LEVESQUE = "Lévesque 2010, BMJ 340:b5087"
HERNAN = "Hernán 2016, J Clin Epidemiol 79:70-75"
ANDERSON = "Anderson 1983, J Clin Oncol 1:710-719"
CROWLEY = "Crowley 1977, J Am Stat Assoc 72:27-36"
RAY = "Ray 2003, Am J Epidemiol 158:915-920"
HORWITZ = "Horwitz 1980, Am J Med 68:255-258 (protopathic bias)"
ANDERSEN = "Andersen 2012, Stat Med 31:1074-1088 (do not condition on the future)"
GESKUS = "Andersen 2012, Int J Epidemiol 41:861-870"
LESKO = "Lesko 2018, Am J Epidemiol 187:623-632"


@dataclass(frozen=True, slots=True)
class TimeZeroRule:
    """One mistake about time.

    Parameters
    ----------
    code : str
        Stable short name.
    title : str
        The mistake in a few words.
    why : str
        Why it biases.
    direction : str
        In which direction, in the usual case.
    remedy : str
        What to do.
    source : str
        Where it is described.
    """

    code: str
    title: str
    why: str
    direction: str
    remedy: str
    source: str


_EXPOSED_LATE = (
    "code exposure by day: 0 until the first dose, 1 from the day after it "
    "(expand_intervals), or stand at a landmark (landmark_rows)"
)

_RULES = (
    TimeZeroRule(
        "ever_exposed",
        "exposure at any time in follow-up used as if known at the start",
        "a child must stay event-free until the first dose to be called exposed, so "
        "event-free days before it are counted as exposed; and a dose given because "
        "of the event makes the child exposed too",
        "immortal days make the exposure look protective; doses given after the event "
        "make it look harmful",
        _EXPOSED_LATE,
        f"{SUISSA}; {LEVESQUE}; {CROWLEY}",
    ),
    TimeZeroRule(
        "exposure_from_the_future",
        "a row says exposed before the exposure began",
        "days on which the child was not yet exposed, and could only become so by "
        "staying event-free, are counted as exposed",
        "the exposure looks protective",
        "cut the row at the first day of exposure and look back only: what happens on "
        "day d may count from (d, d+1] on",
        f"{SUISSA}; {LEVESQUE}",
    ),
    TimeZeroRule(
        "exposure_after_event",
        "exposure dated on or after the event it is to explain",
        "what comes after the event cannot have caused it; treatment of the event is "
        "taken for its cause",
        "the exposure looks harmful when the event is treated with it",
        "count doses of days before the event alone; lag_days=1 or more leaves the day "
        "before it out too",
        f"{HORWITZ}; {HERNAN}",
    ),
    TimeZeroRule(
        "exposure_after_landmark",
        "exposure dated after the landmark",
        "groups at a landmark may rest on what is known on that day alone; a dose "
        "after it is known only of children still event-free, or follows the event",
        "protective by immortal days, harmful by treatment of the event",
        "count doses up to the landmark (landmark_rows); for later doses use "
        "expand_intervals or several landmarks",
        f"{ANDERSON}; {HERNAN}",
    ),
    TimeZeroRule(
        "dose_changes_on_event_day",
        "the dose changes on the day of the event",
        "first symptoms of a perforation come before its date, and treatment reacts to "
        "them: the change is an effect of the event",
        "a dose raised at the event looks harmful, a dose stopped looks protective",
        "lag the dose (current_dose(lag_days=7)) and show the estimate under several "
        "lags",
        HORWITZ,
    ),
    TimeZeroRule(
        "lag_zero",
        "the plan lets a dose act without lag",
        "a dose given for the first symptoms of the event counts as its cause",
        "a dose raised at the first symptoms looks harmful",
        "set dose_lag_days and pulse_lag_days to 1 or more",
        HORWITZ,
    ),
    TimeZeroRule(
        "antibody_after_event",
        "antibody measured on or after the event",
        "whether a child counts as tested depends on the outcome: a child who "
        "perforates is tested because of it, or dies untested",
        "either: harmful when the event leads to the test, protective when it "
        "prevents it",
        "use tests from before time zero, or treat later results as missing and "
        "impute them with the outcome in the model; compare both",
        f"{HERNAN}; {ANDERSEN}",
    ),
    TimeZeroRule(
        "antibody_after_entry",
        "antibody measured after time zero",
        "a child must be followed up to the test to be in the tested group, so the "
        "days before the test are immortal",
        "rates of the tested are too low; a contrast among the tested is biased when "
        "the delay differs between them",
        "let each child join the risk set on the day of its test, or show that "
        "leaving out the days before it changes nothing",
        f"{SUISSA}; {HERNAN}",
    ),
    TimeZeroRule(
        "selected_by_later_event",
        "eligibility judged after time zero",
        "who is in the table depends on what happened after follow-up began, so the "
        "days before it were survived by definition",
        "rates are too low when the event prevents inclusion, too high when it "
        "prompts it",
        "apply every criterion to what is known at time zero; start follow-up on the "
        "day the last criterion is met",
        HERNAN,
    ),
    TimeZeroRule(
        "rows_begin_at_treatment",
        "follow-up begins at the first treatment, not at entry",
        "days between entry and treatment are left out, and with them children whose "
        "event came first; time still counts from diagnosis",
        "the untreated days' events are lost: treatment is compared with nobody",
        "begin rows at entry_day and let exposure vary in time, or define time zero as "
        "the start of treatment in a comparison of treatments",
        f"{HERNAN}; {RAY}",
    ),
    TimeZeroRule(
        "entry_after_exposure",
        "groups defined by an exposure that began before entry",
        "children who had the event soon after the first dose never entered: those "
        "left are the ones who tolerated it",
        "the exposure looks safer than it is",
        "start follow-up at the exposure (new users), or keep the children entered by "
        "then",
        f"{RAY}; {HERNAN}",
    ),
    TimeZeroRule(
        "unexposed_time_left_out",
        "days before the first dose of the exposed are missing from the table",
        "event-free unexposed days of children who become exposed are dropped, so the "
        "unexposed rate rests on those who never lived to be exposed",
        "the unexposed rate is too high: the exposure looks protective",
        "keep the rows from entry_day on, unexposed until the first dose",
        LEVESQUE,
    ),
    TimeZeroRule(
        "future_reading",
        "a column holds a value first known later",
        "the value carries what happened in between: treatment, recovery, the event "
        "itself; and only children followed that long have it",
        "either way; a value measured late usually makes the well look protected",
        "take the last value measured before the row starts (last_assessment, or the "
        "baseline columns of patients)",
        ANDERSEN,
    ),
    TimeZeroRule(
        "later_rows_summed_up",
        "a column equals a summary of the child's later rows",
        "the value of the whole follow-up stands in rows from before it was reached: "
        "long followed children have more of it",
        "a total grows with event-free time, so the exposure looks protective",
        _EXPOSED_LATE,
        f"{SUISSA}; {ANDERSEN}",
    ),
    TimeZeroRule(
        "column_tells_the_event",
        "a column is the outcome under another name",
        "a column that is 1 for exactly the children with the event, or that equals "
        "their follow-up, is known only afterwards",
        "the ratio is infinite or meaningless",
        "leave the column out, or find out when its value was known",
        ANDERSEN,
    ),
    TimeZeroRule(
        "person_time_before_entry",
        "days at risk before the child was under observation",
        "a child who perforated before entry would not be in the table: the days "
        "before entry are immortal",
        "rates are too low; groups who enter later look protected",
        "start each child's rows at entry_day (delayed entry)",
        f"{SUISSA}; {LEVESQUE}",
    ),
    TimeZeroRule(
        "outcome_before_time_zero",
        "a child at risk had the outcome before its first row",
        "a first event cannot happen again: the child is not at risk, or the event "
        "counted is a recurrence",
        "rates are too low, or mix first and later events",
        "leave such children out and count them in the flow",
        HERNAN,
    ),
    TimeZeroRule(
        "person_time_after_exit",
        "days or events counted after the child's last day under observation",
        "after exit an event is known only where it was heard of, and event-free days "
        "are assumed: both depend on the outcome",
        "days alone make rates too low; events alone make them too high",
        "end rows at exit_day (included) or extend exit_day for every child alike",
        LESKO,
    ),
    TimeZeroRule(
        "end_depends_on_event",
        "follow-up ends by another rule for children with the event",
        "children without event are followed to their last visit, those with one "
        "beyond it: events count from days that give no event-free time",
        "rates are too high, most so where visits are far apart",
        "end follow-up at exit_day for all, or count events up to the last visit alone",
        LESKO,
    ),
    TimeZeroRule(
        "competing_as_censoring",
        "deaths end follow-up as if the child were merely lost",
        "a child who died cannot perforate later; censored, it is taken to be at the "
        "same risk as those still followed",
        "curves read as risks are too high",
        "give the death its own event code (competing='death') and read risks off "
        "cumulative_incidence",
        GESKUS,
    ),
    TimeZeroRule(
        "horizon_beyond_follow_up",
        "the plan looks further ahead than anyone is followed",
        "no child without event can be followed to the end of the window: all of them "
        "count as lost, and only those with an event are left",
        "risks are too high, up to 1",
        "choose horizon_days and risk_months within the follow-up at hand",
        LESKO,
    ),
    TimeZeroRule(
        "rows_after_event",
        "a child is at risk after its event",
        "doses and days after the event count as if they could lead to it",
        "either: treatment of the event looks harmful, its days look safe",
        "end the child's rows at the first event (audit_intervals lists them)",
        HERNAN,
    ),
    TimeZeroRule(
        "another_clock",
        "the events of the table are not on the days of the cohort",
        "rows and records that count from different days cannot be set against each "
        "other: exposure may be read from the wrong side of the event",
        "cannot be told",
        "count both from diagnosis, or pass the cohort the rows were made from",
        HERNAN,
    ),
)

TIME_ZERO_RULES: Mapping[str, TimeZeroRule] = MappingProxyType(
    {rule.code: rule for rule in _RULES}
)
