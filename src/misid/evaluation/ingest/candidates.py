"""Reads candidate lists: for each search of a gallery, the references that came back, with rank and score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Asked, Codes, Flags, People, Scores, Searches
from misid.evaluation.ingest.assemble import Notes
from misid.evaluation.ingest.faults import Problems, number
from misid.evaluation.ingest.numbering import Numbering
from misid.evaluation.ingest.pseudonyms import Pseudonyms
from misid.evaluation.ingest.relation import LARGEST, Table, disagrees
from misid.evaluation.ingest.roles import Roles
from misid.evaluation.ingest.stream import Samples, subjects_of
from misid.evaluation.ingest.subjects import enrolled_list, people_of

_NOBODY = -1


def read_lists(
    table: Table,
    found: Roles,
    asked: Asked,
    registry: Pseudonyms,
    groups: list[str],
    problems: Problems,
    notes: Notes,
) -> Searches:
    """Read candidate lists from an opened table.

    Parameters
    ----------
    table : Table
        With the view ``taken``.
    found : Roles
        Which column is what.
    asked : Asked
        ``enrolled``, ``gallery_size`` and ``groups`` are heard.
    registry : Pseudonyms
        Numbers the subjects.
    groups : list of str
        Columns of the view that hold groups.
    problems, notes : Problems, Notes
        Take faults and sentences.

    Returns
    -------
    Searches
        Mated where the probe's subject is enrolled.  A search of which no row has a score has failed.

    Raises
    ------
    InvalidInput
        If the lists contradict themselves, or there is one probe subject alone.
    """
    _check(table, found, problems)
    subjects = subjects_of(table, found)
    subjects.use(registry.codes(subjects.names))
    lists = _lists(table, found, subjects, notes)
    _ranks(lists, table, found, problems, notes)
    problems.raise_if_any()
    size, n_enrolled = _gallery(table, asked, problems, notes)
    mated, n_enrolled = _enrolled(lists, found, asked, registry, n_enrolled, problems, notes)
    problems.raise_if_any()
    people = people_of(table, asked, registry, groups, subjects, problems, notes)
    depth = int(np.bincount(lists.search, minlength=1).max())
    if depth < size:
        notes.say(f"Lists hold {depth:,} candidates at most, of {size:,} references.", "list_depth")
    if failed := int(lists.failed.sum()):
        notes.say(
            f"{number(failed, 'search', 'searches')} without a single score: failures to acquire, and counted.",
            "failures_counted",
        )
    return _searches(lists, mated, size, n_enrolled, depth, people)


def _check(table: Table, found: Roles, problems: Problems) -> None:
    first = 2 if table.text else 1
    for what, sql, column in (
        ("without a probe subject", "probe IS NULL", found["probe_subject"]),
        ("without a reference subject", "reference IS NULL AND NOT isnan(score)", found["reference_subject"]),
        ("with a word for a score", "wordy", found["score"]),
        (
            "with an infinite score, or one too large for single precision",
            f"NOT isnan(score) AND abs(score) > {LARGEST!r}",
            found["score"],
        ),
        (
            "without a rank from 0",
            "(rank IS NULL OR rank < 0 OR rank <> round(rank)) AND NOT isnan(score)",
            found["rank"],
        ),
    ):
        count, row = table.ask(f"SELECT count(*), min(row) FROM taken WHERE {sql}")[0]
        if count:
            problems.add(f"{number(count, 'row')} {what}", "set them right", line=row + first, field=column)
    for role in ("search", "probe_sample"):
        if role in found:
            count, row = table.ask(f"SELECT count(*), min(row) FROM taken WHERE {role} IS NULL")[0]
            if count:
                problems.add(
                    f"{number(count, 'row')} without a value", "complete them", line=row + first, field=found[role]
                )
    problems.raise_if_any()


@dataclass(frozen=True, eq=False)
class _Lists:
    """All candidates with a score, by search, best score first; one array per column.

    Parameters
    ----------
    search, reference : ndarray of int32, shape (n,)
        Search and reference subject.
    score : ndarray of float32, shape (n,)
        Similarities.
    rank : ndarray of float64, shape (n,)
        As the file has it.
    label, enrolled : ndarray of int8, shape (n,)
        1, 0, or -1 where nothing is said.
    probe : ndarray of int32, shape (m,)
        Subject of each search.
    failed : ndarray of bool, shape (m,)
        Searches of which no row has a score.
    several : int
        Searches with more than one probe subject.
    """

    search: Codes
    reference: Codes
    score: Scores
    rank: npt.NDArray[np.float64]
    label: npt.NDArray[np.int8]
    enrolled: npt.NDArray[np.int8]
    probe: Codes
    failed: Flags
    several: int

    @property
    def own(self) -> Flags:
        """Whether each candidate is the probe's own subject."""
        return np.asarray(self.reference == self.probe[self.search], np.bool_)


