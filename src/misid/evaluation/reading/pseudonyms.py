"""Names out, numbers in: what a file calls its subjects ends here."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.errors import MisidError
from misid.evaluation.contract import Codes

_DIGEST = 16  # bytes: two of 10^9 names share one with probability 1e-21
_ABSENT = -1


class Pseudonyms:
    """Numbers subjects from 0, in the order in which they first occur, and forgets what they were called.

    A name is kept as a hash under a random key, never as it stands.  `seal` throws key and hashes away; from then on
    nobody, with or without the names, can tell who is which number.  Whole numbers are named by their digits, so 1 and
    ``"1"`` are one subject; text stands for itself, so ``"01"`` is another.
    """

    respelled = 0  # names of a second file, found by their spelling
    asked = False  # whether the file names any
    _second = False
    _spelling: Callable[[str], str] | None = None
    _spelled: dict[bytes, int]

    def __init__(self, spelling: Callable[[str], str] | None = None) -> None:
        # ``spelling``: what names of two files may have in common where they are written otherwise.
        self._keyed: Any = hashlib.blake2b(key=secrets.token_bytes(32), digest_size=_DIGEST)
        self._table: dict[bytes, int] = {}
        self.count = 0  # subjects so far
        if spelling is not None:
            self._spelling, self._spelled = spelling, {}

    def __repr__(self) -> str:
        return f"Pseudonyms({self.count} subjects, {'open' if self._keyed is not None else 'sealed'})"

    def codes(self, ids: npt.ArrayLike) -> Codes:
        """Return the number of each subject; one that was never seen gets the next.

        A name that is missing, empty or no name (2.5, a list) is refused by its row, never by what it is.
        """
        return self._numbers(ids, new=True)

    def find(self, ids: npt.ArrayLike) -> Codes:
        """Return the number of each subject, and -1 for one that was never seen."""
        return self._numbers(ids, new=False)

    def next_file(self) -> None:
        """Go on with a second file: who was named in the first keeps that number, also where spelled otherwise."""
        self._second, self.asked = True, False

    def seal(self) -> None:
        """Throw away the key and the hashes; `count` stays."""
        self._keyed = None
        self._table = {}
        self.__dict__.pop("_spelled", None)

    def _numbers(self, ids: npt.ArrayLike, new: bool) -> Codes:
        if self._keyed is None:
            raise MisidError("the names of subjects were thrown away after reading; read the file again")
        names, place = distinct_names(ids)
        return np.fromiter(self._lookup(names, new), np.int32, len(names))[place]

    def _lookup(self, names: Iterable[str], new: bool) -> list[int]:
        """Return the number of each of several distinct names."""
        table, numbers, self.asked = self._table, [], True
        for name in names:
            digest = self._digest(name)
            number = table.get(digest, _ABSENT)
            if number == _ABSENT and new:
                number = table[digest] = self._new(name)
            numbers.append(number)
        return numbers

    def _new(self, name: str) -> int:
        """Return the number of a name that was not seen as it stands."""
        spelling = b"" if self._spelling is None else self._digest(self._spelling(name))
        if spelling and self._second and (known := self._spelled.get(spelling, _ABSENT)) != _ABSENT:
            self.respelled += 1
            return known
        if spelling and not self._second:
            self._spelled[spelling] = self.count if spelling not in self._spelled else _ABSENT
        self.count += 1
        return self.count - 1

    def _digest(self, name: str) -> bytes:
        hashed = self._keyed.copy()
        hashed.update(name.encode("utf-8", "surrogatepass"))
        return bytes(hashed.digest())


def distinct_names(ids: npt.ArrayLike) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return each name once, in the order of first occurrence, and where each element's stands among them."""
    array = _as_names(ids)
    if array.dtype.kind != "O":
        distinct, place = by_first_occurrence(array)
        return list(map(str, distinct.tolist())), place
    known: dict[str, int] = {}
    place = np.fromiter((known.setdefault(name, len(known)) for name in array.tolist()), np.int64, array.size)
    return list(known), place


def _as_names(ids: npt.ArrayLike) -> npt.NDArray[Any]:
    """Return names as an array of whole numbers, or of objects that are all text."""
    array = np.asanyarray(ids)  # what is masked is no name
    if array.ndim != 1:
        raise MisidError(f"names of subjects must be one column, got an array of {array.ndim} dimensions")
    if array.dtype.kind in "iu" and not np.ma.is_masked(array):
        return np.asarray(array)
    if array.dtype.kind not in "iufUOT":
        raise MisidError(f"names of subjects must be text or whole numbers, not {array.dtype.name}")
    names = np.array([_as_text(name) for name in array.tolist()], dtype=object)
    if (nameless := np.flatnonzero(names == "")).size:
        raise MisidError(
            f"{nameless.size} rows name no subject (the first is row {int(nameless[0]) + 1}); give every row a name, "
            "which is text or a whole number"
        )
    return names


def _as_text(name: object) -> str:
    """Return a name as text, empty where it is none."""
    whole = isinstance(name, float) and name.is_integer() and abs(name) < 2**53
    if whole or (isinstance(name, int | np.integer) and not isinstance(name, bool)):
        return str(int(name))  # type: ignore[call-overload]
    return name if isinstance(name, str) else ""


def by_first_occurrence(array: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Return each whole number once, in the order of first occurrence, and where each element's stands among them."""
    if not array.size:
        return array, np.empty(0, np.int64)
    low, high = int(array.min()), int(array.max())
    if high - low < 4 * array.size + 1024:
        at = array.astype(np.int64) - low if high < 2**63 else (array - array.dtype.type(low)).astype(np.int64)
        first = np.full(high - low + 1, -1, np.int64)
        # Of several values put in one place the last stays: backwards, that is the first occurrence.
        first[at[::-1]] = np.arange(array.size - 1, -1, -1)
        rows = np.sort(first[first >= 0])
        first[at[rows]] = np.arange(rows.size)
        return array[rows], first[at]
    distinct, start, place = np.unique(array, return_index=True, return_inverse=True)
    order = np.argsort(start)
    rank = np.empty(order.size, np.int64)
    rank[order] = np.arange(order.size)
    return distinct[order], rank[place]
