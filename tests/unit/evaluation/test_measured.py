from __future__ import annotations

import importlib.util
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import special

from misid.algorithm import Card, exceedances
from misid.errors import InvalidInput, UnknownName
from misid.evaluation import SPREAD, EvaluationOptions, Side, Source, fit_curves, measured_card
from misid.storage import to_text
from misid.vocabulary import ImageKind

pytestmark = pytest.mark.slow

_spec = importlib.util.spec_from_file_location(
    "made_up_pairs", Path(__file__).parents[2] / "helpers" / "made_up_pairs.py"
)
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)
made_up_pairs = made.made_up_pairs

SOURCE = Source("scores.csv", "CSV", 10, "ab" * 32)


@pytest.fixture(scope="module")
def data():
    return made_up_pairs(1)


@pytest.fixture(scope="module")
def card(data):
    return measured_card(*data, EvaluationOptions("lab_1", "webcam"), [SOURCE])


def miss(n: float, fpir: float, floor: float = 0.02, slope: float = 0.5, location: float = 5.0) -> float:
    s = math.log10(n / exceedances(fpir))
    return floor + (1 - floor) * float(special.ndtr(slope * (s - location)))


def test_inside_the_data_the_card_says_what_was_measured(card):
    tested = card.tested()[(ImageKind.WEBCAM, "as tested")]
    assert {n for n, _, _ in tested} == {200}
    for n, fpir, seen in tested:
        figure = card.fnir(n, fpir, "webcam")
        assert figure.low <= seen <= figure.high
        assert figure.distance.decades_of_n == 0
        assert "measured_card" in figure.caveats
        assert "rounded_source" not in figure.caveats


def test_beyond_the_data_the_interval_holds_the_truth_and_grows(card):
    widths = []
    for n in (1e3, 1e4, 1e6, 2e8):
        figure = card.fnir(n, 0.01, "webcam")
        assert figure.low <= miss(n, 0.01) <= figure.high
        logits = special.logit([figure.low, figure.high])
        widths.append(float(np.ptp(logits)))
        assert figure.distance.decades_of_n == pytest.approx(math.log10(n / 200))
    assert widths == sorted(widths)


@pytest.mark.slow
def test_the_truth_lies_in_the_interval():
    """Six data sets, three sizes: 13 or fewer of 18 covered by a 95% interval has a chance below 1 in 1,000."""
    covered = 0
    for seed in range(6):
        found = measured_card(*made_up_pairs(100 + seed), EvaluationOptions("x", "mugshot", seed=seed))
        for n, fpir in ((200, 0.05), (5000, 0.01), (1e6, 0.003)):
            figure = found.fnir(n, fpir, "mugshot")
            covered += bool(figure.low <= miss(n, fpir) <= figure.high)
    assert covered > 13


@pytest.mark.slow
def test_data_without_a_miss_leave_the_curve_to_the_published_ones():
    """Nothing is known of where an easy set's misses begin: far out the interval says so, near by it does not."""
    pairs, searches = made_up_pairs(3, floor=0.0, slope=0.6, location=12.0)
    found = measured_card(pairs, searches, EvaluationOptions("x", "mugshot"))
    near, far = found.fnir(200, 0.1, "mugshot"), found.fnir(2e8, 0.003, "mugshot")
    assert near.high < 0.03
    assert far.low < 0.01 < miss(2e8, 0.003, 0.0, 0.6, 12.0) < 0.5 < far.high


def test_curves_are_fitted_back():
    """Whole shares for counts: the truth is the maximum, but for a weak prior that sits on it."""
    decades = np.linspace(0.5, 6.0, 40)[None]
    floor, slope, location = 0.03, 0.6, 4.0
    below = floor * -np.expm1(-math.log(10) * decades) + (1 - floor) * special.ndtr(slope * (decades - location))
    cells = np.diff(np.concatenate([np.zeros((1, 1)), below, np.ones((1, 1))], axis=1))
    center = np.array([[special.logit(floor), math.log(slope), location]])
    found = fit_curves(5000 * cells, decades, center + 0.3 * SPREAD)
    assert [float(x[0]) for x in found] == pytest.approx([floor, slope, location], rel=0.02)


