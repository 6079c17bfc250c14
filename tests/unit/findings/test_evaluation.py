"""What is said of a measured algorithm: with count, interval and company, and nothing about any one person."""

from __future__ import annotations

import csv
import importlib
import io
import json
import math
import re
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from misid.evaluation import HERE, Line, Menagerie
from misid.findings import SCHEMA, evaluation_page
from misid.findings.evaluation import parts, spread, words
from misid.findings.evaluation.as_json import tables, to_json
from misid.quantities import Conditions, Doubt, Estimate

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
    assert words.share(x) == said


@pytest.mark.parametrize(
    ("value", "low", "high", "out_of", "said"),
    [
        (0.0031, 0.0021, 0.0046, 10_000, "31 (95% sampling interval 21 to 46)"),
        (0.978, 0.972, 0.986, 1_000, "978 (95% sampling interval 972 to 986)"),
        (0.0, 0.0, 0.0003, 100_000, "0 (95% sampling interval 0 to 30)"),
        (1.0, 0.97, 1.0, 100, "100 (95% sampling interval 97 to 100)"),
    ],
)
def test_rates_are_said_as_so_many_of_a_round_number(value, low, high, out_of, said):
    assert words.often(rate(value, low, high)) == (out_of, said)


def test_what_was_reckoned_beyond_the_data_has_no_digits_near_one():
    far = Estimate(0.9931, 0.7, 1.0, "probability", Doubt.MODEL, "forms", distance=HERE)
    assert words.often(far) == (100, "99 (range over the forms of growth 70 to 100)")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("eer", "EER"),
        ("fnmr_at_fmr_1e-3", "FNMR where FMR is at most 1 in 1,000"),
        ("fnir_at_fpir_0.003", "FNIR where FPIR is at most 0.300%"),
        ("fpir_at_0.45", "FPIR at the threshold 0.45"),
        ("rank_1", "mate first (rank 1)"),
        ("fpir_mate_removed_at_0.4", "FPIR with own references set aside at the threshold 0.4"),
        ("fnir_at_fpir_mate_removed_0.1", "FNIR where FPIR with own references set aside is at most 1 in 10"),
        ("worst_tenth_share", "worst tenth share"),
        ("fpir_at_n_1e6", "FPIR at n 1e6"),
    ],
)
def test_plain_names_have_words(name, said):
    assert words.named(name) == said


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("webcam", "webcam images"),
        ("studio photo", "studio photos"),
        ("phone images", "phone images"),
        ("not stated", "image kind not stated"),
        ("", "image kind not stated"),
    ],
)
def test_image_kind_is_said_or_said_to_be_missing(kind, said):
    assert words.image(kind) == said


# Picking and thinning


def test_strictest_target_with_enough_errors_is_the_headline():
    found = [(0.1, rate(0.01, 0, 1)), (0.01, rate(0.02, 0, 1)), (0.001, rate(0.05, 0, 1))]
    assert parts.best_target(found, 2_500)[0] == 0.01
    assert parts.best_target(found, 10)[0] == 0.1
    unknown = Estimate(None, None, None, "probability", Doubt.SAMPLING, "", distance=HERE, reason="too few")
    assert parts.best_target([(0.1, unknown)], 2_500) is None


def test_targets_are_read_from_names_and_other_names_passed_over():
    figures = {"a_at_0.1": rate(0.1, 0, 1), "a_at_1e-3": rate(0.2, 0, 1), "a_at_fmr_1e-2": rate(0.3, 0, 1)}
    assert [t for t, _ in parts.by_target(figures, "a_at_")] == [0.1, 1e-3]
    assert parts.paired(figures, "a_at_", 0.001).value == 0.2


def test_trade_off_pairs_both_rates_at_the_same_threshold_on_different_grids():
    first = Line(np.array([0.0, 1.0, 2.0]), np.array([0.9, 0.5, 0.1]))
    second = Line(np.array([0.5, 1.0, 3.0]), np.array([0.05, 0.2, 0.6]))
    found = parts.error_trade_off(first, second, (100, 200), "s", 0)
    assert (0.5, 0.2) in [(r["x"], r["y"]) for r in found]
    # Nobody is returned above the highest score: the line ends there, and does not run on upright.
    assert min(r["x"] for r in found) == 0.1
    assert {(r["x"], r["sure"]) for r in found} >= {(0.5, True), (0.1, False)}


