"""Reads templates from numpy files: with the subject of every row, and never by unpickling."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.errors import MisidError, OutOfRange
from misid.evaluation.contract import Asked, Codes, Embeddings, Flags, People
from misid.evaluation.ingest.arrays import map_npy, read_npz
from misid.evaluation.ingest.assemble import Notes
from misid.evaluation.ingest.faults import Problems, number, refuse
from misid.evaluation.ingest.pseudonyms import Pseudonyms
from misid.evaluation.ingest.relation import disagrees, identity, opened
from misid.evaluation.ingest.roles import KNOWN, check_conditions, plain
from misid.evaluation.ingest.subjects import Labels, grouped, one_each, subject_table
from misid.storage import name as quoted

MOST_ROWS = 2_000_000  # real embeddings, and no more (DESIGN, 6)
LEAST_PROBES = 50  # subjects
LEAST_REFERENCES = 20
VECTORS = ("embedding", "embeddings", "vectors", "templates")
FAILED = "fte_"
UNIT_SLACK = 1e-2  # a length this near to 1 is 1
_STEP = 1 << 16  # rows looked at together
_ZIP = b"PK\x03\x04"
_NOTHING = ("", "not recorded", "unknown", "none", "nan")

Columns = dict[str, npt.NDArray[Any]]


@dataclass
class _Held:
    """What a file holds, before anything is made of it."""

    vectors: npt.NDArray[Any]
    subject: npt.NDArray[Any] | None = None
    columns: Columns = field(default_factory=dict)
    failed_subject: npt.NDArray[Any] | None = None
    failed_columns: Columns = field(default_factory=dict)
    legend: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    comparison: str = ""
    personal: tuple[str, ...] = ()


def read_embeddings(
    path: Path, asked: Asked, registry: Pseudonyms
) -> tuple[Embeddings, tuple[str, ...], tuple[str, ...]]:
    """Read templates and who they belong to.

    Parameters
    ----------
    path : Path
        ``.npz`` with vectors (`VECTORS`), ``subject``, and any column of one value a row; ``fte_subject`` and so on for
        samples without a template; ``legend``, JSON, the meaning of codes; ``comparison``, a sentence.  Then
        ``asked.subjects`` may be a table of groups by subject.  Or ``.npy`` with the vectors alone; then it is a table
        with one row for each vector, in the same order.
    asked : Asked
        ``probes`` and ``references`` pick rows by columns, ``where`` keeps rows; several values of one column are
        alternatives.  ``dissimilarity`` takes the Euclidean distance.  ``groups`` are columns.
    registry : Pseudonyms
        Numbers the subjects; the caller seals it.

    Returns
    -------
    embeddings : Embeddings
        Vectors mapped from the file where it allows that; rows with NaN or infinity are failures, not lost.
    assumed, caveats : tuple of str
        Sentences, and codes of `misid.vocabulary.CAVEATS`.

    Raises
    ------
    InvalidInput
        If the file cannot be read, holds objects, or says not who its rows are.
    OutOfRange
        If it has more than `MOST_ROWS` rows.
    MisidError
        If there are fewer than `LEAST_PROBES` probe subjects or `LEAST_REFERENCES` enrolled ones: with fewer this would
        say who somebody is, rather than how well an algorithm works (DESIGN, 6).
    """
    problems, notes = Problems(str(path)), Notes()
    held = _read(path, asked, problems)
    personal = (*held.personal, *(one for one in held.columns if plain(one) in KNOWN["subject"]))
    for option in ("where", "probes", "references"):
        check_conditions(getattr(asked, option), held.columns, personal, option, problems)
    for option in ("columns", "enrolled", "gallery_size"):
        if getattr(asked, option):
            problems.add("says nothing about embeddings", "leave it out", field=option)
    _check_groups(held, personal, asked, problems)
    problems.raise_if_any()
    metric = _metric(held.comparison, asked.dissimilarity, problems, notes)
    problems.raise_if_any()
    subject, failed_subject = _names(held, registry, problems)
    vectors, good = _vectors(held.vectors, metric, notes)
    sides = {}
    failures = {}
    for side in ("probes", "references"):
        conditions = getattr(asked, side)
        chosen = _chosen(held.columns, subject.size, (asked.where, conditions), held.legend)
        lost = _chosen(held.failed_columns, failed_subject.size, (asked.where, conditions), held.legend, notes)
        sides[side] = np.flatnonzero(chosen & good).astype(np.int64)
        failures[side] = np.concatenate([subject[chosen & ~good], failed_subject[lost]]).astype(np.int32)
        if conditions:
            said = " and ".join(f"{column} is {value}" for column, value in conditions)
            notes.say(f"{side.capitalize()}: rows where {said}; {sides[side].size:,} of {subject.size:,}.")
    if asked.where:
        notes.say(f"Rows kept: where {' and '.join(f'{column} is {value}' for column, value in asked.where)}.")
    if np.array_equal(sides["probes"], sides["references"]):
        notes.say("All rows are both probes and references: each pair is compared once, and no row with itself.")
    elif both := int(np.isin(sides["probes"], sides["references"]).sum()):
        notes.say(f"{number(both, 'row')} both probe and reference: such a row would be compared with itself.")
    _enough(subject, sides, failures["probes"])
    if failures["probes"].size + failures["references"].size:
        notes.say(
            f"Without a template: {number(failures['probes'].size, 'probe sample')} and "
            f"{number(failures['references'].size, 'reference sample')}, taken as failures to acquire or to enrol.",
            "failures_counted",
        )
    people = _people(held, subject, failed_subject, asked, registry, sides, problems, notes)
    found = Embeddings(
        vectors,
        metric,
        subject,
        sides["probes"],
        sides["references"],
        failures["probes"],
        int(failures["references"].size),
        people,
    )
    return found, tuple(notes.assumed), tuple(dict.fromkeys(notes.caveats))


def _read(path: Path, asked: Asked, problems: Problems) -> _Held:
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        refuse(str(path), f"cannot be read: {error.strerror or 'it is no plain file'}", "check the path")
    held = _read_npz(path, problems) if start == _ZIP else _Held(map_npy(path))
    if held.vectors.ndim != 2 or 0 in held.vectors.shape:
        refuse(str(path), f"vectors of shape {held.vectors.shape}", "give one row a template: (rows, d)")
    if held.vectors.dtype.kind not in "fiu":
        refuse(str(path), f"vectors of type {held.vectors.dtype.name}", "give float16 or float32")
    if held.vectors.shape[0] > MOST_ROWS:
        raise OutOfRange(
            "rows of embeddings", held.vectors.shape[0], f"at most {MOST_ROWS:,}; real ones are capped there"
        )
    if asked.subjects and held.subject is None:
        _from_table(held, Path(asked.subjects), problems)
    if held.subject is None:
        problems.add(
            "nothing says whose template each row is",
            "put an array 'subject' in the .npz, or give a table by --subjects: one row for each, in the same order",
        )
    problems.raise_if_any()
    return held


def _read_npz(path: Path, problems: Problems) -> _Held:
    arrays = read_npz(path)
    found = [one for one in VECTORS if one in arrays]
    if not found:
        refuse(str(path), f"none of its arrays is named {' or '.join(VECTORS)}", "name the vectors embedding")
    held = _Held(arrays.pop(found[0]))
    rows = held.vectors.shape[0] if held.vectors.ndim else 0
    held.comparison = _text(arrays.pop("comparison", None))
    held.legend = _legend(_text(arrays.pop("legend", None)), problems)
    lost = {one.removeprefix(FAILED): arrays.pop(one) for one in [*arrays] if one.startswith(FAILED)}
    for one in KNOWN["subject"]:
        if one in arrays and held.subject is None:
            held.subject = arrays.pop(one)
            if held.subject.shape != (rows,):
                problems.add(f"{rows:,} vectors and {one!r} of shape {held.subject.shape}", "give one subject a row")
            held.failed_subject = lost.pop(one, None)
    held.columns = {one: values for one, values in arrays.items() if values.shape == (rows,)}
    count = 0 if held.failed_subject is None else held.failed_subject.size
    held.failed_columns = {one: values for one, values in lost.items() if values.shape == (count,)}
    if lost and held.failed_subject is None:
        problems.add(f"{FAILED}* arrays without {FAILED}subject", f"say whose samples failed: {FAILED}subject")
    return held


def _text(array: npt.NDArray[Any] | None) -> str:
    return str(array) if array is not None and array.ndim == 0 and array.dtype.kind == "U" else ""


def _legend(text: str, problems: Problems) -> dict[str, dict[str, str]]:
    """Return names of codes by column."""
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        problems.add("legend is no JSON object", 'write {"sex": {"0": "female", "1": "male"}}')
        return {}
    return {
        str(one): {str(code): str(word) for code, word in words.items()}
        for one, words in found.items()
        if isinstance(words, dict)
    }


def _from_table(held: _Held, path: Path, problems: Problems) -> None:
    """Take subjects and columns from a table with one row for each vector."""
    rows = held.vectors.shape[0]
    with opened(path) as table:
        count = int(table.ask("SELECT count(*) FROM given")[0][0])
        if count != rows:
            problems.add(f"{rows:,} vectors and {count:,} rows in {path}", "give one row for each, in the same order")
            return
        for column in table.types:
            role = plain(column) in KNOWN["subject"]
            sql = identity(table, column) if role else f"trim({quoted(column)}::VARCHAR)"
            values = table.arrays(f"SELECT coalesce(({sql})::VARCHAR, '') AS one FROM given ORDER BY {table.row}")[
                "one"
            ]
            if values.size != rows:
                disagrees(path)
            if role:
                held.subject, held.personal = values, (*held.personal, column)
            held.columns[column] = values


def _check_groups(held: _Held, personal: Sequence[str], asked: Asked, problems: Problems) -> None:
    for group in asked.groups:
        if group in personal or plain(group) in KNOWN["subject"]:
            problems.add(f"{group!r} says who somebody is; it makes no groups", "name what many share", field="groups")
        elif group not in held.columns and (not asked.subjects or held.personal):
            problems.add(f"there is no column {group!r}", "name a column of the file", field="groups")


def _metric(comparison: str, dissimilarity: bool, problems: Problems, notes: Notes) -> str:
    words = comparison.lower()
    cosine, distance = "cosine" in words, re.search(r"euclid|\bl2\b", words) is not None
    if dissimilarity and cosine and not distance:
        problems.add(
            "the file says that its vectors are compared by cosine",
            "leave it out: that is what is done",
            field="dissimilarity",
        )
    if dissimilarity or (distance and not cosine):
        why = "as asked" if dissimilarity else "as the file says"
        notes.say(f"Vectors are compared by Euclidean distance, {why}; the score is minus the distance.", "distances")
        return "euclidean"
    notes.say(
        f"Vectors are compared by cosine similarity{', as the file says' if cosine else ', since nothing is said'}."
    )
    return "cosine"


def _names(held: _Held, registry: Pseudonyms, problems: Problems) -> tuple[Codes, Codes]:
    if held.subject is None:
        raise MisidError("embeddings need a subject for every row")
    subject = registry.codes(held.subject)
    failed = np.empty(0, np.int32) if held.failed_subject is None else registry.codes(held.failed_subject)
    problems.raise_if_any()
    return subject, failed


def _vectors(vectors: npt.NDArray[Any], metric: str, notes: Notes) -> tuple[npt.NDArray[np.floating], Flags]:
    """Return vectors that can be compared, and which of them are any good."""
    if vectors.dtype.kind in "iu":
        notes.say(f"Vectors of whole numbers ({vectors.dtype.name}) are taken as they stand, in single precision.")
    kept = vectors.dtype.newbyteorder("=") in (np.dtype(np.float16), np.dtype(np.float32))
    native = vectors.dtype.isnative and kept and vectors.flags.c_contiguous
    usable = (
        vectors if native else np.ascontiguousarray(vectors, vectors.dtype.newbyteorder("=") if kept else np.float32)
    )
    length, good = np.empty(usable.shape[0]), np.empty(usable.shape[0], np.bool_)
    for start in range(0, usable.shape[0], _STEP):
        part = np.asarray(usable[start : start + _STEP], np.float32)
        good[start : start + _STEP] = np.isfinite(part).all(axis=1)
        with np.errstate(over="ignore", invalid="ignore"):
            length[start : start + _STEP] = np.sqrt(np.einsum("ij,ij->i", part, part, dtype=np.float64))
    if lost := int((~good).sum()):
        notes.say(f"{number(lost, 'row')} with NaN or infinity: taken as failures, never compared.")
    if metric == "euclidean":
        return usable, good
    if zero := int((good & (length == 0)).sum()):
        notes.say(f"{number(zero, 'row')} of zeros, which have no direction: taken as failures, never compared.")
        good &= length > 0
    if good.any() and np.abs(length[good] - 1).max() > UNIT_SLACK:
        low, high = length[good].min(), length[good].max()
        notes.say(f"Vectors are not of unit length ({low:.3g} to {high:.3g}): they are made so, in single precision.")
        scaled = np.zeros(usable.shape, np.float32)
        for start in range(0, usable.shape[0], _STEP):
            here = start + np.flatnonzero(good[start : start + _STEP])
            scaled[here] = usable[here] / length[here, None]
        return scaled, good
    return usable, good


def _chosen(
    columns: Columns,
    rows: int,
    conditions: Sequence[Sequence[tuple[str, str]]],
    legend: Mapping[str, Mapping[str, str]],
    notes: Notes | None = None,
) -> Flags:
    """Return rows that fulfil conditions; several values of one column are alternatives."""
    chosen = np.ones(rows, np.bool_)
    for one in conditions:
        for column in dict.fromkeys(column for column, _ in one):
            if column not in columns:
                # Only samples without a template come here: for them the file has fewer columns.
                if rows and notes is not None:
                    notes.say(
                        f"Nothing says {column!r} of the samples without a template: none of them is counted here."
                    )
                return np.zeros(rows, np.bool_)
            fits = np.zeros(rows, np.bool_)
            for value in (value for name, value in one if name == column):
                fits |= _equal(columns[column], value, legend.get(column, {}))
            chosen &= fits
    return chosen


def _equal(values: npt.NDArray[Any], wanted: str, words: Mapping[str, str]) -> Flags:
    codes = {wanted.strip(), *(code for code, word in words.items() if word == wanted)}
    if values.dtype.kind in "iufb":
        numbers = []
        for code in codes:
            try:
                numbers.append(float(code))
            except ValueError:
                continue
        return np.isin(values.astype(np.float64), numbers)
    return np.isin(values.astype(str), sorted(codes))


def _enough(subject: Codes, sides: Mapping[str, npt.NDArray[np.int64]], failed_probes: Codes) -> None:
    probes = np.unique(np.concatenate([subject[sides["probes"]], failed_probes])).size
    references = np.unique(subject[sides["references"]]).size
    for there, least, what in ((probes, LEAST_PROBES, "probe"), (references, LEAST_REFERENCES, "reference")):
        if there < least:
            raise MisidError(
                f"{number(there, f'{what} subject')}, and at least {least} are needed: compared with fewer, templates "
                "would say who somebody is, and not how well an algorithm works"
            )


def _people(
    held: _Held,
    subject: Codes,
    failed_subject: Codes,
    asked: Asked,
    registry: Pseudonyms,
    sides: Mapping[str, npt.NDArray[np.int64]],
    problems: Problems,
    notes: Notes,
) -> People:
    people = People(registry.count)
    if not asked.groups:
        return people
    labels: dict[int, Labels] = {}
    for at, group in enumerate(asked.groups):
        if group not in held.columns:
            labels |= subject_table(asked, [at], registry, problems)
            continue
        rows, said = subject, _words(held.columns[group], held.legend.get(group, {}))
        if group in held.failed_columns:
            rows = np.concatenate([rows, failed_subject])
            said = np.concatenate([said, _words(held.failed_columns[group], held.legend.get(group, {}))])
        known = ~np.isin(np.char.lower(said.astype(str)), _NOTHING)
        labels[at] = one_each(rows[known], said[known], registry.count, f"column {group!r}", problems)
    problems.raise_if_any()
    people, said_of_groups, caveats = grouped(people, labels, subject[sides["probes"]], subject[sides["references"]])
    notes.say(f"Groups are made of {' and '.join(asked.groups)}.")
    notes.assumed += said_of_groups
    notes.caveats += caveats
    return people


def _words(values: npt.NDArray[Any], words: Mapping[str, str]) -> npt.NDArray[np.object_]:
    """Return codes in words; a negative code stands for nothing recorded."""
    if values.dtype.kind in "iufb":
        none = ~(values >= 0)
        text = np.array([words.get(f"{value:g}", f"{value:g}") for value in values.astype(np.float64)], object)
        text[none] = ""
        return text
    return np.array([words.get(value, value) for value in values.astype(str)], object)
