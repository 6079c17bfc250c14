"""Scores in numpy files: beside labels, mated and non-mated apart, or a matrix of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from misid.evaluation.contract import ARRAYS, REVERSED, Comparisons, Flags, ReadOptions, ScoreMatrix
from misid.evaluation.reading.columns import LOWER_IS_ALIKE, MATED, NON_MATED, ROLES, names_subjects, plain_name
from misid.evaluation.reading.comparisons import RawComparisons, assemble, reversed_words
from misid.evaluation.reading.content import NUMPY, ZIP, FileContent, load_npy, load_npz, shapes_by_name
from misid.evaluation.reading.embeddings import VECTORS, Values, columns_by_row
from misid.evaluation.reading.faults import count_of
from misid.evaluation.reading.matrices import FEWEST_ROWS, is_symmetric, is_upper_half, matrix_comparisons
from misid.evaluation.reading.names import NAMES, number_names
from misid.evaluation.reading.pseudonyms import distinct_names
from misid.evaluation.reading.read import SCORED, Reader, Reading
from misid.vocabulary.catalogue import say

# Names of arrays of mated and of non-mated scores.
PAIRS = tuple({plain_name(word) for word in words if len(word) > 1 and word.isascii()} for words in (MATED, NON_MATED))
# Names of a matrix of scores; and parts of the names of whose its rows and its columns are.
MATRICES = frozenset(
    (*ROLES["score"].names, "distmat", "dist_mat", "matrix", "score_matrix", "similarity_matrix", "sims")
)
ROWS, COLUMNS = ("q", "query", "probe", "row", "rows"), ("g", "gallery", "reference", "ref", "column", "col", "enroll")
SCORES, TEMPLATES = ARRAYS
SLACK = 1e-3  # of a sample compared with itself: a similarity of 1, a distance of 0
LOOK = 10_000  # elements that tell what kind of array it is

Arrays = Mapping[str, Values]


def _recognise(files: Sequence[FileContent], options: ReadOptions) -> float:
    content = files[0]
    if content.data.startswith(ZIP):
        shapes = shapes_by_name(content)
        rows = sum(map(is_row, shapes.values()))
        templates = any(one in shapes for one in VECTORS)
        return float(not templates and (rows > 1 or (rows > 0 and any(plain_name(one) in MATRICES for one in shapes))))
    if not content.data.startswith(NUMPY):
        return 0.0
    array = load_npy(content)
    if array.dtype.names is not None or _two_columns(array) is not None:
        return 1.0
    if is_row(array.shape) and array.dtype.kind in "fiu" and len(files) == 1:
        content.problems.refuse(
            f"{count_of(array.size, 'score')} in a row, and nothing says which are mated",
            "give a second file with their labels, or both in one: numpy.savez(file, score=scores, mated=labels)",
        )
    square = array.ndim == 2 and array.shape[0] == array.shape[1] and array.dtype.kind in "fiu"
    return float(options.arrays == SCORES or (square and len(array) > FEWEST_ROWS and options.arrays != TEMPLATES))


def _recognise_two(files: Sequence[FileContent], options: ReadOptions) -> float:
    arrays = [load_npy(one) for one in files if one.data.startswith(NUMPY)]
    return float(
        len(arrays) == len(files) == 2 and all(is_row(one.shape) and one.dtype.kind in "fiu" for one in arrays)
    )


def is_row(shape: tuple[int, ...]) -> bool:
    """Tell whether an array is one row, or one column, of values."""
    return len(shape) == 1 or (len(shape) == 2 and 1 in shape)


def _two_columns(array: Values) -> Arrays | None:
    """Return two columns, or two rows, that hold scores and their labels; None where it is no such array."""
    if array.ndim != 2 or 2 not in array.shape or array.dtype.kind not in "fiu" or array.size <= 2 * FEWEST_ROWS:
        return None
    lines = ("column", array.T) if array.shape[1] == 2 else ("row", array)
    found = {f"{lines[0]} {at}": values for at, values in enumerate(lines[1], start=1)}
    return found if len(_found(found)) == 2 else None


def _flags(values: Values) -> Flags | None:
    """Return which labels say mated; None where they are no labels."""
    if values.dtype.kind not in "fiubUS" or np.unique(values[:LOOK]).size > 2:
        return None
    distinct, place = np.unique(values, return_inverse=True)
    texts = [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in distinct.tolist()]
    words = [text.strip().lower() for text in texts]
    if distinct.size > 2 or not all(word in MATED or word in NON_MATED for word in words):
        return None
    return np.array([word in MATED for word in words], np.bool_)[place]


def _pair(rows: Iterable[str]) -> tuple[str, str] | None:
    """Return the arrays of mated and of non-mated scores, of those of one row."""
    by_plain = {plain_name(one).removesuffix("_scores").removesuffix("_score"): one for one in rows}
    mated, others = (next((by_plain[one] for one in by_plain if one in names), "") for names in PAIRS)
    return (mated, others) if mated and others else None


def _found(rows: Arrays) -> dict[str, str]:
    """Return the arrays that are scores and labels, by role: by their names, else by what they hold."""
    found: dict[str, str] = {}
    for role in ("score", "mated"):
        known = {one for word in ROLES[role].names for one in (word, f"{word}s")}
        for one in rows:
            if plain_name(one) in known and role not in found:
                found[role] = one
    if len(found) == 2:
        return found
    labels = [one for one in rows if _flags(rows[one]) is not None]
    looked = {one: values[:LOOK] for one, values in rows.items() if values.dtype.kind == "f"}
    scores = [one for one, values in looked.items() if np.any(np.isfinite(values) & (values != np.trunc(values)))]
    one_each = len(labels) == len(scores) == 1 and rows[labels[0]].size == rows[scores[0]].size
    return {"score": scores[0], "mated": labels[0]} if one_each else {}


def _own_score(array: Values) -> float | None:
    """Return what a sample scores with itself if an array looks like samples against themselves: 1 or 0."""
    if array.ndim != 2 or array.shape[0] != array.shape[1] or array.dtype.kind not in "fiu" or len(array) < 3:
        return None
    own = np.diagonal(array).astype(np.float64)
    for score in (1.0, 0.0):
        if np.all(np.abs(own - score) <= SLACK) and (is_symmetric(array) or is_upper_half(array)):
            return score
    return None


def _read(files: Sequence[FileContent], reading: Reading) -> Comparisons | ScoreMatrix:
    content = files[0]
    if content.data.startswith(ZIP):
        return _read_arrays(load_npz(content), content, reading)
    array = load_npy(content)
    if array.dtype.names is not None:
        return _read_arrays({one: array[one] for one in array.dtype.names}, content, reading)
    if (columns := _two_columns(array)) is not None:
        return _read_arrays(columns, content, reading)
    return _read_matrix(array, content, reading)


def _read_two(files: Sequence[FileContent], reading: Reading) -> Comparisons:
    """Read mated scores, then non-mated ones."""
    arrays = {one.name: np.ravel(load_npy(one)) for one in files}
    swapped = f" {say('reading.pyeer.swapped')}"
    pairs = _mated_and_others(arrays, (files[0].name, files[1].name), files[0], reading, swapped)
    reading.describe(files[1], "numpy array of scores")
    return pairs


def _mated_and_others(
    rows: Arrays, pair: tuple[str, str], content: FileContent, reading: Reading, otherwise: str
) -> Comparisons:
    mated, others = (rows[one].astype(np.float64) for one in pair)
    held = {"mated": repr(pair[0]), "n_mated": mated.size, "others": repr(pair[1]), "n_others": others.size}
    reading.note(say("reading.matrix.arrays", **held))
    reading.describe(content, "numpy arrays of mated and non-mated scores")
    first = np.arange(mated.size + others.size) < mated.size
    both = RawComparisons(np.concatenate([mated, others]), first != (reading.options.labels == REVERSED))
    return assemble(both, content, reading, lined=False, otherwise=otherwise)


def _read_arrays(arrays: Arrays, content: FileContent, reading: Reading) -> Comparisons | ScoreMatrix:
    """Read one score and one label for each comparison, mated and non-mated scores apart, or a matrix and its ids."""
    problems = content.problems
    rows = {one: np.ravel(values) for one, values in arrays.items() if is_row(values.shape)}
    names = _found(rows)
    if len(names) < 2 and (pair := _pair(one for one in rows if rows[one].dtype.kind in "fiu")):
        return _mated_and_others(rows, pair, content, reading, reversed_words(reading))
    matrix = [one for one, values in arrays.items() if values.ndim == 2 and one not in rows]
    if len(names) < 2 and matrix:
        return _read_with_ids(matrix[0], arrays[matrix[0]], rows, content, reading)
    if len(names) < 2:
        problems.refuse(
            f"its arrays are {', '.join(map(repr, sorted(arrays)))}",
            "templates: embedding and subject; scores: score and mated, or genuine and impostor",
        )
    score, label = rows[names["score"]], rows[names["mated"]]
    if score.size != label.size:
        problems.refuse(f"{score.size:,} scores and {label.size:,} labels", "give one label for each score")
    mated = _flags(label)
    if score.dtype.kind not in "fiu" or mated is None:
        what = (
            "scores are no numbers" if score.dtype.kind not in "fiu" else f"{count_of(np.unique(label).size, 'label')}"
        )
        problems.refuse(
            f"{what}, other than 1 and 0" if mated is None else what, "write 1 for mated and 0 for non-mated"
        )
    other = ", ".join(repr(one) for one in arrays if one not in names.values())
    of = {"score": repr(names["score"]), "mated": repr(names["mated"])}
    reading.note(say("reading.matrix.array_of" if other else "reading.matrix.array", other=other, **of))
    reading.describe(content, "numpy arrays of scores and labels")
    distance = _is_distance(names["score"])
    raw = RawComparisons(score.astype(np.float64), mated != (reading.options.labels == REVERSED))
    return assemble(raw, content, reading, distance=distance, lined=False, otherwise=reversed_words(reading))


def _is_distance(name: str) -> bool:
    return plain_name(name).removesuffix("s") in LOWER_IS_ALIKE


def _read_with_ids(
    name: str, array: Values, rows: Arrays, content: FileContent, reading: Reading
) -> Comparisons | ScoreMatrix:
    """Read a matrix beside arrays that say whose its rows and its columns are."""
    problems, sides = content.problems, []
    _require_numbers(array, content)
    ids = {one: values for one, values in rows.items() if values.dtype.kind in "iuUS" and "cam" not in one.lower()}
    for size, parts in zip(array.shape, (ROWS, COLUMNS), strict=True):
        fits = [one for one in ids if ids[one].size == size]
        named = [one for one in fits if plain_name(one).split("_")[0] in parts] or fits
        if len(named) != 1:
            problems.refuse(
                f"a matrix {name!r} of shape {array.shape}, and {count_of(len(named), 'array')} of {size:,} names",
                "name whose its rows and its columns are: probe_subject and reference_subject",
            )
        sides.append(named[0])
    reading.note(say("reading.matrix.ids", matrix=repr(name), rows=repr(sides[0]), columns=repr(sides[1])))
    names, place = distinct_names(np.concatenate([ids[one].astype(str) for one in sides]))
    row, column = number_names(
        names, [place[: array.shape[0]], place[array.shape[0] :]], reading, problems, "row", array
    )
    reading.describe(content, "numpy matrix of scores")
    return matrix_comparisons(array, row, column, content, reading, distance=_is_distance(name))


def _require_numbers(array: Values, content: FileContent) -> None:
    if array.dtype.kind not in "fiu":
        content.problems.refuse(f"scores of type {array.dtype}", "write them as numbers")


def _read_matrix(array: Values, content: FileContent, reading: Reading) -> Comparisons | ScoreMatrix:
    """Read a matrix of samples against themselves; the table of subjects says whose each row is."""
    problems = content.problems
    _require_numbers(array, content)
    own = _own_score(array)
    if own is None and not reading.options.arrays:
        problems.refuse(
            f"a square array of {len(array):,} rows, and its diagonal does not tell: scores, or templates of as many "
            "numbers?",
            f"say which: --arrays {SCORES}, or --arrays {TEMPLATES}",
        )
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        way = "numpy.savez('scores.npz', score=MATRIX, probe_subject=IDS_OF_ROWS, reference_subject=IDS_OF_COLUMNS)"
        problems.refuse(f"a matrix of shape {array.shape}, and nothing says whose its rows and columns are", way)
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
    reading.describe(content, "numpy matrix of scores")
    return matrix_comparisons(array, codes, codes, content, reading, distance=own == 0, named_by_table=True)


READERS = (
    Reader(
        "scores in numpy arrays",
        SCORED | {"subjects", "groups", "arrays", "labels"} | NAMES,
        _recognise,
        _read,
    ),
    Reader("two arrays of scores", SCORED, _recognise_two, _read_two, several=True),
)
