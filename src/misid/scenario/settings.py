"""What if: a scenario with some of its values set by path, ``threshold.field_fpir=0.01``, as on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import NoneType
from typing import Any, get_args

from misid.errors import Fault, InvalidInput, did_you_mean
from misid.scenario.checks import KNOWN
from misid.scenario.document import Document, from_mapping
from misid.scenario.form import BlockPlace, ListPlace, Place, QuantityPlace, TablePlace, place_of
from misid.scenario.load import resolve
from misid.scenario.schema import PROSE, Scenario

SET = "--set"
SOURCE = "set on the command line"
_FIXED = ("schema", "template", "supplied", "name", "title")  # what a scenario is, and not what it holds


def with_values(given: Document | Scenario, settings: Iterable[str] | Mapping[str, Any], file: str = SET) -> Scenario:
    """Return a scenario with values set by path.

    A number becomes a quantity of grade D, without a range, whose source says that it was set so.  Whole numbers,
    switches and names may be set where a field takes them.  What is set of the threshold replaces whatever else was
    known of it.

    Parameters
    ----------
    given : Document or Scenario
        What the values are set in; a document is resolved first.
    settings : iterable of str, or mapping of str to Any
        ``PATH=VALUE`` each, or paths and their values.
    file : str
        What errors name as the place of a fault.

    Raises
    ------
    InvalidInput
        If a path is unknown, set twice, or holds no single value; if a value is of another kind; or if the scenario
        that comes of it is at fault.
    """
    scenario = given if isinstance(given, Scenario) else resolve(given)
    pairs = list(settings.items()) if isinstance(settings, Mapping) else [_pair(one) for one in settings]
    data = scenario.to_json()
    faults: list[Fault] = []
    done: dict[str, None] = {}
    for path, value in pairs:
        wrong = ("set twice", "keep one") if path in done else _set(data, path, value, scenario)
        done[path] = None
        if wrong:
            faults.append(Fault(file, 0, path, *wrong))
    if faults:
        raise InvalidInput(faults)
    _settle_threshold(data, [tuple(path.split(".")) for path in done])
    return resolve(from_mapping(data, file)) if done else scenario


def _pair(text: str) -> tuple[str, str | None]:
    path, sign, value = text.partition("=")
    return path.strip(), value.strip() if sign else None


def _set(data: dict[str, Any], path: str, value: Any, scenario: Scenario) -> tuple[str, str] | None:
    """Set one value in plain data; return what is wrong and what to do, if anything is."""
    if value is None or value == "":
        return "no value", "write PATH=VALUE"
    place: Place | None = place_of(Scenario)
    node: Any = data
    holder: Any = None
    key: str | int = ""
    last: str | int = ""
    for part in path.split("."):
        key = int(part) if isinstance(place, ListPlace) and part.isdigit() else part
        inner = place.inside(key) if place else None
        if inner is None or (holder is None and part in _FIXED) or not _is_there(place, node, key):
            return _unknown(path, scenario)
        if node is None:
            node = holder[last] = {}
        holder, last, node, place = node, key, node[key] if _has(node, key) else None, inner
    assert place is not None
    if isinstance(place, BlockPlace | TablePlace) or (isinstance(place, ListPlace) and _holds_blocks(place)):
        near = _settable(scenario, f"{path}.")
        return "holds several values, not one", did_you_mean("", near).removeprefix("; ").replace(
            "known:", "set one of"
        )
    holder[key], wrong = _value(place, value)
    return wrong


def _has(node: Any, key: str | int) -> bool:
    return key in node if isinstance(node, dict) else isinstance(key, int) and key < len(node)


def _is_there(place: Place | None, node: Any, key: str | int) -> bool:
    """Whether a name may be set at a place: a field of a block, or an entry that a table or list has."""
    return isinstance(place, BlockPlace) or (node is not None and _has(node, key))


def _holds_blocks(place: ListPlace) -> bool:
    return isinstance(place.entry, BlockPlace | TablePlace | QuantityPlace)


def _value(place: Place, value: Any) -> tuple[Any, tuple[str, str] | None]:
    """Return a value as the place takes it, and what is wrong with it."""
    if isinstance(place, QuantityPlace):
        number = _number(value)
        if number is None:
            return None, (f"must be a number, got {value!r}", "write it without %, commas or words: 0.01, 5e6")
        return {"value": number, "source": SOURCE, "grade": "D"}, None
    if not isinstance(value, str):
        return list(value) if isinstance(value, tuple) else value, None
    if isinstance(place, ListPlace):
        return [part.strip() for part in value.split(",") if part.strip()], None
    kinds = {kind for kind in (place.annotation, *get_args(place.annotation)) if kind is not NoneType}
    if bool in kinds:
        said = {"true": True, "false": False}.get(value.lower())
        return said, None if said is not None else (f"must be true or false, got {value!r}", "")
    if int in kinds or float in kinds:
        number = _number(value)
        if number is None or (int in kinds and not number.is_integer()):
            kind = "whole number" if int in kinds else "number"
            return None, (f"must be a {kind}, got {value!r}", "")
        return int(number) if int in kinds else number, None
    if _is_prose(place):
        return None, ("holds words, not a number, a switch or a name", "change it in the file of the scenario")
    return value, None


def _is_prose(place: Place) -> bool:
    """Whether any words may stand here; names have a pattern, and switches their own list."""
    return place.annotation is str and any(getattr(limit, "max_length", 0) >= PROSE for limit in place.metadata)


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) or "_" in str(value) else float(value)
    except (TypeError, ValueError):
        return None


def _unknown(path: str, scenario: Scenario) -> tuple[str, str]:
    return "unknown path", did_you_mean(path, _settable(scenario)).removeprefix("; ")


def _settable(scenario: Scenario, stem: str = "") -> list[str]:
    """Return the paths of a scenario that hold one value each, and begin with a stem."""
    paths = dict.fromkeys(_leaves(place_of(Scenario), scenario.to_json(), ""))
    return [path for path in paths if path.startswith(stem) and path.split(".")[0] not in _FIXED]


def _leaves(place: Place, node: Any, path: str) -> Iterable[str]:
    if isinstance(place, BlockPlace):
        inside = [(name, inner, (node or {}).get(name)) for name, (_, _, inner) in place.fields.items()]
    elif isinstance(place, TablePlace):
        inside = [(str(name), place.entry, entry) for name, entry in (node or {}).items()]
    elif isinstance(place, ListPlace) and _holds_blocks(place):
        inside = [(str(i), place.entry, entry) for i, entry in enumerate(node or ())]
    else:
        yield path
        return
    for name, inner, entry in inside:
        yield from _leaves(inner, entry, f"{path}.{name}" if path else name)


def _settle_threshold(data: dict[str, Any], paths: list[tuple[str, ...]]) -> None:
    """Let what is set of an operating point replace what else was known of it; of the threshold, the points too."""
    threshold = data["threshold"]
    for here, point in [((), threshold), *((("points", name), x) for name, x in threshold["points"].items())]:
        stem = ("threshold", *here)
        inside = {path[len(stem) :] for path in paths if path[: len(stem)] == stem and len(path) > len(stem)}
        known = {path[0] for path in inside if path[0] in KNOWN}
        if not known:
            continue
        for name in set(KNOWN) - known:
            point[name] = None
        if ("title",) not in inside:
            point["title"] = f"{here[-1]}, {SOURCE}" if here else None
        if "field_fpir" not in known and ("mix",) not in inside:
            point["mix"] = None
        if point["vendor"] and not any(path[:2] == ("vendor", "counts") for path in inside):
            point["vendor"]["counts"] = None
        if not here:
            threshold["points"] = {}
            return
