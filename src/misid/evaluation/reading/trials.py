"""Scores in one file, and in another what was compared: a list of trials, or a table that says whose samples are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from misid.evaluation.contract import REVERSED, UNSCORED, WHOLE_NAME, Comparisons, Flags, ReadOptions
from misid.evaluation.reading.arrays import is_row
from misid.evaluation.reading.columns import ROLES, plain_name
from misid.evaluation.reading.comparisons import RawComparisons, assemble, reversed_words
from misid.evaluation.reading.content import NUMPY, PARQUET, ZIP, FileContent, load_npy
from misid.evaluation.reading.faults import Problems, count_of
from misid.evaluation.reading.labelled import LABELS, flags_of, meaning_of, with_names
from misid.evaluation.reading.names import NAMES, number_names, sample_key
from misid.evaluation.reading.people import subjects_of
from misid.evaluation.reading.read import SCORED, Reader, Reading
from misid.evaluation.reading.text import (
    LOOK,
    Index,
    WordNumbers,
    cells,
    delimiter_of,
    has_fraction,
    is_number,
    read_columns,
    separate_by_blanks,
)
from misid.statistics import Array
from misid.vocabulary.catalogue import say

_HEADING = re.compile(rb"[A-Za-z_ -]+[0-9]?")  # what names a column
MOST = 0.9  # of the first lines, at least, where a column holds labels or numbers
SURE = 2.0  # two files of scores are no list of trials
FAILED, _LEFT_OUT = UNSCORED


@dataclass(frozen=True)
class _Layout:
    """What the columns of a text are; places count from 0."""

    width: int
    names: list[int]  # columns
    label: int = -1  # -1 if there is none; so is the score
    score: int = -1
    heading: tuple[bytes, ...] = ()  # names of the columns
    skip: int = 0  # lines before the first
    lfw: bool = False


@dataclass(eq=False)
class _Rows:
    """Lines of a file, or elements of an array."""

    size: int
    score: Array | None = None
    mated: Flags | None = None
    names: list[Index] = field(default_factory=list)  # of samples: numbers of their words
    heading: list[bytes] = field(default_factory=list)  # names of these columns
    subjects: list[Index] = field(default_factory=list)  # where a list of trials names them


def _layout(content: FileContent, scored: bool) -> _Layout | None:
    """Find out what the columns of a text are; ``scored`` says that one is a score."""
    lines = content.head(LOOK)
    delimiter = delimiter_of(lines[0])
    rows = [cells(line, delimiter) for line in lines]
    skip = int(len(rows) > 1 and all(word.isdigit() for word in rows[0]) and len(rows[0]) < len(rows[1]))
    widths = np.bincount([len(row) for row in rows[skip:]])
    if not scored and all(map(_is_lfw, rows[skip:])):  # the first line may say how many folds and pairs
        return _Layout(3, [0, 1], 2, skip=skip, lfw=True)
    width = int(widths.argmax())
    body = [row for row in rows[skip + 1 :] or rows[skip:] if len(row) == width]
    if not body:
        return None
    columns = list(zip(*body, strict=True))
    numbers = [sum(map(is_number, column)) > MOST * len(body) for column in columns]
    fractions = [at for at in range(width) if numbers[at] and any(map(has_fraction, columns[at]))]
    labels = [at for at in range(width) if sum(word.lower() in LABELS for word in columns[at]) > MOST * len(body)]
    score = -1
    if scored:
        score = (fractions or [at for at in range(width) if numbers[at]] or [-1])[-1]
    elif fractions:
        return None
    label = next((at for at in reversed(labels) if at != score), -1)
    first = rows[skip]
    names = [at for at in range(width) if at not in (label, score)]
    head = len(first) == width and all(map(_HEADING.fullmatch, first)) and (delimiter != b"" or _is_known(first))
    if head:  # it is no line of those below it
        other = [numbers[at] and not is_number(first[at]) for at in range(width) if at != label]
        head = any(other) or (label >= 0 and first[label].lower() not in LABELS)
    return _Layout(width, names, label, score, tuple(first) if head else (), skip + head)


def _is_known(words: Iterable[bytes]) -> bool:
    known = {name for role in ROLES.values() for name in role.names}
    return any(plain_name(word.decode("utf-8", "replace")) in known for word in words)


def _is_lfw(row: Sequence[bytes]) -> bool:
    """Tell whether a line is one of LFW's pairs: name, two numbers; or name, number, name, number."""
    return [word.isdigit() and len(word) < 9 for word in row] in ([False, True, True], [False, True, False, True])


