"""Sensitivity and criterion of people who check what the machine says (item 11)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import special

from misid.errors import OutOfRange
from misid.statistics import Array, probability, within


class Sensitivity(NamedTuple):
    """How well a reader tells pairs apart, and how readily a pair is passed.

    Parameters
    ----------
    d_prime : float or ndarray
        Distance of mated from non-mated pairs, in standard deviations (d').
    criterion : float or ndarray
        Where the reader draws the line (c), in the same unit; 0 is halfway, below 0 passes readily.
    """

    d_prime: Any
    criterion: Any


class Rates(NamedTuple):
    """Which share of pairs a reader passes.

    Parameters
    ----------
    hit, false_alarm : float or ndarray
        Share of mated and of non-mated pairs that pass, 0 to 1.
    """

    hit: Any
    false_alarm: Any


def sensitivity(hit_rate: float | Array, false_alarm_rate: float | Array) -> Sensitivity:
    """Return sensitivity and criterion of a reader of whom two rates are known.

    Parameters
    ----------
    hit_rate : float or ndarray
        Share of mated pairs that the reader passes (H), 0 to 1.
    false_alarm_rate : float or ndarray
        Share of non-mated pairs that the reader passes (FA), 0 to 1.  Of pairs that an algorithm picked for their
        likeness, if the reader sees such pairs.

    Returns
    -------
    Sensitivity
        ``d' = z(H) - z(FA)`` and ``c = -(z(H) + z(FA)) / 2``.  Rates (1, 1) give (0, -inf) and (0, 0) give (0, inf):
        no check.  (1, 0) gives (inf, 0) and (0, 1) gives (-inf, 0).  One rate of 0 or 1 beside one between makes both
        infinite, and the rate between is no longer in them: `rates` refuses such a pair.

    Notes
    -----
    Equal variances are assumed.  Source: Green and Swets, Signal Detection Theory and Psychophysics (1966);
    item 11.a.
    """
    hit = special.ndtri(probability("hit_rate", hit_rate))
    alarm = special.ndtri(probability("false_alarm_rate", false_alarm_rate))
    hit, alarm = np.broadcast_arrays(hit, alarm)
    endless = np.isinf(hit) & np.isinf(alarm)
    alike, opposed = endless & (hit == alarm), endless & (hit != alarm)
    # Stand-ins keep the arithmetic free of inf - inf; np.where drops what they give.
    d_prime = np.where(alike, 0.0, hit - np.where(alike, 0.0, alarm))
    criterion = np.where(opposed, 0.0, -(hit + np.where(opposed, 0.0, alarm)) / 2 + 0.0)
    return Sensitivity(d_prime[()], criterion[()])


def rates(d_prime: float | Array, criterion: float | Array) -> Rates:
    """Return the two rates of a reader of known sensitivity and criterion; the inverse of `sensitivity`.

    Parameters
    ----------
    d_prime, criterion : float or ndarray
        As in `Sensitivity`; either may be infinite, but not both.

    Returns
    -------
    Rates
        ``Phi(d'/2 - c)`` and ``Phi(-d'/2 - c)``.

    Notes
    -----
    A label that says "same" moves the criterion and not d' (Howard, Rabbitt and Sirotin, 2020): lower ``criterion``,
    or use `shifted` on each rate, which also holds for rates of 0 and 1.  Source: item 11.b.
    """
    apart = within("d_prime", d_prime, -np.inf)
    line = within("criterion", criterion, -np.inf)
    if np.any(np.isinf(apart) & np.isinf(line)):
        raise OutOfRange("d_prime and criterion", (d_prime, criterion), "not both infinite: no rates follow from that")
    return Rates(special.ndtr(apart / 2 - line), special.ndtr(-apart / 2 - line))
