"""Expected unsupported actions, written out (item 10)."""

from __future__ import annotations

from typing import Any, NamedTuple

from misid.statistics import Array, amount, probability


class UnsupportedActions(NamedTuple):
    """Expected unsupported actions, by cause; the two are never added without showing both.

    Parameters
    ----------
    wrong_person, wrong_record : float or ndarray
        Actions after a hit on somebody else's record; actions after a right hit on a wrong record.
    """

    wrong_person: Any
    wrong_record: Any


def expected_wrongful_actions(
    scans: float | Array,
    enrolled: float | Array,
    fpir: float | Array,
    misid: float | Array,
    tpir: float | Array,
    adverse_record: float | Array,
    record_error: float | Array,
    stopped_by_review: float | Array,
) -> UnsupportedActions:
    """Return the expected actions that the scanned person's own correct record would not support.

    Parameters
    ----------
    scans : float or ndarray
        Scans (S), at least 0; one element for each group where the rates differ.
    enrolled : float or ndarray
        Share of those scanned who are in the gallery (e), 0 to 1.
    fpir, misid, tpir : float or ndarray
        Share of non-enrolled people with a hit, of enrolled people with a wrong and with a right top candidate,
        0 to 1.
    adverse_record : float or ndarray
        Probability that a wrong person's record calls for action (a), 0 to 1.
    record_error : float or ndarray
        Probability that the right person's record wrongly calls for action (s), 0 to 1.
    stopped_by_review : float or ndarray
        Share of both that review, documents or policy stop (c), 0 to 1.

    Returns
    -------
    UnsupportedActions
        ``wrong_person = S ((1-e) FPIR + e MISID) a (1-c)`` and ``wrong_record = S e TPIR s (1-c)``, counts, for
        each element; groups are not summed.

    Notes
    -----
    In truth reviewers catch unlike faces rather than wrong records; call it twice for unlike shares.
    Source: item 10.
    """
    s, e = amount("scans", scans), probability("enrolled", enrolled)
    acted_on = s * (1 - probability("stopped_by_review", stopped_by_review))
    wrong_hit = (1 - e) * probability("fpir", fpir) + e * probability("misid", misid)
    return UnsupportedActions(
        wrong_person=acted_on * wrong_hit * probability("adverse_record", adverse_record),
        wrong_record=acted_on * e * probability("tpir", tpir) * probability("record_error", record_error),
    )
