"""Arrays that would not come back as they went are refused; the hash is over values and nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from misid.errors import OutOfRange
from misid.storage.columns import (
    CHUNK,
    LEDGER,
    OUTCOMES,
    Column,
    check_arrays,
    chunk_digests,
    join_digests,
    ledger_columns,
)

ROWS = 6
PLAIN = (
    Column("encounter", "int64", "", "number"),
    Column("truth.age", "int16", "years", "age"),
    Column("truth.minor", "bool", "", "under 18"),
    Column("truth.kind", "uint8", "", "kind", ("a", "b", "c")),
    Column("seen.score", "float32", "decades", "score", null_means="no hit"),
    Column("seen.weight", "float32", "", "weight"),
)


def arrays() -> dict[str, np.ndarray]:
    return {
        "encounter": np.arange(ROWS, dtype=np.int64),
        "truth.age": np.arange(20, 20 + ROWS, dtype=np.int16),
        "truth.minor": np.zeros(ROWS, dtype=bool),
        "truth.kind": np.array([0, 1, 2, 0, 1, 2], dtype=np.uint8),
        "seen.score": np.array([1, np.nan, 3, 4, np.nan, 6], dtype=np.float32),
        "seen.weight": np.ones(ROWS, dtype=np.float32),
    }


def test_good_arrays_pass_unchanged():
    given = arrays()
    found = check_arrays(PLAIN, given, ROWS)
    assert list(found) == [column.name for column in PLAIN]
    for name, array in found.items():
        np.testing.assert_array_equal(array, given[name])
        assert array.dtype == given[name].dtype


def with_nan(array: np.ndarray) -> np.ndarray:
    array[2] = np.nan
    return array


def with_infinity(array: np.ndarray) -> np.ndarray:
    array[3] = -np.inf
    return array


BAD: list[tuple[str, Callable[[np.ndarray], Any], str]] = [
    ("encounter", lambda a: a.tolist(), "encounter must be a plain numpy array, got 'list'"),
    ("encounter", lambda a: np.ma.masked_array(a), "must be a plain numpy array, got 'MaskedArray'"),
    ("encounter", lambda a: a.reshape(2, 3), r"encounter: shape must be \(6,\), got \(2, 3\)"),
    ("encounter", lambda a: a.reshape(6, 1), r"shape must be \(6,\), got \(6, 1\)"),
    ("encounter", lambda a: a.astype(">i8"), "type must be int64 in this machine's byte order, got '>i8'"),
    ("encounter", lambda a: a.astype(np.uint64), "type must be int64 .*, got '<u8'"),
    ("encounter", lambda a: a.astype(np.int32), "type must be int64 .*, got '<i4'"),
    ("encounter", lambda a: a.astype(object), r"type must be int64 .*, got '\|O'"),
    ("encounter", lambda a: a[::-1], r"encounter: strides must be contiguous .*, got \(-8,\)"),
    ("encounter", lambda a: np.repeat(a, 2)[::2], r"strides must be contiguous .*, got \(16,\)"),
    ("encounter", lambda a: np.broadcast_to(a[:1], ROWS), r"strides must be contiguous .*, got \(0,\)"),
    ("encounter", lambda a: a[:-1], "encounter: length must be 6, got 5"),
    ("truth.minor", lambda a: a.astype(np.uint8), "type must be bool"),
    ("truth.minor", lambda a: np.full(ROWS, 2, np.uint8).view(bool), "truth.minor must be true or false"),
    ("truth.kind", lambda a: a + np.uint8(1), "truth.kind must be a code from 0 to 2, got 3"),
    ("seen.weight", with_nan, r"seen.weight\[2\] must be a number: a value is never missing here, got nan"),
    ("seen.weight", with_infinity, r"seen.weight\[3\] must be finite, got -inf"),
    ("seen.score", with_infinity, r"seen.score\[3\] must be finite, got -inf"),
    ("seen.score", lambda a: a.astype(np.float64), "seen.score: type must be float32 .*, got '<f8'"),
]


@pytest.mark.parametrize(("name", "spoil", "words"), BAD, ids=[f"{name}-{i}" for i, (name, _, _) in enumerate(BAD)])
def test_bad_array_is_refused(name: str, spoil: Callable[[np.ndarray], Any], words: str):
    given = arrays()
    given[name] = spoil(given[name])
    with pytest.raises(OutOfRange, match=words):
        check_arrays(PLAIN, given, ROWS)


def test_missing_and_unknown_columns_are_named():
    given = arrays()
    del given["truth.age"]
    with pytest.raises(OutOfRange, match=r"\['truth.age'\]"):
        check_arrays(PLAIN, given, ROWS)
    with pytest.raises(OutOfRange, match=r"\['truth.name'\]"):
        check_arrays(PLAIN, arrays() | {"truth.name": np.zeros(ROWS)}, ROWS)


def test_one_zero_and_one_nan():
    given = arrays()
    given["seen.weight"][1] = -0.0
    given["seen.score"].view(np.uint32)[1] = 0xFFC12345  # a NaN too, of other bits
    assert np.isnan(given["seen.score"][1])
    found = check_arrays(PLAIN, given, ROWS)
    assert found["seen.weight"].view(np.uint32)[1] == 0
    nans = found["seen.score"].view(np.uint32)[[1, 4]]
    assert nans[0] == nans[1]
    assert np.signbit(given["seen.weight"][1]), "the caller's array is left alone"


def test_hash_from_first_principles():
    column = Column("encounter", "int64", "", "number")
    array = np.arange(2 * (CHUNK + 3), dtype=np.int64) * 3
    halves = np.split(array, 2)
    pieces = [[half[:CHUNK], half[CHUNK:]] for half in halves]
    expected = [
        [hashlib.sha256(b"".join(int(v).to_bytes(8, "little") for v in one)).hexdigest() for one in half]
        for half in pieces
    ]
    found = chunk_digests([column], {"encounter": array}, 2)
    assert found == {"encounter": expected}
    text = {
        "schema": "misid/ledger/2",
        "chunk": 65_536,
        "encounters": CHUNK + 3,
        "points": ["strict", "nist_kept"],
        "columns": [{"name": "encounter", "type": "int64", "codes": [], "chunks": expected}],
    }
    canonical = json.dumps(text, sort_keys=True, indent=1) + "\n"
    assert (
        join_digests([column], ["strict", "nist_kept"], CHUNK + 3, [found])
        == hashlib.sha256(canonical.encode()).hexdigest()
    )


def test_every_value_and_every_label_counts():
    def content(given: dict[str, np.ndarray], listed: tuple[Column, ...] = PLAIN) -> str:
        return join_digests(listed, ["nist_kept"], ROWS, [chunk_digests(listed, check_arrays(listed, given, ROWS), 1)])

    hashes = {content(arrays())}
    for name in arrays():
        given = arrays()
        given[name][-1] = 1 - given[name][-1] if name == "truth.minor" else given[name][-1] - 1
        hashes.add(content(given))
    relabelled = tuple(Column(c.name, c.dtype, c.unit, c.what, ("a", "c", "b")) if c.codes else c for c in PLAIN)
    hashes.add(content(arrays(), relabelled))
    assert len(hashes) == 1 + len(PLAIN) + 1


# The list of columns


LABELS = {column.name: ("a", "b") for column in LEDGER if column.by_scenario}


def test_names_are_used_once_and_types_are_known():
    listed = ledger_columns(("first",), LABELS)
    assert len({column.name.lower() for column in listed}) == len(listed)
    assert {column.dtype for column in listed} <= {"bool", "uint8", "int16", "int64", "float32"}
    assert {column.side for column in listed} == {"", "truth", "seen", "outcome", "disbelieved"}
    assert [column.name for column in listed[-2:]] == ["outcome.first", "disbelieved.first"]
    assert listed[-2].codes == OUTCOMES
    for column in listed:
        assert column.what, column.name
        assert not column.codes or column.dtype == "uint8", column.name
        assert len(set(column.codes)) == len(column.codes), column.name


def test_only_numbers_that_can_say_so_may_be_missing():
    for column in ledger_columns(("first",), LABELS):
        if column.null_means:
            assert np.dtype(column.dtype).kind in "fi", column.name
            assert not column.codes
        else:
            assert column.missing is None


@pytest.mark.parametrize(
    ("rules", "labels", "words"),
    [
        (("a.b",), LABELS, "rules must be letters"),
        (("a+",), LABELS, "rules must be letters"),
        (("+a",), LABELS, "rules must be letters"),
        (('a"b',), LABELS, "rules must be letters"),
        (("",), LABELS, "rules must be letters"),
        (("Same", "same"), LABELS, "differ by more than capital letters"),
        (("a",), {}, "labels must be for exactly these columns: point, seen.database, truth.status"),
        (("a",), LABELS | {"truth.sex": ("x",)}, "labels must be for exactly"),
        (("a",), LABELS | {"truth.status": ()}, "labels of truth.status must be 1 to 255 different names"),
        (("a",), LABELS | {"truth.status": ("x", "x")}, "labels of truth.status must be"),
        (("a",), LABELS | {"truth.status": "xy"}, "labels of truth.status must be"),
        (("a",), LABELS | {"truth.status": tuple(map(str, range(256)))}, "labels of truth.status must be"),
    ],
)
def test_bad_rules_and_labels_are_refused(rules: tuple[str, ...], labels: dict[str, Any], words: str):
    with pytest.raises(OutOfRange, match=words):
        ledger_columns(rules, labels)
