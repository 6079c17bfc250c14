"""What is said of a measured algorithm: with count, interval and company, and nothing about any one person."""

from __future__ import annotations

import csv
import importlib
import io
import json
import math
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from misid.evaluation import HERE, PAIR_FIGURES, SEARCH_FIGURES, Line, Menagerie
from misid.findings import evaluation_page
from misid.findings.evaluation import rates, spread, words
from misid.findings.evaluation.as_json import SCHEMA, tables, to_json
from misid.quantities import Conditions, Doubt, Estimate
from misid.vocabulary.numbers import DIFFERENCE, share

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
made_up = importlib.import_module("made_up_evaluation")


@pytest.fixture(scope="module")
def full():
    return made_up.full()


@pytest.fixture(scope="module")
def page(full):
    return evaluation_page(full)


def section(page, name):
    return next(s for s in page.sections if s.id == name)


def rate(value, low, high, **more):
    return Estimate(value, low, high, "probability", Doubt.SAMPLING, "counted", level=0.95, distance=HERE, **more)


# Words


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (0.0, "0%"),
        (1.23e-7, "0.0000123%"),
        (0.0107, "1.07%"),
        (0.5, "50.0%"),
        (0.99712, "99.71%"),
        (1.0, "100%"),
        (-0.002, "−0.200%"),
        (None, "not known"),
        (math.nan, "not known"),
    ],
)
def test_counted_shares_keep_three_digits_however_small(x, said):
    assert share(x) == said


@pytest.mark.parametrize(
    ("value", "low", "high", "unit", "said"),
    [
        (0.0031, 0.0021, 0.0046, "probability", "0.310% (0.210% to 0.460%)"),
        (0.0, 0.0, 0.0003, "probability", "0% (0% to 0.0300%)"),
        (0.297, 0.241, 0.352, DIFFERENCE, "29.7 points (24.1 to 35.2)"),
        (-0.0297, -0.0352, -0.0241, DIFFERENCE, "−2.97 points (−3.52 to −2.41)"),
    ],
)
def test_rates_have_their_interval_and_differences_are_in_percentage_points(value, low, high, unit, said):
    assert words.rate(replace(rate(value, low, high), unit=unit)) == said


def test_range_without_a_level_says_of_what_it_is():
    far = Estimate(0.9931, 0.7, 1.0, "probability", Doubt.MODEL, "forms", distance=HERE)
    assert words.holds(far) == "range over the forms of growth"
    assert words.holds(rate(0.5, 0.4, 0.6)) == "95% interval"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("eer", "EER"),
        ("fnmr_at_fmr_1e-3", "FNMR where FMR is at most 1 in 1,000"),
        ("fnir_at_fpir_0.003", "FNIR where FPIR is at most 0.300%"),
        ("fpir_at_0.45", "FPIR at the threshold 0.45"),
        ("rank_1", "mate first (rank 1)"),
        ("fpir_mate_removed_at_0.4", "FPIR, own references aside at the threshold 0.4"),
        ("fnir_at_fpir_mate_removed_0.1", "FNIR where FPIR, own references aside is at most 1 in 10"),
        ("fpir_max_over_min_p_value", "FPIR, chance of a ratio as high as this if group labels had no bearing"),
        ("worst_tenth_share", "worst tenth share"),
        ("fpir_at_n_1e6", "FPIR with 1 million references"),
    ],
)
def test_plain_names_have_words(name, said):
    assert words.named(name) == said


@pytest.mark.parametrize("figure", [*PAIR_FIGURES, *SEARCH_FIGURES], ids=lambda figure: figure.name)
def test_every_figure_of_the_registry_has_words(figure):
    assert words.named(figure.head) != figure.head.replace("_", " ") or figure.head in ("rank", "threshold")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("webcam", "webcam images"),
        ("studio photo", "studio photos"),
        ("phone images", "phone images"),
        ("not stated", "image kind unstated"),
        ("", "image kind unstated"),
    ],
)
def test_image_kind_is_said_or_said_to_be_missing(kind, said):
    assert words.image(kind) == said


