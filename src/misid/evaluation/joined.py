"""Two algorithms' comparisons, or searches, brought into one order: joined by what was compared, never by a score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from misid.errors import MisidError
from misid.evaluation.contract import UNSCORED, Codes, Comparisons, Flags, People, Scores, Searches, Side
from misid.evaluation.searches.from_comparisons import searches_from_comparisons
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import grouped, listing

Words = npt.NDArray[np.uint64]
Index = npt.NDArray[np.int64]
FAILED, LEFT_OUT = UNSCORED
_ABSENT, _SHOWN = -1, 3
_STEP = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Every comparison of an algorithm, in the order of its file; a failure has a score below all others."""

    score: Scores
    mated: Flags
    probe: Codes | None
    reference: Codes | None
    probe_sample: Codes | None
    reference_sample: Codes | None
    row: Codes | None
    named: bool

    def columns(self) -> list[Codes | None]:
        """Return what says what was compared: subjects by name, and samples, of probe and reference."""
        people = (self.probe, self.reference) if self.named else (None, None)
        return [people[0], self.probe_sample, people[1], self.reference_sample]


@dataclass(frozen=True, eq=False)
class Joined:
    """Comparisons and searches of two algorithms in one order: element k of either is of the same samples.

    A failure scores ``-inf``.  ``missing`` are comparisons of either that count as its failures, since they stand in
    the other's file alone; ``failures`` tells whether there are any at all.
    """

    pairs: tuple[Comparisons, Comparisons] | None = None
    searches: tuple[Searches | None, Searches | None] = (None, None)
    missing: tuple[Comparisons | None, Comparisons | None] = (None, None)
    failures: bool = False
    notes: tuple[str, ...] = ()


def join_comparisons(both: Sequence[Comparisons], names: Sequence[str], unscored: str) -> Joined:
    """Join two algorithms' comparisons on samples, else on subjects and their order, else on order alone.

    Parameters
    ----------
    both : sequence of two Comparisons
        Of either algorithm, with ``samples``.
    names : sequence of two str
        Of the files.
    unscored : {"", "failed", "left-out"}
        What comparisons are that stand in one file alone.

    Raises
    ------
    MisidError
        If it cannot be told which comparisons are the same, or what those are that stand in one file alone.
    """
    rows = [_rows(one) for one in both]
    columns = [of.columns() for of in rows]
    used = [all(of[at] is not None for of in columns) for at in range(4)]
    notes: list[str] = []
    if not any(used):
        if rows[0].score.size != rows[1].score.size:
            counts = [grouped(one.score.size) for one in rows]
            raise MisidError(
                f"{counts[0]} and {counts[1]} comparisons, and nothing in either file names what was compared; give "
                "files with probe_sample and reference_sample, or the same comparisons in the same order"
            )
        index = [np.arange(rows[0].score.size)] * 2
        notes.append(say("reading.joined.order", n=rows[0].score.size))
    else:
        keys = [_keys(of, used) for of in columns]
        sampled = used[1] and used[3]
        index = _matched(keys, rows, names, sampled)
        if sampled and min(map(len, index)) < max(one.score.size for one in rows) and all(map(_both_roles, columns)):
            turned = [_keys(of, used, ordered=False) for of in columns]
            if all(np.unique(key).size == key.size for key in turned):
                found = _matched(turned, rows, names, sampled)
                if more := found[0].size - index[0].size:
                    index = found
                    notes.append(say("reading.joined.turned", n=more))
        way = "samples" if sampled else "one_sample" if used[1] or used[3] else "subjects"
        notes.append(say(f"reading.joined.{way}", n=index[0].size))
    return _put_together(rows, index, both, names, unscored, notes)


def _rows(pairs: Comparisons) -> _Rows:
    sides = (pairs.mated, pairs.non_mated)
    score = np.concatenate([part for one in sides for part in (one.score, np.full(one.failed, -np.inf, np.float32))])
    mated = np.repeat([True, False], [one.tried for one in sides])
    keys = [one.samples for one in sides]
    row = _joined_columns([None if key is None else key.row for key in keys])
    order = np.arange(score.size) if row is None else np.argsort(row, kind="stable")

    def column(parts: list[Codes | None]) -> Codes | None:
        whole = _joined_columns(parts)
        return whole[order] if whole is not None and whole.size == order.size else None

    return _Rows(
        score[order],
        mated[order],
        column([part for one in sides for part in (one.probe, _or_none(one.failed_probe, one.failed))]),
        column(
            [
                part
                for one in sides
                for part in (one.reference, _or_none(one.samples and one.samples.failed_reference, one.failed))
            ]
        ),
        column([key and key.probe for key in keys]),
        column([key and key.reference for key in keys]),
        None if row is None else row[order],
        all(key is not None and key.named for key in keys),
    )


