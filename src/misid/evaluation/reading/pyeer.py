"""pyeer's text: two files of scores, mated and non-mated, or searches with a file of mates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from misid.evaluation.contract import Comparisons, Flags, ReadOptions
from misid.evaluation.reading.comparisons import (
    RawComparisons,
    assemble,
    check_finite,
    compared_with_themselves,
)
from misid.evaluation.reading.content import FileContent
from misid.evaluation.reading.faults import count_of
from misid.evaluation.reading.names import NAMES, note_samples_with_themselves, number_names
from misid.evaluation.reading.people import linked
from misid.evaluation.reading.pseudonyms import by_first_occurrence
from misid.evaluation.reading.read import SCORED, Reader, Reading
from misid.evaluation.reading.repeats import kept_of_samples, kept_of_subjects
from misid.evaluation.reading.text import Index, WordNumbers, first_rows, is_number, read_columns, width_of
from misid.statistics import Array
from misid.vocabulary.catalogue import say

MOST_COUNTED = 20_000_000  # scores that a histogram may stand for: figures take some 40 bytes of memory for each


def _recognise_pair(files: Sequence[FileContent], options: ReadOptions) -> float:
    width = width_of(files[0])
    if width == 1 and len(files) == 1:
        files[0].problems.refuse(
            "one column of scores, and nothing says who is mated",
            "give two files: the mated scores, then the non-mated ones",
        )
    return float(width > 0 and len(files) > 1)


def _read_pair(files: Sequence[FileContent], reading: Reading) -> Comparisons:
    """Read mated scores, then non-mated ones: each line's last column is the score, or the second file a histogram."""
    if len(files) > 2:
        files[2].problems.refuse("more than two text files", "give the mated scores, then the non-mated ones")
    _check_second(files[1])
    for content in files:
        _check_one_kind(content)
    reading.clean(*files)
    histogram, width = reading.options.histogram, width_of(files[0])
    first, second = _last_column(files[0]), _last_column(files[1], histogram)
    kind = "histogram" if histogram else "scores"
    reading.note(say(f"reading.pyeer.{kind}", mated=first.size, others=second.size))
    score = np.concatenate((first, second))
    raw = RawComparisons(score, np.arange(score.size) < first.size)
    pairs = assemble(raw, files[0], reading, otherwise=f" {say('reading.pyeer.swapped')}")
    form = f"text, {count_of(width, 'column')} (pyeer)"
    reading.describe(files[0], form)
    reading.describe(files[1], "text, a histogram (pyeer)" if histogram else form)
    return pairs


def _check_second(content: FileContent) -> None:
    width = width_of(content)
    if not width:
        content.problems.refuse("the first file is text without a header, the second is not", "give two files alike")
    if width == 2 and not any(is_number(row[-1]) for row in first_rows(content) if row):
        content.problems.refuse("the file holds words alone", "is it the file of mates? Give it by --mates")


def _check_one_kind(content: FileContent) -> None:
    """Refuse a file that holds both mated and non-mated comparisons, by the labels or the subjects of bob's columns."""
    width = width_of(content)
    rows = [row for row in first_rows(content) if len(row) == width]
    labelled = width == 2 and {row[0] for row in rows} == {b"1", b"-1"}
    if labelled or (width in (4, 5) and len({row[0] == row[width - 3] for row in rows}) == 2):
        content.problems.refuse(
            "the file holds mated and non-mated comparisons itself",
            "give it alone, and a second algorithm's by --against",
        )


def _last_column(content: FileContent, histogram: bool = False) -> Array:
    """Return the scores of a file, or those that a histogram stands for: line k, from 0, says how many scores are k."""
    score, _ = read_columns(content, width_of(content))
    if not histogram:
        check_finite(score, content.problems)
        content.problems.raise_if_any()
        return score
    bad = np.flatnonzero(~((score >= 0) & (score == np.floor(score))))
    fix = "with --histogram every line is a whole number"
    content.problems.add_rows(bad, lambda row: f"the count is {score[row]:g}", fix)
    content.problems.raise_if_any()
    if (total := float(score.sum())) > MOST_COUNTED:
        content.problems.refuse(
            f"the histogram stands for {total:,.0f} scores, more than {MOST_COUNTED:,}",
            "give the scores as Parquet, which is read piece by piece",
        )
    return np.repeat(np.arange(score.size, dtype=np.float64), score.astype(np.int64))


def _recognise_searches(files: Sequence[FileContent], options: ReadOptions) -> float:
    width = width_of(files[0])
    if width == 3 and len(files) == 1 and not options.mates and not options.subject_from:
        files[0].problems.refuse(
            "three columns, and nothing says who is mated",
            "give the file of mates by --mates, say which part of a name is the subject by --subject-from (name: all), "
            "or put a line of column names first and separate by commas",
        )
    return float(width > 0 and len(files) == 1 and options.mates != "")


def _recognise_named(files: Sequence[FileContent], options: ReadOptions) -> float:
    return float(len(files) == 1 and options.subject_from != "" and not options.mates and width_of(files[0]) == 3)


