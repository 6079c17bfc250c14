"""Scores in plain text without a header: pyeer's files, and the two, four and five columns of bob."""

from __future__ import annotations

import numpy as np

from misid.evaluation.contract import Comparisons
from misid.evaluation.ingest.archive import Content
from misid.evaluation.ingest.assemble import Notes, Raw, assemble, finite
from misid.evaluation.ingest.columns import (
    Index,
    Names,
    first_rows,
    odd_columns,
    read_columns,
    usual_width,
)
from misid.evaluation.ingest.faults import Problems, number, refuse, word
from misid.evaluation.ingest.links import joined, numbered
from misid.evaluation.ingest.pseudonyms import Pseudonyms
from misid.statistics import Array

MOST_COUNTED = 200_000_000  # scores that a histogram may stand for; four bytes each
LABELS = {-1.0: False, 1.0: True}


def read_pair(
    mated: Content, other: Content, histogram: bool, distance: bool, notes: Notes
) -> tuple[Comparisons, tuple[str, str]]:
    """Read two files: mated scores, then non-mated ones, each line's last column the score (pyeer).

    Parameters
    ----------
    mated, other : Content
        The files.
    histogram : bool
        Whether line k of the second, from 0, says how many non-mated scores are k.
    distance : bool
        Whether a lower score is more alike.
    notes : Notes
        Takes sentences and caveats.

    Returns
    -------
    comparisons : Comparisons
        Without subjects.
    forms : tuple of str
        What each file turned out to be.

    Raises
    ------
    InvalidInput
        If lines cannot be read, either file is empty of scores, or a file holds both kinds of comparison itself.
    """
    problems = Problems(mated.name)
    first, width = _last_column(mated, problems)
    problems.raise_if_any()
    problems = Problems(other.name)
    second = _counted(other, problems) if histogram else _last_column(other, problems)[0]
    problems.raise_if_any()
    notes.say(
        f"The first file holds mated comparisons ({first.size:,}), the second non-mated ones ({second.size:,}); "
        + (
            "line k of the second, from 0, says how many of its scores are k."
            if histogram
            else "the last column of each is the score."
        )
    )
    score = np.concatenate((first, second))
    told = len(notes.assumed)
    raw = Raw(score, np.arange(score.size) < first.size)
    comparisons = assemble(raw, distance, Problems(mated.name), notes)
    for place in range(told, len(notes.assumed)):
        if notes.assumed[place].startswith("Mated scores lie below"):
            notes.assumed[place] += " Or the two files are swapped: the first is the mated one."
    form = f"text, {number(width, 'column')} (pyeer)"
    return comparisons, (form, "text, a histogram (pyeer)" if histogram else form)


def read_labelled(content: Content, distance: bool, notes: Notes) -> tuple[Comparisons, str]:
    """Read two columns: 1 or -1 for mated or non-mated, and the score (bob.measure).

    Parameters
    ----------
    content, distance, notes
        As in `read_pair`.

    Returns
    -------
    comparisons : Comparisons
        Without subjects.
    form : str
        What the file is.

    Raises
    ------
    InvalidInput
        If a label is neither 1 nor -1, or as `read_pair`.
    """
    problems, labels = Problems(content.name), Names()
    (score,), (label,) = read_columns(content.data, 2, [-1], [(0, labels)], problems)
    kinds = np.zeros(len(labels), np.bool_)
    for token, place in labels.items():
        try:
            kinds[place] = LABELS[float(token)]
        except (ValueError, KeyError):
            _bad_label(token, np.flatnonzero(label == place), problems)
    if not problems:
        finite(score, problems)
    notes.say("Column 1 is the label (1 mated, -1 non-mated), column 2 the score.")
    return assemble(Raw(score, kinds[label]), distance, problems, notes), "text, 2 columns (bob.measure)"


def _bad_label(token: bytes, rows: Index, problems: Problems) -> None:
    told = rows[: problems.room].tolist()
    shown = "the label is 0" if token == b"0" else f"the label is {word(token)}, neither 1 nor -1"
    for row in told:
        problems.add(shown, "1 is mated, -1 is non-mated", row + 1, "column 1")
    problems.count(rows.size - len(told))


