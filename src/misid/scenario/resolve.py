"""From the form that a person writes to the resolved form.  The only place that knows defaults.

The defaults are a scenario file like any other (`defaults.yaml`), each with its source and grade, and complete.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import PurePath
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from misid.errors import InvalidInput
from misid.quantities import Quantity
from misid.scenario.checks import check_form, check_resolved
from misid.scenario.files import Document, faults_of, parse
from misid.scenario.model import QuantityForm, bound_of, human_form
from misid.scenario.resolved import Scenario


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
    form, faults = _read_form(document)
    faults += check_form(document)
    if form is not None and not faults:
        plain = {"name": _slug(document.name), **_fill(Scenario, _defaults(), form)}
        try:
            scenario = Scenario.model_validate(plain)
        except ValidationError as error:
            faults += faults_of(error, document, Scenario)
        else:
            faults = check_resolved(scenario, document)
            if not faults:
                return scenario
    raise InvalidInput(faults, hint="`misid scenario schema` prints every field.")


def _read_form(document: Document) -> tuple[BaseModel | None, list[Any]]:
    form_class = human_form(Scenario)
    try:
        return form_class.model_validate(document.data), []
    except ValidationError as error:
        return None, faults_of(error, document, form_class)


def _slug(file_name: str) -> str:
    """Name a scenario after its file, where it does not name itself."""
    stem = PurePath(file_name).name.rsplit(".", 1)[0].lower()
    return re.sub(r"[^a-z0-9_-]+", "-", stem).strip("-_")[:60] or "scenario"


@cache
def _defaults() -> BaseModel:
    text = resources.files("misid.scenario").joinpath("defaults.yaml").read_bytes()
    form, faults = _read_form(parse(text, "defaults.yaml"))
    if form is None:
        raise InvalidInput(faults)
    return form


def _fill(block: type[BaseModel], default: Any, given: Any) -> dict[str, Any]:
    """Merge two forms of one block, field by field; what is given wins."""
    merged: dict[str, Any] = {}
    for name, info in block.model_fields.items():
        extra = info.json_schema_extra
        replace = isinstance(extra, dict) and extra.get("merge") == "replace"
        base = getattr(default, name, None)
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
        # Shares of a whole are one answer: a given mapping of shares replaces the default one altogether.
        whole = own is not None and all(isinstance(v, QuantityForm) for v in own.values()) and len(own) > 0
        low: Mapping[Any, Any] = {} if whole or base is None else base
        high: Mapping[Any, Any] = own or {}
        keys = dict.fromkeys((*low, *high))
        return {k: _fill_value(args[1], (), low.get(k), high.get(k)) for k in keys}
    if origin is tuple:
        return [_fill_value(args[0], (), None, item) for item in chosen]
    return chosen
