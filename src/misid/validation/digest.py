"""What a validation comes to without its rows: small enough to ship, so that every report can say what was tested."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from statistics import median
from typing import Any

from misid.errors import MisidError
from misid.quantities import Conditions, Doubt, Estimate, nearness
from misid.validation.contract import Goal, Prediction, Scale, Standing, Summary, Table
from misid.validation.results import Unpredicted, Unsettled, Validation
from misid.validation.summary import reached

SCHEMA = "misid/validation-summary/1"
FILE = "summary.json"
TINY = 1e-4  # rates under it are said per million, unless they were printed as differences from 0
WORST = 8
"""Rows outside their interval that are kept of each table."""
ROW = tuple(f.name for f in fields(Prediction))


@dataclass(frozen=True)
class Digested:
    """One table without most of its rows.

    Parameters
    ----------
    code, title, question, target, how, conditions, level, scale, baselines, goals, unsettled, caveats, judged,
    again_of
        As `Table`.
    rows, outside : int
        How many there are, and how many lie outside their interval.
    groups : int
        Developers or operators.
    standings : dict
        Rows by `Standing`, in words.
    summaries : tuple of Summary
        The whole first, then by band; empty for a table that is not judged.
    shown : tuple of Prediction
        Rows outside their interval, worst first; all rows of a table that is not judged; of one that predicts figures
        again the worst row of each subject.
    per : int
        Out of how many its rates are said: 1, or a million where most of them are tiny.
    """

    code: str
    title: str
    question: str
    target: str
    how: str
    conditions: Conditions
    level: float
    scale: Scale
    rows: int
    outside: int
    groups: int
    standings: Mapping[str, int]
    baselines: Mapping[str, str]
    goals: tuple[Goal, ...]
    unsettled: tuple[str, ...]
    caveats: tuple[str, ...]
    judged: bool
    summaries: tuple[Summary, ...]
    shown: tuple[Prediction, ...]
    per: int = 1
    again_of: str = ""

    def reached(self) -> tuple[tuple[Goal, Estimate, bool], ...]:
        """Set each goal beside its figure, and say whether the figure is within the limits."""
        return reached(self, self.summaries)


@dataclass(frozen=True)
class Digest:
    """A validation without most of its rows.

    Parameters
    ----------
    tables : tuple of Digested
        In the order of the page.
    unsettled, unpredicted, not_validated
        As `Validation`.
    """

    tables: tuple[Digested, ...]
    unsettled: tuple[Unsettled, ...] = ()
    unpredicted: tuple[Unpredicted, ...] = ()
    not_validated: tuple[str, ...] = ()

    def distinct(self) -> tuple[Digested, ...]:
        """Return the tables without those that predict the figures of another one of them again."""
        codes = {table.code for table in self.tables}
        return tuple(table for table in self.tables if table.again_of not in codes)

    def to_json(self) -> dict[str, Any]:
        """Return the content of the shipped file; six significant digits, so that processors agree on it."""
        data = {
            "schema": SCHEMA,
            "tables": [_plain_table(table) for table in self.tables],
            "unsettled": [dict(one.__dict__) for one in self.unsettled],
            "unpredicted": [dict(one.__dict__) for one in self.unpredicted],
            "not_validated": list(self.not_validated),
        }
        return {name: _rounded(value) for name, value in data.items()}


def digest(validation: Validation, worst: int | None = WORST) -> Digest:
    """Leave out of a validation what a report does not need.

    Parameters
    ----------
    validation : Validation
        What was found.
    worst : int, optional
        Rows outside their interval to keep of each table; None keeps all of those.
    """
    tables = tuple(_digested(table, validation.summaries[table.code], worst) for table in validation.tables)
    return Digest(tables, validation.unsettled, validation.unpredicted, validation.not_validated)


@cache
def shipped() -> Digest:
    """Return what `misid validate` found with this version: the file that `make validation` writes."""
    text = resources.files("misid.validation").joinpath("catalog", FILE).read_text(encoding="utf-8")
    return from_json(json.loads(text))


def from_json(data: Mapping[str, Any]) -> Digest:
    """Read what `Digest.to_json` wrote.

    Raises
    ------
    MisidError
        If a newer version wrote it.
    """
    if data["schema"] != SCHEMA:
        raise MisidError(f"the shipped validation is {data['schema']!r}, this version reads {SCHEMA!r}; install anew")
    return Digest(
        tuple(_table(table) for table in data["tables"]),
        tuple(Unsettled(**one) for one in data["unsettled"]),
        tuple(Unpredicted(**one) for one in data["unpredicted"]),
        tuple(data["not_validated"]),
    )


def _digested(table: Table, found: tuple[Summary, ...], worst: int | None) -> Digested:
    ordered = table.misses()
    outside = [row for row in ordered if not row.inside]
    kept = outside
    if table.again_of:
        first = {row.subject: row for row in reversed(outside)}
        kept = [row for row in outside if first[row.subject] is row]
    same = {f.name: getattr(table, f.name) for f in fields(Digested) if hasattr(table, f.name)}
    return Digested(
        **same,
        rows=len(ordered),
        outside=len(outside),
        groups=len({row.group for row in ordered}),
        standings=dict(Counter(row.standing.value for row in ordered)),
        summaries=found,
        shown=tuple(kept[:worst]) if table.judged else ordered,
        per=1_000_000 if ordered and table.scale == "ratio" and median(row.value for row in ordered) < TINY else 1,
    )


def _plain_table(table: Digested) -> dict[str, Any]:
    plain = dict(table.__dict__)
    return plain | {
        "conditions": table.conditions.to_json(),
        "standings": dict(table.standings),
        "baselines": dict(table.baselines),
        "goals": [dict(goal.__dict__) for goal in table.goals],
        "unsettled": list(table.unsettled),
        "caveats": list(table.caveats),
        "summaries": [
            {"band": one.band, "figures": {name: e.to_json() for name, e in one.figures.items()}}
            for one in table.summaries
        ],
        # What follows from the numbers is not kept: it is reckoned anew from the rounded ones.
        "shown": [{name: row.to_json(table.scale)[name] for name in ROW} for row in table.shown],
    }


def _table(data: Mapping[str, Any]) -> Digested:
    return Digested(
        **{
            **data,
            "conditions": Conditions(**data["conditions"]),
            "goals": tuple(Goal(**goal) for goal in data["goals"]),
            "unsettled": tuple(data["unsettled"]),
            "caveats": tuple(data["caveats"]),
            "summaries": tuple(
                Summary(one["band"], {name: _estimate(e) for name, e in one["figures"].items()})
                for one in data["summaries"]
            ),
            "shown": tuple(_prediction(row) for row in data["shown"]),
        }
    )


def _estimate(data: Mapping[str, Any]) -> Estimate:
    return Estimate(
        **{
            **data,
            "kind": Doubt(data["kind"]),
            "conditions": Conditions(**data["conditions"]),
            "distance": nearness(data["distance"]),
            "caveats": tuple(data["caveats"]),
        }
    )


def _prediction(data: Mapping[str, Any]) -> Prediction:
    return Prediction(**{**data, "standing": Standing(data["standing"])})


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value
