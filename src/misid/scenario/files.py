"""Read a scenario file with its line numbers, and turn every fault into where, what, what to do.

YAML 1.2 by ruamel.yaml, safe types only.  Anchors and aliases are refused: no scenario needs them, and they are how a
small file becomes a large one.  JSON is read as the YAML that it is.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from misid.errors import Fault, InvalidInput, did_you_mean

MAX_BYTES = 1_000_000
MAX_DEPTH = 20

FieldPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A parsed file: plain data and the line of every field.

    Parameters
    ----------
    name : str
        File name as the user gave it; shown in errors.
    data : mapping
        Plain types only.
    lines : mapping of tuple to int
        Line, from 1, of each path.
    """

    name: str
    data: Mapping[str, Any]
    lines: Mapping[FieldPath, int]

    def fault(self, path: FieldPath, what: str, fix: str = "") -> Fault:
        """Return a fault at a path, or at the nearest enclosing one that the file has."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        return Fault(self.name, self.lines.get(known, 0), ".".join(map(str, path)), what, fix)


def read(path: Path) -> Document:
    """Read a file.

    Raises
    ------
    InvalidInput
        If it cannot be read, is not UTF-8, not YAML, too large or too deep, or uses aliases or tags.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInput(
                [Fault(str(path), 0, "", f"larger than {MAX_BYTES:,} bytes", "a scenario is a small file")]
            )
        raw = path.read_bytes()
    except OSError as error:
        raise InvalidInput([Fault(str(path), 0, "", f"cannot be read: {error.strerror}", "check the path")]) from None
    return parse(raw, str(path))


