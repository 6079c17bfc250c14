"""Write docs/scenario.md: every field of a scenario, and every default with its range, grade and source."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from pydantic.fields import FieldInfo

from misid.quantities import Quantity
from misid.scenario import (
    TEMPLATES,
    BlockPlace,
    ListPlace,
    Place,
    QuantityPlace,
    Scenario,
    TablePlace,
    from_mapping,
    load_scenario,
    resolve,
    scenario_names,
)
from misid.scenario.schema import SCHEMA

PAGE = Path(__file__).parents[1] / "docs" / "scenario.md"
HEAD = """# Every field of a scenario

Written by `make docs`; a test fails when it is stale.

A file gives `schema`, a `title` and what it knows, and names a **template** that fills in the rest, each figure with
its source and grade:

| template | what it is of | packaged scenarios that name it |
| --- | --- | --- |
{templates}
`supplied` in the resolved form lists what came of the template; `misid scenario check FILE` prints it,
`misid scenario show TEMPLATE` the template itself. A file that names none gives everything for which the last column
below says "must be given". A quantity is a number, or a mapping of value, low, high, source and grade.

`threshold` says what is known of the threshold: a **field FPIR** (of distinct strangers of a `mix`, searched once with
a usable photo, the share for whom a name is returned), or the FPIR of a **test**, or a **vendor** score with counts;
one of them. Where nobody knows it, `points` are shown instead. `misid run FILE --set PATH=VALUE` sets a value for one
run. Rules are joined by a plus sign: `lead_only+documents_count`. A file of misid 0.1 is turned into one of today by
`misid scenario convert OLD NEW`; `docs/from-0.1.md` says what has changed.

## Fields

| field | what | takes | left out by file and template |
| --- | --- | --- | --- |
"""
TEMPLATE = """
## Template `{name}`

Grades: A primary and read, B quotation of a primary, C press or secondary, D derived or assumed: an assumption.

| field | value | range | unit | grade | source |
| --- | --- | --- | --- | --- | --- |
"""
OF = {
    "field": "an officer photographs a face in the street, and an app searches a federal gallery",
    "live_watchlist": "cameras compare passers-by with a list of wanted people",
    "investigation": "a still is searched in booking photos, and an examiner picks from a list",
    "border_booth": "a traveller is compared with one document",
}


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")


def page() -> str:
    """Return the page."""
    named = {name: [x for x in scenario_names() if load_scenario(x).template == name] for name in TEMPLATES}
    templates = "".join(_row(f"`{name}`", OF[name], ", ".join(f"`{x}`" for x in named[name])) for name in TEMPLATES)
    fields = [_row(f"`{path}`", what, takes, left) for path, what, takes, left in _fields(BlockPlace(Scenario), "")]
    return HEAD.replace("{templates}", templates) + "".join(fields) + "".join(map(_template, TEMPLATES))


def _template(name: str) -> str:
    """Return the table of what one template supplies."""
    file = {"schema": SCHEMA, "template": name, "title": name, "gallery": {"n_references": 1_000_000}}
    scenario = resolve(from_mapping(file, name))
    rows = [
        _row(f"`{path}`", f"{q.value:g}", _range(q), q.unit, q.grade.value, q.source)
        for path, q in scenario.quantities().items()
        if scenario.from_template(path) and ".counts." not in path
    ]
    return TEMPLATE.replace("{name}", name) + "".join(rows)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _range(q: Quantity) -> str:
    return f"{q.low:g} to {q.high:g}" if q.swept else ""


def _fields(block: BlockPlace, stem: str) -> list[tuple[str, str, str, str]]:
    found = []
    for name, (_, info, place) in block.fields.items():
        path, left = f"{stem}{name}", "the file's name" if name == "name" else _left_out(info, place)
        while isinstance(place, TablePlace | ListPlace):
            path += f".{_key(place)}" if isinstance(place, TablePlace) else "[]"
            place = place.entry
        if isinstance(place, BlockPlace):
            found += _fields(place, f"{path}.")
        else:
            found.append((path, info.description or "", _takes(place), left))
    return found


def _left_out(info: FieldInfo, place: Place) -> str:
    """Say what a field is where neither the file nor its template gives it."""
    default = place.default()
    if default is None:
        return "nothing" if info.default is None else "must be given"
    if isinstance(place, QuantityPlace):
        return f"{default.value:g}"
    if isinstance(default, str):
        return f'"{default}"' if default else "none"
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:,}" if isinstance(default, int) else "as below" if default else "none"


def _key(table: TablePlace) -> str:
    key = get_args(table.annotation)[0]
    return key.__name__.upper() if hasattr(key, "__members__") else "NAME"


def _takes(place: Place) -> str:
    """Say what a field takes."""
    if isinstance(place, QuantityPlace):
        return f"{place.bound.unit}, {place.bound.lowest:g} to {place.bound.highest:g}"
    kind, args = place.annotation, get_args(place.annotation)
    if hasattr(kind, "__members__"):
        return ", ".join(member.value for member in kind)
    return ", ".join(map(str, args)) if args else getattr(kind, "__name__", str(kind))


if __name__ == "__main__":
    main()