# Picking and thinning


def errors(figures, n_non_mated):
    return rates.errors_of(replace(made_up.pairs(), figures=figures, n_non_mated=n_non_mated), "A", made_up.bare())


def test_strictest_target_with_enough_errors_is_the_headline():
    found = {f"fnmr_at_fmr_{t}": rate(value, 0, 1) for t, value in (("0.1", 0.01), ("0.01", 0.02), ("0.001", 0.05))}
    assert errors(found, 2_500).best()[0] == 0.01
    assert errors(found, 10).best()[0] == 0.1
    unknown = Estimate(None, None, None, "probability", Doubt.SAMPLING, "", distance=HERE, reason="too few")
    assert errors({"fnmr_at_fmr_0.1": unknown}, 2_500).best() is None


def test_targets_are_read_from_names_and_other_names_passed_over():
    figures = {"a_at_0.1": rate(0.1, 0, 1), "a_at_1e-3": rate(0.2, 0, 1), "a_at_fmr_1e-2": rate(0.3, 0, 1)}
    assert [t for t, _ in words.by_target(figures, "a_at_")] == [0.1, 1e-3]


def test_trade_off_pairs_both_rates_at_the_same_threshold_on_different_grids(full):
    first = Line(np.array([0.0, 1.0, 2.0]), np.array([0.9, 0.5, 0.1]))
    second = Line(np.array([0.5, 1.0, 3.0]), np.array([0.05, 0.2, 0.6]))
    one = rates.errors_of(
        replace(made_up.pairs(), figures={}, fmr=first, fnmr=second, n_non_mated=100, n_mated=200), "A", full
    )
    found = rates.trade_off(full, [one]).records
    assert (0.5, 0.2) in [(r["x"], r["y"]) for r in found]
    # Nobody is returned above the highest score: the line ends there, and does not run on upright.
    assert min(r["x"] for r in found) == 0.1
    assert {(r["x"], r["sure"]) for r in found} >= {(0.5, True), (0.1, False)}


def test_long_lines_are_thinned_and_keep_both_ends():
    x = np.linspace(0, 1, 5_000)
    records = words.points(Line(x, x**2, x**2 - 0.1, x**2 + 0.1), "threshold", "s", 0)
    assert 100 < len(records) <= words.MOST_POINTS
    assert (records[0]["threshold"], records[-1]["threshold"]) == (0.0, 1.0)
    assert records[-1]["high"] == pytest.approx(1.1)


# The page


def test_first_sentence_has_both_algorithms_and_their_difference_in_points(page):
    for part in (
        "mobilefacenet-v2 misses 2.48%",
        "mobilefacenet-v1 3.23%",
        "1 in 10,000",
        "−0.740 points (−1.12 to −0.350)",
    ):
        assert part in page.lead


def test_first_sentence_of_one_algorithm_has_its_interval(full):
    page = evaluation_page(alone(full))
    for part in (
        "misses 2.48% (FNMR; 95% interval 1.99% to 3.13%)",
        "1 in 10,000 comparisons of two people match (FMR)",
    ):
        assert part in page.lead


def alone(full):
    return replace(full, compared={}, against="", against_pairs=None, against_searches=None)


def test_page_says_on_whom_and_that_it_is_not_the_field(page):
    for part in (
        "2,312 subjects",
        "webcam images",
        "9,240 mated",
        "1,478,400 non-mated",
        "1,624 of others",
        "Not in the field",
    ):
        assert part in page.tested


def test_appendix_has_its_sections_in_order(page):
    names = ["comparisons", "searches", "groups", "growth", "people", "difference"]
    assert [s.id for s in page.sections] == ["how", *names, "assumed"]
    assert page.picture.kind == "det"
    kinds = {s.id: [c.kind for c in s.charts] for s in page.sections}
    assert kinds["comparisons"] == ["rates", "scores"]  # its trade-off is the first picture
    assert kinds["searches"] == ["det", "rates", "cmc"]
    assert kinds["groups"] == ["matrix", "intervals", "intervals"]