def _lists(table: Table, found: Roles, subjects: Numbering, notes: Notes) -> _Lists:
    sampled = "search" in found or "probe_sample" in found
    samples = Samples(table, found, subjects) if sampled else None
    sample = f", {samples.sql()} AS sample" if samples is not None else ""
    part = table.arrays(
        f"SELECT score, coalesce(rank, 0) AS rank, {subjects.sql('probe')} AS probe, "
        f"{subjects.sql('coalesce(reference, probe)')} AS reference, reference IS NULL AS nobody, "
        f"coalesce(label::INT, -1)::TINYINT AS label, coalesce(enrolled::INT, -1)::TINYINT AS enrolled{sample} "
        "FROM taken ORDER BY row"
    )
    if part["score"].size != int(table.ask("SELECT count(*) FROM taken")[0][0]):
        disagrees(table.path)
    of_row, reference = subjects.numbers(part["probe"]), subjects.numbers(part["reference"])
    reference[part["nobody"]] = _NOBODY
    if samples is None:
        notes.say("The lists have no column of searches or probe samples: each probe subject is one search.")
        search = np.unique(of_row, return_inverse=True)[1].astype(np.int32)
    else:
        search = samples.numbers(of_row, part["sample"])
    count = int(search.max()) + 1
    probe = np.empty(count, np.int32)
    probe[search] = of_row
    several = np.unique(search[probe[search] != of_row]).size
    score = part["score"].astype(np.float32)
    if np.isinf(score).any():
        disagrees(table.path)
    scored = np.flatnonzero(~np.isnan(score))
    failed = np.bincount(search[scored], minlength=count) == 0
    if (lost := int((~failed[search]).sum()) - scored.size) > 0:
        notes.say(f"{number(lost, 'candidate')} without a score, in lists that have some: left out.")
    score = -score if found.lower else score
    order = scored[np.lexsort((part["rank"][scored], -score[scored], search[scored]))]
    return _Lists(
        search[order],
        reference[order],
        score[order],
        part["rank"][order].astype(np.float64),
        part["label"][order],
        part["enrolled"][order],
        probe,
        failed,
        several,
    )


def _ranks(lists: _Lists, table: Table, found: Roles, problems: Problems, notes: Notes) -> None:
    """Compare the ranks with the scores."""
    if lists.several:
        problems.add(
            f"{number(lists.several, 'search', 'searches')} with two probe subjects or more",
            "give each search a name of its own",
            field=found.column.get("search", ""),
        )
    if len(set(lists.probe.tolist())) < 2:
        problems.add("all searches are of one probe subject", "give searches of several people")
    if not lists.score.size:
        problems.add("no candidate has a score", "give the scores", field=found["score"])
        return
    order = np.lexsort((lists.rank, lists.search))
    search, rank, score = lists.search[order], lists.rank[order], lists.score[order]
    same = search[1:] == search[:-1]
    twice = same & (rank[1:] == rank[:-1])
    if clash := np.unique(search[1:][twice & (score[1:] != score[:-1])]).size:
        sample = ", reference_sample" if "reference_sample" in found else ""
        swapped = table.ask(f"SELECT count(*) - count(DISTINCT hash(reference{sample}, rank)) FROM taken")[0][0] == 0
        problems.add(
            f"a rank stands twice, with two scores, in {number(clash, 'list')}",
            "are probe and reference swapped?" if swapped else "several searches under one name? Give a column search",
            field=found["rank"],
        )
        return
    rising = same & (score[1:] > score[:-1])
    if 2 * int(rising.sum()) > int((same & (score[1:] != score[:-1])).sum()):
        problems.add(
            "scores get less alike from the last rank to the first",
            "are these similarities?" if found.lower else "are these distances? Give --dissimilarity",
            field=found["score"],
        )
        return
    said = "; ranks are counted from the scores"
    if odd := np.unique(search[1:][rising]).size:
        notes.say(f"In {number(odd, 'list')} ranks do not follow the scores{said}.")
    if tied := np.unique(search[1:][twice]).size:
        notes.say(f"In {number(tied, 'list')} equal scores share a rank{said}.")
    first = np.r_[True, ~same]
    if lowest := int((rank[first] == 0).sum()):
        notes.say(f"In {number(lowest, 'list')} ranks start at 0{said}.")
    gaps = int((same & (rank[1:] > rank[:-1] + 1)).sum()) + int((rank[first] > 1).sum())
    if gaps:
        notes.say(f"{number(gaps, 'gap')} in the ranks: candidates were left out, by a threshold or by hand{said}.")


