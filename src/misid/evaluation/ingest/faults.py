"""What is wrong with the files of an evaluation, gathered and told at once; never with a name in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from misid.errors import Fault, InvalidInput

MOST = 20
FORMS = "Forms that are read: misid evaluate --help."

# Words that stand for "no score" elsewhere; they name nobody, so a fault may quote them.
EMPTY_WORDS = frozenset({"none", "null", "na", "n/a", "-", "--", "?", "missing", "fail", "failed", "error", "#n/a"})


class Problems:
    """Faults of one file, the first `MOST` kept and the others counted.

    Parameters
    ----------
    file : str
        The file, as the user named it.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self._faults: list[Fault] = []
        self._more = 0

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, what: str, fix: str = "", line: int = 0, field: str = "") -> None:
        """Note a fault.

        Parameters
        ----------
        what, fix : str
            What is wrong, with the value unless it may be a name, and what to do.
        line : int
            Line, from 1; 0 if it has none.
        field : str
            Column or option.
        """
        if len(self._faults) < MOST:
            self._faults.append(Fault(self.file, line, field, what, fix))
        else:
            self._more += 1

    def count(self, more: int) -> None:
        """Note that there are so many faults more, like those that stand already."""
        self._more += more

    @property
    def room(self) -> int:
        """Faults that would still be told one by one."""
        return MOST - len(self._faults)

    def raise_if_any(self) -> None:
        """Raise `InvalidInput` with all faults, if there is one.

        Raises
        ------
        InvalidInput
            At most `MOST` faults; how many more there are stands at the end.
        """
        if self._faults:
            hint = f"These are the first {MOST}; there are {self._more} more. " if self._more else ""
            raise InvalidInput(self._faults, hint + FORMS)


def refuse(file: str, what: str, fix: str = "", line: int = 0, field: str = "") -> NoReturn:
    """Raise `InvalidInput` with a single fault.

    Parameters
    ----------
    file, what, fix, line, field
        As `misid.errors.Fault`.

    Raises
    ------
    InvalidInput
        Always.
    """
    raise InvalidInput([Fault(file, line, field, what, fix)], FORMS)


def word(token: bytes) -> str:
    """Describe a word without giving it away: it may be somebody's name.

    Parameters
    ----------
    token : bytes
        The word.

    Returns
    -------
    str
        The word itself where it is a common way to say that nothing is there; else how long it is.
    """
    text = token.decode("utf-8", "replace")
    if text.lower() in EMPTY_WORDS:
        return repr(text)
    return f"a word of {len(text)} character{'s' if len(text) != 1 else ''}"


def number(count: int, one: str, many: str = "") -> str:
    """Write a count with its noun: ``1 line``, ``2,000 lines``.

    Parameters
    ----------
    count : int
        How many.
    one, many : str
        Noun in the singular and, unless an s makes it, the plural.

    Returns
    -------
    str
        Count and noun.
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(parts: Iterable[str]) -> str:
    """Join parts with commas and, before the last, "and".

    Parameters
    ----------
    parts : iterable of str
        Parts.

    Returns
    -------
    str
        One phrase.
    """
    words = list(parts)
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else ""
