"""A card's estimate beside the printed figure that it predicts."""

from __future__ import annotations

from collections.abc import Mapping

from misid.algorithm import HALF_UNIT
from misid.quantities import Estimate
from misid.validation import Prediction, Standing


def beside(
    found: Estimate,
    printed: float,
    subject: str,
    developer: str,
    baselines: Mapping[str, float],
    *,
    band: str = "",
    note: str = "",
    detail: Mapping[str, float | int | str],
) -> Prediction:
    """Return a prediction by a card that has not seen the developer."""
    if found.value is None or found.low is None or found.high is None:
        raise RuntimeError(f"{subject}: {found.reason or 'no interval'}")
    return Prediction(
        subject,
        developer,
        found.value,
        found.low,
        found.high,
        printed,
        max(printed - HALF_UNIT, 0.0),
        printed + HALF_UNIT,
        Standing.GROUP_LEFT_OUT,
        band,
        baselines,
        note=note,
        detail=detail,
    )
