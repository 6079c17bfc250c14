"""Doubt of a rate whose every trial is one person's: searches by whom they are of."""

from __future__ import annotations

import numpy as np

from misid.errors import OutOfRange
from misid.statistics.dyadic import Spread, Whole


def spread_alone(events: Whole, trials: Whole) -> Spread:
    """Rate, its variance with what the trials of a person share, and each person's part.

    Parameters
    ----------
    events, trials : ndarray of int64, shape (M,)
        Of each person.

    Returns
    -------
    Spread
        As `misid.statistics.dyadic.spread` of pairs in which everybody stands with himself, without looking for pairs.

    Raises
    ------
    OutOfRange
        If there are no trials.
    """
    number = int(trials.sum())
    if number < 1:
        raise OutOfRange("trials", number, "at least 1")
    found = int(events.sum())
    value = found / number
    there = np.flatnonzero(trials)
    share = trials[there] / number
    # One person in more than half of all trials says more about himself than leaving him out can tell.
    nodes = (events[there] / number - value * share) / (1 - np.minimum(share, 0.5))
    k = there.size
    clustered = float(nodes @ nodes) * (k - 1) / k if k > 1 else 0.0
    alone = float(np.square(events - value * trials).sum()) / number**2
    plain = max(value * (1 - value), 0.0) / number
    return Spread(
        value,
        max(clustered, alone, plain),
        plain,
        0.0,
        nodes,
        k,
        found,
        number,
        k,
        float(events @ events),
        float(trials @ trials) / number,
        0.0,
    )
