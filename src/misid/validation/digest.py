"""What ships of misid's predictions beside observations: every summary, and the worst rows of each table.

The tables themselves are made outside the package, by ``python -m verification tables`` in a clone of the repository.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from misid.errors import Fault, InvalidInput, MisidError, did_you_mean
from misid.quantities import Conditions, Doubt, Estimate, nearness
from misid.validation.predictions import Goal, Prediction, Scale, Standing
from misid.vocabulary.brief import brief

SCHEMA = "misid/validation-summary/1"
FILE = "summary.json"
ANEW = "python -m verification tables"
"""Command that makes the tables, in a clone of the repository."""


@dataclass(frozen=True)
class Summary:
    """What a table, or one band of it, comes to; intervals are over whole groups of rows.

    Figures are ``median``, ``p90`` (of the distance, without its sign), ``coverage`` and ``bias`` (median with its
    sign); ``median NAME`` and ``p90 NAME`` for each baseline.
    """

    band: str  # empty for all rows
    figures: Mapping[str, Estimate]

    __repr__ = brief


@dataclass(frozen=True)
class Unsettled:
    """Something that no published row can decide."""

    statement: str  # what is open, a sentence
    evidence: str  # how one can see that it is open: a computed figure or an identity, a sentence
    table: str = ""  # code of the table that it is about


@dataclass(frozen=True)
class Unpredicted:
    """A published record that no prediction can be set beside."""

    subject: str
    reason: str
    table: str = ""  # code of the table in which it is missing


@dataclass(frozen=True)
class DigestTable:
    """One table of predictions of one kind, without most of its rows."""

    code: str  # for files and ``--table``: ``growth_fnir``
    title: str
    question: str  # what a reader wants to know
    target: str  # what is predicted, in words, with gallery size, threshold and image kind
    how: str  # what was fitted on what, and what was left out
    conditions: Conditions
    level: float  # of the intervals
    scale: Scale
    rows: int
    outside: int  # rows outside their interval
    groups: int  # developers or operators
    standings: Mapping[str, int]  # rows by `Standing`, in words
    baselines: Mapping[str, str]  # what each simpler rule does, in words
    goals: tuple[Goal, ...]
    unsettled: tuple[str, ...]  # what these data cannot decide
    caveats: tuple[str, ...]
    judged: bool  # False where rows are too few or too wide for a summary to say anything: then none is given
    summaries: tuple[Summary, ...]  # the whole first, then by band
    shown: tuple[Prediction, ...]  # the worst of those outside, the worst first; all rows of a table not judged
    per: int = 1  # out of how many rates are printed: a million where most of them are tiny
    again_of: str = ""
    # Code of the table whose figures this one predicts again, with something else left out.  Its goals count; its rows
    # are not counted twice where misses of all tables are.

    __repr__ = brief

    def reached(self) -> tuple[tuple[Goal, Estimate, bool], ...]:
        """Return each goal beside its figure, and whether the figure is within the limits."""
        return goals_reached(self.goals, self.summaries)


@dataclass(frozen=True)
class Made:
    """What the tables were made with and from."""

    version: str  # of misid
    until: str  # date of the newest source
    inputs_sha256: str  # of the published rows, the priors and the scenario that predictions are made from


@dataclass(frozen=True)
class Digest:
    """All tables in the order of the page, what no data can decide, and what nobody has tested."""

    tables: tuple[DigestTable, ...]
    unsettled: tuple[Unsettled, ...] = ()
    unpredicted: tuple[Unpredicted, ...] = ()
    not_validated: tuple[str, ...] = ()  # a few words each
    made: Made = Made("", "", "")

    __repr__ = brief

    def distinct(self) -> tuple[DigestTable, ...]:
        """Return the tables without those that predict the figures of another one of them again."""
        codes = {table.code for table in self.tables}
        return tuple(table for table in self.tables if table.again_of not in codes)

    def only(self, codes: Iterable[str]) -> Digest:
        """Return some of the tables, with what is open about them; raises InvalidInput if a code is not known."""
        kept = known_codes(codes, [table.code for table in self.tables])
        return replace(
            self,
            tables=tuple(table for table in self.tables if table.code in kept),
            unsettled=tuple(one for one in self.unsettled if one.table in kept),
            unpredicted=tuple(one for one in self.unpredicted if one.table in kept),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the content of the shipped file; six significant digits, so that processors agree on it."""
        data = {
            "schema": SCHEMA,
            "made": self.made.__dict__,
            "tables": [_plain_table(table) for table in self.tables],
            "unsettled": [one.__dict__ for one in self.unsettled],
            "unpredicted": [one.__dict__ for one in self.unpredicted],
            "not_validated": list(self.not_validated),
        }
        return {name: _rounded(value) for name, value in data.items()}


@cache
def shipped() -> Digest:
    """Return what ships with this version: the file that ``make validation`` writes."""
    text = resources.files("misid.validation").joinpath("catalog", FILE).read_text(encoding="utf-8")
    return read_digest(json.loads(text))


def read_digest(data: Mapping[str, Any]) -> Digest:
    """Read what `Digest.to_json` wrote; raises MisidError if a newer version wrote it."""
    if data["schema"] != SCHEMA:
        raise MisidError(f"the shipped validation is {data['schema']!r}, this version reads {SCHEMA!r}; install anew")
    return Digest(
        tuple(_table(table) for table in data["tables"]),
        tuple(Unsettled(**one) for one in data["unsettled"]),
        tuple(Unpredicted(**one) for one in data["unpredicted"]),
        tuple(data["not_validated"]),
        Made(**data["made"]),
    )


def goals_reached(goals: Sequence[Goal], found: Sequence[Summary]) -> tuple[tuple[Goal, Estimate, bool], ...]:
    """Return each goal beside its figure, and whether the figure is within the limits."""
    by_band = {one.band: one for one in found}
    rows = []
    for goal in goals:
        band, _, figure = goal.figure.rpartition("|")
        estimate = by_band[band].figures[figure]
        rows.append((goal, estimate, estimate.value is not None and goal.low <= estimate.value <= goal.high))
    return tuple(rows)


def known_codes(codes: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return the codes of tables, each once, in the order of the page; InvalidInput names all that are not known."""
    wanted = list(dict.fromkeys(codes))
    listed = f"known: {', '.join(known)}" if known else "this version has none"
    faults = [
        Fault("", 0, "--table", f"unknown table {code!r}{_near(code, known)}", listed)
        for code in wanted
        if code not in known
    ]
    if not wanted:
        faults.append(Fault("", 0, "--table", "no table named", listed))
    if faults:
        raise InvalidInput(faults)
    return tuple(code for code in known if code in wanted)


def _near(code: str, known: Sequence[str]) -> str:
    near = did_you_mean(code, known)
    return near if near.startswith("; did you mean") else ""


def _plain_table(table: DigestTable) -> dict[str, Any]:
    plain = dict(table.__dict__)
    return plain | {
        "conditions": table.conditions.to_json(),
        "standings": dict(table.standings),
        "baselines": dict(table.baselines),
        "goals": [goal.__dict__ for goal in table.goals],
        "unsettled": list(table.unsettled),
        "caveats": list(table.caveats),
        "summaries": [
            {"band": one.band, "figures": {name: e.to_json() for name, e in one.figures.items()}}
            for one in table.summaries
        ],
        "shown": [row.to_json() for row in table.shown],
    }


def _table(data: Mapping[str, Any]) -> DigestTable:
    return DigestTable(
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
