"""Who is the same person: spellings of one name, and words that name nobody; decided before any mate is made.

Names are compared as they stand, but for blanks around them and the form of their letters (Unicode NFC).  Where one
side spells a name as a program changes it (``007``, ``7`` and ``7.0``; ``Anna`` and ``ANNA``) and no side has both
spellings, they are one name; where a side has both, the user is asked.  A word for nobody (`NOBODY`) is no name: each
sample that has it is a person of its own.  Names of samples (``a/001.jpg``, ``person1_0001.png``) in the place of
subjects are asked about; ``subject_from`` says which part of them is the subject.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import SPELLINGS, WHOLE_NAME, Codes, ReadOptions
from misid.evaluation.reading.faults import Problems, count_of
from misid.storage import literal
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import grouped

if TYPE_CHECKING:
    from misid.evaluation.reading.read import Reading

NAMES = frozenset(("names", "nobody", "somebody", "subject_from", "mated_by"))  # options of readers that know names
NOBODY = frozenset(
    ("-1", "unknown", "unidentified", "missing", "none", "nan", "null", "na", "n/a", "nobody", "distractor", "?")
)
SURNAMES = frozenset(("none", "nan", "null", "na"))  # of these; where other names have no digits, and as few rows:
USUAL = 3  # times the usual number of rows of a name, at most
NO_NAME = "\x01 nobody "  # before what tells one without a name from the next
EXACT, ALIKE = SPELLINGS
# Around a name; beside what is blank, what takes no room.
BLANKS = " \t\r\n\x0b\x0c\x85\xa0" + "".join(map(chr, (0x1680, *range(0x2000, 0x200C), 0x2028, 0x2029, 0x202F, 0x205F)))
BLANKS += "\u2060\u3000\ufeff"
# Control characters, ends of lines, and marks of direction: they let one name pass for another.
_UNSEEN = r"[\x00-\x1f\x7f-\x9f" + "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
MUCH, TIMES = (
    0.05,
    10.0,
)  # of all rows, and times the usual number of rows of a subject: one that is no subject, perhaps
_FILE = r"\.(?i:jpe?g|jp2|j2k|png|bmp|tiff?|gif|webp|heic|p[gpbn]m|raw|wsq|npy|mat|h5|te?mpl|tpl|fea?t|bin|dat|txt)$"
_FOLDERS = r"^.*[/\\]"
# Parts of a sample's name, without folders and the end of a file's name, that may be the subject: of each, where it is
# looked for, in a way that Python and RE2 understand alike.
FOLDER = "folder"
PARTS = {
    FOLDER: r"^(.+)[/\\][^/\\]*$",
    "before-last": r"^(.+)[-_. ][^-_. ]+$",
    "before-first": r"^([^-_. ]+)[-_. ].+$",
}
LETTERS_AND_NUMBER = "[A-Za-z]*[0-9]+"  # S1001L02, 00001fa010: a pattern that is offered
MOST_NAMES = 0.9  # of the names of a side look like samples', at least
# How often names with one part in common, and different in all, score above others: then they are of one person.
ONE_PERSON, FEWEST_PAIRS = 0.7, 10
_LOOKED_AT = 1 << 24  # cells of a matrix from which that is taken
_NUMBER = re.compile(r"(-?)0*([0-9]+)(\.0*)?")
_NEGATIVE = "-[0-9]+"  # no person's number is
# A folder, or a part with a number at the end, or letters after a number.
_SEVERAL_PARTS = rf"[/\\]|[^-_. ][-_. ][^-_. ]*[0-9][^-_. ]*({_FILE[:-1]})?$|^[A-Za-z]*[0-9]+[A-Za-z]+[0-9]+|{_FILE}"


@dataclass(frozen=True)
class NameRule:
    """How names become people."""

    part: str = ""  # of a name that is the subject: a word of `PARTS`, or a pattern; the whole name if empty
    tidy: bool = False  # blanks around a name and the form of its letters make no difference
    alike: bool = False  # nor do capitals, leading zeros and ``.0``
    nobody: frozenset[str] = frozenset()  # words that name nobody, as `spelled` writes them

    def key(self, name: str) -> str:
        """Return what is equal where names are."""
        name = part_of(name, self.part)
        return spelled(name) if self.alike else tidied(name) if self.tidy else name

    def sql(self, text: str) -> str:
        """Return SQL for `key` of a text."""
        text = part_sql(text, self.part)
        if not (self.tidy or self.alike):
            return text
        return spelled_sql(text) if self.alike else tidied_sql(text)

    def is_nobody(self, name: str) -> bool:
        """Tell whether a name is none."""
        return bool(self.nobody) and spelled(part_of(name, self.part)) in self.nobody

    def nobody_sql(self, text: str) -> str:
        """Return SQL for `is_nobody` of a text that `sql` made."""
        return f"{spelled_sql(text)} IN ({', '.join(map(literal, sorted(self.nobody)))})" if self.nobody else "false"


AS_WRITTEN = NameRule()


def _pattern(part: str) -> tuple[str, bool]:
    """Return where a subject stands in a sample's name, and whether folders and the file's end are taken off before."""
    if part in PARTS:
        return PARTS[part], part != FOLDER
    return (f"^(?:{part})" if re.compile(part).groups else f"^({part})"), "/" not in part


def part_of(name: str, part: str) -> str:
    """Return the part of a sample's name that is the subject; the name itself where it has none."""
    if not part:
        return name
    pattern, short = _pattern(part)
    base = re.sub(_FILE, "", re.sub(_FOLDERS, "", tidied(name))) if short else tidied(name)
    found = re.match(pattern, base)
    return (found and found[1]) or name


