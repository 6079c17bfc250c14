"""Reads a ledger once and keeps what the findings ask of it: a few thousand rows in place of millions.

`people` is the ledger under short names, `cells` counts encounters that are alike, `moments` and `companies` know who
was stopped with whom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from misid.findings.simulated.rates import Moments
from misid.storage import name, open_ledger, translate_errors
from misid.vocabulary import Mode

if TYPE_CHECKING:
    from misid.storage import Connection

# What happens to people, as SQL over `people` and `cells` alike.
MEASURES: Mapping[str, str] = {
    "hit": "whose <> 'none'",
    "right_hit": "whose IN ('own record', 'own second record')",
    "wrong_hit": "whose NOT IN ('none', 'own record', 'own second record')",
    "no_hit": "whose = 'none'",
    "unsupported": "outcome IN ('wrong person', 'wrong record', 'not verified')",
    "wrong_person": "outcome = 'wrong person'",
    "wrong_record": "outcome = 'wrong record'",
    "not_verified": "outcome = 'not verified'",
    "disbelieved_document": "disbelieved",
    "supported": "outcome = 'supported'",
    "supported_by_chance": "outcome = 'supported by chance'",
}
# Whom a rate is about, as SQL over `cells` and `clusters`.
ALL = "'all'"
DOMAINS: Mapping[str, str] = {
    "all": ALL,
    "origin_sex": "origin || '.' || sex",
    "status": "status",
    "age": "CASE WHEN minor THEN 'under_18' ELSE 'adult' END",
}
# Every encounter is of the first of these kinds that fits; the words complete "so many …".
KINDS: Mapping[str, tuple[str, str]] = {
    "child": (f"minor AND {MEASURES['unsupported']}", "children acted on without support"),
    "disbelieved": ("disbelieved", "acted on although a genuine document was shown"),
    "relative": ("outcome = 'wrong person' AND whose IN ('identical twin', 'sibling')", "acted on a relative's record"),
    "stranger": ("outcome = 'wrong person'", "acted on somebody else's record"),
    "wrong_record": ("outcome = 'wrong record'", "acted on their own wrong record"),
    "not_verified": ("outcome = 'not verified'", "acted on without a hit"),
    "supported": ("outcome = 'supported'", "acted on their own right record"),
    "by_chance": ("outcome = 'supported by chance'", "acted on, supported by chance"),
    "not_scanned": ("NOT scanned", "not photographed"),
    "not_usable": ("NOT usable", "photo not usable"),
    "stopped": ("calls", "let go although the hit calls for action"),
    "cleared": ("record_right", "let go on their own right record"),
    "own_wrong": (MEASURES["right_hit"], "let go on their own wrong record"),
    "other": (MEASURES["wrong_hit"], "let go on somebody else's record"),
    "missed": ("enrolled", "no hit although in the gallery"),
    "unknown": ("TRUE", "no hit, and not in the gallery"),
}
KEPT = 3  # first encounters remembered of each kind
CHUNK = 2**20  # encounters grouped at once; nobody is stopped together across a multiple of 64


@dataclass(frozen=True)
class Book:
    """An opened ledger with its tables; `close` it.

    Parameters
    ----------
    con : DuckDBPyConnection
        With the ledger's view and the tables above.
    modes : tuple of Mode
        Those of the ledger, in order.
    place : Path
        Where the ledger lies.
    """

    con: Connection
    modes: tuple[Mode, ...]
    place: Path

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with translate_errors(self.place, "read"):
            return list(self.con.execute(sql).fetchall())

    def close(self) -> None:
        """Close the connection."""
        self.con.close()

    def total(self, mode: Mode, what: str = "TRUE") -> int:
        """Count encounters of one mode for which a condition over `cells` holds."""
        found = self.rows(f"SELECT sum(number) FILTER ({what}) FROM cells WHERE mode = '{mode.value}'")
        return int(found[0][0] or 0)

    @cached_property
    def moments(self) -> dict[tuple[Mode, str, str, str], Moments]:
        """Moments by mode, kind of group, group and measure."""
        found: dict[tuple[Mode, str, str, str], Moments] = {}
        sums = ", ".join(f"sum({m}_{x})::BIGINT" for m in MEASURES for x in _SUMS)
        for mode, domain, label, people, groups, squared, *rest in self.rows(
            f"SELECT mode, domain, label, sum(people)::BIGINT, sum(groups)::BIGINT, sum(squared)::BIGINT, {sums} "
            "FROM moments GROUP BY ALL ORDER BY ALL"
        ):
            for i, measure in enumerate(MEASURES):
                count, product, count_squared = rest[len(_SUMS) * i : len(_SUMS) * (i + 1)]
                found[Mode(mode), domain, label, measure] = Moments(
                    people, count, groups, squared, product, count_squared
                )
        return found

    def ratios(self, among: str, tests: Mapping[str, str]) -> dict[tuple[Mode, str], Moments]:
        """Return moments of those for whom a condition holds, by mode and test.

        Parameters
        ----------
        among : str
            Condition over `cells`: whom the ratios are about.
        tests : mapping of str to str
            Further conditions over `cells`, by name: to whom it happened.

        Returns
        -------
        dict of (Mode, str) to Moments
            Modes in which nobody is meant are absent.
        """
        counts = ", ".join(f"count(*) FILTER ({test}) AS t{i}" for i, test in enumerate(tests.values()))
        alone = ", ".join(f"coalesce(sum(number) FILTER ({test}), 0) AS t{i}" for i, test in enumerate(tests.values()))
        names = [f"t{i}" for i in range(len(tests))]
        in_groups = ", ".join(f"sum({t}), sum({t} * n), sum({t} * {t})" for t in names)
        by_themselves = ", ".join(f"sum({t}), sum({t}), sum({t})" for t in names)
        sums: dict[str, list[int]] = {}
        for mode, *numbers in self.rows(
            f"SELECT mode, sum(n), count(*), sum(n * n), {in_groups} FROM (SELECT mode, company, count(*) AS n, {counts} "
            f"FROM people WHERE together <> 'alone' AND {among} GROUP BY ALL) GROUP BY ALL UNION ALL "
            f"SELECT mode, sum(n), sum(n), sum(n), {by_themselves} FROM (SELECT mode, sum(number) AS n, {alone} "
            f"FROM cells WHERE together = 'alone' AND {among} GROUP BY ALL) GROUP BY ALL"
        ):
            before = sums.setdefault(mode, [0] * len(numbers))
            sums[mode] = [x + int(y) for x, y in zip(before, numbers, strict=True)]
        found = {}
        for mode, (people, groups, squared, *rest) in sums.items():
            for i, test in enumerate(tests):
                count, product, count_squared = rest[len(_SUMS) * i : len(_SUMS) * (i + 1)]
                found[Mode(mode), test] = Moments(people, count, groups, squared, product, count_squared)
        return found

    def labels(self, domain: str) -> tuple[str, ...]:
        """Return the groups of one kind that were met, in the order of their names."""
        return tuple(sorted({label for _, kind, label, _ in self.moments if kind == domain}))


def open_book(ledger: Path, rule: str, modes: Sequence[Mode], encounters: int, threads: int = 2) -> Book:
    """Open a ledger and make the tables.

    Parameters
    ----------
    ledger : Path
        As `misid.storage.open_ledger`.
    rule : str
        The rule in force.
    modes : sequence of Mode
        Those of the ledger.
    encounters : int
        How many it holds.
    threads : int
        Most threads.

    Returns
    -------
    Book
    """
    con = open_ledger(ledger, threads=threads)
    try:
        with translate_errors(ledger, "read"):
            con.execute(_PEOPLE.format(rule=name(rule)))
            con.execute(_CELLS.format(kind=_kind(), kept=KEPT))
            con.execute(_moments_table())
            con.execute(_COMPANIES)
            for first in range(0, encounters, CHUNK):
                con.execute(_clusters(first, first + CHUNK))
                for domain, label in DOMAINS.items():
                    con.execute(_moments_of_clusters(domain, label))
                con.execute(_COMPANIES_OF_CLUSTERS)
            for domain, label in DOMAINS.items():
                con.execute(_moments_alone(domain, label))
            con.execute("DROP TABLE clusters")
    except BaseException:
        con.close()
        raise
    return Book(con, tuple(modes), ledger)


_PEOPLE = """
CREATE TEMP VIEW people AS SELECT
    encounter, mode,
    truth.group AS company, truth.together AS together,
    truth.origin AS origin, truth.sex AS sex, truth.age AS age, truth.minor AS minor, truth.status AS status,
    truth.enrolled AS enrolled, truth.hit AS whose, truth.candidate_origin AS candidate_origin,
    truth.reference AS reference, truth.record_right AS record_right, truth.record_fault AS record_fault,
    truth.name_right AS name_right, truth.birth_date_right AS birth_date_right,
    truth.nationality_right AS nationality_right,
    seen.manner <> 'not scanned' AS scanned, seen.photo_usable AS usable, seen.database AS database,
    seen.record_number AS record_number, seen.record_calls_for_action AS calls,
    outcome.{rule} AS outcome, disbelieved.{rule} AS disbelieved
