"""Words of the tested envelope: what tests count, who works them, and how far a figure is from the nearest."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from misid.vocabulary import Age, ImageKind


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


OPERATORS: Mapping[str, str] = {
    Operator.LABORATORY: "in a laboratory",
    Operator.OFFICER_PHONE: "of an officer with a phone",
    Operator.POLICE_CAMERAS: "of police cameras",
    Operator.SHOP_CAMERAS: "of shop cameras",
    Operator.BORDER_BOOTH: "of a border booth",
    Operator.OTHER: "of this operator",
}
"""Who works a system, to be read after "no test"."""

PHOTOS: Mapping[str, str] = {
    ImageKind.MUGSHOT: "with mugshots",
    ImageKind.WEBCAM: "with webcam photos",
    ImageKind.BORDER: "with border photos",
    ImageKind.KIOSK: "with kiosk photos",
    ImageKind.TRAVELLER: "with airport traveller photos",
    ImageKind.STREET: "with street photos",
    LIVE_CAMERA: "with photos of live cameras",
}
"""Kinds of photo, to be read after "no test"."""

AGES: Mapping[str, str] = {Age.UNDER_18: "of people under 18", Age.ADULT: "of adults alone"}
"""Age bands, to be read after "no test"."""

NO_TEST = "no test"
NOT_MEASURED = "not measured"
ALIKE = "all else as there"
INSIDE = "inside its gallery sizes"
INSIDE_THEIRS = "inside their gallery sizes"
INSIDE_PRINTED = "inside the galleries that other tests print"

ENDS: Mapping[str, tuple[str, str]] = {"gallery": ("largest", "smallest"), "FPIR": ("highest", "lowest")}
"""Both ends of what a test covers: of its galleries, and of its FPIR."""

ITS, THEIR, ANY, TESTED = "its {}", "their {}", "the {} of any test", "the {} tested"
"""Whose end: the nearest test's, that of the nearest tests of many figures, of all tests; or said short, either's."""


MOST_SAID = 6
"""Decades from which a distance is said as "over a million times": one comparison against a search of millions."""


def apart(what: str, low: float, high: float, whose: str = ITS) -> str:
    """Say how far figures lie outside what was tested, in times: ``gallery 17 times its largest``.

    Parameters
    ----------
    what : {"gallery", "FPIR"}
        Of which the ends are meant.
    low, high : float
        Decades of the least and the most far figure, equal for one; above 0 beyond the upper end, below 0 under the
        lower one, 0 between them.
    whose : str
        `ITS`, `THEIR`, `ANY` or `TESTED`.

    Returns
    -------
    str
        Empty if all lie inside.
    """
    top, bottom = (whose.format(end) for end in ENDS[what])
    if low == high == 0.0:
        return ""
    if low >= 0.0:
        first, last = times(low), times(high)
        size = (
            last
            if first == last
            else f"{first.removesuffix(' times')} to {last}"
            if "times" in first
            else f"up to {last}"
        )
        return f"{what} {size} {top}"
    if high <= 0.0:
        first, last = times(low), times(high)
        size = first if first == last else f"{first} to {last}" if "1/" in last else f"down to {first}"
        return f"{what} {size} {bottom}".replace("of to", "to")
    return f"{what} from {times(low)} {bottom} to {times(high)} {top}"


def times(decades: float) -> str:
    """Say decades as times, with two digits: ``17 times``, ``just above``, ``1/40 of``; empty for none.

    Parameters
    ----------
    decades : float
        log10 of the factor.
    """
    if decades == 0.0:
        return ""
    if abs(decades) >= MOST_SAID:
        return "over a million times" if decades > 0 else "under a millionth of"
    factor = float(f"{10.0 ** abs(decades):.2g}")
    said = f"{factor:,.0f}" if factor >= 10 else f"{factor:g}"
    if said == "1":
        return "just above" if decades > 0 else "just below"
    return f"{said} times" if decades > 0 else f"1/{said} of"