def _read_searches(files: Sequence[FileContent], reading: Reading) -> Comparisons:
    """Read ``query template score`` lines, and ``query template`` lines of those who are mates."""
    content, mates = files[0], reading.side["mates"]
    if not width_of(mates):
        mates.problems.refuse("the file of mates is no plain text", "each line is: query mate, with a space between")
    if width_of(mates) == 3:
        mates.problems.refuse("three columns: a list of trials with a label each, it seems", "give it by --trials")
    if (width := width_of(content)) != 3:
        content.problems.refuse(
            f"most lines have {count_of(width, 'column')}; with --mates there are three",
            "each line is: query template score",
        )
    reading.clean(content, mates)
    # Two sets of names: query 5 and template 5 may be two people. A mate is a pair that is listed.
    queries, templates = WordNumbers(), WordNumbers()
    score, (query, template) = read_columns(content, 3, [(0, queries), (1, templates)])
    scored = len(queries), len(templates)
    _, (one, two) = read_columns(mates, 2, [(0, queries), (1, templates)], scored=False)
    mates.problems.raise_if_any()
    links = [(one, two)]
    twin = np.array([queries.get(name, -1) for name in templates], np.int64)  # of each template, the query of its name
    itself = twin[template] == query
    similar = -score if reading.options.dissimilarity else score
    listed = np.isin(query * len(templates) + template, one * len(templates) + two)
    if one_set := compared_with_themselves(itself, query, similar, listed):
        reading.note(say("reading.pyeer.itself", n=int(itself.sum())))
        query, template, score = query[~itself], template[~itself], score[~itself]
        links.append((twin[twin >= 0], np.flatnonzero(twin >= 0)))
    kept = _kept(query, template, twin, score, one_set, reading, content)
    query, template, score = query[kept], template[kept], score[kept]
    nodes = len(queries) + len(templates)
    first, second = (np.concatenate(ends) for ends in zip(*links, strict=True))
    subject = linked(nodes, first, second + len(queries))
    distinct, codes = by_first_occurrence(np.concatenate((subject[query], subject[template + len(queries)])))
    probe, reference = codes[: query.size], codes[query.size :]
    mated = probe == reference
    reading.note(say("reading.pyeer.columns"))
    if unscored := int(((one >= scored[0]) | (two >= scored[1])).sum()):
        reading.note(say("reading.pyeer.unscored", x=unscored))
    direct = np.isin(query[mated] * nodes + template[mated], one * nodes + two)
    if not direct.all():
        reading.note(say("reading.pyeer.chained", n=int((~direct).sum())))
    distinct_queries, searches = by_first_occurrence(query)
    alone = distinct_queries.size - np.unique(searches[mated]).size
    reading.note(say("reading.pyeer.searches", n=distinct_queries.size, alone=alone))
    reading.describe(content, "text, 3 columns (pyeer, CMC)")
    samples = [reading.number_samples(of.texts(), at) for of, at in ((queries, query), (templates, template))]
    raw = RawComparisons(score, mated, probe, reference, searches, distinct.size, *samples)
    return assemble(raw, content, reading)


def _kept(
    query: Index, template: Index, twin: Index, score: Array, one_set: bool, reading: Reading, content: FileContent
) -> Flags:
    """Tell which comparisons count; ``twin`` is of each template the query of its name, -1 if there is none."""
    lone = twin < 0
    sample = np.where(lone, int(query.max(initial=0)) + 1 + np.cumsum(lone), twin)
    apart = not one_set and bool((twin[template] == query).any())
    kept = kept_of_samples(
        query, sample[template], score, reading, content.problems, one_set or (False if apart else None)
    )
    content.problems.raise_if_any()
    return kept


def _read_named(files: Sequence[FileContent], reading: Reading) -> Comparisons:
    """Read ``query template score`` lines where a part of each name is the subject."""
    content = files[0]
    reading.clean(content)
    names = WordNumbers()
    score, (query, template) = read_columns(content, 3, [(0, names), (1, names)])
    content.problems.raise_if_any()
    probe, reference = number_names(names.texts(), (query, template), reading, content.problems, score=score)
    kept = ~note_samples_with_themselves(names.texts(), query, template, reading)
    if reading.names.part:
        kept[kept] = kept_of_samples(query[kept], template[kept], score[kept], reading, content.problems, True)
    else:
        kept = kept_of_subjects(probe, reference, score, probe == reference, reading, content.problems)
    content.problems.raise_if_any()
    score, probe, reference = score[kept], probe[kept], reference[kept]
    search = by_first_occurrence(query[kept])[1] if reading.names.part else None
    reading.describe(content, "text, 3 columns")
    samples = [
        reading.number_samples(names.texts(), at[kept]) if reading.names.part else None for at in (query, template)
    ]
    raw = RawComparisons(score, probe == reference, probe, reference, search, reading.pseudonyms.count, *samples)
    return assemble(raw, content, reading)


READERS = (
    Reader(
        "two files of scores",
        SCORED | {"histogram"},
        _recognise_pair,
        _read_pair,
        several=True,
    ),
    Reader(
        "text of three columns",
        SCORED | {"mates", "repeats"},
        _recognise_searches,
        _read_searches,
    ),
    Reader(
        "text of three columns with subjects",
        SCORED | {"subjects", "groups", "repeats"} | NAMES,
        _recognise_named,
        _read_named,
    ),
)
