"""Reads a ledger of simulated people: to whom each outcome happened, with simulation error alone.

People who are stopped together share a fate, so every count knows its groups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from misid.algorithm import SEARCH
from misid.findings.questions.registry import point_title
from misid.quantities import Doubt, Estimate, Interval
from misid.statistics import clopper_pearson
from misid.storage import literal, name, open_ledger, translate_errors
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import strangers
from misid.vocabulary.tested import Counted

if TYPE_CHECKING:
    from misid.findings.estimates import Estimates
    from misid.storage import Connection

LEVEL = 0.95
FEW = 25  # with fewer groups that differ from the rest, the normal law says too little about the next run
CAVEATS = ("simulated_people", "pieces_assumed")


class Moments(NamedTuple):
    """Sums over groups of people stopped together, which an interval needs; a person alone is a group of one."""

    people: int
    events: int  # of them to whom it happened
    groups: int
    people_squared: int  # sums over groups of the squares and of the product of both numbers
    product: int
    events_squared: int

    @classmethod
    def alone(cls, people: int, events: int) -> Moments:
        """Return the sums of people who share nothing: each is a group."""
        return cls(people, events, people, people, events, events)

    @classmethod
    def of_groups(cls, x: np.ndarray, y: np.ndarray, many: np.ndarray | int = 1) -> Moments:
        """Return the sums of groups of x people of whom it happened to y, so many of each; groups of nobody are out."""
        sums = ((many * (x > 0) * z).sum() for z in (x, y, np.ones_like(x), x * x, x * y, y * y))
        return cls(*(int(z) for z in sums))

    def plus(self, other: Moments) -> Moments:
        """Return the sums of both."""
        return Moments(*(a + b for a, b in zip(self, other, strict=True)))

    @property
    def spared(self) -> Moments:
        """The sums of those to whom it did not happen."""
        events, product = self.people - self.events, self.people_squared - self.product
        squared = self.people_squared - 2 * self.product + self.events_squared
        return self._replace(events=events, product=product, events_squared=squared)

    @property
    def effective(self) -> float:
        """How many independent people the count is worth, counted with one more group of typical size."""
        typical = self.people_squared / self.people
        return self.events * (self.events + typical) / (self.events_squared + typical * typical)


def simulated_rate(m: Moments) -> Interval:
    """Return a share of at least one person with its simulation error.

    Notes
    -----
    Ratio estimator: with y of x people in each of k groups and R the share, its variance is ``k / (k - 1) sum((y - R
    x)^2) / sum(x)^2`` (Cochran, Sampling Techniques, 1977, chapter 6).  Where it happened, or was spared, fewer than
    `FEW` effective times: Clopper-Pearson at the effective number, ``sum(y)^2 / sum(y^2)`` (Kish, Survey Sampling,
    1965), counted with one more group of typical size, since few groups seen say little of heavy ones not seen.  In
    trials with groups of 1 to 6, of whom none, half or all shared one fate, the 95% interval covered at least 93%.
    """
    share, method = m.events / m.people, say("simulated.method.few")
    if m.effective < FEW:
        low, high = _at_effective(m)
    elif m.spared.effective < FEW:
        low, high = (1.0 - end for end in reversed(_at_effective(m.spared)))
    else:
        squares = m.events_squared - 2.0 * share * m.product + share * share * m.people_squared
        error = np.sqrt(max(squares, 0.0) * m.groups / (m.groups - 1)) / m.people
        half = float(ndtri((1.0 + LEVEL) / 2.0) * error)
        low, high, method = max(share - half, 0.0), min(share + half, 1.0), say("simulated.method.ratio")
    return Interval(share, low, high, LEVEL, method, m.events, m.people).around()


def _at_effective(m: Moments) -> tuple[float, float]:
    # Where it happened to nobody, nothing tells how heavy a group would be: as heavy as any.
    seen = max(1, int(m.effective)) if m.events else 0
    trials = max(seen, round(m.people * seen / m.events)) if m.events else m.groups
    low, high = clopper_pearson(seen, trials, LEVEL)
    return float(low), float(high)


def agreeing(pairs: Iterable[tuple[Estimate, Estimate]]) -> int:
    """Count the pairs of which the first, expected, lies within the simulation error of the second."""
    return sum((seen.low or 0.0) <= (expected.value or 0.0) <= (seen.high or 0.0) for expected, seen in pairs)


@dataclass(frozen=True)
class SimulatedRun:
    """A run of simulated people, and the scenario's expected values to stand beside them."""

    estimates: Estimates
    encounters: int
    seed: int

    @property
    def ends(self) -> tuple[str, ...]:
        """The strictest operating point and the loosest."""
        return tuple(dict.fromkeys((self.estimates.names[0], self.estimates.names[-1])))

    def named(self, point: str) -> str:
        """Say an operating point in few words: ``1 in 65 strangers``."""
        e = self.estimates
        counted = e.scenario.purpose == "identify" and e.scenario.candidates.floor
        return strangers(e.place(point).phi) if counted else point_title(e, point)

    def estimate(
        self,
        found: Interval,
        point: str,
        unit: str = "people",
        group: str = "all",
        *,
        per: float | None = None,
        counted: tuple[Counted, ...] = SEARCH,
    ) -> Estimate:
        """Return a share as a count out of ``use.people``, or of ``per``, with its simulation error."""
        whole, place = float(self.estimates.size) if per is None else per, self.estimates.place(point)
        made = Estimate.of(
            found.times(whole),
            conditions=self.estimates.conditions(place, group),
            distance=self.estimates.distance(place, counted, "" if group == "all" else group),
            unit=unit,
            kind=Doubt.SIMULATION,
            words=say("simulated.method.counted", n=self.encounters, seed=str(self.seed)),
            caveats=(*CAVEATS, *self.estimates.caveats(place)),
        )
        return replace(made, n=found.trials if whole == 1.0 else whole)


