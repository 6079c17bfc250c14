"""Words for predictions and misses: times too high, goals as limits, standings."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from misid.quantities import PRINTED_RATE, Conditions, Estimate
from misid.validation import Goal, Prediction, Scale, Standing
from misid.vocabulary.numbers import format_number, format_rate, share

FIGURES = {
    "median": "median distance",
    "p90": "90th percentile of the distance",
    "bias": "median distance with its sign",
    "coverage": "share inside the interval",
}
SHORT = {
    Standing.GROUP_LEFT_OUT: "developer left out",
    Standing.ROW_LEFT_OUT: "row left out",
    Standing.NEVER_FITTED: "never fitted",
    Standing.IN_SAMPLE: "in sample",
}
STANDINGS = {
    Standing.GROUP_LEFT_OUT: "left out with the whole developer",
    Standing.ROW_LEFT_OUT: "left out row by row",
    Standing.NEVER_FITTED: "used in no fit",
    Standing.IN_SAMPLE: "in sample, seen by the fit",
}
DISTANCE = {
    "ratio": "|ln(predicted / observed)|",
    "difference": "|predicted - observed|, from the edge of the rounding",
}


def anchor(code: str) -> str:
    """Return the id of a table's section."""
    return code.replace("_", "-")


def format_per(x: float, per: int) -> str:
    """Return a rate, or so many per million."""
    return format_rate(x) if per == 1 else format_number(per * x)


def unit(per: int) -> str:
    """Return out of how many; nothing for a plain rate."""
    return "" if per == 1 else " per million"


def format_prediction_interval(row: Prediction, per: int = 1) -> str:
    """Return the interval of a prediction, on one line."""
    return whole(f"{format_per(row.low, per)} to {format_per(row.high, per)}")


def whole(words: str) -> str:
    """Keep a few words on one line."""
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def off_by(row: Prediction, scale: Scale) -> str:
    """Return how far a prediction is off: ``2.4 times too low``, ``0.00020 too high``, ``right as printed``."""
    away = row.away(scale)
    if scale == "difference":
        return "right as printed" if away == 0 else f"{format_rate(abs(away))} too {'high' if away > 0 else 'low'}"
    if not math.isfinite(away):
        return "predicted above 0, observed 0" if away > 0 else "predicted 0, observed above 0"
    return f"{format_factor(abs(away))} too {'high' if away > 0 else 'low'}"


def off_by_sign(row: Prediction, scale: Scale) -> str:
    """Return it with signs, for a table: ``÷ 2.4``, ``+ 0.00020``."""
    away = row.away(scale)
    if scale == "difference":
        sign = "+" if away > 0 else "\N{MINUS SIGN}"
        return "0" if away == 0 else whole(f"{sign} {format_rate(abs(away))}")
    return whole(f"{'×' if away > 0 else '÷'} {_factor(abs(away)) if math.isfinite(away) else '∞'}")


def format_factor(nats: float) -> str:
    """Return a distance in nats as times: ``1.05 times``."""
    return f"{_factor(nats)} times"


def _factor(nats: float) -> str:
    ratio = math.exp(min(nats, 20.0))
    return "over a million" if ratio > 1e6 else f"{ratio:.3g}" if ratio < 9.995 else f"{ratio:,.0f}"


def distance(x: float | None, scale: Scale) -> str:
    """Return a distance without its sign, for many rows: ``a factor of 1.05``, ``0.00010``."""
    if x is None or not math.isfinite(x):
        return "more than any factor"
    return f"a factor of {_factor(abs(x))}" if scale == "ratio" else format_rate(abs(x))


def beyond(row: Prediction, scale: Scale) -> float:
    """Return how many times its own margin a prediction is off; 0 inside its interval.

    The margin is from the prediction to the end of its interval on the side of what was observed: in logarithms on the
    scale of ratios, where all of them are above 0.  Distances of ratios and of differences have no common unit; this one
    orders the misses of all tables.
    """
    if row.inside:
        return 0.0
    end = row.low if row.observed < row.low else row.high
    if scale == "ratio" and min(row.value, row.observed, end) > 0:
        off, margin = abs(math.log(row.observed / row.value)), abs(math.log(end / row.value))
    else:
        off, margin = abs(row.observed - row.value), abs(end - row.value)
    return off / margin if margin > 0 else math.inf


def figure_name(name: str) -> str:
    """Return the name of a figure, its band with it: ``0.001 to 0.002: median distance``."""
    band, _, figure = name.rpartition("|")
    first, _, baseline = figure.partition(" ")
    words = FIGURES.get(first, first) + (f", {baseline}" if baseline else "")
    return f"{band}: {words}" if band else words


def goal(limit: Goal, figure: Estimate) -> str:
    """Return a goal as a limit in the unit of its figure."""
    low, high = (_limit(x, figure.unit) for x in (limit.low, limit.high))
    # A share has an upper end and a distance a lower one that limit nothing.
    if limit.low <= 0:
        return f"at most {high}"
    return f"at least {low}" if figure.unit == "probability" and limit.high >= 1 else f"{low} to {high}"


def _limit(x: float, unit: str) -> str:
    return f"{100 * x:.4g}%" if unit == "probability" else format_rate(x) if unit == PRINTED_RATE else format_number(x)


def came_out(figure: Estimate) -> tuple[str, str]:
    """Return a figure and its interval."""
    if figure.value is None or not math.isfinite(figure.value):
        return figure.reason or "more than any factor", ""
    say = share if figure.unit == "probability" else format_rate if figure.unit == PRINTED_RATE else format_number
    if figure.low is None or figure.high is None:
        return say(figure.value), ""
    return say(figure.value), f"{say(figure.low)} to {say(figure.high)}"


def with_test_group(figure: Estimate) -> Estimate:
    """Return a figure that says whom it is about as a test does: not a use of anything."""
    c: Conditions = figure.conditions
    about = "everybody in the test" if c.probe_group == "all" else c.probe_group
    return replace(figure, conditions=replace(c, probe_group=about))


def lower(words: str) -> str:
    """Begin with a small letter, unless the first word is all capitals."""
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def remarks(rows: Iterable[Prediction]) -> str:
    """Return the remarks on single rows, each once with the rows that it is about; for the foot of a table."""
    about: dict[str, list[str]] = {}
    for row in rows:
        if row.note and row.subject not in about.setdefault(row.note, []):
            about[row.note].append(row.subject)
    return " ".join(f"{', '.join(names)}: {note}." for note, names in about.items())


def standings(counts: dict[str, int]) -> str:
    """Return how many rows the fit had seen, and how many not: ``60 whole developer left out, 3 in sample``."""
    return ", ".join(f"{n:,} {word}" for word, n in counts.items())
