"""Cards as JSON: ``misid/card/2``; a measured card says what on, in ``misid/card/2.1``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from misid.algorithm.card import Card
from misid.algorithm.curves import Curve
from misid.algorithm.envelope import Asked
from misid.algorithm.estimates import placed
from misid.algorithm.growth import FORMS, GrowthPrior
from misid.algorithm.measurement import Measurement
from misid.algorithm.rows import Row
from misid.errors import Fault, InvalidInput
from misid.vocabulary import ImageKind, Lapse
from misid.vocabulary.tested import Counted

SCHEMA = "misid/card/2"
MEASURED_SCHEMA = "misid/card/2.1"


def to_json(card: Card) -> dict[str, Any]:
    """Return a card as plain JSON types: rows, priors, curves, and how far each curve is from a test."""
    whole = {
        "schema": SCHEMA,
        "name": card.name,
        "developer": card.developer,
        "sources": list(card.sources),
        "rows": [row.to_json() for row in card.rows],
        "priors": {form: card.priors[form].to_json() for form in FORMS},
        "curves": {
            f"{kind}|{lapse}": {form: curves[form].to_json() for form in FORMS}
            for (kind, lapse), curves in card.curves.items()
        },
        "distance": {
            f"{kind}|{lapse}": placed(
                Asked((Counted.MISSES,), None, None, kind, lapse, rows=card.rows_in_use),
                curves["duplicates"],
                card.measured,
            ).to_json()
            for (kind, lapse), curves in card.curves.items()
        },
        "failed": [f"{kind}|{lapse}" for kind, lapse in card.failed],
        "cells": None if card.cells is None else dict(card.cells),
        "caveats": list(card.caveats),
    }
    if card.measured is not None:
        whole |= {"schema": MEASURED_SCHEMA, "measured": card.measured.to_json()}
    return {key: _sorted(whole[key]) for key in sorted(whole)}


def from_json(given: Mapping[str, Any], file: str = "") -> Card:
    """Read a card; `InvalidInput` if it is none, or of a newer major version."""
    schema = str(given.get("schema", "")) if isinstance(given, Mapping) else ""
    found = re.fullmatch(r"misid/card/(\d+)(\.\d+)?", schema)
    if found is None:
        what = f"is {schema!r}" if schema else "is missing"
        raise InvalidInput([Fault(file, 0, "schema", what, f"give a card that misid wrote ({SCHEMA!r})")])
    if int(found[1]) > 2:
        raise InvalidInput([Fault(file, 0, "schema", f"is {schema!r}, newer than {SCHEMA!r}", "update misid")])
    if int(found[1]) < 2:
        # Its prior has another shape: figures beyond its rows cannot be had from it.
        fix = "make it again, with fit_published or misid evaluate --card"
        raise InvalidInput([Fault(file, 0, "schema", f"is {schema!r}, older than {SCHEMA!r}", fix)])
    try:
        return Card(
            name=str(given["name"]),
            developer=str(given["developer"]),
            sources=tuple(given["sources"]),
            rows=tuple(Row(**row) for row in given["rows"]),
            priors={form: GrowthPrior.from_json(given["priors"][form]) for form in FORMS},
            curves={
                _condition(key): {form: Curve.from_json(curves[form]) for form in FORMS}
                for key, curves in given["curves"].items()
            },
            failed=tuple(_condition(key) for key in given["failed"]),
            cells=given["cells"],
            measured=Measurement.from_json(given["measured"]) if given.get("measured") else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        what = f"is no complete card: {type(error).__name__}: {error}"
        raise InvalidInput([Fault(file, 0, "card", what, "write it again with to_json")]) from error


def from_file(path: Path) -> Card:
    """Read a card from a file; `InvalidInput` if it is none."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput([Fault(str(path), 0, "", f"cannot be read as JSON: {error}")]) from error
    return from_json(given, str(path))


def _condition(key: str) -> tuple[ImageKind, Lapse]:
    kind, _, lapse = key.partition("|")
    return ImageKind(kind), Lapse(lapse)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
