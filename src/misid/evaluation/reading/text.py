"""Text as it is written: what separates columns, what is a number; and columns out of text without a header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from misid.evaluation.reading.content import FileContent
from misid.evaluation.reading.faults import Problems, count_of, describe_word
from misid.statistics import Array

PIECE = 4 * 2**20
LOOK = 1000  # lines that tell what columns hold
DELIMITERS = (b"\t", b";", b",")  # of two that are as common the first: decimals may have a comma

DECIMAL_COMMA = "[-+]?[0-9]*,[0-9]+([eE][-+]?[0-9]+)?"
_DECIMAL_COMMA = re.compile(DECIMAL_COMMA)
THOUSANDS = "[-+]?[1-9][0-9]?[0-9]?,[0-9][0-9][0-9]"  # what may be both
AROUND_NUMBERS = " \t\r\n\x0b\x0c" + "".join(map(chr, (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)))
_NUMBER = re.compile("[-+]?(([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?|(?i:inf|infinity|nan))")

Index = npt.NDArray[np.int64]
WHITE = np.isin(np.arange(256), list(b" \t\n\r\x0b\x0c"))


class WordNumbers(dict[bytes, int]):
    """Numbers words from 0, in the order in which they first occur."""

    def __missing__(self, key: bytes) -> int:
        value = self[key] = len(self)
        return value

    def __repr__(self) -> str:
        return f"WordNumbers({len(self)})"

    def texts(self) -> list[str]:
        """Return the words, in the order of their numbers."""
        return [key.decode("utf-8", "backslashreplace") for key in self]


def number(word: bytes) -> float | None:
    """Return a word as a number, NaN included, by the one rule of every reader; None where it is none.

    Digits are 0 to 9, a sign is ``-`` or ``+``, nothing parts thousands, and decimals stand behind a point or a comma.
    """
    text = word.decode("utf-8", "replace").strip(AROUND_NUMBERS)
    text = text.replace(",", ".") if "," in text and _DECIMAL_COMMA.fullmatch(text) else text
    return float(text) if _NUMBER.fullmatch(text) else None


def is_number(word: bytes) -> bool:
    """Tell whether a word is a number, NaN included."""
    return number(word) is not None


def number_sql(text: str) -> str:
    """Return SQL for `number` of a text without a decimal comma; NULL where it is none."""
    # What DuckDB takes for a number beyond the rule: 1_0, nan(1), +-1.
    odd = " OR ".join(f"contains({text}, '{sign}')" for sign in ("_", "(", "+-"))
    return f"CASE WHEN NOT ({odd}) THEN TRY_CAST({text} AS DOUBLE) END"


class DecimalSigns:
    """Whether a comma in a column of numbers stands before decimals, or may part thousands."""

    def __init__(self, commas: int = 0, parts: int = 0, points: int = 0) -> None:
        self.commas, self.parts, self.points = commas, parts, points

    def add(self, word: bytes) -> None:
        """Count a number with a comma."""
        self.commas += 1
        self.parts += re.fullmatch(THOUSANDS.encode(), word) is not None

    def check(self, problems: Problems, field: str = "") -> None:
        """Note a fault where commas may part thousands."""
        fix = "write decimals with a point, and thousands without a sign between them"
        if self.commas and self.points:
            problems.add(
                f"{count_of(self.commas, 'number')} with a comma, {self.points:,} with a point", fix, field=field
            )
        elif self.commas and self.commas == self.parts:
            what = f"a comma before three digits in {count_of(self.commas, 'number')}: decimals, or thousands?"
            problems.add(what, fix, field=field)


def number_way(word: str) -> str:
    """Say what to write in place of a word that is no number."""
    if re.search(r"\d[,'’\s_]\d", word):
        return "write decimals with a point, and nothing between thousands: 1234.5"
    if re.search(r"\d", word) and not word.isascii():
        return "write the digits 0 to 9, a point, and - for minus"
    return "write NaN or nothing where there is no score"


def delimiter_of(line: bytes) -> bytes:
    """Return what separates the columns of a line: comma, tab or semicolon, empty where there is none of them."""
    best = max(DELIMITERS, key=line.count)
    if best == b",":  # unless words stand apart by blanks, and those with a comma are numbers with decimals
        whole = [re.fullmatch(DECIMAL_COMMA.encode(), word) for word in line.split() if b"," in word]
        best = b"" if len(whole) < len(line.split()) and all(whole) else best
    return best if best in line else b""


def cells(line: bytes, delimiter: bytes) -> list[bytes]:
    """Split a line, and take blanks and quotation marks off each cell."""
    return [cell.strip().strip(b'"') for cell in line.split(delimiter or None)]


def separate_by_blanks(content: FileContent) -> None:
    """Write columns with blanks between them, as `read_columns` takes them; blanks within a name become ``_``."""
    delimiter = delimiter_of(content.data[: content.data.find(b"\n")])
    if delimiter:
        data = re.sub(rb"(?<=[^\s,;]) +(?=[^\s,;])", b"_", content.data)
        content.data = data.replace(b'"', b"").replace(delimiter, b" ")


def first_rows(content: FileContent) -> list[list[bytes]]:
    """Split the first lines at blanks and tabs."""
    return [line.split() for line in content.head(LOOK)]


def width_of(content: FileContent) -> int:
    """Return how many columns a text without a header has, 0 where there is a header; refuse what is wrong with it."""
    content.check_text()
    lines = content.head()
    if not lines[0].strip():
        content.problems.refuse("the first line is empty", "take it out", 1)
    delimiter = delimiter_of(lines[0])
    numbers_on_top = any(map(is_number, cells(lines[0], delimiter)))
    words_on_top = not numbers_on_top
    if not delimiter and words_on_top and any(is_number(word) for line in lines[1:2] for word in line.split()[-1:]):
        content.problems.refuse(
            "the first line holds no number: is it a header? Columns separated by spaces have none",
            "take it out, or separate the columns by commas",
            1,
        )
    if delimiter in (b",", b";") and numbers_on_top:
        content.problems.refuse(
            f"the columns are separated by {'commas' if delimiter == b',' else 'semicolons'} and the first line holds "
            "numbers, so nothing says what they are",
            "put a line of column names first (probe_subject,reference_subject,score say); write decimals with a point",
            1,
        )
    if delimiter and not numbers_on_top:
        return 0
    rows = first_rows(content)
    # Of two widths that are as common, the smaller.
    width = int(np.bincount([len(row) for row in rows if row]).argmax())
    if mixed := _mixed_columns([row for row in rows if len(row) == width], width):
        content.problems.refuse(f"{mixed}: the columns are mixed up", "put the score into the last column")
    return width


def _mixed_columns(rows: Sequence[Sequence[bytes]], width: int) -> str:
    """Say which columns hold words and which numbers, if the last one does not hold numbers as a score should."""
    if width < 2 or not rows:
        return ""
    columns = list(zip(*rows, strict=True))
    share = [sum(map(is_number, column)) / len(rows) for column in columns]
    numeric = [place for place in range(width) if share[place] > 0.9]
    if share[-1] < 0.5 and numeric:
        where = " and ".join(str(place + 1) for place in numeric)
        return f"column {width} holds words, column {where} numbers"
    fractions = [place for place in numeric if any(map(has_fraction, columns[place]))]
    few = len(set(columns[-1])) * 4 <= len(rows) + 4
    if share[-1] > 0.9 and fractions and fractions[-1] != width - 1 and few:
        return f"column {width} holds few different whole numbers, column {fractions[0] + 1} numbers with decimals"
    return ""


def has_fraction(word: bytes) -> bool:
    """Tell whether a word is a number with decimals other than 0."""
    value = number(word) or 0.0
    return bool(np.isfinite(value)) and value != int(value)


def read_columns(
    content: FileContent,
    width: int,
    names: Sequence[tuple[int, WordNumbers]] = (),
    scored: bool = True,
    score_at: int = -1,
    skip: int = 0,
) -> tuple[Array, list[Index]]:
    """Return a column as scores, NaN where the file has it, and the numbers of words of other columns.

    The scores are the last column, if nothing is said.  The text is clean, columns count from 0; where it is not
    ``scored`` there are no scores; ``skip`` lines are passed over.  Lines of another width than
    ``width``, and words where a number should be, are faults; their lines are left out or 0.
    """
    scores: list[Array] = []
    codes: list[list[Index]] = [[] for _ in names]
    signs = DecimalSigns()
    for start, piece in _pieces(content.data, skip):
        rows, straight = _straight_lines(piece, start, width, content.problems)
        words = straight.split()
        found = words[score_at % width :: width] if scored else []
        columns = np.full(len(found), score_at % width + 1)
        scores.append(floats(found, content.problems, rows + start, columns, signs))
        for held, (column, table) in zip(codes, names, strict=True):
            found = words[column::width]
            held.append(np.fromiter(map(table.__getitem__, found), np.int64, len(found)))
    signs.check(content.problems)
    return np.concatenate(scores), [np.concatenate(parts) for parts in codes]


def _pieces(data: bytes, skip: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield whole lines after ``skip``, `PIECE` bytes or so at once, with the number of the first."""
    at, line = 0, 1 + skip
    for _ in range(skip):
        at = data.find(b"\n", at) + 1
    while at < len(data):
        end = data.find(b"\n", min(at + PIECE, len(data) - 1)) + 1
        piece = data[at:end]
        yield line, piece
        line += piece.count(b"\n")
        at = end


