from __future__ import annotations

import json
from collections import Counter

import pytest

from misid.algorithm import Card, catalog
from misid.algorithm.catalog.table import published_rows
from misid.errors import InvalidInput, UnknownName
from misid.vocabulary import TESTED_ORIGINS, Sex

EXPECTED = {
    ("accuracy", "mugshot", "1600000", "0.003", ""): 615,
    ("accuracy", "mugshot", "1600000", "", "1"): 615,
    ("accuracy", "mugshot", "12000000", "0.003", ""): 298,
    ("accuracy", "mugshot", "12000000", "", "1"): 298,
    ("accuracy", "webcam", "1600000", "0.003", ""): 575,
    ("accuracy", "border", "1600000", "0.003", ""): 496,
    ("accuracy", "kiosk", "1600000", "0.003", ""): 448,
    ("accuracy", "airport traveller", "420", "0.0003", ""): 55,
    ("accuracy", "airport traveller", "42000", "0.0003", ""): 55,
    ("ageing", "mugshot", "3000000", "0.003", ""): 344,
    ("ageing", "border", "1600000", "0.003", ""): 371,
    ("groups", "", "", "", ""): 936,
    ("twins", "", "", "", ""): 12,
}


def test_the_number_of_rows_of_each_kind_is_that_of_the_sources():
    counts = Counter(tuple(row[c] for c in ("table", "image_kind", "n", "fpir", "rank")) for row in published_rows())
    assert counts == EXPECTED


def test_every_value_is_a_share_and_no_row_is_there_twice():
    assert all(0.0 < float(row["value"]) <= 1.0 for row in published_rows())
    keys = [tuple(value for column, value in row.items() if column != "value") for row in published_rows()]
    assert len(set(keys)) == len(keys)
    assert [row["algorithm"] for row in published_rows()] == sorted(row["algorithm"] for row in published_rows())


def test_every_source_is_described_and_the_conflict_is_there():
    known = catalog.sources()
    assert {row["source"] for row in published_rows()} <= set(known)
    assert "0.0003" in known["nist-travel"]["conflicts"][0]
    for name in {row["source"] for row in published_rows()}:
        assert all(known[name][field] for field in ("title", "page", "date", "commit", "taken"))


def test_sources_are_a_copy():
    catalog.sources()["nist-1n"].clear()
    assert catalog.sources()["nist-1n"]


def test_group_cells_are_whole_and_spelt_like_the_other_tables():
    found: dict[str, set[str]] = {}
    for row in published_rows():
        if row["table"] == "groups":
            found.setdefault(row["algorithm"], set()).add(row["group"])
    eight = {f"{origin}_{sex}" for origin in TESTED_ORIGINS for sex in Sex}
    assert len(found) == 117
    assert all(cells == eight for cells in found.values())
    assert not any("-" in name for name in found)
    assert set(found) <= set(catalog.card_names())


def test_names_match_and_rows():
    assert len(catalog.card_names()) == 617
    assert "nec_011" in catalog.match("nec_*")
    assert catalog.match(["nec_01*", "nec-011"]) == ("nec_010", "nec_011")
    assert {row["algorithm"] for row in catalog.rows("nec_011")} == {"nec_011"}


@pytest.mark.parametrize("call", [catalog.match, catalog.rows, catalog.load_card])
def test_an_unknown_card_names_the_nearest(call):
    with pytest.raises(UnknownName, match="nec_011"):
        call("nec_0111")


def test_a_pattern_that_matches_nothing_is_refused_beside_one_that_does():
    with pytest.raises(UnknownName, match="zzz"):
        catalog.match(["nec_*", "zzz*"])


def test_cards_are_fitted_once():
    assert catalog.load_card("nec_011") is catalog.load_card("nec-011")


