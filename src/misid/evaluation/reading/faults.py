"""What is wrong with the files of an evaluation, gathered and reported at once; never with a name in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from misid.errors import Fault, InvalidInput, OutputRefused

MOST = 20
FORMS = "Forms that are read: misid evaluate --help."

# Words that stand for "no score" elsewhere; they name nobody, so a fault may quote them.
EMPTY_WORDS = frozenset({"none", "null", "na", "n/a", "-", "--", "?", "missing", "fail", "failed", "error", "#n/a"})


class Problems:
    """Faults of one file, the first `MOST` kept and the others counted."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._faults: list[Fault] = []
        self._more = 0

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, what: str, fix: str = "", line: int = 0, field: str = "") -> None:
        """Note a fault: the value that is wrong, unless it may be a name, and what to do; lines count from 1."""
        if len(self._faults) < MOST:
            self._faults.append(Fault(self.file, line, field, what, fix))
        else:
            self._more += 1

    def add_rows(
        self,
        rows: npt.NDArray[np.integer],
        what: str | Callable[[int], str],
        fix: str,
        field: str = "",
        first_line: int | None = 1,
    ) -> None:
        """Note the same fault of several rows, counted from 0; row 0 stands on ``first_line``.

        Where rows stand on no lines, one is noted, and the others are counted.
        """
        shown = rows[: 1 if first_line is None else MOST - len(self._faults)].tolist()
        for row in shown:
            self.add(
                what if isinstance(what, str) else what(row), fix, 0 if first_line is None else row + first_line, field
            )
        self._more += rows.size - len(shown)

    def refuse(self, what: str, fix: str = "", line: int = 0, field: str = "") -> NoReturn:
        """Raise `InvalidInput` with this fault, after those noted before."""
        raise InvalidInput([*self._faults, Fault(self.file, line, field, what, fix)], FORMS)

    def raise_if_any(self) -> None:
        """Raise `InvalidInput` with the faults noted, and how many more there are."""
        if self._faults:
            hint = f"These are the first {MOST}; there are {self._more} more. " if self._more else ""
            raise InvalidInput(self._faults, hint + FORMS)


def describe_word(word: str) -> str:
    """Return a word itself where it is a common way to say that nothing is there; else its length: it may be a name."""
    if word.lower() in EMPTY_WORDS:
        return repr(word)
    return f"a word of {count_of(len(word), 'character')}"


def count_of(count: int, one: str, many: str = "") -> str:
    """Write a count with its noun: ``1 line``, ``2,000 lines``, ``2 searches``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def without_names(error: OutputRefused, text: bool) -> str:
    """Say what DuckDB met, without its own words: they may quote what the file holds."""
    words = f"{error} {error.__cause__}"
    if "memory is short" in words or "Out of Memory" in words:
        return f"does not fit in memory; {'as Parquet it is read by windows' if text else 'is it damaged?'}"
    if found := re.search(r"CSV Error on Line: (\d+)", words):
        return f"line {found[1]} cannot be read"
    if not text:
        return "is damaged or cut short"
    if any(sign in words.lower() for sign in ("gzip", "decompress", "decode")):
        return "the gzip is damaged or ends in the middle"
    if "state machine" in words:
        return "lines end in two ways (LF and CRLF), or a quotation mark stands inside a value"
    return "is damaged or cut short"