def read_named(
    content: Content, width: int, registry: Pseudonyms, distance: bool, notes: Notes
) -> tuple[Comparisons, str]:
    """Read four or five columns: claimed subject, (model,) real subject, sample, score (bob.bio.base).

    Parameters
    ----------
    content, distance, notes
        As in `read_pair`.
    width : int
        4 or 5.
    registry : Pseudonyms
        Numbers the subjects.

    Returns
    -------
    comparisons : Comparisons
        With subjects; with search numbers where the samples can be told apart.
    form : str
        What the file is.

    Raises
    ------
    InvalidInput
        As `read_pair`.
    """
    problems, people, samples, models = Problems(content.name), Names(), Names(), Names()
    wanted = [(0, people), (width - 3, people), (width - 2, samples)] + ([(1, models)] if width == 5 else [])
    (score,), codes = read_columns(content.data, width, [-1], wanted, problems)
    if not problems:
        finite(score, problems)
    claimed, real, sample = codes[:3]
    subjects = registry.codes(people.texts()) if people else np.empty(0, np.int32)
    notes.say(
        f"Column 1 is the reference's subject, column {width - 2} the probe's, column {width - 1} the probe's sample"
        + (", column 2 the reference" if width == 5 else "")
        + f", column {width} the score. A comparison is mated where both subjects are the same."
    )
    search = _samples(claimed, real, sample, codes[3] if width == 5 else None, score, notes)
    raw = Raw(score, claimed == real, subjects[real], subjects[claimed], search, registry.count)
    return assemble(raw, distance, problems, notes), f"text, {width} columns (bob.bio.base)"


def _samples(
    claimed: Index, real: Index, sample: Index, model: Index | None, score: Array, notes: Notes
) -> Index | None:
    """Return the numbers of the probe samples, unless the file cannot mean what its columns say."""
    if not sample.size:
        return None
    count = int(sample.max()) + 1
    probe = real * count + sample
    key = numbered(probe)[0].astype(np.int64)
    reference = claimed if model is None else claimed * (int(model.max()) + 1) + model
    pair = key * (int(reference.max()) + 1) + reference
    repeats = int((np.diff(np.sort(pair)) == 0).sum())
    if repeats and count == 1:
        notes.say(
            "Every line has the same sample label, so probe samples cannot be told apart: no search can be put "
            "together, and there are no 1:N figures."
        )
        return None
    if _swapped(claimed, real, sample):
        notes.say(
            "Each sample label goes with one subject of column 1 and several of the probe's column: reference and "
            "probe look swapped. Comparisons are read as they stand; no 1:N figures are given."
        )
        return None
    if repeats:
        order = np.lexsort((score, pair))
        twice = int(((np.diff(pair[order]) == 0) & (np.diff(score[order]) == 0)).sum())
        notes.say(
            f"The subject and sample of another line are repeated by {number(repeats, 'line')}, {twice:,} of them with "
            "the same score: taken as further references of the same subject, and kept."
        )
    return key


def _swapped(claimed: Index, real: Index, sample: Index) -> bool:
    """Tell whether samples belong to the first column: each goes with one subject there, some with several here."""

    def single(subject: Index) -> bool:
        lowest = np.full(int(sample.max()) + 1, subject.max())
        highest = np.zeros_like(lowest)
        np.minimum.at(lowest, sample, subject)
        np.maximum.at(highest, sample, subject)
        return bool((lowest == highest).all())

    return single(claimed) and not single(real)


