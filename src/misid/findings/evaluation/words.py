"""How measured figures are said: shares however small they are, natural frequencies, scores, counts out of so many."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from misid.evaluation import PAIR_FIGURES, SEARCH_FIGURES, figure_labels
from misid.findings.model import Cell
from misid.quantities import Doubt, Estimate
from misid.vocabulary.numbers import big, format_number, score, share

if TYPE_CHECKING:
    from misid.evaluation import Evaluation

EVERYBODY = "everybody in the data"
NOT_STATED = "not stated"
WHOLE = 9.5  # from here on counts are said as whole numbers
MOST_PER = 10**9
PICTURE = ("photo", "photograph", "image", "picture")
RATE_NAMES = figure_labels((*PAIR_FIGURES, *SEARCH_FIGURES)) | {
    "fpir_mate_removed": "FPIR with own references set aside",
    "rank_1": "mate first (rank 1)",
}
KINDS = {Doubt.SAMPLING: "sampling interval", Doubt.MODEL: "range over the forms of growth"}


def threshold(x: float | None) -> str:
    """Say a threshold where a sentence or a caption names it; tables have all its digits."""
    return score(x, most=4)


def named(name: str) -> str:
    """Say the plain name of a figure: ``fnmr_at_fmr_1e-3`` is FNMR where FMR is at most 1 in 1,000."""
    rate, _, rest = name.partition("_at_")
    said = RATE_NAMES.get(rate, rate.replace("_", " "))
    if not rest:
        return said
    at, _, target = rest.rpartition("_")
    try:
        if at in RATE_NAMES and float(target) > 0:
            return f"{said} where {RATE_NAMES[at]} is at most {one_of(float(target))}"
        return f"{said} at the threshold {threshold(float(rest))}"
    except ValueError:
        return f"{said} at {rest.replace('_', ' ')}"


def per(*shares: float | None) -> int:
    """Return the power of ten out of which the smallest of the shares above zero is at least 10, and 100 at least."""
    found = [x for x in shares if x is not None and x > 0]
    power = 1 + math.ceil(-math.log10(min(found)) - 1e-9) if found else 2
    return int(min(max(10**power, 100), MOST_PER))


def often(figure: Estimate, out_of: int = 0) -> tuple[int, str]:
    """Say a rate as a count out of a round number: ``(10_000, "31 (95% sampling interval 21 to 46)")``."""
    value = figure.value or 0.0
    # What was counted near one keeps its digits; what was reckoned beyond the data has none to keep.
    rare = min(value, 1 - value) if 0 < value < 1 and figure.kind is Doubt.SAMPLING else value
    out_of = out_of or per(rare or figure.high)

    def said(x: float) -> str:
        return f"{x:,.0f}" if value * out_of >= WHOLE else format_number(x)

    first = said(value * out_of)
    if figure.low is None or figure.high is None:
        return out_of, first
    return out_of, f"{first} ({holds(figure)} {said(figure.low * out_of)} to {said(figure.high * out_of)})"


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
    if kind in ("", NOT_STATED):
        return "image kind not stated"
    last = kind.split()[-1].lower()
    return kind if last in ("photos", "images", "pictures") else f"{kind}s" if last in PICTURE else f"{kind} images"


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


def shown(e: Evaluation, figures: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """Return figures with their conditions complete."""
    return {name: dressed(figure, e) for name, figure in figures.items()}


def cell(figure: Estimate | None, e: Evaluation) -> Cell:
    """Return a figure as it stands in a table."""
    return None if figure is None else dressed(figure, e)


def events(figure: Estimate | None) -> Cell:
    """Return the events behind a rate as they stand in a table."""
    return (None if figure is None else counted(figure)) or None
