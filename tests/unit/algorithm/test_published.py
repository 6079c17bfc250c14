from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import misid
from misid.algorithm import FORMS, catalog
from misid.errors import InvalidInput
from misid.vocabulary import ImageKind, Lapse

MUGSHOT = (ImageKind.MUGSHOT, Lapse.AS_TESTED)


def rows(f: object = 0.003, r: object = 0.001, **more: object) -> list[dict[str, object]]:
    base = {
        "algorithm": "lab_001",
        "developer": "lab",
        "dataset": "mugshot gallery",
        "probe_kind": "mugshot",
        "gallery_n": 1_600_000,
        "metric": "FNIR",
    } | more
    return [base | {"fpir": 0.003, "rank": "", "value": f}, base | {"fpir": "", "rank": 1, "value": r}]


def test_two_rows_at_1_6_million_predict_12_million():
    given = [row for row in catalog.rows("nec_3") if row["n"] == "1600000" and row["image_kind"] == "mugshot"]
    card = misid.fit_published(given)
    miss = card.fnir(n_enrolled=12_000_000, fpir=0.003, image_kind="mugshot", level=0.90)
    rank1 = card.rank1_miss(n_enrolled=12_000_000, level=0.90)
    assert miss.low < 0.0029 < miss.high
    assert rank1.low < 0.0015 < rank1.high
    assert (miss.level, rank1.level) == (0.90, 0.90)
    assert "growth_prior" in miss.caveats


def test_text_and_numbers_and_both_spellings_of_columns_are_read_alike():
    number = misid.fit_published(rows())
    text = misid.fit_published([{k: str(v) for k, v in row.items()} for row in rows()])
    own = misid.fit_published(
        [
            {"algorithm": "lab_001", "image_kind": "mugshot", "n": "1600000", "metric": "FNIR", "fpir": "0.003"}
            | {"value": "0.0030"},
            {"algorithm": "lab_001", "image_kind": "mugshot", "n": "1600000", "metric": "FNIR", "rank": "1"}
            | {"value": "0.0010"},
        ]
    )
    curve = number.mated_curve("mugshot")
    assert text.mated_curve("mugshot") == curve == own.mated_curve("mugshot")
    assert own.developer == "lab"


def test_rows_at_12_million_narrow_the_growth():
    near = rows()
    far = [row | {"value": v} for row, v in zip(rows(gallery_n=12_000_000), (0.0052, 0.0014), strict=True)]
    before = misid.fit_published(near).fnir(12e6, 0.003, "mugshot")
    after = misid.fit_published(near + far).fnir(12e6, 0.003, "mugshot")
    assert after.high - after.low < before.high - before.low
    assert after.value == pytest.approx(0.0052, abs=0.00005)


@pytest.mark.parametrize("kept", [[0], [1]])
def test_one_row_is_enough_and_says_so_by_its_width(kept):
    whole = misid.fit_published(rows()).fnir(12e6, 0.003, "mugshot")
    found = misid.fit_published([rows()[i] for i in kept]).fnir(12e6, 0.003, "mugshot")
    assert found.high / found.low > whole.high / whole.low


def test_rows_at_other_galleries_alone_are_enough():
    given = [row | {"value": v} for row, v in zip(rows(gallery_n=12_000_000), (0.0050, 0.0014), strict=True)]
    card = misid.fit_published(given)
    assert card.fnir(12e6, 0.003, "mugshot").value == pytest.approx(0.0050, abs=0.0001)
    assert card.fnir(1.6e6, 0.003, "mugshot").value < 0.0050


def test_a_card_without_mugshots_stands_on_its_other_kinds():
    card = misid.fit_published([rows(0.05, probe_kind="webcam")[0]])
    assert card.fnir(1.6e6, 0.003, "webcam").value == pytest.approx(0.05, abs=0.00005)
    found = card.fnir(1.6e6, 0.003, "mugshot")
    assert found.value < 0.05
    assert "no_row" in found.caveats
    assert card.rank1_miss(1e6).value is None


