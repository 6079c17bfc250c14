"""How numbers are written, all of them: digits, shares, counts out of so many, ranges, lists.

The words and marks (million, 1 in 100, the decimal point) come from ``number.toml`` of the language in force.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from misid.vocabulary.catalogue import language, marks, say
from misid.vocabulary.shown import isolated

LEAST = 0.001
MINUS = "\N{MINUS SIGN}"
DIFFERENCE = "difference of shares"
"""Unit of a difference between two rates, which is written in percentage points."""


def grouped(x: float, places: int = 0) -> str:
    """Write a number with so many decimal places, and the marks of the language."""
    return _marked(f"{x:,.{places}f}").replace("-", MINUS)


def _marked(text: str) -> str:
    group, decimal = marks(language())
    return text if group == "," else text.translate(str.maketrans(",.", group + decimal))


def format_number(x: float | None) -> str:
    """Write a number with two significant digits, grouped; very small ones as "under 0.001"."""
    if x is None or not math.isfinite(x):
        return say("number.unknown")
    if x == 0:
        return "0"
    if abs(x) < LEAST:
        return say("number.under" if x > 0 else "number.above", x=grouped(math.copysign(LEAST, x), 3))
    rounded = float(f"{float(f'{x:.12g}'):.1e}")  # halves are the same whatever order they were added in
    return grouped(rounded, max(1 - math.floor(math.log10(abs(rounded))), 0))


def beside(x: float, whole: float) -> str:
    """Write a count of a whole; close to it, with the digits of what is missing."""
    missing = whole - x
    return format_number(x) if not 0 < missing < 0.1 * whole else grouped(x, max(0, -math.floor(math.log10(missing))))


def format_rate(x: float | None) -> str:
    """Write a probability with two significant digits, however small it is."""
    if x is None or not math.isfinite(x) or x == 0 or abs(x) >= LEAST:
        return format_number(x)
    return _marked(f"{x:.{1 - math.floor(math.log10(abs(x)))}f}" if abs(x) >= 1e-7 else f"{x:.1e}")


def big(n: float) -> str:
    """Write a gallery size: ``200 million``, ``1.2 billion``, ``10,000``."""
    for size, key in ((1e9, "number.billion"), (1e6, "number.million")):
        if n >= size:
            return say(key, x=_marked(f"{n / size:,.0f}" if n >= 1000 * size else f"{n / size:.3g}"))
    return _marked(f"{n:,.0f}" if n >= 100 else f"{n:.3g}")


def percent(x: float | None) -> str:
    """Write a share as a percentage with two significant digits."""
    if x is None or not math.isfinite(x):
        return say("number.unknown")
    # A share close to one keeps the digits of what is missing from it: 99.95%, never 100%.
    if 1.0 - 1e-5 < x < 1.0:
        return say("number.nearly_all", x=say("number.percent", x=_marked("99.999")))
    if 0.9 < x < 1.0:
        places = max(0, 1 - math.floor(math.log10(100 * (1 - x)) + 1e-9))
        return say("number.percent", x=_marked(f"{100 * x:.{places}f}"))
    return say("number.percent", x=format_number(100 * x))


def share(x: float | None) -> str:
    """Write a share as a percentage with three significant digits, however small it is: a count has a right to them."""
    if x is None or not math.isfinite(x) or 0.9 < x < 1:
        return percent(x)
    return say("number.percent", x=digits(100 * x))


def digits(x: float | None) -> str:
    """Write a number with three significant digits and no exponent."""
    if x is None or not math.isfinite(x):
        return say("number.unknown")
    if x == 0:
        return "0"
    rounded = float(f"{x:.2e}")
    return grouped(rounded, max(0, 2 - math.floor(math.log10(abs(rounded)))))


def exact(x: float) -> str:
    """Write an input as it went in, without an exponent: what was put in must not be rounded."""
    if not math.isfinite(x):
        return say("number.unknown")
    if x == round(x) and abs(x) < 1e15:
        return grouped(x)
    places = max(0, 7 - math.floor(math.log10(abs(x))))
    return _marked(f"{x:,.{places}f}".rstrip("0").rstrip("."))


def score(x: float | None, *, most: int = 6) -> str:
    """Write a similarity with enough digits to set a threshold by."""
    if x is None or not math.isfinite(x):
        return say("number.unknown")
    return _marked(f"{x:.{most}g}").replace("-", MINUS)


def signed(x: float) -> str:
    """Write a change with its sign: ``+0.5``, ``-0.3``."""
    return _marked(f"{x:+g}").replace("-", MINUS)


def points(x: float | None) -> str:
    """Write a difference of two shares in percentage points: 0.297 is 29.7 points."""
    return digits(x) if x is None or not math.isfinite(x) else say("number.points", x=digits(100 * x))


def value(x: float | None, unit: str) -> str:
    """Write a measured figure in its own unit."""
    if unit == DIFFERENCE:
        return points(x)
    if unit.startswith(("probability", "share")):
        return share(x)
    return score(x) if "score" in unit or "similarity" in unit else digits(x)


def format_range(low: float, high: float, form: Callable[[float], str] = format_number) -> str:
    """Write a range; one number if both ends read the same."""
    first, last = form(low), form(high)
    return first if first == last else say("number.range", low=first, high=last)


def format_references(n: float) -> str:
    """Write a gallery size with its unit."""
    return say("number.references", n=big(n))


def one_in(x: float) -> str:
    """Write a small share as ``1 in 300``."""
    return say("number.in", n="1", of=big(1 / x)) if x > 0 else say("number.never")


def in_so_many(x: float) -> str:
    """Write a share as ``1 in 330``, with two digits."""
    return say("number.in", n="1", of=big(float(f"{1 / x:.2g}"))) if x > 0 else say("number.none")


def strangers(phi: float) -> str:
    """Write how many strangers are named: ``1 in 67 strangers``, ``3 in 10 strangers``, ``every stranger``."""
    if phi >= 0.995:
        return say("number.every_stranger")
    if phi <= 1e-9:
        return say("number.fewest_strangers" if phi > 0 else "number.no_stranger")
    return say("number.strangers", share=of_strangers(phi))


def strangers_range(ends: tuple[float, float]) -> str:
    """Write a range of how many strangers are named: ``1 in 67 to 3 in 10 strangers``."""
    first, last = (strangers(end) for end in ends)
    if first == last:
        return first
    return say("number.range", low=of_strangers(ends[0]) if 1e-9 < ends[0] < 0.995 else first, high=last)


def of_strangers(phi: float) -> str:
    """Write the share alone: ``1 in 67``, ``3 in 10``, ``52 in 100``."""
    if phi <= 0.15:
        return in_so_many(phi)
    tenths = 10 * phi
    if abs(tenths - round(tenths)) < 0.05:
        return say("number.in", n=f"{tenths:.0f}", of="10")
    return say("number.in", n=f"{100 * phi:.0f}", of="100")


def are_named(phi: float) -> str:
    """Write ``1 in 67 strangers is named`` or ``3 in 10 strangers are named``."""
    return say("number.are_named" if 0.15 < phi < 0.995 else "number.is_named", strangers=strangers(phi))


def by_phi(texts: Mapping[float, str]) -> str:
    """Say one thing at several phi: ``33 if 1 in 100 strangers is named, 5 if 1 in 1,000 is``; once if all are alike."""
    if len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    parts: list[str] = []
    for phi, text in texts.items():
        share = of_strangers(phi) if phi < 0.995 else strangers(phi)
        many = "are" if 0.15 < phi < 0.995 else "is"
        parts.append(say(f"number.if.also_{many}" if parts else "number.if.named", x=text, share=share, phi=phi))
    return say("number.comma").join(parts)


def over(found: Mapping[Any, Any]) -> str:
    """Write the range of several counts, numbers or estimates."""
    values = [float(getattr(x, "value", x) or 0.0) for x in found.values()]
    return format_range(min(values), max(values))


def listing(items: Sequence[str], last: str = "number.and") -> str:
    """Join words: ``a``, ``a and b``, ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    items = [isolated(item) for item in items]
    return say(last, first=say("number.comma").join(items[:-1]), last=items[-1])


def capital(text: str) -> str:
    """Raise the first letter and leave the rest as it is."""
    return text[:1].upper() + text[1:]


def as_it_reads(x: Any) -> str:
    """Write a value that a message names without a form: a whole number to its last digit, other numbers with two."""
    if isinstance(x, str):
        return x
    if isinstance(x, int):
        return grouped(x)
    if x is None or isinstance(x, float) or hasattr(x, "dtype"):
        return format_number(x)
    return listing([as_it_reads(one) for one in x])


FORMATS: dict[str, Callable[[Any], str]] = {
    "": as_it_reads,
    "or": lambda items: listing(items, "number.or"),
    "big": big,
    "capital": lambda x: capital(as_it_reads(x)),
    "if": lambda found: by_phi({phi: format_number(x) for phi, x in found.items()}),
    "in": in_so_many,
    "named": are_named,
    "over": over,
    "percent": percent,
    "range": lambda ends: format_range(*ends),
    "rate": format_rate,
    "score": score,
    "signed": signed,
    "strangers": strangers,
    "strangers_range": strangers_range,
    "whole": grouped,
}
"""Forms that a message may ask for: ``{x:percent}``."""
