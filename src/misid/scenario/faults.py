"""Turn every error of a validation into where, what (with the value), what to do; in our words, not pydantic's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from misid.errors import Fault, did_you_mean
from misid.scenario.files import Document, FieldPath

KEY = "[key]"  # what pydantic adds to the path of a name that is wrong as a name
ABSENT = ("missing", "too_short")


def faults_of(
    error: ValidationError, document: Document, form: type[BaseModel], known: Iterable[FieldPath] = ()
) -> dict[FieldPath, list[Fault]]:
    """Turn pydantic's errors into faults with lines, nearest names and plain words.

    Parameters
    ----------
    error : ValidationError
        All errors of one validation.
    document : Document
        Where they are.
    form : type
        The model that was validated; its field names are what an unknown field is compared with.
    known : iterable of tuple
        Paths with a fault already; that something is missing there, or around it, is no news.

    Returns
    -------
    dict of tuple to list of Fault
        By path.  A path that has nothing new has an empty list.
    """
    known = tuple(known)
    found: dict[FieldPath, list[Fault]] = {}
    for item in error.errors(include_url=False):
        path: FieldPath = item["loc"]
        if path and path[-1] == KEY and item["type"] != "extra_forbidden":
            path = path[:-1]
        if item["type"] == "too_short" and item["input"]:
            continue  # its entries are faulty, and pydantic counts only good ones
        faults = found.setdefault(path, [])
        if item["type"] in ABSENT and any(related(path, other) for other in known):
            continue
        faults.append(document.fault(path, *_words(dict(item), path, form)))
    return found


def related(one: FieldPath, other: FieldPath) -> bool:
    """Say whether two paths are the same field or one lies inside the other."""
    size = min(len(one), len(other))
    return one[:size] == other[:size]


def _words(item: Mapping[str, Any], path: FieldPath, form: type[BaseModel]) -> tuple[str, str]:
    """Return what is wrong and what to do."""
    kind, got, context = item["type"], short(item.get("input")), item.get("ctx", {})
    if kind == "extra_forbidden":
        return "unknown field", did_you_mean(str(path[-1]), _names_at(form, path[:-1])).removeprefix("; ")
    if kind in ("enum", "literal_error"):
        # The members stand in quotes; a member may itself hold the word "or".
        members = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        near = did_you_mean(str(item.get("input")), members).removeprefix("; ")
        return f"{got} is not one of " + ", ".join(members), near if near.startswith("did") else ""
    if kind in ("model_type", "dict_type", "model_attributes_type") and _is_quantity(form, path):
        return f"must be a number, or a mapping with value, low, high and source, got {got}", ""
    if kind in _SAID:
        what, fix = _SAID[kind]
        values = {"got": got, **context}
        return what.format_map(values), fix.format_map(values)
    return f"{item['msg']}, got {got}", "see the schema"


_NUMBER = ("must be a number, got {got}", "")
_WHOLE = ("must be a whole number, got {got}", "write it without quotes or decimal point")
_MAPPING = ("must be a mapping of fields, got {got}", "")
_SAID = {
    "missing": ("missing", "give it"),
    "too_short": ("empty", "give at least one"),
    "string_too_short": ("empty", "write something or leave the field out"),
    "string_too_long": ("longer than {max_length} characters", "shorten it"),
    "string_type": ("must be text, got {got}", "put it in quotes"),
    "string_unicode": ("holds half a character, {got}", "write it out in UTF-8"),
    "string_pattern_mismatch": ("{got} cannot be a name", "use lower-case letters, digits and _, at most 40"),
    "invalid_key": ("field name {got} is not text", "put it in quotes"),
    "float_type": _NUMBER,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "bool_type": ("must be true or false, got {got}", ""),
    "model_type": _MAPPING,
    "dict_type": _MAPPING,
    "tuple_type": ("must be a list, got {got}", "put it in [ ]"),
    "greater_than_equal": ("must be {ge:,} or more, got {got}", ""),
    "less_than_equal": ("must be {le:,} or less, got {got}", ""),
    "out_of_range": ("{outside} not within {lowest} to {highest} ({unit})", "correct it"),
    "other_unit": ("unit is {named}", "this field is in {unit}; convert the number or leave unit out"),
    "low_above_value": ("low {low} is above value {value}", "correct one of them"),
    "high_below_value": ("high {high} is below value {value}", "correct one of them"),
    "grade_without_source": ("grade {grade} without a source", "name the source or leave the grade out"),
}


def short(value: Any) -> str:
    """Return a value as an error shows it: on one line, not too long."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) >= 10**20:
        return f"a number of {len(str(value)) if abs(value) < 10**4000 else 'over 4,000'} digits"
    if isinstance(value, date):
        return str(value)
    text = repr(value.value if isinstance(value, Enum) else value)
    return text if len(text) <= 60 else text[:57] + "..."


def _is_quantity(form: Any, path: FieldPath) -> bool:
    return {"value", "low", "high"} <= set(_names_at(form, path))


def _names_at(form: Any, path: FieldPath) -> list[str]:
    """Return the field names that are allowed at a path of a model."""
    for part in path:
        form = _inside(form, part)
        if form is None:
            return []
    form = _strip(form)
    if isinstance(form, type) and issubclass(form, BaseModel):
        return [info.alias or name for name, info in form.model_fields.items()]
    return []


def _strip(annotation: Any) -> Any:
    while get_origin(annotation) in (Annotated, Union):
        annotation = next(a for a in get_args(annotation) if a is not type(None))
    return annotation


def _inside(annotation: Any, part: str | int) -> Any:
    annotation = _strip(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, info in annotation.model_fields.items():
            if part == (info.alias or name):
                return info.annotation
        return None
    args = get_args(annotation)
    if get_origin(annotation) is dict:
        return args[1]
    return args[0] if get_origin(annotation) is tuple else None
