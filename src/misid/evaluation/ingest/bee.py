"""Matrices of NIST's Biometric Evaluation Environment, as OpenBR writes them: scores, and a mask of who is mated.

Three lines of text (kind, target list, query list), then ``MF rows columns mark`` or ``MB``, the mark being the number
0x12345678 as the writer's machine holds it; then the cells, a row for each query.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Comparisons
from misid.evaluation.ingest.archive import MOST_BYTES, Content
from misid.evaluation.ingest.assemble import Notes, assemble, finite
from misid.evaluation.ingest.faults import Problems, number, refuse
from misid.evaluation.ingest.links import joined, numbered
from misid.evaluation.ingest.matrix import flatten

HEADER = re.compile(
    rb"(?P<kind>[SD])2\r?\n[^\n]*\n[^\n]*\n"
    rb"M(?P<cells>[FB]) +(?P<rows>\d{1,18}) +(?P<columns>\d{1,18}) +(?P<mark>.{4})\n",
    re.DOTALL,
)
MARKS = {b"\x78\x56\x34\x12": "<", b"\x12\x34\x56\x78": ">"}
MATE, NON_MATE, NO_MATTER = 0xFF, 0x7F, 0x00
SANE = (1e-25, 1e25)  # magnitudes that scores have; float32 read in the wrong order rarely stays within
COPY = "write or fetch the file again"


@dataclass(frozen=True)
class Header:
    """First four lines of a matrix.

    Parameters
    ----------
    distance : bool
        Whether cells are distances (``D2``).
    mask : bool
        Whether cells are marks of mates (``MB``).
    rows, columns : int
        Shape.
    order : {"<", ">"}
        Byte order.
    start : int
        Where the cells begin.
    """

    distance: bool
    mask: bool
    rows: int
    columns: int
    order: str
    start: int


def header_of(content: Content) -> Header:
    """Read the header, and check that the cells are all there.

    Parameters
    ----------
    content : Content
        The file.

    Returns
    -------
    Header
        What it says.

    Raises
    ------
    InvalidInput
        If the header is broken, the byte order mark unknown, or there are fewer or more cells than it says.
    """
    name, data = content.name, content.data
    found = HEADER.match(data[: 2**16])
    if found is None:
        refuse(
            name,
            "this is no NIST BEE matrix or mask: its first four lines are not their header",
            "S2 or D2, two lists, then MF or MB, rows, columns and a byte order mark",
        )
    order = MARKS.get(found["mark"])
    if order is None:
        mark = found["mark"].hex(" ")
        refuse(name, f"the byte order mark is {mark}, neither 78 56 34 12 nor 12 34 56 78", COPY, 4)
    rows, columns, mask = int(found["rows"]), int(found["columns"]), found["cells"] == b"B"
    cell = 1 if mask else 4
    there, wanted = len(data) - found.end(), rows * columns * cell
    if rows * columns == 0 or wanted > MOST_BYTES:
        refuse(name, f"the header says {rows:,} rows and {columns:,} columns", f"1 to {MOST_BYTES:,} bytes are read", 4)
    if there != wanted:
        short = "cut short" if there < wanted else "too long"
        what = f"the file is {short}: {rows:,} x {columns:,} cells take {wanted:,} bytes, there are {there:,}"
        refuse(name, what, COPY)
    return Header(found["kind"] == b"D", mask, rows, columns, order, found.end())


def read_bee(scores: Content, mask: Content, dissimilarity: bool, notes: Notes) -> tuple[Comparisons, tuple[str, str]]:
    """Read a matrix of scores and the mask that says who is mated.

    Parameters
    ----------
    scores, mask : Content
        The files.
    dissimilarity : bool
        Whether the user said that scores are distances; a file of kind ``D2`` says so itself.
    notes : Notes
        Takes sentences and caveats.

    Returns
    -------
    comparisons : Comparisons
        A search for each row.  Rows and columns joined by a chain of mated cells are one subject.
    forms : tuple of str
        What the files are.

    Raises
    ------
    InvalidInput
        If a header or a size is wrong, the files do not go together, the mask holds other values than 0xff, 0x7f and 0
        or contradicts itself, or a score is infinite.
    """
    head, other = header_of(scores), header_of(mask)
    if head.mask:
        refuse(scores.name, "this is a mask (MB), not a matrix of scores (MF)", "give the .mtx, and this one by --mask")
    if not other.mask:
        refuse(mask.name, "this is a matrix of scores (MF), not a mask (MB)", "give the .mask", field="--mask")
    if (head.rows, head.columns) != (other.rows, other.columns):
        refuse(
            mask.name,
            f"the mask is {other.rows:,} x {other.columns:,}, the matrix {head.rows:,} x {head.columns:,}",
            "give the mask that goes with the matrix",
        )
    matrix, marks = _floats(scores, head, notes), _marks(mask, other)
    mated, kept = marks == MATE, marks != NO_MATTER
    if not kept.any():
        refuse(mask.name, "the mask marks no cell as a comparison", "0xff is mated, 0x7f non-mated")
    row, column, count = _subjects(mated, kept, mask.name)
    notes.say(
        f"Rows are probes ({head.rows:,}), columns references ({head.columns:,}). Of the cells "
        f"{int(mated.sum()):,} are mated, {int((kept & ~mated).sum()):,} non-mated and {int((~kept).sum()):,} left out "
        "by the mask. Rows and columns joined by mated cells are one subject; each other one is a subject of its own."
    )
    problems = Problems(scores.name)
    finite(matrix[kept], problems, lined=False)
    if head.distance:
        notes.say("The matrix says of itself that it holds distances (D2).")
    elif dissimilarity:
        notes.say("The matrix says of itself that it holds similarities (S2); --dissimilarity goes before that.")
    raw = flatten(matrix, mated, kept, row, column, count, notes)
    comparisons = assemble(raw, head.distance or dissimilarity, problems, notes)
    return comparisons, ("NIST BEE matrix", "NIST BEE mask")


def _floats(content: Content, head: Header, notes: Notes) -> npt.NDArray[np.float32]:
    cells = content.data[head.start :]
    shape = (head.rows, head.columns)
    matrix = np.frombuffer(cells, f"{head.order}f4").reshape(shape)
    if head.order == ">":
        notes.say("The matrix was written on a machine of the other byte order; its bytes were swapped.")
    swapped = np.frombuffer(cells, "<f4" if head.order == ">" else ">f4")
    # Scores read the wrong way round have any exponent at all: a third of them falls outside.
    if _sane(matrix) < 0.9 and _sane(swapped) > 0.99:
        refuse(
            content.name,
            "the scores make sense only in the byte order that the mark denies",
            "the mark or the scores were damaged; write the file again",
        )
    # A NaN that signals is a NaN like any other.
    return np.where(np.isnan(matrix), np.float32(np.nan), matrix).astype(np.float32)


def _sane(values: npt.NDArray[np.floating]) -> float:
    """Return the share of values, zeros and NaN aside, whose magnitude a score can have."""
    size = np.abs(values[(values != 0) & ~np.isnan(values)].astype(np.float64))
    return float(((size > SANE[0]) & (size < SANE[1])).mean()) if size.size else 1.0


def _marks(content: Content, head: Header) -> npt.NDArray[np.uint8]:
    marks = np.frombuffer(content.data, np.uint8, offset=head.start).reshape(head.rows, head.columns)
    unknown = ~np.isin(marks, (MATE, NON_MATE, NO_MATTER))
    if unknown.any():
        seen = int(marks[unknown][0])
        refuse(
            content.name,
            f"other marks than 0xff, 0x7f and 0x00 in {number(int(unknown.sum()), 'cell')} of the mask: 0x{seen:02x}",
            COPY,
        )
    return marks


def _subjects(
    mated: npt.NDArray[np.bool_], kept: npt.NDArray[np.bool_], name: str
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], int]:
    """Return the numbers of the subjects of rows and columns, those first that are compared at all."""
    rows, columns = mated.shape
    first, second = np.nonzero(mated)
    subject = joined(rows + columns, first, rows + second)
    contradictions = int((kept & ~mated & (subject[:rows, None] == subject[None, rows:])).sum())
    if contradictions:
        refuse(
            name,
            f"the mask contradicts itself: {number(contradictions, 'non-mated cell')} whose row and column are one "
            "subject by a chain of mated cells",
            COPY,
        )
    used = np.concatenate((kept.any(1), kept.any(0)))
    codes = np.zeros(rows + columns, np.int32)
    codes[used], count = numbered(subject[used])
    return codes[:rows], codes[rows:], count
