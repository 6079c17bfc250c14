"""Templates in numpy files, with the subject of every row; never unpickled.

``.npz`` holds vectors (`VECTORS`), ``subject``, and any column of one value a row; ``fte_subject`` and so on for
samples without a template; ``legend``, JSON, the meaning of codes; ``comparison``, a sentence.  ``.npy`` holds the
vectors alone; then the table of subjects has one row for each vector, in the same order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.errors import MisidError, OutOfRange
from misid.evaluation.contract import NO_FAILURE, Codes, Embeddings, Flags, People, ReadOptions
from misid.evaluation.reading.columns import ROLES, check_conditions, conditions_in_words, names_subjects
from misid.evaluation.reading.content import NUMPY, ZIP, FileContent, load_npy, load_npz
from misid.evaluation.reading.faults import Problems, count_of
from misid.evaluation.reading.names import NAMES, number_names
from misid.evaluation.reading.people import (
    LEAST_PROBES,
    Labels,
    label_subjects,
    people_in_groups,
    refuse_personal_group,
)
from misid.evaluation.reading.pseudonyms import distinct_names
from misid.evaluation.reading.read import SCORED, Reader, Reading
from misid.evaluation.reading.tables import opened_table, refuse_damaged
from misid.storage import name
from misid.vocabulary.catalogue import say

MOST_ROWS = 2_000_000  # real embeddings, and no more (CONTRIBUTING, "What misid never is")
LEAST_REFERENCES = 20  # subjects
VECTORS = ("embedding", "embeddings", "vectors", "templates")
FAILED = "fte_"
LEAST_NUMBERS = 8  # of a template, in which equal ones are no chance
SEVERAL = 3  # people with the very same template
SAMPLES = ("sample", "samples", "sample_id", "image", "images", "image_id", "file", "files", "filename", "path")
UNIT_SLACK = {2: 1e-3, 4: 2e-6}  # a length this near to 1 is 1 up to rounding, by bytes of a number
_STEP = 1 << 16  # rows looked at together
_NOTHING = ("", "not recorded", "unknown", "none", "nan")

Values = npt.NDArray[Any]


@dataclass
class _Samples:
    """Samples, with or without a template: whose they are, and what else is recorded of them."""

    subject: Values | None = None
    columns: dict[str, Values] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return 0 if self.subject is None else self.subject.size


@dataclass
class _Held:
    """What a file holds, before anything is made of it."""

    vectors: Values
    rows: _Samples = field(default_factory=_Samples)
    failed: _Samples = field(default_factory=_Samples)  # samples without a template
    legend: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    comparison: str = ""
    named_by_table: bool = False  # whether the table of subjects says whose the rows are


def _recognise(files: Sequence[FileContent], options: ReadOptions) -> float:
    content = files[0]
    scores = content.data.startswith(NUMPY) and sum(size > 1 for size in load_npy(content).shape) < 2
    return 0.9 * (content.data.startswith((NUMPY, ZIP)) and not scores)


def _read(files: Sequence[FileContent], reading: Reading) -> Embeddings:
    """Read templates and who they belong to; rows with NaN or infinity are failures, not lost.

    Fewer than `LEAST_PROBES` probe subjects or `LEAST_REFERENCES` enrolled ones are refused: with fewer this would say
    who somebody is, rather than how well an algorithm works (CONTRIBUTING, "What misid never is").
    """
    content, problems, options = files[0], files[0].problems, reading.options
    held = _load(content, reading)
    personal = [one for one in held.rows.columns if names_subjects(one)]
    for option in ("where", "probes", "references"):
        check_conditions(options, option, held.rows.columns, personal, problems)
    for group in options.groups:
        if names_subjects(group):
            refuse_personal_group(group, problems)
        elif group not in held.rows.columns and (not options.subjects or held.named_by_table):
            problems.add(f"there is no column {group!r}", "name a column of the file", field="groups")
    problems.raise_if_any()
    metric = _metric(held.comparison, problems, reading)
    problems.raise_if_any()
    subject, failed = _people(held, reading, problems)
    vectors, length, good = _vectors(held.vectors, metric, subject, reading)
    sides, failures, lost_rows = {}, {}, {}
    for side in ("probes", "references"):
        conditions = getattr(options, side)
        chosen = _chosen(held.rows, (options.where, conditions), held.legend, reading)
        lost = _chosen(held.failed, (options.where, conditions), held.legend, reading)
        sides[side] = np.flatnonzero(chosen & good).astype(np.int64)
        lost_rows[side] = np.flatnonzero(chosen & ~good).astype(np.int64)
        failures[side] = np.concatenate([subject[chosen & ~good], failed[lost]]).astype(np.int32)
        if conditions:
            where = conditions_in_words(conditions)
            reading.note(say(f"reading.vectors.{side}", where=where, kept=sides[side].size, rows=subject.size))
    probes, references, failed_probe = sides["probes"], sides["references"], failures["probes"]
    failed_references = int(failures["references"].size)
    if where := conditions_in_words(options.where):
        reading.note(say("reading.rows_kept", where=where))
    if np.array_equal(probes, references):
        reading.note(say("reading.vectors.all_both"))
    elif both := int(np.isin(probes, references).sum()):
        reading.note(say("reading.vectors.both", n=both))
    _check_enough(np.concatenate([subject[probes], failed_probe]), LEAST_PROBES, "probe subject")
    _check_enough(subject[references], LEAST_REFERENCES, "reference subject")
    if failed_probe.size + failed_references:
        lost_probes = say("reading.vectors.failed_probes", n=failed_probe.size)
        lost_references = say("reading.vectors.failed_references", n=failed_references)
        words = say("reading.vectors.failed", probes=lost_probes, references=lost_references)
        reading.note(words, "failures_counted")
    labels = _labels(held, np.concatenate([subject, failed]), problems, reading)
    people: People = people_in_groups(labels, subject[probes], subject[references], problems, reading)
    kind = "array" if content.data.startswith(NUMPY) else "arrays"
    reading.describe(content, f"numpy {kind} of embeddings")
    sample = _sample_numbers(held, subject, reading)
    return Embeddings(
        vectors,
        metric,
        subject,
        probes,
        references,
        failed_probe,
        failed_references,
        people,
        sample,
        lost_rows["probes"],
        lost_rows["references"],
        length,
    )


def _sample_numbers(held: _Held, subject: Codes, reading: Reading) -> Codes | None:
    """Return the number of each row's sample, where a second algorithm is to be joined: by name, else by its place."""
    if reading.samples is None:
        return None
    column = next((values for one, values in held.rows.columns.items() if one.lower() in SAMPLES), None)
    if column is not None:
        names, place = distinct_names(column.astype(str).astype(object))
        return reading.number_samples(names, place)
    order = np.argsort(subject, kind="stable")
    starts = np.flatnonzero(np.r_[True, subject[order][1:] != subject[order][:-1]])
    number = np.empty(subject.size, np.int64)
    number[order] = np.arange(subject.size) - np.repeat(starts, np.diff(np.r_[starts, subject.size]))
    reading.note(say("reading.joined.rows"))
    return reading.number_samples([f"\x01 {at}" for at in range(int(number.max(initial=0)) + 1)], number)