def _gallery(table: Table, asked: Asked, problems: Problems, notes: Notes) -> tuple[int, int]:
    """Return how many references were searched, and how many subjects they belong to."""
    seen, subjects, sampled = table.ask(
        "SELECT count(DISTINCT hash(reference, reference_sample)), count(DISTINCT reference), count(reference_sample) "
        "FROM taken WHERE reference IS NOT NULL"
    )[0]
    if not asked.gallery_size:
        notes.say(
            f"{seen:,} references of {subjects:,} subjects stand on the lists; that is taken to be the gallery. Give "
            "--gallery-size if more were searched."
        )
    elif asked.gallery_size < seen:
        problems.add(f"the lists hold {seen:,} references, the gallery {asked.gallery_size:,}", field="gallery_size")
    elif sampled and seen > subjects and not asked.enrolled:
        notes.say("Subjects not on the lists are taken to have as many references each as those that are.")
    return asked.gallery_size or int(seen), round((asked.gallery_size or seen) * subjects / max(seen, 1))


def _enrolled(
    lists: _Lists,
    found: Roles,
    asked: Asked,
    registry: Pseudonyms,
    n_enrolled: int,
    problems: Problems,
    notes: Notes,
) -> tuple[Flags, int]:
    """Return which searches are mated, and how many subjects are enrolled."""
    listed = np.zeros(registry.count, np.bool_)
    listed[lists.reference[lists.reference >= 0]] = True
    if asked.enrolled:
        enrolled, n_enrolled = enrolled_list(asked.enrolled, registry)
        if missing := int((listed & ~enrolled).sum()):
            problems.add(
                f"{number(missing, 'subject')} on the candidate lists and not among the enrolled",
                "complete the list",
                field="enrolled",
            )
        notes.say(f"{n_enrolled:,} subjects are enrolled, as listed in {asked.enrolled}.")
        return enrolled[lists.probe], n_enrolled
    for role, values in (("enrolled", lists.enrolled), ("mated", lists.label)):
        if role not in found or (role == "mated" and np.array_equal(values, lists.own)):
            continue
        mated = np.zeros(lists.probe.size, np.bool_)
        mated[lists.search] = values == 1
        if (values < 0).any() or (mated[lists.search] != (values == 1)).any():
            problems.add(
                "is not 0 or 1 throughout each list", "say for each search whether it is mated", field=found[role]
            )
        elif wrong := np.unique(lists.search[lists.own & (values == 0)]).size:
            problems.add(
                f"{number(wrong, 'search', 'searches')} said to be not mated, and the mate stands on the list",
                "set it right",
                field=found[role],
            )
        if unknown := int(lists.failed.sum()):
            mated |= lists.failed & listed[lists.probe]
            notes.say(f"{number(unknown, 'search', 'searches')} without scores: mated if the subject is on a list.")
        notes.say(f"A search is mated where column {found[role]!r} says so.")
        return mated, n_enrolled
    notes.say(
        f"The {int(listed.sum()):,} subjects on any list are taken to be all that are enrolled: a mate who never came "
        "back makes a search look non-mated, and misses too few. Give --enrolled if you know.",
        "enrolled_assumed",
    )
    return listed[lists.probe], n_enrolled


def _searches(lists: _Lists, mated: Flags, size: int, n_enrolled: int, depth: int, people: People) -> Searches:
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

    def rank(ahead: Flags) -> Codes:
        before = np.bincount(search[ahead], minlength=count) + 1
        return np.where(returned, before, 0).astype(np.int32)

    return Searches(
        lists.probe,
        mated,
        lists.failed,
        mate,
        rank(score >= mate[search]),
        rank(score > mate[search]),
        others,
        size,
        n_enrolled,
        depth,
        people,
        subject,
    )
