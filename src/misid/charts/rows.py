"""What every drawing does to its records: numbers into words and into plain JSON, names in order, labels in lines."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from misid.findings.words import number


def say(x: float) -> str:
    """Say a number as every other part of misid does."""
    return number(x)


def plain(x: float) -> float:
    """Round to six significant digits: no screen shows more, and specifications compare by bytes."""
    if x == 0 or not math.isfinite(x):
        return 0.0
    return round(x, 5 - math.floor(math.log10(abs(x))))


def names_of(rows: Iterable[Mapping[str, Any]], field: str) -> list[str]:
    """Return the different values of a field in order of appearance."""
    return list(dict.fromkeys(str(row[field]) for row in rows))


def wrap(label: str, width: int = 44) -> list[str]:
    """Break a label into lines that fit a phone."""
    return textwrap.wrap(label, width) or [label]
