"""What no single field can tell: shares that must sum to one, rates without conditions, names that must exist."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePath
from typing import Any

from misid.algorithm import DIGEST, is_file, load_card, match, pinned
from misid.algorithm import names as card_names
from misid.errors import Fault, InvalidInput, UnknownName, did_you_mean
from misid.scenario.files import Document, FieldPath
from misid.scenario.resolved import SCHEMA
from misid.vocabulary import Age, ImageKind

SHARE_TOLERANCE = 1e-6
RATE = {"fpir": "rate", "n_references": "gallery size", "image_kind": "image kind"}


def check_form(document: Document) -> list[Fault]:
    """Check what the person wrote, before any default fills a gap.

    Parameters
    ----------
    document : Document
        Possibly faulty otherwise; parts that cannot be read are passed over, for pydantic names them.

    Returns
    -------
    list of Fault
    """
    return [
        *_check_schema(document),
        *_check_rate(document),
        *_check_wholes(document),
    ]


def _check_schema(document: Document) -> Iterator[Fault]:
    version = document.data.get("schema")
    if version is None and ("schema",) not in document.unread:
        yield document.fault(("schema",), "missing", f"start the file with `schema: {SCHEMA}`")


def _check_rate(document: Document) -> Iterator[Fault]:
    """Find a rate without gallery size or image kind, and these without their rate."""
    threshold = document.data.get("threshold")
    if threshold is None and ("threshold",) not in document.unread:
        yield document.fault(
            ("threshold",), "missing", "give fpir, and the n_references and image_kind at which it was set"
        )
    if not isinstance(threshold, Mapping):
        return
    missing = [name for name in RATE if threshold.get(name) is None and ("threshold", name) not in document.unread]
    if len(missing) == len(RATE):
        yield document.fault(
            ("threshold",), "no rate in it", "give fpir, and the n_references and image_kind at which it was set"
        )
    elif "fpir" not in missing:
        for name in missing:
            yield document.fault(
                ("threshold", "fpir"), f"a rate without its {RATE[name]}", f"add threshold.{name}; FPIR changes with it"
            )
    else:
        others = " and ".join(RATE[name] for name in RATE if name not in missing)
        yield document.fault(("threshold",), f"{others} without a rate", "add threshold.fpir, which sets the threshold")
        for name in missing[1:]:
            yield document.fault(("threshold", name), "missing", "give it; FPIR changes with it")


def _check_wholes(document: Document) -> Iterator[Fault]:
    """Every set of shares that make up a whole must sum to one."""
    data = document.data
    mix = field(data, "gallery", "mix")
    if isinstance(mix, Mapping):
        parts = {key: number(field(entry, "share")) for key, entry in mix.items()}
        yield from sums_to_one(document, ("gallery", "mix"), parts)
    manner = field(data, "photos", "manner")
    if isinstance(manner, Mapping):
        yield from sums_to_one(document, ("photos", "manner"), {key: number(v) for key, v in manner.items()})
    stops = data.get("stops")
    for name, stop in stops.items() if isinstance(stops, Mapping) else ():
        blocks = field(stop, "blocks")
        if not isinstance(blocks, list):
            continue
        here: FieldPath = ("stops", name, "blocks")
        yield from sums_to_one(document, here, {str(i): number(field(b, "share")) for i, b in enumerate(blocks)})
        for i, block in enumerate(blocks):
            for whole in ("origin", "sex", "age", "status"):
                shares = field(block, whole)
                if isinstance(shares, Mapping):
                    yield from sums_to_one(document, (*here, i, whole), {k: number(v) for k, v in shares.items()})


def check_names(plain: Mapping[str, Any], document: Document, broken: Collection[FieldPath]) -> list[Fault]:
    """Check that the names a filled scenario uses exist in it, or among the cards.

    Parameters
    ----------
    plain : mapping
        Filled, in plain types; parts that were faulty may be missing.
    document : Document
        Where the faults are.
    broken : collection of tuple
        Paths that have a fault already.  What they name, or would have named, is not held against anything else.

    Returns
    -------
    list of Fault
    """
    names = Names(plain, document, broken)
    faults = [
        *names.must_be_among(("headline_stop",), plain.get("headline_stop"), "stop policy", "stops"),
        *names.must_be_among(("rule",), plain.get("rule"), "rule", "rules"),
    ]
    for i, rule in enumerate(plain.get("compare", ())):
        faults += names.must_be_among(("compare", i), rule, "rule", "rules")
    faults += _check_statuses(plain, document, names)
    algorithm = plain.get("algorithm", {})
    for i, pattern in enumerate(algorithm.get("cards", ())):
        try:
            match([pattern])  # what is wrong with a file has been said
        except UnknownName:
            near = did_you_mean(pattern, card_names()).removeprefix("; ")
            faults.append(document.fault(("algorithm", "cards", i), f"unknown card {pattern!r}", near))
    for i, kind in enumerate(algorithm.get("image_kinds", ())):
        if kind == ImageKind.STREET and not _measured_on_street(algorithm.get("cards", ())):
            faults.append(
                document.fault(
                    ("algorithm", "image_kinds", i),
                    f"no published test uses {kind.value!r} photos",
                    "name tested image kinds that stand in for it, or cards measured on it alone",
                )
            )
    return faults


def _measured_on_street(cards: Collection[str]) -> bool:
    """Say whether every card was measured by its user on street photos."""
    if not cards or not all(is_file(card) and DIGEST in card for card in cards):
        return False
    kinds = [measured.image_kind if (measured := load_card(card).measured) else "" for card in cards]
    return set(kinds) == {ImageKind.STREET}


def pin_cards(plain: Mapping[str, Any], document: Document) -> list[Fault]:
    """Give every card file the digest of its content, so that the scenario's own digest changes with it.

    Parameters
    ----------
    plain : mapping
        Filled, in plain types; its list of cards is rewritten.
    document : Document
        Where the scenario comes from: paths start from its folder.

    Returns
    -------
    list of Fault
        Files that are not there or no cards.
    """
    faults = []
    cards = field(plain, "algorithm", "cards")
    for i, card in enumerate(cards if isinstance(cards, list) else ()):
        if not isinstance(card, str) or not is_file(card):
            continue
        try:
            cards[i] = pinned(card, PurePath(document.name).parent)
        except InvalidInput as error:
            faults += [document.fault(("algorithm", "cards", i), _said_of(wrong), wrong.fix) for wrong in error.faults]
    return faults


def _said_of(wrong: Fault) -> str:
    return f"card file {wrong.file!r}" + (f": {wrong.field} {wrong.what}" if wrong.field else f" {wrong.what}")


class Names:
    """Which names a scenario has.

    Parameters
    ----------
    plain, document, broken
        As for `check_names`.
    """

    def __init__(self, plain: Mapping[str, Any], document: Document, broken: Collection[FieldPath]) -> None:
        self.plain, self.document, self.broken = plain, document, broken

    def known(self, table: str) -> list[str]:
        """Return the names in one table: also those whose entry is faulty."""
        written = self.document.data.get(table)
        return [*self.plain.get(table, {}), *(written if isinstance(written, Mapping) else ())]

    def must_be_among(self, path: FieldPath, name: str | None, kind: str, table: str) -> Iterator[Fault]:
        """Find a name that its table does not have."""
        known = self.known(table)
        if name is not None and name not in known and (table,) not in self.broken:
            near = did_you_mean(name, dict.fromkeys(known)).removeprefix("; ")
            default = " (the default)" if self.document.data.get(str(path[0])) is None else ""
            yield self.document.fault(path, f"unknown {kind} {name!r}{default}", near)


def _check_statuses(plain: Mapping[str, Any], document: Document, names: Names) -> Iterator[Fault]:
    """Every status and age of those stopped must have its row in ``statuses``."""
    missing: dict[str, None] = {}
    ages: dict[tuple[str, str, Age], None] = {}
    for name, stop in plain.get("stops", {}).items():
        for i, block in enumerate(stop.get("blocks", ())):
            for status in block.get("status", ()):
                path: FieldPath = ("stops", name, "blocks", i, "status", status)
                found = list(names.must_be_among(path, status, "status", "statuses"))
                if document.data.get("stops") is None:
                    missing.update(dict.fromkeys([status] if found else []))
                else:
                    yield from found
                entry = plain.get("statuses", {}).get(status, {})
                for whole in ("enrolled", "enrolled_without_passports", "record_error"):
                    here: FieldPath = ("statuses", status, whole)
                    if any(path[: len(here)] == here for path in names.broken):
                        continue
                    given = entry.get(whole)
                    ages.update({(status, whole, a): None for a in block.get("age", ()) if given and a not in given})
    if missing:
        yield document.fault(
            ("statuses",),
            f"the default stop policies need statuses that are not here: {', '.join(missing)}",
            "give stops too, or keep these names",
        )
    for status, whole, age in ages:
        yield document.fault(("statuses", status, whole), f"no share for {age.value}", "give one for each age stopped")


def sums_to_one(document: Document, path: FieldPath, parts: Mapping[str, float | None]) -> Iterator[Fault]:
    """Find shares that are no whole; passed over if one cannot be read."""
    values = [v for v in parts.values() if v is not None]
    if len(values) == len(parts) and parts and abs(sum(values) - 1.0) > SHARE_TOLERANCE:
        yield document.fault(path, f"shares sum to {sum(values):.9g}, not 1", "make them a whole")


def field(node: Any, *keys: str | int) -> Any:
    """Return what stands at a path of mappings, or None."""
    for key in keys:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node


def number(entry: Any) -> float | None:
    """Return the best value of a quantity in either form, or None if it has none that can be read."""
    entry = field(entry, "value") if isinstance(entry, Mapping) else entry
    if not isinstance(entry, (int, float)) or isinstance(entry, bool) or not abs(entry) < 1e300:
        return None
    return float(entry)