def _list_of_trials(content: FileContent, named: bool) -> _Layout | None:
    """Return the columns of a list of trials, without scores: with labels, or, where ``named``, two names alone."""
    if content.data.startswith(NUMPY):
        array = load_npy(content)
        labels = is_row(array.shape) and array.dtype.kind in "fiub" and bool(np.isin(array, (0, 1, -1)).all())
        return _Layout(1, [], 0) if labels else None
    if content.data.startswith((PARQUET, ZIP)):
        return None
    content.check_text()
    layout = _layout(content, False)
    if layout is None or layout.label < 0:
        return layout if layout is not None and named and layout.width == len(layout.names) == 2 else None
    if delimiter_of(content.head()[0]) or layout.lfw:
        return layout
    # Scores in ascending order may begin with many zeros.
    words = set(content.data.split()[layout.label :: layout.width][layout.skip :])
    return layout if all(word.lower() in LABELS for word in words) and len(words) > 1 else None


def _list_of_scores(content: FileContent) -> _Layout | None:
    """Return the columns of a file with scores and no labels."""
    if content.data.startswith(NUMPY):
        array = load_npy(content)
        return _Layout(1, [], score=0) if is_row(array.shape) and array.dtype.kind in "fiu" else None
    if content.data.startswith((PARQUET, ZIP)):
        return None
    content.check_text()
    layout = _layout(content, True)
    return layout if layout is not None and layout.score >= 0 and layout.label < 0 else None


def _trials_first(files: Sequence[FileContent], options: ReadOptions) -> bool | None:
    """Tell whether the first of two files lists the trials of which the second has scores; None if neither does."""
    named = bool(options.subjects or options.subject_from)
    for first in (True, False):
        listed, scored = files if first else files[::-1]
        trials = _list_of_trials(listed, named)
        scores = None if trials is None else _list_of_scores(scored)
        if trials is None or scores is None:
            continue
        if trials.names and scores.names:
            fits = len(trials.names) == len(scores.names) or bool(trials.heading and scores.heading)
        else:  # as many lines, but for what stands at the top
            fits = bool(trials.names) or abs(_lines(listed) - _lines(scored)) <= 1
        if fits:
            return first
    return None


def _lines(content: FileContent) -> int:
    return load_npy(content).size if content.data.startswith(NUMPY) else content.data.rstrip().count(b"\n") + 1


def _recognise(files: Sequence[FileContent], options: ReadOptions) -> float:
    if options.trials:
        return SURE
    if len(files) == 2:
        plain = not (options.histogram or options.mask)
        return SURE if plain and _trials_first(files, options) is not None else 0.0
    content = files[0]
    if len(files) > 1 or not options.subjects or options.mates or content.data.startswith(NUMPY):
        return 0.0
    layout = _list_of_scores(content)
    return SURE if layout is not None and not layout.heading and len(layout.names) == 2 else 0.0


