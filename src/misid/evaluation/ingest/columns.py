"""Columns out of text without a header, separated by spaces or tabs, with the line of everything that is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from misid.evaluation.ingest.faults import Problems, number, word
from misid.statistics import Array

BOM = b"\xef\xbb\xbf"
PIECE = 4 * 2**20
LOOK = 1000  # lines that say what the columns are

Index = npt.NDArray[np.int64]
Row = Sequence[bytes]
WHITE = np.isin(np.arange(256), list(b" \t\n\r\x0b\x0c"))


class Names(dict[bytes, int]):
    """Numbers words from 0, in the order in which they first occur."""

    def __missing__(self, key: bytes) -> int:
        value = self[key] = len(self)
        return value

    def __repr__(self) -> str:
        return f"Names({len(self)})"

    def texts(self) -> list[str]:
        """Return the words, in the order of their numbers."""
        return [key.decode("utf-8", "backslashreplace") for key in self]


def clean(data: bytes) -> bytes:
    """Take the byte order mark, line ends other than a newline, and blank lines at the end away.

    Parameters
    ----------
    data : bytes
        Text.

    Returns
    -------
    bytes
        The same text; every line of it ends with a newline.
    """
    data = data.removeprefix(BOM)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data.rstrip() + b"\n"


def first_rows(data: bytes, lines: int = LOOK) -> list[list[bytes]]:
    """Split the first lines of clean text.

    Parameters
    ----------
    data : bytes
        Clean text.
    lines : int
        At most so many.

    Returns
    -------
    list of list of bytes
        Words of each line.
    """
    found: list[list[bytes]] = []
    at = 0
    while at < len(data) and len(found) < lines:
        end = data.index(b"\n", at)
        found.append(data[at:end].split())
        at = end + 1
    return found


def usual_width(rows: Sequence[Row]) -> int:
    """Return how many words most lines have; the smaller of two that are as common.

    Parameters
    ----------
    rows : sequence of sequence of bytes
        Lines, split.

    Returns
    -------
    int
        Words.
    """
    return int(np.bincount([len(row) for row in rows]).argmax())


def is_number(token: bytes) -> bool:
    """Tell whether a word is a number, NaN included.

    Parameters
    ----------
    token : bytes
        The word.

    Returns
    -------
    bool
        Whether it is.
    """
    try:
        float(token)
    except ValueError:
        return False
    return b"_" not in token  # Python reads 1_0 as ten


def read_columns(
    data: bytes, width: int, scores: Sequence[int], names: Sequence[tuple[int, Names]], problems: Problems
) -> tuple[list[Array], list[Index]]:
    """Read columns of clean text.

    Parameters
    ----------
    data : bytes
        Clean text.
    width : int
        Words that each line must have.
    scores : sequence of int
        Columns of numbers, from 0; negative ones count from the end.
    names : sequence of (int, Names)
        Columns of names, and what numbers them.
    problems : Problems
        Takes lines of another width and words where a number should be.

    Returns
    -------
    numbers : list of ndarray of float64, shape (n,)
        Columns of numbers, NaN where the file has it.
    codes : list of ndarray of int64, shape (n,)
        Number of each name.
    """
    numbers: list[list[Array]] = [[] for _ in scores]
    codes: list[list[Index]] = [[] for _ in names]
    for start, piece in _pieces(data):
        rows, straight = _right(piece, start, width, problems)
        tokens = straight.split()
        for kept, column in zip(numbers, scores, strict=True):
            kept.append(_floats(tokens[column % width :: width], rows, start, column % width, problems))
        for held, (column, table) in zip(codes, names, strict=True):
            words = tokens[column % width :: width]
            held.append(np.fromiter(map(table.__getitem__, words), np.int64, len(words)))
    return [np.concatenate(parts) for parts in numbers], [np.concatenate(parts) for parts in codes]


def _pieces(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield whole lines, `PIECE` bytes or so at once, with the number of the first."""
    at, line = 0, 1
    while at < len(data):
        end = data.find(b"\n", min(at + PIECE, len(data) - 1)) + 1
        piece = data[at:end]
        yield line, piece
        line += piece.count(b"\n")
        at = end


def _right(piece: bytes, start: int, width: int, problems: Problems) -> tuple[Index | None, bytes]:
    """Return the lines of the right width, and which they are if not all."""
    array = np.frombuffer(piece, np.uint8)
    white = WHITE[array]
    begins = ~white
    begins[1:] &= white[:-1]
    ends = np.flatnonzero(array == 10)
    found = np.add.reduceat(begins, np.concatenate(([0], ends[:-1] + 1)), dtype=np.int64)
    bad = np.flatnonzero(found != width)
    if not bad.size:
        return None, piece
    told = bad[: problems.room].tolist()
    for row in told:
        count = int(found[row])
        what = "the line is empty" if not count else f"the line has {number(count, 'column')}, most have {width}"
        problems.add(what, "take it out, or fetch the file again if it was cut short", start + row)
    problems.count(bad.size - len(told))
    lines = piece.split(b"\n")
    good = np.flatnonzero(found == width)
    return good, b"\n".join(lines[row] for row in good.tolist()) + b"\n"


def _floats(tokens: list[bytes], rows: Index | None, start: int, column: int, problems: Problems) -> Array:
    if b"_" not in b" ".join(tokens):
        try:
            return np.fromiter(map(float, tokens), np.float64, len(tokens))
        except ValueError:
            pass
    values = np.zeros(len(tokens))
    for place, token in enumerate(tokens):
        if is_number(token):
            values[place] = float(token)
        else:
            line = start + (place if rows is None else int(rows[place]))
            fix = "write nan where there is no score"
            problems.add(f"{word(token)} stands where a number should be", fix, line, f"column {column + 1}")
    return values


def odd_columns(rows: Sequence[Row], width: int) -> str:
    """Say which columns hold words and which numbers, if the last one does not hold numbers as a score should.

    Parameters
    ----------
    rows : sequence of sequence of bytes
        First lines, split.
    width : int
        Columns.

    Returns
    -------
    str
        Part of a sentence; empty if nothing is odd, or no other column could be the score.
    """
    straight = [row for row in rows if len(row) == width]
    if width < 2 or not straight:
        return ""
    columns = list(zip(*straight, strict=True))
    share = [sum(map(is_number, column)) / len(straight) for column in columns]
    numeric = [place for place in range(width) if share[place] > 0.9]
    if share[-1] < 0.5 and numeric:
        where = " and ".join(str(place + 1) for place in numeric)
        return f"column {width} holds words, column {where} numbers"
    fractions = [place for place in numeric if any(map(_has_fraction, columns[place]))]
    few = len(set(columns[-1])) * 4 <= len(straight) + 4
    if share[-1] > 0.9 and fractions and fractions[-1] != width - 1 and few:
        return f"column {width} holds few different whole numbers, column {fractions[0] + 1} numbers with decimals"
    return ""


def _has_fraction(token: bytes) -> bool:
    value = float(token) if is_number(token) else 0.0
    return bool(np.isfinite(value)) and value != int(value)
