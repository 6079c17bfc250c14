"""Counts what a ledger holds of each rule beside the rule in force: the same people, decided under both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from misid.quantities import Interval
from misid.simulation import OutcomeCode
from misid.statistics import clustered_paired_difference, mcnemar_exact
from misid.storage import OUTCOMES, literal, name, open_ledger, translate_errors

if TYPE_CHECKING:
    from misid.storage import Connection

Codes = npt.NDArray[np.uint8]
Code = OutcomeCode
# What can happen to a person under a rule, by codes of the ledger's outcomes.  A disbelieved document overlaps the rest.
PAIRED: Mapping[str, tuple[int, ...]] = {
    "unsupported": (Code.WRONG_PERSON, Code.WRONG_RECORD, Code.NOT_VERIFIED),
    "wrong_person": (Code.WRONG_PERSON,),
    "wrong_record": (Code.WRONG_RECORD,),
    "disbelieved_document": (),
    "not_verified": (Code.NOT_VERIFIED,),
    "supported": (Code.SUPPORTED,),
    "fingerprint_wrong_person": (Code.WRONG_PERSON_BY_FINGERPRINT,),
    "fingerprint_wrong_record": (Code.WRONG_RECORD_BY_FINGERPRINT,),
    "fingerprint_supported": (Code.SUPPORTED_BY_FINGERPRINT,),
}
_DISBELIEVED = len(OUTCOMES)  # added to the code of an outcome where a genuine document did not help


@dataclass(frozen=True)
class OutcomePair:
    """How many people had one kind of outcome under the rule in force (first) and under another (second)."""

    first: int
    second: int
    only_first: int
    only_second: int
    difference: (
        Interval | None
    )  # of shares, second minus first, clustered by who was stopped together; None of one group

    @property
    def p_value(self) -> float:
        """Exact McNemar test of equal harm (FORMULAS 22)."""
        return float(mcnemar_exact(float(self.only_first), float(self.only_second)))


@dataclass(frozen=True)
class PairedCounts:
    """Everything that a comparison reads from a ledger."""

    encounters: int  # people at each operating point
    clusters: int  # groups of people stopped together
    pairs: Mapping[tuple[str, str, str], OutcomePair]  # by operating point, rule and kind of `PAIRED`


def count_pairs(ledger: Path, points: Sequence[str], rules: Sequence[str]) -> PairedCounts:
    """Count pairs at every operating point of a ledger; the first rule is the one in force."""
    with closing(open_ledger(ledger)) as con, translate_errors(ledger, "read"):
        sizes = dict(
            con.execute(
                "SELECT size, count(*) FROM (SELECT count(*) AS size FROM encounters WHERE point = ? "
                'GROUP BY truth."group") GROUP BY size ORDER BY size',
                [points[0]],
            ).fetchall()
        )
        pairs = {
            (point, rule, kind): pair
            for point in points
            for (rule, kind), pair in _pairs(con, point, rules, sizes).items()
        }
    return PairedCounts(sum(size * count for size, count in sizes.items()), sum(sizes.values()), pairs)


def _code(rule: str) -> str:
    """Return SQL for a rule's outcome as a number."""
    labels = ", ".join(literal(label) for label in OUTCOMES)
    disbelieved = f"{_DISBELIEVED} * disbelieved.{name(rule)}::INTEGER"
    return f"(list_position([{labels}], outcome.{name(rule)}) - 1 + {disbelieved})::UTINYINT"


def _is(codes: Codes, kind: str) -> npt.NDArray[np.bool_]:
    """Say which outcomes are of a kind."""
    if kind == "disbelieved_document":
        return np.asarray(codes >= _DISBELIEVED)
    return np.isin(codes % _DISBELIEVED, PAIRED[kind])


def _pairs(
    con: Connection, point: str, rules: Sequence[str], sizes: Mapping[int, int]
) -> dict[tuple[str, str], OutcomePair]:
    """Compare every rule with the first, for every kind of outcome, at one operating point."""
    total = con.execute(
        f"SELECT {_code(rules[0])} AS code, count(*) AS people FROM encounters WHERE point = ? GROUP BY code ORDER BY code",
        [point],
    ).fetchnumpy()
    # Whoever has the same outcome under every rule moves no difference.
    codes = ", ".join(f"{_code(rule)} AS r{i}" for i, rule in enumerate(rules))
    uneven = con.execute(
        f"""
        WITH coded AS (SELECT truth."group" AS g, {codes} FROM encounters WHERE point = $point),
             together AS (SELECT truth."group" AS g, count(*) AS size FROM encounters WHERE point = $point GROUP BY g)
        SELECT coded.*, size FROM coded JOIN together USING (g)
        WHERE {" OR ".join(f"r{i} <> r0" for i in range(1, len(rules))) or "false"} ORDER BY g
        """,
        {"point": point},
    ).fetchnumpy()
    _, first_row, group = np.unique(uneven["g"], return_index=True, return_inverse=True)
    size = uneven["size"][first_row]
    found = {}
    for kind in PAIRED:
        first = int(total["people"][_is(total["code"], kind)].sum())
        before = _is(uneven["r0"], kind)
        for i, rule in enumerate(rules[1:], start=1):
            after = _is(uneven[f"r{i}"], kind)
            gained, gone = int((after & ~before).sum()), int((before & ~after).sum())
            gap = np.asarray(np.bincount(group, after.astype(float) - before, len(size)), float)
            pair = OutcomePair(first, first + gained - gone, gone, gained, _difference(gap, size, sizes))
            found[rule, kind] = pair
    return found


def _difference(
    gaps: npt.NDArray[np.float64], sizes: npt.NDArray[np.int64], all_sizes: Mapping[int, int]
) -> Interval | None:
    """Return the clustered difference from the groups in which somebody fares differently, and how many there are."""
    if sum(all_sizes.values()) < 2:
        return None
    uneven = gaps != 0
    gaps, sizes = gaps[uneven], sizes[uneven]
    even = np.repeat(list(all_sizes), [count - int(np.sum(sizes == size)) for size, count in all_sizes.items()])
    return clustered_paired_difference(
        np.concatenate([gaps, np.zeros(len(even))]), np.concatenate([sizes, even]).astype(float)
    )
