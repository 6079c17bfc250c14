"""All that an object holds, whatever it shows of itself."""

from __future__ import annotations

import dataclasses

import numpy as np


def whole(thing: object) -> str:
    """Return all text that can be reached from a thing: fields, keys, elements, and what each shows of itself."""
    if isinstance(thing, np.ndarray):
        return f"{thing.dtype} {thing.tolist()}"
    if isinstance(thing, dict):
        return " ".join(whole(one) for pair in thing.items() for one in pair)
    if isinstance(thing, tuple | list | set | frozenset):
        return " ".join(map(whole, thing))
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        fields = " ".join(f"{one.name} {whole(getattr(thing, one.name))}" for one in dataclasses.fields(thing))
        return f"{thing!r} {fields} {whole(vars(thing)) if hasattr(thing, '__dict__') else ''}"
    return repr(thing)
