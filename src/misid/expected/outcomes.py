"""What happens to people of each status, counted: the answers and outcomes that figures, pages and tests read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from misid.expected.answers import Answers, answer, strata
from misid.expected.points import Array, Points
from misid.expected.rules import answers_under, apply_rule

# What is counted, in words that complete "people ...".
OUTCOMES: Mapping[str, str] = {
    "people": "photographed",
    "hit": "of whom the machine, or who picks from its list, names somebody",
    "right": "named rightly",
    "wrong": "named as somebody else",
    "wrong_stranger": "named as a stranger",
    "wrong_relative": "named as a relative",
    "no_hit": "of whom nobody is named",
    "enrolled": "in the gallery",
    "wrong_person": "acted on because of somebody else's record, unsupported",
    "wrong_record": "acted on because of their own wrong record, unsupported",
    "not_verified": "acted on because nobody is named, unsupported",
    "disbelieved_document": "acted on unsupported although they show a genuine document; among the three above",
    "unsupported": "acted on unsupported",
    "supported": "acted on, rightly named, and their own correct record supports it",
    "supported_by_chance": "acted on because of somebody else's record, or none, where their own would support it",
    "fingerprinted": "fingerprinted after no hit",
    "fingerprint_wrong_person": "acted on, unsupported, because their fingerprints bring up somebody else's record",
    "fingerprint_wrong_record": "acted on, unsupported, because their fingerprints bring up their own wrong record",
    "fingerprint_unsupported": "acted on unsupported after fingerprints",
    "fingerprint_supported": "acted on after fingerprints, and their own correct record supports it",
    "fingerprint_by_chance": "acted on after fingerprints because of another's record; their own would support it",
}
_OF_ANSWERS = ("hit", "right", "wrong", "no_hit", "enrolled")


@dataclass(frozen=True)
class People:
    """Counts per so many people photographed, by outcome and status; every array has shape (P,)."""

    size: float  # people photographed
    statuses: tuple[str, ...]
    counts: Mapping[str, Mapping[str, Array]]  # by outcome of `OUTCOMES`, then by status

    def of(self, outcome: str, *statuses: str) -> Array:
        """Return the count of one outcome, of some statuses or of everybody."""
        found = self.counts[outcome]
        return np.asarray(np.sum([found[status] for status in statuses or self.statuses], axis=0), float)


def people(points: Points, stop: str, rule: str = "", size: float = 0.0, answers: Answers | None = None) -> People:
    """Count what happens to the people of one stop policy under one rule, at the threshold that stands on the points.

    Parameters
    ----------
    points : Points
        With a threshold.
    stop : str
        The stop policy.
    rule : str, optional
        A rule, or several joined by ``+``; the rule in force if not given.
    size : float, optional
        People photographed; ``use.people`` if not given.
    answers : Answers, optional
        From `answer`, so that several rules share one search.
    """
    scenario = points.scenario
    rule = rule or scenario.rule
    found = answers_under(points, stop, answers or answer(points, stop), rule)
    after = apply_rule(points, stop, found, rule)
    cells = strata(scenario, stop)
    names = tuple(dict.fromkeys(cell.status for cell in cells))
    member = np.array([[float(cell.status == name) for name in names] for cell in cells])
    columns = {"people": np.ones_like(found.part), **{name: getattr(found, name) for name in _OF_ANSWERS}}
    columns["wrong_stranger"] = found.wrong_enrolled + found.wrong_not_enrolled
    columns["wrong_relative"] = found.relative_enrolled + found.relative_not_enrolled
    columns |= {name: getattr(after, name) for name in OUTCOMES if name not in columns}
    total = (size or float(scenario.use.people)) * found.part
    counts = {}
    for name in OUTCOMES:
        by_status = (total * columns[name]) @ member
        counts[name] = {status: by_status[:, i] for i, status in enumerate(names)}
    return People(size or float(scenario.use.people), names, counts)