def _read(files: Sequence[FileContent], reading: Reading) -> Comparisons:
    """Join scores with what was compared: by names where both have them, else line by line."""
    trials_file = reading.side.get("trials")
    content = files[0]
    if trials_file is None and len(files) == 2:
        first = _trials_first(files, reading.options)
        content, trials_file = files[::-1] if first else files
        reading.describe(trials_file, "list of trials")
    elif len(files) > 1:
        files[1].problems.refuse("one file of scores goes with a list of trials", "give the scores alone")
    problems, words = content.problems, WordNumbers()
    scores = _load(content, reading, words, True)
    if scores.score is None:
        problems.refuse(
            "no column of numbers: no scores", "give the file of scores, and by --trials that of the trials"
        )
    trials = scores if trials_file is None else _load(trials_file, reading, words, False)
    for one in (content, trials_file):
        if one is not None:
            one.problems.raise_if_any()
    if trials.mated is None and "subjects" not in reading.side and reading.options.subject_from in ("", WHOLE_NAME):
        problems.refuse(
            "nothing says which trials are mated",
            "give a label in the list of trials, or by --subjects a table of samples and subjects",
        )
    score, at = scores.score, np.arange(scores.size)
    if trials is not scores:
        assert trials_file is not None
        score, at = _join(scores, trials, words, trials_file, reading, problems)
    reading.describe(content, "scores of trials")
    mated = np.zeros(at.size, np.bool_) if trials.mated is None else trials.mated[at]
    raw = RawComparisons(score, mated)
    sides, named = _used([column[at] for column in trials.subjects or trials.names], words)
    if "subjects" in reading.side:
        if len(sides) < 2:
            problems.refuse("the trials name no two samples, so --subjects says nothing of them", "leave it out")
        raw = _with_subjects(raw, sides, named, trials.mated is not None, reading, problems)
    elif trials.subjects:
        probe, reference = number_names(named, sides, reading, problems, score=score)
        samples, texts = _used([column[at] for column in trials.names], words)
        numbers = [reading.number_samples(texts, side) for side in samples]
        raw = RawComparisons(score, mated, probe, reference, None, reading.pseudonyms.count, *numbers)
    elif len(sides) == 2:
        raw = with_names(raw, sides[0], sides[1], named, reading, problems, trials.mated is not None)
    otherwise = reversed_words(reading)
    return assemble(raw, content, reading, lined=False, named_by_table=True, otherwise=otherwise)


def _load(content: FileContent, reading: Reading, words: WordNumbers, scored: bool) -> _Rows:
    """Read scores, or trials, from an array or from text."""
    problems = content.problems
    if content.data.startswith(NUMPY):
        array = np.asarray(load_npy(content))
        array = np.ravel(array) if is_row(array.shape) else array
        if array.ndim != 1 or array.dtype.kind not in "fiub":
            problems.refuse(f"an array of shape {array.shape}", "give one number for each trial")
        if scored:
            return _Rows(array.size, array.astype(np.float64))
        if not np.isin(array, (0, 1, -1)).all():
            problems.refuse("labels other than 1 and 0", "write 1 for mated and 0 for non-mated")
        return _Rows(array.size, mated=(array == 1) != (reading.options.labels == REVERSED))
    if content.data.startswith((PARQUET, ZIP)):
        problems.refuse("trials and their scores are read from text or .npy", "write them as CSV")
    content.check_text()
    layout = _layout(content, scored)
    if layout is None:
        problems.refuse("a column with fractions: scores, not trials", "give the list of trials by --trials")
    reading.clean(content)
    subjects = _rewrite_lfw(content, layout.skip) if layout.lfw else 0
    separate_by_blanks(content)
    labels, places = WordNumbers(), [*layout.names, *range(3, 3 + subjects)]
    wanted = [(at, words) for at in places] + [(layout.label, labels)] * (layout.label >= 0)
    has_score, skip = layout.score >= 0, 0 if layout.lfw else layout.skip
    score, codes = read_columns(content, layout.width + subjects, wanted, has_score, layout.score, skip)
    mated = None
    if layout.label >= 0:
        mated = flags_of(labels, codes.pop(), layout.label, skip, reading, problems)
        reading.note(
            say("reading.trials.label", column=layout.label + 1, file=content.name, **meaning_of(labels, reading))
        )
    size = score.size if has_score else codes[0].size if codes else 0 if mated is None else mated.size
    count = len(layout.names)
    heading = [layout.heading[at].lower() for at in layout.names] if layout.heading else []
    return _Rows(size, score if has_score else None, mated, codes[:count], heading, codes[count:])


