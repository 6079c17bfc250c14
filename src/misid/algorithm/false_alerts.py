"""False alerts counted in the field and in tests at a vendor's threshold: what says how often a stranger is named.

Rows marked OGL-3.0 contain public sector information licensed under the Open Government Licence v3.0.
"""

from __future__ import annotations

import csv
import functools
import io
import math
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources

from misid.algorithm.catalog.table import FOLDER
from misid.quantities import Grade, Quantity

ATTRIBUTION = "Contains public sector information licensed under the Open Government Licence v3.0."
"""Due wherever a row whose licence is OGL-3.0 is printed."""


class CountUse(StrEnum):
    """What a row is used for."""

    CALIBRATES = "calibrates"  # turns the score into a rate
    ALTERNATIVE = "alternative"  # the same score, but so much of it is assumed that it only stands beside
    TEST = "test"  # a test at the score of deployments; set beside them
    OTHER = "other"  # another system


@dataclass(frozen=True, kw_only=True)
class AlertCount:
    """Faces searched against a list at one threshold, and false alerts among them.

    Parameters
    ----------
    title : str
        Where and when.
    faces : int
        Faces searched, not people; at least 1.
    list_size : Quantity
        References on the list; with a range where it is not known.
    false_alerts : int
        Alerts on somebody who is not listed; at most ``faces``.
    source : str
        Who says so.
    """

    title: str
    faces: int
    list_size: Quantity
    false_alerts: int
    source: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.false_alerts <= self.faces or self.faces < 1:
            raise ValueError(f"{self.title}: {self.false_alerts} false alerts in {self.faces} faces")

    @property
    def comparisons(self) -> float:
        """Faces times list size, at the list's best value."""
        return self.faces * self.list_size.value


@dataclass(frozen=True, kw_only=True)
class FieldCount(AlertCount):
    """One published row that ships.

    Parameters
    ----------
    key, operator, period, setting : str
        Which deployment or test.
    is_test : bool
        A test with passages of known people, no deployment.
    scale : str
        Product whose score scale the threshold is on.
    score : float or None
        The threshold as published; None where it was not read.
    taken_as : float or None
        The score at which the row is used.
    use : CountUse
        What it is used for.
    list_published : bool
        False where the list is assumed.
    address : str
        Where the source is.
    grade : Grade
        Of the counts.
    licence : str
        ``OGL-3.0`` asks for `ATTRIBUTION`; empty for facts from the press.
    caveat : str
        What is assumed or unread.
    """

    key: str
    operator: str
    period: str
    setting: str
    is_test: bool
    scale: str
    score: float | None
    taken_as: float | None
    use: CountUse
    list_published: bool
    address: str
    grade: Grade
    licence: str
    caveat: str


@functools.cache
def all_field_counts() -> tuple[FieldCount, ...]:
    """Return every row of ``field_counts.csv``, in its order."""
    text = resources.files(FOLDER).joinpath("field_counts.csv").read_text(encoding="utf-8")
    return tuple(_count(row) for row in csv.DictReader(io.StringIO(text)))


def field_counts(scale: str, score: float, use: CountUse = CountUse.CALIBRATES) -> tuple[FieldCount, ...]:
    """Return what was counted at one score of one vendor's scale; empty if nothing is known of it.

    Parameters
    ----------
    scale : str
        Product and score scale, ``NEC NeoFace``; capitals do not matter.
    score : float
        The threshold on that scale.
    use : CountUse
        Which rows; those that turn the score into a rate if not given.
    """
    return tuple(
        row
        for row in all_field_counts()
        if row.use is use
        and row.scale.casefold() == scale.strip().casefold()
        and row.taken_as is not None
        and math.isclose(row.taken_as, score, abs_tol=1e-9)
    )


def _count(row: dict[str, str]) -> FieldCount:
    published = row["list_published"] == "yes"
    listed = Quantity(
        value=float(row["list_size"]),
        low=float(row["list_low"]),
        high=float(row["list_high"]),
        unit="references",
        source=row["source"] if published else "assumed; the list is not published",
        grade=Grade(row["grade"]) if published else Grade.D,
    )
    return FieldCount(
        **{name: row[name] for name in ("key", "title", "operator", "period", "setting", "scale")},
        is_test=row["kind"] == "test",
        score=float(row["score"]) if row["score"] else None,
        taken_as=float(row["taken_as"]) if row["taken_as"] else None,
        use=CountUse(row["use"]),
        faces=int(row["faces"]),
        list_size=listed,
        list_published=published,
        false_alerts=int(row["false_alerts"]),
        source=row["source"],
        address=row["address"],
        grade=Grade(row["grade"]),
        licence=row["licence"],
        caveat=row["caveat"],
    )
