"""Warnings: what the schema admits and a careful reader would still ask about.

Nothing here keeps data from being used. Each rule has its limits written where it stands:
children in `jdm_stats.cohort.odd_children`, courses in `jdm_stats.cohort.odd_courses`,
weights and heights in `jdm_stats.cohort.growth`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from jdm_stats.cohort import growth, odd_children, odd_courses
from jdm_stats.cohort.doses import within_range
from jdm_stats.cohort.faults import in_order
from jdm_stats.errors import Fault

__all__ = ["RULES", "second_look"]

RULES: Mapping[str, str] = MappingProxyType(
    {**odd_children.RULES, **odd_courses.RULES, **growth.RULES}
)


def second_look(tables: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Return a warning for everything that is admissible but worth a second look.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The four tables, in the shape `jdm_stats.cohort.checks.check_tables` gives them;
        cells at fault are missing there, and no rule speaks about a missing cell. They
        are not changed.

    Returns
    -------
    list of Fault
        All of severity "warning", in the order of tables and rows.

    Examples
    --------
    >>> import jdm_stats as jdm
    >>> cohort = jdm.simulate_cohort(30, rng=4)
    >>> tables = {"patients": cohort.patients, "courses": cohort.courses}
    >>> tables |= {"events": cohort.events, "assessments": cohort.assessments}
    >>> second_look(tables)
    []
    >>> tables["patients"].loc[2, "weight_kg"] *= 10
    >>> [(fault.severity, fault.rule, fault.row) for fault in second_look(tables)]
    [('warning', 'growth_for_age', 3)]
    """
    plain = {name: table.reset_index(drop=True) for name, table in tables.items()}
    plain["assessments"] = within_range(plain["assessments"])
    return in_order(
        [
            *odd_children.odd_children(plain),
            *odd_courses.odd_courses(plain),
            *growth.odd_growth(plain),
        ]
    )
