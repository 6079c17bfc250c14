"""Twins: an algorithm's own rates are not read, and the interval is that of two others."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from misid.algorithm import twins
from misid.randomness import Purpose, uniforms
from verification.twin_rates import LEVEL, predict, twin_tables, twins_unsettled

RATES = twins()


def test_nine_rows_each_from_two_others():
    (table,) = twin_tables(lambda words: None)
    assert table.code == "twins_fmr"
    assert not table.judged
    assert len(table.predictions) == 9
    for row in table.predictions:
        kind = row.band.replace(" ", "_")
        assert row.observed == RATES[kind][row.subject]
        others = special.ndtri([rate for name, rate in RATES[kind].items() if name != row.subject])
        assert special.ndtri(row.value) == pytest.approx(others.mean())


def test_own_rates_are_not_read():
    moved = {kind: {**of, "inspur_000": 0.5} for kind, of in RATES.items()}
    before, after = (predict("inspur_000", "inspur", rates) for rates in (RATES, moved))
    assert [(row.value, row.low, row.high) for row in before] == [(row.value, row.low, row.high) for row in after]
    other = {kind: {**of, "secuveri_001": 0.5} for kind, of in RATES.items()}
    assert predict("inspur_000", "inspur", other)[0].value != before[0].value


def test_intervals_cover_rates_that_are_normal_on_the_probit():
    """900 times three algorithms and three kinds: 90% inside, within 4 standard errors of whole algorithms."""
    size = 900
    z = special.ndtri(uniforms(7, Purpose.FOLD, np.arange(size * 9), second=2)[0].reshape(size, 3, 3))
    inside = []
    for one in z:
        rates = {str(k): {str(a): float(special.ndtr(0.3 * one[k, a] + k - 1)) for a in range(3)} for k in range(3)}
        inside.append(np.mean([row.inside for row in predict("0", "", rates)]))
    assert abs(np.mean(inside) - LEVEL) < 4.0 * np.std(inside) / math.sqrt(size)


def test_what_is_unsettled_has_figures():
    (one,) = twins_unsettled()
    assert "0.911 to 0.994" in one.evidence