def test_a_replaced_prior_is_used():
    prior = misid.fit_published(rows()).priors["duplicates"]
    from dataclasses import replace

    wide = misid.fit_published(rows(), replace(prior, sigma_f=0.3))
    both = misid.fit_published(rows(), {"duplicates": replace(prior, sigma_f=0.3)})
    plain = misid.fit_published(rows()).fnir(12e6, 0.003, "mugshot")
    assert wide.fnir(12e6, 0.003, "mugshot").high > plain.high
    assert both.fnir(12e6, 0.003, "mugshot").high == wide.fnir(12e6, 0.003, "mugshot").high


def test_every_fault_is_named_at_once():
    bad = [
        rows(1.2)[0],
        rows(math.nan)[0],
        {key: value for key, value in rows()[0].items() if key != "value"},
        {key: value for key, value in rows()[0].items() if key != "gallery_n"},
        rows(probe_kind="sketch")[0],
        rows()[0] | {"rank": 1},
        rows()[0] | {"metric": "EER"},
        rows()[1] | {"rank": 0},
        rows()[0] | {"fpir": 3},
        rows(gallery_n=1.5)[0],
        rows("many")[0],
        "no row",
    ]
    with pytest.raises(InvalidInput) as refused:
        misid.fit_published(bad)
    for index in range(len(bad)):
        assert f"rows.{index}" in str(refused.value)
    assert len(refused.value.faults) == len(bad)
    for word in ("value", "gallery_n", "probe_kind", "metric", "rank", "fpir", "str"):
        assert word in str(refused.value)


@pytest.mark.parametrize(
    ("given_rows", "words"),
    [
        ([], "there are none"),
        (rows() + [row | {"algorithm": "other_001"} for row in rows()], "2 algorithms: lab_001, other_001"),
        (rows() + rows(0.004)[:1], "same condition as rows.0"),
        ([{"algorithm": "a_1", "metric": "FPIR", "group": "east_asia_male", "value": 0.1}], "no FNIR"),
        ([*rows(), {"algorithm": "lab_001", "metric": "FPIR", "group": "moon_male", "value": 0.1}], "moon_male"),
        ([*rows(), {"algorithm": "lab_001", "metric": "FPIR", "value": 0.1}], "probe group"),
    ],
)
def test_rows_that_do_not_belong_together_are_refused(given_rows, words):
    with pytest.raises(InvalidInput, match=words):
        misid.fit_published(given_rows)


def four_decimals(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(math.log(low), math.log(high)).map(lambda x: round(math.exp(x), 4))


@st.composite
def published(draw: st.DrawFn) -> list[dict[str, object]]:
    f = draw(four_decimals(0.0004, 0.69))
    r = round(max(f * draw(st.floats(0.02, 1.0)), 0.0001), 4)
    found = rows(f, r)
    if draw(st.booleans()):
        grown = [round(min(v * draw(st.floats(1.0, 4.0)), 0.99), 4) for v in (f, r)]
        found += [row | {"value": v} for row, v in zip(rows(gallery_n=12_000_000), grown, strict=True)]
    for kind in ("webcam", "border", "kiosk"):
        if draw(st.booleans()):
            found.append(rows(draw(four_decimals(0.0005, 1.0)), probe_kind=kind)[0])
    if draw(st.booleans()):
        a, b = (draw(four_decimals(0.0005, 0.9)) for _ in range(2))
        found += [
            rows(value, probe_kind="airport traveller", gallery_n=n)[0] | {"fpir": 0.0003}
            for n, value in ((420, min(a, b)), (42_000, max(a, b)))
        ]
    return found


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(published())
def test_any_plausible_rows_give_a_sane_card(given_rows):
    card = misid.fit_published(given_rows)
    assert json.dumps(card.to_json(), allow_nan=False)
    f = given_rows[0]["value"]
    assert card.fnir(1.6e6, 0.003, "mugshot").value == pytest.approx(f, abs=0.000051)
    for form in FORMS:
        for curves in card.curves.values():
            curve = curves[form].point
            assert 0.0 < curve.floor < 1.0
            assert curve.slope > 0.0
            assert math.isfinite(curve.location)
    for kind in ("mugshot", "webcam", "border", "kiosk", "airport traveller"):
        last = 0.0
        for n in (1e4, 1.6e6, 1.2e7, 2e8, 3e9):
            found = card.fnir(n, 0.003, kind)
            assert 0.0 <= found.low <= found.value <= found.high <= 1.0
            assert found.value >= last
            last = found.value
