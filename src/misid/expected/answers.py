"""What the system answers in closed form: who is stopped, who is enrolled, and whose record a search returns.

Everything is a probability per person photographed, by point and stratum.  Strata are the cells of origin, sex, age
and status of those who are stopped; enrolment and record error depend on age and status jointly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product

import numpy as np

from misid.expected.points import (
    GROUPS,
    Array,
    Points,
    SameScenario,
    enrolled_share,
    field_path,
    own_record_calls,
)
from misid.expected.search import ExpectedRates, expected_search
from misid.quantities import Quantity
from misid.scenario import Scenario
from misid.vocabulary import Age, Origin, Sex


@dataclass(frozen=True)
class Stratum:
    """One cell of the people stopped under one policy."""

    origin: Origin
    sex: Sex
    age: Age
    status: str

    @property
    def group(self) -> int:
        """Index of the probe group in `GROUPS`."""
        return GROUPS.index((self.origin, self.sex))


def strata(scenario: Scenario, stop: str) -> tuple[Stratum, ...]:
    """Return the cells of one stop policy, in the order of the file."""
    return _strata(SameScenario(scenario), stop)


@lru_cache(maxsize=64)
def _strata(same: SameScenario, stop: str) -> tuple[Stratum, ...]:
    return tuple(
        Stratum(*cell)
        for block in same.scenario.stops[stop].blocks
        for cell in product(block.origin, block.sex, block.age, block.status)
    )


def by_cell(points: Points, stop: str, share: Callable[[Points, str, Age], Array]) -> Array:
    """Return a share of people by status and age, such as `enrolled_share`, for each cell of a stop policy, (P, K)."""
    cells = [(cell.status, cell.age) for cell in strata(points.scenario, stop)]
    found = {cell: share(points, *cell) for cell in dict.fromkeys(cells)}
    return np.stack([found[cell] for cell in cells], axis=1)


def part_of(points: Points, stop: str) -> Array:
    """Return the part of each cell among those stopped, shape (P, K); sums to one over cells.

    Where a share is moved within its range the other shares of its whole give way in proportion.
    """

    def of_whole(whole: Iterable[Quantity]) -> list[Array]:
        shares = list(whole)
        # Summed in the order of their paths, so that the last bit does not depend on the order of a file.
        total = np.sum([points[q] for q in sorted(shares, key=lambda q: field_path(points.scenario, q))], axis=0)
        return [points[q] / total for q in shares]

    blocks = points.scenario.stops[stop].blocks
    columns: list[Array] = []
    for block, share in zip(blocks, of_whole(block.share for block in blocks), strict=True):
        inside = [share]
        for whole in (block.origin, block.sex, block.age, block.status):
            parts = of_whole(whole.values())
            inside = [x * part for x in inside for part in parts]
        columns += inside
    return np.stack(columns, axis=1)


@dataclass(frozen=True)
class Answers:
    """What the system answers, per person photographed; every array has shape (P, K).

    The seven columns from ``right`` to ``no_hit_not_enrolled`` sum to one.
    """

    part: Array  # part of those photographed who are in this cell
    enrolled: Array  # P(in the gallery)
    right: Array  # hit on the person's own record
    wrong_enrolled: Array  # hit on a stranger's record
    relative_enrolled: Array  # hit on a relative's record
    wrong_not_enrolled: Array
    relative_not_enrolled: Array
    no_hit_enrolled: Array
    no_hit_not_enrolled: Array
    not_scanned: Array  # of those without a hit: who was not photographed
    adverse_stranger: Array  # P(the record calls for an action), of a wrongly returned stranger
    adverse_own: Array  # the same of the person's own record
    shows_document: Array  # P(shows a genuine document of the right status)
    rates: ExpectedRates  # the search behind them, for the groups that are stopped
    rule: str = ""  # the rule that decides who is photographed and how; empty where everybody is, and all are searched

    @cached_property
    def wrong(self) -> Array:
        """Hit on another person's record, whoever's."""
        return self.wrong_enrolled + self.relative_enrolled + self.wrong_not_enrolled + self.relative_not_enrolled

    @cached_property
    def hit(self) -> Array:
        """Any hit."""
        return self.right + self.wrong

    @cached_property
    def no_hit(self) -> Array:
        """No hit."""
        return self.no_hit_enrolled + self.no_hit_not_enrolled

    @cached_property
    def wrong_and_adverse(self) -> Array:
        """Hit on another person's record that calls for an action."""
        strangers = self.wrong_enrolled + self.wrong_not_enrolled
        relatives = self.relative_enrolled + self.relative_not_enrolled
        return strangers * self.adverse_stranger + relatives * self.adverse_own

    @cached_property
    def right_and_adverse(self) -> Array:
        """Hit on the person's own record, which calls for an action, rightly or not."""
        return self.right * self.adverse_own


def answer(points: Points, stop: str) -> Answers:
    """Photograph the people of one stop policy and search at the threshold that stands on the points."""
    return answers_of(points, stop, expected_search(points, stopped_groups(points.scenario, stop)))


