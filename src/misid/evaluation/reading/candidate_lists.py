"""Candidate lists: for each search of a gallery, the references that came back, with rank and score."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Codes, Flags, People, ReadOptions, Scores, Searches
from misid.evaluation.reading.columns import Roles
from misid.evaluation.reading.faults import count_of
from misid.evaluation.reading.joined_samples import JoinedSamples
from misid.evaluation.reading.people import enrolled_subjects, people_in_table, searched_subjects
from misid.evaluation.reading.read import Reading
from misid.evaluation.reading.tables import (
    DataTable,
    NameNumbers,
    RowRule,
    SampleNumbers,
    number_subjects,
    refuse_damaged,
)
from misid.evaluation.searches.counts import people_ahead
from misid.vocabulary.catalogue import say

_NOBODY = -1
FEWEST_TO_TELL, DENSE = 100, 1.25  # lists with one candidate, and how wide their lowest scores lie if they were cut
SINGLES, FEWEST = 0.1, 5  # of lists, and lists, with one candidate: then as many may have none


@dataclass(frozen=True, eq=False)
class _Candidates:
    """All candidates with a score, by search, best score first; one array per column."""

    search: Codes
    reference: Codes  # subjects, as is ``probe``
    score: Scores
    rank: npt.NDArray[np.float64]  # as the file has it
    label: npt.NDArray[np.int8]  # 1, 0, or -1 where the file does not say; so is ``enrolled``
    enrolled: npt.NDArray[np.int8]
    probe: Codes  # of each search
    failed: Flags  # searches of which no row has a score
    several: int  # searches with more than one probe subject
    sample: Codes | None  # of each search, where a second algorithm is to be joined
    floor: float = -np.inf  # the lowest score, where searches are known to have returned nobody

    @property
    def own(self) -> Flags:
        """Whether each candidate is the probe's own subject."""
        return np.asarray(self.reference == self.probe[self.search], np.bool_)


def are_lists(roles: Roles, options: ReadOptions) -> bool:
    """Tell whether rows are candidates: they have ranks, or the user says what was searched."""
    return "rank" in roles or bool(options.enrolled or options.searched or options.gallery_size)


def read_lists(table: DataTable, reading: Reading) -> Searches:
    """Read candidate lists from the view ``selected``.

    A search is mated where the probe's subject is enrolled.  One of which no row has a score has failed.
    """
    subjects = number_subjects(table, reading.pseudonyms.codes)
    lists = _candidates(table, reading, subjects)
    _check_ranks(lists, table, reading)
    lists = _with_empty_lists(lists, table, reading)
    table.problems.raise_if_any()
    size, n_enrolled = _gallery(table, reading)
    mated, n_enrolled = _mated(lists, n_enrolled, table, reading)
    table.problems.raise_if_any()
    people = people_in_table(table, reading, subjects)
    depth = int(np.bincount(lists.search, minlength=1).max())
    if depth < size:
        reading.note(say("reading.lists.depth", most=depth, size=size), "list_depth")
    if failed := int(lists.failed.sum()):
        reading.note(say("reading.lists.failed", n=failed), "failures_counted")
    return _searches(lists, mated, size, n_enrolled, depth, people)


def check_lists(table: DataTable) -> None:
    """Refuse rows that are no candidates."""
    roles, right = table.roles, "set them right"
    no_rank = "(rank IS NULL OR NOT rank BETWEEN 0 AND 1e9 OR rank <> round(rank)) AND NOT isnan(score)"
    rules = [
        *table.value_rules(("search", "probe_sample")),
        RowRule("probe IS NULL", "without a probe subject", right, roles["probe_subject"]),
        RowRule(
            "reference IS NULL AND NOT isnan(score)", "without a reference subject", right, roles["reference_subject"]
        ),
        RowRule(no_rank if "rank" in roles else "false", "without a rank from 0", right, roles.column.get("rank", "")),
    ]
    table.check_rows(rules)
    table.problems.raise_if_any()


