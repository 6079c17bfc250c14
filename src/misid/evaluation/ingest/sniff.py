"""What a file is, by what is in it; its name says nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from misid.evaluation.ingest import archive
from misid.evaluation.ingest.archive import Content
from misid.evaluation.ingest.columns import BOM, is_number
from misid.evaluation.ingest.faults import refuse

LOOK = 64  # lines
FEW = 6  # columns of a long table
DELIMITERS = (b",", b"\t", b";")
BEE = re.compile(rb"[SD]2\r?\n")
WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")
PICKLE = re.compile(rb"\x80[\x02-\x05]")


class Form(Enum):
    """Forms of files, as they are read."""

    PARQUET = "parquet"
    ARRAYS = "arrays"
    BEE = "bee"
    TABLE = "table"
    SQUARE = "square"
    COLUMNS = "columns"


def sniff(content: Content) -> Form:
    """Find out what a file is.

    Parameters
    ----------
    content : Content
        The file.

    Returns
    -------
    Form
        What it is.

    Raises
    ------
    InvalidInput
        If it is nothing that is read: another binary format, UTF-16, markup, a table without a header.
    """
    data, name = content.data, content.name
    if data.startswith(archive.PARQUET):
        return Form.PARQUET
    if data.startswith((archive.NUMPY, archive.ZIP)):
        return Form.ARRAYS
    if BEE.match(data):
        return Form.BEE
    _is_text(name, data)
    lines = first_lines(data)
    if not any(line.strip() for line in lines):
        refuse(name, "there is nothing but blanks in the file", "give a file with scores")
    delimiter = delimiter_of(lines)
    if not delimiter:
        _no_header(name, lines)
        return Form.COLUMNS
    if is_square([cells(line, delimiter) for line in lines]):
        return Form.SQUARE
    if not any(is_number(cell) for cell in cells(lines[0], delimiter)):
        return Form.TABLE
    if delimiter == b"\t":
        return Form.COLUMNS
    refuse(
        name,
        f"the columns are separated by {'commas' if delimiter == b',' else 'semicolons'} and the first line holds "
        "numbers, so nothing says what they are",
        "put a line of column names first (probe_subject,reference_subject,score say); write decimals with a point",
        1,
    )


def first_lines(data: bytes) -> list[bytes]:
    """Return the first lines of a text, without the byte order mark and without line ends.

    Parameters
    ----------
    data : bytes
        Text.

    Returns
    -------
    list of bytes
        At most `LOOK`.
    """
    lines: list[bytes] = []
    at = len(BOM) if data.startswith(BOM) else 0
    end_mark = b"\n" if b"\n" in data else b"\r"
    while at < len(data) and len(lines) < LOOK:
        end = data.find(end_mark, at)
        end = len(data) if end < 0 else end
        lines.append(data[at:end].rstrip(b"\r"))
        at = end + 1
    return lines


def delimiter_of(lines: Sequence[bytes]) -> bytes:
    """Return what separates the columns of a table.

    Parameters
    ----------
    lines : sequence of bytes
        First lines.

    Returns
    -------
    bytes
        Comma, tab or semicolon; empty where columns are separated by spaces or there is only one.
    """
    return max(DELIMITERS, key=lines[0].count) if any(sign in lines[0] for sign in DELIMITERS) else b""


def cells(line: bytes, delimiter: bytes) -> list[bytes]:
    """Split a line, and take blanks and quotation marks off each cell.

    Parameters
    ----------
    line, delimiter : bytes
        A line, and what separates its cells.

    Returns
    -------
    list of bytes
        Cells.
    """
    return [cell.strip().strip(b'"') for cell in line.split(delimiter)]


def is_square(rows: Sequence[Sequence[bytes]]) -> bool:
    """Tell whether a table is a matrix of scores: names along the top and down the side, numbers inside.

    Parameters
    ----------
    rows : sequence of sequence of bytes
        First lines, split.

    Returns
    -------
    bool
        Whether it is.
    """
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
    fraction = any(not float(cell).is_integer() for cell in top[1:])
    repeated = len(top) <= FEW and len({row[0] for row in inside}) < len(inside)
    return fraction or repeated


def _is_text(name: str, data: bytes) -> None:
    if data.startswith(WIDE_BOMS):
        refuse(name, "the text is UTF-16", "save it as UTF-8")
    if PICKLE.match(data):
        refuse(name, "this is a Python pickle, which can run code and is never opened", "write .npz, Parquet or CSV")
    if b"\0" in data[: 2**16]:
        refuse(name, f"an unknown binary format (it starts with the bytes {data[:4].hex(' ')})", "write Parquet or CSV")
    if data.lstrip()[:1] in (b"<", b"{", b"["):
        refuse(name, "this is XML, HTML or JSON, not scores", "write the scores as CSV or Parquet")


def _no_header(name: str, lines: Sequence[bytes]) -> None:
    """Refuse a header over columns that are separated by spaces."""
    if len(lines) < 2:
        return
    top, below = lines[0].split(), lines[1].split()
    if top and below and not any(map(is_number, top)) and is_number(below[-1]):
        refuse(
            name,
            "the first line holds no number: is it a header? Columns separated by spaces have none",
            "take it out, or separate the columns by commas",
            1,
        )