OWN = "whose IN ('own record', 'own second record')"
RELATIVE = "whose IN ('identical twin', 'sibling')"
UNSUPPORTED = ("wrong person", "wrong record", "not verified")
PRINTS = {
    "wrong_person": "wrong person",
    "wrong_record": "wrong record",
    "supported": "supported",
    "by_chance": "chance",
}
# Outcomes of `misid.expected.OUTCOMES`, each as SQL over `people`.
MEASURES: Mapping[str, str] = {
    "hit": "whose <> 'none'",
    "right": OWN,
    "wrong": f"whose <> 'none' AND NOT {OWN}",
    "wrong_stranger": f"whose <> 'none' AND NOT {OWN} AND NOT {RELATIVE}",
    "wrong_relative": RELATIVE,
    "no_hit": "whose = 'none'",
    "unsupported": f"outcome IN {UNSUPPORTED}",
    **{words.replace(" ", "_"): f"outcome = '{words}'" for words in UNSUPPORTED},
    "disbelieved_document": "disbelieved",
    "supported": "outcome = 'supported'",
    "supported_by_chance": "outcome = 'supported by chance'",
    "fingerprinted": "fingerprinted",
    **{f"fingerprint_{name}": f"outcome = '{words} by fingerprint'" for name, words in PRINTS.items()},
}
CHUNK = 2**20  # encounters counted at once; nobody is stopped together across a multiple of 64