def part_sql(text: str, part: str) -> str:
    """Return SQL for `part_of`."""
    if not part:
        return text
    pattern, short = _pattern(part)
    base = tidied_sql(text)
    if short:
        base = f"regexp_replace({base}, {literal(_FOLDERS)}, '')"
        base = f"regexp_replace({base}, {literal(_FILE)}, '')"
    return f"coalesce(nullif(regexp_extract({base}, {literal(pattern)}, 1), ''), {text})"


def sample_key(name: str) -> str:
    """Return what is equal where names of samples are: without capitals, ``./`` and the end of a file's name."""
    return re.sub(_FILE, "", re.sub(r"^(\./)+", "", tidied(name).replace("\\", "/"))).lower()


def sample_sql(text: str) -> str:
    """Return SQL for `sample_key`."""
    slashes = f"replace({tidied_sql(text)}, {literal(chr(92))}, '/')"
    start = literal("^(" + chr(92) + "./)+")
    return f"lower(regexp_replace(regexp_replace({slashes}, {start}, ''), {literal(_FILE)}, ''))"


def looks_like_sample_sql(text: str) -> str:
    """Return SQL for whether a name has more than one part, or the end of a file's name."""
    return f"regexp_matches({text}, {literal(_SEVERAL_PARTS)})"


def tidied(name: str) -> str:
    """Return a name without blanks around it, in one form of its letters."""
    return unicodedata.normalize("NFC", name).strip(BLANKS)


def unseen_sql(text: str) -> str:
    """Return SQL for whether a name holds what cannot be seen."""
    return f"regexp_matches({tidied_sql(text)}, {literal(_UNSEEN)})"


def refuse_unseen(count: int, line: int, problems: Problems) -> None:
    """Refuse names that hold what cannot be seen."""
    what = f"{count_of(count, 'name')} with a control character, an end of a line or a mark of direction inside"
    problems.refuse(what, "write the names without it", line)


def tidied_sql(text: str) -> str:
    """Return SQL for `tidied`."""
    return f"trim(nfc_normalize({text}), {literal(BLANKS)})"


def spelled(name: str) -> str:
    """Return a name without what programs change: capitals, leading zeros, ``.0``."""
    text = tidied(name).lower()
    number = _NUMBER.fullmatch(text)
    return number[1] + number[2] if number else text


def looks_like_nobody_sql(key: str) -> str:
    """Return SQL for whether a name looks like nobody's, before the user is heard; ``key`` is what `spelled` made."""
    return f"({key} IN ({', '.join(map(literal, sorted(NOBODY)))}) OR regexp_full_match({key}, '{_NEGATIVE}'))"


def spelled_sql(text: str) -> str:
    """Return SQL for `spelled`."""
    lower = f"lower({tidied_sql(text)})"
    return (
        f"CASE WHEN regexp_full_match({lower}, '{_NUMBER.pattern}') "
        f"THEN regexp_replace({lower}, '^{_NUMBER.pattern}$', '\\1\\2') ELSE {lower} END"
    )


@dataclass(frozen=True)
class Pairs:
    """What comparisons tell of whether names are those of samples."""

    mated: int  # comparisons of equal names
    # From the people whom another reading makes of names to how many non-mated comparisons are then of one person, and
    # how often one of these scores above one of the others; None where there are no scores.
    one_person: Callable[[Mapping[str, str]], tuple[int, float]] | None = None


