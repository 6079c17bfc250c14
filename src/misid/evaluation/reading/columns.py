"""Which column of a table is what: one list of the names that are known."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from misid.errors import UnknownName, did_you_mean
from misid.evaluation.contract import MATED_BY, WHOLE_NAME, ReadOptions
from misid.evaluation.reading.faults import Problems
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import capital, listing


class Role(NamedTuple):
    """What a column can be; in words, ``reading.role`` of the catalogue."""

    names: tuple[str, ...]  # of the column; the first that a file holds is taken


BY_NAMES, LABEL = MATED_BY
# Names as they stand in files of other tools and of laboratories.
ROLES = {
    "probe_subject": Role(
        ("probe_subject", "probe_subject_id", "query_subject", "real_id", "subject_1", "id_1"),
    ),
    "reference_subject": Role(
        (
            "reference_subject",
            "reference_subject_id",
            "gallery_subject",
            "gallery_subject_id",
            "bio_ref_subject_id",
            "candidate_subject",
            "claimed_id",
            "subject_2",
            "id_2",
            "template_id",
        ),
    ),
    "score": Role(
        (
            *("score", "similarity", "similarity_score", "y_score", "distance", "dissimilarity", "scores", "cosine"),
            *("cosine_similarity", "sim", "llr", "comparison_score", "match_score", "dist", "cosine_distance"),
            *("euclidean_distance", "l2_distance", "cosine_sim", "cos_sim", "cos", "l_2", "euclidean"),
            *("dissimilarity_score", "distance_score"),
        )
    ),
    "mated": Role(
        (
            *(
                "mated",
                "genuine",
                "label",
                "is_mated",
                "is_genuine",
                "y_true",
                "target",
                "same",
                "is_same",
                "same_person",
            ),
            *("same_identity", "issame", "actual_issame", "target_type", "targettype", "ground_truth", "gt", "labels"),
            *("is_target", "groundtruth", "truth", "actual", "mate"),
        )
    ),
    "enrolled": Role(("enrolled", "probe_enrolled")),
    "search": Role(("search", "search_id")),
    "probe_sample": Role(("probe_sample", "probe_sample_id", "probe_key", "probe_template_id", "test_label", "p_1")),
    "reference_sample": Role(
        (
            "reference_sample",
            "reference_sample_id",
            "gallery_sample",
            "gallery_sample_id",
            "bio_ref_template_id",
            "model_label",
            "p_2",
        ),
    ),
    "rank": Role(("rank", "candidate_rank")),
    "return_code": Role(("return_code", "ret_code", "search_ret_code")),
    "assigned": Role(("is_assigned", "assigned")),
    "attack": Role(("probe_attack_type", "attack_type")),
    "subject": Role(("subject", "subject_id")),
}
# Rows are never kept or taken by these: that would single somebody out.
PERSONAL = ("probe_subject", "reference_subject", "subject", "search")
LOWER_IS_ALIKE = (
    *("distance", "dissimilarity", "dist", "cosine_distance", "euclidean_distance", "l2_distance", "l_2", "euclidean"),
    *("dissimilarity_score", "distance_score", "distmat", "dist_mat", "distance_matrix"),
)
MOST_SHOWN = 20  # columns that an error names
# Of a column of one side: what stands before its name, or after it.
SIDES = {
    "probe": re.compile(
        r"(?:probe|query|test|verif|source|left|first|[a-z]*1)_(.+)|(.+)_(?:probe|query|1|a|x|left|first)"
    ),
    "reference": re.compile(
        r"(?:reference|gallery|bio_ref|ref|enrol|enroll|enrolled|template|target|right|second|[a-z]*2)_(.+)"
        r"|(.+)_(?:reference|ref|gallery|2|b|y|right|second)"
    ),
}
# What names a subject where both sides have such a column.
OFTEN_SAMPLES = ("id", "name")
SUBJECTS = (
    *("subject", "subject_id", "person", "person_id", "identity", "identity_id", "pid", "spk", "spk_id", "speaker"),
    *("speaker_id", *OFTEN_SAMPLES),
)
# Words for a label, in small letters.
MATED = frozenset(
    (
        *("1", "1.0", "+1", "true", "t", "yes", "y", "mated", "mate", "mates", "genuine", "target", "same", "match"),
        *("matched", "positive", "pos", "intra", "client", "tar", "authentic", "g", "same person", "same_person"),
    )
)
NON_MATED = frozenset(
    (
        *("0", "0.0", "-1", "-1.0", "false", "f", "no", "n", "different", "diff", "impostor", "imposter", "impostors"),
        *("non-mated", "nonmated", "non_mated", "nontarget", "non-target", "nonmatch", "non-match", "non_target"),
        *(
            "non_match",
            "non",
            "nonmate",
            "non-mate",
            "mismatch",
            "mismatched",
            "negative",
            "neg",
            "inter",
            "i",
            "different person",
        ),
        *("different_person", "no match", "no_match", "unmatched", "unauthentic"),
    )
)


def columns_in_words(names: Sequence[str], role: str) -> str:
    """Say how a column is named by its role, and which columns there are: not where all may be names of people."""
    known = {plain_name(one): one for one in names}
    shown = names[:MOST_SHOWN] if any(word in known for other in ROLES.values() for word in other.names) else []
    near = [one for word in ROLES[role].names for one in difflib.get_close_matches(word, known, n=1, cutoff=0.8)]
    column = f"'{known[near[0]]}'" if near else "COLUMN"
    listed = f" (the columns are {', '.join(map(repr, shown))})" if shown else ""
    return f"name it {role}, or give --column {role}={column}{listed}"


@dataclass(frozen=True)
class Roles:
    """Columns of one table by what they are: ``"score" in roles``, ``roles["score"]``."""

    column: Mapping[str, str]  # of each role that the table has
    distance: bool  # whether a lower score is more alike
    named_distance: bool = False  # whether the score's name says so
    guessed: bool = False  # whether the subjects' columns may hold samples

    def __contains__(self, role: str) -> bool:
        return role in self.column

    def __getitem__(self, role: str) -> str:
        return self.column[role]

    @property
    def assumed(self) -> tuple[str, ...]:
        """Sentences: what was taken for what."""
        return tuple(_assumed(self.column, self.distance, self.named_distance))

    @property
    def named(self) -> bool:
        """Whether both subjects of a comparison are named."""
        return "probe_subject" in self and "reference_subject" in self

    @property
    def personal(self) -> list[str]:
        """Columns that hold subjects or samples."""
        return [self[role] for role in (*PERSONAL, "probe_sample", "reference_sample") if role in self]


def names_subjects(column: str) -> bool:
    """Tell whether a column of a table of subjects, or of templates, says who they are."""
    return plain_name(column) in ROLES["subject"].names


def names_scores(words: Iterable[bytes]) -> bool:
    """Tell whether words are the names of columns, one of them that of scores."""
    plain = [plain_name(word.decode("utf-8", "replace")) for word in words]
    return len(plain) > 1 and any(word in ROLES["score"].names for word in plain)


def plain_name(name: str) -> str:
    """Return a column's name in small letters, its words joined by ``_``: ``searchId``, ``search-id``, ``id1``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9]+$)", " ", name.strip())
    return "_".join(words.lower().replace("-", " ").replace("_", " ").split())


