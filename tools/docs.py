"""Write docs/scenario.md: every field of a scenario, and every default with its range, grade and source."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from misid.quantities import Quantity
from misid.scenario import BlockPlace, ListPlace, Place, QuantityPlace, Scenario, TablePlace, load_scenario

PAGE = Path(__file__).parents[1] / "docs" / "scenario.md"
HEAD = """# Every field of a scenario

Written by `make docs`; a test fails when it is stale. A file may leave out everything but `schema`, `title`,
`gallery.n_references` and the threshold with its gallery size and image kind. A quantity is a number, or a mapping of
value, low, high, source and grade.

## Fields

| field | what | takes |
| --- | --- | --- |
"""
DEFAULTS = """
## Defaults

Grades: A primary and read, B quotation of a primary, C press or secondary, D derived or assumed. These are what
`field-app` runs with; it sets `gallery` and `threshold` itself.

| field | value | range | unit | grade | source |
| --- | --- | --- | --- | --- | --- |
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")


def page() -> str:
    """Return the page."""
    fields = [_row(f"`{path}`", what, takes) for path, what, takes in _fields(BlockPlace(Scenario), "")]
    defaults = [
        _row(f"`{path}`", f"{q.value:g}", _range(q), q.unit, q.grade.value, q.source)
        for path, q in load_scenario("field-app").quantities().items()
    ]
    return HEAD + "".join(fields) + DEFAULTS + "".join(defaults)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _range(q: Quantity) -> str:
    return f"{q.low:g} to {q.high:g}" if q.swept else ""


def _fields(block: BlockPlace, stem: str) -> list[tuple[str, str, str]]:
    found = []
    for name, (_, info, place) in block.fields.items():
        path = f"{stem}{name}"
        while isinstance(place, TablePlace | ListPlace):
            path += f".{_key(place)}" if isinstance(place, TablePlace) else "[]"
            place = place.entry
        if isinstance(place, BlockPlace):
            found += _fields(place, f"{path}.")
        else:
            found.append((path, info.description or "", _takes(place)))
    return found


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
