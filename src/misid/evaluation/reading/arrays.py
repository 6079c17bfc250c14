"""Scores in numpy files: scores beside labels in one ``.npz``, or a square matrix of scores in ``.npy``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from misid.evaluation.contract import ARRAYS, Comparisons, ReadOptions
from misid.evaluation.reading.columns import LOWER_IS_ALIKE, ROLES, names_subjects, plain_name
from misid.evaluation.reading.comparisons import (
    FEWEST_ROWS,
    RawComparisons,
    assemble,
    flatten,
    is_symmetric,
    is_upper_half,
)
from misid.evaluation.reading.content import NUMPY, ZIP, FileContent, load_npy, load_npz, rows_by_name
from misid.evaluation.reading.embeddings import Values, columns_by_row
from misid.evaluation.reading.faults import count_of
from misid.evaluation.reading.names import NAMES, number_names
from misid.evaluation.reading.pseudonyms import distinct_names
from misid.evaluation.reading.read import SCORED, Reader, Reading
from misid.vocabulary.catalogue import say

# Names of arrays of mated and of non-mated scores.
PAIRS = (
    ("mated", "genuine", "positives", "pos"),
    ("non_mated", "nonmated", "impostor", "imposter", "negatives", "neg"),
)
SCORES, TEMPLATES = ARRAYS
SLACK = 1e-3  # of a sample compared with itself: a similarity of 1, a distance of 0
_LABELS = {1: True, 0: False, -1: False}


def _recognise(files: Sequence[FileContent], options: ReadOptions) -> float:
    content = files[0]
    if content.data.startswith(ZIP):
        rows = rows_by_name(content)
        return float(len(_found(rows)) == 2 or _pair(rows) is not None)
    if not content.data.startswith(NUMPY):
        return 0.0
    array = load_npy(content)
    if array.ndim == 1 and array.dtype.kind in "fiu":
        content.problems.refuse(
            f"{count_of(array.size, 'score')} in a row, and nothing says which are mated",
            "put them beside their labels: numpy.savez(file, score=scores, mated=labels)",
        )
    square = array.ndim == 2 and array.shape[0] == array.shape[1] and array.dtype.kind in "fiu"
    return float(options.arrays == SCORES or (square and len(array) > FEWEST_ROWS and options.arrays != TEMPLATES))


def _pair(rows: Iterable[str]) -> tuple[str, str] | None:
    """Return the arrays of mated and of non-mated scores, of those of one row."""
    by_plain = {plain_name(one).removesuffix("_scores"): one for one in rows}
    mated, others = (next((by_plain[one] for one in names if one in by_plain), "") for names in PAIRS)
    return (mated, others) if mated and others else None


def _found(rows: Iterable[str]) -> dict[str, str]:
    """Return the arrays that are scores and labels, by role, of those of one row."""
    found: dict[str, str] = {}
    for role in ("score", "mated"):
        known = {one for word in ROLES[role].names for one in (word, f"{word}s")}
        for one in rows:
            if plain_name(one) in known and role not in found:
                found[role] = one
    return found


def _own_score(array: Values) -> float | None:
    """Return what a sample scores with itself if an array looks like samples against themselves: 1 or 0."""
    if array.ndim != 2 or array.shape[0] != array.shape[1] or array.dtype.kind not in "fiu" or len(array) < 3:
        return None
    own = np.diagonal(array).astype(np.float64)
    for score in (1.0, 0.0):
        if np.all(np.abs(own - score) <= SLACK) and (is_symmetric(array) or is_upper_half(array)):
            return score
    return None


def _read(files: Sequence[FileContent], reading: Reading) -> Comparisons:
    content = files[0]
    if content.data.startswith(ZIP):
        return _read_labelled(content, reading)
    return _read_matrix(content, reading)


def _read_labelled(content: FileContent, reading: Reading) -> Comparisons:
    """Read one score and one label for each comparison."""
    arrays, problems = load_npz(content), content.problems
    rows = [one for one, values in arrays.items() if values.ndim == 1]
    names = _found(rows)
    if len(names) < 2 and (pair := _pair(rows)):
        mated, others = (arrays[one].astype(np.float64) for one in pair)
        held = {"mated": repr(pair[0]), "n_mated": mated.size, "others": repr(pair[1]), "n_others": others.size}
        reading.note(say("reading.matrix.arrays", **held))
        reading.describe(content, "numpy arrays of mated and non-mated scores")
        both = RawComparisons(np.concatenate([mated, others]), np.arange(mated.size + others.size) < mated.size)
        return assemble(both, content, reading, lined=False)
    score, label = arrays[names["score"]], arrays[names["mated"]]
    if score.size != label.size:
        problems.refuse(f"{score.size:,} scores and {label.size:,} labels", "give one label for each score")
    if score.dtype.kind not in "fiu" or label.dtype.kind not in "fiub":
        problems.refuse("scores or labels are no numbers", "write 1 for mated and 0 for non-mated")
    values = np.unique(label)
    if len(values) > 2 or not set(values.tolist()) <= _LABELS.keys():
        problems.refuse(
            f"{count_of(len(values), 'label')}, other than 1 and 0", "write 1 for mated and 0 for non-mated"
        )
    other = ", ".join(repr(one) for one in arrays if one not in names.values())
    of = {"score": repr(names["score"]), "mated": repr(names["mated"])}
    reading.note(say("reading.matrix.array_of" if other else "reading.matrix.array", other=other, **of))
    reading.describe(content, "numpy arrays of scores and labels")
    distance = plain_name(names["score"]).removesuffix("s") in LOWER_IS_ALIKE
    raw = RawComparisons(score.astype(np.float64), label == 1)
    return assemble(raw, content, reading, distance=distance, lined=False)


def _read_matrix(content: FileContent, reading: Reading) -> Comparisons:
    """Read a matrix of samples against themselves; the table of subjects says whose each row is."""
    problems, array = content.problems, load_npy(content)
    own = _own_score(array)
    if own is None and not reading.options.arrays:
        problems.refuse(
            f"a square array of {len(array):,} rows: templates of as many numbers, or scores of probes and references?",
            f"say which: --arrays {TEMPLATES}, or --arrays {SCORES}",
        )
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        problems.refuse(f"scores of shape {array.shape}", "write them as CSV, with the subjects along the top and side")
    if "subjects" not in reading.side:
        problems.refuse(
            "a square matrix of scores, and nothing says whose sample each row is",
            "give a table with a column subject by --subjects: one row for each, in the same order",
        )
    columns = columns_by_row(reading.side["subjects"], len(array), "rows", problems)
    subjects = next((values for one, values in columns.items() if names_subjects(one)), None)
    if columns and subjects is None:
        problems.add(f"{reading.side['subjects'].name} names no subjects", "give it a column subject")
    problems.raise_if_any()
    assert subjects is not None
    names, place = distinct_names(subjects)
    (codes,) = number_names(names, [place], reading, problems, "row")
    key = "as_asked" if own is None else "own_0" if own == 0 else "own_1"
    reading.note(say(f"reading.matrix.{key}"))
    mated = codes[:, None] == codes[None, :]
    raw = flatten(array, mated, np.ones(array.shape, np.bool_), codes, codes, reading.pseudonyms.count, reading)
    reading.describe(content, "numpy matrix of scores")
    return assemble(raw, content, reading, distance=own == 0, lined=False, named_by_table=True)


READERS = (
    Reader(
        "scores in numpy arrays",
        SCORED | {"subjects", "groups", "arrays"} | NAMES,
        _recognise,
        _read,
    ),
)