def _or_none(column: Codes | None, size: int) -> Codes | None:
    return np.empty(0, np.int32) if column is None and not size else column


def _joined_columns(parts: Sequence[Codes | None]) -> Codes | None:
    there = [part for part in parts if part is not None]
    return np.concatenate(there) if len(there) == len(parts) else None


def _mixed(word: Words) -> Words:
    """Return words of which no two are likely to agree by chance (SplitMix64)."""
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(word ^ (word >> np.uint64(31)), np.uint64)


def _keys(columns: Sequence[Codes | None], used: Sequence[bool], ordered: bool = True) -> Words:
    """Return a word for what was compared; not ``ordered``, the same with probe and reference the other way round."""
    sides = []
    for side in (0, 2):
        word: Words | np.uint64 = np.uint64(0)
        for at in (side, side + 1):
            column = columns[at]
            if used[at] and column is not None:
                word = _mixed(word + column.astype(np.uint64) * _STEP + np.uint64(1 + (at if ordered else at - side)))
        sides.append(word)
    return _mixed(np.asarray(sides[0] + sides[1], np.uint64) + _STEP)


def _both_roles(columns: Sequence[Codes | None]) -> bool:
    """Tell whether samples are probes in one comparison and references in another: comparisons have no direction."""
    _, probe, _, reference = columns
    return probe is not None and reference is not None and bool(np.isin(probe, reference).any())


def _numbered(key: Words) -> tuple[Index, Index, Index]:
    """Return the order of keys, where in it each distinct one starts, and how many equal ones stand before each."""
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.r_[True, key[order][1:] != key[order][:-1]])
    return order, starts, np.arange(key.size) - np.repeat(starts, np.diff(np.r_[starts, key.size]))


def _matched(keys: Sequence[Words], rows: Sequence[_Rows], names: Sequence[str], sampled: bool) -> list[Index]:
    """Return where the comparisons that both have stand in either; each key once, or numbered in order."""
    distinct, counts = [], []
    for key, of, name in zip(keys, rows, names, strict=True):
        order, starts, number = _numbered(key)
        if sampled and number.any():
            again = np.sort(order[number > 0])
            places = again if of.row is None else of.row[again]
            raise MisidError(
                f"{name}: {grouped(again.size)} of {grouped(key.size)} comparisons have the samples of another one "
                f"(rows {listing([grouped(int(at) + 1) for at in places[:_SHOWN]])} of the comparisons are such); "
                "leave one of each, or name samples apart"
            )
        distinct.append((key[order] if sampled else _mixed(key[order] + number.astype(np.uint64) * _STEP), order))
        counts.append((key[order][starts], np.diff(np.r_[starts, key.size])))
    if not sampled:
        _, one, other = np.intersect1d(counts[0][0], counts[1][0], assume_unique=True, return_indices=True)
        if differ := int(np.count_nonzero(counts[0][1][one] != counts[1][1][other])):
            raise MisidError(
                f"{grouped(differ)} pairs of subjects were compared more often in one file than in the other, and "
                "nothing says which comparisons are the same; give probe_sample and reference_sample in both files"
            )
    _, one, other = np.intersect1d(distinct[0][0], distinct[1][0], assume_unique=True, return_indices=True)
    found = distinct[0][1][one], distinct[1][1][other]
    order = np.argsort(found[0], kind="stable")
    return [found[0][order], found[1][order]]


