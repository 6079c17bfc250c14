"""bob's text of four or five columns, with both subjects (bob.bio.base)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from misid.evaluation.contract import Comparisons, ReadOptions
from misid.evaluation.reading.comparisons import RawComparisons, assemble
from misid.evaluation.reading.content import FileContent
from misid.evaluation.reading.names import NAMES, note_samples_with_themselves, number_names
from misid.evaluation.reading.pseudonyms import by_first_occurrence
from misid.evaluation.reading.read import SCORED, Reader, Reading
from misid.evaluation.reading.repeats import kept_of_samples, kept_of_subjects
from misid.evaluation.reading.text import Index, WordNumbers, read_columns, width_of
from misid.statistics import Array
from misid.vocabulary.catalogue import say


def _recognise_named(files: Sequence[FileContent], options: ReadOptions) -> float:
    width = width_of(files[0])
    if width > 5:
        files[0].problems.refuse(
            f"text of {width} columns without a header",
            "two, four and five are read (bob); else put a line of column names first and separate by commas",
        )
    return float(width in (4, 5))


def _read_named(files: Sequence[FileContent], reading: Reading) -> Comparisons:
    """Read claimed subject, (model,) real subject, sample, score."""
    content, people, samples, models = files[0], WordNumbers(), WordNumbers(), WordNumbers()
    width = width_of(content)
    reading.clean(content)
    wanted = [(0, people), (width - 3, people), (width - 2, samples)] + ([(1, models)] if width == 5 else [])
    score, codes = read_columns(content, width, wanted)
    reference, probe = number_names(people.texts(), codes[:2], reading, content.problems, score=score)
    kept = ~note_samples_with_themselves(people.texts(), codes[0], codes[1], reading)
    if not kept.all():
        reference, probe, score, codes = reference[kept], probe[kept], score[kept], [one[kept] for one in codes]
    reading.note(say("reading.bob.five" if width == 5 else "reading.bob.four"))
    model = codes[3] if width == 5 else None
    key = by_first_occurrence(probe.astype(np.int64) * (len(samples) + 1) + codes[2])[1]
    alone = len(samples) == 1  # then subjects are all that tells
    if model is not None and not alone:
        kept = kept_of_samples(key, model, score, reading, content.problems, False)
    else:
        one = probe if alone else key
        kept = kept_of_subjects(one, reference, score, reference == probe, reading, content.problems, alone)
    content.problems.raise_if_any()
    reference, probe, score, sample = reference[kept], probe[kept], score[kept], codes[2][kept]
    model = None if model is None else model[kept]
    search = _searches(reference.astype(np.int64), probe.astype(np.int64), sample, model, score, reading)
    named = [reading.number_samples(of.texts(), at[kept]) for of, at in zip((samples, models), codes[2:], strict=False)]
    raw = RawComparisons(score, reference == probe, probe, reference, search, reading.pseudonyms.count, *named)
    reading.describe(content, f"text, {width} columns (bob.bio.base)")
    return assemble(raw, content, reading)


def _searches(
    claimed: Index, real: Index, sample: Index, model: Index | None, score: Array, reading: Reading
) -> Index | None:
    """Return the numbers of the probe samples, unless the file cannot mean what its columns say."""
    if not sample.size:
        return None
    count = int(sample.max()) + 1
    key = by_first_occurrence(real * count + sample)[1]
    reference = claimed if model is None else claimed * (int(model.max()) + 1) + model
    pair = key * (int(reference.max()) + 1) + reference
    repeats = int((np.diff(np.sort(pair)) == 0).sum())
    if repeats and count == 1:
        reading.note(say("reading.bob.one_sample"))
        return None
    if _single(claimed, sample) and not _single(real, sample):
        reading.note(say("reading.bob.swapped"))
        return None
    if repeats:
        order = np.lexsort((score, pair))
        twice = int(((np.diff(pair[order]) == 0) & (np.diff(score[order]) == 0)).sum())
        reading.note(say("reading.bob.repeated", n=repeats, alike=twice))
    return key


def _single(subject: Index, sample: Index) -> bool:
    """Tell whether each sample goes with one subject."""
    lowest = np.full(int(sample.max()) + 1, subject.max())
    highest = np.zeros_like(lowest)
    np.minimum.at(lowest, sample, subject)
    np.maximum.at(highest, sample, subject)
    return bool((lowest == highest).all())


NAME = "text without a header"
READERS = (Reader(NAME, SCORED | {"subjects", "groups", "repeats"} | NAMES, _recognise_named, _read_named),)