def test_short_page_has_what_a_laboratory_needs_first(full, page):
    short = page.short
    names = ["points-comparisons", "det-comparisons", "points-searches", "det-searches", "groups-fmr", "groups-fnmr"]
    assert [s.id for s in short.sections] == [*names, "larger", "spread", "not-counted"]
    assert (short.lead, short.tested) == (page.lead, page.tested)
    assert full.assumed[0] in short.sections[0].text
    links = {s.link for s in short.sections if s.link}
    assert links <= {s.id for s in page.sections}


def test_operating_points_have_interval_count_and_those_that_were_asked_for_come_first(full):
    table = evaluation_page(alone(full)).short.sections[0].tables[0]
    assert table.columns == ("at", "rate", "value", "95% interval", "errors")
    assert table.rows[:2] == (
        ("threshold 0.4", "FMR", "0.00834%", "0.00667% to 0.0105%", "123 of 1,478,400"),
        ("threshold 0.4", "FNMR", "2.67%", "2.13% to 3.36%", "246 of 9,240"),
    )
    assert table.rows[2][:3] == ("FMR 1 in 10,000", "FNMR", "2.48%")


def test_two_algorithms_stand_in_one_trade_off_each_with_its_own_points(page):
    chart = page.short.sections[1].charts[0]
    assert {r["series"] for r in chart.records} == {"mobilefacenet-v2", "mobilefacenet-v1"}
    dots = {
        name: {r["x"]: r["y"] for r in chart.records if "low" in r and r["series"] == name}
        for name in ("mobilefacenet-v2", "mobilefacenet-v1")
    }
    (asked,) = set(dots["mobilefacenet-v2"]) - set(dots["mobilefacenet-v1"])
    assert asked == pytest.approx(made_up.fmr(0.4))
    assert dots["mobilefacenet-v1"][1e-3] == pytest.approx(1.3 * dots["mobilefacenet-v2"][1e-3])
    assert chart.table.columns[0] == "algorithm"
    assert {row[0] for row in chart.table.rows} == set(dots)
    table = page.short.sections[0].tables[0]
    assert table.columns[2:] == ("mobilefacenet-v2", "mobilefacenet-v1", "difference")
    assert table.rows[2][-1] == "−0.740 points (−1.12 to −0.350)"


def test_every_figure_of_the_evaluation_is_on_the_page_with_its_kind_of_photo(full, page):
    shown = {name: figure for s in page.sections for name, figure in s.figures.items()}
    assert set(shown) == set(full.figures())
    for figure in shown.values():
        assert figure.conditions.image_kind == "webcam"
        assert figure.conditions.probe_group == "everybody in the data"


def test_every_chart_has_a_table_with_rows_and_a_caption_with_its_company(page):
    charts = [page.picture, *(c for s in page.sections for c in s.charts)]
    for chart in charts:
        assert chart.table.rows, chart.title
        assert all(len(row) == len(chart.table.columns) for row in chart.table.rows)
        assert "webcam" in chart.title
        assert len(chart.summary) > 20
        if chart.kind == "cmc":
            assert "N 1,600" in chart.title


def test_pair_of_groups_without_a_false_match_says_out_of_how_many(page):
    matrix = next(c for c in section(page, "groups").charts if c.kind == "matrix")
    (none,) = (r for r in matrix.records if r["value"] == 0)
    row = next(r for r in matrix.table.rows if r[:2] == (none["label"], none["series"]))
    assert row[3].startswith("0 of 1")
    assert row[2].high > 0


def test_measure_of_absolute_gaps_never_leads(page):
    table = section(page, "groups").tables[-1]
    names = [row[0] for row in table.rows]
    assert names[0].startswith("FMR, highest over lowest")
    assert "absolute gaps" in names[-1]