def test_long_lines_are_thinned_and_keep_both_ends():
    x = np.linspace(0, 1, 5_000)
    records = parts.over(Line(x, x**2, x**2 - 0.1, x**2 + 0.1), "threshold", "s", 0)
    assert 100 < len(records) <= parts.MOST_POINTS
    assert (records[0]["threshold"], records[-1]["threshold"]) == (0.0, 1.0)
    assert records[-1]["high"] == pytest.approx(1.1)


# The page


def test_first_sentence_has_count_interval_threshold_gallery_kind_and_group(page):
    for part in ("Of 1,000 searches", "95% sampling interval", "1,600 references", "(0.395)", "webcam", "all groups"):
        assert part in page.known


def test_page_says_on_whom_and_that_it_is_not_the_field(page):
    assert "2,312 subjects" in page.not_validated
    assert "webcam" in page.not_validated
    assert "Not the field" in page.not_validated


def test_sections_in_order_with_growth_checked_before_it_is_drawn(page):
    assert [s.id for s in page.sections] == [
        "searches",
        "comparisons",
        "groups",
        "growth-checks",
        "growth",
        "people",
        "difference",
    ]
    assert page.picture.kind == "det"
    kinds = {s.id: [c.kind for c in s.charts] for s in page.sections}
    assert kinds["searches"] == ["rates", "cmc"]  # its trade-off is the first screen's picture
    assert kinds["comparisons"] == ["det", "rates", "scores"]
    assert kinds["groups"] == ["matrix", "intervals", "intervals"]


def test_every_figure_of_the_evaluation_is_on_the_page_with_its_kind_of_photo(full, page):
    shown = {name: figure for s in page.sections for name, figure in s.figures.items()}
    assert set(shown) == set(full.figures())
    for figure in shown.values():
        assert figure.conditions.image_kind == "webcam"
        assert figure.conditions.probe_group == words.EVERYBODY


def test_every_chart_has_a_table_with_rows_and_a_caption_with_its_company(page):
    charts = [page.picture, *(c for s in page.sections for c in s.charts)]
    for chart in charts:
        assert chart.table.rows, chart.title
        assert all(len(row) == len(chart.table.columns) for row in chart.table.rows)
        assert "webcam" in chart.title
        assert len(chart.summary) > 40
        if chart.kind in ("rates", "cmc") and "FMR" not in chart.title:
            assert "N 1,600" in chart.title


def test_interval_never_stands_without_level_and_kind(page):
    seen = 0
    for said in (page.known, *(s.text for s in page.sections)):
        for interval in re.findall(r"\(([^()]* \d[\d,.]* to [\d,.]+%?)\)", said):
            assert re.match(r"(\d[\d.]*% )?(sampling interval|range over the forms of growth) ", interval), said
            seen += 1
    assert seen >= 8


def test_pair_of_groups_without_a_false_match_says_out_of_how_many(page):
    matrix = next(c for c in section(page, "groups").charts if c.kind == "matrix")
    (none,) = (r for r in matrix.records if r["value"] == 0)
    row = next(r for r in matrix.table.rows if r[:2] == (none["label"], none["series"]))
    assert row[3].startswith("0 of 1")
    assert row[2].high > 0


def test_measure_of_absolute_gaps_never_leads(page):
    table = next(t for t in section(page, "groups").tables if "measure" in t.columns)
    names = [row[0] for row in table.rows]
    assert names[0].startswith("FMR, highest over lowest")
    assert "absolute gaps" in names[-1]


def test_form_that_failed_or_was_not_checked_is_not_trusted(full, page):
    records = section(page, "growth").charts[0].records
    trusted = {r["series"]: r["trusted"] for r in records}
    assert trusted == {"independence (failed)": False, "people differ": True, "tail of the scores (not checked)": False}
    assert "failed for: independence" in section(page, "growth-checks").text
    passed = replace(full.growth, checks=())
    (larger,) = [s for s in evaluation_page(replace(full, growth=passed)).sections if s.id.startswith("growth")]
    assert not any(r["trusted"] for r in larger.charts[0].records)


def test_what_each_part_says_of_itself_stands_in_its_section(full, page):
    assert page.points == {"groups": full.differentials.remarks, "growth": full.growth.remarks}


def test_people_who_stand_out_are_said_in_words(page):
    (table,) = section(page, "people").tables
    assert [row[0] for row in table.rows] == [
        "false matches owed to the worst tenth of people",
        "correlation of both mean scores",
    ]
    assert "by chance" in section(page, "people").text


