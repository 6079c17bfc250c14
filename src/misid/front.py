"""What a room offers, by name: its ``__init__`` lists the names under ``TYPE_CHECKING``, and each loads on first use.

Listed once, the names are known to type checkers and editors, and importing one of them loads no more than the module
that has it, so that every command starts fast.
"""

from __future__ import annotations

import ast
import functools
import importlib
import sys
from collections.abc import Callable
from typing import Any


def front(room: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of a package that lists its names under ``TYPE_CHECKING``."""
    homes = _homes(room)
    names = sorted(homes)

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        return getattr(importlib.import_module(homes[name]), name)

    return find, lambda: names, names


@functools.cache
def _homes(room: str) -> dict[str, str]:
    """Return the module of each name, read from the package's own source."""
    spec = sys.modules[room].__spec__
    assert spec is not None
    source = spec.loader.get_source(room)  # type: ignore[union-attr]
    blocks = [node for node in ast.parse(source).body if isinstance(node, ast.If)]
    listed = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: node.module or "" for node in listed for alias in node.names}