def test_a_card_comes_back_from_its_file_as_it_was(tmp_path):
    card = catalog.load_card("nec_011")
    text = json.dumps(card.to_json(), sort_keys=True, allow_nan=False)
    path = tmp_path / "card.json"
    path.write_text(text, encoding="utf-8")
    again = catalog.load_card(path)
    # Nodes are written with ten digits, so the second writing is the same to the byte.
    assert json.dumps(again.to_json(), sort_keys=True) == text
    for n in (1_600_000, 12_000_000, 200_000_000):
        one, two = card.fnir(n, 0.003, "mugshot"), again.fnir(n, 0.003, "mugshot")
        assert (one.value, one.low, one.high) == pytest.approx((two.value, two.low, two.high), rel=1e-6)
        assert one.caveats == two.caveats
    assert again.group_factors() == card.group_factors()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("not json", "cannot be read"),
        ("[]", "schema"),
        ('{"schema": "misid/card/3"}', "newer"),
        ('{"schema": "misid/card/1.1"}', "older than 'misid/card/2'; make it again"),
        ('{"schema": "misid/card/2"}', r"curves\n  is missing; add it"),
        ('{"schema": "misid/card/2", "schema": "misid/card/2"}', "'schema' stands twice"),
        ("[" * 100_000, "cannot be read as JSON"),
        ('{"schema": "misid/results/1"}', "misid/results/1"),
    ],
)
def test_a_file_that_is_no_card_is_refused(tmp_path, content, words):
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput, match=words) as refused:
        catalog.load_card(path)
    assert "x.json" in str(refused.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="cannot be read"):
        catalog.load_card(str(tmp_path / "none.json"))


def changed(path, value):
    """A whole card with one thing in it that is not as misid writes it; `...` takes it away."""
    card = json.loads(json.dumps(catalog.load_card("nec_010").to_json()))
    *way, last = path.split("/")
    inside = card
    for name in way:
        inside = inside[int(name) if name.isdigit() else name]
    if value is ...:
        del inside[last]
    else:
        inside[int(last) if last.isdigit() else last] = value
    return card


CURVE = "curves/mugshot|as tested/duplicates"
WRONG = [
    (f"{CURVE}/point/slope", -3, "is -3; give a number from 0.0001 to 10000"),
    (f"{CURVE}/point/floor", 5, "is 5; give a number from 0 and below 1"),
    (f"{CURVE}/point/location", True, "is True; give a number"),
    (f"{CURVE}/point/rank", "1", "is '1'; give a number"),
    (f"{CURVE}/nodes/weight/3", float("nan"), "is nan; give a number from 0 to 1"),
    (f"{CURVE}/nodes/weight", [0.5, 0.25], "lists of several lengths"),
    (f"{CURVE}/nodes/floor", [], "give a list of 1 to"),
    (f"{CURVE}/nodes/slope/0", 10**400, "is 1000"),
    (f"{CURVE}/stands_at/n", 0, "is 0; give a whole number"),
    (f"{CURVE}/slop", 1, "is no field of a card"),
    ("curves/mugshot|as tested", ..., "is missing; add it"),
    ("curves/street photo|as tested", {}, "is no field of a card"),
    ("rows/0/value", 1.5, "give a number from 0 to 1"),
    ("rows/0/n", 2.5, "give a whole number"),
    ("rows/0/metric", "FAR", "give one of 'FNIR', 'FPIR'"),
    ("rows", {}, "is {}; give a list"),
    ("priors/duplicates/nu", 0, "is 0; give a number from 0.5"),
    ("priors/duplicates/form", "no_duplicates", "give 'duplicates'"),
    ("priors/no_duplicates/law/z2", [1], "is a list of 1; give a list of 2"),
    ("cells/east_asia_female", 2, "give a number from 0 to 1"),
    ("cells/mars_female", 0.1, "is no field of a card"),
    ("failed", ["mugshot"], "give one of 'mugshot|as tested'"),
    ("name", 7, "is 7; give a text"),
    ("measured", {"n_references": -5}, "is -5; give a whole number from 0"),
]


@pytest.mark.parametrize(("path", "value", "words"), WRONG, ids=[f"{path}={value!r}"[:60] for path, value, _ in WRONG])
def test_a_card_says_where_it_is_wrong_what_it_has_and_what_to_give(path, value, words):
    with pytest.raises(InvalidInput) as refused:
        Card.from_json(changed(path, value), "mine.json")
    assert f"mine.json  {path.split('/')[0]}" in str(refused.value)
    assert words in str(refused.value)


def test_all_faults_of_a_card_are_named_at_once_and_alike_ones_by_their_number():
    card = changed("cells/east_asia_male", -1) | {"developer": None}
    card["curves"]["border|as tested"]["duplicates"]["nodes"]["weight"] = [float("nan")] * 120
    with pytest.raises(InvalidInput) as refused:
        Card.from_json(card)
    assert {fault.field.split(".")[0] for fault in refused.value.faults} == {"cells", "curves", "developer"}
    assert len(refused.value.faults) == 122
    assert "... and 117 more like it" in str(refused.value)
