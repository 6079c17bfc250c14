"""The only list of the ledger's columns: name, type, unit, meaning and labels; what their arrays must be; their digest.

``truth.`` holds what is so, ``seen.`` what the system or the officer gets.  The outcome columns come one per rule.

The digest is taken over values, not over files: chunks of `CHUNK` encounters, column by column and point by point, each
with its own SHA-256, and over all of those one more.  So it does not depend on part size, workers, compression or the
version of DuckDB.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.storage.folders import text_digest, to_text
from misid.vocabulary import Origin, Sex

CHUNK = 65_536  # encounters
SCHEMA = "misid/ledger/2"
Arrays = Mapping[str, npt.NDArray[Any]]  # one array per column, by its full name
Digests = dict[str, list[list[str]]]  # SHA-256 by column, operating point and chunk

NONE = "none"
ORIGINS = tuple(origin.value for origin in Origin)
YES_NO = "bool"
CODE = "uint8"
RULE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(\+[A-Za-z_][A-Za-z0-9_-]*)*")


@dataclass(frozen=True)
class Column:
    """One column of the ledger: ``encounter``, or with its side ``truth.person``.

    Missing is NaN in a float column, -1 in a signed integer column, and NULL in Parquet.  Where ``null_means`` is
    empty, a value is never missing and NaN is refused.
    """

    name: str
    dtype: str  # of NumPy: bool, uint8, int16, int64, float32
    unit: str  # empty for labels, numbers of things and yes or no
    what: str
    codes: tuple[str, ...] = ()  # labels: value i means codes[i]
    by_scenario: bool = False  # whether the labels come with the run's plan
    null_means: str = ""  # what a missing value means

    @property
    def side(self) -> str:
        """The struct that holds it: ``truth``, ``seen``, ``outcome``, ``disbelieved``, or empty."""
        return self.name.rpartition(".")[0]

    @property
    def field(self) -> str:
        """Its name within the struct."""
        return self.name.rpartition(".")[2]

    @property
    def missing(self) -> float | int | None:
        """The value that stands for a missing one in memory; None if the column never misses one."""
        if not self.null_means:
            return None
        return float("nan") if np.dtype(self.dtype).kind == "f" else -1

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "name": self.name,
            "type": self.dtype,
            "unit": self.unit,
            "what": self.what,
            "codes": list(self.codes),
            "null_means": self.null_means,
        }


LEDGER: tuple[Column, ...] = (
    Column("encounter", "int64", "", "number of the encounter, from 0"),
    Column("point", CODE, "", "the operating point: where the threshold stands", by_scenario=True),
    Column("truth.person", "int64", "", "number of the synthetic person"),
    Column("truth.group", "int64", "", "number of the group of people stopped together"),
    Column("truth.together", CODE, "", "what the group shares", ("alone", "household", "workplace")),
    Column("truth.origin", CODE, "", "the person's origin", ORIGINS),
    Column("truth.sex", CODE, "", "the person's sex", tuple(sex.value for sex in Sex)),
    Column("truth.age", "int16", "years", "the person's age"),
    Column("truth.minor", YES_NO, "", "the person is under 18"),
    Column("truth.status", CODE, "", "the person's status", by_scenario=True),
    Column("truth.enrolled", YES_NO, "", "the person owns a reference in the gallery"),
    Column(
        "truth.hit",
        CODE,
        "",
        "whose reference is named: the top candidate, or whom a person picks from the list",
        (NONE, "own record", "own second record", "identical twin", "sibling", "stranger", "bystander"),
    ),
    Column("truth.candidate_origin", CODE, "", "origin of the person named", (*ORIGINS, NONE)),
    Column(
        "truth.reference",
        "int64",
        "",
        "place of the stranger's reference within its origin, the most-drawing first",
        null_means="no stranger's reference hit",
    ),
    Column("truth.record_right", YES_NO, "", "the record shown is the person's own, and its status is right"),
    Column(
        "truth.record_fault",
        CODE,
        "",
        "what is wrong with the record shown",
        (NONE, "stale", "linked to another person", "entered wrongly"),
    ),
    Column("truth.name_right", YES_NO, "", "the name on the record is the person's"),
    Column("truth.birth_date_right", YES_NO, "", "the birth date on the record is the person's"),
    Column("truth.nationality_right", YES_NO, "", "the nationality on the record is the person's"),
    Column("truth.carries_document", YES_NO, "", "the person carries a genuine document that proves the status"),
    Column("truth.for_no_document", YES_NO, "", "the person is photographed for showing no document, and has none"),
    Column("truth.poor_photo", YES_NO, "", "the probe is a poor photo"),
    Column("truth.attempts", "uint8", "", "photos taken: a further one only after no hit"),
    Column(
        "truth.own_score",
        "float32",
        "decades",
        "the probe's best score against the person's own references",
        null_means="no own reference scored",
    ),
    Column(
        "truth.stranger_score",
        "float32",
        "decades",
        "the probe's best score against everybody else's references",
        null_means="none was searched",
    ),
    Column(
        "truth.candidates",
        "int16",
        "",
        "candidates on the list: of the photo that named somebody, else of the first",
    ),
    Column("truth.rank", "int16", "", "place of the one named on the list, from 1", null_means="nobody was named"),
    Column(
        "truth.fingerprint_record",
        CODE,
        "",
        "whose record the fingerprints bring up, taken after no hit",
        (NONE, "own record", "another person's"),
    ),
    Column("seen.manner", CODE, "", "how the scan came about", ("asked", "told", "not asked", "not scanned")),
    Column("seen.photo_usable", YES_NO, "", "a photo could be searched"),
    Column(
        "seen.hit",
        YES_NO,
        "",
        "somebody is named, by the machine or by who picks from its list",
    ),
    Column("seen.score", "float32", "decades", "score of the one named", null_means="no hit"),
    Column("seen.database", CODE, "", "where the record shown comes from", by_scenario=True),
    Column("seen.record_number", "int64", "", "number of the record shown", null_means="no hit"),
    Column("seen.record_calls_for_action", YES_NO, "", "the record shown calls for action"),
    Column("seen.record_origin", CODE, "", "origin on the record shown", (*ORIGINS, NONE)),
    Column("seen.record_age", "int16", "years", "age on the record shown", null_means="no hit"),
    Column("seen.details_differ", YES_NO, "", "details on the record differ from what the person says"),
    Column("seen.fingerprinted", YES_NO, "", "fingerprints were taken and searched, after no hit"),
    Column("seen.document_shown", YES_NO, "", "the person shows a document"),
    Column("seen.looks_under_18", YES_NO, "", "the person looks under 18"),
)

OUTCOMES = (
    "no action",
    "supported",
    "supported by chance",
    "wrong person",
    "wrong record",
    "not verified",
    "supported by fingerprint",
    "chance by fingerprint",
    "wrong person by fingerprint",
    "wrong record by fingerprint",
)


def ledger_columns(rules: Sequence[str], labels: Mapping[str, Sequence[str]]) -> tuple[Column, ...]:
    """Return every column of one run: labels filled in, ``outcome.<rule>`` and ``disbelieved.<rule>`` for each rule.

    Columns of one side stand together; the order is that of every ledger with these rules.
    """
    for rule in rules:
        if not RULE_NAME.fullmatch(rule):
            raise OutOfRange("rules", rule, "letters, digits, _ and -, a letter first; joined by +")
    if len({rule.lower() for rule in rules}) != len(rules):
        raise OutOfRange("rules", list(rules), "names that differ by more than capital letters")
    wanted = {column.name for column in LEDGER if column.by_scenario}
    if set(labels) != wanted:
        raise OutOfRange("labels", sorted(labels), f"for exactly these columns: {', '.join(sorted(wanted))}")
    for column, names in labels.items():
        if isinstance(names, str) or not 1 <= len(set(names)) == len(names) <= 255:
            raise OutOfRange(f"labels of {column}", names, "1 to 255 different names")
    fixed = [replace(c, codes=tuple(labels[c.name])) if c.by_scenario else c for c in LEDGER]
    outcomes = [Column(f"outcome.{rule}", CODE, "", f"what happens under {rule}", OUTCOMES) for rule in rules]
    disbelieved = [
        Column(f"disbelieved.{rule}", YES_NO, "", f"a genuine document did not count under {rule}") for rule in rules
    ]
    return (*fixed, *outcomes, *disbelieved)


def check_arrays(columns: Sequence[Column], arrays: Arrays, rows: int) -> dict[str, npt.NDArray[Any]]:
    """Return arrays in the order of their columns, with one kind of zero and of NaN; refuse what disk would change."""
    names = [column.name for column in columns]
    if absent := [name for name in names if name not in arrays]:
        raise OutOfRange("columns", absent, "present; these are missing")
    if unknown := [name for name in arrays if name not in names]:
        raise OutOfRange("columns", unknown, "in the ledger's list (storage/columns.py)")
    return {column.name: _check_array(column, arrays[column.name], rows) for column in columns}


def _check_array(column: Column, array: npt.NDArray[Any], rows: int) -> npt.NDArray[Any]:
    name, dtype = column.name, np.dtype(column.dtype)
    if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):
        raise OutOfRange(name, type(array).__name__, "a plain numpy array")
    if array.ndim != 1:
        raise OutOfRange(f"{name}: shape", array.shape, f"({rows},)")
    # Big-endian types have the same name and kind; only equality tells them apart.
    if array.dtype != dtype or not array.dtype.isnative:
        raise OutOfRange(f"{name}: type", array.dtype.str, f"{dtype.name} in this machine's byte order")
    if array.size != rows:
        raise OutOfRange(f"{name}: length", array.size, f"{rows}")
    if not array.flags.c_contiguous:
        raise OutOfRange(f"{name}: strides", array.strides, "contiguous (numpy.ascontiguousarray makes it so)")
    if column.codes and array.size and int(array.max()) >= len(column.codes):
        raise OutOfRange(name, int(array.max()), f"a code from 0 to {len(column.codes) - 1}")
    if dtype.kind == "b" and array.size and int(array.view(np.uint8).max()) > 1:
        raise OutOfRange(name, int(array.view(np.uint8).max()), "true or false, stored as 1 or 0")
    if dtype.kind != "f":
        return array
    nan = np.isnan(array)
    if not column.null_means and nan.any():
        raise OutOfRange(f"{name}[{int(nan.argmax())}]", float("nan"), "a number: a value is never missing here")
    if (infinite := np.isinf(array)).any():
        first = int(infinite.argmax())
        raise OutOfRange(f"{name}[{first}]", float(array[first]), "finite")
    # Parquet's dictionary keeps one zero for both and NULL for every NaN.
    return np.asarray(np.where(nan, array.dtype.type(np.nan), array + array.dtype.type(0)))


def chunk_digests(columns: Sequence[Column], arrays: Arrays, points: int) -> Digests:
    """Return the digest of every chunk of arrays that hold all encounters at the first point, then all at the next."""
    return {column.name: [_digests(rows) for rows in np.split(arrays[column.name], points)] for column in columns}


def _digests(array: npt.NDArray[Any]) -> list[str]:
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return [hashlib.sha256(little[at : at + CHUNK].data).hexdigest() for at in range(0, little.size, CHUNK)]


def join_digests(columns: Sequence[Column], points: Sequence[str], encounters: int, parts: Sequence[Digests]) -> str:
    """Return one digest of a whole ledger: of all values, and of the names, types and labels of all columns."""
    content = {
        "schema": SCHEMA,
        "chunk": CHUNK,
        "encounters": encounters,
        "points": list(points),
        "columns": [
            {
                "name": column.name,
                "type": column.dtype,
                "codes": list(column.codes),
                "chunks": [[one for part in parts for one in part[column.name][p]] for p in range(len(points))],
            }
            for column in columns
        ],
    }
    return text_digest(to_text(content))
