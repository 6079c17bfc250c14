"""Read a scenario file with its line numbers, and turn every fault into where, what, what to do.

YAML 1.2 by ruamel.yaml, safe types only.  Anchors and aliases are refused: no scenario needs them, and they are how a
small file becomes a large one.  JSON is read as the YAML that it is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from misid.errors import Fault, InvalidInput

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_EVENTS = 20_000  # a complete scenario has about 3,000; pure-Python YAML reads 20,000 in a second or two
NO_ANCHORS = "write the value out; anchors and aliases are not read"
TEXT = "tag:yaml.org,2002:str"
MERGE = "tag:yaml.org,2002:merge"
SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")

FieldPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A parsed file: plain data and the line of every field."""

    name: str  # as the user gave it; shown in errors
    data: Mapping[str, Any]
    lines: Mapping[FieldPath, int]  # from 1
    faults: tuple[Fault, ...] = ()  # fields that could not be read, or were given twice; `resolve` raises them
    unread: tuple[FieldPath, ...] = ()  # paths that are not in ``data`` for that reason, or not as written

    def unread_at(self, path: FieldPath) -> bool:
        """Whether what the file writes at a path could not be read."""
        return path in self.unread

    def fault(self, path: FieldPath, what: str, fix: str = "") -> Fault:
        """Return a fault at a path, or at the nearest enclosing one that the file has."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        return Fault(self.name, self.lines.get(known, 0), dotted_path(path), what, fix)


def read_document(path: Path) -> Document:
    """Read a file; `InvalidInput` as for `parse_document`, or if it cannot be read."""
    try:
        with open(path, "rb") as stream:
            raw = stream.read(MAX_BYTES + 1)  # a device may have no end
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or str(error)
        raise InvalidInput([Fault(str(path), 0, "", f"cannot be read: {what}", "check the path")]) from None
    return parse_document(raw, str(path))


def parse_document(raw: bytes, name: str) -> Document:
    """Parse the bytes of a scenario file, UTF-8 with or without a byte order mark.

    Raises
    ------
    InvalidInput
        If it is not UTF-8, not YAML, too large or too deep, or uses aliases or tags.
    """
    from ruamel.yaml import YAML

    if len(raw) > MAX_BYTES:
        raise InvalidInput([Fault(name, 0, "", f"larger than {MAX_BYTES:,} bytes", "a scenario is a small file")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"not UTF-8: byte 0x{raw[error.start]:02x} at offset {error.start}"
        raise InvalidInput([Fault(name, line, "", what, "save it as UTF-8")]) from None
    faults: list[Fault] = []
    reader = YAML(typ="safe", pure=True)
    events: list[Any] = []
    try:
        faults.extend(_forbidden(_noted(reader.parse(io.StringIO(text)), events), name))
    except Exception as error:  # mostly YAMLError; a bad escape raises what chr() raises
        faults.append(_not_yaml(error, name, text))
    if faults:
        raise InvalidInput(dict.fromkeys(faults))
    builder = _Builder(name, reader, events)
    data = builder.document()
    if not isinstance(data, dict):
        got = "nothing" if data is None else "a list" if isinstance(data, list) else "one value"
        raise InvalidInput([Fault(name, 1, "", f"must be a mapping of fields, got {got}", "start with `schema:`")])
    return Document(name, data, builder.lines, tuple(builder.faults), tuple(builder.unread))


def _not_yaml(error: Any, name: str, text: str) -> Fault:
    """Say in one line what the YAML reader says in five."""
    problem, mark = getattr(error, "problem", None), getattr(error, "problem_mark", None)
    if problem and mark:
        begun = getattr(error, "context_mark", None)
        if begun and begun.line != mark.line:
            problem += f" ({error.context} from line {begun.line + 1})"
        fix = "indent with spaces, not tabs" if "\\t" in problem else "check indentation, colons and quotes"
        return Fault(name, mark.line + 1, "", f"not YAML: {problem}", fix)
    # The reader refuses some characters outright, and gives no mark; for an escape beyond Unicode it raises what chr()
    # raises.
    for sign in filter(None, [getattr(error, "character", None)]):
        sign = sign if isinstance(sign, str) else chr(sign)
        return Fault(name, _line(text, text.find(sign)), "", f"not YAML: character U+{ord(sign):04X}", "remove it")
    for escape in re.finditer(r"(?m)^(?!\s*#).*?(\\U([0-9a-fA-F]{8}))", text):
        if int(escape[2], 16) > 0x10FFFF:
            return Fault(name, _line(text, escape.start(1)), "", f"not YAML: no character {escape[1]}", "remove it")
    return Fault(name, 0, "", "not YAML", "compare it with the output of `misid scenario show field-app`")


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, max(place, 0)) + 1


def _forbidden(events: Iterator[Any], name: str) -> Iterator[Fault]:
    """Find what a scenario never needs, before anything is built from the text."""
    from ruamel.yaml import events as ev

    depth = documents = 0
    for size, event in enumerate(events):
        line = event.start_mark.line + 1
        if isinstance(event, ev.AliasEvent):
            yield Fault(name, line, "", f"alias *{event.anchor}", NO_ANCHORS)
        elif getattr(event, "anchor", None):
            yield Fault(name, line, "", f"anchor &{event.anchor}", NO_ANCHORS)
        if getattr(event, "tag", None):
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            yield Fault(name, line, "", f"tag {tag}", "remove it; only plain values are read")
        if isinstance(event, ev.DocumentStartEvent):
            documents += 1
            if documents == 2:
                yield Fault(name, line, "", "a second document in one file", "keep one scenario to a file")
            if event.tags or event.version not in (None, (1, 2)):
                yield Fault(name, line, "", "a YAML directive", "remove the line that starts with %; YAML 1.2 is read")
        if isinstance(event, ev.CollectionStartEvent):
            depth += 1
            if depth == MAX_DEPTH + 1:
                yield Fault(name, line, "", f"nested deeper than {MAX_DEPTH}", "flatten it")
                return
        elif isinstance(event, ev.CollectionEndEvent):
            depth -= 1
        if size == MAX_EVENTS:
            yield Fault(name, line, "", f"more than {MAX_EVENTS:,} names and values", "a scenario is a small file")
            return


def _noted(events: Iterator[Any], seen: list[Any]) -> Iterator[Any]:
    for event in events:
        seen.append(event)
        yield event


class _Builder:
    """Builds plain data out of what the reader found, and notes lines and faults."""

    def __init__(self, name: str, reader: Any, events: list[Any]) -> None:
        self.name = name
        self.reader = reader
        self.events = iter(events)
        self.lines: dict[FieldPath, int] = {}
        self.faults: list[Fault] = []
        self.unread: list[FieldPath] = []

    def document(self) -> Any:
        """Return the data of the first document; None if there is none."""
        from ruamel.yaml.events import DocumentStartEvent, StreamEndEvent

        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                return self._build(next(self.events), ())
            if isinstance(event, StreamEndEvent):
                break
        return None

    def _build(self, event: Any, path: FieldPath) -> Any:
        from ruamel.yaml.events import MappingStartEvent, SequenceEndEvent, SequenceStartEvent

        self.lines.setdefault(path, event.start_mark.line + 1)
        if isinstance(event, MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(event := next(self.events), SequenceEndEvent):
                items.append(self._build(event, (*path, len(items))))
            return items
        return self._scalar(event, path)

    def _mapping(self, path: FieldPath) -> dict[str, Any]:
        from ruamel.yaml.events import MappingEndEvent, ScalarEvent

        out: dict[str, Any] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            line = event.start_mark.line + 1
            if not isinstance(event, ScalarEvent):
                self._pass_over(event)
                self._pass_over(next(self.events))
                self._fault(line, path, "a field name that is a list or a mapping", "field names are text")
                continue
            key, tag, value = event.value, self._tag(event), next(self.events)
            if tag == TEXT and key not in out:
                self.lines[(*path, key)] = line
                out[key] = self._build(value, (*path, key))
                continue
            self._pass_over(value)
            if tag == MERGE:
                self._fault(line, path, "merge key <<", "write the fields out")
                self.unread.append(path)  # what it would have brought may seem to be missing
            elif tag != TEXT:
                self._fault(line, path, f"field name {key[:60]} is not text", "put it in quotes")
            else:
                self._fault(line, (*path, key), "given twice", "keep one")
        return out

    def _pass_over(self, event: Any) -> None:
        """Leave out one value, with all that is in it."""
        from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent

        depth = int(isinstance(event, CollectionStartEvent))
        while depth:
            event = next(self.events)
            depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)

    def _tag(self, event: Any) -> str:
        from ruamel.yaml.nodes import ScalarNode

        return str(self.reader.resolver.resolve(ScalarNode, event.value, event.implicit))

    def _scalar(self, event: Any, path: FieldPath) -> Any:
        from ruamel.yaml.nodes import ScalarNode

        tag = self._tag(event)
        if tag == TEXT:
            return _joined(event.value)
        if tag in (MERGE, "tag:yaml.org,2002:value"):
            return event.value  # << and = are special only in old YAML
        try:
            node = ScalarNode(tag, event.value, event.start_mark, event.end_mark, style=event.style)
            return self.reader.constructor.construct_object(node)
        except Exception:  # the constructors raise whatever int() and date() raise
            self._fault(
                event.start_mark.line + 1, path, f"cannot be read: {event.value[:60]}", "put it in quotes if it is text"
            )
            self.unread.append(path)
            return None

    def _fault(self, line: int, path: FieldPath, what: str, fix: str) -> None:
        self.faults.append(Fault(self.name, line, dotted_path(path), what, fix))


def _joined(text: str) -> str:
    """Join surrogate pairs: JSON writes a character beyond the 16-bit plane as two escapes."""
    return SURROGATES.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)


def dotted_path(path: FieldPath) -> str:
    """Return a path as errors show it; what a terminal would act on is written as an escape."""
    return ".".join(part if part.isprintable() else repr(part)[1:-1] for part in map(str, path))


def related(one: FieldPath, other: FieldPath) -> bool:
    """Whether two paths are the same field or one lies inside the other."""
    size = min(len(one), len(other))
    return one[:size] == other[:size]


def from_mapping(data: Mapping[str, Any], name: str = "<mapping>") -> Document:
    """Wrap plain data given in Python; it has no lines."""
    return Document(name, _thawed(data), {})


def _thawed(node: Any) -> Any:
    """Return mappings as dicts and sequences as lists, so that any kind of them will do."""
    if isinstance(node, Mapping):
        return {key: _thawed(value) for key, value in node.items()}
    return [_thawed(item) for item in node] if isinstance(node, (list, tuple)) else node
