"""How measured figures are said: shares however small they are, natural frequencies, scores, counts out of so many."""

from __future__ import annotations

import math
from dataclasses import replace

from misid.evaluation.results import Evaluation
from misid.findings.words import big, number, percent
from misid.quantities import Doubt, Estimate

EVERYBODY = "everybody in the data"
NOT_STATED = "not stated"
SMALL = 1e-5  # shares below it need more digits than `percent` gives
MOST_PER = 10**9
KINDS = {Doubt.SAMPLING: "sampling interval", Doubt.MODEL: "range over the forms of growth"}


def share(x: float | None) -> str:
    """Say a share as a percentage with two significant digits, however small it is; a count has a right to them."""
    if x is None or not math.isfinite(x):
        return "not known"
    if not 0 < x < SMALL:
        return percent(x)
    return f"{float(f'{100 * x:.1e}'):.{1 - math.floor(math.log10(100 * x))}f}%"


def score(x: float | None) -> str:
    """Say a similarity with enough digits to set a threshold by."""
    return "not known" if x is None or not math.isfinite(x) else f"{x:.6g}".replace("-", "\N{MINUS SIGN}")


def value(x: float | None, unit: str) -> str:
    """Say a measured figure in its own unit."""
    if unit.startswith(("probability", "share")):
        return share(x)
    return score(x) if "score" in unit or "similarity" in unit else number(x)


def per(*shares: float | None) -> int:
    """Return the power of ten out of which the smallest of the shares above zero is at least 1, and 100 at least."""
    found = [x for x in shares if x is not None and x > 0]
    power = math.ceil(-math.log10(min(found)) - 1e-9) if found else 2
    return int(min(max(10**power, 100), MOST_PER))


def often(figure: Estimate, out_of: int = 0) -> tuple[int, str]:
    """Say a rate as a count out of a round number: ``(10_000, "31 (95% sampling interval 21 to 46)")``."""
    out_of = out_of or per(figure.value, figure.high if not figure.value else None)
    first = number((figure.value or 0.0) * out_of)
    if figure.low is None or figure.high is None:
        return out_of, first
    return out_of, f"{first} ({holds(figure)} {number(figure.low * out_of)} to {number(figure.high * out_of)})"


def holds(figure: Estimate) -> str:
    """Say what a range holds, with its level."""
    level = "" if figure.level is None else f"{100 * figure.level:g}% "
    return level + KINDS.get(figure.kind, f"{figure.kind.value} range")


def counted(figure: Estimate) -> str:
    """Say the events behind a rate: ``31 of 9,876``; nothing where they were not counted."""
    if figure.count is None or figure.n is None:
        return ""
    return f"{figure.count:,.0f} of {figure.n:,.0f}"


def one_of(p: float) -> str:
    """Say a target rate: ``1 in 1,000``, or as a percentage where that is no round number."""
    n = 1 / p
    return f"1 in {big(round(n))}" if abs(n - round(n)) < 1e-6 * n else share(p)


def image(kind: str) -> str:
    """Say the kind of probe image."""
    return "image kind not stated" if kind in ("", NOT_STATED) else f"{kind} images"


def dressed(figure: Estimate, e: Evaluation) -> Estimate:
    """Return a figure with its conditions complete, and with whom it is about said as data rather than as a use."""
    c = figure.conditions
    about = EVERYBODY if c.probe_group == "all" else c.probe_group
    kind = c.image_kind or e.image_kind
    shown = "image kind not stated" if kind in ("", NOT_STATED) else kind
    return replace(figure, conditions=replace(c, probe_group=about, image_kind=shown))


def people(n: int, word: str = "subject") -> str:
    """Say how many of something, with the right number of the noun."""
    return f"{n:,} {word}" + ("" if n == 1 else "s")
