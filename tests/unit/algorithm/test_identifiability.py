from __future__ import annotations

import pytest

import misid
from misid.algorithm import catalog, settled
from misid.findings import card_tables
from misid.vocabulary import ImageKind


def card(name: str, *galleries: str) -> misid.Card:
    rows = [row for row in catalog.rows(name) if row["image_kind"] == "mugshot" and row["n"] in galleries]
    return misid.fit_published(rows)


def test_a_printed_figure_is_data_and_growth_beyond_it_is_less_so():
    one = card("nec_3", "1600000")
    here, there, far = (settled(one, n) for n in (1_600_000, 12_000_000, 200_000_000))
    assert here is not None
    assert there is not None
    assert far is not None
    assert here.level > 0.99
    assert here.growth is None
    assert here.level > there.level > far.level
    assert there.level > there.growth > 0
    assert here.step < there.step < far.step
    assert (here.form, there.form) == (0.0, 0.0)
    assert far.form > 0.1


def test_a_row_at_12_million_settles_12_million():
    near, both = card("nec_3", "1600000"), card("nec_3", "1600000", "12000000")
    assert settled(both, 12_000_000).level > settled(near, 12_000_000).level
    assert settled(both, 12_000_000).growth is None
    assert settled(both, 200_000_000).growth is not None


@pytest.mark.parametrize("fnir", [0.0012, 0.0025, 0.01, 0.05])
def test_shares_are_shares(fnir):
    rows = [
        {"algorithm": "a_1", "probe_kind": "mugshot", "gallery_n": 1_600_000, "metric": "FNIR", **cell}
        for cell in ({"fpir": 0.003, "rank": "", "value": fnir}, {"fpir": "", "rank": 1, "value": fnir / 4})
    ]
    for n in (10_000, 1_600_000, 12_000_000, 1_000_000_000):
        found = settled(misid.fit_published(rows), n)
        assert 0.0 <= found.level <= 1.0
        assert found.growth is None or 0.0 <= found.growth <= 1.0


def test_a_low_rounded_figure_settles_less_of_its_growth():
    def growth(fnir: float) -> float:
        rows = [
            {"algorithm": "a_1", "probe_kind": "mugshot", "gallery_n": 1_600_000, "metric": "FNIR", **cell}
            for cell in ({"fpir": 0.003, "rank": "", "value": fnir}, {"fpir": "", "rank": 1, "value": fnir / 2})
        ]
        return settled(misid.fit_published(rows), 12_000_000).growth

    assert growth(0.0010) < growth(0.0100)


def test_no_row_is_no_answer():
    assert settled(card("nec_3", "1600000"), 12_000_000, ImageKind.STREET) is None
    assert settled(card("nec_3", "1600000"), 12_000_000, ImageKind.KIOSK) is None


def test_a_card_prints_what_is_its_own():
    (table,) = [one for one in card_tables(card("nec_3", "1600000")) if "own rows" in one.title]
    assert [row[0] for row in table.rows] == ["mugshot"]
    assert table.rows[0][1] == "figure over 99%"
    assert "growth" in table.rows[0][3]
    assert [row[0] for row in table.rows] == ["mugshot"], "of kinds without a row of its own nothing is data"