@dataclass(frozen=True)
class Book:
    """An opened ledger; `close` it."""

    con: Connection
    place: Path
    points: tuple[str, ...]
    encounters: int

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query over `people`, or over the ledger's own view `encounters`."""
        with translate_errors(self.place, "read"):
            return list(self.con.execute(sql).fetchall())

    def columns(self, sql: str) -> dict[str, npt.NDArray[Any]]:
        """Return what a query returns, column by column."""
        with translate_errors(self.place, "read"):
            return self.con.execute(sql).fetchnumpy()

    def close(self) -> None:
        """Close the connection."""
        self.con.close()

    def pieces(self, point: str) -> Iterator[str]:
        """Yield conditions on `people` at one operating point, none of which splits a group."""
        for start in range(0, self.encounters, CHUNK):
            yield f"point = {literal(point)} AND encounter >= {start} AND encounter < {start + CHUNK}"

    def moments(
        self, point: str, tests: Mapping[str, str], among: str = "TRUE", label: str = "''"
    ) -> dict[str, dict[str, Moments]]:
        """Count to whom each test applies, of those for whom ``among`` holds, by label, which is SQL for words."""
        each = ", ".join(f"count(*) FILTER ({test}) AS y{i}" for i, test in enumerate(tests.values()))
        products = [(f"y{i}", f"x * y{i}", f"y{i} * y{i}") for i in range(len(tests))]
        sums = ", ".join(f"sum({one})" for three in products for one in three)
        found: dict[str, dict[str, Moments]] = {}
        for piece in self.pieces(point):
            groups = f"SELECT {label} AS label, company, count(*) AS x, {each} FROM people WHERE {piece} AND ({among})"
            for name_, many, people, squared, *rest in self.rows(
                f"SELECT label, count(*), sum(x), sum(x * x), {sums} FROM ({groups} GROUP BY ALL) GROUP BY ALL"
            ):
                mine = found.setdefault(name_, dict.fromkeys(tests, Moments.alone(0, 0)))
                for i, test in enumerate(tests):
                    events, product, events_squared = rest[3 * i : 3 * i + 3]
                    more = Moments(people, events, many, squared, product, events_squared)
                    mine[test] = mine[test].plus(more)
        return found

    @cached_property
    def by_status(self) -> dict[str, dict[str, dict[str, Moments]]]:
        """Sums of every measure by operating point and status, of statuses that were met; ``""`` is everybody."""
        return {
            point: self.moments(point, MEASURES) | self.moments(point, MEASURES, label="status")
            for point in self.points
        }

    @cached_property
    def companies(self) -> dict[tuple[str, str], npt.NDArray[np.int64]]:
        """People, people acted on unsupported, and number of such groups, by point and kind, (k, 3)."""
        found: dict[tuple[str, str], Counter[tuple[int, int]]] = {}
        harmed = f"count(*) FILTER ({MEASURES['unsupported']}) AS harmed"
        for point in self.points:
            for piece in self.pieces(point):
                groups = f"SELECT together, company, count(*) AS size, {harmed} FROM people WHERE {piece}"
                for kind, size, hurt, many in self.rows(
                    f"SELECT together, size, harmed, count(*) FROM ({groups} AND together <> 'alone' GROUP BY ALL) "
                    "GROUP BY ALL ORDER BY ALL"
                ):
                    found.setdefault((point, kind), Counter())[size, hurt] += many
        return {key: np.array([(*group, many) for group, many in sorted(n.items())]) for key, n in found.items()}


def open_book(ledger: Path, rule: str, points: tuple[str, ...], encounters: int) -> Book:
    """Open a ledger under the rule in force."""
    con = open_ledger(ledger, threads=2)
    try:
        with translate_errors(ledger, "read"):
            con.execute(_PEOPLE.format(rule=name(rule)))
    except BaseException:
        con.close()
        raise
    return Book(con, ledger, points, encounters)


_PEOPLE = """
CREATE TEMP VIEW people AS SELECT
    encounter, point, truth.group AS company, truth.together AS together, truth.age AS age, truth.minor AS minor,
    truth.status AS status, truth.hit AS whose, seen.manner <> 'not scanned' AS scanned,
    seen.fingerprinted AS fingerprinted, outcome.{rule} AS outcome, disbelieved.{rule} AS disbelieved
FROM encounters
"""
