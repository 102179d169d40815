"""How far answers lie from the truth, step by step, and which step mends most.

The sentences are worked out from the answers shown, so that they hold for whatever worlds,
sizes and seeds a page was made with; what is so in every world of this kind, and why, is the
page's own text.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import pandas as pd

from jdm_stats.analysis.beside_truth import EXPOSURES, STEPS
from jdm_stats.analysis.known_worlds import KnownWorld
from jdm_stats.html import format_number
from jdm_stats.intervals.marks import marked

__all__ = ["excess_table", "excess_told"]

_CRUDE, _FULL = next(iter(STEPS)), list(STEPS)[-1]
_REGISTRY = list(STEPS)[1:-1]


def excess_table(worlds: Sequence[KnownWorld], exposure: str = "pulse") -> pd.DataFrame:
    """Show each answer as a multiple of the truth, a row a step and a column a world.

    Parameters
    ----------
    worlds : sequence of KnownWorld
    exposure : {"pulse", "dose", "cumulative"}

    Returns
    -------
    DataFrame
        ``Adjusted for``, then a column a world: hazard ratio over true hazard ratio.

    Examples
    --------
    >>> from jdm_stats.analysis.known_worlds import draw_worlds
    >>> worlds = draw_worlds(["steroids_harmful"], 256, registry_size=128, rng=4)
    >>> excess_table(worlds).columns.tolist()
    ['Adjusted for', 'Steroids harmful']
    """
    table = pd.DataFrame(
        {
            world.label: {
                step: format_number(ratio) if ratio == ratio else "–"
                for step, ratio in _ratios(world, exposure).items()
            }
            for world in worlds
        }
    )
    return marked(table.rename_axis("Adjusted for").reset_index(), True)


def excess_told(worlds: Sequence[KnownWorld], exposure: str = "pulse") -> list[str]:
    """Say how far the crude answers lie from the truth, what mends most and what is left.

    Parameters
    ----------
    worlds : sequence of KnownWorld
    exposure : {"pulse", "dose", "cumulative"}

    Returns
    -------
    list of str
        A sentence a world.
    """
    return [f"{world.label}: {_sentence(world, exposure)}" for world in worlds]


def _ratios(world: KnownWorld, exposure: str) -> dict[str, float]:
    """Return estimate over truth by step; NaN where there is no estimate."""
    rows = world.answers.of(exposure).set_index("term")
    ratios = rows["estimate"] / rows["truth"]
    return {str(step): float(ratio) for step, ratio in ratios.items()}


def _sentence(world: KnownWorld, exposure: str) -> str:
    ratios = _ratios(world, exposure)
    crude, what = ratios[_CRUDE], EXPOSURES[exposure].lower()
    if math.isnan(crude):
        return f"no crude answer ({what})"
    told = f"the crude answer is {format_number(crude)} times the truth ({what})"
    known = [ratios[step] for step in _REGISTRY]
    if not any(math.isnan(ratio) for ratio in known):
        distance = [abs(math.log(ratio)) for ratio in (crude, *known)]
        mended = [a - b for a, b in itertools.pairwise(distance)]
        best = max(range(len(mended)), key=mended.__getitem__)
        told += (
            f"; with all that a registry records it is {format_number(known[-1])} times"
        )
        if mended[best] > 0:
            told += f', and the line "{_REGISTRY[best]}" mends most'
    if not math.isnan(ratios[_FULL]):
        told += f"; with latent severity {format_number(ratios[_FULL])}"
    return f"{told}."
