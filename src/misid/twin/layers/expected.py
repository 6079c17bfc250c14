"""Harm with every subset of the layers made perfect, in closed form."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from misid.scenario import Scenario
from misid.statistics import subsets
from misid.twin.expected.answers import Answers, Stratum, answer, apply_rule, strata
from misid.twin.expected.points import Array, Points
from misid.twin.layers.perfect import Layer, made_perfect
from misid.vocabulary import Mode

CAUSES = ("wrong_person", "wrong_record", "not_verified")
# What a search and the records answer depends on these; readers and the rule come after.
_ANSWERED = frozenset(Layer) - {Layer.READER, Layer.RULE}


def kinds(scenario: Scenario, stop: str) -> tuple[str, ...]:
    """Name the kinds of harm that are counted: all, by cause, by origin and by status of those stopped.

    Parameters
    ----------
    scenario : Scenario
        Resolved.
    stop : str
        The stop policy in use; people whom it never stops have no kind of their own.

    Returns
    -------
    tuple of str
        ``unsupported``, the causes, ``origin.<origin>`` and ``status.<status>``.
    """
    cells = strata(scenario, stop)
    origins = dict.fromkeys(f"origin.{cell.origin.value}" for cell in cells)
    statuses = dict.fromkeys(
        f"status.{cell.status}" for cell in cells if not scenario.statuses[cell.status].action_supported
    )
    return ("unsupported", *CAUSES, *origins, *statuses)


def perfect_sets(layers: tuple[Layer, ...]) -> tuple[frozenset[Layer], ...]:
    """Return which layers are perfect in each subset, in the order that `misid.statistics.shapley.shapley` reads."""
    return tuple(frozenset(layers[i] for i in subset) for subset in subsets(len(layers)))


def harm(scenario: Scenario, stop: str, points: Points, mode: Mode, layers: tuple[Layer, ...]) -> Array:
    """Return unsupported actions under the rule in force with every subset of the layers made perfect.

    Parameters
    ----------
    scenario : Scenario
        Gives the structure.
    stop : str
        The stop policy in use.
    points : Points
        P points.
    mode : Mode
        How FPIR moves with gallery size.
    layers : tuple of Layer
        The m layers.

    Returns
    -------
    ndarray, shape (2**m, kinds, P)
        Per person photographed, in the order of `perfect_sets` and of `kinds`.
    """
    named = kinds(scenario, stop)
    found = np.empty((1 << len(layers), len(named), len(points)))
    known: dict[frozenset[Layer], Answers] = {}
    member: dict[str, Array] = {}
    for index, perfect in enumerate(perfect_sets(layers)):
        where, changed = made_perfect(scenario, stop, points, perfect)
        answered = perfect & _ANSWERED
        if answered not in known:
            known[answered] = answer(scenario, where, changed, mode)
        if where not in member:
            member[where] = _members(strata(scenario, where), named)
        answers = known[answered]
        after = apply_rule(scenario, where, answers, scenario.rule, changed)
        causes = [answers.part * getattr(after, cause) for cause in CAUSES]
        everything = causes[0] + causes[1] + causes[2]
        found[index, 0] = everything.sum(axis=1)
        for i, cause in enumerate(causes, start=1):
            found[index, i] = cause.sum(axis=1)
        found[index, 1 + len(CAUSES) :] = (everything @ member[where]).T
    return found


def _members(cells: tuple[Stratum, ...], named: tuple[str, ...]) -> Array:
    """Say which cells are of which group, shape (K, groups)."""
    groups = named[1 + len(CAUSES) :]
    of: list[Mapping[str, bool]] = [
        {f"origin.{cell.origin.value}": True, f"status.{cell.status}": True} for cell in cells
    ]
    return np.array([[float(mine.get(group, False)) for group in groups] for mine in of])
