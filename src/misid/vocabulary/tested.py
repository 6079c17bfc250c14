"""Words of the tested envelope: what tests count, who works them, and how far a figure is from the nearest."""

from __future__ import annotations

from enum import StrEnum

from misid.vocabulary.catalogue import say
from misid.vocabulary.names import codes
from misid.vocabulary.numbers import grouped


class Operator(StrEnum):
    """Who works the system, as far as published tests tell them apart."""

    LABORATORY = "laboratory"
    OFFICER_PHONE = "officer with a phone"
    POLICE_CAMERAS = "police cameras"
    SHOP_CAMERAS = "shop cameras"
    BORDER_BOOTH = "border booth"
    OTHER = "another operator"


# What a camera over passers-by takes; a person who is photographed in the street stands nearer and knows of it.
LIVE_CAMERA = "live camera"


class Counted(StrEnum):
    """What a published test counts."""

    FALSE_POSITIVES = "false positives"
    MISSES = "misses"
    NOT_FIRST = "mates not put first"
    RIGHT_SHARE = "right share of hits"
    TWINS = "twins who match"
    CHECKING = "hits that people let pass"
    ACTIONS = "actions that follow hits"


class Aspect(StrEnum):
    """What a figure and a published test can share; of two tests that share as many, an earlier one here counts more."""

    COUNTED = "what is counted"
    GROUP = "probe group"
    AGE = "age"
    LAPSE = "lapse"
    IMAGE_KIND = "image kind"
    OPERATOR = "operator"
    ALGORITHM = "algorithm"
    GALLERY = "gallery size"


MOST = 6
"""Decades from which a distance is "over a million times": one comparison against a search of millions."""


def lacking(aspect: Aspect, what: str = "") -> str:
    """Return what no test has, to be read after "no test": ``with street photos``, ``of this group``."""
    code = aspect.name.lower()
    if not what:
        return say(f"nearness.lacking.{code}")
    key = what.replace(" ", "_")
    known = f"{code}.{key}" in codes("lacking", "nearness")
    return say(f"nearness.lacking.{code}.{key}") if known else say(f"nearness.lacking.{code}.any", what=what)


def apart(what: str, low: float, high: float, whose: str = "its") -> str:
    """Return how far figures lie outside what was tested, in times: ``gallery 17 times its largest``.

    Parameters
    ----------
    what : {"gallery", "fpir"}
        Of which the ends are meant.
    low, high : float
        Decades of the least and the most far figure, equal for one; above 0 beyond the upper end, below 0 under the
        lower one, 0 between them.
    whose : {"its", "their", "any", "tested"}
        Whose ends: the nearest test's, that of the nearest tests of many figures, of all tests; or short, either's.

    Returns
    -------
    str
        Empty if all lie inside.
    """
    if low == high == 0.0:
        return ""
    if low < 0.0 < high:
        return say(f"nearness.{what}.across.{whose}", low=times(low), high=times(high))
    side = "above" if high > 0.0 else "below"
    near, far = sorted((low, high), key=abs)
    return say(f"nearness.{what}.{side}.{whose}", times=_times_range(near, far, side))


def times(decades: float) -> str:
    """Return decades as times, with two digits: ``17 times``, ``just above``, ``1/40 of``; empty for none.

    Parameters
    ----------
    decades : float
        log10 of the factor.
    """
    if decades == 0.0:
        return ""
    side, factor = "above" if decades > 0 else "below", _factor(decades)
    if not factor or factor == "1":
        return say(f"nearness.times.{'just' if factor else 'most'}_{side}")
    return say(f"nearness.times.{side}", x=factor)


def _times_range(near: float, far: float, side: str) -> str:
    first, last = times(near), times(far)
    if first == last:
        return last
    if _factor(near) in ("", "1"):
        return say(f"nearness.times.up_to_{side}", times=last)
    # The smaller number comes first: of those below an end, the one further off.
    x, end = (_factor(near), last) if side == "above" else (_factor(far), first)
    return say(f"nearness.times.range_{side}", x=x, times=end) if x else say("nearness.times.range_most", times=end)


def _factor(decades: float) -> str:
    """Return the factor with two digits; empty where it is over a million, or where there is none."""
    if not 0.0 < abs(decades) < MOST:
        return ""
    factor = float(f"{10.0 ** abs(decades):.2g}")
    return grouped(factor, 0 if factor >= 10 else 1).removesuffix(f"{say('number.decimal')}0")
