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
from misid.findings.questions.registry import best_shown, photographed, point_words
from misid.quantities import Doubt, Estimate, Interval
from misid.statistics import clopper_pearson
from misid.storage import literal, name, open_ledger, translate_errors
from misid.vocabulary.numbers import are_named
from misid.vocabulary.tested import Counted

if TYPE_CHECKING:
    from misid.findings.estimates import Estimates
    from misid.storage import Connection

LEVEL = 0.95
ERROR = "Ranges are simulation error alone: more encounters shrink them, and they say nothing about the world."
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


def simulated_rate(m: Moments, level: float = LEVEL) -> Interval:
    """Return a share of at least one person with its simulation error.

    Notes
    -----
    Ratio estimator: with y of x people in each of k groups and R the share, its variance is ``k / (k - 1) sum((y - R
    x)^2) / sum(x)^2`` (Cochran, Sampling Techniques, 1977, chapter 6).  Where it happened, or was spared, fewer than
    `FEW` effective times: Clopper-Pearson at the effective number, ``sum(y)^2 / sum(y^2)`` (Kish, Survey Sampling,
    1965), counted with one more group of typical size, since few groups seen say little of heavy ones not seen.  In
    trials with groups of 1 to 6, of whom none, half or all shared one fate, the 95% interval covered at least 93%.
    """
    share = m.events / m.people
    if m.effective < FEW:
        low, high = _at_effective(m, level)
    elif m.spared.effective < FEW:
        low, high = (1.0 - end for end in reversed(_at_effective(m.spared, level)))
    else:
        squares = m.events_squared - 2.0 * share * m.product + share * share * m.people_squared
        error = np.sqrt(max(squares, 0.0) * m.groups / (m.groups - 1)) / m.people
        half = float(ndtri((1.0 + level) / 2.0) * error)
        low, high = max(share - half, 0.0), min(share + half, 1.0)
        return Interval(share, low, high, level, "ratio estimator", m.events, m.people)
    return Interval(share, low, high, level, "Clopper-Pearson at the effective number", m.events, m.people).around()