def read_searches(content: Content, mates: Content, distance: bool, notes: Notes) -> tuple[Comparisons, str]:
    """Read ``query template score`` lines, and ``query template`` lines of those who are mates (pyeer, CMC).

    Parameters
    ----------
    content, mates : Content
        The files.
    distance, notes
        As in `read_pair`.

    Returns
    -------
    comparisons : Comparisons
        With search numbers.  Samples joined by a chain of mate links are one subject.
    form : str
        What the first file is.

    Raises
    ------
    InvalidInput
        As `read_pair`.
    """
    samples, problems = Names(), Problems(content.name)
    _straight(content, problems)
    (score,), (query, template) = read_columns(content.data, 3, [-1], [(0, samples), (1, samples)], problems)
    if not problems:
        finite(score, problems)
    scored, linking = len(samples), Problems(mates.name)
    _, (one, two) = read_columns(mates.data, 2, [], [(0, samples), (1, samples)], linking)
    linking.raise_if_any()
    problems.raise_if_any()
    subject = joined(len(samples), one, two)
    codes, count = numbered(np.concatenate((subject[query], subject[template])))
    probe, reference = codes[: query.size], codes[query.size :]
    mated = probe == reference
    notes.say(
        "The columns are query, template and score. Queries and templates that are linked by mates are one subject; "
        "a sample without a mate is a subject of its own."
    )
    unscored = int(((one >= scored) | (two >= scored)).sum())
    if unscored:
        notes.say(f"Lines of the mates' file that name a sample without a score: {unscored:,}.")
    nodes = len(samples)
    direct = np.isin(query[mated] * nodes + template[mated], np.concatenate((one * nodes + two, two * nodes + one)))
    if not direct.all():
        chained = number(int((~direct).sum()), "comparison")
        notes.say(f"Mated by a chain of links, with none of their own: {chained}.")
    searches, tried = numbered(query)
    alone = tried - np.unique(searches[mated]).size
    notes.say(f"There are {number(tried, 'search', 'searches')}; {alone:,} of them have no mate among the templates.")
    raw = Raw(score, mated, probe, reference, searches, count)
    return assemble(raw, distance, problems, notes), "text, 3 columns (pyeer, CMC)"


def layout(content: Content) -> int:
    """Return the columns of a text file, once its last one is seen to hold scores.

    Parameters
    ----------
    content : Content
        The file.

    Returns
    -------
    int
        Columns of most lines.

    Raises
    ------
    InvalidInput
        If another column looks like the score.
    """
    rows = first_rows(content.data)
    width = usual_width(rows)
    if odd := odd_columns(rows, width):
        refuse(content.name, f"{odd}: the columns are mixed up", "put the score into the last column")
    return width


def mixes(content: Content, width: int) -> bool:
    """Tell whether a text file holds both mated and non-mated comparisons, by its columns.

    Parameters
    ----------
    content : Content
        The file.
    width : int
        Its columns.

    Returns
    -------
    bool
        Whether labels are all 1 or -1, or both equal and unequal subjects stand in the columns of bob.bio.base.
    """
    rows = [row for row in first_rows(content.data) if len(row) == width]
    if width == 2:
        return {row[0] for row in rows} == {b"1", b"-1"}
    if width in (4, 5):
        return len({row[0] == row[width - 3] for row in rows}) == 2
    return False


def _straight(content: Content, problems: Problems) -> None:
    if (width := layout(content)) != 3:
        problems.add(
            f"most lines have {number(width, 'column')}; with --mates there are three",
            "each line is: query template score",
        )
        problems.raise_if_any()


def _last_column(content: Content, problems: Problems) -> tuple[Array, int]:
    width = layout(content)
    (score,), _ = read_columns(content.data, width, [-1], [], problems)
    finite(score, problems)
    return score, width


def _counted(content: Content, problems: Problems) -> Array:
    """Return the scores that a histogram stands for."""
    width = layout(content)
    (count,), _ = read_columns(content.data, width, [-1], [], problems)
    bad = np.flatnonzero(~((count >= 0) & (count == np.floor(count))))
    told = bad[: problems.room].tolist()
    for row in told:
        problems.add(f"the count is {count[row]:g}", "with --histogram every line is a whole number", row + 1)
    problems.count(bad.size - len(told))
    problems.raise_if_any()
    if (total := float(count.sum())) > MOST_COUNTED:
        refuse(
            content.name,
            f"the histogram stands for {total:,.0f} scores, more than {MOST_COUNTED:,}",
            "give the scores as Parquet, which is read piece by piece",
        )
    return np.repeat(np.arange(count.size, dtype=np.float64), count.astype(np.int64))