def _put_together(
    rows: Sequence[_Rows],
    index: Sequence[Index],
    both: Sequence[Comparisons],
    names: Sequence[str],
    unscored: str,
    notes: list[str],
) -> Joined:
    rest = [np.setdiff1d(np.arange(of.score.size), at) for of, at in zip(rows, index, strict=True)]
    if not index[0].size:
        raise MisidError("the two files have no comparison in common; give the same comparisons by both algorithms")
    wrong = np.flatnonzero(rows[0].mated[index[0]] != rows[1].mated[index[1]])
    if wrong.size:
        raise MisidError(
            f"{grouped(wrong.size)} comparisons are mated in one file and not in the other (the first is number "
            f"{grouped(int(index[0][wrong[0]]) + 1)} of {names[0]}); set labels or subjects right"
        )
    notes += _missing(rest, names, unscored, "comparisons")
    if unscored == FAILED:
        nobody = [np.full(len(of), _ABSENT) for of in rest]
        index = [np.concatenate([index[0], rest[0], nobody[1]]), np.concatenate([index[1], nobody[0], rest[1]])]
    scores = [
        np.where(at < 0, np.float32(-np.inf), of.score[np.maximum(at, 0)]) for of, at in zip(rows, index, strict=True)
    ]

    def pick(columns: Sequence[npt.NDArray[np.generic] | None]) -> npt.NDArray[np.generic] | None:
        one, other = columns
        if one is None:
            return None
        own = one[np.maximum(index[0], 0)]
        return own if other is None else np.where(index[0] < 0, other[np.maximum(index[1], 0)], own)

    mated = np.asarray(pick([of.mated for of in rows]), np.bool_)
    probe, reference = pick([of.probe for of in rows]), pick([of.reference for of in rows])
    sample = pick([of.probe_sample for of in rows])
    search = None
    if sample is not None and probe is not None:
        word = _mixed(probe.astype(np.uint64) * _STEP) + sample.astype(np.uint64)
        search = np.unique(word, return_inverse=True)[1].astype(np.int32)
    counts = [one.people.count for one in both if one.people is not None]
    people = replace(both[0].people, count=max(counts), group=None, group_names=()) if both[0].people else None

    def comparisons(score: Scores, of: Flags) -> Comparisons:
        sides = []
        for which in (of & mated, of & ~mated):
            columns = [None if one is None else one[which].astype(np.int32) for one in (probe, reference, search)]
            sides.append(Side(score[which], columns[0], columns[1], columns[2]))
        return Comparisons(sides[0], sides[1], people)

    everything = np.ones(mated.size, np.bool_)
    failed = [np.isneginf(score) for score in scores]
    alone = [int(np.count_nonzero(failed[k] & ~failed[1 - k])) for k in (0, 1)]
    if failures := bool(failed[0].any() or failed[1].any()):
        together = int(np.count_nonzero(failed[0] & failed[1]))
        notes.append(
            say("reading.joined.failures", first=names[0], one=alone[0], second=names[1], other=alone[1], both=together)
        )
    missing = [comparisons(score, at < 0) if (at < 0).any() else None for score, at in zip(scores, index, strict=True)]
    pairs = comparisons(scores[0], everything), comparisons(scores[1], everything)
    return Joined(pairs, (None, None), (missing[0], missing[1]), failures, tuple(notes))


def _missing(rest: Sequence[Index], names: Sequence[str], unscored: str, what: str) -> list[str]:
    """Say how much stands in one file alone, and ask what that is where nobody said so."""
    found = []
    for k in (0, 1):
        if not rest[k].size:
            continue
        if not unscored:
            raise MisidError(
                f"{grouped(rest[k].size)} {what} of {names[k]} are not in {names[1 - k]} (the first is number "
                f"{grouped(int(rest[k][0]) + 1)}); did the algorithm fail there, and is it to count as its failure? "
                f"--unscored {FAILED}; or was it never asked? --unscored {LEFT_OUT}"
            )
        way = unscored.replace("-", "_")
        found.append(say(f"reading.joined.{way}", n=int(rest[k].size), what=what, file=names[1 - k]))
    return found


def with_searches(joined: Joined) -> Joined:
    """Add the searches that joined comparisons make; a search that failed returns nothing."""
    assert joined.pairs is not None
    found = [searches_from_comparisons(one)[0] for one in joined.pairs]
    return replace(joined, searches=(found[0], found[1])) if None not in found else joined


def with_missing(pairs: Comparisons, missing: Comparisons | None) -> Comparisons:
    """Count comparisons that stand in the other algorithm's file alone as failures."""
    if missing is None:
        return pairs

    def side(one: Side, more: Side) -> Side:
        named = one.failed_probe is not None or not one.failed
        probe = None
        if named and more.probe is not None:
            probe = np.concatenate([_or_none(one.failed_probe, 0), more.probe]).astype(np.int32)
        return replace(one, failed=one.failed + int(more.score.size), failed_probe=probe, samples=None)

    people = (
        missing.people
        if pairs.people is None or missing.people is None
        else replace(pairs.people, count=max(pairs.people.count, missing.people.count))
    )
    return Comparisons(side(pairs.mated, missing.mated), side(pairs.non_mated, missing.non_mated), people)