def test_other_kinds_stand_on_what_they_do_to_tested_algorithms():
    """An algorithm that does not fail at 1.6 million: kinds were compared on such alone."""
    card = measured_card(*made_up_pairs(1, location=11.0), EvaluationOptions("lab_1", "webcam"), [SOURCE])
    kinds = [kind for kind in ImageKind if kind is not ImageKind.STREET]
    found = {kind: card.fnir(1.6e6, 0.003, kind, level=0.9) for kind in kinds}
    own = found.pop(ImageKind.WEBCAM)
    half = (special.ndtri(own.high) - special.ndtri(own.low)) / 2
    assert found[ImageKind.MUGSHOT].value < own.value < found[ImageKind.KIOSK].value
    for figure in found.values():
        assert {"measured_card", "growth_prior"} <= set(figure.caveats)
        # What was measured at 200 is as doubtful on other photos, and their distance comes on top.
        assert special.ndtri(figure.high) - special.ndtri(figure.value) > half
    assert "NIST FRTE 1:N" not in own.distance.nearest
    assert card.fnir(1.6e6, 0.003, "street").value is None


@pytest.mark.slow
def test_a_street_photo_can_be_measured(data):
    street = measured_card(*data, EvaluationOptions("lab", "street"))
    assert street.fnir(200, 0.1, "street").value == pytest.approx(miss(200, 0.1), abs=0.1)
    assert street.fnir(1.6e6, 0.003, "kiosk").value is not None


def test_groups_and_ranks_have_no_figures_of_their_own(card):
    assert card.cells is None
    assert "group_other_algorithms" in card.caveats
    assert card.rank1_miss(1e6).value is None
    assert "measured_card" in card.fpir(1e6, 8.0, image_kind="webcam").caveats


def test_the_card_comes_back_from_its_file(card, tmp_path):
    path = tmp_path / "out.json"
    path.write_text(to_text(card.to_json()), "utf-8")
    again = Card.from_file(path)
    assert again.to_json() == card.to_json()
    assert again.measured == card.measured
    assert card.to_json()["schema"] == "misid/card/2.1"
    known = json.loads(path.read_text("utf-8"))["measured"]
    assert known == {
        "image_kind": "webcam",
        "subjects": 400,
        "mated": 200,
        "non_mated": 400 * 200 - 200,
        "failed": 0,
        "n_references": 200,
        "sources": ["ab" * 32],
        "level": 0.95,
        "seed": 1,
    }
    one, other = (x.fnir(1e6, 0.003, "webcam") for x in (card, again))
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), rel=1e-6)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_card(data, card):
    again = measured_card(*data, EvaluationOptions("lab_1", "webcam"), [SOURCE])
    assert again.to_json() == card.to_json()
    assert measured_card(*data, EvaluationOptions("lab_1", "webcam", seed=2)).to_json() != card.to_json()


@pytest.mark.slow
def test_pairs_alone_are_a_gallery_of_one(data):
    found = measured_card(data[0], None, EvaluationOptions("lab", "mugshot"))
    tested = found.tested()[(ImageKind.MUGSHOT, "as tested")]
    assert {n for n, _, _ in tested} == {1}
    assert min(fpir for _, fpir, _ in tested) < 1e-3


def test_what_cannot_be_a_card(data):
    pairs, searches = data
    with pytest.raises(UnknownName, match="image kind 'selfie'"):
        measured_card(pairs, searches, EvaluationOptions("x", "selfie"))
    with pytest.raises(InvalidInput, match="nobody is named"):
        measured_card(replace(pairs, people=None), searches, EvaluationOptions("x", "mugshot"))
    few = Side(pairs.mated.score[:5], pairs.mated.probe[:5], pairs.mated.reference[:5])
    with pytest.raises(InvalidInput, match="5 have a mated score") as error:
        measured_card(replace(pairs, mated=few), searches, EvaluationOptions("x", "mugshot"))
    assert len(error.value.faults) == 2
