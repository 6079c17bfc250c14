"""Text without a header that has a label and a score in every line, in either order, with or without two names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from misid.evaluation.contract import REVERSED, WHOLE_NAME, Comparisons, Flags, ReadOptions
from misid.evaluation.reading.columns import BY_NAMES, LABEL, MATED, NON_MATED, names_scores
from misid.evaluation.reading.comparisons import RawComparisons, assemble, contradiction, reversed_words
from misid.evaluation.reading.content import FileContent
from misid.evaluation.reading.faults import Problems, count_of, describe_word
from misid.evaluation.reading.names import NAMES, note_samples_with_themselves, number_names
from misid.evaluation.reading.read import SCORED, Reader, Reading
from misid.evaluation.reading.repeats import kept_of_samples, kept_of_subjects
from misid.evaluation.reading.text import (
    Index,
    WordNumbers,
    cells,
    delimiter_of,
    has_fraction,
    is_number,
    read_columns,
    separate_by_blanks,
)
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import listing

LOOK = 1000  # lines that tell what columns hold
MOST = 0.9  # of them, at least, where a column holds labels or numbers
LABELS = {word.encode(): word in MATED for word in (*MATED, *NON_MATED)}
_SAME = "the labels hold 0 and -1 beside 1, and nothing says which is non-mated"


def _places(content: FileContent) -> tuple[int, int, list[int]] | None:
    """Return the columns of label, score and names; None if the lines do not look like that."""
    lines = content.head(LOOK)
    delimiter = delimiter_of(lines[0])
    rows = [cells(line, delimiter) for line in lines]
    width = int(np.bincount([len(row) for row in rows]).argmax())
    header = not any(map(is_number, rows[0])) and (delimiter != b"" or names_scores(rows[0]))
    if width not in (2, 4) or header:
        return None
    rows = [row for row in rows if len(row) == width]
    columns = list(zip(*rows, strict=True))
    labels = [sum(word.lower() in LABELS for word in column) / len(rows) for column in columns]
    numbers = [sum(map(is_number, column)) / len(rows) for column in columns]
    label = [at for at, share in enumerate(labels) if share > MOST]
    score = [at for at, share in enumerate(numbers) if share > MOST and at not in label]
    if width == 2 and len(label) == 2:
        content.problems.refuse(
            "both columns could be the label",
            "put a line of column names first and separate by commas: mated,score",
        )
    if delimiter == b"," and score and all(b"." not in word for word in columns[score[-1]]):
        return None  # decimals may be written with a comma
    if width == 2 and not delimiter and (len(label) != 1 or not score):
        # No other text has two columns: what is wrong with it is found line by line.
        return (1, 0, []) if labels[1] > labels[0] else (0, 1, [])
    if len(label) != 1 or not score:
        return None
    if width == 4 and label[0] == 2 and len({row[2] for row in rows}) == 1 and _always(content, rows[0][2], delimiter):
        return None  # bob's sample, where nobody numbered samples
    if width == 4 and not any(map(has_fraction, columns[score[-1]])):
        return None  # bob's samples are numbers too, and its scores may be 0 and 1
    names = [at for at in range(width) if at not in (label[0], score[-1])]
    if names:
        alike = [row[names[0]] == row[names[1]] for row in rows]
        mated = [LABELS.get(row[label[0]].lower(), True) for row in rows]
        # Where both subjects are the same and the label says no, it is no label: bob names samples 0 and 1.
        if label[0] == 2 and any(same and not yes for same, yes in zip(alike, mated, strict=True)):
            return None
    return label[0], score[-1], names


def _always(content: FileContent, word: bytes, delimiter: bytes) -> bool:
    """Tell whether a word stands in the third of four columns of every line."""
    lines = (cells(line, delimiter) for line in content.data.split(b"\n") if line.strip())
    return all(len(row) != 4 or row[2] == word for row in lines)


def _recognise(files: Sequence[FileContent], options: ReadOptions) -> float:
    files[0].check_text()
    alone = len(files) == 1 and not options.mates
    return float(alone and _places(files[0]) is not None)


def _read(files: Sequence[FileContent], reading: Reading) -> Comparisons:
    """Read labels and scores; names on both sides are subjects where they are equal just where the label says mated."""
    content, problems = files[0], files[0].problems
    found = _places(content)
    assert found is not None
    label_at, score_at, names_at = found
    reading.clean(content)
    separate_by_blanks(content)
    width = 2 + len(names_at)
    labels, names = WordNumbers(), WordNumbers()
    wanted = [(label_at, labels), *((at, names) for at in names_at)]
    score, codes = read_columns(content, width, wanted, score_at=score_at)
    mated = flags_of(labels, codes[0], label_at, 0, reading, problems)
    reading.note(say("reading.labelled.columns", label=label_at + 1, score=score_at + 1, **meaning_of(labels, reading)))
    bob = " (bob.measure)" if (label_at, score_at) == (0, 1) and b"-1" in labels else " with a label"
    reading.describe(content, f"text, {width} columns{bob}")
    raw = RawComparisons(score, mated)
    if names_at:
        raw = with_names(raw, codes[1], codes[2], names.texts(), reading, problems)
    return assemble(raw, content, reading, otherwise=reversed_words(reading))


def meaning_of(labels: WordNumbers, reading: Reading) -> dict[str, str]:
    """Return which labels are mated and which are not, in words."""
    is_mated = reading.options.labels != REVERSED
    mated, others = (
        listing(sorted(w.decode() for w in labels if LABELS[w.lower()] is yes), "number.or")
        for yes in (is_mated, not is_mated)
    )
    return {"mated": mated or say("reading.labelled.no_mated"), "others": others or say("reading.labelled.no_others")}


def flags_of(labels: WordNumbers, codes: Index, column: int, skip: int, reading: Reading, problems: Problems) -> Flags:
    """Return whether each line is mated, by its label; refuse words that are none.  ``skip`` lines stand before."""
    known = {word: LABELS.get(word.lower()) for word in labels}
    unknown = [place for word, place in labels.items() if known[word] is None]
    way, where = "write 1 for mated and 0 for non-mated", f"column {column + 1}"
    if unknown:
        words = describe_word(
            next(word for word, place in labels.items() if place == unknown[0]).decode("utf-8", "replace")
        )
        rows = np.flatnonzero(np.isin(codes, unknown))
        what = f"{count_of(rows.size, 'line')} without a label (the first has {words})"
        problems.add(what, way, int(rows[0]) + 1 + skip, where)
    if {b"0", b"-1"} <= labels.keys():
        problems.add(_SAME, way, field=where)
    problems.raise_if_any()
    is_mated = np.array([bool(known[word]) != (reading.options.labels == REVERSED) for word in labels], np.bool_)
    return is_mated[codes]


def with_names(
    raw: RawComparisons,
    one: Index,
    other: Index,
    names: Sequence[str],
    reading: Reading,
    problems: Problems,
    labelled: bool = True,
) -> RawComparisons:
    """Add subjects where names are those of subjects, or a part of them is; without labels, these say who is mated."""
    same = one == other
    if labelled and reading.options.mated_by == BY_NAMES:
        raw, labelled = replace(raw, mated=same), False
    elif labelled and not (reading.options.mated_by or reading.options.subject_from):
        yes, no = int((raw.mated & ~same).sum()), int((same & ~raw.mated).sum())
        # Names are those of subjects if most mated comparisons are of one; a sample with itself is mated.
        if no or (yes and 2 * yes < raw.mated.sum()):
            what, way = contradiction(yes, no, int(same.sum()), int(raw.mated.sum()))
            problems.refuse(f"{count_of(yes + no, 'line')} {what}", way)
    part = reading.options.subject_from not in ("", WHOLE_NAME)
    if part or np.array_equal(same, raw.mated):
        if not part:
            reading.note(say("reading.labelled.subjects"))
        probe, reference = number_names(names, (one, other), reading, problems, score=raw.score)
        mated = raw.mated if labelled else probe == reference
        kept = ~note_samples_with_themselves(names, one, other, reading)
        columns = one[kept], other[kept], raw.score[kept]
        if part:
            kept[kept] = kept_of_samples(*columns, reading, problems, True)
        else:
            kept[kept] = kept_of_subjects(*columns, mated[kept], reading, problems)
        problems.raise_if_any()
        people, mated = (probe[kept], reference[kept]), mated[kept]
        reading.by_names = not labelled
        if wrong := int(np.count_nonzero(mated != (people[0] == people[1]))):
            what = f"{count_of(wrong, 'line')} where the label says otherwise than the subjects"
            problems.refuse(what, "set them right, or give --subject-from another part of the names")
        samples = [reading.number_samples(names, side[kept]) for side in (one, other)] if part else []
        return RawComparisons(raw.score[kept], mated, *people, None, reading.pseudonyms.count, *samples)
    reading.note(say("reading.labelled.samples"))
    if reading.options.mated_by == LABEL:  # names of the two sides need not be of the same samples
        kept = kept_of_samples(one, other, raw.score, reading, problems, False)
    else:
        if itself := int(same.sum()):
            reading.note(say("reading.itself", n=itself))
        kept = ~same
        kept[kept] = kept_of_samples(one[kept], other[kept], raw.score[kept], reading, problems, True)
    problems.raise_if_any()
    samples = [reading.number_samples(names, side[kept]) for side in (one, other)]
    return RawComparisons(raw.score[kept], raw.mated[kept], probe_sample=samples[0], reference_sample=samples[1])


READERS = (Reader("text with labels", SCORED | {"labels", "repeats"} | NAMES, _recognise, _read),)