def decide(
    sides: Sequence[Mapping[str, int]],
    options: ReadOptions,
    problems: Problems,
    noun: str = "row",
    pairs: Pairs | None = None,
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
    pairs : Pairs, optional
        What comparisons tell of names that look like samples'.

    Returns
    -------
    NameRule, list of str
        The rule, and what was decided, a sentence each.
    """
    notes: list[str] = []
    part = options.subject_from if options.subject_from != WHOLE_NAME else ""
    if part:
        sides = _parts(sides, part, problems, notes)
    elif not options.subject_from:
        _ask_about_samples(sides, pairs, problems)
    whole = Counter[str]()
    for side in sides:
        whole.update(side)
    nobody = _nobody(whole, options, problems, noun, notes)
    people = [[one for one in side if spelled(one) not in nobody] for side in sides]
    tidy, alike = _spelling(people, options, problems, notes)
    return NameRule(part, tidy, alike, nobody), notes


def _parts(
    sides: Sequence[Mapping[str, int]], part: str, problems: Problems, notes: list[str]
) -> list[Mapping[str, int]]:
    """Return how many rows each subject has whose name is a part of samples' names."""
    found: list[Mapping[str, int]] = []
    for side in sides:
        rows = Counter[str]()
        for name, count in side.items():
            rows[part_of(name, part)] += count
        found.append(rows)
    names, people = (len({name for side in of for name in side}) for of in (sides, found))
    whole = len({name for side in sides for name in side if part_of(name, part) == name})
    if whole == names:
        problems.add(f"no name has such a part ({part})", "give another one", field="subject_from")
    notes.append(say("reading.names.part", n=people, names=names, part=part))
    if whole:
        notes.append(say("reading.names.no_part", n=whole))
    return found


def looks_like_sample(name: str) -> bool:
    """Tell whether a name has more than one part, or the end of a file's name."""
    return re.search(_SEVERAL_PARTS, name) is not None


def _ask_about_samples(sides: Sequence[Mapping[str, int]], pairs: Pairs | None, problems: Problems) -> None:
    """Note a fault where names look like those of samples, and what one person is depends on what is done."""
    if not any(sum(map(looks_like_sample, side)) >= MOST_NAMES * len(side) > 0 for side in sides):
        return
    everyone = sorted({name for side in sides for name in side})
    files = any(sum(re.search(_FILE, one) is not None for one in side) >= MOST_NAMES * len(side) > 0 for side in sides)
    ways: dict[str, int] = {}
    sure: list[str] = []
    told: set[tuple[int, ...]] = set()
    for part in (*PARTS, LETTERS_AND_NUMBER):
        people = {one: part_of(one, part) for one in everyone}
        number = {person: at for at, person in enumerate(dict.fromkeys(people.values()))}
        who = tuple(number[person] for person in people.values())
        if who not in told and 1 < len(number) < len(everyone):
            told.add(who)
            ways[part] = len(number)
            sure += [part] if _of_one_person(people, pairs) else []
    if sure or not files:
        ways = {part: ways[part] for part in sure}
    if not (ways or (files and pairs is not None and pairs.mated)):
        return
    what = f"{count_of(len(everyone), 'name')} in the place of subjects look{'s' * (len(everyone) == 1)} like samples'"
    each = [f"--subject-from {_quoted(part)} ({count_of(count, 'person', 'people')})" for part, count in ways.items()]
    asked = ", ".join([*each, f"or --subject-from {WHOLE_NAME} if each name is a person"])
    problems.add(what, f"say which part of them is the subject: {asked}")


def _quoted(part: str) -> str:
    return part if part.replace("-", "").isalnum() else f"'{part}'"


def _of_one_person(people: Mapping[str, str], pairs: Pairs | None) -> bool:
    """Tell whether names with one part in common are of one person, as scores have it; or nobody would be mated."""
    if pairs is None or pairs.one_person is None:
        return pairs is not None and not pairs.mated
    count, share = pairs.one_person(people)
    return count >= FEWEST_PAIRS and share >= ONE_PERSON and share - 0.5 > 4.0 * (12.0 * count) ** -0.5


def number_names(
    names: Sequence[str],
    columns: Sequence[npt.NDArray[np.integer]],
    reading: Reading,
    problems: Problems,
    noun: str = "line",
    score: npt.NDArray[np.float64] | None = None,
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
    score : ndarray, optional
        Of the comparison of each two elements of two columns, or a matrix of the rows and columns.
    """
    unseen = np.array([re.search(_UNSEEN, tidied(one)) is not None for one in names], np.bool_)
    if unseen.any():
        first = min(int(np.flatnonzero(unseen[column]).min(initial=column.size)) for column in columns)
        refuse_unseen(int(unseen.sum()), first + 1 if noun == "line" else 0, problems)
    counts = [np.bincount(column, minlength=len(names)) for column in columns]
    sides = [{names[at]: int(count[at]) for at in np.flatnonzero(count).tolist()} for count in counts]
    pairs = _pairs(names, columns, score, reading.options.dissimilarity)
    reading.names, notes = decide(sides, reading.options, problems, noun, pairs)
    reading.by_names = True
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


def _pairs(
    names: Sequence[str],
    columns: Sequence[npt.NDArray[np.integer]],
    score: npt.NDArray[np.float64] | None,
    distance: bool,
) -> Pairs:
    """Return what comparisons of two columns, or repeated names of one, tell of names."""
    if len(columns) == 1:
        return Pairs(int((np.bincount(columns[0]) > 1).sum()))
    if score is not None and score.ndim == 2:
        mated = int(np.bincount(columns[0], minlength=len(names)) @ np.bincount(columns[1], minlength=len(names)))
        some = slice(None, None, 1 + score.size // _LOOKED_AT)
        one, other, score = columns[0][some, None], columns[1][None, :], score[some]
    else:
        one, other = columns
        mated = int((one == other).sum())

    def one_person(people: Mapping[str, str]) -> tuple[int, float]:
        assert score is not None
        codes = np.unique([people[name] for name in names if name in people] or [""], return_inverse=True)[1]
        of = np.full(len(names), -1)
        of[[at for at, name in enumerate(names) if name in people]] = codes
        kept = (one != other) & np.isfinite(score)
        joined = (of[one] == of[other])[kept]
        return int(joined.sum()), above(score[kept], joined, distance)

    return Pairs(mated, None if score is None else one_person)


def above(score: npt.NDArray[np.floating], of: npt.NDArray[np.bool_], distance: bool) -> float:
    """Return how often one of some scores is more alike than one of the others, ties as one half; 0.5 without any."""
    some, others = score[of], np.sort(score[~of])
    if not some.size or not others.size:
        return 0.5
    below = np.searchsorted(others, some, "left").sum(dtype=np.int64)
    not_above = np.searchsorted(others, some, "right").sum(dtype=np.int64)
    share = float(below + not_above) / (2.0 * some.size * others.size)
    return 1.0 - share if distance else share


def note_samples_with_themselves(
    names: Sequence[str], one: npt.NDArray[np.integer], other: npt.NDArray[np.integer], reading: Reading
) -> npt.NDArray[np.bool_]:
    """Tell which pairs of names, numbers of ``names``, are one sample where names are those of samples; say how many.

    ``one`` and ``other`` are of the same shape, or of rows and columns.
    """
    if not reading.names.part:
        return np.zeros(np.broadcast_shapes(one.shape, other.shape), np.bool_)
    key = np.unique([sample_key(name) for name in names], return_inverse=True)[1]
    same: npt.NDArray[np.bool_] = key[one] == key[other]
    if itself := int(same.sum()):
        reading.note(say("reading.itself", n=itself))
    return same


def stands_out(rows: float, usual: float, total: float) -> bool:
    """Tell whether a name has so many rows that it may be no person's."""
    return rows >= MUCH * total and rows >= TIMES * usual


def _nobody(
    whole: Mapping[str, int], options: ReadOptions, problems: Problems, noun: str, notes: list[str]
) -> frozenset[str]:
    somebody, given = (
        {spelled(part) for one in of for part in (one, *one.split(","))} for of in (options.somebody, options.nobody)
    )
    words = (given | NOBODY) - somebody
    words |= {key for key in map(spelled, whole) if re.fullmatch(_NEGATIVE, key)} - somebody
    rows = Counter[str]()
    for name, count in whole.items():
        if (key := spelled(name)) in words:
            rows[key] += count
    _ask_about_surnames(whole, rows, given, problems)
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


def _ask_about_surnames(
    whole: Mapping[str, int], nobody: Mapping[str, int], given: Set[str], problems: Problems
) -> None:
    """Note a fault where words that are surnames, too, stand among names of letters, and are no more common."""
    names = {name: count for name, count in whole.items() if spelled(name) not in nobody}
    usual = sorted(names.values())[len(names) // 2] if names else 0
    if sum(not any(map(str.isdigit, one)) for one in names) < MOST_NAMES * len(names):
        return
    if asked := sorted(one for one in SURNAMES & nobody.keys() - given if 0 < nobody[one] <= USUAL * usual):
        words = ",".join(asked)
        what = f"{count_of(len(asked), 'name')} that may be a surname, or nobody's ({words})"
        problems.add(what, f"give --somebody={words}, or --nobody={words} if no name was known")


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
