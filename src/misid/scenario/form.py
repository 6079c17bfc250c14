"""The form that a person writes: the scenario with every field optional and every quantity short.

A quantity may be a bare number (then it has no source, and the page says *illustrative*) or a mapping with value,
low, high, source, grade and distribution.  Nobody need write a unit, for each field has one; a file that gives another
is refused.  So the resolved form is itself a scenario file, and resolves to itself.

The types of `misid.scenario.schema` are taken apart in one place, `place_of`: every kind of place knows what may be
written there, how it is filled, and what lies inside it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    Strict,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticCustomError

from misid.errors import Fault, did_you_mean
from misid.quantities import Grade, Quantity
from misid.scenario.document import Document, FieldPath, related
from misid.scenario.schema import Bound, Default, Scenario, plain_number

Number = Annotated[float, Strict()]


class QuantityForm(BaseModel):
    """A quantity as a person writes it: a number, or a mapping.

    Parameters
    ----------
    value : float
        Best value.
    low, high : float, optional
        Range; the value itself if left out.
    source : str, optional
        Who says so and where.  Without it the grade is D.
    grade : {"A", "B", "C", "D"}, optional
        A primary and read, B quotation of a primary, C press or secondary, D derived or assumed.
    distribution : {"uniform", "log_uniform"}, optional
        Only where the source states one.
    unit : str, optional
        The field's own unit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Number
    low: Number | None = None
    high: Number | None = None
    source: str | None = Field(default=None, min_length=1)
    grade: Grade | None = None
    distribution: Literal["uniform", "log_uniform"] | None = None
    unit: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, data: Any) -> Any:
        return {"value": data} if isinstance(data, (int, float)) and not isinstance(data, bool) else data

    @field_validator("low", "high")
    @classmethod
    def _range_holds_value(cls, bound: float | None, info: ValidationInfo) -> float | None:
        value, end = info.data.get("value"), info.field_name
        if bound is None or value is None or not (bound > value if end == "low" else bound < value):
            return bound
        side = "above" if end == "low" else "below"
        raise PydanticCustomError(
            "value_outside_range",
            "{end} {bound} is {side} value {value}",
            {"end": end, "bound": plain_number(bound), "side": side, "value": plain_number(value)},
        )

    @field_validator("grade")
    @classmethod
    def _grade_needs_source(cls, grade: Grade | None, info: ValidationInfo) -> Grade | None:
        if grade not in (None, Grade.D) and info.data.get("source") is None:
            words = "grade {grade} without a source"
            raise PydanticCustomError("grade_without_source", words, {"grade": grade.value if grade else ""})
        return grade

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "number"}, handler.resolve_ref_schema(handler(schema))]}

    def complete(self, unit: str) -> dict[str, Any]:
        """Return the complete quantity as plain types."""
        return {
            "value": self.value,
            "low": self.value if self.low is None else self.low,
            "high": self.value if self.high is None else self.high,
            "unit": unit,
            "source": self.source or "no source given",
            "grade": self.grade or Grade.D,
            "distribution": self.distribution,
        }


# The tree of types


@dataclass(frozen=True)
class Place:
    """A place in a scenario that holds a plain value; the other kinds of place derive from it."""

    annotation: Any
    metadata: tuple[Any, ...] = ()

    def form(self) -> Any:
        """Return the annotation of this place in the form that people write."""
        return self.limited(self.annotation)

    def fill(self, base: Any, own: Any) -> Any:
        """Merge a default and what is given, both in the form; what is given wins.  Plain types, never both None."""
        return base if own is None else own

    def inside(self, part: str | int) -> Place | None:
        """Return the place that one more part of a path leads to, or None."""
        return None

    def names(self) -> list[str]:
        """Return the names of the fields that may stand here."""
        return []

    def limited(self, annotation: Any) -> Any:
        """Return an annotation with the limits of this place."""
        return Annotated[(annotation, *self.metadata)] if self.metadata else annotation

    def default(self) -> Any:
        """Return what stands here where nobody gives anything, in the form; None for nothing."""
        return next((item.value for item in self.metadata if isinstance(item, Default)), None)