def _rewrite_lfw(content: FileContent, skip: int) -> int:
    """Write LFW's pairs as two samples, a label and two subjects a line; return how many subjects."""
    lines = []
    for at, line in enumerate(content.data.splitlines()[skip:], start=skip + 1):
        if not _is_lfw(line.split()):
            content.problems.add(
                "not a name and two numbers, nor two names with a number each", "fetch the file again", at
            )
            continue
        one, *rest = line.split()
        first, other, second = (rest[0], one, rest[1]) if len(rest) == 2 else (rest[0], rest[1], rest[2])
        samples = [b"%s/%s_%04d" % (name, name, int(number)) for name, number in ((one, first), (other, second))]
        lines.append(b" ".join([*samples, b"1" if len(rest) == 2 else b"0", one, other]))
    content.data = b"\n".join(lines) + b"\n"
    return 2


def _join(
    scores: _Rows, trials: _Rows, words: WordNumbers, listed: FileContent, reading: Reading, problems: Problems
) -> tuple[Array, Index]:
    """Return scores, NaN where a trial that counts has none, and the number of the trial of each."""
    assert scores.score is not None
    if not scores.names or not trials.names:
        if scores.size != trials.size:
            problems.refuse(
                f"{count_of(scores.size, 'score')} and {count_of(trials.size, 'trial')} in {listed.name}, and no names "
                "to join them by",
                "give one score for each trial, in the same order, or scores with the names of both samples",
            )
        reading.note(say("reading.trials.by_order", n=trials.size))
        return scores.score, np.arange(trials.size)
    ours, theirs = _common(scores, trials, listed, problems)
    wanted, there = _keyed(ours, theirs, words, problems, reading)
    distinct, first, place = np.unique(there, return_index=True, return_inverse=True)
    again = scores.score[first[place]]
    if differ := int(np.count_nonzero(~((again == scores.score) | (np.isnan(again) & np.isnan(scores.score))))):
        problems.refuse(
            f"{count_of(differ, 'line')} with another score for a trial that has one", "leave one score for each"
        )
    kept = np.unique(wanted, return_index=True)[1]
    kept.sort()
    if trials.mated is not None:
        _, index, inverse = np.unique(wanted, return_index=True, return_inverse=True)
        if bad := int(np.count_nonzero(trials.mated[index[inverse]] != trials.mated)):
            listed.problems.refuse(f"{count_of(bad, 'trial')} listed again with another label", "leave one of them")
    found = np.minimum(np.searchsorted(distinct, wanted[kept]), distinct.size - 1)
    scored = distinct[found] == wanted[kept]
    extra = int(distinct.size - np.unique(found[scored]).size)
    repeated = trials.size - kept.size + scores.size - distinct.size
    reading.note(say("reading.trials.by_name", n=int(scored.sum())))
    for count, what in ((extra, "extra"), (repeated, "repeated")):
        if count:
            reading.note(say(f"reading.trials.{what}", n=count))
    score = np.where(scored, scores.score[first[found]], np.nan)
    if missing := int(np.count_nonzero(~scored)):
        if not reading.options.unscored:
            problems.refuse(
                f"{count_of(missing, 'trial')} of {kept.size:,} in {listed.name} without a score here",
                f"did they fail, and count as failures? --unscored {FAILED}; or were not made? --unscored {_LEFT_OUT}",
                field="unscored",
            )
        reading.note(say(f"reading.trials.{reading.options.unscored.replace('-', '_')}", n=missing))
        if reading.options.unscored == _LEFT_OUT:
            score, kept = score[scored], kept[scored]
    return score, kept