def parse(raw: bytes, name: str) -> Document:
    """Parse the bytes of a scenario file.

    Parameters
    ----------
    raw : bytes
        UTF-8, with or without a byte order mark.
    name : str
        File name for errors.

    Raises
    ------
    InvalidInput
        As `read`.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InvalidInput(
            [
                Fault(
                    name,
                    line,
                    "",
                    f"not UTF-8: byte 0x{raw[error.start]:02x} at offset {error.start}",
                    "save it as UTF-8",
                )
            ]
        ) from None
    yaml = YAML(typ="safe", pure=True)
    try:
        faults = list(_forbidden(yaml.parse(io.StringIO(text)), name))
        if faults:
            raise InvalidInput(faults)
        reader = YAML(typ="safe", pure=True)
        root = reader.compose(io.StringIO(text))
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise InvalidInput(
            [
                Fault(
                    name,
                    mark.line + 1 if mark else 0,
                    "",
                    f"not YAML: {what}",
                    "check indentation and colons",
                )
            ]
        ) from None
    lines: dict[FieldPath, int] = {}
    repeated: list[Fault] = []
    data = _plain(root, (), lines, repeated, reader, name) if root is not None else None
    if not isinstance(data, dict):
        repeated.append(
            Fault(name, 1, "", f"must be a mapping of fields, got {type(data).__name__}", "start with `schema:`")
        )
    if repeated:
        raise InvalidInput(repeated)
    assert isinstance(data, dict)
    return Document(name, data, lines)


def _forbidden(events: Iterator[Any], name: str) -> Iterator[Fault]:
    from ruamel.yaml import events as ev

    depth = documents = 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, ev.AliasEvent):
            yield Fault(
                name,
                line,
                "",
                f"alias *{event.anchor}",
                "write the value out; anchors and aliases are not read",
            )
        elif getattr(event, "anchor", None):
            yield Fault(
                name,
                line,
                "",
                f"anchor &{event.anchor}",
                "write the value out; anchors and aliases are not read",
            )
        if getattr(event, "tag", None):
            yield Fault(name, line, "", f"tag {event.tag}", "remove it; only plain values are read")
        if isinstance(event, ev.DocumentStartEvent):
            documents += 1
            if documents == 2:
                yield Fault(name, line, "", "a second document in one file", "keep one scenario to a file")
        if isinstance(event, ev.CollectionStartEvent):
            depth += 1
            if depth == MAX_DEPTH + 1:
                yield Fault(name, line, "", f"nested deeper than {MAX_DEPTH}", "flatten it")
                return
        elif isinstance(event, ev.CollectionEndEvent):
            depth -= 1


def _plain(node: Any, path: FieldPath, lines: dict[FieldPath, int], faults: list[Fault], reader: Any, name: str) -> Any:
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, MappingNode):
        out: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = reader.constructor.construct_object(key_node)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                faults.append(
                    Fault(name, line, ".".join(map(str, path)), f"field name {key!r} is not text", "quote it")
                )
                continue
            if key in out:
                faults.append(Fault(name, line, ".".join(map(str, (*path, key))), "given twice", "keep one"))
                continue
            lines[(*path, key)] = line
            out[key] = _plain(value_node, (*path, key), lines, faults, reader, name)
        return out
    if isinstance(node, SequenceNode):
        return [_plain(item, (*path, i), lines, faults, reader, name) for i, item in enumerate(node.value)]
    return reader.constructor.construct_object(node)


def from_mapping(data: Mapping[str, Any], name: str = "<mapping>") -> Document:
    """Wrap plain data given in Python; it has no lines."""
    return Document(name, data, {})


def faults_of(error: ValidationError, document: Document, form: type[BaseModel]) -> list[Fault]:
    """Turn pydantic's errors into faults with lines, nearest names and plain words.

    Parameters
    ----------
    error : ValidationError
        All errors of one validation.
    document : Document
        Where they are.
    form : type
        The model that was validated; its field names are what an unknown field is compared with.
    """
    faults = []
    for item in error.errors(include_url=False):
        path = tuple(part for part in item["loc"] if not _is_noise(part))
        known_as = path[:-1] if path and path[-1] == "[key]" else path
        what, fix = _words(dict(item), path, form)
        faults.append(document.fault(known_as, what, fix))
    return list(dict.fromkeys(faults))


def _is_noise(part: str | int) -> bool:
    """Say whether pydantic put this part there: a branch of a union or a validator, never a field."""
    return isinstance(part, str) and any(mark in part for mark in "[(") and part != "[key]"


def _words(item: dict[str, Any], path: FieldPath, form: type[BaseModel]) -> tuple[str, str]:
    kind, got, context = item["type"], item.get("input"), item.get("ctx", {})
    if kind == "extra_forbidden":
        near = did_you_mean(str(path[-1]), _names_at(form, path[:-1]))
        return "unknown field", near.removeprefix("; ")
    if kind == "missing":
        return "missing", "give it"
    if kind in ("enum", "literal_error"):
        expected = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
        near = did_you_mean(str(got), expected.split(", "))
        return f"{got!r} is not one of {expected}", near.removeprefix("; ") if "mean" in near else ""
    if kind in ("float_type", "int_type", "int_from_float", "int_parsing", "finite_number"):
        return f"must be a number, got {_short(got)}", ""
    if kind == "model_type" or kind == "dict_type":
        return f"must be a mapping of fields, got {_short(got)}", ""
    return f"{item['msg']}" + ("" if kind in _SELF_EXPLAINED else f", got {_short(got)}"), ""


_SELF_EXPLAINED = ("out_of_range", "low_above_value", "high_below_value", "grade_without_source")


def _short(value: Any) -> str:
    text = repr(value.value if isinstance(value, Enum) else value)
    return text if len(text) <= 60 else text[:57] + "..."


def _names_at(form: Any, path: FieldPath) -> list[str]:
    """Return the field names that are allowed at a path of a model."""
    for part in path:
        form = _inside(form, part)
        if form is None:
            return []
    form = _strip(form)
    if isinstance(form, type) and issubclass(form, BaseModel):
        return [info.alias or name for name, info in form.model_fields.items()]
    args = get_args(form)
    if get_origin(form) is dict and isinstance(args[0], type) and issubclass(args[0], Enum):
        return [str(member.value) for member in args[0]]
    return []


def _strip(annotation: Any) -> Any:
    while get_origin(annotation) in (Annotated, Union):
        annotation = next(a for a in get_args(annotation) if a is not type(None))
    return annotation


def _inside(annotation: Any, part: str | int) -> Any:
    annotation = _strip(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, info in annotation.model_fields.items():
            if part in (name, info.alias):
                return info.annotation
        return None
    args = get_args(annotation)
    if get_origin(annotation) is dict:
        return args[1]
    return args[0] if get_origin(annotation) is tuple else None