def test_failed_searches_stand_with_and_without(page):
    table = next(t for t in section(page, "searches").tables if "failures left out" in t.columns)
    counted = {row[0]: row[1:] for row in table.rows}
    with_failures, without = counted["mate first (rank 1)"]
    assert (with_failures.value, without.value) == (0.978, 0.981)
    assert counted["searches without a template of the probe"][0].n == 4_624


def test_wrong_person_on_top_stands_beside_the_misses(page):
    table = page.picture.table
    assert [row[table.columns.index("enrolled, somebody else first")].value for row in table.rows] == [
        0.003,
        0.0003,
        pytest.approx(0.00009),
    ]


def test_larger_galleries_say_when_they_are_structure_and_not_data(page):
    said = section(page, "growth").text
    assert "200 million references" in said
    assert said.count("which is structure and not data") == 1  # 10,000 is within ten times 1,600


def test_difference_says_which_is_lower_and_what_may_be_zero(page):
    found = section(page, "difference")
    assert "1 of 2 differences cannot be zero" in found.text
    assert [row[2] for row in found.tables[0].rows] == ["no", "yes"]


def test_equal_error_rates_have_their_conventions_and_why_they_differ(page):
    table = next(t for t in section(page, "comparisons").tables if "convention" in t.columns)
    assert len(table.rows) == 4
    assert "steps" in table.note


# What is not there


def test_bare_data_say_what_is_left_out_and_why():
    page = evaluation_page(made_up.bare())
    assert [s.id for s in page.sections] == ["comparisons"]
    assert [c.kind for c in page.sections[0].charts] == ["rates", "scores"]
    assert page.picture.kind == "det"
    for part in (
        "Searches are left out",
        "Groups are left out",
        "Larger galleries are left out",
        "No second algorithm",
    ):
        assert any(limit.startswith(part) for limit in page.limits)
    assert "image kind not stated" in page.known
    assert "names no subjects" in page.not_validated
    assert "too narrow" in page.how
    assert page.caveats == ("no_subject_labels", "image_kind_unstated")


@pytest.mark.parametrize("part", ["pairs", "searches", "differentials", "growth", "menagerie"])
def test_any_part_can_be_missing(full, part):
    page = evaluation_page(replace(full, **{part: None}))
    left = {"pairs": "comparisons", "differentials": "groups", "menagerie": "people"}.get(part, part)
    assert left not in [s.id for s in page.sections]
    assert json.loads(json.dumps(page.to_json())) == page.to_json()


def test_nothing_at_all_is_said_plainly(full):
    parts = dict.fromkeys(("pairs", "searches", "differentials", "growth", "menagerie"))
    page = evaluation_page(replace(full, **parts, compared={}))
    assert page.sections == ()
    assert "say nothing" in page.known
    assert to_json(replace(full, **parts, compared={}))["figures"] == {}


def test_searches_without_a_threshold_lead_with_the_first_rank(full):
    figures = {name: f for name, f in full.searches.figures.items() if name.startswith("rank_")}
    closed = replace(full.searches, figures=figures, fpir=None, fnir=None, n_non_mated=0)
    page = evaluation_page(replace(full, searches=closed))
    assert page.known.startswith("Of 1,000 searches of people who are enrolled, 978")
    assert [c.kind for c in page.sections[0].charts] == ["cmc"]
    assert page.picture.kind == "det"  # of the comparisons


def test_closed_set_says_whose_wrong_hits_those_are(full):
    renamed = {name.replace("fpir_", "fpir_mate_removed_"): f for name, f in full.searches.figures.items()}
    page = evaluation_page(replace(full, searches=replace(full.searches, figures=renamed, n_non_mated=0)))
    assert "people whose own references were set aside" in page.known
    assert "not enrolled return" not in page.known
    assert "none of people who are not" in page.sections[0].text


def test_unknown_value_prints_its_reason(full, page):
    det = section(page, "comparisons").charts[0]
    (row,) = (r for r in det.table.rows if r[0] == "at most 1 in 10 million")
    assert row[1].reason.startswith("1,478,400 comparisons")


def test_density_is_merged_for_drawing_and_keeps_its_sum(full):
    fine = Menagerie(np.linspace(0, 1, 150), np.linspace(0, 1, 90), np.full((90, 150), 1 / 13_500), {})
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
