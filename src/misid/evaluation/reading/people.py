"""Who is in the data: samples that are one subject, groups of subjects, who is enrolled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import NO_GROUP, Codes, Comparisons, Flags, People, ReadOptions
from misid.evaluation.reading.columns import ROLES, find_roles, names_subjects, plain_name, side_columns
from misid.evaluation.reading.content import PARQUET, FileContent
from misid.evaluation.reading.faults import Problems, count_of
from misid.evaluation.reading.read import Reading
from misid.evaluation.reading.tables import DataTable, GroupColumns, NameNumbers, group_name, opened_table
from misid.evaluation.reading.text import Index, WordNumbers, cells, delimiter_of, read_columns, separate_by_blanks
from misid.storage import name
from misid.vocabulary.catalogue import say

MOST_GROUPS = 64
LONGEST_LABEL = 100  # letters
LEAST_IN_GROUP = 20  # subjects, on either side
LEAST_PROBES = 50  # probe subjects, over all groups
OTHERS = "other groups"
SEPARATOR = " / "

Labels = npt.NDArray[np.object_]  # of each subject, None where nothing is recorded


def linked(nodes: int, first: npt.ArrayLike, second: npt.ArrayLike) -> Index:
    """Return the connected set of each sample: samples joined by a chain of mate links are one subject."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows, columns = np.asarray(first, np.int64), np.asarray(second, np.int64)
    graph = coo_array((np.ones(rows.size, np.int8), (rows, columns)), shape=(nodes, nodes))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def group_columns(
    names: Sequence[str], personal: Sequence[str], options: ReadOptions, problems: Problems
) -> GroupColumns:
    """Return the columns of a table of comparisons that hold the groups of the options.

    With ``subjects``, a group may stand there instead.
    """
    found = {}
    for at, group in enumerate(options.groups):
        sides = side_columns(names, group)
        if set(sides.values()) & set(personal):
            refuse_personal_group(group, problems)
        elif sides:
            found[at] = sides
        elif not options.subjects:
            problems.add(
                f"there are no columns probe_{group} and reference_{group}",
                "name a group that the file holds, or give a table of subjects",
                field="groups",
            )
    return found


def refuse_personal_group(group: str, problems: Problems) -> None:
    """Note that a column cannot make groups."""
    problems.add(f"{group!r} says who somebody is; it makes no groups", "name what many share", field="groups")


def label_subjects(codes: Codes, labels: npt.NDArray[Any], where: str, problems: Problems, reading: Reading) -> Labels:
    """Return one label for each subject, and note how many have several; negative codes are passed over."""
    found: Labels = np.full(reading.pseudonyms.count, None, object)
    known = codes >= 0
    pairs = set(zip(codes[known].tolist(), map(str, labels[known].tolist()), strict=True))
    if long := {label for _, label in pairs if len(label) > LONGEST_LABEL}:
        what = f"{count_of(len(long), 'group')} whose name is longer than {LONGEST_LABEL} letters, in {where}"
        problems.add(what, "give groups short names", field="groups")
    for code, label in sorted(pairs):
        found[code] = label
    times = np.bincount([code for code, _ in pairs])
    if several := int((times > 1).sum()):
        what = f"{count_of(several, 'subject')} in two groups or more, in {where}"
        problems.add(what, "give each subject one group", field="groups")
    return found


def people_in_table(table: DataTable, reading: Reading, subjects: NameNumbers) -> People:
    """Return who is in the view ``selected``, with groups: from its columns, else from the table of subjects."""
    labels: dict[int, Labels] = {}
    for at, sides in table.groups.items():
        parts = " UNION ".join(f"SELECT {side} AS one, {group_name(side, at)} AS label FROM selected" for side in sides)
        rows = table.arrays(
            f"SELECT {subjects.sql('one')} AS subject, label FROM ({parts}) WHERE one IS NOT NULL AND label IS NOT NULL"
        )
        codes, where = subjects.numbers(rows["subject"]), "the columns of the groups"
        labels[at] = label_subjects(codes, rows["label"], where, table.problems, reading)

    def side(one: str) -> Codes:
        rows = table.arrays(f"SELECT DISTINCT {subjects.sql(one)} AS one FROM selected WHERE {one} IS NOT NULL")
        return subjects.numbers(rows["one"])

    if not reading.options.groups:
        return People(reading.pseudonyms.count)
    return people_in_groups(labels, side("probe"), side("reference"), table.problems, reading)


