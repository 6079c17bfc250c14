"""How large objects show themselves at a prompt: a line, not a thousand."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from enum import Enum
from typing import Any

LONGEST = 480  # of all of it
WORDS = 60  # of one value


def clip(text: str, limit: int) -> str:
    """Return a text, its end cut off where it is longer than so many characters."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def one_line(text: str) -> str:
    """Return a text with every sign escaped that would break the line or turn its direction."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def brief(self: Any) -> str:
    """Return kind and fields in at most `LONGEST` characters; stands as ``__repr__`` in a class with fields.

    Numbers and short texts are written out; of what holds many things there is their number, and of other objects
    their kind and name.
    """
    parts = []
    for name in _names(self):
        value = getattr(self, name)
        if value is not None and not (isinstance(value, Collection) and not len(value)):
            parts.append(f"{name}={_shown(value)}")
    more = "; to_json() has all" if hasattr(self, "to_json") else ""
    return f"{type(self).__name__}({clip(', '.join(parts), LONGEST - len(type(self).__name__) - len(more) - 2)}{more})"


def _names(thing: Any) -> list[str]:
    if dataclasses.is_dataclass(thing):
        return [one.name for one in dataclasses.fields(thing)]
    return list(getattr(type(thing), "model_fields", ()))


def _shown(value: Any) -> str:
    if isinstance(value, Enum):
        return repr(value.value)
    if isinstance(value, str):
        return repr(clip(value, WORDS))
    if isinstance(value, bool | int | float):
        return clip(repr(value), WORDS)
    if hasattr(value, "dtype"):
        return f"<array of {' by '.join(map(str, value.shape)) or 'one'}>"
    if isinstance(value, Mapping | tuple | list | frozenset | set):
        inside = next(iter(value))
        if len(value) <= 4 and all(isinstance(one, str) for one in value) and not isinstance(value, Mapping):
            return f"({', '.join(map(_shown, value))}{',' if len(value) == 1 else ''})"
        one = f" {type(inside).__name__}" if not isinstance(value, Mapping) and _names(inside) else ""
        return f"<{len(value):,}{one}>"
    name = getattr(value, "name", None)
    return f"<{type(value).__name__}{f' {clip(name, WORDS)!r}' if isinstance(name, str) else ''}>"