def test_form_that_failed_or_was_not_checked_is_not_trusted(full, page):
    records = section(page, "growth").charts[0].records
    trusted = {r["series"]: r["trusted"] for r in records}
    assert trusted == {"independence (failed)": False, "people differ": True, "tail of the scores (not checked)": False}
    assert "could not be checked: independence and tail of the scores" in section(page, "growth").text
    drawn = next(s for s in page.short.sections if s.id == "larger").charts[0].records
    assert {r["series"] for r in drawn} == {"people differ"}
    assert max(r["n_references"] for r in drawn) <= 10 * made_up.N
    passed = replace(full.growth, checks=())
    (larger,) = [s for s in evaluation_page(replace(full, growth=passed)).sections if s.id.startswith("growth")]
    assert not any(r["trusted"] for r in larger.charts[0].records)


def test_what_each_part_says_of_itself_stands_in_its_section(full, page):
    assert section(page, "groups").points == full.differentials.remarks
    assert section(page, "growth").points == full.growth.remarks


@pytest.mark.parametrize(
    ("chance", "said"), [(0.003, "come up in 0.300% of draws"), (0.44, "No group is shown to be worse off")]
)
def test_who_is_worse_off_is_said_with_the_chance_of_it_for_all_looks(full, chance, said):
    figures = full.differentials.figures | {"fmr_alike_p_value": replace(rate(chance, 0, 1), low=None, high=None)}
    page = evaluation_page(replace(full, differentials=replace(full.differentials, figures=figures)))
    text = next(s for s in page.short.sections if s.id == "groups-fmr").text
    assert said in text
    assert "highest in West Africa, women: 0.410%" in text
    assert "all tests allowed for" in text


def test_people_who_stand_out_are_said_in_words(page):
    table = section(page, "people").charts[0].table
    assert [row[0] for row in table.rows] == [
        "false matches owed to the worst tenth of people",
        "correlation of both mean scores",
    ]
    assert "by chance" in section(page, "people").text


def test_failed_searches_stand_with_and_without(page):
    (table,) = section(page, "searches").tables
    counted = {row[0]: row[1] for row in table.rows}
    assert counted["mate first (rank 1), failures left out"].value == 0.981
    assert counted["searches without a template of the probe"].n == 4_624
    missing = next(s for s in page.short.sections if s.id == "not-counted").points
    assert any(words.startswith("10 of 4,624 searches had no template") for words in missing)


def test_wrong_person_on_top_stands_beside_the_misses(page):
    table = section(page, "searches").charts[0].table
    at = table.columns.index("enrolled, somebody else first")
    assert [row[at].value for row in table.rows if row[0] == "mobilefacenet-v2"] == [
        0.003,
        0.0003,
        pytest.approx(0.00009),
    ]


def test_larger_galleries_say_when_they_are_structure_and_not_data(page):
    said = section(page, "growth").text
    assert "With 10,000 references" in said  # within ten times 1,600
    assert "beyond 16,000 the shape that is assumed decides" in said


def test_difference_says_which_is_lower_and_what_may_be_zero(page):
    found = section(page, "difference")
    assert "3 of 4 differences cannot be zero" in found.text
    assert [row[3] for row in found.tables[0].rows] == ["no", "no", "yes", "no"]


def test_equal_error_rates_have_their_conventions_and_why_they_differ(page):
    (table,) = section(page, "comparisons").tables
    assert len([row for row in table.rows if row[0].startswith("EER")]) == 4
    assert "steps" in table.note


# What is not there


