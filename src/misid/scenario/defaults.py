"""From the form that a person writes to the complete scenario.

The defaults are a scenario file like any other (`defaults.yaml`), each with its source and grade, and complete but for
what `misid.scenario.schema.Default` gives.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel, ValidationError

from misid.errors import InvalidInput
from misid.scenario.checks import Filled, check_filled, check_form, pin_cards
from misid.scenario.document import Document, from_mapping, parse_document
from misid.scenario.form import faults_of, place_of, read_form
from misid.scenario.schema import Rule, Scenario


def resolve(document: Document) -> Scenario:
    """Fill every default, check everything, and return the complete scenario.

    Raises
    ------
    InvalidInput
        Names all faults of the document at once.
    """
    form, faults, broken = read_form(document)
    faults += check_form(document)
    plain = {"name": _slug(document.name), **place_of(Scenario).fill(_defaults(), form)}
    _fit_default_databases(plain, form)
    faults += pin_cards(plain, document)
    faults += check_filled(Filled(plain, _silent(plain), document, broken))
    try:
        scenario = Scenario.model_validate(plain)
    except ValidationError as error:
        # The checks have named in better words what a rate lacks.
        found = faults_of(error, document, {*broken, ("schema",), ("threshold",)})
        faults += [fault for new in found.values() for fault in new]
    else:
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
