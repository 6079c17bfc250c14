"""Who is the same person: spellings of one name, and words that name nobody; decided before any mate is made.

Names are compared as they stand, but for blanks around them and the form of their letters (Unicode NFC).  Where one
side spells a name as a program changes it (``007``, ``7`` and ``7.0``; ``Anna`` and ``ANNA``) and no side has both
spellings, they are one name; where a side has both, the user is asked.  A word for nobody (`NOBODY`) is no name: each
sample that has it is a person of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import SPELLINGS, Codes, ReadOptions
from misid.evaluation.reading.faults import Problems, count_of
from misid.storage import literal
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import grouped

if TYPE_CHECKING:
    from misid.evaluation.reading.read import Reading

NAMES = frozenset(("names", "nobody", "somebody"))  # options of readers that know names
NOBODY = frozenset(
    ("-1", "unknown", "unidentified", "missing", "none", "nan", "null", "na", "n/a", "nobody", "distractor", "?")
)
NO_NAME = "\x01 nobody "  # before what tells one without a name from the next
EXACT, ALIKE = SPELLINGS
MUCH, TIMES = (
    0.05,
    10.0,
)  # of all rows, and times the usual number of rows of a subject: one that is no subject, perhaps
_NUMBER = re.compile(r"(-?)0*([0-9]+)(\.0*)?")
_NEGATIVE = "-[0-9]+"  # no person's number is


@dataclass(frozen=True)
class NameRule:
    """How names become people."""

    tidy: bool = False  # blanks around a name and the form of its letters make no difference
    alike: bool = False  # nor do capitals, leading zeros and ``.0``
    nobody: frozenset[str] = frozenset()  # words that name nobody, as `spelled` writes them

    def key(self, name: str) -> str:
        """Return what is equal where names are."""
        return spelled(name) if self.alike else tidied(name) if self.tidy else name

    def sql(self, text: str) -> str:
        """Return SQL for `key` of a text."""
        if not (self.tidy or self.alike):
            return text
        return spelled_sql(text) if self.alike else tidied_sql(text)

    def is_nobody(self, name: str) -> bool:
        """Tell whether a name is none."""
        return bool(self.nobody) and spelled(name) in self.nobody

    def nobody_sql(self, text: str) -> str:
        """Return SQL for `is_nobody`."""
        return f"{spelled_sql(text)} IN ({', '.join(map(literal, sorted(self.nobody)))})" if self.nobody else "false"


AS_WRITTEN = NameRule()


def tidied(name: str) -> str:
    """Return a name without blanks around it, in one form of its letters."""
    return unicodedata.normalize("NFC", name).strip()


def tidied_sql(text: str) -> str:
    """Return SQL for `tidied`."""
    return f"trim(nfc_normalize({text}), E' \\t\\r\\n\\x0b\\x0c')"


def spelled(name: str) -> str:
    """Return a name without what programs change: capitals, leading zeros, ``.0``."""
    text = tidied(name).lower()
    number = _NUMBER.fullmatch(text)
    return number[1] + number[2] if number else text


def looks_like_nobody_sql(text: str) -> str:
    """Return SQL for whether a name looks like nobody's, before the user is heard."""
    return f"({NameRule(nobody=NOBODY).nobody_sql(text)} OR regexp_full_match({spelled_sql(text)}, '{_NEGATIVE}'))"


def spelled_sql(text: str) -> str:
    """Return SQL for `spelled`."""
    lower = f"lower({tidied_sql(text)})"
    return (
        f"CASE WHEN regexp_full_match({lower}, '{_NUMBER.pattern}') "
        f"THEN regexp_replace({lower}, '^{_NUMBER.pattern}$', '\\1\\2') ELSE {lower} END"
    )


def decide(
    sides: Sequence[Mapping[str, int]], options: ReadOptions, problems: Problems, noun: str = "row"
) -> tuple[NameRule, list[str]]:
    """Decide how names become people, and say so.

    Parameters
    ----------
    sides : sequence of mapping of str to int
        How many rows each name has, by side: probes and references, or one side if they are the same rows.
    options : ReadOptions
        What the user said about names.
    problems : Problems
        Takes a fault where two readings are plausible and nobody said which.
    noun : str
        What is counted: ``"row"``.

    Returns
    -------
    NameRule, list of str
        The rule, and what was decided, a sentence each.
    """
    notes: list[str] = []
    whole = Counter[str]()
    for side in sides:
        whole.update(side)
    nobody = _nobody(whole, options, problems, noun, notes)
    people = [[one for one in side if spelled(one) not in nobody] for side in sides]
    tidy, alike = _spelling(people, options, problems, notes)
    return NameRule(tidy, alike, nobody), notes


