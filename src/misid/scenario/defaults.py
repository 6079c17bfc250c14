"""From the form that a person writes to the complete scenario.

The defaults are a scenario file like any other (`defaults.yaml`), each with its source and grade, and complete but for
what `misid.scenario.schema.Default` gives.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel, ValidationError

from misid.errors import Fault, InvalidInput
from misid.scenario.checks import KNOWN, Filled, check_filled, check_form, check_joined, pin_cards
from misid.scenario.counts import known_counts
from misid.scenario.document import Document, FieldPath, from_mapping, parse_document, related
from misid.scenario.form import faults_of, human_form, place_of, read_form
from misid.scenario.schema import Rule, Scenario, Threshold


def resolve(document: Document) -> Scenario:
    """Fill every default, check everything, and return the complete scenario.

    Raises
    ------
    InvalidInput
        Names all faults of the document at once.
    """
    form, faults, broken = read_form(document)
    faults += check_form(document)
    plain = {"name": _slug(document.name), **place_of(Scenario).fill(_with_own_threshold(_defaults(), form), form)}
    _fit_default_databases(plain, form)
    faults += _settle_points(plain, document, broken)
    faults += pin_cards(plain, document)
    faults += check_filled(Filled(plain, _silent(plain), document, broken))
    try:
        scenario = Scenario.model_validate(plain)
    except ValidationError as error:
        found = faults_of(error, document, {*broken, ("schema",)})
        faults += [fault for new in found.values() for fault in new]
    else:
        faults += check_joined(scenario, document)
        if not faults:
            return scenario
    raise InvalidInput(dict.fromkeys(faults), hint="`misid scenario schema` prints every field.")


def with_algorithm(scenario: Scenario, card: str) -> Scenario:
    """Return a scenario in which one card, or card file, stands for the fielded algorithm; `InvalidInput` if none."""
    data = scenario.to_json()
    data["algorithm"]["cards"] = [card]
    return resolve(from_mapping(data, "--algorithm"))


def _slug(file_name: str) -> str:
    """Name a scenario after its file, where it does not name itself."""
    stem = PurePath(file_name).name.rsplit(".", 1)[0].lower()
    return re.sub(r"[^a-z0-9_-]+", "-", stem).strip("-_")[:60] or "scenario"


@cache
def _defaults() -> BaseModel:
    text = resources.files("misid.scenario").joinpath("defaults.yaml").read_bytes()
    form, faults, _ = read_form(parse_document(text, "defaults.yaml"))
    if faults:
        raise InvalidInput(faults)
    return form


def _silent(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a file gets that says nothing but the names of its rules."""
    known = dict(_defaults())["rules"]
    rules = {name: place_of(Rule).fill(known.get(name), None) for name in plain.get("rules", {})}
    return {**_filled_defaults(), "rules": rules}


@cache
def _filled_defaults() -> dict[str, Any]:
    filled: dict[str, Any] = place_of(Scenario).fill(_defaults(), None)
    return filled


def _fit_default_databases(plain: dict[str, Any], form: Any) -> None:
    """Take out of the default databases what they say of statuses that this file does not have."""
    if form.records is None or form.records.databases is None:
        for database in plain["records"]["databases"].values():
            covers = database["covers"]
            database["covers"] = {status: covers[status] for status in covers if status in plain["statuses"]}


def _with_own_threshold(defaults: Any, form: Any) -> Any:
    """Return the defaults without what they know of the threshold, where the file says anything of it."""
    own = form.threshold
    if own is None or all(getattr(own, name) is None for name in (*KNOWN, "points")):
        return defaults
    moved = human_form(Threshold)(moved_by=defaults.threshold.moved_by)
    return defaults.model_copy(update={"threshold": moved})


def _settle_points(plain: dict[str, Any], document: Document, broken: Collection[FieldPath]) -> Iterator[Fault]:
    """Give phi the people whom it belongs to, and a vendor score the counts that calibrate it."""
    threshold = plain["threshold"]
    places: list[tuple[FieldPath, dict[str, Any]]] = [(("threshold",), threshold)]
    places += [(("threshold", "points", name), point) for name, point in threshold["points"].items()]
    for path, point in places:
        if point.get("field_fpir") and not point.get("mix") and "headline_stop" in plain:
            point["mix"] = plain["headline_stop"]
        vendor = point.get("vendor")
        here: FieldPath = (*path, "vendor", "counts")
        if not vendor or vendor.get("counts") or any(related(here, other) for other in broken):
            continue
        vendor["counts"] = known_counts(vendor["scale"], vendor["score"])
        if not vendor["counts"]:
            what = f"no counts are known of {vendor['scale']} at {vendor['score']:g}"
            yield document.fault(here, what, "give faces, list_size and false_alerts of a deployment or test at it")