class QuantityPlace(Place):
    """A quantity: a number, or a mapping of value, low, high, source, grade, distribution, unit."""

    @property
    def bound(self) -> Bound:
        """Its unit and limits."""
        return next(item for item in self.metadata if isinstance(item, Bound))

    def form(self) -> Any:
        """Return a number, or a mapping of value, range and source."""
        return self.limited(QuantityForm)

    def fill(self, base: Any, own: Any) -> dict[str, Any]:
        """Take one of the two whole: the range of a default is not for another value."""
        form: QuantityForm = super().fill(base, own)
        return form.complete(self.bound.unit)

    def names(self) -> list[str]:
        """Return those of a complete quantity."""
        return list(QuantityForm.model_fields)

    def default(self) -> QuantityForm | None:
        """Return the default, read as a person would write it."""
        value = super().default()
        return None if value is None else QuantityForm.model_validate(value)


class BlockPlace(Place):
    """A mapping of known fields."""

    @property
    def fields(self) -> dict[str, tuple[str, FieldInfo, Place]]:
        """Attribute, declaration and place of each field, by its name in files."""
        return _fields(self.annotation)

    def form(self) -> Any:
        """Return the form of the block."""
        return human_form(self.annotation)

    def fill(self, base: Any, own: Any) -> dict[str, Any]:
        """Merge field by field; what nobody gives is left out."""
        merged = {}
        for name, (attribute, info, place) in self.fields.items():
            default, given = getattr(base, attribute, None), getattr(own, attribute, None)
            if default is None:
                default = place.default()
            extra = info.json_schema_extra
            if given is not None and isinstance(extra, dict) and extra.get("merge") == "replace":
                default = None
            if default is not None or given is not None:
                merged[name] = place.fill(default, given)
        return merged

    def default(self) -> BaseModel | None:
        """Return the default, read as a person would write it."""
        value = super().default()
        return None if value is None else human_form(self.annotation).model_validate(value)

    def inside(self, part: str | int) -> Place | None:
        """Return the field of that name."""
        return self.fields[part][2] if isinstance(part, str) and part in self.fields else None

    def names(self) -> list[str]:
        """Return those of the block, as files spell them."""
        return list(self.fields)


class TablePlace(Place):
    """A mapping of any names, or of the members of an enumeration, to entries of one kind."""

    @property
    def entry(self) -> Place:
        """What each name stands for."""
        return place_of(get_args(self.annotation)[1])

    def default(self) -> Any:
        """Return the default, read as a person would write it."""
        value = super().default()
        return None if value is None else TypeAdapter(self.form()).validate_python(value)

    def form(self) -> Any:
        """Return a mapping of the same keys."""
        return self.limited(dict[get_args(self.annotation)[0], self.entry.form()])  # type: ignore[misc]

    def fill(self, base: Any, own: Any) -> dict[Any, Any]:
        """Merge entry by entry, in an order that the file does not decide."""
        low, high = base or {}, own or {}
        return {key: self.entry.fill(low.get(key), high.get(key)) for key in sorted({*low, *high}, key=_order)}

    def inside(self, part: str | int) -> Place | None:
        """Return the entry, whatever the part."""
        return self.entry


class ListPlace(Place):
    """A list of entries of one kind; a list that is given replaces the default whole."""

    @property
    def entry(self) -> Place:
        """What each item is."""
        return place_of(get_args(self.annotation)[0])

    def form(self) -> Any:
        """Return a list of any length."""
        return self.limited(tuple[self.entry.form(), ...])  # type: ignore[misc]

    def fill(self, base: Any, own: Any) -> list[Any]:
        """Take one of the two whole."""
        return [self.entry.fill(None, item) for item in super().fill(base, own)]

    def inside(self, part: str | int) -> Place | None:
        """Return the entry, whatever the part."""
        return self.entry


def place_of(annotation: Any, metadata: tuple[Any, ...] = ()) -> Place:
    """Return the place that an annotation of the schema describes."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        return place_of(inner, (*more, *metadata))
    if origin in (Union, UnionType) and type(None) in get_args(annotation):
        # What may be missing is filled like the rest where it is given, and left out where it is not.
        inner, *others = (part for part in get_args(annotation) if part is not type(None))
        return Place(annotation, metadata) if others else place_of(inner, metadata)
    if annotation is Quantity:
        return QuantityPlace(annotation, metadata)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return BlockPlace(annotation, metadata)
    kinds: dict[Any, type[Place]] = {dict: TablePlace, tuple: ListPlace}
    return kinds.get(origin, Place)(annotation, metadata)


@cache
def _fields(block: type[BaseModel]) -> dict[str, tuple[str, FieldInfo, Place]]:
    return {
        info.alias or name: (name, info, place_of(info.annotation, tuple(info.metadata)))
        for name, info in block.model_fields.items()
    }


def _order(key: Any) -> Any:
    """Order keys of a mapping the same way, however the file orders them: the order of a file decides nothing."""
    return list(type(key)).index(key) if isinstance(key, Enum) else key


@cache
def human_form(block: type[BaseModel]) -> type[BaseModel]:
    """Return the form of a block in which every field may be left out and unknown ones are refused."""
    fields: dict[str, Any] = {
        attribute: (
            Union[place.form(), None],  # noqa: UP007  (the operands are not known before run time)
            Field(
                default=None,
                alias=info.alias,
                description=info.description,
                json_schema_extra=info.json_schema_extra,
            ),
        )
        for attribute, info, place in _fields(block).values()
    }
    return create_model(
        f"{block.__name__}Form",
        __config__=ConfigDict(frozen=True, extra="forbid"),
        __doc__=block.__doc__,
        **fields,
    )


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the form that people write."""
    schema = human_form(Scenario).model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "misid scenario"
    return schema