def people_in_groups(
    labels: dict[int, Labels], probes: npt.ArrayLike, references: npt.ArrayLike, problems: Problems, reading: Reading
) -> People:
    """Return who is in the data, in groups: ``labels`` by the number of the group, else ``subjects``.

    Groups are crossed in the order of their numbers; a subject without one of them has no group.  ``probes`` and
    ``references`` are the subjects on either side.
    """
    people, groups = People(reading.pseudonyms.count), reading.options.groups
    if not groups:
        return people
    missing = [at for at in range(len(groups)) if at not in labels]
    if missing:
        labels |= _labels_of_subjects(missing, problems, reading)
    problems.raise_if_any()
    columns = [labels[at] for at in sorted(labels)]
    known = np.all([[label is not None for label in column] for column in columns], axis=0)
    crossed = np.array([SEPARATOR.join(map(str, parts)) for parts in zip(*columns, strict=True)], dtype=object)
    names = sorted(set(crossed[known].tolist()))
    place = {label: at for at, label in enumerate(names)}
    whole = zip(crossed.tolist(), known.tolist(), strict=True)
    group = np.array([place[label] if there else NO_GROUP for label, there in whole], np.int32)
    people, merged = merge_groups(replace(people, group=group, group_names=tuple(names)), probes, references)
    changed = people.group_names != tuple(names)
    reading.note(say("reading.groups", names=list(groups)), "groups_merged" if changed else "")
    reading.assumed += merged
    return people


def with_groups(pairs: Comparisons, problems: Problems, reading: Reading) -> Comparisons:
    """Add the groups that a table of subjects gives to comparisons from a file that names people and no groups."""
    sides = (pairs.mated, pairs.non_mated)
    probes, references = (np.concatenate([getattr(one, side) for one in sides]) for side in ("probe", "reference"))
    return replace(pairs, people=people_of_table(probes, references, problems, reading))


def people_of_table(probes: Codes, references: Codes, problems: Problems, reading: Reading) -> People:
    """Return who is in the data, in the groups that a table of subjects gives."""
    options = reading.options
    if bool(options.groups) != bool(options.subjects):
        lone, other = ("--groups", "--subjects") if options.groups else ("--subjects", "--groups")
        problems.refuse(f"the file holds no groups, and {lone} needs {other}", f"give {other}", field=lone)
    return people_in_groups({}, probes, references, problems, reading)


def _labels_of_subjects(missing: Sequence[int], problems: Problems, reading: Reading) -> dict[int, Labels]:
    """Read groups from the table of subjects, by their numbers; subjects that the data do not name are passed over."""
    with opened_table(reading.side["subjects"]) as table:
        found = find_roles(table.types, replace(reading.options, columns=()), table.problems)
        by_plain = {plain_name(column): column for column in table.types}
        if "subject" not in found:
            table.problems.add("the table names no subjects", f"give it a column {' or '.join(ROLES['subject'].names)}")
        groups: Mapping[int, str] = {at: reading.options.groups[at] for at in missing}
        for group in groups.values():
            column = by_plain.get(plain_name(group))
            if column is None or column == found.column.get("subject"):
                table.problems.add(f"the table has no column {group!r} that makes groups", field="groups")
        table.problems.raise_if_any()
        table.load(list(table.types))
        subject, labels = reading.names.sql(f"({table.identity(found['subject'])})::VARCHAR"), {}
        for at, group in groups.items():
            label = f"nullif(trim({name(by_plain[plain_name(group)])}::VARCHAR), '')"
            rows = table.arrays(
                f"SELECT DISTINCT {subject} AS subject, {label} AS label FROM file_rows "
                f"WHERE {subject} IS NOT NULL AND {label} IS NOT NULL"
            )
            codes = reading.pseudonyms.find(rows["subject"])
            labels[at] = label_subjects(codes, rows["label"], table.content.name, problems, reading)
    return labels


def subjects_of(content: FileContent, samples: Sequence[str]) -> list[str]:
    """Return the subject of each sample, from a table of both or from lines of ``sample subject``; refuse what misses.

    The column of samples is the one that names most of them.
    """
    best: dict[str, str] = {}
    several = 0
    for one, subject in _sample_columns(content):
        pairs = dict(zip(one, subject, strict=True))
        if sum(name in pairs for name in samples) > sum(name in best for name in samples):
            best, several = pairs, len(set(zip(one, subject, strict=True))) - len(pairs)
    problems = content.problems
    if missing := sum(name not in best for name in samples):
        what = f"the table lacks {count_of(missing, 'sample')} of {len(samples):,}"
        problems.add(what, "name every sample in one column, as the trials do, and its subject in a column subject")
    if several:
        problems.add(f"{count_of(several, 'sample')} with two subjects or more", "give each sample one subject")
    problems.raise_if_any()
    return [best[name] for name in samples]


def covered(content: FileContent, samples: Sequence[str]) -> bool:
    """Tell whether a column of a table of subjects, other than the subjects, names all samples."""
    return any(set(samples) <= set(one) for one, _ in _sample_columns(content))


def _sample_columns(content: FileContent) -> Iterator[tuple[list[str], list[str]]]:
    """Yield, for each column that may hold samples, it and the subjects beside it."""
    if not content.data.startswith(PARQUET):
        content.check_text()
        rows = [cells(line, delimiter_of(line)) for line in content.head()]
        if all(len(row) == 2 for row in rows) and not any(
            names_subjects(word.decode("utf-8", "replace")) for word in rows[0]
        ):
            separate_by_blanks(content)
            content.clean()
            samples, subjects = WordNumbers(), WordNumbers()
            _, (first, second) = read_columns(content, 2, [(0, samples), (1, subjects)], scored=False)
            content.problems.raise_if_any()
            texts = samples.texts(), subjects.texts()
            yield [texts[0][at] for at in first.tolist()], [texts[1][at] for at in second.tolist()]
            return
    with opened_table(content) as table:
        subject = next((one for one in table.types if names_subjects(one)), None)
        if subject is None:
            table.problems.refuse(
                "the table names no subjects", f"give it a column {' or '.join(ROLES['subject'].names)}"
            )
        table.load(list(table.types))
        for column in table.types:
            if column == subject:
                continue
            one, of = (f"({table.identity(each)})::VARCHAR" for each in (column, subject))
            found = table.arrays(
                f"SELECT {one} AS one, {of} AS subject FROM file_rows WHERE {one} IS NOT NULL AND {of} IS NOT NULL"
            )
            yield found["one"].tolist(), found["subject"].tolist()


