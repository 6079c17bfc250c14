"""Curves of kinds of photo without a row: around those with one, as wide as what is known of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

import misid
from misid.algorithm import (
    CONDITIONS,
    LIKELY,
    MUGSHOT,
    STREET_LIKE,
    ImageTypePrior,
    by_algorithm,
    curves_around,
    predict_conditions,
    where_tested,
)
from misid.vocabulary import ImageKind, Lapse

ROWS = [row for row in by_algorithm()["nec_3"] if row["table"] == "accuracy"]
AT_ANCHOR = [row for row in ROWS if row["image_kind"] == "mugshot" and row["n"] == "1600000"]
WEBCAM = (ImageKind.WEBCAM, Lapse.AS_TESTED)
KIOSK = (ImageKind.KIOSK, Lapse.AS_TESTED)


def fnir(card, condition, level=0.9):
    n, fpir = where_tested(*condition)
    return card.fnir(n_enrolled=n, fpir=fpir, image_kind=condition[0], lapse=condition[1], level=level)


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_a_card_prints_the_range_that_the_rows_give(level):
    """A card keeps 120 possibilities: its ranges are those of the Student t all the same."""
    card = misid.fit_published(AT_ANCHOR)
    known = {MUGSHOT: (0.0019, None)}
    likely = predict_conditions(known, ImageTypePrior.shipped("nec"), 0.0013)
    for condition in CONDITIONS:
        if condition != MUGSHOT:
            found = fnir(card, condition, level)
            ends = np.array([0.5 - level / 2, 0.5 + level / 2])
            # Of 40 equally likely values an end of a range is known to one of them.
            least, most = (np.interp(ends + one, LIKELY, likely[condition]) for one in (-1 / 40, 1 / 40))
            printed = special.ndtri([found.low, found.high])
            assert np.all((least <= printed) & (printed <= most))
            assert special.ndtri(found.value) == pytest.approx(likely[condition].mean(), abs=0.01)


def test_every_condition_has_a_curve_and_those_with_rows_keep_them():
    card = misid.fit_published(ROWS)
    assert set(card.curves) == set(CONDITIONS)
    for row in ROWS:
        if row["fpir"] == "0.003":
            found = card.fnir(n_enrolled=int(row["n"]), fpir=0.003, image_kind=row["image_kind"])
            assert found.value == pytest.approx(float(row["value"]), abs=1e-4)


def test_a_row_of_another_kind_moves_the_rest():
    worse = [{**row, "value": "0.05"} if row["image_kind"] == "webcam" else row for row in ROWS]
    only = [row for row in ROWS if row["image_kind"] in ("mugshot", "webcam") and row["n"] == "1600000"]
    bad = [row for row in worse if row["image_kind"] in ("mugshot", "webcam") and row["n"] == "1600000"]
    assert fnir(misid.fit_published(bad), KIOSK).value > fnir(misid.fit_published(only), KIOSK).value


def test_without_mugshots_other_kinds_stand_in_for_them():
    for kind in ("webcam", "border", "kiosk"):
        only = [row for row in ROWS if row["image_kind"] == kind]
        found = fnir(misid.fit_published(only), MUGSHOT)
        assert found.low < found.value < found.high
        # Mugshots are the easiest kind.
        assert found.value < float(only[0]["value"])


def test_a_row_at_another_gallery_enters_with_the_doubt_of_its_growth():
    here = [{**row, "value": "0.0149"} for row in ROWS if row["image_kind"] == "webcam"]
    far = [{**row, "n": "12000000"} for row in here]
    near, moved = (fnir(misid.fit_published(rows), KIOSK) for rows in (here, far))
    assert moved.value < near.value
    assert moved.high / moved.low > near.high / near.low


def test_a_kind_and_lapse_that_nobody_tested_tells_less_than_one_that_was_tested():
    kinds = ImageTypePrior.shipped()
    tested = predict_conditions({WEBCAM: (0.02, None)}, kinds)
    untested = predict_conditions({(ImageKind.WEBCAM, Lapse.LONG): (0.02, None)}, kinds)
    assert np.ptp(untested[KIOSK]) > np.ptp(tested[KIOSK])
    # Misses after ten years are more than before: the same figure there is a better algorithm.
    assert untested[MUGSHOT].mean() < tested[MUGSHOT].mean()


def test_a_street_photo_is_any_of_three_kinds():
    kinds = ImageTypePrior.shipped()
    mixed = predict_conditions({(ImageKind.STREET, Lapse.AS_TESTED): (0.05, 0.1)}, kinds)
    each = [predict_conditions({(kind, Lapse.AS_TESTED): (0.05, 0.1)}, kinds) for kind in STREET_LIKE]
    for condition in CONDITIONS:
        whole = np.concatenate([one[condition] for one in each])
        assert whole.min() <= mixed[condition].min()
        assert mixed[condition].max() <= whole.max()
        assert mixed[condition].mean() == pytest.approx(whole.mean(), abs=0.02 * np.ptp(whole))


def test_curves_around_a_measured_one_keep_it_and_are_wider():
    card = misid.fit_published(AT_ANCHOR)
    prior = card.priors["duplicates"]
    own = card.curves[MUGSHOT]["duplicates"]
    made = curves_around(own, MUGSHOT, prior, ImageTypePrior.shipped("nec"))
    assert made[MUGSHOT] is own
    assert set(made) == set(CONDITIONS)
    spread = {}
    for condition in (MUGSHOT, KIOSK):
        n, fpir = where_tested(*condition)
        _, nodes = made[condition].fnir(n, fpir, prior.delta * n, prior)
        spread[condition] = np.ptp(special.ndtri(nodes))
    assert spread[KIOSK] > 5 * spread[MUGSHOT]