def _common(scores: _Rows, trials: _Rows, listed: FileContent, problems: Problems) -> tuple[list[Index], list[Index]]:
    """Return the columns that are joined: those of one name, else all of them in their order."""
    both = [one for one in scores.heading if one in trials.heading]
    if len(both) > 1:
        return [scores.names[scores.heading.index(one)] for one in both], [
            trials.names[trials.heading.index(one)] for one in both
        ]
    if len(scores.names) != len(trials.names):
        problems.refuse(
            f"{count_of(len(scores.names), 'column')} of names, and {len(trials.names)} in {listed.name}",
            "give both files the same columns of names, or scores alone, in the order of the trials",
        )
    return scores.names, trials.names


def _keyed(
    ours: list[Index], theirs: list[Index], words: WordNumbers, problems: Problems, reading: Reading
) -> tuple[Index, Index]:
    """Return a number for what was compared in each trial and in each line of scores: equal where all names are."""

    def keys(columns: Sequence[Index], of: Index) -> tuple[Index, Index]:
        key = np.zeros(theirs[0].size + columns[0].size, np.int64)
        for there, here in zip(theirs, columns, strict=True):
            name = of[np.concatenate((there, here))]
            key = np.unique(key * (int(of.max()) + 1) + name, return_inverse=True)[1]
        return key[: theirs[0].size], key[theirs[0].size :]

    as_written = np.arange(len(words))

    def by_file() -> Index:
        return np.unique([sample_key(one) for one in words.texts()], return_inverse=True)[1]

    ways: tuple[tuple[str, Callable[[], Index], list[Index]], ...] = (
        ("", lambda: as_written, ours),
        ("turned", lambda: as_written, ours[::-1]),
        ("by_file", by_file, ours),
        ("by_file", by_file, ours[::-1]),
    )
    for way, numbers, columns in ways:
        of = numbers()
        wanted, there = keys(columns, of)
        if np.isin(wanted, there).any():
            if way:
                reading.note(say(f"reading.trials.{way}"))
            return wanted, there
    problems.refuse(
        "no trial of the list is named here",
        "write the names of both files alike, or give the scores alone, in the order of the trials",
    )


def _used(columns: Sequence[Index], words: WordNumbers) -> tuple[list[Index], list[str]]:
    """Return columns of numbers from 0 without gaps, and the names that they stand for."""
    if not columns:
        return [], []
    used, place = np.unique(np.concatenate(columns), return_inverse=True)
    texts = words.texts()
    return np.split(place, len(columns)), [texts[at] for at in used.tolist()]


def _with_subjects(
    raw: RawComparisons, sides: Sequence[Index], names: list[str], labelled: bool, reading: Reading, problems: Problems
) -> RawComparisons:
    """Add the subjects that a table gives to the samples."""
    people = subjects_of(reading.side["subjects"], names)
    distinct, person = np.unique(np.array(people, object).astype(str), return_inverse=True)
    numbers = [person[side] for side in sides]
    # Lists name who is enrolled, then who is tested against them.
    reference, probe = number_names(distinct.tolist(), numbers, reading, problems, score=raw.score)
    mated = probe == reference
    if labelled and (wrong := int(np.count_nonzero(mated != raw.mated))):
        problems.refuse(
            f"{count_of(wrong, 'trial')} where the label says otherwise than the subjects",
            "set them right, or leave --subjects out",
        )
    reading.note(say("reading.trials.subjects", n=len(names), people=distinct.size, file=reading.side["subjects"].name))
    kept = sides[0] != sides[1]
    if itself := int(np.count_nonzero(~kept)):
        reading.note(say("reading.itself", n=itself))
    search = np.unique(sides[1], return_inverse=True)[1]
    count = reading.pseudonyms.count
    samples = [reading.number_samples(names, side[kept]) for side in sides[::-1]]  # of the probe first
    return RawComparisons(raw.score[kept], mated[kept], probe[kept], reference[kept], search[kept], count, *samples)


READERS = (
    Reader(
        "scores of trials",
        SCORED | {"labels", "repeats"} | NAMES | {"trials", "unscored", "subjects", "groups"},
        _recognise,
        _read,
        several=True,
    ),
)
