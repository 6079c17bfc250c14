"""How numbers are said: two significant digits, ranges, counts out of so many, singular and plural."""

from __future__ import annotations

import math
from collections.abc import Mapping

from misid.quantities import PRINTED_RATE, Estimate
from misid.vocabulary import LABELS

LEAST = 0.001
MINUS = "\N{MINUS SIGN}"


def format_number(x: float | None) -> str:
    """Say a number with two significant digits, grouped; very small ones as "under 0.001"."""
    if x is None or not math.isfinite(x):
        return "not known"
    if x == 0:
        return "0"
    if abs(x) < LEAST:
        return f"under {LEAST:g}" if x > 0 else f"above -{LEAST:g}"
    rounded = float(f"{x:.1e}")
    digits = 1 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(digits, 0)}f}"


def format_rate(x: float | None) -> str:
    """Say a probability with two significant digits, however small it is."""
    if x is None or not math.isfinite(x):
        return "not known"
    if x == 0 or abs(x) >= LEAST:
        return format_number(x)
    return f"{x:.{1 - math.floor(math.log10(abs(x)))}f}" if abs(x) >= 1e-7 else f"{x:.1e}"


def figure(estimate: Estimate) -> tuple[str, str]:
    """Say an estimate: its value (or why there is none) and its range (empty if there is none)."""
    if estimate.value is None:
        return estimate.reason, ""
    say = format_rate if estimate.unit in ("probability", PRINTED_RATE) else format_number
    if estimate.low is None or estimate.high is None:
        return say(estimate.value), ""
    first, last = say(estimate.low), say(estimate.high)
    return say(estimate.value), first if first == last else f"{first} to {last}"


def big(n: float) -> str:
    """Say a gallery size: ``200 million``, ``1.2 billion``, ``10,000``."""
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if n >= size:
            return f"{n / size:,.0f} {word}" if n >= 1000 * size else f"{n / size:.3g} {word}"
    return f"{n:,.0f}" if n >= 100 else f"{n:.3g}"


def format_references(n: float) -> str:
    """Say a gallery size with its unit."""
    return f"{big(n)} reference" + ("" if n == 1 else "s")


def percent(x: float | None) -> str:
    """Say a share as a percentage with two significant digits."""
    if x is None or not math.isfinite(x):
        return "not known"
    # A share close to one keeps the digits of what is missing from it: 99.95%, never 100%.
    if 1.0 - 1e-5 < x < 1.0:
        return "over 99.999%"
    if 0.9 < x < 1.0:
        return f"{100 * x:.{max(0, 1 - math.floor(math.log10(100 * (1 - x)) + 1e-9))}f}%"
    return f"{format_number(100 * x)}%"


def share(x: float | None) -> str:
    """Say a share as a percentage with three significant digits, however small it is: a count has a right to them."""
    if x is None or not math.isfinite(x):
        return "not known"
    # Close to one the digits are those of what is missing from it: 99.95%, never 100%.
    return percent(x) if 0.9 < x < 1 else f"{digits(100 * x)}%"


def digits(x: float | None) -> str:
    """Say a number with three significant digits and no exponent."""
    if x is None or not math.isfinite(x):
        return "not known"
    if x == 0:
        return "0"
    rounded = float(f"{x:.2e}")
    places = max(0, 2 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{places}f}".replace("-", MINUS)


def score(x: float | None, *, most: int = 6) -> str:
    """Say a similarity with enough digits to set a threshold by."""
    return "not known" if x is None or not math.isfinite(x) else f"{x:.{most}g}".replace("-", MINUS)


def value(x: float | None, unit: str) -> str:
    """Say a measured figure in its own unit."""
    if unit.startswith(("probability", "share")):
        return share(x)
    return score(x) if "score" in unit or "similarity" in unit else digits(x)


def format_range(low: float, high: float, *, share: bool = False) -> str:
    """Say a range; one number if both ends read the same."""
    say = percent if share else format_number
    first, last = say(low), say(high)
    return first if first == last else f"{first} to {last}"


def one_in(x: float) -> str:
    """Say a small share as ``1 in 300``."""
    return "never" if x <= 0 else f"1 in {big(1 / x)}"


def capital(text: str) -> str:
    """Raise the first letter and leave the rest as it is."""
    return text[:1].upper() + text[1:]


def label(name: str) -> str:
    """Return the words for a code of the vocabulary, or the code with its underscores opened."""
    return LABELS.get(name, name.replace("_", " "))


def strangers(phi: float) -> str:
    """Say how many strangers are named: ``1 in 67 strangers``, ``3 in 10 strangers``, ``every stranger``."""
    if phi >= 0.995:
        return "every stranger"
    if phi <= 1e-9:
        return "under 1 in a billion strangers" if phi > 0 else "no stranger"
    if phi <= 0.15:
        return f"1 in {big(float(f'{1 / phi:.2g}'))} strangers"
    tenths = 10 * phi
    return (
        f"{tenths:.0f} in 10 strangers" if abs(tenths - round(tenths)) < 0.05 else f"{100 * phi:.0f} in 100 strangers"
    )


def in_so_many(x: float) -> str:
    """Say a share as ``1 in 330``, with two digits."""
    return f"1 in {big(float(f'{1 / x:.2g}'))}" if x > 0 else "none"


def by_phi(said: Mapping[float, str]) -> str:
    """Say one thing at several phi: ``33 if 1 in 100 strangers is named, 5 if 1 in 1,000 is``; once if all are alike."""
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    parts = [f"{text} if {are_named(phi)}" for phi, text in said.items()]
    return ", ".join([parts[0], *(part.replace(" strangers", "").removesuffix(" named") for part in parts[1:])])


def are_named(phi: float) -> str:
    """Say ``1 in 67 strangers is named`` or ``3 in 10 strangers are named``."""
    return f"{strangers(phi)} {'are' if 0.15 < phi < 0.995 else 'is'} named"


def listing(items: list[str]) -> str:
    """Join words: ``a``, ``a and b``, ``a, b and c``."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1] if items else ""