def number_names(
    names: Sequence[str],
    columns: Sequence[npt.NDArray[np.integer]],
    reading: Reading,
    problems: Problems,
    noun: str = "line",
) -> list[Codes]:
    """Return the number of the person in each place of several columns.

    Parameters
    ----------
    names : sequence of str
        Distinct names.
    columns : sequence of ndarray of int
        Of each side, which name stands there.
    reading : Reading
        Takes the rule and what was decided.
    problems : Problems
        Takes what has to be asked.
    noun : str
        What an element of a column is; each without a name is a person of its own.
    """
    counts = [np.bincount(column, minlength=len(names)) for column in columns]
    sides = [{names[at]: int(count[at]) for at in np.flatnonzero(count).tolist()} for count in counts]
    reading.names, notes = decide(sides, reading.options, problems, noun)
    problems.raise_if_any()
    reading.assumed += notes
    rule = reading.names
    nobody = np.array([rule.is_nobody(one) for one in names], np.bool_)
    codes = np.full(len(names), -1, np.int32)
    codes[~nobody] = reading.pseudonyms.codes(
        [rule.key(one) for one, none in zip(names, nobody, strict=True) if not none]
    )
    found = []
    for side, column in enumerate(columns):
        person = codes[column]
        if (none := np.flatnonzero(person < 0)).size:
            person[none] = reading.pseudonyms.codes([f"{NO_NAME}{side} {one}" for one in none.tolist()])
        found.append(person)
    return found


def stands_out(rows: float, usual: float, total: float) -> bool:
    """Tell whether a name has so many rows that it may be no person's."""
    return rows >= MUCH * total and rows >= TIMES * usual


def _nobody(
    whole: Mapping[str, int], options: ReadOptions, problems: Problems, noun: str, notes: list[str]
) -> frozenset[str]:
    somebody = {spelled(one) for one in options.somebody}
    words = ({spelled(one) for one in options.nobody} | NOBODY) - somebody
    words |= {key for key in map(spelled, whole) if re.fullmatch(_NEGATIVE, key)} - somebody
    rows = Counter[str]()
    for name, count in whole.items():
        if (key := spelled(name)) in words:
            rows[key] += count
    for key, count in sorted(rows.items()):
        counted = say(f"reading.names.{noun.replace(' ', '_')}", n=count)
        notes.append(say("reading.names.nobody", rows=counted, name=repr(key), key=key))
    others = sorted(count for name, count in whole.items() if spelled(name) not in rows)
    if len(others) > 2:
        usual, total = others[len(others) // 2], sum(whole.values())
        for name, count in whole.items():
            key = spelled(name)
            if key in rows or not stands_out(count, usual, total):
                continue
            if key == "0" and key not in somebody:
                problems.add(
                    f"{count_of(count, noun)} with the name 0, {count / usual:,.0f} times as many as most have",
                    "is that nobody? Give --nobody=0, or --somebody=0 if it is one person",
                )
            elif key not in somebody:
                counted = say(f"reading.names.{noun.replace(' ', '_')}", n=count)
                notes.append(say("reading.names.many", rows=counted, share=grouped(100 * count / total)))
    return frozenset(rows)


def _differing(count: int) -> str:
    return f"{count_of(count, 'name')} that differ{'s' if count == 1 else ''}"


def _spelling(
    sides: Sequence[Iterable[str]], options: ReadOptions, problems: Problems, notes: list[str]
) -> tuple[bool, bool]:
    """Return whether blanks and forms of letters, and whether capitals and zeros, make no difference."""
    if options.names == EXACT:
        return False, False
    everyone = {name for side in sides for name in side}
    tidy = len({tidied(one) for one in everyone})
    if apart := len(everyone) - tidy:
        notes.append(say("reading.names.blanks", n=apart))
    merged = tidy - len({spelled(one) for one in everyone})
    if not merged:
        return bool(apart), False
    within = sum(len({tidied(one) for one in side}) - len({spelled(one) for one in side}) for side in map(set, sides))
    what = f"{_differing(merged)} from another by capitals, leading zeros or .0 alone"
    if within and options.names != ALIKE:
        problems.add(what, "are they the same people? Give --names alike, or --names exact if they are not")
        return bool(apart), False
    notes.append(say("reading.names.alike", n=merged))
    return True, True
