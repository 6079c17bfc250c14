"""From the form that a person writes to the complete scenario.

A template is a scenario file like any other (``templates/*.yaml``), each figure with its source and grade; it fills
what a file that names it leaves out.  A file that names none gives everything but what has a value at which it does
nothing (`misid.scenario.schema.Default`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel, ValidationError

from misid.algorithm import all_field_counts, field_counts
from misid.errors import Fault, InvalidInput, did_you_mean
from misid.scenario.checks import KNOWN, Filled, check_filled, check_form, check_joined, pin_cards
from misid.scenario.document import Document, FieldPath, from_mapping, parse_document, related
from misid.scenario.form import faults_of, human_form, place_of, read_form
from misid.scenario.schema import Count, Rule, Scenario, Threshold
from misid.scenario.supplied import supplied_by

TEMPLATES = ("field", "live_watchlist", "investigation", "border_booth")


def resolve(document: Document) -> Scenario:
    """Fill every field that is left out, check everything, and return the complete scenario.

    Raises
    ------
    InvalidInput
        Names all faults of the document at once.
    """
    _refuse_older_form(document)
    form: Any
    form, faults, broken = read_form(document)
    faults += check_form(document)
    unknown = _unknown_template(form, document)
    if unknown or any(related(("template",), path) for path in broken):
        raise InvalidInput(dict.fromkeys([*faults, *unknown]), hint=_HINT)
    template = template_form(form.template) if form.template else None
    base = _without_threshold(template) if template and _says_what_is_compared(form) else template
    plain = {"name": _slug(document.name), **place_of(Scenario).fill(base, form)}
    plain["supplied"] = supplied_by(template if _keeps_threshold(template, form) else base, form)
    _fit_databases(plain, form)
    _settle_only_one(plain)
    faults += _settle_points(plain, document, broken)
    faults += _without_pick_rate(plain, template, form, document)
    faults += pin_cards(plain, document)
    faults += check_filled(Filled(plain, _silent(plain, template), document, broken))
    try:
        scenario = Scenario.model_validate(plain)
    except ValidationError as error:
        found = faults_of(error, document, {*broken, ("schema",)})
        faults += [fault for new in found.values() for fault in new]
    else:
        faults += check_joined(scenario, document)
        if not faults:
            return scenario
    bare = template is None and any(fault.what == "missing" and "." not in fault.field for fault in faults)
    raise InvalidInput(dict.fromkeys(faults), hint=_HINT_WITHOUT if bare else _HINT)


_HINT = "`misid scenario schema` prints every field."
_HINT_WITHOUT = f"A template fills what is left out: template: {', '.join(TEMPLATES)}. {_HINT}"


def with_algorithm(scenario: Scenario, card: str) -> Scenario:
    """Return a scenario in which one card, or card file, stands for the fielded algorithm; `InvalidInput` if none."""
    data = scenario.to_json()
    data["algorithm"]["cards"] = [card]
    return resolve(from_mapping(data, "--algorithm"))


def _slug(file_name: str) -> str:
    """Name a scenario after its file, where it does not name itself."""
    stem = PurePath(file_name).name.rsplit(".", 1)[0].lower()
    return re.sub(r"[^a-z0-9_-]+", "-", stem).strip("-_")[:60] or "scenario"


def _refuse_older_form(document: Document) -> None:
    """Refuse a file of another version of the form at once: of it, nothing else would be named rightly."""
    version = document.data.get("schema")
    if version == "misid/scenario/1":
        fault = document.fault(
            ("schema",), f"{version} is the form of misid 0.1", "convert it: misid scenario convert OLD NEW"
        )
        raise InvalidInput([*document.faults, fault])


# Templates


@cache
def template_form(name: str) -> BaseModel:
    """Return a template as it is written; KeyError if there is none of that name."""
    if name not in TEMPLATES:
        raise KeyError(name)
    form, faults, _ = read_form(parse_document(template_text(name).encode(), f"templates/{name}.yaml"))
    if faults:
        raise InvalidInput(faults)
    return form


def template_text(name: str) -> str:
    """Return a template as its author wrote it."""
    return resources.files("misid.scenario").joinpath(f"templates/{name}.yaml").read_text("utf-8")


def _unknown_template(form: Any, document: Document) -> list[Fault]:
    """Find a template that is not there; without one, what else is missing cannot be told."""
    if not form.template or form.template in TEMPLATES:
        return []
    near = did_you_mean(form.template, TEMPLATES).removeprefix("; ")
    return [document.fault(("template",), f"unknown template {form.template!r}", near)]


def _silent(plain: Mapping[str, Any], template: Any) -> dict[str, Any]:
    """Return what a file gets that says nothing but its template and the names of its rules."""
    known = dict(template)["rules"] or {} if template else {}
    rules = {name: place_of(Rule).fill(known.get(name), None) for name in plain.get("rules", {})}
    return {**_filled_template(plain.get("template", "")), "rules": rules}


@cache
def _filled_template(name: str) -> dict[str, Any]:
    filled: dict[str, Any] = place_of(Scenario).fill(template_form(name) if name else None, None)
    return filled


# What one field settles of another


def _says_what_is_compared(form: Any) -> bool:
    """Whether a file says anything of the threshold, or does without one."""
    own, shown = form.threshold, form.candidates
    return (own is not None and any(getattr(own, name) is not None for name in (*KNOWN, "points"))) or (
        shown is not None and shown.floor is False
    )


def _keeps_threshold(template: Any, form: Any) -> bool:
    """Whether a file names its threshold, or the points instead, as its template's."""
    if template is None or template.threshold is None or form.threshold is None:
        return False
    named = any(path.split(".")[0] == "threshold" for path in form.supplied or ())
    return named and all(
        (getattr(template.threshold, name) is None) == (getattr(form.threshold, name) is None) for name in KNOWN
    )