def find_roles(names: Iterable[str], options: ReadOptions, problems: Problems) -> Roles:
    """Find out which column is what; ``options.columns`` goes before the known names."""
    names = list(names)
    by_plain = {plain_name(name): name for name in reversed(names)}
    found: dict[str, str] = {}
    for role, column in options.columns:
        if role not in ROLES:
            raise UnknownName("role of a column", role, ROLES)
        if column in names or plain_name(column) in by_plain:
            found[role] = column if column in names else by_plain[plain_name(column)]
        else:
            problems.add(f"there is no column {column!r}{did_you_mean(column, names)}", field=role)
    taken = set(found.values())
    for role, (known,) in ROLES.items():
        if role not in found:
            fits = [by_plain[name] for name in known if name in by_plain and by_plain[name] not in taken]
            if fits:
                found[role] = fits[0]
                taken.add(fits[0])
    if options.subject_from not in ("", WHOLE_NAME):
        for side in ("probe", "reference"):
            subject, sample = f"{side}_subject", f"{side}_sample"
            either = found.get(subject) or found.get(sample)
            if either:
                found = {subject: either, sample: either} | found
    guessed = _guess_subjects(found, [name for name in names if name not in taken])
    if options.mated_by == LABEL and "mated" in found:  # names are those of samples, then
        for side in ("probe", "reference"):
            if (subject := found.pop(f"{side}_subject", "")) and "rank" not in found:
                found.setdefault(f"{side}_sample", subject)
    elif options.mated_by == BY_NAMES:
        found.pop("mated", None)
    chosen = [column for _, column in options.columns]
    for column in sorted({column for column in chosen if chosen.count(column) > 1}):
        problems.add(f"column {column!r} is given two roles", "give each role a column of its own")
    by_name = plain_name(found.get("score", "")) in LOWER_IS_ALIKE
    distance = options.dissimilarity or (by_name and not options.similarity)
    return Roles(found, distance, by_name and not options.dissimilarity, guessed)