def test_bare_data_say_what_is_left_out_and_why():
    page = evaluation_page(made_up.bare())
    assert [s.id for s in page.sections] == ["how", "comparisons", "assumed"]
    assert [c.kind for c in page.sections[1].charts] == ["rates", "scores"]
    assert page.picture.kind == "det"
    missing = next(s for s in page.short.sections if s.id == "not-counted").points
    for part in ("Searches: ", "Groups: ", "Larger galleries: ", "No second algorithm"):
        assert any(words.startswith(part) for words in missing)
        assert any(words.startswith(part) for words in page.limits)
    assert "image kind unstated" in page.tested
    assert "unknown number of subjects" in page.tested
    assert "too narrow" in page.sections[0].points[0]
    assert "too narrow" in page.short.sections[0].tables[0].title
    assert page.caveats == ("no_subject_labels", "image_kind_unstated")


@pytest.mark.parametrize("part", ["pairs", "searches", "differentials", "growth", "menagerie"])
def test_any_part_can_be_missing(full, part):
    page = evaluation_page(replace(full, **{part: None}))
    left = {"pairs": "comparisons", "differentials": "groups", "menagerie": "people"}.get(part, part)
    assert left not in [s.id for s in page.sections]
    plain = [s.to_json() for s in (*page.sections, *page.short.sections)]
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_nothing_at_all_is_said_plainly(full):
    parts = dict.fromkeys(("pairs", "searches", "differentials", "growth", "menagerie"))
    page = evaluation_page(replace(alone(full), **parts))
    assert [s.id for s in page.sections] == ["how", "assumed"]
    assert "say nothing" in page.lead
    assert to_json(replace(alone(full), **parts))["figures"] == {}


def test_no_error_at_all_has_the_highest_rate_that_it_leaves_open(full):
    none = {name: rate(0.0, 0.0, 0.0304, count=0.0, n=120.0) for name in ("fnmr_at_fmr_1e-1", "fnmr_at_fmr_1e-2")}
    page = evaluation_page(replace(alone(full), pairs=replace(full.pairs, figures=none), searches=None))
    assert "none was missed (FNMR; 95% interval 0% to 3.04%)" in page.lead
    assert page.short.sections[0].tables[0].rows[0][2:] == ("0%", "0% to 3.04%", "0 of 120")


def test_searches_without_a_threshold_lead_with_the_first_rank(full):
    figures = {name: f for name, f in full.searches.figures.items() if name.startswith("rank_")}
    closed = replace(full.searches, figures=figures, fpir=None, fnir=None, n_non_mated=0)
    page = evaluation_page(replace(alone(full), pairs=None, searches=closed))
    assert page.lead.startswith("Searching 1,600 references puts 97.8% of enrolled people first (rank 1; 95% interval")
    assert page.picture.kind == "cmc"
    assert page.sections[0].charts == ()


def test_closed_set_says_whose_wrong_hits_those_are(full):
    renamed = {name.replace("fpir_", "fpir_mate_removed_"): f for name, f in full.searches.figures.items()}
    page = evaluation_page(
        replace(alone(full), pairs=None, searches=replace(full.searches, figures=renamed, n_non_mated=0))
    )
    assert "once the own references are set aside" in page.lead
    assert "not enrolled" not in page.lead
    assert "everybody enrolled" in page.tested


def test_unknown_value_prints_its_reason(full, page):
    first = [r for r in page.picture.table.rows if r[1] == "at most 1 in 10 million"]
    assert first[0][2].reason.startswith("1,478,400 non-mated comparisons")


def test_density_is_merged_for_drawing_and_keeps_its_sum(full):
    fine = Menagerie(
        np.linspace(0, 1, 150), np.linspace(0, 1, 90), np.full((90, 150), 1 / 13_500), full.menagerie.figures
    )
    found = spread.menagerie(full, fine).charts[0]
    assert len({r["x"] for r in found.records}) == 50
    assert len({r["y"] for r in found.records}) == 45
    assert sum(r["value"] for r in found.records) == pytest.approx(1.0)
    edges = sorted({(r["x"], r["x_end"]) for r in found.records})
    assert all(a[1] == pytest.approx(b[0]) for a, b in pairwise(edges))


# JSON and tables


