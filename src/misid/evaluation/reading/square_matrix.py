"""A matrix of scores as text: subjects along the top and down the side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from misid.evaluation.contract import Comparisons, Flags, ReadOptions
from misid.evaluation.reading.comparisons import assemble
from misid.evaluation.reading.content import LOOK, FileContent
from misid.evaluation.reading.faults import count_of
from misid.evaluation.reading.matrices import flatten
from misid.evaluation.reading.names import NAMES, note_samples_with_themselves, number_names
from misid.evaluation.reading.read import SCORED, Reader, Reading
from misid.evaluation.reading.text import (
    DecimalSigns,
    WordNumbers,
    cells,
    delimiter_of,
    floats,
    has_fraction,
    is_number,
)
from misid.vocabulary.catalogue import say

FEW = 6  # columns of a long table


def _recognise(files: Sequence[FileContent], options: ReadOptions) -> float:
    files[0].check_text()
    lines = files[0].head()
    delimiter = delimiter_of(lines[0])
    return float(bool(delimiter) and _is_square([cells(line, delimiter) for line in lines]))


def _is_square(rows: Sequence[Sequence[bytes]]) -> bool:
    """Tell whether there are names along the top and down the side, and numbers inside."""
    if len(rows) < 2 or len(rows[0]) < 3:
        return False
    top, width = set(rows[0][1:]), len(rows[0])
    inside = [row for row in rows[1:] if len(row) == width]
    if not inside or not all(is_number(cell) or not cell for cell in inside[0][1:]):
        return False
    if all(map(is_number, rows[0])) and _is_long(rows[0], inside):
        return False
    # A long table with an unnamed first column has three or four columns and none of its numbers as a column name.
    return any(row[0] in top for row in inside) or (not rows[0][0] and width > LOOK)


def _is_long(top: Sequence[bytes], inside: Sequence[Sequence[bytes]]) -> bool:
    """Tell whether rows of numbers alone look like probe, reference and score, rather than a matrix of few columns."""
    fraction = any(map(has_fraction, top[1:]))
    repeated = len(top) <= FEW and len({row[0] for row in inside}) < len(inside)
    return fraction or repeated


def _read(files: Sequence[FileContent], reading: Reading) -> Comparisons:
    """Read a matrix; cells where the names of row and column are equal are mated."""
    content, problems = files[0], files[0].problems
    reading.clean(content)
    lines = content.data.split(b"\n")[:-1]
    delimiter = delimiter_of(lines[0])
    top = cells(lines[0], delimiter)[1:]
    if not all(top):
        problems.add("a column has no name", "name the subject of every column", 1)
    names, scores, filled, signs = [], [], [], DecimalSigns()
    for line, text in enumerate(lines[1:], start=2):
        first, *found = cells(text, delimiter)
        if len(found) != len(top):
            what = f"the row has {count_of(len(found), 'score')}, the first line {count_of(len(top), 'name')}"
            problems.add(what, "fetch the file again if it was cut short", line)
            continue
        if not first:
            problems.add("the row has no name", "name the subject of every row", line)
        names.append(first)
        columns = np.arange(2, len(found) + 2)
        scores.append(floats(found, problems, np.broadcast_to(line, len(found)), columns, signs, "score"))
        filled.append(np.fromiter(map(bool, found), np.bool_, len(found)))
    signs.check(problems)
    problems.raise_if_any()
    matrix, kept = np.stack(scores), np.stack(filled)
    words = WordNumbers()
    places = [np.array([words[name] for name in side], np.int64) for side in (names, top)]
    row, column = number_names(words.texts(), places, reading, problems, "row or column", matrix)
    reading.note(say("reading.matrix.names", rows=row.size, columns=column.size))
    if not kept.all():
        reading.note(say("reading.matrix.empty", n=int((~kept).sum())))
    kept &= ~note_samples_with_themselves(words.texts(), places[0][:, None], places[1][None, :], reading)
    mated: Flags = row[:, None] == column[None, :]
    raw = flatten(matrix, mated, kept, row, column, reading.pseudonyms.count, reading)
    reading.describe(content, "matrix of scores, text")
    return assemble(raw, content, reading, lined=False)


READERS = (
    Reader(
        "a matrix of scores",
        SCORED | {"subjects", "groups"} | NAMES,
        _recognise,
        _read,
    ),
)
