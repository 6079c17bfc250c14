"""Counts what a ledger holds of each rule beside the rule in force: the same people, met under both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from misid.quantities import Interval
from misid.statistics import clustered_paired_difference, mcnemar_exact
from misid.storage import OUTCOMES, literal, name, open_ledger, translate_errors
from misid.vocabulary import Mode

if TYPE_CHECKING:
    from misid.storage import Connection

Codes = npt.NDArray[np.uint8]
Gaps = npt.NDArray[np.float64]

UNSUPPORTED = "unsupported"
SUPPORTED = "supported"
# What a person can meet under a rule: labels of the ledger's outcomes.  A disbelieved document overlaps the rest.
KINDS: Mapping[str, tuple[str, ...]] = {
    UNSUPPORTED: ("wrong person", "wrong record", "not verified"),
    "wrong_person": ("wrong person",),
    "wrong_record": ("wrong record",),
    "disbelieved_document": (),
    "not_verified": ("not verified",),
    SUPPORTED: ("supported",),
}
_DISBELIEVED = len(OUTCOMES)  # added to the code of an outcome where a genuine document did not help


@dataclass(frozen=True)
class OutcomePair:
    """How many people met one kind of outcome under two rules.

    Parameters
    ----------
    first, second : int
        People who met it under the rule in force, and under the other.
    only_first, only_second : int
        Those of them who met it under that rule alone.
    difference : Interval or None
        Share under the other rule minus share under the rule in force, clustered by who was stopped together; None
        where all were stopped together, so that nothing can be said.
    """

    first: int
    second: int
    only_first: int
    only_second: int
    difference: Interval | None

    @property
    def p_value(self) -> float:
        """Exact McNemar test of equal harm (FORMULAS 22)."""
        return float(mcnemar_exact(float(self.only_first), float(self.only_second)))


@dataclass(frozen=True)
class Met:
    """Everything that a comparison reads from a ledger.

    Parameters
    ----------
    encounters : int
        People in each mode.
    clusters : int
        Groups of people stopped together.
    pairs : mapping of (mode, rule, kind) to Pair
        Each rule beside the one in force; kinds are those of `KINDS`.
    groups : mapping of (mode, side, label) to mapping of (rule, kind) to int
        Counts by origin and status, and under ``("", "people")`` how many people there are; ``side`` is a column of
        the truth.
    """

    encounters: int
    clusters: int
    pairs: Mapping[tuple[Mode, str, str], OutcomePair]
    groups: Mapping[tuple[Mode, str, str], Mapping[tuple[str, str], int]]


def count_pairs(ledger: Path, modes: Sequence[Mode], rules: Sequence[str]) -> Met:
    """Count pairs and groups.

    Parameters
    ----------
    ledger : Path
        As `misid.storage.open_ledger`.
    modes : sequence of Mode
        Those of the ledger.
    rules : sequence of str
        The rule in force, then those beside it.
    """
    con = open_ledger(ledger)
    try:
        with translate_errors(ledger, "read"):
            sizes = _sizes(con, modes[0])
            cells = _cells(con, rules)
            pairs = {
                (mode, rule, kind): pair
                for mode in modes
                for (rule, kind), pair in _pairs(con, mode, rules, cells, sizes).items()
            }
        people = int(sum(size * count for size, count in sizes.items()))
        return Met(people, sum(sizes.values()), pairs, _groups(cells, rules))
    finally:
        con.close()


def _coded(rules: Sequence[str]) -> str:
    """Return SQL that names each rule's outcome by a number, as ``r0`` and so on."""
    labels = ", ".join(literal(label) for label in OUTCOMES)
    return ", ".join(
        f"(list_position([{labels}], outcome.{name(rule)}) - 1 + {_DISBELIEVED} * disbelieved.{name(rule)}::INTEGER)"
        f"::UTINYINT AS r{i}"
        for i, rule in enumerate(rules)
    )


def _met(codes: Codes, kind: str) -> npt.NDArray[np.bool_]:
    """Say which outcomes are of a kind."""
    if kind == "disbelieved_document":
        return np.asarray(codes >= _DISBELIEVED)
    return np.isin(codes % _DISBELIEVED, [OUTCOMES.index(label) for label in KINDS[kind]])


