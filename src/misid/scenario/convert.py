"""From the form of misid 0.1, ``misid/scenario/1``, to the form of today; comments and the order of fields are kept."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from misid.errors import InvalidInput, OutputRefused
from misid.scenario.document import Document, parse_document, read_document
from misid.scenario.load import TEMPLATES, resolve
from misid.scenario.schema import SCHEMA, Scenario, plain_number

OLDER = "misid/scenario/1"
DAYS = 365

Ends = tuple[float, float, float]
# What every file of 0.1 got where it was silent and the template `field` fills in with other values: value, low, high;
# None where 0.1 had no such field.
CHANGED: Mapping[str, Ends | None] = {
    "after_no_hit.false_match": None,
    "after_no_hit.fingerprinted": None,
    "after_no_hit.match": None,
    "capture.tail_shift_decades": (0, -1, 2),
    "kin.identical_twin_match": (0.95, 0.3, 1),
    "statuses.lawfully_present.fingerprints": None,
    "statuses.naturalised_citizen.fingerprints": None,
    "statuses.removable.fingerprints": None,
    "statuses.us_born_citizen.enrolled.adult": (0.47, 0.45, 0.55),
    "statuses.us_born_citizen.fingerprints": None,
    "stops.looks.for_no_document": None,
    "stops.random.for_no_document": None,
    "stops.targeted.for_no_document": None,
    "use.searches_per_year": (150_015, 109_500, 730_000),
}
_FAMILIES = {
    "fraternal_twin_share": "fraternal_twin_share",
    "fraternal_twin_match": "fraternal_twin_match",
    "siblings": "siblings",
    "sibling_match": "sibling_match",
    "twin_outranks": "relative_outranks",
    "enrolled_together": "enrolled_together",
}
_MODES = {"comparisons": "kept", "held": "set_anew"}
_TITLES = {
    "kept": "the threshold of the test, kept at this gallery",
    "set_anew": "the rate of the test, with the threshold set anew for this gallery",
}


class Converted(NamedTuple):
    """A converted file, and what became of it."""

    text: str
    changed: tuple[str, ...]  # what was changed in the file
    supplied: tuple[str, ...]  # what its template fills in with other values than 0.1 did
    scenario: Scenario


def convert_file(old: Path, new: Path) -> Converted:
    """Convert one file into another, which must not be there yet.

    Raises
    ------
    InvalidInput
        If the old file cannot be read, is of another form, or is at fault.
    OutputRefused
        If the new file is there, or cannot be written.
    """
    if new.exists():
        raise OutputRefused(f"{new} is there already; name a file that is not")
    found = convert(read_document(old), old.read_text("utf-8-sig"), as_json=new.suffix == ".json")
    try:
        with open(new, "x", encoding="utf-8", newline="\n") as stream:
            try:
                stream.write(found.text)
                stream.flush()
            except BaseException:
                new.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise OutputRefused(f"{new} cannot be written: {error.strerror}") from None
    return found


def convert(document: Document, text: str, *, as_json: bool = False) -> Converted:
    """Convert the text of a document; errors as for `convert_file`."""
    from ruamel.yaml import YAML

    version = document.data.get("schema")
    if version != OLDER:
        fix = "it needs no conversion" if version == SCHEMA else f"only {OLDER} is converted"
        raise InvalidInput([*document.faults, document.fault(("schema",), f"{version!r} is not {OLDER}", fix)])
    if document.faults:
        raise InvalidInput(document.faults)
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    data = yaml.load(text)
    changed = _change(data)
    out = io.StringIO()
    if as_json:
        json.dump(data, out, indent=1, ensure_ascii=False, default=float)
        out.write("\n")
    else:
        out.write(_before_the_document(text))
        yaml.dump(data, out)
    scenario = resolve(parse_document(out.getvalue().encode(), document.name))
    return Converted(out.getvalue(), tuple(changed), tuple(_supplied(scenario)), scenario)


def _before_the_document(text: str) -> str:
    """Return the comments in front of a document mark, which the YAML reader drops."""
    lines = text.splitlines()
    marks = [i for i, line in enumerate(lines) if line.startswith("---")]
    return "".join(f"{line}\n" for line in lines[: marks[0] if marks else 0] if line.startswith("#"))


def _change(data: Any) -> list[str]:
    """Turn a file's data into that of today's form, in place; return what was changed, in words."""
    data["schema"] = SCHEMA
    data.insert(list(data).index("schema") + 1, "template", "field")
    others = ", ".join(name for name in TEMPLATES if name != "field")
    changed = [
        f"schema: {OLDER} is {SCHEMA} now",
        "template: field is named, which fills what the file leaves out as 0.1 did for every file; where the app "
        f"in the field is not what is simulated, name another ({others}), or none and give everything",
    ]
    return [*changed, *_threshold(data), *_kin(data), *_use(data)]


def _threshold(data: Any) -> list[str]:
    old: Any = data.get("threshold")
    if not hasattr(old, "items"):
        return []
    modes = old.pop("scaling", None)
    modes = list(modes) if isinstance(modes, list) and modes else list(_MODES)
    ways = [_MODES[mode] for mode in dict.fromkeys(modes) if mode in _MODES] or list(_MODES.values())
    tests: dict[str, Any] = {way: copy.deepcopy(old) for way in ways}
    for way, test in tests.items():
        test["gallery"] = way
    rate = "threshold.fpir with its gallery size and image kind"
    if len(ways) == 1:
        _replace(data, "threshold", {"test": tests[ways[0]]})
        return [f"{rate} is threshold.test now; scaling [{modes[0]}] is gallery: {ways[0]}"]
    points = {way: _block({"title": _TITLES[way], "test": test}, like=old) for way, test in tests.items()}
    _replace(data, "threshold", {"points": points})
    return [
        f"{rate} is what is known of two points now, threshold.points.kept and .set_anew, which stand for both modes "
        "of scaling: answers are shown at each, the threshold counts as unknown"
    ]


def _replace(data: Any, name: str, fields: Mapping[str, Any]) -> None:
    """Put a block in the place of another, written in the same way, with the comments behind it."""
    old = data[name]
    data[name] = _block({key: _block(x, like=old) if type(x) is dict else x for key, x in fields.items()}, like=old)


def _block(fields: Mapping[str, Any], like: Any) -> Any:
    from ruamel.yaml.comments import CommentedMap

    block = CommentedMap(fields)
    if like.fa.flow_style():
        block.fa.set_flow_style()
    return block


def _kin(data: Any) -> list[str]:
    families = data.get("families")
    if "families" not in data:
        return []
    place = list(data).index("families")
    kin = data.get("kin")
    if not isinstance(families, Mapping):
        del data["families"]
        return ["families was empty and is left out"]
    if not isinstance(kin, Mapping):
        data.pop("kin", None)
        kin = _block({}, like=families)
        data.insert(min(place, len(data)), "kin", kin)
    for name in list(families):
        kin[_FAMILIES.get(name, name)] = families[name]
    del data["families"]
    moved = ", ".join(f"{name} as {_FAMILIES[name]}" for name in families if _FAMILIES.get(name, name) != name)
    return ["families has joined kin" + (f", {moved}" if moved else "")]


def _use(data: Any) -> list[str]:
    use: Any = data.get("use")
    if not hasattr(use, "items") or "scans_per_day" not in use:
        return []
    daily = use["scans_per_day"]
    use.insert(list(use).index("scans_per_day"), "searches_per_year", _times(daily, DAYS))
    del use["scans_per_day"]
    return [f"use.scans_per_day is use.searches_per_year now, times {DAYS}"]


def _times(quantity: Any, by: int) -> Any:
    if isinstance(quantity, (int, float)) and not isinstance(quantity, bool):
        return _plain(quantity * by)
    if isinstance(quantity, Mapping):
        quantity = copy.deepcopy(quantity)
        for end in ("value", "low", "high"):
            if isinstance(quantity.get(end), (int, float)):
                quantity[end] = _plain(quantity[end] * by)
        quantity.pop("unit", None)
    return quantity


def _plain(number: float) -> float:
    whole = round(float(number), 6)
    return int(whole) if whole.is_integer() and abs(whole) < 1e16 else whole


def _supplied(scenario: Scenario) -> list[str]:
    """Return what the template fills in with other values than 0.1 did, in words."""
    now = scenario.quantities()
    found = []
    for path, before in CHANGED.items():
        if path in now and scenario.from_template(path):
            q = now[path]
            was = f"{_ends(*before)} in 0.1" if before else "not in 0.1"
            found.append(f"{path}: {_ends(q.value, q.low, q.high)} ({was})")
    return found


def _ends(value: float, low: float, high: float) -> str:
    return plain_number(value) + (f", {plain_number(low)} to {plain_number(high)}" if low < high else "")