def merge_groups(
    people: People, probe_subjects: npt.ArrayLike, reference_subjects: npt.ArrayLike
) -> tuple[People, tuple[str, ...]]:
    """Put small groups together, or leave them out; say how many, never who.

    Groups below the least size become one, named `OTHERS`, if together they reach it; else their subjects have
    `NO_GROUP`.  A figure for a small group would say something about its few members.  At most
    `MOST_GROUPS` groups are left, each with at least `LEAST_IN_GROUP` subjects on both sides; ``group`` is None where
    no group is left or fewer than `LEAST_PROBES` probe subjects are known.
    """
    if people.group is None:
        return people, ()
    nobody = replace(people, group=None, group_names=())
    probes, references = np.unique(probe_subjects), np.unique(reference_subjects)
    if probes.size < LEAST_PROBES:
        there = count_of(int(probes.size), "probe subject")
        return nobody, (f"No figures by group: {there}, and at least {LEAST_PROBES} are needed.",)
    total = len(people.group_names)
    grouped = (people.group[side] for side in (probes, references))
    on_probes, on_references = (np.bincount(of[of >= 0], minlength=total) for of in grouped)
    smaller = np.minimum(on_probes, on_references)
    large = smaller >= LEAST_IN_GROUP
    remarks, few = [], say("reading.merge.few", least=LEAST_IN_GROUP)
    if int(large.sum()) > MOST_GROUPS:
        # The largest stay; of two alike, the one that comes first.
        order = np.argsort(-smaller, kind="stable")
        large = np.zeros(total, np.bool_)
        large[order[: MOST_GROUPS - 1]] = True
        few = say("reading.merge.fewer")
        remarks.append(say("reading.merge.largest", most=MOST_GROUPS, stay=MOST_GROUPS - 1))
    small = ~large & (on_probes + on_references > 0)
    names = tuple(name for name, stays in zip(people.group_names, large, strict=True) if stays)
    new = np.full(total + 1, NO_GROUP, np.int32)  # its last place is that of NO_GROUP
    new[:-1][large] = np.arange(len(names), dtype=np.int32)
    if count := int(small.sum()):
        left = int(on_probes[small].sum())
        if min(left, int(on_references[small].sum())) >= LEAST_IN_GROUP and count > 1:
            new[:-1][small] = len(names)
            names += (OTHERS,)
            remarks.append(say("reading.merge.together", n=count, few=few, name=repr(OTHERS)))
        else:
            of = {"groups": say("reading.merge.groups", n=count), "subjects": say("reading.merge.subjects", n=left)}
            remarks.append(say("reading.merge.left_out", few=few, **of))
    if unknown := int((people.group[probes] == NO_GROUP).sum()):
        remarks.append(say("reading.merge.unknown", n=unknown))
    if not names:
        return nobody, (*remarks, say("reading.merge.none", least=LEAST_IN_GROUP))
    return replace(people, group=new[people.group], group_names=names), tuple(remarks)


def searched_subjects(content: FileContent, reading: Reading) -> tuple[Codes, Index]:
    """Return the probe subjects on a list of all searches, one a line, and how many searches each has."""
    names, times = np.unique(_listed(content, reading, "searched"), return_counts=True)
    return reading.pseudonyms.codes(names.astype(object)), times


def enrolled_subjects(content: FileContent, reading: Reading) -> tuple[Flags, int]:
    """Return which subjects of the data are on a list of the enrolled, one a line, and how many are on the list."""
    distinct = sorted(set(_listed(content, reading, "enrolled")))
    found = reading.pseudonyms.find(np.array(distinct, dtype=object))
    enrolled = np.zeros(reading.pseudonyms.count, np.bool_)
    enrolled[found[found >= 0]] = True
    return enrolled, len(distinct)


def _listed(content: FileContent, reading: Reading, field: str) -> list[str]:
    """Return the names on a list of subjects, one a line, as the data spell them."""
    try:
        names = [line.strip().strip('"') for line in content.data.decode("utf-8-sig").split("\n")]
    except UnicodeDecodeError:
        names = []
    heading = {known for role in ("subject", "probe_subject", "reference_subject") for known in ROLES[role].names}
    if names and plain_name(names[0]) in heading:
        names = names[1:]
    found = [reading.names.key(one) for one in names if one]
    if not found:
        content.problems.refuse("the list names nobody", "give one subject a line, in UTF-8", field=field)
    return found
