"""How far the figures of a scenario lie from the nearest published test, and how that is said."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from misid.findings.model import Table
from misid.quantities import Distance, Estimate, MeasuredHere, Nearness, NoDistance
from misid.vocabulary import ImageKind
from misid.vocabulary.numbers import capital, format_references
from misid.vocabulary.tested import (
    ALIKE,
    ANY,
    INSIDE,
    INSIDE_PRINTED,
    INSIDE_THEIRS,
    ITS,
    LIVE_CAMERA,
    NO_TEST,
    NOT_MEASURED,
    TESTED,
    THEIR,
    Aspect,
    Counted,
    Operator,
    apart,
)

if TYPE_CHECKING:
    from misid.algorithm import Card
    from misid.expected import Points
    from misid.scenario import Scenario

CAMERAS = (Operator.POLICE_CAMERAS, Operator.SHOP_CAMERAS)
MOST_NAMED = 2  # tests in one sentence
INPUTS = NoDistance("an input, whose source stands beside it")
BESIDE = NoDistance("a prediction that stands beside what the test itself found")
USE = NoDistance("rate of use times years, with no search in it")


def of_scenario(
    scenario: Scenario,
    card: Card,
    n_references: float,
    fpir: float | None,
    counted: tuple[Counted, ...],
    group: str = "",
    age: str = "",
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
    age : str
        Age band, where it is about one alone.

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
        age,
        group,
        scenario.operator,
        card.developer,
        card.rows_in_use,
    )
    if card.measured is None:
        return nearest(asked)[1]
    own = max(card.measured.n_references, 1)
    return from_measurement(asked, card.measured, f"card {card.name}: {card.measured.words}, N = {own:,}", own)


def from_data(measured_n: float, n_references: float) -> Distance:
    """Return how far a gallery is from the one that an evaluation measured; a smaller one is a part of it."""
    beyond = max(0.0, math.log10(n_references / measured_n))
    return Distance(f"the measured gallery of {format_references(measured_n)}", beyond)


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
        return (d.because if isinstance(d, NoDistance) else d.words,)
    size = apart("gallery", d.decades_of_n or 0.0, d.decades_of_n or 0.0, TESTED)
    no = NO_TEST if d.test else NOT_MEASURED
    return (*([size] if size else []), *(f"{no} {words}" for words in d.lacking))


def distance_words(d: Nearness) -> str:
    """Say the nearest test and how far it is: of one figure."""
    return f"{d.nearest}: {d.words}" if isinstance(d, Distance) else d.words


def distances_sentence(found: Iterable[Nearness]) -> str:
    """Say the distances of many figures in a sentence or two; empty if there are none.

    Parameters
    ----------
    found : iterable of Distance, MeasuredHere or NoDistance
        In the order of the figures.
    """
    every = tuple(dict.fromkeys(found))
    far = [d for d in every if isinstance(d, Distance)]
    said = [_tests(some) for some in ([d for d in far if d.test], [d for d in far if not d.test]) if some]
    here = dict.fromkeys(d.on for d in every if isinstance(d, MeasuredHere))
    said += [f"Measured here, on {'; '.join(here)}."] if here else []
    none = dict.fromkeys(d.because for d in every if isinstance(d, NoDistance))
    said += [f"{'Some have no' if far or here else 'No'} test to be near: {'; '.join(none)}."] if none else []
    return " ".join(said)


def tested_sentence(found: Iterable[Nearness]) -> str:
    """Say how far some numbers of a report are from the nearest test.

    Empty where all were measured here, or are inputs: the page says so of itself, and inputs have their sources.
    """
    every = tuple(found)
    return distances_sentence(every) if any(isinstance(d, Distance) or d == USE for d in every) else ""


def _tests(far: list[Distance]) -> str:
    """Say which tests are nearest and how far they are, at least and at most."""
    names = list(dict.fromkeys(d.nearest for d in far))
    what = "test" if far[0].test else "measurement"
    tests = "; ".join(names[:MOST_NAMED]) + (f"; {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
    head = f"Nearest {what}{'s' if len(names) > 1 else ''}: {tests}."
    if len(far) == 1:
        return f"{head} {capital(far[0].words)}."
    no = NO_TEST if what == "test" else NOT_MEASURED
    whose, inside, them = (ITS, INSIDE, "it differs") if len(names) == 1 else (THEIR, INSIDE_THEIRS, "they differ")
    if not any(d.prints_gallery for d in far):
        whose, inside = ANY, INSIDE_PRINTED
    sizes = [d.decades_of_n for d in far if d.decades_of_n is not None]
    rates = [d.decades_of_fpir for d in far if d.decades_of_fpir is not None] or [0.0]
    lacking, lacking_some = _shared([d.lacking for d in far])
    differs, differs_some = _shared([tuple(x for x in d.differs if x != Aspect.GALLERY) for d in far])
    parts = [
        (apart("gallery", min(sizes), max(sizes), whose) or inside) if sizes else "",
        apart("FPIR", min(rates), max(rates), ITS if len(names) == 1 else THEIR),
        f"{no} {lacking}" if lacking else "",
        f"for some {no} {lacking_some}" if lacking_some else "",
        f"{them} in {differs}" if differs else "",
        f"for some {them} in {differs_some}" if differs_some else "",
    ]
    return f"{head} {capital('; '.join(part for part in parts if part) or ALIKE)}."


def _shared(lists: list[tuple[str, ...]]) -> tuple[str, str]:
    """Say what all lists hold, and what only some do."""
    every = list(dict.fromkeys(words for one in lists for words in one))
    common = [words for words in every if all(words in one for one in lists)]
    return ", ".join(common), ", ".join(words for words in every if words not in common)


def marks(table: Table) -> tuple[tuple[str, ...], ...]:
    """Say beside the figures of a table what sets some further from the nearest test than others, in few words.

    What all share is said once under the table (`tested`).  FPIR is too: it is as far for a whole column.

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
    every = [one for row in own for one in row if one is not None]
    common = frozenset.intersection(*map(frozenset, every)) if every else frozenset()
    # What sets a column apart in all of several rows stands in the sentence under the table, not in every cell.
    columns = list(zip(*own, strict=True)) if len(own) > 1 else [()] * len(table.columns)
    shared = [
        common | frozenset.intersection(*(frozenset(one) for one in column))
        if column and None not in column
        else common
        for column in columns
    ]
    said = []
    for cells, row in zip(table.rows, own, strict=True):
        left = [
            "; ".join(words for words in one or () if words not in known)
            for one, known in zip(row, shared, strict=True)
        ]
        figures_of = {words for words, one in zip(left, row, strict=True) if one is not None}
        if isinstance(cells[0], str) and len(figures_of) == 1:
            left = [figures_of.pop(), *("" for _ in cells[1:])]
        said.append(tuple(left))
    return tuple(said)
