"""Groups that are large enough to say something about, and too large to say something about one person (DESIGN, 6)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import NO_GROUP, Codes, People
from misid.evaluation.ingest.faults import number

MOST_GROUPS = 64
LEAST_IN_GROUP = 20  # subjects, on either side
LEAST_PROBES = 50  # probe subjects, over all groups
OTHERS = "other groups"


def cells(
    people: People, probe_subjects: npt.ArrayLike, reference_subjects: npt.ArrayLike
) -> tuple[People, tuple[str, ...]]:
    """Put small groups together, or leave them out.

    Parameters
    ----------
    people : People
        With the groups as recorded.
    probe_subjects, reference_subjects : array_like of int
        Subjects that occur as probe, and as reference; each may stand more than once.

    Returns
    -------
    people : People
        The same people.  At most `MOST_GROUPS` groups, each with at least `LEAST_IN_GROUP` subjects on both sides;
        ``group`` is None where no group is left or fewer than `LEAST_PROBES` probe subjects are known.
    said : tuple of str
        What was put together and left out: how many, never who.

    Notes
    -----
    Groups below the least size become one, named `OTHERS`, if together they reach it; else their subjects have
    `NO_GROUP`.  A figure for a small group would say something about its few members (DESIGN, 6).
    """
    if people.group is None:
        return people, ()
    nobody = replace(people, group=None, group_names=())
    probes = _distinct(probe_subjects, people.count)
    references = _distinct(reference_subjects, people.count)
    if probes.size < LEAST_PROBES:
        there = number(int(probes.size), "probe subject")
        return nobody, (f"No figures by group: {there}, and at least {LEAST_PROBES} are needed.",)
    total = len(people.group_names)
    on_probes = _sizes(people.group[probes], total)
    on_references = _sizes(people.group[references], total)
    smaller = np.minimum(on_probes, on_references)
    large = smaller >= LEAST_IN_GROUP
    said = []
    if int(large.sum()) > MOST_GROUPS:
        # The largest stay; of two alike, the one that comes first.
        order = np.argsort(-smaller, kind="stable")
        large = np.zeros(total, np.bool_)
        large[order[: MOST_GROUPS - 1]] = True
        said.append(f"More than {MOST_GROUPS} groups: the {MOST_GROUPS - 1} largest stay.")
    small = ~large & (on_probes + on_references > 0)
    together = min(int(on_probes[small].sum()), int(on_references[small].sum()))
    merged = together >= LEAST_IN_GROUP and int(small.sum()) > 1
    names = tuple(name for name, stays in zip(people.group_names, large, strict=True) if stays)
    new = np.full(total + 1, NO_GROUP, np.int32)  # its last place is that of NO_GROUP
    new[:-1][large] = np.arange(len(names), dtype=np.int32)
    if int(small.sum()):
        how = number(int(small.sum()), "group")
        few = f"fewer than {LEAST_IN_GROUP} subjects on either side"
        if int(large.sum()) == MOST_GROUPS - 1 and said:
            few = "fewer subjects"
        if merged:
            new[:-1][small] = len(names)
            names += (OTHERS,)
            said.append(f"{how} with {few} were put together as {OTHERS!r}.")
        else:
            left = int(on_probes[small].sum())
            said.append(f"{how} with {few} left out ({number(left, 'probe subject')}): together they are too few.")
    if unknown := int((people.group[probes] == NO_GROUP).sum()):
        said.append(f"{number(unknown, 'probe subject')} with no group recorded left out of figures by group.")
    if not names:
        return nobody, (*said, f"No figures by group: no group has {LEAST_IN_GROUP} subjects on both sides.")
    return replace(people, group=new[people.group], group_names=names), tuple(said)


def _distinct(subjects: npt.ArrayLike, count: int) -> npt.NDArray[np.int64]:
    there = np.zeros(count, np.bool_)
    there[np.asarray(subjects, np.int64)] = True
    return np.flatnonzero(there)


def _sizes(groups: Codes, total: int) -> npt.NDArray[np.int64]:
    return np.bincount(groups[groups >= 0], minlength=total).astype(np.int64)
