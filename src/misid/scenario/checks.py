"""What no single field can tell: shares that must sum to one, rates without conditions, names that must exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from misid.errors import Fault, did_you_mean
from misid.scenario.files import Document, FieldPath
from misid.scenario.resolved import SCHEMA, Scenario

SHARE_TOLERANCE = 1e-6


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
        *_check_rate_has_conditions(document),
        *_check_wholes(document),
        *_check_pairs(document),
    ]


def _check_schema(document: Document) -> Iterator[Fault]:
    version = document.data.get("schema")
    if version is None:
        yield document.fault(("schema",), "missing", f"start the file with `schema: {SCHEMA}`")


def _check_rate_has_conditions(document: Document) -> Iterator[Fault]:
    threshold = document.data.get("threshold")
    if not isinstance(threshold, Mapping):
        return
    if "fpir" in threshold:
        for name, words in (("n_references", "gallery size"), ("image_kind", "image kind")):
            if name not in threshold:
                yield document.fault(
                    ("threshold", "fpir"),
                    f"a rate without its {words}",
                    f"add threshold.{name}; FPIR changes with it",
                )
    elif "n_references" in threshold or "image_kind" in threshold:
        yield document.fault(
            ("threshold",),
            "a gallery size or image kind without its rate",
            "add threshold.fpir, which sets the threshold",
        )


def _check_wholes(document: Document) -> Iterator[Fault]:
    """Every set of shares that make up a whole must sum to one."""
    data = document.data
    mix = _get(data, "gallery", "mix")
    if isinstance(mix, Mapping):
        parts = {key: _value(_get(entry, "share")) for key, entry in mix.items()}
        yield from _sums_to_one(document, ("gallery", "mix"), parts)
    stops = data.get("stops")
    for name, stop in stops.items() if isinstance(stops, Mapping) else ():
        blocks = _get(stop, "blocks")
        if not isinstance(blocks, list):
            continue
        here: FieldPath = ("stops", name, "blocks")
        yield from _sums_to_one(document, here, {str(i): _value(_get(b, "share")) for i, b in enumerate(blocks)})
        for i, block in enumerate(blocks):
            for whole in ("origin", "sex", "age", "status"):
                shares = _get(block, whole)
                if isinstance(shares, Mapping):
                    yield from _sums_to_one(document, (*here, i, whole), {k: _value(v) for k, v in shares.items()})


def _check_pairs(document: Document) -> Iterator[Fault]:
    """Find a person with more images than the whole gallery has."""
    gallery = _get(document.data, "gallery")
    references, per_person = _value(_get(gallery, "n_references")), _value(_get(gallery, "images_per_person"))
    if references is not None and per_person is not None and per_person > references >= 1:
        yield document.fault(
            ("gallery", "images_per_person"),
            f"more images per person than images: {per_person:g} > {references:g}",
            "lower it or raise gallery.n_references",
        )


def check_resolved(scenario: Scenario, document: Document) -> list[Fault]:
    """Check that the names a complete scenario uses exist in it.

    Parameters
    ----------
    scenario : Scenario
        Complete.
    document : Document
        Where the faults are.
    """
    faults = [
        *_must_be_among(document, ("headline_stop",), scenario.headline_stop, "stop policy", scenario.stops),
        *_must_be_among(document, ("rule",), scenario.rule, "rule", scenario.rules),
    ]
    for i, rule in enumerate(scenario.compare):
        faults += _must_be_among(document, ("compare", i), rule, "rule", scenario.rules)
    for name, stop in scenario.stops.items():
        for i, block in enumerate(stop.blocks):
            for status in block.status:
                path: FieldPath = ("stops", name, "blocks", i, "status", status)
                faults += _must_be_among(document, path, status, "status", scenario.statuses)
            for age in block.age:
                for status in block.status:
                    entry = scenario.statuses.get(status)
                    if entry is not None and (age not in entry.enrolled or age not in entry.enrolled_without_passports):
                        faults.append(
                            document.fault(
                                ("statuses", status, "enrolled"),
                                f"no share for {age.value}",
                                "give one for each age stopped",
                            )
                        )
    return list(dict.fromkeys(faults))


def _must_be_among(
    document: Document, path: FieldPath, name: str, kind: str, known: Mapping[str, Any]
) -> Iterator[Fault]:
    if name not in known:
        yield document.fault(path, f"unknown {kind} {name!r}", did_you_mean(name, known).removeprefix("; "))


def _sums_to_one(document: Document, path: FieldPath, parts: Mapping[str, float | None]) -> Iterator[Fault]:
    values = [v for v in parts.values() if v is not None]
    if len(values) == len(parts) and parts and abs(sum(values) - 1.0) > SHARE_TOLERANCE:
        yield document.fault(path, f"shares sum to {sum(values):.6g}, not 1", "make them a whole")


def _get(node: Any, *keys: str) -> Any:
    for key in keys:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node


def _value(entry: Any) -> float | None:
    entry = _get(entry, "value") if isinstance(entry, Mapping) else entry
    return float(entry) if isinstance(entry, (int, float)) and not isinstance(entry, bool) else None