def _candidates(table: DataTable, reading: Reading, subjects: NameNumbers) -> _Candidates:
    sampled = "search" in table.roles or "probe_sample" in table.roles
    samples = SampleNumbers(table, subjects) if sampled else None
    sample = f", {samples.sql()} AS sample" if samples is not None else ""
    part = table.arrays(
        f"SELECT score, coalesce(rank, 0) AS rank, {subjects.sql('probe')} AS probe, "
        f"{subjects.sql('coalesce(reference, probe)')} AS reference, reference IS NULL AS nobody, "
        "coalesce(label::INT, -1)::TINYINT AS label, coalesce(enrolled::INT, -1)::TINYINT AS enrolled, "
        f"is_failed, is_filler{sample} "
        "FROM selected ORDER BY row"
    )
    of_row, reference = subjects.numbers(part["probe"]), subjects.numbers(part["reference"])
    reference[part["nobody"]] = _NOBODY
    if samples is None:
        reading.note(say("reading.lists.by_subject"))
        search = np.unique(of_row, return_inverse=True)[1].astype(np.int32)
    else:
        search = samples.numbers(of_row, part["sample"])
    count = int(search.max()) + 1
    probe = np.empty(count, np.int32)
    probe[search] = of_row
    several = np.unique(search[probe[search] != of_row]).size
    names = None
    if reading.samples is not None and samples is not None:
        joins = JoinedSamples(table, reading.samples.codes)
        rows = table.arrays(f"SELECT {', '.join(joins.sql()[:1])}, row FROM selected ORDER BY row")
        names = np.empty(count, np.int32)
        names[search] = joins.numbers(rows)["probe_sample"]
    score = part["score"].astype(np.float32)
    if part["score"].size != table.kept or np.isinf(score).any():
        refuse_damaged(table.problems)
    scored = np.flatnonzero(~np.isnan(score))
    failed = np.bincount(search[scored], minlength=count) == 0
    if "return_code" in table.roles:  # a list may be empty, and the search may have worked
        failed &= np.bincount(search[part["is_failed"]], minlength=count) > 0
    if fillers := int(part["is_filler"].sum()):
        failed &= np.bincount(search[part["is_filler"]], minlength=count) == 0
        reading.note(say("reading.lists.fillers", n=fillers))
    if (lost := int((~failed[search]).sum()) - scored.size - fillers) > 0:
        reading.note(say("reading.lists.lost", n=lost))
    score = -score if table.roles.distance else score
    order = scored[np.lexsort((part["rank"][scored], -score[scored], search[scored]))]
    rank, label, enrolled = (part[one][order] for one in ("rank", "label", "enrolled"))
    return _Candidates(
        search[order],
        reference[order],
        score[order],
        rank.astype(np.float64),
        label,
        enrolled,
        probe,
        failed,
        several,
        names,
    )


def _with_empty_lists(lists: _Candidates, table: DataTable, reading: Reading) -> _Candidates:
    """Add the searches that returned nobody, from the list of all searches; ask for it where lists were cut."""
    found = np.bincount(lists.search, minlength=lists.probe.size)
    if "searched" not in reading.side:
        short = int(((found < found.max(initial=0)) & (found > 0)).sum())
        single = int((found == 1).sum())
        if single == (found > 0).sum() and _seen(table) > 1 and not (found == 0).any():
            if _cut(lists):
                what = f"all {count_of(single, 'list')} hold one candidate, and scores crowd at the lowest"
                why = "as if a threshold had cut them and searches that returned nobody were not there"
                way = "list the probe's subject of every search, one a line: --searched FILE (these alone, if all are)"
                table.problems.add(f"{what}, {why}", way, field="searched")
                return lists
            reading.note(say("reading.lists.one_each"))
        if not short or ((found == 0) & ~lists.failed).any() or found.max() >= _seen(table):
            return lists
        what = f"{count_of(short, 'list')} shorter than others, and none empty"
        way = "list the probe's subject of every search, one a line: --searched FILE"
        if single >= SINGLES * found.size and single >= FEWEST:
            table.problems.add(
                f"{what}: lists were cut by a threshold, and searches that returned nobody are not there, so no rate "
                "can be given",
                way,
                field="searched",
            )
        else:
            reading.note(say("reading.lists.shorter", n=short))
        return lists
    subjects, times = searched_subjects(reading.side["searched"], reading)
    there = np.bincount(lists.probe, minlength=reading.pseudonyms.count)
    missing = times - there[subjects]
    if over := int((missing < 0).sum()) or int(there.sum() - there[subjects].sum()):
        table.problems.add(
            f"{count_of(over, 'probe subject')} with more lists than searches", "complete the list", field="searched"
        )
        return lists
    empty = np.repeat(subjects, missing).astype(np.int32)
    listed = {"n": int(times.sum()), "nobody": empty.size, "lowest": float(lists.score.min())}
    reading.note(say("reading.lists.searched", **listed))
    return replace(
        lists,
        probe=np.concatenate([lists.probe, empty]),
        failed=np.concatenate([lists.failed, np.zeros(empty.size, np.bool_)]),
        sample=None if lists.sample is None else np.concatenate([lists.sample, np.full(empty.size, _NOBODY, np.int32)]),
        floor=float(lists.score.min()) if empty.size else -np.inf,
    )