def _sizes(con: Connection, mode: Mode) -> dict[int, int]:
    """Return how many groups of people stopped together there are of each size."""
    rows = con.execute(
        'SELECT size, count(*) FROM (SELECT count(*) AS size FROM encounters WHERE mode = ? GROUP BY truth."group") '
        "GROUP BY size ORDER BY size",
        [mode.value],
    ).fetchall()
    return {int(size): int(count) for size, count in rows}


def _cells(con: Connection, rules: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """Count people by mode, origin, status and what they meet under every rule: a few hundred rows."""
    return con.execute(
        f"SELECT mode, truth.origin AS origin, truth.status AS status, {_coded(rules)}, count(*) AS people "
        "FROM encounters GROUP BY ALL ORDER BY ALL"
    ).fetchnumpy()


def _pairs(
    con: Connection,
    mode: Mode,
    rules: Sequence[str],
    cells: Mapping[str, npt.NDArray[Any]],
    sizes: Mapping[int, int],
) -> dict[tuple[str, str], OutcomePair]:
    """Compare every rule with the first, for every kind of outcome."""
    # Who meets the same under every rule moves no difference.
    some = " OR ".join(f"r{i} <> r0" for i in range(1, len(rules))) or "false"
    uneven = con.execute(
        f"""
        WITH coded AS (SELECT truth."group" AS g, {_coded(rules)} FROM encounters WHERE mode = $mode),
             together AS (SELECT truth."group" AS g, count(*) AS size FROM encounters WHERE mode = $mode GROUP BY g)
        SELECT coded.*, size FROM coded JOIN together USING (g) WHERE {some} ORDER BY g
        """,
        {"mode": mode.value},
    ).fetchnumpy()
    _, first_row, group = np.unique(uneven["g"], return_index=True, return_inverse=True)
    size = uneven["size"][first_row]
    here = cells["mode"] == mode.value
    people = cells["people"][here]
    found = {}
    for kind in KINDS:
        before, uneven_before = _met(cells["r0"][here], kind), _met(uneven["r0"], kind)
        for i, rule in enumerate(rules[1:], start=1):
            after = _met(cells[f"r{i}"][here], kind)
            gap = np.asarray(
                np.bincount(group, _met(uneven[f"r{i}"], kind).astype(float) - uneven_before, len(size)), float
            )
            found[rule, kind] = OutcomePair(
                int(people[before].sum()),
                int(people[after].sum()),
                int(people[before & ~after].sum()),
                int(people[after & ~before].sum()),
                _difference(gap, size, sizes),
            )
    return found


def _difference(gaps: Gaps, sizes: npt.NDArray[np.int64], all_sizes: Mapping[int, int]) -> Interval | None:
    """Return the clustered difference from the groups in which somebody fares differently, and how many there are."""
    if sum(all_sizes.values()) < 2:
        return None
    uneven = gaps != 0
    gaps, sizes = gaps[uneven], sizes[uneven]
    even = np.repeat(list(all_sizes), [count - int(np.sum(sizes == size)) for size, count in all_sizes.items()])
    return clustered_paired_difference(
        np.concatenate([gaps, np.zeros(len(even))]), np.concatenate([sizes, even]).astype(float)
    )


def _groups(
    cells: Mapping[str, npt.NDArray[Any]], rules: Sequence[str]
) -> dict[tuple[Mode, str, str], dict[tuple[str, str], int]]:
    """Count by origin and by status who meets what under each rule."""
    met = {
        (rule, kind): _met(cells[f"r{i}"], kind) for i, rule in enumerate(rules) for kind in (UNSUPPORTED, SUPPORTED)
    }
    found = {}
    for side in ("origin", "status"):
        for mode, label in dict.fromkeys(zip(cells["mode"].tolist(), cells[side].tolist(), strict=True)):
            mine = (cells["mode"] == mode) & (cells[side] == label)
            counts = {("", "people"): int(cells["people"][mine].sum())}
            counts |= {key: int(cells["people"][mine & those].sum()) for key, those in met.items()}
            found[Mode(mode), side, str(label)] = counts
    return found
