"""Published counts of real deployments, as shipped: one row each, with source, grade and who was checked."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from misid.quantities import Grade
from verification.package_data import DATA

RANGE = ".."


class TruthRule(StrEnum):
    """Which alerts anybody checked, and what the rest were called.

    Only alerts that were acted on can be checked.  What became of the others is the operator's word.
    """

    STOPPED = "stopped"  # counted among alerts that were acted on and whose person was found; the rest left out
    JUDGED = "judged"  # every alert was called right or false, those not acted on by eye
    REST_TRUE = "rest_true"  # what was not found to be false was counted as right
    REST_FALSE = "rest_false"  # what staff did not confirm was counted as false
    NONE = "none"  # nobody published which alerts were right


class Target(StrEnum):
    """What is predicted of a deployment; each has a table of its own."""

    SHARE = "share"  # false alerts among alerts
    RATE = "rate"  # false alerts per face seen
    ALERTS = "alerts"  # alerts per face seen, right and false
    EVENTS = "events"  # false alerts among alerts of one event, from the other events of the same table


@dataclass(frozen=True)
class InputRange:
    """An input of the scenario that a row gives: its dotted path and its range, a point where it is known."""

    path: str
    low: float
    high: float


@dataclass(frozen=True)
class Deployment:
    """One published row.

    Parameters
    ----------
    id, operator, place, period, mode, system : str
        Which deployment.
    processed, unit : int or None, str
        Faces (or searches) seen.
    alerts, right, false : int or None
        As published; None where not read.
    checked, checked_false : int or None
        Where the truth rule is `TruthRule.STOPPED`: alerts whose person was found, and those of them that were wrong.
    events : int or None
        Deployments, places or days that the counts are summed over; None where not known.
    targets : tuple of Target
        What can be predicted; empty with the reason in ``why_not``.
    truth_rule : TruthRule
        Which alerts were checked.
    rule : str
        Rule of the scenario that stands for the operator's check of an alert; its own if empty.
    known, ranges : tuple of InputRange
        Inputs of the scenario that the row tells, and those that are assumed for it.
    ranges_note : str
        Why these ranges.
    used_for : str
        Which default of misid's catalogue the row was used for; empty if none.
    why_not : str
        Why there is no prediction.
    extra, caveat, source, locator : str
        As published.
    grade : Grade
        Of the source.
    """

    id: str
    operator: str
    place: str
    period: str
    mode: str
    system: str
    processed: int | None
    unit: str
    alerts: int | None
    right: int | None
    false: int | None
    checked: int | None
    checked_false: int | None
    events: int | None
    targets: tuple[Target, ...]
    truth_rule: TruthRule
    rule: str
    known: tuple[InputRange, ...]
    ranges: tuple[InputRange, ...]
    ranges_note: str
    used_for: str
    why_not: str
    extra: str
    caveat: str
    source: str
    locator: str
    grade: Grade

    def __post_init__(self) -> None:
        if bool(self.targets) == bool(self.why_not):
            raise ValueError(f"{self.id}: needs targets, or why there are none, and not both")
        for target in self.targets:
            self.seen(target)

    def seen(self, target: Target) -> tuple[int, int]:
        """Return the count and what it is out of; ValueError if the row lacks one, or they contradict each other."""
        if target in (Target.SHARE, Target.EVENTS):
            stopped = self.truth_rule is TruthRule.STOPPED
            pair = (self.checked_false, self.checked) if stopped else (self.false, self.alerts)
        else:
            pair = (self.alerts if target is Target.ALERTS else self.false, self.processed)
        count, total = pair
        if count is None or not total or not 0 <= count <= total:
            raise ValueError(f"{self.id}: no usable count for {target.value!r}: {count} of {total}")
        return count, total


@cache
def records() -> tuple[Deployment, ...]:
    """Return every row of ``data/deployments.csv``, in its order."""
    text = (DATA / "deployments.csv").read_text(encoding="utf-8")
    return parsed(csv.DictReader(io.StringIO(text)))


def parsed(rows: Iterable[dict[str, str]]) -> tuple[Deployment, ...]:
    """Turn rows of text into deployments."""
    found = tuple(_deployment(row) for row in rows)
    ids = [one.id for one in found]
    if len(set(ids)) < len(ids):
        raise ValueError(f"ids come twice: {sorted({i for i in ids if ids.count(i) > 1})}")
    return found


def _deployment(row: dict[str, str]) -> Deployment:
    words: dict[str, Any] = {
        name: row[name]
        for name in (
            *("id", "operator", "place", "period", "mode", "system", "unit", "rule", "ranges_note"),
            *("used_for", "why_not", "extra", "caveat", "source", "locator"),
        )
    }
    read: dict[str, Any] = {
        name: _whole(row[name]) for name in ("processed", "alerts", "false", "checked", "checked_false", "events")
    }
    return Deployment(
        **words,
        **read,
        right=_whole(row["true"]),
        targets=tuple(Target(name) for name in row["targets"].split()),
        truth_rule=TruthRule(row["truth_rule"] or "none"),
        known=_given(row["known"]),
        ranges=_given(row["ranges"]),
        grade=Grade(row["grade"]),
    )


def _whole(text: str) -> int | None:
    """Return a count; None where there is none, or only words such as "thousands"."""
    return int(text) if text.isdigit() else None


def _given(text: str) -> tuple[InputRange, ...]:
    """Read ``path=low..high; path=value``."""
    found = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        path, _, value = part.partition("=")
        low, _, high = value.partition(RANGE)
        found.append(InputRange(path, float(low), float(high or low)))
    return tuple(found)