def stopped_groups(scenario: Scenario, stop: str) -> list[int]:
    """Return the probe groups that are stopped, as indices into `GROUPS`, in order."""
    return sorted({cell.group for cell in strata(scenario, stop)})


def answers_of(points: Points, stop: str, rates: ExpectedRates) -> Answers:
    """Distribute the rates of a search over the cells of those stopped."""
    scenario = points.scenario
    policy = scenario.stops[stop]
    cells = strata(scenario, stop)
    part = part_of(points, stop)
    present = stopped_groups(scenario, stop)
    group = [present.index(cell.group) for cell in cells]
    acquired = 1.0 - points[scenario.capture.failure_to_acquire][:, None]
    named, misid, right = (acquired * x[:, group] for x in (rates.named, rates.misid, rates.right))
    enrolled = by_cell(points, stop, enrolled_share)
    kin = scenario.kin
    outranks = points[kin.relative_outranks][:, None]
    accepted = points[scenario.candidates.picks_mate][:, None]
    with_own, alone = _relatives(points, part, enrolled)
    # A relative who matches scores far above the best stranger, and comes up first unless the person's own reference
    # does; a person who looks at the list accepts one as readily as the other.  Nobody outranks who was found by name.
    by_name = acquired * np.asarray(rates.by_name).reshape(-1, 1)
    relative = with_own * accepted * (outranks * (acquired - by_name) + (1.0 - outranks) * (acquired - right))
    right = right - with_own * outranks * (right - by_name)
    stranger = misid * (1.0 - with_own)
    return Answers(
        part=part,
        enrolled=enrolled,
        right=enrolled * right,
        wrong_enrolled=enrolled * stranger,
        relative_enrolled=enrolled * relative,
        wrong_not_enrolled=(1.0 - enrolled) * named * (1.0 - alone),
        relative_not_enrolled=(1.0 - enrolled) * acquired * accepted * alone,
        no_hit_enrolled=enrolled * (1.0 - right - stranger - relative),
        no_hit_not_enrolled=(1.0 - enrolled) * (1.0 - named * (1.0 - alone) - acquired * accepted * alone),
        not_scanned=np.zeros_like(enrolled),
        adverse_stranger=adverse_of_strangers(points)[:, [list(Origin).index(c.origin) for c in cells]],
        adverse_own=by_cell(points, stop, own_record_calls),
        # Who is photographed for showing no document shows none.
        shows_document=np.stack([points[scenario.statuses[cell.status].shows_document] for cell in cells], axis=1)
        * (1.0 - points[policy.for_no_document])[:, None],
        rates=rates,
    )


def _relatives(points: Points, part: Array, enrolled: Array) -> tuple[Array, Array]:
    """Return P(a relative is enrolled and matches) of people who are enrolled, and of people who are not.

    FORMULAS 17.  A relative is of the same status; where people of that status are never enrolled, of the average
    status.  Enrolled together, a relative is in the gallery exactly when the person is.
    """
    kin, scenario = points.scenario.kin, points.scenario
    identical = points[kin.identical_twin_share] * points[kin.identical_twin_match]
    fraternal = points[kin.fraternal_twin_share] * points[kin.fraternal_twin_match]
    # -expm1: of a Poisson number of siblings, at least one matches.
    sibling = -np.expm1(-points[kin.siblings] * points[kin.sibling_match])
    other = 1.0 - (1.0 - fraternal) * (1.0 - sibling)
    # The owner of the only reference is the person or an impostor, never a relative who happens to be enrolled.
    many = points[scenario.gallery.n_references] > 1.0
    i, other, t = (
        x[:, None] for x in (np.where(many, identical, 0.0), np.where(many, other, 0.0), points[kin.enrolled_together])
    )
    share = np.where(enrolled > 0.0, enrolled, np.sum(part * enrolled, axis=1, keepdims=True))
    always = i + (1.0 - i) * other
    apart = i * share + (1.0 - i * share) * other * share
    with_own = t * always + (1.0 - t) * apart
    alone = np.where(enrolled > 0.0, (1.0 - t) * apart, t * always * share + (1.0 - t) * apart)
    return np.asarray(with_own, float), np.asarray(alone, float)


def adverse_of_strangers(points: Points) -> Array:
    """P(a wrongly returned stranger's record calls for an action), by the probe's origin, shape (P, origins).

    False candidates come mostly from the probe's own origin: ``w_h|g`` is proportional to ``N_h r_gh`` with ``r_gh``
    the homogeneity ratio inside an origin and 1 across (FORMULAS 2).
    """
    gallery = points.scenario.gallery
    zero = np.zeros(len(points))
    found = [gallery.mix.get(origin) for origin in Origin]
    share = np.stack([points[entry.share] if entry else zero for entry in found], axis=1)
    adverse = np.stack([points[entry.adverse] if entry else zero for entry in found], axis=1)
    ratio = points[gallery.homogeneity][:, None, None]
    same = np.eye(len(found), dtype=bool)
    weight = share[:, None, :] * np.where(same, ratio, 1.0)
    return np.asarray((weight * adverse[:, None, :]).sum(axis=2) / weight.sum(axis=2), float)