FROM encounters
"""

_CELLS = """
CREATE TEMP TABLE cells AS SELECT
    mode, together, origin, sex, minor, status, enrolled, whose, record_right, record_fault, name_right,
    birth_date_right, nationality_right, scanned, database, outcome, disbelieved, {kind} AS kind,
    count(*) AS number, min(encounter, {kept}) AS first
FROM people GROUP BY ALL
"""

_COMPANIES = """
CREATE TEMP TABLE companies (mode VARCHAR, together VARCHAR, people INTEGER, unsupported INTEGER, acted INTEGER,
    number BIGINT)
"""

_COMPANIES_OF_CLUSTERS = """
INSERT INTO companies
SELECT mode, together, people, unsupported, acted, count(*) FROM (
    SELECT mode, together, company, sum(people) AS people, sum(unsupported) AS unsupported,
        sum(unsupported + supported + supported_by_chance) AS acted
    FROM clusters GROUP BY ALL
) GROUP BY ALL
"""

_SUMS = ("count", "product", "squared")


def _kind() -> str:
    return f"CASE {' '.join(f'WHEN {test} THEN {chr(39)}{kind}{chr(39)}' for kind, (test, _) in KINDS.items())} END"


def _clusters(first: int, after: int) -> str:
    """Return SQL that counts, in each group of several people, its members who are alike."""
    counts = ", ".join(f"count(*) FILTER ({test}) AS {measure}" for measure, test in MEASURES.items())
    return (
        f"CREATE OR REPLACE TEMP TABLE clusters AS SELECT mode, company, together, origin, sex, minor, status, "
        f"count(*) AS people, {counts} FROM people "
        f"WHERE together <> 'alone' AND encounter >= {first} AND encounter < {after} GROUP BY ALL"
    )


def _moments_table() -> str:
    sums = ", ".join(f"{measure}_{x} BIGINT" for measure in MEASURES for x in _SUMS)
    return (
        "CREATE TEMP TABLE moments (mode VARCHAR, domain VARCHAR, label VARCHAR, people BIGINT, groups BIGINT, "
        f"squared BIGINT, {sums})"
    )


def _moments_of_clusters(domain: str, label: str) -> str:
    """Return SQL that adds the moments of groups of several people; of each its members in one domain."""
    members = ", ".join(f"sum({m}) AS {m}" for m in MEASURES)
    sums = ", ".join(f"sum({m}), sum({m} * n), sum({m} * {m})" for m in MEASURES)
    return (
        f"INSERT INTO moments SELECT mode, '{domain}', label, sum(n), count(*), sum(n * n), {sums} FROM ("
        f"SELECT mode, {label} AS label, company, sum(people) AS n, {members} FROM clusters GROUP BY ALL) GROUP BY ALL"
    )


def _moments_alone(domain: str, label: str) -> str:
    """Return SQL that adds the moments of people stopped alone: every number is its own square."""
    counts = ", ".join(f"coalesce(sum(number) FILTER ({test}), 0) AS {m}" for m, test in MEASURES.items())
    sums = ", ".join(f"{m}, {m}, {m}" for m in MEASURES)
    return (
        f"INSERT INTO moments SELECT mode, '{domain}', label, n, n, n, {sums} FROM ("
        f"SELECT mode, {label} AS label, sum(number) AS n, {counts} FROM cells WHERE together = 'alone' GROUP BY ALL)"
    )
