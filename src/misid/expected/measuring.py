"""What would measure the two unknowns: strangers searched, right hits audited, and the share of scans with a hit."""

from __future__ import annotations

import math
from dataclasses import dataclass

from misid.errors import OutOfRange
from misid.quantities import Interval
from misid.statistics import clopper_pearson

LEVEL = 0.95


@dataclass(frozen=True)
class HitShare:
    """What the share of scans with a hit says of phi and of enrolment together.

    Parameters
    ----------
    of_usable : float
        Hits among scans with a usable photo.
    right_hit_rate : float
        P(own record comes up | enrolled, usable photo).
    """

    of_usable: float
    right_hit_rate: float

    @property
    def phi_at_most(self) -> float:
        """The largest phi: nobody is enrolled, or everybody who is not enrolled makes up the hits."""
        return self.of_usable if self.of_usable <= self.right_hit_rate else 1.0

    @property
    def enrolled_at_most(self) -> float:
        """The largest share enrolled: every hit is right."""
        return min(self.of_usable / self.right_hit_rate, 1.0) if self.right_hit_rate > 0 else 1.0

    def phi(self, enrolled: float) -> float | None:
        """Return phi where so many of those scanned are enrolled; None where the share of hits rules that out."""
        if not 0.0 <= enrolled < 1.0:
            raise OutOfRange("enrolled", enrolled, "at least 0 and below 1")
        found = (self.of_usable - enrolled * self.right_hit_rate) / (1.0 - enrolled)
        return found if 0.0 <= found <= 1.0 else None


def from_hit_share(hits: float, usable: float, right_hit_rate: float) -> HitShare:
    """Return what the share of scans with a hit bounds; an agency has it today.

    ``hits / usable = e R + (1 - e) phi`` with e the share enrolled of those scanned and R the right-hit rate.

    Parameters
    ----------
    hits : float
        Share of scans with a hit.
    usable : float
        Share of scans whose photo can be searched, at least ``hits``.
    right_hit_rate : float
        P(own record comes up | enrolled, usable photo).
    """
    for name, x in (("hits", hits), ("usable", usable), ("right_hit_rate", right_hit_rate)):
        if not 0.0 <= x <= 1.0:
            raise OutOfRange(name, x, "from 0 to 1")
    if hits > usable or usable == 0.0:
        raise OutOfRange("hits", hits, f"at most the share of usable photos, {usable:g}, which is above 0")
    return HitShare(hits / usable, right_hit_rate)


def measured_share(tested: int, found: int, level: float = LEVEL) -> Interval:
    """Return what a count says of phi (strangers tested, strangers named) or of s (right hits audited, records wrong).

    Exact; where none or all were found, the one end there is has the whole of ``1 - level``.
    """
    if tested < 1:
        raise OutOfRange("tested", tested, "at least 1")
    if not 0.5 < level < 1.0:
        raise OutOfRange("level", level, "above 0.5 and below 1")
    one_sided = found in (0, tested)
    low, high = clopper_pearson(found, tested, 2.0 * level - 1.0 if one_sided else level)
    method = "Clopper-Pearson, one-sided" if one_sided else "Clopper-Pearson"
    return Interval(found / tested, float(low), float(high), level, method, found, tested)


def strangers_to_test(phi: float, level: float = LEVEL) -> int:
    """Return how many strangers without any name show that phi is below a value."""
    if not 0.0 < phi < 1.0:
        raise OutOfRange("phi", phi, "above 0 and below 1")
    if not 0.0 < level < 1.0:
        raise OutOfRange("level", level, "above 0 and below 1")
    return math.ceil(math.log1p(-level) / math.log1p(-phi))
