"""What is recorded about subjects: their groups, and who is enrolled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import NO_GROUP, Asked, Codes, Flags, People
from misid.evaluation.ingest.assemble import Notes
from misid.evaluation.ingest.faults import Problems, number, refuse
from misid.evaluation.ingest.groups import cells
from misid.evaluation.ingest.numbering import Numbering
from misid.evaluation.ingest.pseudonyms import Pseudonyms
from misid.evaluation.ingest.relation import Table, identity, opened
from misid.evaluation.ingest.roles import KNOWN, plain, roles, side_columns
from misid.storage import name

Labels = npt.NDArray[np.object_]
SEPARATOR = " / "


def group_columns(names: Sequence[str], personal: Sequence[str], asked: Asked, problems: Problems) -> dict[str, str]:
    """Find the columns of a table of comparisons that hold the groups asked for.

    Parameters
    ----------
    names, personal : sequence of str
        Columns of the file, and those that hold subjects or samples.
    asked : Asked
        ``groups``; with ``subjects``, a group may stand in that table instead.
    problems : Problems
        Takes a fault for every group that is nowhere.

    Returns
    -------
    dict of str to str
        Column of the file by the column of the view: ``group_probe_0``, ``group_reference_0`` and so on.
    """
    found = {}
    for at, group in enumerate(asked.groups):
        sides = side_columns(names, group)
        if set(sides.values()) & set(personal):
            problems.add(f"{group!r} says who somebody is; it makes no groups", "name what many share", field="groups")
        elif not sides and not asked.subjects:
            problems.add(
                f"there are no columns probe_{group} and reference_{group}",
                "name a group that the file holds, or give a table of subjects",
                field="groups",
            )
        else:
            found.update({f"group_{side}_{at}": column for side, column in sides.items()})
    return found


def groups_in_rows(
    table: Table, made: Sequence[str], subjects: Numbering, count: int, problems: Problems
) -> dict[int, Labels]:
    """Return the group of each subject by the number of the group asked for.

    Parameters
    ----------
    table : Table
        With the view ``taken``.
    made : sequence of str
        Columns of `group_columns`.
    subjects : Numbering
        Numbers the subjects.
    count : int
        Subjects.
    problems : Problems
        Takes a fault where a subject is in two groups.

    Returns
    -------
    dict of int to ndarray of str or None, shape (M,)
        None where nothing is recorded.
    """
    found: dict[int, Labels] = {}
    for at in sorted({int(column.rsplit("_", 1)[1]) for column in made}):
        sides = [column for column in made if column.endswith(f"_{at}")]
        parts = " UNION ".join(
            f"SELECT {'probe' if '_probe_' in column else 'reference'} AS one, {name(column)} AS label FROM taken"
            for column in sides
        )
        rows = table.arrays(
            f"SELECT {subjects.sql('one')} AS subject, label FROM ({parts}) WHERE one IS NOT NULL AND label IS NOT NULL"
        )
        codes = subjects.numbers(rows["subject"])
        found[at] = one_each(codes, rows["label"], count, "the columns of the groups", problems)
    return found


def one_each(codes: Codes, labels: npt.NDArray[Any], count: int, where: str, problems: Problems) -> Labels:
    """Return one label for each subject, and note how many have several.

    Parameters
    ----------
    codes : ndarray of int32, shape (n,)
        Subjects; negative ones are passed over.
    labels : ndarray of str, shape (n,)
        Their labels.
    count : int
        Subjects.
    where : str
        Where they stand, for the fault.
    problems : Problems
        Takes the fault.

    Returns
    -------
    ndarray of str or None, shape (count,)
        By subject.
    """
    found: Labels = np.full(count, None, object)
    known = codes >= 0
    pairs = set(zip(codes[known].tolist(), map(str, labels[known].tolist()), strict=True))
    for code, label in sorted(pairs):
        found[code] = label
    distinct = len({code for code, _ in pairs})
    if len(pairs) > distinct:
        times = np.bincount([code for code, _ in pairs])
        problems.add(
            f"{number(int((times > 1).sum()), 'subject')} in two groups or more, in {where}",
            "give each subject one group",
            field="groups",
        )
    return found


def subject_table(asked: Asked, missing: Sequence[int], registry: Pseudonyms, problems: Problems) -> dict[int, Labels]:
    """Read groups from a table of subjects.

    Parameters
    ----------
    asked : Asked
        ``subjects`` is the path of the table, ``groups`` are its columns.
    missing : sequence of int
        Numbers of the groups to be read.
    registry : Pseudonyms
        Knows the subjects already; others in the table are passed over.
    problems : Problems
        Takes the faults.

    Returns
    -------
    dict of int to ndarray of str or None, shape (M,)
        By number of the group.
    """
    if not missing:
        return {}
    with opened(Path(asked.subjects)) as table:
        there = Problems(asked.subjects)
        found = roles(table.types, replace(asked, columns=()), there)
        by_plain = {plain(column): column for column in table.types}
        if "subject" not in found:
            there.add("the table names no subjects", f"give it a column {' or '.join(KNOWN['subject'])}")
        for at in missing:
            if plain(asked.groups[at]) not in by_plain or by_plain[plain(asked.groups[at])] == found.column.get(
                "subject"
            ):
                there.add(f"the table has no column {asked.groups[at]!r} that makes groups", field="groups")
        there.raise_if_any()
        result = {}
        for at in missing:
            label = f"nullif(trim({name(by_plain[plain(asked.groups[at])])}::VARCHAR), '')"
            rows = table.arrays(
                f"SELECT DISTINCT {identity(table, found['subject'])} AS subject, {label} AS label FROM given "
                f"WHERE {identity(table, found['subject'])} IS NOT NULL AND {label} IS NOT NULL"
            )
            result[at] = one_each(
                registry.find(rows["subject"]), rows["label"], registry.count, asked.subjects, problems
            )
    return result


def grouped(
    people: People, labels: dict[int, Labels], probes: npt.ArrayLike, references: npt.ArrayLike
) -> tuple[People, list[str], list[str]]:
    """Cross labels into groups, and keep those that are large enough.

    Parameters
    ----------
    people : People
        Without groups.
    labels : dict of int to ndarray of str or None, shape (M,)
        Crossed in the order of their numbers; a subject without one of them has no group.
    probes, references : array_like of int
        Subjects on either side.

    Returns
    -------
    people : People
        With groups, as `misid.evaluation.ingest.groups.cells` lets them stand.
    said, caveats : list of str
        What was put together.
    """
    if not labels:
        return people, [], []
    columns = [labels[at] for at in sorted(labels)]
    known = np.all([[label is not None for label in column] for column in columns], axis=0)
    crossed = np.array([SEPARATOR.join(map(str, parts)) for parts in zip(*columns, strict=True)], dtype=object)
    names = sorted(set(crossed[known].tolist()))
    place = {label: at for at, label in enumerate(names)}
    group = np.array(
        [place[label] if there else NO_GROUP for label, there in zip(crossed.tolist(), known.tolist(), strict=True)],
        np.int32,
    )
    kept, said = cells(replace(people, group=group, group_names=tuple(names)), probes, references)
    changed = kept.group_names != tuple(names)
    return kept, list(said), ["groups_merged"] if changed else []


def people_of(
    table: Table,
    asked: Asked,
    registry: Pseudonyms,
    groups: Sequence[str],
    subjects: Numbering,
    problems: Problems,
    notes: Notes,
) -> People:
    """Return who is in a table, with the groups asked for.

    Parameters
    ----------
    table : Table
        With the view ``taken``.
    asked : Asked
        ``groups`` and ``subjects``.
    registry : Pseudonyms
        Knows all subjects of the table.
    groups : sequence of str
        Columns of `group_columns`.
    subjects : Numbering
        Numbers the subjects.
    problems, notes : Problems, Notes
        Take faults and sentences.

    Returns
    -------
    People
        Groups as `misid.evaluation.ingest.groups.cells` lets them stand.

    Raises
    ------
    InvalidInput
        If a subject is in two groups.
    """
    count = registry.count
    people = People(count)
    if not asked.groups:
        return people
    labels = groups_in_rows(table, groups, subjects, count, problems)
    labels |= subject_table(asked, [at for at in range(len(asked.groups)) if at not in labels], registry, problems)
    problems.raise_if_any()
    sides = [
        subjects.numbers(
            table.arrays(f"SELECT DISTINCT {subjects.sql(side)} AS one FROM taken WHERE {side} IS NOT NULL")["one"]
        )
        for side in ("probe", "reference")
    ]
    people, said, caveats = grouped(people, labels, sides[0], sides[1])
    notes.say(f"Groups are made of {' and '.join(asked.groups)}.")
    notes.assumed += said
    notes.caveats += caveats
    return people


def enrolled_list(path: str, registry: Pseudonyms) -> tuple[Flags, int]:
    """Read who is enrolled.

    Parameters
    ----------
    path : str
        A list of subjects, one a line; a first line ``subject`` or the like is passed over.
    registry : Pseudonyms
        Knows the subjects of the data already.

    Returns
    -------
    enrolled : ndarray of bool, shape (M,)
        Whether each subject of the data is.
    count : int
        Subjects on the list.

    Raises
    ------
    InvalidInput
        If it cannot be read, or is empty.
    """
    try:
        lines = Path(path).read_text("utf-8-sig").split("\n")
    except OSError as error:
        refuse(path, f"cannot be read: {error.strerror or 'it is no plain file'}", "check the path", field="enrolled")
    except UnicodeDecodeError:
        lines = []
    names = [line.strip().strip('"') for line in lines]
    heading = {known for role in ("subject", "reference_subject") for known in KNOWN[role]}
    if names and plain(names[0]) in heading:
        names = names[1:]
    distinct = sorted({one for one in names if one})
    if not distinct:
        refuse(path, "the list names nobody", "give one subject a line, in UTF-8", field="enrolled")
    found = registry.find(np.array(distinct, dtype=object))
    enrolled = np.zeros(registry.count, np.bool_)
    enrolled[found[found >= 0]] = True
    return enrolled, len(distinct)