# Reading the form


def read_form(document: Document) -> tuple[BaseModel, list[Fault], set[FieldPath]]:
    """Read what can be read: what is faulty is named, cut out, and the rest read again.

    So one typing mistake does not hide the others.  Returned with the faults are the paths that have one.
    """
    form_class = human_form(Scenario)
    data = copy.deepcopy(dict(document.data))
    faults, broken = list(document.faults), set(document.unread)
    while True:
        try:
            return form_class.model_validate(data), faults, broken
        except ValidationError as error:
            found = faults_of(error, document, broken)
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


# What pydantic finds wrong, in our words

_KEY = "[key]"  # what pydantic adds to the path of a name that is wrong as a name
_ABSENT = ("missing", "too_short")
_NUMBER = ("must be a number, got {got}", "")
_WHOLE = ("must be a whole number, got {got}", "write it without quotes or decimal point")
_MAPPING = ("must be a mapping of fields, got {got}", "")
_WORDS = {
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
    "out_of_range": ("{msg}", "correct it"),
    "other_unit": ("{msg}", "this field is in {unit}; convert the number or leave unit out"),
    "value_outside_range": ("{msg}", "correct one of them"),
    "grade_without_source": ("{msg}", "name the source or leave the grade out"),
}


def faults_of(
    error: ValidationError, document: Document, known: Iterable[FieldPath] = ()
) -> dict[FieldPath, list[Fault]]:
    """Turn pydantic's errors into faults by path, with lines, nearest names and plain words.

    A value that is missing at, in or around a ``known`` path is no news; its list is then empty.
    """
    known = tuple(known)
    found: dict[FieldPath, list[Fault]] = {}
    for item in error.errors(include_url=False):
        path: FieldPath = item["loc"]
        if path and path[-1] == _KEY and item["type"] != "extra_forbidden":
            path = path[:-1]
        if item["type"] == "too_short" and item["input"]:
            continue  # its entries are faulty, and pydantic counts only good ones
        faults = found.setdefault(path, [])
        if item["type"] in _ABSENT and any(related(path, other) for other in known):
            continue
        faults.append(document.fault(path, *_words(dict(item), path)))
    return found


def _words(item: Mapping[str, Any], path: FieldPath) -> tuple[str, str]:
    """Return what is wrong and what to do."""
    kind, got, context = item["type"], _short(item.get("input")), item.get("ctx", {})
    if kind == "extra_forbidden":
        return "unknown field", did_you_mean(str(path[-1]), _place_at(path[:-1]).names()).removeprefix("; ")
    if kind in ("enum", "literal_error"):
        # The members stand in quotes; a member may itself hold the word "or".
        members = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        near = did_you_mean(str(item.get("input")), members).removeprefix("; ")
        return f"{got} is not one of " + ", ".join(members), near if near.startswith("did") else ""
    if kind in ("model_type", "dict_type", "model_attributes_type") and isinstance(_place_at(path), QuantityPlace):
        return f"must be a number, or a mapping with value, low, high and source, got {got}", ""
    if kind in _WORDS:
        what, fix = _WORDS[kind]
        values = {"got": got, "msg": item["msg"], **context}
        return what.format_map(values), fix.format_map(values)
    return f"{item['msg']}, got {got}", "see the schema"


def _short(value: Any) -> str:
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


def _place_at(path: FieldPath) -> Place:
    """Return the place of a path, or one with nothing in it for a path that leads nowhere."""
    place = place_of(Scenario)
    for part in path:
        place = place.inside(part) or Place(None)
    return place
