"""How far the figures of a scenario lie from the nearest published test, and how that is said."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from misid.findings.model import Table
from misid.quantities import Distance, Estimate, MeasuredHere, Nearness, NoDistance, how_far
from misid.vocabulary import ImageKind
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import format_references
from misid.vocabulary.tested import LIVE_CAMERA, Counted, Operator, apart

if TYPE_CHECKING:
    from misid.algorithm import Card
    from misid.expected import Points
    from misid.scenario import Scenario

CAMERAS = (Operator.POLICE_CAMERAS, Operator.SHOP_CAMERAS)
MOST_NAMED = 2  # tests in one sentence
INPUTS, BESIDE, USE = NoDistance("input"), NoDistance("beside"), NoDistance("use")


def of_scenario(
    scenario: Scenario,
    card: Card,
    n_references: float,
    fpir: float | None,
    counted: tuple[Counted, ...],
    group: str,
) -> Distance:
    """Return how far a figure of a scenario lies from the nearest test, or from where its card was measured.

    Parameters
    ----------
    scenario : Scenario
        Gives image kind, lapse and operator.
    card : Card
        The card that is shown.
    n_references : float
        References searched.
    fpir : float or None
        FPIR of the base population at the threshold in use.
    counted : tuple of Counted
        What the figure rests on.
    group : str
        Probe group: a cell of the catalogue, ``"east_asia_female"``, or any word for a group that no test tells apart.

    Returns
    -------
    Distance
    """
    # These load the whole engine, which a page of figures that are there already does without.
    from misid.algorithm import NearnessQuery, from_measurement, nearest

    asked = NearnessQuery(
        counted,
        n_references,
        fpir,
        photographed_as(scenario),
        scenario.algorithm.lapse.value,
        group=group,
        operator=scenario.operator,
        developer=card.developer,
        rows=card.rows_in_use,
    )
    if card.measured is None:
        return nearest(asked)[1]
    own = max(card.measured.n_references, 1)
    return from_measurement(
        asked, card.measured, say("nearness.card", card=card.name, measured=card.measured.words, n=own), own
    )


def from_data(measured_n: float, n_references: float) -> Distance:
    """Return how far a gallery is from the one that an evaluation measured; a smaller one is a part of it."""
    beyond = max(0.0, math.log10(n_references / measured_n))
    return Distance(say("nearness.gallery_of", size=format_references(measured_n)), beyond)


def fpir_at(threshold: float, points: Points) -> float:
    """Return the base population's FPIR at a threshold in decades, at the first of some points."""
    from misid.expected import comparisons
    from misid.statistics import fpir_independent

    return float(fpir_independent(min(10.0**-threshold, 1.0 - 1e-12), comparisons(points)[0]))


def photographed_as(scenario: Scenario) -> str:
    """Return the kind of probe image as tests tell kinds apart: a camera over passers-by takes another than a phone."""
    kind = scenario.algorithm.probe_image
    return LIVE_CAMERA if kind is ImageKind.STREET and scenario.operator in CAMERAS else kind.value


def apart_from(d: Nearness) -> tuple[str, ...]:
    """Return what sets a figure apart from its nearest test, each in few words to stand beside it.

    Gallery size and what no test has; empty where it lies inside.
    """
    if not isinstance(d, Distance):
        return (d.reason if isinstance(d, NoDistance) else d.words,)
    size = apart("gallery", d.decades_of_n or 0.0, d.decades_of_n or 0.0, "tested")
    lacks = (say(f"nearness.lacks.all_{'test' if d.test else 'here'}", what=what) for what in d.lacking)
    return (*([size] if size else []), *lacks)


def distance_words(d: Nearness) -> str:
    """Return the nearest test and how far it is: of one figure."""
    return say("nearness.one", test=d.nearest, far=d.words) if isinstance(d, Distance) else d.words


def distances_sentence(found: Iterable[Nearness]) -> str:
    """Return the distances of many figures in a sentence or two; empty if there are none.

    Parameters
    ----------
    found : iterable of Distance, MeasuredHere or NoDistance
        In the order of the figures.
    """
    every = tuple(dict.fromkeys(found))
    far = [d for d in every if isinstance(d, Distance)]
    parts = [_tests(some) for some in ([d for d in far if d.test], [d for d in far if not d.test]) if some]
    here = "; ".join(dict.fromkeys(d.data for d in every if isinstance(d, MeasuredHere)))
    none = "; ".join(dict.fromkeys(d.reason for d in every if isinstance(d, NoDistance)))
    parts += [say("nearness.sentence.measured", on=here)] if here else []
    parts += [say(f"nearness.sentence.{'some_none' if parts else 'none'}", because=none)] if none else []
    return " ".join(parts)


def tested_sentence(found: Iterable[Nearness]) -> str:
    """Return how far some numbers of a report are from the nearest test.

    Empty where all were measured here, or are inputs: the page says so of itself, and inputs have their sources.
    """
    every = tuple(found)
    return distances_sentence(every) if any(isinstance(d, Distance) or d == USE for d in every) else ""


def _tests(far: list[Distance]) -> str:
    """Return which tests are nearest and how far they are, at least and at most."""
    names = list(dict.fromkeys(d.nearest for d in far))
    tests, more = "; ".join(names[:MOST_NAMED]), len(names) - MOST_NAMED
    tests = say("nearness.sentence.more", tests=tests, n=more) if more > 0 else tests
    return say(f"nearness.sentence.{'test' if far[0].test else 'here'}", n=len(names), tests=tests, far=how_far(far))


def marks(table: Table) -> tuple[tuple[str, ...], ...]:
    """Return beside the figures of a table what sets some further from the nearest test than others, in few words.

    What all share is said once under the table (`tested_sentence`); so is what a whole column shares.

    Parameters
    ----------
    table : Table
        What is said.

    Returns
    -------
    tuple of tuple of str
        For each cell; at the head of a row where all its figures share it, else at each figure.
    """
    own = [[apart_from(cell.distance) if isinstance(cell, Estimate) else None for cell in row] for row in table.rows]
    common = _common(one for row in own for one in row)
    # What sets a column apart in all of several rows stands in the sentence under the table, not in every cell.
    columns = [
        common | _common(column) if len(own) > 1 and None not in column else common for column in zip(*own, strict=True)
    ]
    found = []
    for cells, row in zip(table.rows, own, strict=True):
        left = ["; ".join(x for x in one or () if x not in known) for one, known in zip(row, columns, strict=True)]
        figures_of = {words for words, one in zip(left, row, strict=True) if one is not None}
        if isinstance(cells[0], str) and len(figures_of) == 1:
            left = [figures_of.pop(), *("" for _ in cells[1:])]
        found.append(tuple(left))
    return tuple(found)


def _common(lists: Iterable[tuple[str, ...] | None]) -> frozenset[str]:
    every = [frozenset(one) for one in lists if one is not None]
    return frozenset.intersection(*every) if every else frozenset()
