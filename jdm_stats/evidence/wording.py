"""Codes and technical reasons in the words of the page that clinicians read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

__all__ = [
    "ANTIBODIES",
    "FEATURES",
    "antibody_names",
    "plain_reason",
    "plain_reasons",
    "with_labels",
]

ANTIBODIES: Mapping[str, str] = MappingProxyType(
    {"TIF1g": "TIF1-γ", "Mi2": "Mi-2", "PMScl": "PM-Scl"}
)
FEATURES: Mapping[str, str] = MappingProxyType(
    {
        "nxp2": "Anti-NXP2 positive",
        "multiple_or_recurrent": "Several or repeated perforations",
        "surgery_done": "Operated",
        "nearly_silent": "Nearly silent free air",
        "later_report": "Reported from 1990 on",
    }
)
_CODE = re.compile(rf"\b({'|'.join(ANTIBODIES)})\b")
_RUNS = {
    "its plain estimate runs to -infinity": "the plain odds ratio runs to 0",
    "its plain estimate runs to +infinity": "the plain odds ratio runs to infinity",
    "its plain estimate runs to infinity": "the plain odds ratio runs to 0 or infinity",
}
_CALL = re.compile(r"; \w*_\w* gives [^;]*")  # names a function, which is no reason
_EMPTY = re.compile(
    r"No event in the (?P<n>\d+) rows with (?P<term>\w+) = (?P<value>[01])\."
)
_NOTES = {" Use penalty='firth'.": " Firth's estimate stands in its place."}


def antibody_names(text: str) -> str:
    """Write antibodies as they are printed, wherever their codes stand in a text.

    Parameters
    ----------
    text : str
        A heading, label or note.

    Examples
    --------
    >>> antibody_names("MDA5, TIF1g, Mi2")
    'MDA5, TIF1-γ, Mi-2'
    """
    return _CODE.sub(lambda found: ANTIBODIES[found.group()], text)


def plain_reason(reason: str) -> str:
    """Say on the scale of the odds ratio why a model has no estimate.

    Parameters
    ----------
    reason : str
        As a fit gives it, on the log scale; blank if there is an estimate.

    Examples
    --------
    >>> plain_reason("monotone likelihood: its plain estimate runs to -infinity")
    'monotone likelihood: the plain odds ratio runs to 0'
    >>> plain_reason("no event: nothing can be estimated; some_call gives a limit")
    'no event: nothing can be estimated'
    """
    for code, words in _RUNS.items():
        reason = reason.replace(code, words)
    return _CALL.sub("", reason)


def plain_reasons(estimates: pd.DataFrame) -> pd.DataFrame:
    """Put `plain_reason` in the column ``reason`` of tidy estimates, for table and figure.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Tidy estimates on the ratio scale; not changed.

    Examples
    --------
    >>> reason = "monotone likelihood: its plain estimate runs to +infinity"
    >>> plain_reasons(pd.DataFrame({"reason": [reason, ""]}))["reason"].tolist()
    ['monotone likelihood: the plain odds ratio runs to infinity', '']
    """
    return estimates.assign(reason=estimates["reason"].map(plain_reason))


def with_labels(text: str) -> str:
    """Put words in place of the columns and calls that the notes of a model name.

    Parameters
    ----------
    text : str
        A sentence about a model of death among the published children.

    Examples
    --------
    >>> with_labels("The odds ratio for nearly_silent is 0.14")
    'The odds ratio for nearly silent free air is 0.14'
    >>> with_labels("No event in the 2 rows with nearly_silent = 1.")
    'No death among the 2 children (nearly silent free air: yes).'
    """
    text = _EMPTY.sub(
        lambda found: (
            f"No death among the {found['n']} children ({found['term']}: "
            f"{'yes' if found['value'] == '1' else 'no'})."
        ),
        text,
    )
    for name, label in FEATURES.items():
        text = text.replace(name, label[0].lower() + label[1:])
    for call, words in _NOTES.items():
        text = text.replace(call, words)
    return text
