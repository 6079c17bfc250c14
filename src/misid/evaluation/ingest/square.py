"""A matrix of scores as a table: subjects along the top and down the side."""

from __future__ import annotations

import numpy as np

from misid.evaluation.contract import Comparisons, Flags
from misid.evaluation.ingest.archive import Content
from misid.evaluation.ingest.assemble import Notes, assemble, finite
from misid.evaluation.ingest.columns import is_number
from misid.evaluation.ingest.faults import Problems, number, word
from misid.evaluation.ingest.matrix import flatten
from misid.evaluation.ingest.pseudonyms import Pseudonyms
from misid.evaluation.ingest.sniff import cells, delimiter_of, first_lines
from misid.statistics import Array


def read_square(content: Content, registry: Pseudonyms, dissimilarity: bool, notes: Notes) -> tuple[Comparisons, str]:
    """Read a matrix whose first row and column name the subjects; cells where the names are equal are mated.

    Parameters
    ----------
    content : Content
        The file, its text clean.
    registry : Pseudonyms
        Numbers the subjects.
    dissimilarity : bool
        Whether a lower score is more alike.
    notes : Notes
        Takes sentences and caveats.

    Returns
    -------
    comparisons : Comparisons
        A search for each row.
    form : str
        What the file is.

    Raises
    ------
    InvalidInput
        If rows differ in length, a cell holds a word, a name is missing, or there are no mated comparisons.
    """
    problems = Problems(content.name)
    lines = content.data.split(b"\n")[:-1]
    delimiter = delimiter_of(first_lines(content.data))
    top = cells(lines[0], delimiter)[1:]
    if not all(top):
        problems.add("a column has no name", "name the subject of every column", 1)
    names, scores, filled = [], [], []
    for line, text in enumerate(lines[1:], start=2):
        first, *found = cells(text, delimiter)
        if len(found) != len(top):
            what = f"the row has {number(len(found), 'score')}, the first line {number(len(top), 'name')}"
            problems.add(what, "fetch the file again if it was cut short", line)
            continue
        if not first:
            problems.add("the row has no name", "name the subject of every row", line)
        names.append(first)
        scores.append(_row(found, line, problems))
        filled.append(np.fromiter(map(bool, found), np.bool_, len(found)))
    problems.raise_if_any()
    matrix, kept = np.stack(scores), np.stack(filled)
    codes = registry.codes([name.decode("utf-8", "backslashreplace") for name in (*names, *top)])
    row, column = codes[: len(names)], codes[len(names) :]
    notes.say(
        f"A matrix: rows are probes ({row.size:,}), columns references ({column.size:,}). A comparison is mated where "
        "both have the same name."
    )
    if not kept.all():
        notes.say(f"Empty, and taken as comparisons that were not made: {number(int((~kept).sum()), 'cell')}.")
    finite(matrix[kept], problems, lined=False)
    mated: Flags = row[:, None] == column[None, :]
    raw = flatten(matrix, mated, kept, row, column, registry.count, notes)
    return assemble(raw, dissimilarity, problems, notes), "matrix of scores, text"


def _row(found: list[bytes], line: int, problems: Problems) -> Array:
    """Return the scores of a row, 0 for an empty cell."""
    if b"_" not in b" ".join(found):
        try:
            return np.fromiter(map(float, found), np.float64, len(found))
        except ValueError:
            pass
    values = np.zeros(len(found))
    for place, cell in enumerate(found):
        if is_number(cell):
            values[place] = float(cell)
        elif cell:
            fix = "write nan where there is no score"
            problems.add(f"{word(cell)} stands where a score should be", fix, line, f"column {place + 2}")
    return values
