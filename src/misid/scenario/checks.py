"""What no single field can show: shares that sum to one, thresholds told twice or not at all, names that exist.

All checks look at best values.  Where a template would make a plain file invalid, only what the file itself requests
counts as a fault.  To request is to give what silence would not have given: the resolved form repeats all that was
filled, and must stay valid.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from misid.algorithm import DIGEST, card_names, is_file, load_card, match, pinned
from misid.errors import Fault, InvalidInput, UnknownName, did_you_mean
from misid.scenario.document import Document, FieldPath, related
from misid.scenario.rules import rule_named, rule_parts
from misid.scenario.schema import SCHEMA, Scenario, plain_number
from misid.vocabulary import Age, ImageKind

_TOLERANCE = 1e-6  # of a sum of shares
KNOWN = ("field_fpir", "test", "vendor")
"""What may be known of a threshold, one of them."""
_PARTS: tuple[tuple[FieldPath, FieldPath], ...] = (
    (("together", "household_share"), ("together", "workplace_share")),
    (("records", "linked_to_another"), ("records", "entered_wrongly")),
)
"""Parts of one whole that need not be all of it."""
_TWINS: tuple[FieldPath, FieldPath] = (("kin", "fraternal_twin_share"), ("kin", "identical_twin_share"))
_IMAGES: FieldPath = ("gallery", "images_per_person")
_SIBLINGS: FieldPath = ("kin", "siblings")


def check_form(document: Document) -> list[Fault]:
    """Check what the person wrote, before any default fills a gap; what cannot be read is passed over."""
    return [
        *_check_schema(document),
        *_check_points(document),
        *_check_wholes(document),
    ]


def _check_schema(document: Document) -> Iterator[Fault]:
    version = document.data.get("schema")
    if version is None and ("schema",) not in document.unread:
        yield document.fault(("schema",), "missing", f"start the file with `schema: {SCHEMA}`")


def _check_points(document: Document) -> Iterator[Fault]:
    """Find operating points that say two things of one threshold, or nothing, and counts that cannot be."""
    threshold = document.data.get("threshold")
    points = _at(threshold, "points")
    places: list[tuple[FieldPath, Any]] = [(("threshold",), threshold)]
    places += [(("threshold", "points", name), point) for name, point in _entries(points)]
    known = False
    for path, point in places:
        if not isinstance(point, Mapping):
            continue
        found = [name for name in KNOWN if point.get(name) is not None]
        for name in found[1:]:
            what = f"a second account of one threshold, beside {found[0]}"
            yield document.fault((*path, name), what, "keep one of field_fpir, test and vendor")
        if len(path) == 1:
            known = bool(found)
        elif not found and not any(document.unread_at((*path, name)) for name in KNOWN):
            yield document.fault(path, "nothing is known of it", "give one of field_fpir, test and vendor")
        of_people = any(name in found or document.unread_at((*path, name)) for name in ("field_fpir", "vendor"))
        if point.get("mix") is not None and not of_people:
            what = "people without a field_fpir, or counts at a vendor score, that are of them"
            yield document.fault((*path, "mix"), what, "give field_fpir or vendor, or leave mix out")
        yield from _check_counts(document, (*path, "vendor", "counts"))
    if known and points:
        what = "points beside a threshold that is known: they would not be shown"
        yield document.fault(("threshold", "points"), what, "leave points out, or what is known of the threshold")


def _check_counts(document: Document, path: FieldPath) -> Iterator[Fault]:
    for i, count in _entries(_at(document.data, *path)):
        faces, alerts = _best(_at(count, "faces")), _best(_at(count, "false_alerts"))
        if faces is not None and alerts is not None and alerts > faces >= 1:
            what = f"more false alerts than faces: {plain_number(alerts)} > {plain_number(faces)}"
            yield document.fault((*path, i, "false_alerts"), what, "correct one of them")


def _check_wholes(document: Document) -> Iterator[Fault]:
    """Every set of shares that make up a whole must sum to one; passed over if one cannot be read."""
    # Where the sets are, of which type, and which field of an entry is its share, if it has fields.
    wholes: list[tuple[FieldPath, type, str]] = [(("gallery", "mix"), dict, "share"), (("photos", "manner"), dict, "")]
    for name, stop in _entries(document.data.get("stops")):
        here: FieldPath = ("stops", name, "blocks")
        wholes.append((here, list, "share"))
        for i, _ in _entries(_at(stop, "blocks")):
            wholes += [((*here, i, of), dict, "") for of in ("origin", "sex", "age", "status")]
    for path, form, part in wholes:
        entries = _at(document.data, *path)
        if not isinstance(entries, form):
            continue
        shares = [_best(_at(entry, part) if part else entry) for _, entry in _entries(entries)]
        values = [share for share in shares if share is not None]
        if shares and len(values) == len(shares) and abs(sum(values) - 1.0) > _TOLERANCE:
            yield document.fault(path, f"shares sum to {sum(values):.9g}, not 1", "make them a whole")


@dataclass(frozen=True)
class Filled:
    """A filled scenario, and what of it the file says itself.

    ``plain`` holds plain types, and parts that were faulty may be missing; ``silent`` is the same had the file given
    nothing but the names of its rules; ``broken`` are the paths that have a fault already: what needs them is passed
    over, and what they name, or would have named, is not held against anything else.
    """

    plain: Mapping[str, Any]
    silent: Mapping[str, Any]
    document: Document
    broken: Collection[FieldPath]

    def at(self, path: FieldPath) -> Any:
        """Return what stands at a path."""
        return _at(self.plain, *path)

    def value(self, path: FieldPath) -> float | None:
        """Return a best value; None if it is missing or has a fault already."""
        return None if self.faulty(path) else _best(self.at(path))

    def faulty(self, *paths: FieldPath) -> bool:
        """Whether anything at one of the paths, or around it, has a fault already."""
        return any(related(path, other) for path in paths for other in self.broken)

    def requested(self, path: FieldPath) -> bool:
        """Whether the file itself requests what stands at a path, not by repeating a default."""
        return self.at(path) is not None and self.at(path) != _at(self.silent, *path)

    def given(self, path: FieldPath) -> bool:
        """Whether the file writes the field at all."""
        return _at(self.document.data, *path) is not None

    def fault(self, paths: tuple[FieldPath, ...], what: str, fix: str) -> Fault:
        """Return a fault at the first of the paths that the file writes, or else at the first."""
        return self.document.fault(next(filter(self.given, paths), paths[0]), what, fix)

    def default(self, path: FieldPath) -> str:
        """Return words that mark a value the file does not give."""
        return "" if self.given(path) else " (the default)"

    def must_be_among(self, path: FieldPath, name: str | None, kind: str, table: str) -> Iterator[Fault]:
        """Find a name that its table does not have; names whose entry is faulty count as there."""
        written = self.document.data.get(table)
        known = [*self.plain.get(table, {}), *(written if isinstance(written, Mapping) else ())]
        if name is not None and name not in known and (table,) not in self.broken:
            near = did_you_mean(name, dict.fromkeys(known)).removeprefix("; ")
            yield self.document.fault(path, f"unknown {kind} {name!r}{self.default(path[:1])}", near)


def check_filled(filled: Filled) -> list[Fault]:
    """Check a filled scenario: names that must exist in it or among the cards, people, records, rules, settings."""
    return [
        *_check_names(filled),
        *_check_threshold(filled),
        *_check_statuses(filled),
        *_check_cards(filled),
        *_check_parts(filled),
        *_check_people(filled),
        *_check_databases(filled),
        *_check_rules(filled),
        *_check_hotlist(filled),
    ]


def _check_names(filled: Filled) -> Iterator[Fault]:
    plain = filled.plain
    yield from filled.must_be_among(("headline_stop",), plain.get("headline_stop"), "stop policy", "stops")
    for path, name in rules_used(plain):
        for part in rule_parts(name):
            yield from filled.must_be_among(path, part, "rule", "rules")


def _check_threshold(filled: Filled) -> Iterator[Fault]:
    """Find people of no stop policy, a threshold that nobody tells, and one beside a list that needs none."""
    threshold = filled.plain.get("threshold", {})
    yield from filled.must_be_among(("threshold", "mix"), threshold.get("mix"), "stop policy", "stops")
    for name, point in threshold.get("points", {}).items():
        path: FieldPath = ("threshold", "points", name, "mix")
        yield from filled.must_be_among(path, point.get("mix"), "stop policy", "stops")
    if filled.faulty(("threshold",), ("candidates", "floor")):
        return
    there = [name for name in (*KNOWN, "points") if threshold.get(name)]
    if filled.at(("candidates", "floor")) is False:
        for name in there:
            yield filled.document.fault(
                ("threshold", name),
                "a threshold beside candidates.floor: false, where the best are shown whatever their scores",
                "leave it out, or set candidates.floor to true",
            )
    elif not there:
        fix = "give field_fpir, test or vendor, or points to show instead"
        yield filled.document.fault(("threshold",), "missing", fix)


def rules_used(plain: Mapping[str, Any]) -> Iterator[tuple[FieldPath, str]]:
    """Return where a scenario names a rule, and the name, joined or not."""
    named: list[tuple[FieldPath, Any]] = [(("rule",), plain.get("rule"))]
    named += [(("compare", i), name) for i, name in enumerate(plain.get("compare", ()))]
    return ((path, name) for path, name in named if isinstance(name, str))


def check_joined(scenario: Scenario, document: Document) -> Iterator[Fault]:
    """Find joined rules that contradict themselves."""
    for path, name in rules_used(scenario.to_json()):
        if not {*rule_parts(name)} <= {*scenario.rules}:
            continue
        try:
            rule_named(scenario, name)
        except InvalidInput as error:
            for fault in error.faults:
                yield document.fault(path, fault.what, fault.fix)


def _check_statuses(filled: Filled) -> Iterator[Fault]:
    """Every status and age of those stopped must have its row in ``statuses``."""
    missing: dict[str, None] = {}
    ages: dict[tuple[str, str, Age], None] = {}
    for name, stop in filled.plain.get("stops", {}).items():
        for i, block in enumerate(stop.get("blocks", ())):
            for status in block.get("status", ()):
                path: FieldPath = ("stops", name, "blocks", i, "status", status)
                found = list(filled.must_be_among(path, status, "status", "statuses"))
                if filled.given(("stops",)):
                    yield from found
                elif found:
                    missing[status] = None
                entry = filled.plain.get("statuses", {}).get(status, {})
                for whole in ("enrolled", "record_error"):
                    here: FieldPath = ("statuses", status, whole)
                    if any(path[: len(here)] == here for path in filled.broken):
                        continue
                    given = entry.get(whole)
                    ages.update({(status, whole, a): None for a in block.get("age", ()) if given and a not in given})
    if missing:
        yield filled.document.fault(
            ("statuses",),
            f"the template's stop policies need statuses that are not here: {', '.join(missing)}",
            "give stops too, or keep these names",
        )
    for status, whole, age in ages:
        what = f"no share for {age.value}"
        yield filled.document.fault(("statuses", status, whole), what, "give one for each age stopped")


def _check_cards(filled: Filled) -> Iterator[Fault]:
    """Find cards that do not exist, and street photos that no card was measured on."""
    algorithm = filled.plain.get("algorithm", {})
    for i, pattern in enumerate(algorithm.get("cards", ())):
        try:
            match([pattern])  # faults of a card file stand in `pin_cards`
        except UnknownName:
            near = did_you_mean(pattern, card_names()).removeprefix("; ")
            yield filled.document.fault(("algorithm", "cards", i), f"unknown card {pattern!r}", near)
    for i, kind in enumerate(algorithm.get("image_kinds", ())):
        if kind == ImageKind.STREET and not _measured_on_street(algorithm.get("cards", ())):
            yield filled.document.fault(
                ("algorithm", "image_kinds", i),
                f"no published test uses {kind.value!r} photos",
                "name tested image kinds that stand in for it, or cards measured on it alone",
            )


def _measured_on_street(cards: Collection[str]) -> bool:
    """Whether every card was measured by its user on street photos."""
    if not cards or not all(is_file(card) and DIGEST in card for card in cards):
        return False
    kinds = [measured.image_kind if (measured := load_card(card).measured) else "" for card in cards]
    return set(kinds) == {ImageKind.STREET}


def _check_parts(filled: Filled) -> Iterator[Fault]:
    """Find two parts of one whole that are more than it."""
    for one, other in (*_PARTS, *([_TWINS] if filled.requested(_TWINS[0]) else [])):
        first, second = filled.value(one), filled.value(other)
        if first is None or second is None or first + second <= 1 + _TOLERANCE:
            continue
        terms = [
            f"{'.'.join(map(str, path))} {plain_number(x)}{filled.default(path)}"
            for path, x in ((one, first), (other, second))
        ]
        what = f"more than a whole: {' + '.join(terms)} = {first + second:.9g}"
        yield filled.fault((one, other), what, "lower one of them")


def _check_people(filled: Filled) -> Iterator[Fault]:
    """Find a gallery with fewer people than one, or than one and the relatives that the file gives them."""
    references = filled.value(("gallery", "n_references"))
    per_person = filled.value(_IMAGES)
    if references is None or per_person is None:
        return
    if per_person > references and filled.requested(_IMAGES):
        yield filled.document.fault(
            _IMAGES,
            f"more images per person than images: {plain_number(per_person)} > {plain_number(references)}",
            "lower it or raise gallery.n_references",
        )
    shown = filled.value(("candidates", "most"))
    if shown is not None and shown > 1 and shown > references and filled.requested(("candidates", "most")):
        yield filled.document.fault(
            ("candidates", "most"),
            f"more candidates than images: {plain_number(shown)} > {plain_number(references)}",
            "lower it or raise gallery.n_references",
        )
    if references <= 1:
        return
    people = references / per_person
    siblings, twins = filled.value(_SIBLINGS), filled.value(_TWINS[0])
    for path, relatives, lower in (
        (_SIBLINGS, siblings, "lower it"),
        (_TWINS[0], 1.0 if twins else None, "set it to 0"),
    ):
        if relatives and 1 + relatives > people and filled.requested(path):
            yield filled.document.fault(
                path,
                f"more relatives than people: 1 + {plain_number(relatives)} > {people:.9g} enrolled",
                f"{lower}, raise gallery.n_references or lower gallery.images_per_person",
            )


def _check_databases(filled: Filled) -> Iterator[Fault]:
    """Find databases of one precedence, statuses that are not there, and statuses that none covers."""
    here: FieldPath = ("records", "databases")
    databases = filled.at(here) or {}
    ranks: dict[int, str] = {}
    for name, database in databases.items():
        rank = _at(database, "precedence")
        if rank is not None and ranks.setdefault(rank, name) != name:
            yield filled.document.fault(
                (*here, name, "precedence"),
                f"{rank} is the precedence of {ranks[rank]!r} already",
                "give each database its own",
            )
        for status in _at(database, "covers") or ():
            yield from filled.must_be_among((*here, name, "covers", status), status, "status", "statuses")
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
    named = _at(database, "covers", status)
    return _best(_at(database, "covers_others") if named is None else named)


def _stopped(filled: Filled) -> list[str]:
    """Return the statuses of those who are stopped, each once."""
    blocks = [block for stop in (filled.at(("stops",)) or {}).values() for block in stop.get("blocks", ())]
    shares = [
        (status, share)
        for block in blocks
        if _best(block.get("share")) != 0.0
        for status, share in block.get("status", {}).items()
    ]
    return list(dict.fromkeys(status for status, share in shares if _best(share) != 0.0))


def _enrolled(filled: Filled, status: str) -> bool:
    """Whether anybody of a status is in the gallery, with as many passport photos as it has."""
    passports = _best(filled.at(("gallery", "passport_photos_searched")))
    entry = filled.at(("statuses", status)) or {}
    enrolled, without = entry.get("enrolled") or {}, entry.get("enrolled_without_passports") or {}
    searched = [enrolled] if passports else []
    searched += [{**enrolled, **without}] if passports is not None and passports < 1 else []
    return any(_best(share) for table in searched for share in table.values())


def _check_rules(filled: Filled) -> Iterator[Fault]:
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
            if filled.requested(readers) and not filled.faulty(readers):
                yield filled.document.fault(
                    readers,
                    f"readers {rule['readers']} where scans is nobody: there is no hit to read",
                    "leave it out or change scans",
                )
        elif rule.get("readers") and not filled.faulty(readers):
            yield from _check_pass_rates(filled, here)


def _check_pass_rates(filled: Filled, rule: FieldPath) -> Iterator[Fault]:
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


def _check_hotlist(filled: Filled) -> Iterator[Fault]:
    """Find a configuration of the file's own that searches a list on which nobody stands."""
    if filled.faulty(("gallery", "mix"), ("statuses",)):
        return
    mix, statuses = filled.at(("gallery", "mix")) or {}, filled.at(("statuses",)) or {}
    listed = [_best(_at(entry, "adverse")) for entry in mix.values()]
    # A wrong record of somebody whom no action fits calls for one, too.
    listed += [_best(p) for entry in statuses.values() for p in entry.get("record_error", {}).values()]
    if any(p != 0.0 for p in listed) or any(entry.get("action_supported") is not False for entry in statuses.values()):
        return
    for name, configuration in (filled.at(("configurations",)) or {}).items():
        here: FieldPath = ("configurations", name)
        switch = (*here, "hotlist_only")
        if configuration.get("hotlist_only") is True and filled.requested(here) and not filled.faulty(switch):
            yield filled.fault(
                (switch, here),
                "searches only records that call for an action, and there are none",
                "set it to false, or raise an adverse share of gallery.mix",
            )


