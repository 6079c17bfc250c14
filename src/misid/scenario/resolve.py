"""From the form that a person writes to the resolved form.  The only place that knows defaults.

The defaults are a scenario file like any other (`defaults.yaml`), each with its source and grade, and complete.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from importlib import resources
from pathlib import PurePath
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from misid.errors import Fault, InvalidInput
from misid.quantities import Quantity
from misid.scenario.checks import check_form, check_names, pin_cards
from misid.scenario.checks_simulated import check_simulated
from misid.scenario.faults import faults_of
from misid.scenario.files import Document, FieldPath, from_mapping, parse
from misid.scenario.model import QuantityForm, bound_of, human_form
from misid.scenario.resolved import Rule, Scenario

# What an entry of a table gets where it is silent and the defaults have no entry of its name.
ENTRIES: dict[tuple[str, str], Any] = {
    ("Rule", "scans"): "everyone",
    ("Rule", "claimed_identity_first"): False,
    ("Rule", "response"): "record",
    ("Rule", "readers"): 1,
    ("Database", "covers"): {},
}


def resolve(document: Document) -> Scenario:
    """Fill every default, check everything, and return the complete scenario.

    Parameters
    ----------
    document : Document
        A parsed file or mapping.

    Returns
    -------
    Scenario
        Frozen and complete.

    Raises
    ------
    InvalidInput
        Names all faults of the document at once.
    """
    form, faults, broken = _read_form(document)
    faults += check_form(document)
    plain = {"name": _slug(document.name), **_fill(Scenario, _defaults(), form)}
    _fit_default_databases(plain, form)
    faults += pin_cards(plain, document)
    faults += check_names(plain, document, broken)
    faults += check_simulated(plain, _unsaid(plain), document, broken)
    try:
        scenario = Scenario.model_validate(plain)
    except ValidationError as error:
        # What a rate lacks has been said in better words.
        said = faults_of(error, document, Scenario, {*broken, ("schema",), ("threshold",)})
        faults += [fault for found in said.values() for fault in found]
    else:
        if not faults:
            return scenario
    raise InvalidInput(dict.fromkeys(faults), hint="`misid scenario schema` prints every field.")


def with_algorithm(scenario: Scenario, card: str) -> Scenario:
    """Return a scenario in which one card stands for the fielded algorithm.

    Parameters
    ----------
    scenario : Scenario
        Resolved.
    card : str
        A name or pattern of the catalogue, or the path of a card file, which ends in ``.json``.

    Raises
    ------
    InvalidInput
        If there is no such card, or the file is none.
    """
    data = scenario.to_json()
    data["algorithm"]["cards"] = [card]
    return resolve(from_mapping(data, "--algorithm"))


def _read_form(document: Document) -> tuple[BaseModel, list[Fault], set[FieldPath]]:
    """Read what can be read: what is faulty is named, cut out, and the rest read again.

    So one typing mistake does not hide the others.
    """
    form_class = human_form(Scenario)
    data = copy.deepcopy(dict(document.data))
    faults, broken = list(document.faults), set(document.unread)
    while True:
        try:
            return form_class.model_validate(data), faults, broken
        except ValidationError as error:
            found = faults_of(error, document, form_class, broken)
        cuts: set[FieldPath] = set()
        for path, new in found.items():
            faults += new
            if not any(path[: len(cut)] == cut for cut in cuts):
                cuts.add(_cut(data, path))
        broken |= {*found, *cuts}


def _cut(data: dict[str, Any], path: FieldPath) -> FieldPath:
    """Take out the nearest enclosing field that is there, and return its path.

    An item takes its whole list with it: the items behind it would otherwise have other numbers than in the file.
    """
    node: Any = data
    cut: FieldPath = ()
    for i, part in enumerate(path):
        if isinstance(node, dict) and part in node:
            cut = path[: i + 1]
            node = node[part]
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            node = node[part]
        else:
            break
    holder: Any = data
    for part in cut[:-1]:
        holder = holder[part]
    if cut:
        del holder[cut[-1]]
    else:
        data.clear()
    return cut


def _slug(file_name: str) -> str:
    """Name a scenario after its file, where it does not name itself."""
    stem = PurePath(file_name).name.rsplit(".", 1)[0].lower()
    return re.sub(r"[^a-z0-9_-]+", "-", stem).strip("-_")[:60] or "scenario"


@cache
def _defaults() -> BaseModel:
    text = resources.files("misid.scenario").joinpath("defaults.yaml").read_bytes()
    form, faults, _ = _read_form(parse(text, "defaults.yaml"))
    if faults:
        raise InvalidInput(faults)
    return form


@cache
def _silence() -> dict[str, Any]:
    return _fill(Scenario, _defaults(), None)


def _unsaid(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a file gets that says nothing but the names of its rules."""
    known = dict(_defaults())["rules"]
    return {**_silence(), "rules": {name: _fill(Rule, known.get(name), None) for name in plain.get("rules", {})}}


def _fit_default_databases(plain: dict[str, Any], form: Any) -> None:
    """Take out of the default databases what they say of statuses that this file does not have."""
    if form.records is None or form.records.databases is None:
        for database in plain["records"]["databases"].values():
            covers = database["covers"]
            database["covers"] = {status: covers[status] for status in covers if status in plain["statuses"]}


def _fill(block: type[BaseModel], default: Any, given: Any) -> dict[str, Any]:
    """Merge two forms of one block, field by field; what is given wins."""
    merged: dict[str, Any] = {}
    for name, info in block.model_fields.items():
        extra = info.json_schema_extra
        replace = isinstance(extra, dict) and extra.get("merge") == "replace"
        base = getattr(default, name, None)
        if base is None:
            base = ENTRIES.get((block.__name__, name))
        own = getattr(given, name, None)
        value = _fill_value(info.annotation, tuple(info.metadata), None if replace and own is not None else base, own)
        if value is not None:
            merged[info.alias or name] = value
    return merged


def _fill_value(annotation: Any, metadata: tuple[Any, ...], base: Any, own: Any) -> Any:
    if base is None and own is None:
        return None
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _fill_value(args[0], args[1:], base, own)
    chosen = base if own is None else own
    if annotation is Quantity:
        assert isinstance(chosen, QuantityForm)
        return chosen.fill(bound_of(metadata).unit)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _fill(annotation, base, own)
    if origin is dict:
        low: Mapping[Any, Any] = base or {}
        high: Mapping[Any, Any] = own or {}
        keys = sorted({*low, *high}, key=_place)
        return {k: _fill_value(args[1], (), low.get(k), high.get(k)) for k in keys}
    if origin is tuple:
        return [_fill_value(args[0], (), None, item) for item in chosen]
    return chosen


def _place(key: Any) -> Any:
    """Order keys of a mapping the same way, however the file orders them: the order of a file decides nothing."""
    return list(type(key)).index(key) if isinstance(key, Enum) else key
