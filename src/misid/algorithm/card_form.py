"""What a card must hold, field by field: all that is wrong is named at once, before anything is made of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from misid.algorithm.curves import NODES
from misid.algorithm.groups import CELL_NAMES
from misid.algorithm.growth import FORMS, N_STEP
from misid.algorithm.image_types import TESTED_TYPES
from misid.errors import Fault, did_you_mean
from misid.vocabulary import ImageKind, Lapse

Wrong = tuple[str, str, str]  # where, what, and what to do
Check = Callable[[Any, str], Iterator[Wrong]]
_SHOWN = 60  # letters of a value

CONDITIONS = [f"{kind}|{lapse}" for kind, lapse in product(TESTED_TYPES, Lapse)]
_KINDS = [str(kind) for kind in ImageKind]
_OTHERS = [f"{kind}|{lapse}" for kind, lapse in product(_KINDS, Lapse) if kind not in TESTED_TYPES]  # measured, perhaps


def _is(value: object, fix: str, at: str) -> Iterator[Wrong]:
    shown = repr(value)
    yield at, f"is {shown if len(shown) <= _SHOWN else shown[: _SHOWN - 3] + '...'}", fix


def number(low: float, high: float, *, above: bool = False, below: bool = False, whole: bool = False) -> Check:
    """Check a number from ``low`` to ``high``; ``above`` and ``below`` leave the ends out."""
    kind = "a whole number" if whole else "a number"
    fix = f"give {kind} {'above' if above else 'from'} {low:g} {'and below' if below else 'to'} {high:g}"

    def check(value: Any, at: str) -> Iterator[Wrong]:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        if not fits or (above and value == low) or (below and value == high) or (whole and value != math.floor(value)):
            yield from _is(value, fix, at)

    return check


def text(known: Sequence[str] = (), most: int = 1_000) -> Check:
    """Check a text: one of those that are known, if any."""
    fix = f"give one of {', '.join(map(repr, known))}" if known else f"give a text of at most {most:,} letters"

    def check(value: Any, at: str) -> Iterator[Wrong]:
        if not isinstance(value, str) or len(value) > most or (known and value not in known):
            yield from _is(value, fix, at)

    return check


def some(one: Check, least: int = 0, most: int = 100_000) -> Check:
    """Check a list of things that are alike."""

    def check(value: Any, at: str) -> Iterator[Wrong]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            fix = f"give a list of {least:,}" + (f" to {most:,}" if most > least else "")
            yield from [(at, f"is a list of {len(value):,}", fix)] if isinstance(value, list) else _is(value, fix, at)
            return
        for i, item in enumerate(value):
            yield from one(item, f"{at}.{i}")

    return check


def record(fields: Mapping[str, Check], may: Mapping[str, Check] | None = None) -> Check:
    """Check an object that has all of some fields, and none but those and what it ``may`` have."""
    known = {**fields, **(may or {})}

    def check(value: Any, at: str) -> Iterator[Wrong]:
        stem = at + "." if at else ""
        if not isinstance(value, Mapping):
            yield from _is(value, f"give an object with {', '.join(fields)}", at)
            return
        for name in fields:
            if name not in value:
                yield f"{stem}{name}", "is missing", "add it"
        for name, item in value.items():
            if name in known:
                yield from known[name](item, stem + name)
            else:
                yield f"{stem}{name}"[:200], f"is no field of a card{did_you_mean(str(name), known)}", "leave it out"

    return check


def _or_none(one: Check) -> Check:
    return lambda value, at: iter(()) if value is None else one(value, at)


def _anything(value: Any, at: str) -> Iterator[Wrong]:
    return iter(())


SHARE, COUNT, TEXT = number(0, 1), number(0, 1e15, whole=True), text()
_BELOW_1 = number(0, 1, below=True)
_ANY, _SPREAD = number(-1e4, 1e4), number(1e-6, 1e4)
_SLOPE = number(1e-4, 1e4)
_PER_REFERENCE = number(0, 1 / N_STEP)
_ANCHOR = record({"n": number(1, 1e15, whole=True), "fpir": _BELOW_1, "value": SHARE})
_OF_NODES = {"floor": _BELOW_1, "slope": _SLOPE, "location": _ANY, "rank": _ANY, "pace": _ANY, "weight": SHARE}
_CURVE_FIELDS = record(
    {
        "point": record({"floor": _BELOW_1, "slope": _SLOPE, "location": _ANY, "rank": _ANY, "pace": _ANY}),
        "lent_slope": _SLOPE,
        "nodes": record({name: some(_OF_NODES[name], least=1) for name in NODES}),
        "anchors": some(_ANCHOR),
        "stands_at": _ANCHOR,
    }
)


def _curve(value: Any, at: str) -> Iterator[Wrong]:
    """Check a curve: its possibilities are as many everywhere, and their weights sum to 1."""
    wrong = list(_CURVE_FIELDS(value, at))
    yield from wrong
    if wrong:
        return
    nodes = value["nodes"]
    sizes = {name: len(nodes[name]) for name in NODES}
    if len(set(sizes.values())) > 1:
        have = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
        yield f"{at}.nodes", f"lists of several lengths: {have}", "give each a number for every possibility"
    elif abs(math.fsum(nodes["weight"]) - 1.0) > 1e-6:
        yield f"{at}.nodes.weight", f"sums to {math.fsum(nodes['weight']):.6g}", "give weights that sum to 1"


def _forms(one: Check) -> Check:
    return record(dict.fromkeys(FORMS, one))


def _curves(value: Any, at: str) -> Iterator[Wrong]:
    """Check the curves: of all conditions, or of none where the algorithm failed everywhere."""
    if value != {}:
        check = _forms(_curve)
        yield from record(dict.fromkeys(CONDITIONS, check), dict.fromkeys(_OTHERS, check))(value, at)


def _priors(value: Any, at: str) -> Iterator[Wrong]:
    yield from _forms(_PRIOR)(value, at)
    for form in FORMS if isinstance(value, Mapping) else ():
        own = value.get(form)
        if isinstance(own, Mapping) and own.get("form", form) != form:
            yield from _is(own["form"], f"give {form!r}", f"{at}.{form}.form")


_LAW = {
    "z2": some(_ANY, 2, 2),
    "floor": some(_ANY, 2, 2),
    "floor_sd": _SPREAD,
    "gap": some(_ANY, 4, 4),
    "gap_sd": _SPREAD,
}
_PRIOR = record(
    {
        "form": _anything,
        **dict.fromkeys(("kappa", "kappa_ratio", "h", "r_power"), _ANY),
        **dict.fromkeys(("delta", "e"), _PER_REFERENCE),
        "law": record(_LAW),
        **dict.fromkeys(("sigma_f", "sigma_r"), _SPREAD),
        **dict.fromkeys(("counting", "amplified"), number(0, 1e4)),
        "nu": number(0.5, 1e6),
        "broken": SHARE,
        "searches": number(1, 1e15),
    },
    {"n_algorithms": COUNT, "n_developers": COUNT, "left_out": TEXT},
)
_ROW = record(
    {
        **dict.fromkeys(("algorithm", "developer", "source", "table"), TEXT),
        "metric": text(("FNIR", "FPIR")),
        "value": SHARE,
    },
    {
        "image_kind": text(("", *_KINDS)),
        "lapse": text(("", *map(str, Lapse))),
        "group": TEXT,
        "n": _or_none(number(1, 1e15, whole=True)),
        "fpir": _or_none(number(0, 1, above=True, below=True)),
        "rank": _or_none(number(1, 1e15, whole=True)),
    },
)
_MEASURED = record(
    {
        "image_kind": text(_KINDS),
        **dict.fromkeys(("subjects", "mated", "non_mated", "failed", "n_references"), COUNT),
        "sources": some(TEXT),
        "level": number(0, 1, above=True, below=True),
        "seed": number(0, 2**64, whole=True),
    }
)
_CARD = record(
    {
        "schema": TEXT,
        "name": TEXT,
        "developer": TEXT,
        "sources": some(TEXT),
        "rows": some(_ROW),
        "priors": _priors,
        "curves": _curves,
        "failed": some(text([*CONDITIONS, *_OTHERS])),
        "cells": _or_none(record({}, dict.fromkeys(CELL_NAMES, SHARE))),
    },
    {"measured": _or_none(_MEASURED), "distance": _anything, "caveats": _anything},
)


def faults_of(card: Mapping[str, Any], file: str) -> list[Fault]:
    """Return all that is wrong with a card as JSON has it."""
    return [Fault(file, 0, at, what, fix) for at, what, fix in _CARD(card, "")]
