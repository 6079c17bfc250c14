"""Write docs/scenario.md: every field of a scenario, and every default with its range, grade and source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from misid.quantities import Quantity
from misid.scenario import Bound, Scenario, load

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
    fields = [_row(f"`{path}`", what, takes) for path, what, takes in _fields(Scenario, "")]
    defaults = [
        _row(f"`{path}`", f"{q.value:g}", _range(q), q.unit, q.grade.value, q.source)
        for path, q in load("field-app").quantities().items()
    ]
    return HEAD + "".join(fields) + DEFAULTS + "".join(defaults)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _range(q: Quantity) -> str:
    return f"{q.low:g} to {q.high:g}" if q.swept else ""


def _fields(block: type[BaseModel], stem: str) -> list[tuple[str, str, str]]:
    found = []
    for name, info in block.model_fields.items():
        path = f"{stem}{info.alias or name}"
        inner, takes, suffix = _kind(info.annotation, info.metadata)
        if inner is not None:
            found += _fields(inner, f"{path}{suffix}.")
        else:
            found.append((path + suffix, info.description or "", takes))
    return found


def _kind(annotation: Any, metadata: Any = ()) -> tuple[type[BaseModel] | None, str, str]:
    """Return the block inside (or none), what the field takes in words, and how its path goes on."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(args[0], args[1:])
    if annotation is Quantity:
        bound = next(m for m in metadata if isinstance(m, Bound))
        return None, f"{bound.unit}, {bound.lowest:g} to {bound.highest:g}", ""
    if origin in (dict, tuple):
        inner, takes, suffix = _kind(args[-1] if origin is dict else args[0])
        key = "NAME" if not hasattr(args[0], "__members__") else args[0].__name__.upper()
        return inner, takes, (f".{key}" if origin is dict else "[]") + suffix
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, "", ""
    if hasattr(annotation, "__members__"):
        return None, ", ".join(member.value for member in annotation), ""
    return None, ", ".join(map(str, args)) if args else getattr(annotation, "__name__", str(annotation)), ""


if __name__ == "__main__":
    main()