def _straight_lines(piece: bytes, start: int, width: int, problems: Problems) -> tuple[Index, bytes]:
    """Return which lines have the right width, from 0, and these lines."""
    array = np.frombuffer(piece, np.uint8)
    white = WHITE[array]
    begins = ~white
    begins[1:] &= white[:-1]
    ends = np.flatnonzero(array == 10)
    found = np.add.reduceat(begins, np.concatenate(([0], ends[:-1] + 1)), dtype=np.int64)
    good = np.flatnonzero(found == width)
    if good.size == found.size:
        return good, piece

    def what(row: int) -> str:
        there = int(found[row])
        return f"the line has {count_of(there, 'column')}, most have {width}" if there else "the line is empty"

    fix = "take it out, or fetch the file again if it was cut short"
    problems.add_rows(np.flatnonzero(found != width), what, fix, first_line=start)
    lines = piece.split(b"\n")
    return good, b"\n".join(lines[row] for row in good.tolist()) + b"\n"


def floats(
    words: Sequence[bytes],
    problems: Problems,
    lines: Index,
    columns: Index,
    signs: DecimalSigns,
    what: str = "number",
) -> Array:
    """Return words as numbers, 0 for an empty one; lines and columns, from 1, are named where a word is none.

    ``signs`` counts commas and points.
    """
    joined = b" ".join(words)
    signs.points += joined.count(b".")
    if b"_" not in joined:
        try:
            return np.fromiter(map(float, words), np.float64, len(words))
        except ValueError:
            pass
    values = np.zeros(len(words))
    for place, word in enumerate(words):
        value = number(word)
        if value is not None:
            values[place] = value
            if b"," in word:
                signs.add(word)
        elif word:
            text = word.decode("utf-8", "replace")
            said = f"{describe_word(text)} stands where a {what} should be"
            problems.add(said, number_way(text), int(lines[place]), f"column {columns[place]}")
    return values
