"""From tables with every row to the digest that ships, with what it was made from."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import fields
from importlib import resources
from statistics import median

from misid import __version__
from misid.algorithm import catalog
from misid.scenario import load_scenario
from misid.validation import Digest, DigestTable, Made, Summary
from verification.deployment_draws import BASE
from verification.package_data import DATA
from verification.tables import PredictionTable, Validation

TINY = 1e-4  # rates under it are printed per million, unless they were printed as differences from 0
WORST = 8
"""Rows outside their interval that ship of each table."""
INPUTS = ("nist.csv", "prior.json", "conditions.json", "groups.json", "rank_share.json", "field_counts.csv")
"""Files of the algorithm catalogue that predictions are made from."""


def condense(validation: Validation, worst: int | None = WORST) -> Digest:
    """Leave out the rows that a report does not need: all but the ``worst`` of those outside their interval."""
    tables = tuple(_condensed(table, validation.summaries[table.code], worst) for table in validation.tables)
    return Digest(tables, validation.unsettled, validation.unpredicted, validation.not_validated, made())


def made() -> Made:
    """Return version, date of the newest source and digest of the inputs: the same wherever the tables are made."""
    until = max(source["date"] for source in catalog.sources().values())
    return Made(__version__, until, inputs_sha256())


def inputs_sha256() -> str:
    """Return the SHA-256 of everything that predictions are made from, but the code."""
    folder = resources.files("misid.algorithm.catalog")
    texts = {name: folder.joinpath(name).read_text(encoding="utf-8") for name in INPUTS}
    texts |= {path.name: path.read_text(encoding="utf-8") for path in sorted(DATA.iterdir())}
    # Of the scenario the numbers alone: its words move no prediction.
    numbers = {path: [q.value, q.low, q.high] for path, q in load_scenario(BASE).quantities().items()}
    return hashlib.sha256(json.dumps([texts, numbers]).encode()).hexdigest()


def _condensed(table: PredictionTable, found: tuple[Summary, ...], worst: int | None) -> DigestTable:
    ordered = table.misses()
    outside = [row for row in ordered if not row.inside]
    kept = outside
    if table.again_of:  # the worst row of each subject
        first = {row.subject: row for row in reversed(outside)}
        kept = [row for row in outside if first[row.subject] is row]
    same = {f.name: getattr(table, f.name) for f in fields(DigestTable) if hasattr(table, f.name)}
    return DigestTable(
        **same,
        rows=len(ordered),
        outside=len(outside),
        groups=len({row.group for row in ordered}),
        standings=dict(Counter(row.standing.value for row in ordered)),
        summaries=found,
        shown=tuple(kept[:worst]) if table.judged else ordered,
        per=1_000_000 if ordered and table.scale == "ratio" and median(row.value for row in ordered) < TINY else 1,
    )