def _cut(lists: _Candidates) -> bool:
    """Tell whether best scores begin as a threshold has them begin, dense, and not thinly, as best scores do.

    The range of the lowest fifth is 1.7 times that of the next fifth, or more, where nothing was cut (Gumbel, normal),
    and about as wide where the lowest fifth or more was cut off.
    """
    ordered = np.sort(lists.score.astype(np.float64))
    if ordered.size < FEWEST_TO_TELL:
        return False
    low, fifth, second = ordered[[0, ordered.size // 5, 2 * ordered.size // 5]]
    return bool(fifth - low < DENSE * (second - fifth))


def _seen(table: DataTable) -> int:
    return int(table.query("SELECT count(DISTINCT hash(reference, reference_sample)) FROM selected")[0][0])


def _check_ranks(lists: _Candidates, table: DataTable, reading: Reading) -> None:
    """Compare the ranks with the scores."""
    roles, problems = table.roles, table.problems
    if lists.several:
        problems.add(
            f"{count_of(lists.several, 'search', 'searches')} with two probe subjects or more",
            "give each search a name of its own",
            field=roles.column.get("search", ""),
        )
    if len(set(lists.probe.tolist())) < 2:
        problems.add("all searches are of one probe subject", "give searches of several people")
    if not lists.score.size:
        problems.add("no candidate has a score", "give the scores", field=roles["score"])
        return
    if "rank" not in roles:
        reading.note(say("reading.lists.unranked"))
        return
    order = np.lexsort((lists.rank, lists.search))
    search, rank, score = lists.search[order], lists.rank[order], lists.score[order]
    same = search[1:] == search[:-1]
    twice = same & (rank[1:] == rank[:-1])
    if clash := np.unique(search[1:][twice & (score[1:] != score[:-1])]).size:
        sample = ", reference_sample" if "reference_sample" in roles else ""
        swapped = (
            table.query(f"SELECT count(*) - count(DISTINCT hash(reference{sample}, rank)) FROM selected")[0][0] == 0
        )
        problems.add(
            f"a rank stands twice, with two scores, in {count_of(clash, 'list')}",
            "are probe and reference swapped?" if swapped else "several searches under one name? Give a column search",
            field=roles["rank"],
        )
        return
    rising = same & (score[1:] > score[:-1])
    if 2 * int(rising.sum()) > int((same & (score[1:] != score[:-1])).sum()):
        given = reading.options.dissimilarity
        way = "Leave --dissimilarity out" if given else f"Give --{'' if roles.distance else 'dis'}similarity"
        problems.add(
            "scores get less alike from the last rank to the first",
            f"are these {'similarities' if roles.distance else 'distances'}? {way}",
            field=roles["score"],
        )
        return
    first = np.r_[True, ~same]
    gaps = int((same & (rank[1:] > rank[:-1] + 1)).sum()) + int((rank[first] > 1).sum())
    for count, oddity in (
        (np.unique(search[1:][rising]).size, "not_by_score"),
        (np.unique(search[1:][twice]).size, "shared"),
        (int((rank[first] == 0).sum()), "from_0"),
        (gaps, "gaps"),
    ):
        if count:
            reading.note(say(f"reading.lists.{oddity}", n=count))


def _gallery(table: DataTable, reading: Reading) -> tuple[int, int]:
    """Return how many references were searched, and how many subjects they belong to."""
    seen, subjects, sampled = table.query(
        "SELECT count(DISTINCT hash(reference, reference_sample)), count(DISTINCT reference), count(reference_sample) "
        "FROM selected WHERE reference IS NOT NULL"
    )[0]
    size = reading.options.gallery_size
    if not size:
        reading.note(say("reading.lists.gallery", seen=int(seen), subjects=int(subjects)))
    elif size < seen:
        table.problems.add(f"the lists hold {seen:,} references, the gallery {size:,}", field="gallery_size")
    elif sampled and seen > subjects and not reading.options.enrolled:
        reading.note(say("reading.lists.as_many"))
    return size or int(seen), round((size or seen) * subjects / max(seen, 1))


def _mated(lists: _Candidates, n_enrolled: int, table: DataTable, reading: Reading) -> tuple[Flags, int]:
    """Return which searches are mated, and how many subjects are enrolled."""
    roles, problems = table.roles, table.problems
    listed = np.zeros(reading.pseudonyms.count, np.bool_)
    listed[lists.reference[lists.reference >= 0]] = True
    if "enrolled" in reading.side:
        enrolled, n_enrolled = enrolled_subjects(reading.side["enrolled"], reading)
        if missing := int((listed & ~enrolled).sum()):
            what = f"{count_of(missing, 'subject')} on the candidate lists and not among the enrolled"
            problems.add(what, "complete the list", field="enrolled")
        reading.note(say("reading.lists.enrolled", x=n_enrolled, file=str(reading.options.enrolled)))
        return enrolled[lists.probe], n_enrolled
    for role, values in (("enrolled", lists.enrolled), ("mated", lists.label)):
        # A label may say which candidate is the mate, and nothing about who is enrolled.
        if role not in roles or (role == "mated" and np.array_equal(values, lists.own)):
            continue
        mated = np.zeros(lists.probe.size, np.bool_)
        mated[lists.search] = values == 1
        if (values < 0).any() or (mated[lists.search] != (values == 1)).any():
            what = "is not 0 or 1 throughout each list"
            problems.add(what, "say for each search whether it is mated", field=roles[role])
        elif wrong := np.unique(lists.search[lists.own & (values == 0)]).size:
            what = f"{count_of(wrong, 'search', 'searches')} said to be not mated, and the mate stands on the list"
            problems.add(what, "set it right", field=roles[role])
        if unknown := int(lists.failed.sum()):
            mated |= lists.failed & listed[lists.probe]
            reading.note(say("reading.lists.no_scores", n=unknown))
        reading.note(say("reading.lists.mated", column=repr(roles[role])))
        return mated, n_enrolled
    reading.note(say("reading.lists.all_enrolled", x=int(listed.sum())), "enrolled_assumed")
    return listed[lists.probe], n_enrolled


def _searches(lists: _Candidates, mated: Flags, size: int, n_enrolled: int, depth: int, people: People) -> Searches:
    count, own = lists.probe.size, lists.own
    mate = np.full(count, -np.inf, np.float32)
    np.maximum.at(mate, lists.search[own], lists.score[own])
    search, score = lists.search[~own], lists.score[~own]
    each = np.bincount(search, minlength=count)
    place = np.arange(search.size) - np.repeat(np.cumsum(each) - each, each)
    others = np.full((count, int(each.max())), -np.inf, np.float32)
    others[search, place] = score
    subject = np.full(others.shape, _NOBODY, np.int32)
    subject[search, place] = lists.reference[~own]
    returned = mate > -np.inf

    def rank(ahead: npt.NDArray[np.int64]) -> Codes:
        return np.where(returned, 1 + ahead, 0).astype(np.int32)

    return Searches(
        lists.probe,
        mated,
        lists.failed,
        mate,
        rank(np.bincount(search[score >= mate[search]], minlength=count)),
        rank(np.bincount(search[score > mate[search]], minlength=count)),
        others,
        size,
        n_enrolled,
        depth,
        people,
        subject,
        rank_of_people=None if size <= n_enrolled else rank(people_ahead(mate, search, lists.reference[~own], score)),
        sample=lists.sample,
        floor=lists.floor,
    )