def _without_threshold(template: Any) -> Any:
    """Return a template without what it knows of the threshold."""
    moved_by = template.threshold and template.threshold.moved_by
    return template.model_copy(update={"threshold": human_form(Threshold)(moved_by=moved_by) if moved_by else None})


def _fit_databases(plain: dict[str, Any], form: Any) -> None:
    """Take out of databases that the file does not give what they say of statuses that it does not have."""
    if form.records is None or form.records.databases is None:
        for database in plain["records"]["databases"].values():
            covers = database["covers"]
            database["covers"] = {status: covers[status] for status in covers if status in plain.get("statuses", {})}


def _settle_only_one(plain: dict[str, Any]) -> None:
    """Speak of the only stop policy and the only rule, where the file names none."""
    for name, table in (("headline_stop", "stops"), ("rule", "rules")):
        if name not in plain and len(plain.get(table, {})) == 1:
            plain[name] = next(iter(plain[table]))


def _without_pick_rate(plain: Mapping[str, Any], template: Any, form: Any, document: Document) -> Iterator[Fault]:
    """Find a list of the best without a threshold, and nobody who says how often a stranger on it is taken."""
    written = [x.candidates.picks_stranger for x in (template, form) if x is not None and x.candidates is not None]
    if plain["candidates"]["floor"] is False and not any(written):
        what = "the best candidates without a threshold, and no pick rate: every search would name somebody"
        fix = "give candidates.picks_stranger, how often a person accepts a stranger, or set floor to true"
        yield document.fault(("candidates", "floor"), what, fix)


def _settle_points(plain: dict[str, Any], document: Document, broken: Collection[FieldPath]) -> Iterator[Fault]:
    """Give phi the people whom it is of, and a vendor score the counts that calibrate it."""
    threshold = plain["threshold"]
    places: list[tuple[FieldPath, dict[str, Any]]] = [(("threshold",), threshold)]
    places += [(("threshold", "points", name), point) for name, point in threshold["points"].items()]
    for path, point in places:
        if point.get("field_fpir") and not point.get("mix"):
            if plain.get("template") and "headline_stop" in plain:
                point["mix"] = plain["headline_stop"]
            elif not any(related((*path, "mix"), other) for other in broken):
                fix = f"add mix, a stop policy: {', '.join(plain.get('stops', {})) or 'stops has none'}"
                yield document.fault((*path, "field_fpir"), "a share of people without its mix of people", fix)
        vendor = point.get("vendor")
        here: FieldPath = (*path, "vendor", "counts")
        if not vendor or vendor.get("counts") or any(related(here, other) for other in broken):
            continue
        if not {"scale", "score"} <= {*vendor}:
            continue
        vendor["counts"] = [
            {name: getattr(row, name) for name in Count.model_fields if name != "list_size"}
            | {"list_size": row.list_size.model_dump()}
            for row in field_counts(vendor["scale"], vendor["score"])
        ]
        if not vendor["counts"]:
            what = f"no counts are known of {vendor['scale']} at {vendor['score']:g}"
            known = sorted({f"{row.scale} at {row.taken_as:g}" for row in all_field_counts() if row.taken_as})
            fix = f"give title, faces, list_size, false_alerts and source of each; known: {', '.join(known)}"
            yield document.fault(here, what, fix)