def _people(held: _Held, reading: Reading, problems: Problems) -> tuple[Codes, Codes]:
    """Return whose each row is, and whose each sample without a template."""
    subjects = [of.subject for of in (held.rows, held.failed) if of.subject is not None]
    if not subjects:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    names, place = distinct_names(np.concatenate(subjects))
    (codes,) = number_names(names, [place], reading, problems, "row")
    return codes[: subjects[0].size], codes[subjects[0].size :]


def _load(content: FileContent, reading: Reading) -> _Held:
    problems = content.problems
    held = _load_arrays(content) if content.data.startswith(ZIP) else _Held(load_npy(content))
    if held.vectors.ndim != 2 or 0 in held.vectors.shape:
        problems.refuse(f"vectors of shape {held.vectors.shape}", "give one row a template: (rows, d)")
    if held.vectors.dtype.kind not in "fiu":
        problems.refuse(f"vectors of type {held.vectors.dtype.name}", "give float16 or float32")
    if held.vectors.shape[0] > MOST_ROWS:
        limit = f"at most {MOST_ROWS:,}; real ones are capped there"
        raise OutOfRange("rows of embeddings", held.vectors.shape[0], limit)
    if "subjects" in reading.side and held.rows.subject is None:
        _take_table(held, reading.side["subjects"], problems)
    if held.rows.subject is None:
        problems.add(
            "nothing says whose template each row is",
            "put an array 'subject' in the .npz, or give a table by --subjects: one row for each, in the same order",
        )
    problems.raise_if_any()
    return held