def pin_cards(plain: Mapping[str, Any], document: Document) -> list[Fault]:
    """Give every card file in ``plain`` the digest of its content; return files that are not there, or no cards.

    So the scenario's own digest changes with the file.  Paths start from the document's folder.
    """
    faults = []
    cards = _at(plain, "algorithm", "cards")
    for i, card in enumerate(cards if isinstance(cards, list) else ()):
        if not isinstance(card, str) or not is_file(card):
            continue
        try:
            cards[i] = pinned(card, PurePath(document.name).parent)
        except InvalidInput as error:
            faults += [
                document.fault(("algorithm", "cards", i), _in_card_file(wrong), wrong.fix) for wrong in error.faults
            ]
    return faults


def _in_card_file(wrong: Fault) -> str:
    return f"card file {wrong.file!r}" + (f": {wrong.field} {wrong.what}" if wrong.field else f" {wrong.what}")


def _at(node: Any, *keys: str | int) -> Any:
    """Return what stands at a path of mappings and lists, or None."""
    for key in keys:
        node = dict(_entries(node)).get(key)
    return node


def _entries(node: Any) -> Iterable[tuple[Any, Any]]:
    """Return the entries of a mapping or list by key or place; none of anything else."""
    return node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()


def _best(entry: Any) -> float | None:
    """Return the best value of a quantity in either form, or None if it has none that can be read."""
    entry = _at(entry, "value") if isinstance(entry, Mapping) else entry
    if not isinstance(entry, (int, float)) or isinstance(entry, bool) or not abs(entry) < 1e300:
        return None
    return float(entry)
