"""Matrices of NIST's Biometric Evaluation Environment, as OpenBR writes them: scores, and a mask of who is mated.

Three lines of text (kind, target list, query list), then ``MF rows columns mark`` or ``MB``, the mark being the number
0x12345678 as the writer's machine holds it; then the cells, a row for each query.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Codes, Comparisons, Flags, ReadOptions
from misid.evaluation.reading.comparisons import assemble
from misid.evaluation.reading.content import MOST_BYTES, FileContent
from misid.evaluation.reading.faults import count_of
from misid.evaluation.reading.matrices import flatten
from misid.evaluation.reading.people import linked
from misid.evaluation.reading.pseudonyms import by_first_occurrence
from misid.evaluation.reading.read import SCORED, Reader, Reading
from misid.vocabulary.catalogue import say

START = re.compile(rb"[SD]2\r?\n")
HEADER = re.compile(
    rb"(?P<kind>[SD])2\r?\n[^\n]*\n[^\n]*\n"
    rb"M(?P<cells>[FB]) +(?P<rows>\d{1,18}) +(?P<columns>\d{1,18}) +(?P<mark>.{4})\n",
    re.DOTALL,
)
MARKS = {b"\x78\x56\x34\x12": "<", b"\x12\x34\x56\x78": ">"}
MATE, NON_MATE, NO_MATTER = 0xFF, 0x7F, 0x00
SANE = (1e-25, 1e25)  # magnitudes that scores have; float32 read in the wrong order rarely stays within
COPY = "write or fetch the file again"


def _recognise(files: Sequence[FileContent], options: ReadOptions) -> float:
    return float(START.match(files[0].data) is not None)


def _is_mask(content: FileContent) -> bool:
    found = HEADER.match(content.data[: 2**16])
    return found is not None and found["cells"] == b"B"


def _cells(content: FileContent) -> npt.NDArray[Any]:
    """Return the cells, all of which must be there: bytes of a mask, or scores in the byte order of the file."""
    problems, data = content.problems, content.data
    found = HEADER.match(data[: 2**16])
    if found is None:
        problems.refuse(
            "this is no NIST BEE matrix or mask: its first four lines are not their header",
            "S2 or D2, two lists, then MF or MB, rows, columns and a byte order mark",
        )
    order = MARKS.get(found["mark"])
    if order is None:
        mark = found["mark"].hex(" ")
        problems.refuse(f"the byte order mark is {mark}, neither 78 56 34 12 nor 12 34 56 78", COPY, 4)
    rows, columns = int(found["rows"]), int(found["columns"])
    kind = np.dtype(np.uint8 if _is_mask(content) else f"{order}f4")
    there, wanted = len(data) - found.end(), rows * columns * kind.itemsize
    if rows * columns == 0 or wanted > MOST_BYTES:
        what = f"the header says {rows:,} rows and {columns:,} columns"
        problems.refuse(what, f"1 to {MOST_BYTES:,} bytes are read", 4)
    if there != wanted:
        short = "cut short" if there < wanted else "too long"
        cells = f"{rows:,} x {columns:,} cells take {wanted:,} bytes, there are {there:,}"
        problems.refuse(f"the file is {short}: {cells}", COPY)
    return np.frombuffer(data, kind, offset=found.end()).reshape(rows, columns)


def _read(files: Sequence[FileContent], reading: Reading) -> Comparisons:
    """Read a matrix of scores and the mask that says who is mated.

    A search for each row.  Rows and columns joined by a chain of mated cells are one subject.
    """
    scores, mask = files[0], reading.side.get("mask")
    if len(files) == 2 and mask is None:
        # The order is free: each file says which it is.
        scores, mask = sorted(files, key=_is_mask)
    elif len(files) > 1:
        files[1].problems.refuse("a matrix is read alone, with its mask", "give one matrix and --mask FILE")
    if mask is None:
        beside = scores.path.with_suffix(".mask")
        way = f"--mask {beside}, which lies beside it" if beside.is_file() else "give its mask by --mask FILE"
        scores.problems.refuse("a matrix does not say who is mated without its mask", way)
    cells, marks = _cells(scores), _cells(mask)
    if cells.dtype == np.uint8:
        what = "this is a mask (MB), not a matrix of scores (MF)"
        scores.problems.refuse(what, "give the .mtx, and this one by --mask")
    if marks.dtype != np.uint8:
        mask.problems.refuse("this is a matrix of scores (MF), not a mask (MB)", "give the .mask", field="--mask")
    if cells.shape != marks.shape:
        shapes = [f"{rows:,} x {columns:,}" for rows, columns in (marks.shape, cells.shape)]
        fix = "give the mask that goes with the matrix"
        mask.problems.refuse(f"the mask is {shapes[0]}, the matrix {shapes[1]}", fix)
    matrix = _scores(scores, cells, reading)
    _check_marks(mask, marks)
    mated, kept = marks == MATE, marks != NO_MATTER
    if not kept.any():
        mask.problems.refuse("the mask marks no cell as a comparison", "0xff is mated, 0x7f non-mated")
    row, column, count = _subjects(mated, kept, mask)
    marked = {"mated": mated, "others": kept & ~mated, "left": ~kept}
    counts = {name: int(which.sum()) for name, which in marked.items()}
    reading.note(say("reading.matrix.mask", rows=row.size, columns=column.size, **counts))
    distance = scores.data.startswith(b"D")
    if distance:
        reading.note(say("reading.matrix.distances"))
    elif reading.options.dissimilarity:
        reading.note(say("reading.matrix.similarities"))
    reading.describe(scores, "NIST BEE matrix")
    if mask is not reading.side.get("mask"):
        reading.describe(mask, "NIST BEE mask")
    raw = flatten(matrix, mated, kept, row, column, count, reading)
    return assemble(raw, scores, reading, distance, lined=False)


def _scores(content: FileContent, cells: npt.NDArray[Any], reading: Reading) -> npt.NDArray[np.float32]:
    if cells.dtype.str.startswith(">"):
        reading.note(say("reading.matrix.swapped"))
    # Scores read the wrong way round have any exponent at all: a third of them falls outside.
    if _sane(cells) < 0.9 and _sane(cells.view(cells.dtype.newbyteorder())) > 0.99:
        content.problems.refuse(
            "the scores make sense only in the byte order that the mark denies",
            "the mark or the scores were damaged; write the file again",
        )
    # A NaN that signals is a NaN like any other.
    return np.where(np.isnan(cells), np.float32(np.nan), cells).astype(np.float32)


def _sane(values: npt.NDArray[np.floating]) -> float:
    """Return the share of values, zeros and NaN aside, whose magnitude a score can have."""
    size = np.abs(values[(values != 0) & ~np.isnan(values)].astype(np.float64))
    return float(((size > SANE[0]) & (size < SANE[1])).mean()) if size.size else 1.0


def _check_marks(content: FileContent, marks: npt.NDArray[np.uint8]) -> None:
    unknown = ~np.isin(marks, (MATE, NON_MATE, NO_MATTER))
    if unknown.any():
        cells, seen = count_of(int(unknown.sum()), "cell"), int(marks[unknown][0])
        content.problems.refuse(f"other marks than 0xff, 0x7f and 0x00 in {cells} of the mask: 0x{seen:02x}", COPY)


def _subjects(mated: Flags, kept: Flags, mask: FileContent) -> tuple[Codes, Codes, int]:
    """Return the numbers of the subjects of rows and columns, those first that are compared at all."""
    rows, columns = mated.shape
    first, second = np.nonzero(mated)
    subject = linked(rows + columns, first, rows + second)
    if contradictions := int((kept & ~mated & (subject[:rows, None] == subject[None, rows:])).sum()):
        mask.problems.refuse(
            f"the mask contradicts itself: {count_of(contradictions, 'non-mated cell')} whose row and column are one "
            "subject by a chain of mated cells",
            COPY,
        )
    used = np.concatenate((kept.any(1), kept.any(0)))
    codes = np.zeros(rows + columns, np.int32)
    distinct, codes[used] = by_first_occurrence(subject[used])
    return codes[:rows], codes[rows:], distinct.size


READERS = (Reader("a matrix of scores", SCORED | {"mask"}, _recognise, _read, several=True),)
