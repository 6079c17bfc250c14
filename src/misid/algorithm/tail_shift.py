"""How many decades likelier a non-mated score reaches one threshold on another kind of photo, from NIST's 1:1 cards."""

from __future__ import annotations

import csv
import functools
import io
import math
from dataclasses import dataclass
from importlib import resources
from statistics import median

from misid.algorithm.catalog.table import FOLDER
from misid.quantities import Grade, Quantity
from misid.vocabulary.catalogue import say

POSED = ("MUGSHOT", "VISA")
KIOSK, BORDER = "KIOSK-BORDER", "BORDER"


@dataclass(frozen=True)
class TailShiftRow:
    """FMR of two sets of photos at one threshold of one algorithm."""

    algorithm: str
    reference_set: str
    reference_fmr: float
    threshold: float
    test_set: str
    test_fmr: float
    how: str  # interpolated or extrapolated between printed points
    source: str
    commit: str

    @property
    def decades(self) -> float:
        """log10 of the ratio of the two rates."""
        return math.log10(self.test_fmr / self.reference_fmr)


@functools.cache
def tail_shift_rows() -> tuple[TailShiftRow, ...]:
    """Return every row of ``tail_shift.csv``."""
    text = resources.files(FOLDER).joinpath("tail_shift.csv").read_text(encoding="utf-8")
    return tuple(
        TailShiftRow(
            row["algorithm"],
            row["reference_set"],
            float(row["reference_fmr"]),
            float(row["threshold"]),
            row["test_set"],
            float(row["test_fmr"]),
            row["how"],
            row["source"],
            row["commit"],
        )
        for row in csv.DictReader(io.StringIO(text))
    )


def street_shift() -> Quantity:
    """Return the shift that is assumed from a test's photos to photos in the street, to a tenth of a decade.

    Value: the middle algorithm of their median shifts to kiosk photos.  Low end: the lowest shift from posed to border
    photos.  High end: the highest shift to kiosk photos.  Nothing below FMR 1e-6 was read, and no street photo is among
    them: the step from these kinds to the street, and from 1e-6 on, is an assumption.
    """
    rows = tail_shift_rows()
    by_algorithm: dict[str, list[float]] = {}
    for row in rows:
        if row.test_set == KIOSK:
            by_algorithm.setdefault(row.algorithm, []).append(row.decades)
    border = min(row.decades for row in rows if row.test_set == BORDER and row.reference_set in POSED)
    kiosk = max(row.decades for row in rows if row.test_set == KIOSK)
    return Quantity(
        value=round(median(median(shifts) for shifts in by_algorithm.values()), 1),
        low=round(border, 1),
        high=round(kiosk, 1),
        unit="decades",
        source=say("evidence.source.shift", names=say("number.comma").join(by_algorithm)),
        grade=Grade.D,
    )
