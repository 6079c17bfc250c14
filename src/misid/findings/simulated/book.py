"""Counts of a ledger: to whom each outcome happened at each operating point, and who was stopped with whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from misid.findings.simulated.rates import Moments
from misid.storage import literal, name, open_ledger, translate_errors

if TYPE_CHECKING:
    from misid.storage import Connection

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
