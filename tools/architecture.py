"""Draw the rooms of src/misid into docs/architecture.md, from their imports and the first lines of their fronts.

    python tools/architecture.py

`make docs` calls it, and a test fails when the picture is stale.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path

import house  # tools/house.py, beside this file

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
START, END = "<!-- rooms: written by tools/architecture.py -->\n", "<!-- end of rooms -->\n"
Rooms = dict[str, set[str]]


def main() -> None:
    """Write the picture into the page."""
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")


def page(text: str) -> str:
    """Return a page with the picture between its marks made anew."""
    before, rest = text.split(START)
    return before + START + picture(house.SOURCE) + END + rest.split(END)[1]


def picture(root: Path) -> str:
    """Return the rooms of a package as a Mermaid drawing and a table, bottom first."""
    rooms = imports_of_rooms(root)
    few = reduced(rooms)
    arrows = "".join(f"  {room} --> {target}\n" for room in few for target in sorted(few[room]))
    rows = "".join(
        f"| `{room}` | {purpose(root, room)} |\n"
        for room in sorted(rooms, key=lambda room: (height(rooms, room), room))
    )
    return (
        f"\n```mermaid\nflowchart BT\n{arrows}```\n\nAn arrow means *imports*; arrows that follow from others are left "
        f"out. Bottom first:\n\n| room | what it is for |\n| --- | --- |\n{rows}\n"
    )


def imports_of_rooms(root: Path) -> Rooms:
    """Return which rooms each room imports; a file that lies in no folder is a room of its own name."""
    paths = (path for path in root.rglob("*.py") if path.parent != root or not path.name.startswith("_"))
    trees, homes = house.read_modules(root, paths)
    rooms: Rooms = {_room(module): set() for module in trees}
    for module, tree in trees.items():
        for target in house.imports(module, tree, trees, homes):
            rooms[_room(module)].add(_room(target))
    return {room: targets - {room, "front"} for room, targets in sorted(rooms.items()) if room != "front"}


def reduced(rooms: Mapping[str, set[str]]) -> Rooms:
    """Leave out each arrow that a longer way of arrows says already."""

    def reach(room: str) -> set[str]:
        return rooms[room].union(*(reach(target) for target in rooms[room]))

    return {
        room: {target for target in targets if not any(target in reach(other) for other in targets - {target})}
        for room, targets in rooms.items()
    }


def height(rooms: Mapping[str, set[str]], room: str) -> int:
    """Return how many arrows the longest way down from a room has."""
    return max((1 + height(rooms, target) for target in rooms[room]), default=0)


def purpose(root: Path, room: str) -> str:
    """Return the first sentence of a room's own docstring."""
    path = root / room / "__init__.py" if (root / room).is_dir() else root / f"{room}.py"
    text = " ".join((ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n\n")[0].split())
    return re.sub(r"``?([^`]+)``?", r"`\1`", text)


def _room(module: str) -> str:
    return module.split(".")[1]


if __name__ == "__main__":
    main()