def _assumed(found: Mapping[str, str], distance: bool, by_name: bool) -> Iterable[str]:
    """Yield what was taken for what, and the direction of scores."""
    if found:
        parts = [say("reading.roles.is", column=repr(one), role=say(f"reading.role.{x}")) for x, one in found.items()]
        yield say("reading.roles.are", parts=capital(listing(parts)))
    if "score" in found:
        way = "higher" if not distance else "lower_named" if by_name else "lower"
        yield say(f"reading.roles.{way}", column=repr(found["score"]))


def side_columns(names: Iterable[str], group: str) -> dict[str, str]:
    """Return the columns of a group of the probe's and of the reference's subject, by side; one may be missing."""
    plain, of_sides = plain_name(group), _by_side(names)
    found = {side: stems.get(plain, stems.get(f"subject_{plain}")) for side, stems in of_sides.items()}
    return {side: column for side, column in found.items() if column}


def _by_side(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the columns of either side, by what is left of their names."""
    found: dict[str, dict[str, str]] = {side: {} for side in SIDES}
    for name in names:
        for side, pattern in SIDES.items():
            if match := pattern.fullmatch(plain_name(name)):
                found[side].setdefault(match[1] or match[2], name)
    return found


def _guess_subjects(found: dict[str, str], names: Sequence[str]) -> bool:
    """Find the subjects' columns by their side, where no known name is there; tell whether they may hold samples."""
    roles = {"probe": "probe_subject", "reference": "reference_subject"}
    missing = [side for side in SIDES if roles[side] not in found]
    of_sides = _by_side(names)
    # An id may be a sample's: it is no subject beside one, nor in lists of candidates.
    for stem in SUBJECTS if len(missing) == 2 and "rank" not in found else SUBJECTS[: -len(OFTEN_SAMPLES)]:
        if missing and all(stem in of_sides[side] for side in missing):
            found |= {roles[side]: of_sides[side][stem] for side in missing}
            return stem in OFTEN_SAMPLES
    return False


def check_conditions(
    options: ReadOptions, option: str, names: Iterable[str], personal: Iterable[str], problems: Problems
) -> None:
    """Refuse conditions (``where``, ``probes``, ...) on columns that are not there, or that single somebody out."""
    names, personal = list(names), set(personal)
    for column, _ in getattr(options, option):
        if column not in names:
            problems.add(f"there is no column {column!r}{did_you_mean(column, names)}", field=option)
        elif column in personal:
            problems.add(
                f"column {column!r} says who somebody is; rows are not picked by it",
                "pick rows by a condition that many people share",
                field=option,
            )


def conditions_in_words(conditions: Iterable[tuple[str, str]]) -> str:
    """Return conditions as part of a sentence."""
    return listing([say("reading.roles.where", column=column, value=value) for column, value in conditions])