def join_searches(both: Sequence[Searches], names: Sequence[str], unscored: str) -> Joined:
    """Join two algorithms' searches on their names or probe samples, else on subjects and their order."""
    keys, empty = [], []
    for one in both:
        sample = np.full(one.probe.size, _ABSENT, np.int32) if one.sample is None else one.sample
        key = _mixed(_mixed(one.probe.astype(np.uint64) * _STEP) + (sample + 1).astype(np.uint64))
        order, _, number = _numbered(key)
        keys.append(np.empty_like(key))
        keys[-1][order] = _mixed(key[order] + number.astype(np.uint64) * _STEP)
        empty.append(sample == _ABSENT)
    _, first, second = np.intersect1d(keys[0], keys[1], return_indices=True)
    # A search that returned nobody has no name: it is one of the same subject that the other algorithm has more.
    rest = [np.setdiff1d(np.arange(one.probe.size), at) for one, at in zip(both, (first, second), strict=True)]
    for k in (0, 1):
        nameless = rest[k][empty[k][rest[k]]]
        waiting: dict[int, list[int]] = {}
        for at in rest[1 - k].tolist():
            waiting.setdefault(int(both[1 - k].probe[at]), []).append(at)
        found = [
            (at, waiting[int(both[k].probe[at])].pop(0))
            for at in nameless.tolist()
            if waiting.get(int(both[k].probe[at]))
        ]
        if found:
            mine, others = np.array(found, np.int64).T
            first, second = (
                (np.r_[first, mine], np.r_[second, others]) if k == 0 else (np.r_[first, others], np.r_[second, mine])
            )
            rest = [np.setdiff1d(one, at) for one, at in zip(rest, (first, second), strict=True)]
    if not first.size:
        raise MisidError("the two files have no search in common; give the same searches by both algorithms")
    notes = [say("reading.joined.searches", n=int(first.size)), *_missing(rest, names, unscored, "searches")]
    index = [first, second]
    if unscored == FAILED:
        index = [
            np.r_[first, rest[0], np.full(rest[1].size, _ABSENT)],
            np.r_[second, np.full(rest[0].size, _ABSENT), rest[1]],
        ]
    order = np.argsort(np.where(index[0] < 0, both[0].probe.size + index[1], index[0]), kind="stable")
    index = [at[order] for at in index]
    there = [np.maximum(at, 0) for at in index]
    wrong = int(
        np.count_nonzero((both[0].mated[there[0]] != both[1].mated[there[1]]) & (index[0] >= 0) & (index[1] >= 0))
    )
    if wrong:
        raise MisidError(
            f"{grouped(wrong)} searches are mated in one file and not in the other; say who is enrolled by "
            "--enrolled FILE"
        )
    probe, mated = (
        np.where(index[0] < 0, getattr(both[1], of)[there[1]], getattr(both[0], of)[there[0]])
        for of in ("probe", "mated")
    )
    count = max(one.people.count for one in both)
    found_searches = [_picked(one, at, probe, mated, count) for one, at in zip(both, index, strict=True)]
    return Joined(None, (found_searches[0], found_searches[1]), notes=tuple(notes))


def _picked(searches: Searches, index: Index, probe: Codes, mated: Flags, people: int) -> Searches:
    """Return searches in another order; one that is absent returned nothing."""
    at, none = np.maximum(index, 0), index < 0
    low = np.float32(-np.inf)
    return replace(
        searches,
        probe=probe.astype(np.int32),
        mated=mated.astype(np.bool_),
        failed=searches.failed[at] | none,
        mate=np.where(none, low, searches.mate[at]),
        rank=np.where(none, 0, searches.rank[at]).astype(np.int32),
        rank_favoured=np.where(none, 0, searches.rank_favoured[at]).astype(np.int32),
        others=np.where(none[:, None], low, searches.others[at]),
        others_subject=None,
        hits=None,
        rank_of_people=None,
        sample=None,
        people=People(people),
    )
