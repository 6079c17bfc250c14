"""What can go wrong by the user's hand: where it is, what it is, what to do.

Every class here derives from `MisidError` and ends a command with exit status 2.  Any other exception is a bug
of ours and ends it with exit status 1.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

# Control characters, marks that turn the direction of letters, and halves of a pair.
_ALIKE, _SHOWN = 10, 3  # so many faults that are alike are all said; of more, the first few


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong with an input.

    Parameters
    ----------
    file : str
        File the value came from, as the user named it; empty for a value given in Python.
    line : int
        Line in ``file``, from 1; 0 if unknown.
    field : str
        Dotted path of the field, ``policies.0.share`` say.
    what : str
        What is wrong, with the value.
    fix : str
        What to do; empty if ``what`` already says it.
    """

    file: str
    line: int
    field: str
    what: str
    fix: str = ""

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line else "")
        head = "  ".join(part for part in (place, self.field) if part)
        return f"{head}\n  {self.what}" + (f"; {self.fix}" if self.fix else "")


class MisidError(Exception):
    """Something the user can fix."""


class InvalidInput(MisidError):
    """An input is wrong in one or more places; all of them are named at once, many that are alike by their number.

    Parameters
    ----------
    faults : iterable of Fault
        At least one.
    hint : str
        Where the right form is described.
    """

    def __init__(self, faults: Iterable[Fault], hint: str = "") -> None:
        self.faults = tuple(sorted(faults))
        count = len(self.faults)
        tail = f"{count:,} problem{'s' if count != 1 else ''}." + (f" {hint}" if hint else "")
        super().__init__("\n".join([*_said(self.faults), tail]))


def _said(faults: Iterable[Fault]) -> list[str]:
    """Return the faults in words; of many in one field of one file that are mended alike, the first and a number."""
    faults = list(faults)
    kinds = [(fault.file, re.sub(r"\d+", "", fault.field), _kind(fault.what), fault.fix) for fault in faults]
    numbers, seen, lines = Counter(kinds), Counter[tuple[str, str, str, str]](), []
    for fault, kind in zip(faults, kinds, strict=True):
        seen[kind] += 1
        if numbers[kind] <= _ALIKE or seen[kind] <= _SHOWN:
            lines.append(str(fault))
        elif seen[kind] == _SHOWN + 1:
            lines.append(f"... and {numbers[kind] - _SHOWN:,} more like it")
    return lines


def _kind(what: str) -> str:
    """Return what is wrong without the numbers and the quoted words of the one place."""
    return re.sub(r"'[^']*'|[\d.,]+", "", what)


class OutOfRange(MisidError, ValueError):
    """A value given in Python lies outside its range."""

    def __init__(self, name: str, value: object, allowed: str) -> None:
        super().__init__(f"{name} must be {allowed}, got {value!r}")


class UnknownName(MisidError, LookupError):
    """A name is not in the list it should come from.

    Parameters
    ----------
    kind : str
        What was looked up: "scenario", "card".
    name : str
        The name that is not there.
    known : iterable of str
        The names that are.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        super().__init__(f"unknown {kind} {name!r}{did_you_mean(name, known)}")


class UnknownFigure(UnknownName, KeyError):
    """There is no figure of a name; the nearest are named, then all that there are.

    Parameters
    ----------
    kind : str
        What was looked up: "figure", "section".
    name : str
        The name that is not there.
    known : iterable of str
        The names that are, in the order in which they are listed.
    of : str
        Whose names they are.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], of: str = "") -> None:
        names = list(known)
        super().__init__(kind, name, names)
        nearest = did_you_mean(name, names)
        near = nearest if nearest.startswith("; did you mean") else ""
        there = f"known: {', '.join(names)}" if names else "there are none"
        self.args = (f"unknown {kind} {name!r}{f' of {of}' if of else ''}{near}{' ' if near else '; '}{there}",)

    def __str__(self) -> str:
        return str(self.args[0])  # a KeyError would put it in quotes


class MissingPackage(MisidError, ImportError):
    """Something optional is wanted, and what it needs is not installed."""


class IncompleteRate(MisidError, ValueError):
    """A rate stands without gallery size, threshold or image kind."""

    def __init__(self, missing: Iterable[str]) -> None:
        names = ", ".join(missing)
        super().__init__(
            f"a rate means nothing without its {names}; give {names} (FPIR and FNIR change with every one of them)"
        )


class OutputRefused(MisidError):
    """The output folder cannot be written so."""


def did_you_mean(name: str, known: Iterable[str], limit: int = 3) -> str:
    """Words that name the nearest known names, or list a few known ones.

    Parameters
    ----------
    name : str
        What was written.
    known : iterable of str
        What could have been meant.
    limit : int
        At most so many names.

    Returns
    -------
    str
        Starts with ``"; "``; empty if ``known`` is empty.
    """
    names = list(known)
    near = difflib.get_close_matches(name, names, n=limit, cutoff=0.6)
    if near:
        return "; did you mean " + " or ".join(repr(n) for n in near) + "?"
    if not names:
        return ""
    some = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    return f"; known: {some}"
