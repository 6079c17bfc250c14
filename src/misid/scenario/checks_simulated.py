"""What no single field can tell of the people in a gallery, and of the blocks that only the simulation reads.

All checks look at best values.  Where a default would make a plain file invalid, only what the file itself asks for is
held against it.  To ask is to give what silence would not have given: the resolved form repeats every default, and must
stay valid.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from misid.errors import Fault
from misid.scenario.blocks import plain_number
from misid.scenario.checks import SHARE_TOLERANCE, Names, field, number
from misid.scenario.faults import related
from misid.scenario.files import Document, FieldPath

WHOLES: tuple[tuple[FieldPath, FieldPath], ...] = (
    (("together", "household_share"), ("together", "workplace_share")),
    (("records", "linked_to_another"), ("records", "entered_wrongly")),
)
TWINS: tuple[FieldPath, FieldPath] = (("families", "fraternal_twin_share"), ("kin", "identical_twin_share"))

IMAGES: FieldPath = ("gallery", "images_per_person")
SIBLINGS: FieldPath = ("families", "siblings")


def check_simulated(
    plain: Mapping[str, Any], unsaid: Mapping[str, Any], document: Document, broken: Collection[FieldPath]
) -> list[Fault]:
    """Check what a filled scenario says of people, records, rules and configurations.

    Parameters
    ----------
    plain : mapping
        Filled, in plain types; parts that were faulty may be missing.
    unsaid : mapping
        The same, had the file said nothing but the names of its rules.
    document : Document
        Where the faults are.
    broken : collection of tuple
        Paths that have a fault already; what needs them is passed over.

    Returns
    -------
    list of Fault
    """
    filled = _Filled(plain, unsaid, document, broken)
    return [
        *_check_wholes(filled),
        *_check_people(filled),
        *_check_databases(filled),
        *_check_rules(filled),
        *_check_hotlist(filled),
    ]


class _Filled:
    """A filled scenario, and what of it the file says itself."""

    def __init__(
        self,
        plain: Mapping[str, Any],
        unsaid: Mapping[str, Any],
        document: Document,
        broken: Collection[FieldPath],
    ) -> None:
        self.plain, self.unsaid, self.document, self.broken = plain, unsaid, document, broken

    def at(self, path: FieldPath) -> Any:
        """Return what stands at a path."""
        return field(self.plain, *path)

    def value(self, path: FieldPath) -> float | None:
        """Return a best value; None if it is missing or has a fault already."""
        return None if self.faulty(path) else number(self.at(path))

    def faulty(self, *paths: FieldPath) -> bool:
        """Say whether anything at one of the paths, or around it, has a fault already."""
        return any(related(path, other) for path in paths for other in self.broken)

    def asked(self, path: FieldPath) -> bool:
        """Say whether the file itself asks for what stands at a path."""
        return self.at(path) is not None and self.at(path) != field(self.unsaid, *path)

    def given(self, path: FieldPath) -> bool:
        """Say whether the file writes the field at all."""
        return field(self.document.data, *path) is not None

    def fault(self, paths: tuple[FieldPath, ...], what: str, fix: str) -> Fault:
        """Return a fault at the first of the paths that the file writes, or else at the first."""
        return self.document.fault(next(filter(self.given, paths), paths[0]), what, fix)

    def default(self, path: FieldPath) -> str:
        """Return words that mark a value the file does not give."""
        return "" if self.given(path) else " (the default)"


def _check_wholes(filled: _Filled) -> Iterator[Fault]:
    """Find two parts of one whole that are more than it."""
    for one, other in (*WHOLES, *([TWINS] if filled.asked(TWINS[0]) else [])):
        first, second = filled.value(one), filled.value(other)
        if first is None or second is None or first + second <= 1 + SHARE_TOLERANCE:
            continue
        terms = [
            f"{'.'.join(map(str, path))} {plain_number(x)}{filled.default(path)}"
            for path, x in ((one, first), (other, second))
        ]
        what = f"more than a whole: {' + '.join(terms)} = {first + second:.9g}"
        yield filled.fault((one, other), what, "lower one of them")


def _check_people(filled: _Filled) -> Iterator[Fault]:
    """Find a gallery with fewer people than one, or than one and the relatives that the file gives them."""
    references = filled.value(("gallery", "n_references"))
    per_person = filled.value(IMAGES)
    if references is None or per_person is None:
        return
    if per_person > references and filled.asked(IMAGES):
        yield filled.document.fault(
            IMAGES,
            f"more images per person than images: {plain_number(per_person)} > {plain_number(references)}",
            "lower it or raise gallery.n_references",
        )
    if references <= 1:
        return
    people = references / per_person
    siblings, twins = filled.value(SIBLINGS), filled.value(TWINS[0])
    for path, relatives, lower in (
        (SIBLINGS, siblings, "lower it"),
        (TWINS[0], 1.0 if twins else None, "set it to 0"),
    ):
        if relatives and 1 + relatives > people and filled.asked(path):
            yield filled.document.fault(
                path,
                f"more relatives than people: 1 + {plain_number(relatives)} > {people:.9g} enrolled",
                f"{lower}, raise gallery.n_references or lower gallery.images_per_person",
            )


def _check_databases(filled: _Filled) -> Iterator[Fault]:
    """Find databases of one precedence, statuses that are not there, and statuses that none covers."""
    here: FieldPath = ("records", "databases")
    databases = filled.at(here) or {}
    ranks: dict[int, str] = {}
    names = Names(filled.plain, filled.document, filled.broken)
    for name, database in databases.items():
        rank = field(database, "precedence")
        if rank is not None and ranks.setdefault(rank, name) != name:
            yield filled.document.fault(
                (*here, name, "precedence"),
                f"{rank} is the precedence of {ranks[rank]!r} already",
                "give each database its own",
            )
        for status in field(database, "covers") or ():
            yield from names.must_be_among((*here, name, "covers", status), status, "status", "statuses")
    if filled.faulty(here, ("statuses",), ("stops",), ("gallery", "passport_photos_searched")):
        return
    nowhere = [
        status
        for status in _stopped(filled)
        if _enrolled(filled, status) and all(_covers(database, status) == 0.0 for database in databases.values())
    ]
    if nowhere and databases:
        yield filled.document.fault(
            here,
            f"no database holds anybody with status {', '.join(map(repr, nowhere))}, and some are enrolled",
            "name the status under covers of one, or raise its covers_others",
        )


def _covers(database: Mapping[str, Any], status: str) -> float | None:
    named = field(database, "covers", status)
    return number(field(database, "covers_others") if named is None else named)


def _stopped(filled: _Filled) -> list[str]:
    """Return the statuses of those who are stopped, each once."""
    blocks = [block for stop in filled.at(("stops",)).values() for block in stop.get("blocks", ())]
    shares = [
        (status, share)
        for block in blocks
        if number(block.get("share")) != 0.0
        for status, share in block.get("status", {}).items()
    ]
    return list(dict.fromkeys(status for status, share in shares if number(share) != 0.0))


def _enrolled(filled: _Filled, status: str) -> bool:
    """Say whether anybody of a status is in the gallery, with as many passport photos as it has."""
    passports = number(filled.at(("gallery", "passport_photos_searched")))
    entry: FieldPath = ("statuses", status)
    tables = [
        name
        for name, weight in (
            ("enrolled", passports),
            ("enrolled_without_passports", None if passports is None else 1 - passports),
        )
        if weight
    ]
    return any(number(share) for name in tables for share in (filled.at((*entry, name)) or {}).values())


def _check_rules(filled: _Filled) -> Iterator[Fault]:
    """Find rules whose switches contradict each other."""
    for name, rule in (filled.at(("rules",)) or {}).items():
        here: FieldPath = ("rules", name)
        scans, claimed, readers = (
            (*here, "scans"),
            (*here, "claimed_identity_first"),
            (*here, "readers"),
        )
        if filled.faulty(scans):
            continue
        if rule.get("scans") == "nobody":
            if rule.get("claimed_identity_first") is True and not filled.faulty(claimed):
                yield filled.fault(
                    (claimed, scans),
                    "claimed_identity_first where scans is nobody: there is no photo to compare",
                    "set claimed_identity_first to false or change scans",
                )
            if filled.asked(readers) and not filled.faulty(readers):
                yield filled.document.fault(
                    readers,
                    f"readers {rule['readers']} where scans is nobody: there is no hit to read",
                    "leave it out or change scans",
                )
        elif rule.get("readers") and not filled.faulty(readers):
            yield from _check_pass_rates(filled, here)


def _check_pass_rates(filled: _Filled, rule: FieldPath) -> Iterator[Fault]:
    """Find readers who would rather take strangers than mates: no criterion on what they see does that."""
    wrong, right = (*rule, "wrong_person_passes"), (*rule, "right_hit_passes")
    strangers, mates = filled.value(wrong), filled.value(right)
    if strangers is None or mates is None or strangers <= mates:
        return
    yield filled.fault(
        (wrong, right),
        "readers who pass wrong persons rather than right hits: "
        f"{plain_number(strangers)}{filled.default(wrong)} > {plain_number(mates)}{filled.default(right)}",
        "correct one of them, or set readers to 0 if no person decides",
    )


def _check_hotlist(filled: _Filled) -> Iterator[Fault]:
    """Find a configuration of the file's own that searches a list on which nobody stands."""
    if filled.faulty(("gallery", "mix"), ("statuses",)):
        return
    mix, statuses = filled.at(("gallery", "mix")) or {}, filled.at(("statuses",)) or {}
    listed = [number(field(entry, "adverse")) for entry in mix.values()]
    # A wrong record of somebody whom no action fits calls for one, too.
    listed += [number(p) for entry in statuses.values() for p in entry.get("record_error", {}).values()]
    if any(p != 0.0 for p in listed) or any(entry.get("action_supported") is not False for entry in statuses.values()):
        return
    for name, configuration in (filled.at(("configurations",)) or {}).items():
        here: FieldPath = ("configurations", name)
        switch = (*here, "hotlist_only")
        if configuration.get("hotlist_only") is True and filled.asked(here) and not filled.faulty(switch):
            yield filled.fault(
                (switch, here),
                "searches only records that call for an action, and there are none",
                "set it to false, or raise an adverse share of gallery.mix",
            )
