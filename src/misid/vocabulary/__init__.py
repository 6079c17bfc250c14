"""The codes of groups, photos and ages, and every word that a reader sees.

Words stand in the catalogue (``en/*.toml``): `misid.vocabulary.catalogue` says a sentence, `misid.vocabulary.names` the
words of a code (labels, caveats, and the field's terms after ISO/IEC 2382-37, 19795-1 and 19795-10), and
`misid.vocabulary.numbers` writes numbers.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

import numpy as np

_Scores = TypeVar("_Scores", float, np.ndarray)


def at_or_above(score: _Scores, threshold: float) -> bool | np.ndarray:
    """Say whether a score counts as a candidate: at or above the threshold, everywhere in misid.

    Parameters
    ----------
    score : float or ndarray
        Comparison scores, higher is more similar.
    threshold : float
        Threshold on the same scale.

    Returns
    -------
    bool or ndarray of bool

    Notes
    -----
    ISO/IEC 19795-1 says "greater than", NIST writes "at or above"; on tied integer scores the two differ.  misid uses
    "at or above" in every room.
    """
    return score >= threshold


class ImageKind(StrEnum):
    """Kinds of probe image.  The first five have published 1:N tests; a street photo has none."""

    MUGSHOT = "mugshot"
    WEBCAM = "webcam"
    BORDER = "border"
    KIOSK = "kiosk"
    TRAVELLER = "airport traveller"
    STREET = "street"


class Lapse(StrEnum):
    """Time between the reference and the probe."""

    AS_TESTED = "as tested"
    LONG = "10 years or more"


class Origin(StrEnum):
    """Origin as the tests label it (region of birth), and the origins that no test labels."""

    EAST_EUROPE = "east_europe"
    EAST_ASIA = "east_asia"
    SOUTH_ASIA = "south_asia"
    WEST_AFRICA = "west_africa"
    LATIN_AMERICA = "latin_america"
    OTHER = "other"


TESTED_ORIGINS = (Origin.EAST_EUROPE, Origin.EAST_ASIA, Origin.SOUTH_ASIA, Origin.WEST_AFRICA)


class Sex(StrEnum):
    """Sex as the tests label it."""

    MALE = "male"
    FEMALE = "female"


class Age(StrEnum):
    """Age bands that a scenario tells apart."""

    UNDER_18 = "under_18"
    ADULT = "adult"


class Manner(StrEnum):
    """How a person comes to be photographed."""

    ASKED = "asked"
    TOLD = "told"
    NOT_ASKED = "not_asked"