def _load_arrays(content: FileContent) -> _Held:
    arrays, problems = load_npz(content), content.problems
    found = [one for one in VECTORS if one in arrays]
    if not found:
        problems.refuse(
            f"its arrays are {', '.join(map(repr, sorted(arrays)))}",
            "templates: embedding and subject; scores: score and mated, or genuine and impostor",
        )
    held = _Held(arrays.pop(found[0]))
    rows = held.vectors.shape[0] if held.vectors.ndim else 0
    held.comparison = _text(arrays.pop("comparison", None))
    held.legend = _legend(_text(arrays.pop("legend", None)), problems)
    lost = {one.removeprefix(FAILED): arrays.pop(one) for one in [*arrays] if one.startswith(FAILED)}
    for one in ROLES["subject"].names:
        if one in arrays and held.rows.subject is None:
            held.rows.subject, held.failed.subject = arrays.pop(one), lost.pop(one, None)
            if held.rows.subject.shape != (rows,):
                shape = held.rows.subject.shape
                problems.add(f"{rows:,} vectors and {one!r} of shape {shape}", "give one subject a row")
    held.rows.columns = {one: values for one, values in arrays.items() if values.shape == (rows,)}
    held.failed.columns = {one: values for one, values in lost.items() if values.shape == (held.failed.count,)}
    if lost and held.failed.subject is None:
        problems.add(f"{FAILED}* arrays without {FAILED}subject", f"say whose samples failed: {FAILED}subject")
    return held


def _text(array: Values | None) -> str:
    return str(array) if array is not None and array.ndim == 0 and array.dtype.kind == "U" else ""


def _legend(text: str, problems: Problems) -> dict[str, dict[str, str]]:
    """Return names of codes by column."""
    try:
        found = json.loads(text or "{}")
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


def _take_table(held: _Held, content: FileContent, problems: Problems) -> None:
    """Take subjects and columns from a table with one row for each vector."""
    held.rows.columns |= columns_by_row(content, held.vectors.shape[0], "vectors", problems)
    for column in filter(names_subjects, held.rows.columns):
        held.rows.subject, held.named_by_table = held.rows.columns[column], True


def columns_by_row(content: FileContent, rows: int, what: str, problems: Problems) -> dict[str, Values]:
    """Return the columns of a table that has one row for each row of an array, as text; empty where it has not."""
    with opened_table(content) as table:
        table.load(list(table.types))
        if table.rows != rows:
            problems.add(
                f"{rows:,} {what} and {table.rows:,} rows in {content.name}", "give one row for each, in the same order"
            )
            return {}
        found = {}
        for column in table.types:
            sql = table.identity(column) if names_subjects(column) else f"trim({name(column)}::VARCHAR)"
            query = f"SELECT coalesce(({sql})::VARCHAR, '') AS one FROM file_rows ORDER BY {table.row}"
            found[column] = table.arrays(query)["one"]
            if found[column].size != rows:
                refuse_damaged(table.problems)
        return found


def _metric(comparison: str, problems: Problems, reading: Reading) -> str:
    words, dissimilarity = comparison.lower(), reading.options.dissimilarity
    cosine, distance = "cosine" in words, re.search(r"euclid|\bl2\b", words) is not None
    if dissimilarity and cosine and not distance:
        what = "the file says that its vectors are compared by cosine"
        problems.add(what, "leave it out: that is what is done", field="dissimilarity")
    if dissimilarity or (distance and not cosine):
        why = "asked" if dissimilarity else "said"
        reading.note(say(f"reading.vectors.euclidean_{why}"), "distances")
        return "euclidean"
    reading.note(say("reading.vectors.cosine_said" if cosine else "reading.vectors.cosine_unsaid"))
    return "cosine"


def _vectors(
    vectors: Values, metric: str, subject: Codes, reading: Reading
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.float64] | None, Flags]:
    """Return vectors, mapped from the file where possible, what each is divided by, and which of them are any good."""
    if vectors.dtype.kind in "iu":
        reading.note(say("reading.vectors.whole", kind=vectors.dtype.name))
    kept = vectors.dtype.newbyteorder("=") in (np.dtype(np.float16), np.dtype(np.float32))
    usable = vectors
    if not (vectors.dtype.isnative and kept and vectors.flags.c_contiguous):
        usable = np.ascontiguousarray(vectors, vectors.dtype.newbyteorder("=") if kept else np.float32)
    length, good = np.empty(usable.shape[0]), np.empty(usable.shape[0], np.bool_)
    mark, flat = np.empty(usable.shape[0]), np.empty(usable.shape[0], np.bool_)
    weights = np.random.default_rng(0).standard_normal(usable.shape[1])  # of a sum that tells templates apart
    for start in range(0, usable.shape[0], _STEP):
        part = np.asarray(usable[start : start + _STEP], np.float32)
        good[start : start + _STEP] = np.isfinite(part).all(axis=1)
        flat[start : start + _STEP] = (part == part[:, :1]).all(axis=1)
        with np.errstate(over="ignore", invalid="ignore"):
            mark[start : start + _STEP] = part @ weights
            length[start : start + _STEP] = np.sqrt(np.einsum("ij,ij->i", part, part, dtype=np.float64))
    if lost := int((~good).sum()):
        reading.note(say("reading.vectors.infinite", n=lost))
    if NO_FAILURE not in reading.options.failed_scores and usable.shape[1] >= LEAST_NUMBERS:
        flat &= good & (length > 0)
        same = _of_several(mark, subject, good & (length > 0) & ~flat)
        for kind, none in (("flat", flat), ("same", same)):
            if none.any():
                reading.note(say(f"reading.vectors.{kind}", n=int(none.sum()), none=NO_FAILURE))
                good &= ~none
        if metric == "euclidean" and (zero := int((good & (length == 0)).sum())):
            reading.note(say("reading.vectors.zero", n=zero))
            good &= length > 0
    if metric == "euclidean":
        return usable, None, good
    if zero := int((good & (length == 0)).sum()):
        reading.note(say("reading.vectors.zero", n=zero))
        good &= length > 0
    if good.any() and np.abs(length[good] - 1).max() > UNIT_SLACK[usable.itemsize]:
        low, high = length[good].min(), length[good].max()
        reading.note(say("reading.vectors.length", low=float(low), high=float(high)))
        return usable, np.where(good, length, 1.0), good
    return usable, None, good