def _at_effective(m: Moments, level: float) -> tuple[float, float]:
    # Where it happened to nobody, nothing tells how heavy a group would be: as heavy as any.
    seen = max(1, int(m.effective)) if m.events else 0
    trials = max(seen, round(m.people * seen / m.events)) if m.events else m.groups
    low, high = clopper_pearson(seen, trials, level)
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
    def per(self) -> float:
        """How many people counts are given for."""
        return float(self.estimates.size)

    @property
    def photographed(self) -> str:
        """Say who is photographed: ``10,000 people stopped at random``."""
        return photographed(self.estimates)

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the operating points, the strictest first."""
        return self.estimates.names

    def named(self, point: str) -> str:
        """Say an operating point in few words: ``1 in 65 strangers``."""
        return point_words(self.estimates, point).partition(": ")[0]

    def condition(self, point: str) -> str:
        """Say on what a figure at an operating point depends: ``if 1 in 65 strangers is named``."""
        if self.estimates.scenario.purpose == "verify":
            return f"at {self.named(point)}"
        floor = self.estimates.scenario.candidates.floor
        return f"if {are_named(self.estimates.place(point).phi) if floor else best_shown(self.estimates)}"

    def estimate(
        self,
        found: Interval,
        point: str,
        unit: str = "people",
        group: str = "all",
        *,
        per: float | None = None,
        counted: tuple[Counted, ...] = SEARCH,
        caveats: tuple[str, ...] = (),
    ) -> Estimate:
        """Return a share as a count out of ``use.people``, or of ``per``, with its simulation error."""
        whole, place = self.per if per is None else per, self.estimates.place(point)
        made = Estimate.of(
            found.times(whole),
            conditions=self.estimates.conditions(place, group),
            distance=self.estimates.distance(place, counted, "" if group == "all" else group),
            unit=unit,
            kind=Doubt.SIMULATION,
            words=f"{self.encounters:,} simulated encounters, seed {self.seed}, by who was stopped together",
            caveats=(*CAVEATS, *self.estimates.caveats(place), *caveats),
        )
        return replace(made, n=found.trials if whole == 1.0 else whole)


OWN = "whose IN ('own record', 'own second record')"
RELATIVE = "whose IN ('identical twin', 'sibling')"
UNSUPPORTED = ("wrong person", "wrong record", "not verified")
# Outcomes of `misid.expected.OUTCOMES`, each as SQL over `people`.
MEASURES: Mapping[str, str] = {
    "hit": "whose <> 'none'",
    "right": OWN,
    "wrong": f"whose <> 'none' AND NOT {OWN}",
    "wrong_stranger": f"whose <> 'none' AND NOT {OWN} AND NOT {RELATIVE}",
    "wrong_relative": RELATIVE,
    "no_hit": "whose = 'none'",
    "unsupported": f"outcome IN {UNSUPPORTED}",
    "wrong_person": "outcome = 'wrong person'",
    "wrong_record": "outcome = 'wrong record'",
    "not_verified": "outcome = 'not verified'",
    "disbelieved_document": "disbelieved",
    "supported": "outcome = 'supported'",
    "supported_by_chance": "outcome = 'supported by chance'",
    "fingerprinted": "fingerprinted",
    "fingerprint_wrong_person": "outcome = 'wrong person by fingerprint'",
    "fingerprint_wrong_record": "outcome = 'wrong record by fingerprint'",
    "fingerprint_supported": "outcome = 'supported by fingerprint'",
    "fingerprint_by_chance": "outcome = 'chance by fingerprint'",
}
TOGETHER = ("household", "workplace")
CHUNK = 2**20  # encounters read at once; nobody is stopped together across a multiple of 64
Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Book:
    """An opened ledger; `close` it."""

    con: Connection
    place: Path
    points: tuple[str, ...]
    statuses: tuple[str, ...]
    encounters: int

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query over `people`, or over the ledger's own view `encounters`."""
        with translate_errors(self.place, "read"):
            return list(self.con.execute(sql).fetchall())

    def close(self) -> None:
        """Close the connection."""
        self.con.close()

    def read(self, point: str, columns: Mapping[str, str], among: str, last: int = 0) -> Iterator[Columns]:
        """Yield columns of SQL at one operating point, of the first people if ``last``, in pieces that split no group."""
        wanted = ", ".join(f"{sql} AS {column}" for column, sql in columns.items())
        last = last or self.encounters
        for start in range(0, last, CHUNK):
            with translate_errors(self.place, "read"):
                yield self.con.execute(
                    f"SELECT {wanted} FROM people WHERE point = {literal(point)} AND encounter >= {start} "
                    f"AND encounter < {min(start + CHUNK, last)} AND ({among})"
                ).fetchnumpy()

    def moments(
        self, point: str, tests: Mapping[str, str], among: str = "TRUE", label: str = "0", labels: int = 0
    ) -> list[dict[str, Moments]]:
        """Count to whom each test applies, of those for whom ``among`` holds: of everybody, then label by label.

        ``label`` is SQL for a whole number from 0 up to ``labels``.
        """
        found = [dict.fromkeys(tests, Moments.alone(0, 0)) for _ in range(1 + labels)]
        for k, met, many in self.rows(
            f"SELECT {label} AS label, {bits(tests)} AS bits, count(*) FROM people "
            f"WHERE point = {literal(point)} AND together = 'alone' AND ({among}) GROUP BY ALL"
        ):
            for i, test in enumerate(tests):
                for one in (found[0], *found[1 + k : 1 + labels][:1]):
                    one[test] = one[test].plus(Moments.alone(many, many * (met >> i & 1)))
        columns = {"company": "company", "bits": bits(tests), "label": label}
        for piece in self.read(point, columns, f"together <> 'alone' AND ({among})"):
            for k, one in enumerate(found):
                mine = slice(None) if k == 0 else piece["label"] == k - 1
                _, home, size = np.unique(piece["company"][mine], return_inverse=True, return_counts=True)
                for i, test in enumerate(tests):
                    y = np.bincount(home, piece["bits"][mine] >> i & 1, len(size)).astype(np.int64)
                    one[test] = one[test].plus(Moments.of_groups(size, y))
        return found

    @cached_property
    def by_status(self) -> dict[str, dict[str, dict[str, Moments]]]:
        """Sums of every measure by operating point and status, of statuses that were met; ``""`` is everybody."""
        number = f"list_position([{', '.join(map(literal, self.statuses))}], status) - 1"
        found = {}
        for point in self.points:
            sums = self.moments(point, MEASURES, label=number, labels=len(self.statuses))
            named = zip(("", *self.statuses), sums, strict=True)
            found[point] = {status: mine for status, mine in named if mine["hit"].people}
        return found

    @cached_property
    def companies(self) -> dict[tuple[str, str], npt.NDArray[np.int64]]:
        """People, people acted on unsupported, and number of such groups, by point and kind, (k, 3)."""
        found = {}
        for point in self.points:
            for kind in TOGETHER:
                alike: Counter[tuple[int, int]] = Counter()
                columns = {"company": "company", "harmed": MEASURES["unsupported"]}
                for piece in self.read(point, columns, f"together = {literal(kind)}"):
                    _, home, size = np.unique(piece["company"], return_inverse=True, return_counts=True)
                    harmed = np.bincount(home, piece["harmed"], len(size)).astype(int)
                    alike.update(zip(size.tolist(), harmed.tolist(), strict=True))
                if alike:
                    found[point, kind] = np.array([(*group, many) for group, many in sorted(alike.items())])
        return found


def bits(tests: Mapping[str, str]) -> str:
    """Return SQL for a whole number of which bit i says whether the i-th test holds."""
    return f"({' + '.join(f'({test})::BIGINT * {1 << i}' for i, test in enumerate(tests.values()))})"


def open_book(
    ledger: Path, rule: str, points: tuple[str, ...], statuses: tuple[str, ...], encounters: int, threads: int = 2
) -> Book:
    """Open a ledger under the rule in force."""
    con = open_ledger(ledger, threads=threads)
    try:
        with translate_errors(ledger, "read"):
            con.execute(_PEOPLE.format(rule=name(rule)))
    except BaseException:
        con.close()
        raise
    return Book(con, ledger, points, statuses, encounters)


_PEOPLE = """
CREATE TEMP VIEW people AS SELECT
    encounter, point, truth.group AS company, truth.together AS together, truth.age AS age, truth.minor AS minor,
    truth.status AS status, truth.enrolled AS enrolled, truth.hit AS whose, truth.candidate_origin AS candidate_origin,
    truth.reference AS reference, truth.record_right AS record_right, truth.record_fault AS record_fault,
    truth.name_right AS name_right, truth.birth_date_right AS birth_date_right,
    truth.nationality_right AS nationality_right, seen.manner <> 'not scanned' AS scanned, seen.database AS database,
    seen.record_number AS record_number, seen.fingerprinted AS fingerprinted,
    truth.fingerprint_record AS fingerprint_record, outcome.{rule} AS outcome, disbelieved.{rule} AS disbelieved
FROM encounters
"""
