"""Which column of a table is what: one list of the names that are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from misid.errors import UnknownName, did_you_mean
from misid.evaluation.contract import Asked
from misid.evaluation.ingest.faults import Problems, listed

# Names as they stand in files of other tools (PEERS.md, 2) and of laboratories; the first that a file holds is taken.
KNOWN: dict[str, tuple[str, ...]] = {
    "probe_subject": ("probe_subject", "probe_subject_id", "query_subject", "real_id"),
    "reference_subject": (
        "reference_subject",
        "reference_subject_id",
        "gallery_subject",
        "gallery_subject_id",
        "bio_ref_subject_id",
        "candidate_subject",
        "claimed_id",
    ),
    "score": ("score", "similarity", "similarity_score", "distance", "dissimilarity"),
    "mated": ("mated", "genuine", "label", "is_mated", "is_genuine"),
    "enrolled": ("enrolled", "probe_enrolled"),
    "search": ("search", "search_id"),
    "probe_sample": ("probe_sample", "probe_sample_id", "probe_key", "probe_template_id", "test_label"),
    "reference_sample": (
        "reference_sample",
        "reference_sample_id",
        "gallery_sample",
        "gallery_sample_id",
        "bio_ref_template_id",
        "model_label",
    ),
    "rank": ("rank", "candidate_rank"),
    "attack": ("probe_attack_type", "attack_type"),
    "subject": ("subject", "subject_id"),
}
WORDS = {
    "probe_subject": "the probe's subject",
    "reference_subject": "the reference's subject",
    "score": "the score",
    "mated": "whether the pair is mated",
    "enrolled": "whether the probe's subject is enrolled",
    "search": "the search",
    "probe_sample": "the probe's sample",
    "reference_sample": "the reference's sample",
    "rank": "the rank",
    "attack": "the kind of attack",
    "subject": "the subject",
}
# Rows are never kept or taken by these: that would single somebody out.
PERSONAL = ("probe_subject", "reference_subject", "subject", "search")
LOWER_IS_ALIKE = ("distance", "dissimilarity")
SIDES = {"probe": ("probe_",), "reference": ("reference_", "gallery_", "bio_ref_")}


@dataclass(frozen=True)
class Roles:
    """Columns of one table by what they are.

    Parameters
    ----------
    column : mapping of str to str
        Column of each role that the table has.
    lower : bool
        Whether a lower score is more alike.
    said : tuple of str
        What was taken for what.
    """

    column: Mapping[str, str]
    lower: bool
    said: tuple[str, ...]

    def __contains__(self, role: str) -> bool:
        return role in self.column

    def __getitem__(self, role: str) -> str:
        return self.column[role]


def plain(name: str) -> str:
    """Return a column's name in small letters, with ``_`` for blanks and hyphens."""
    return "_".join(name.strip().lower().replace("-", " ").split())


def roles(names: Iterable[str], asked: Asked, problems: Problems) -> Roles:
    """Find out which column is what.

    Parameters
    ----------
    names : iterable of str
        Columns of the file.
    asked : Asked
        ``columns`` goes before the known names; ``dissimilarity`` turns the score round.
    problems : Problems
        Takes the faults: a column asked for that is not there, or twice the same column.

    Returns
    -------
    Roles
        Every role that was found.

    Raises
    ------
    UnknownName
        If ``asked.columns`` names a role that does not exist.
    """
    names = list(names)
    by_plain = {plain(name): name for name in reversed(names)}
    found: dict[str, str] = {}
    for role, column in asked.columns:
        if role not in KNOWN:
            raise UnknownName("role of a column", role, KNOWN)
        if column in names or plain(column) in by_plain:
            found[role] = column if column in names else by_plain[plain(column)]
        else:
            problems.add(f"there is no column {column!r}{did_you_mean(column, names)}", field=role)
    taken = set(found.values())
    for role, known in KNOWN.items():
        if role not in found:
            fits = [by_plain[name] for name in known if name in by_plain and by_plain[name] not in taken]
            if fits:
                found[role] = fits[0]
                taken.add(fits[0])
    given = [column for _, column in asked.columns]
    for column in sorted({column for column in given if given.count(column) > 1}):
        problems.add(f"column {column!r} is given two roles", "give each role a column of its own")
    by_name = plain(found.get("score", "")) in LOWER_IS_ALIKE
    lower = asked.dissimilarity or by_name
    said = [f"{listed(f'column {column!r} is {WORDS[role]}' for role, column in found.items())}."] if found else []
    if "score" in found:
        said.append(_direction(found["score"], lower, by_name and not asked.dissimilarity))
    return Roles(found, lower, tuple(sentence[0].upper() + sentence[1:] for sentence in said))


def _direction(column: str, lower: bool, by_name: bool) -> str:
    if not lower:
        return "A higher score is more alike."
    why = f", since its column is named {column!r}" if by_name else ""
    return f"A lower score is more alike{why}: scores stand with a minus sign."


def side_columns(names: Iterable[str], group: str) -> dict[str, str]:
    """Return the columns that hold a group of the probe's and of the reference's subject.

    Parameters
    ----------
    names : iterable of str
        Columns of the file.
    group : str
        Name of the group, without ``probe_`` before it.

    Returns
    -------
    dict of str to str
        Column by ``"probe"`` and ``"reference"``; a side that has none is not there.
    """
    by_plain = {plain(name): name for name in names}
    found = {}
    for side, prefixes in SIDES.items():
        for prefix in prefixes:
            if prefix + plain(group) in by_plain:
                found[side] = by_plain[prefix + plain(group)]
                break
    return found


def check_conditions(
    conditions: Iterable[tuple[str, str]],
    names: Iterable[str],
    personal: Iterable[str],
    option: str,
    problems: Problems,
) -> None:
    """Refuse conditions on columns that are not there, and on those that single somebody out.

    Parameters
    ----------
    conditions : iterable of (str, str)
        Column and value.
    names : iterable of str
        Columns of the file.
    personal : iterable of str
        Columns that hold subjects.
    option : str
        Name of the option: ``"where"``.
    problems : Problems
        Takes the faults.
    """
    names, personal = list(names), set(personal)
    for column, _ in conditions:
        if column not in names:
            problems.add(f"there is no column {column!r}{did_you_mean(column, names)}", field=option)
        elif column in personal:
            problems.add(
                f"column {column!r} says who somebody is; rows are not picked by it",
                "pick rows by a condition that many people share",
                field=option,
            )