def test_json_is_plain_versioned_and_complete(full):
    said = to_json(full)
    assert json.loads(json.dumps(said, allow_nan=False)) == said
    assert said["schema"] == SCHEMA == "misid/evaluation/1"
    assert set(said["figures"]) == set(full.figures())
    assert said["figures"]["eer"]["value"] == 0.0107
    assert said["figures"]["eer"]["conditions"]["score"] == 0.346
    assert said["searches"]["n_references"] == 1_600
    assert [c["passed"] for c in said["growth"]["checks"]] == [False, False, True, True]
    assert said["groups"]["fmr"][4][1]["value"] == 0.0
    assert len(said["menagerie"]["density"]) == full.menagerie.non_mated.size
    assert {"fmr", "fnmr", "cmc", "fpir", "fnir", "growth.tail"} <= set(said["lines"])
    assert said["sources"][0]["sha256"] == "a3" * 32


def test_json_has_null_for_what_is_not_a_number_and_for_what_is_not_there():
    bare = made_up.bare()
    odd = Line(np.array([0.0, 1.0]), np.array([np.nan, 1.0]), np.array([-np.inf, 0.5]), np.array([1.0, 1.0]))
    said = to_json(replace(bare, pairs=replace(bare.pairs, fmr=odd)))
    json.dumps(said, allow_nan=False)
    assert said["lines"]["fmr"].pop("distance") == HERE.to_json()
    assert said["lines"]["fmr"] == {"x": [0.0, 1.0], "value": [None, 1.0], "low": [None, 0.5], "high": [1.0, 1.0]}
    assert [said[part] for part in ("searches", "groups", "growth", "menagerie", "against")] == [None] * 5


def rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_tables_hold_what_the_figures_and_lines_hold(full):
    written = tables(full)
    assert set(written) == {"figures.csv", "det.csv", "searches.csv", "cmc.csv", "groups.csv", "growth.csv"}
    figures = {row["name"]: row for row in rows(written["figures.csv"])}
    assert set(figures) == set(full.figures())
    assert float(figures["eer"]["value"]) == 0.0107
    assert figures["fnmr_at_fmr_1e-7"]["value"] == ""
    assert figures["fnmr_at_fmr_1e-7"]["reason"].startswith("1,478,400")
    assert len(rows(written["cmc.csv"])) == 50
    det = rows(written["det.csv"])
    assert len(det) == full.pairs.fmr.x.size
    assert float(det[10]["fnmr"]) == full.pairs.fnmr.value[10]
    assert {row["form"] for row in rows(written["growth.csv"])} == set(full.growth.lines)
    groups = rows(written["groups.csv"])
    assert len(groups) == 25 + 10
    assert {row["name"] for row in groups} == {"fmr", "fnmr", "fpir"}


def test_tables_are_written_by_the_rules_of_comma_separated_values(full):
    awkward = 'a "b", c\nd'
    named = replace(full.pairs.figures["eer"], method=awkward, conditions=Conditions(image_kind=awkward))
    odd = replace(full, pairs=replace(full.pairs, figures={"eer": named}))
    text = tables(odd)["figures.csv"]
    assert text.endswith("\r\n")
    assert rows(text)[0]["method"] == awkward
    assert '""b""' in text


def test_bare_data_write_only_what_they_have():
    assert set(tables(made_up.bare())) == {"figures.csv", "det.csv"}


def test_lines_on_different_grids_stand_side_by_side_with_empty_cells(full):
    short = Line(np.array([0.5]), np.array([0.25]))
    found = rows(tables(replace(full, pairs=replace(full.pairs, fmr=short)))["det.csv"])
    assert sum(row["fmr"] != "" for row in found) == 1
    assert sum(row["fnmr"] != "" for row in found) == full.pairs.fnmr.x.size


def test_same_evaluation_same_bytes(full):
    again = made_up.full()
    assert json.dumps(to_json(again)) == json.dumps(to_json(full))
    assert tables(again) == tables(full)
