"""Escaped HTML for Jupyter and reports: tables, banners, notes and number formats.

Everything here takes plain values and gives back a string. Every value is escaped, so
that a label typed into a registry cannot become markup; a missing value is an en dash,
never "nan"; a p-value is never printed as nought. Tables carry a caption and ``scope``
on their header cells, so that a screen reader can say where a number stands.
"""

from jdm_stats.html.numbers import (
    format_count_percent,
    format_number,
    format_p,
    format_ratio,
)
from jdm_stats.html.tables import Formatter, html_table
from jdm_stats.html.words import banner, notes_list, paragraphs, summary_box

__all__ = [
    "Formatter",
    "banner",
    "format_count_percent",
    "format_number",
    "format_p",
    "format_ratio",
    "html_table",
    "notes_list",
    "paragraphs",
    "summary_box",
]