def _of_several(mark: npt.NDArray[np.float64], subject: Codes, good: Flags) -> Flags:
    """Tell which templates are the very same of `SEVERAL` people or more: what a program writes where it made none."""
    found = np.zeros(mark.size, np.bool_)
    known = np.flatnonzero(good)
    _, template = np.unique(mark[known], return_inverse=True)
    people = np.unique(np.stack([template, subject[known]]), axis=1)[0]
    found[known] = np.bincount(people, minlength=int(template.max(initial=0)) + 1)[template] >= SEVERAL
    return found


def _chosen(
    samples: _Samples,
    conditions: Sequence[Sequence[tuple[str, str]]],
    legend: Mapping[str, Mapping[str, str]],
    reading: Reading,
) -> Flags:
    """Return samples that fulfil conditions; several values of one column are alternatives."""
    chosen = np.ones(samples.count, np.bool_)
    for one in conditions:
        for column in dict.fromkeys(column for column, _ in one):
            if column not in samples.columns:
                # Only samples without a template come here: for them the file has fewer columns.
                if samples.count:
                    reading.note(say("reading.vectors.unsaid", column=repr(column)))
                return np.zeros(samples.count, np.bool_)
            fits = np.zeros(samples.count, np.bool_)
            for value in (value for other, value in one if other == column):
                fits |= _equal(samples.columns[column], value, legend.get(column, {}))
            chosen &= fits
    return chosen


def _equal(values: Values, wanted: str, words: Mapping[str, str]) -> Flags:
    codes = {wanted.strip(), *(code for code, word in words.items() if word == wanted)}
    if values.dtype.kind not in "iufb":
        return np.isin(values.astype(str), sorted(codes))
    numbers = []
    for code in codes:
        try:
            numbers.append(float(code))
        except ValueError:
            continue
    return np.isin(values.astype(np.float64), numbers)


def _check_enough(subjects: npt.NDArray[np.integer], least: int, what: str) -> None:
    there = np.unique(subjects).size
    if there < least:
        raise MisidError(
            f"{count_of(there, what)}, and at least {least} are needed: compared with fewer, templates "
            "would say who somebody is, and not how well an algorithm works"
        )


def _labels(held: _Held, subject: npt.NDArray[np.int32], problems: Problems, reading: Reading) -> dict[int, Labels]:
    """Return the groups that the file holds, by number; ``subject`` is that of every sample, failed ones last."""
    labels: dict[int, Labels] = {}
    for at, group in enumerate(reading.options.groups):
        parts = [of.columns[group] for of in (held.rows, held.failed) if group in of.columns]
        if group in held.rows.columns:
            words = np.concatenate([_in_words(values, held.legend.get(group, {})) for values in parts])
            known = ~np.isin(np.char.lower(words.astype(str)), _NOTHING)
            codes = subject[: words.size][known]
            labels[at] = label_subjects(codes, words[known], f"column {group!r}", problems, reading)
    return labels


def _in_words(values: Values, words: Mapping[str, str]) -> npt.NDArray[np.object_]:
    """Return codes in words; a negative code stands for nothing recorded."""
    if values.dtype.kind not in "iufb":
        return np.array([words.get(value, value) for value in values.astype(str)], object)
    text = np.array([words.get(f"{value:g}", f"{value:g}") for value in values.astype(np.float64)], object)
    text[~(values >= 0)] = ""
    return text


# All but what says something about text, matrices and candidate lists.
OPTIONS = SCORED | NAMES | {"arrays", "subjects", "groups", "where", "probes", "references"}
READERS = (Reader("embeddings", OPTIONS, _recognise, _read),)
