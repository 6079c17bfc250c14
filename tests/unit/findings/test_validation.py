"""What is said of predictions: the misses first, and nothing kinder than the rows."""

from __future__ import annotations

import csv
import importlib
import io
import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from misid.findings import digest_csv, validation_page
from misid.findings.validation.behind import validated
from misid.findings.validation.page import FAMILIES, known
from misid.findings.validation.tables import FOLDED, beyond, figure_name, limit, off_by_sign
from misid.quantities import PRINTED_RATE, Doubt, Estimate, NoDistance
from misid.validation import Digest, Goal, Made, Prediction, Standing, shipped
from misid.vocabulary import ImageKind
from misid.vocabulary.numbers import listing
from verification.condense import condense
from verification.summaries import summaries
from verification.whole_pages import rows_csv

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
made_up = importlib.import_module("made_up_validation")


@pytest.fixture(scope="module")
def validation():
    return made_up.validation()


@pytest.fixture(scope="module")
def page(validation):
    return validation_page(condense(validation, worst=None))


def section(page, name):
    return next(one for one in page.sections if one.id == name)


def row(value, observed, low, high, half=0.0):
    return Prediction(
        "x", "g", value, low, high, observed, max(0.0, observed - half), observed + half, Standing.ROW_LEFT_OUT
    )


@pytest.mark.parametrize(
    ("value", "observed", "scale", "sign"),
    [
        (0.02, 0.01, "ratio", "×\xa02"),
        (0.01, 0.024, "ratio", "÷\xa02.4"),
        (0.5, 1e-5, "ratio", "×\xa050,000"),
        (0.01, 0.0, "ratio", "×\xa0∞"),
        (0.0, 0.01, "ratio", "÷\xa0∞"),
        (0.0005, 0.0003, "difference", "+\xa00.00015"),
        (0.0001, 0.0003, "difference", "−\xa00.00015"),
        (0.00032, 0.0003, "difference", "0"),
    ],
)
def test_distance_in_signs(value, observed, scale, sign):
    assert off_by_sign(row(value, observed, 0.0, 1.0, half=5e-5), scale) == sign


def test_margin_is_to_the_near_end_and_in_logarithms_for_ratios():
    assert beyond(row(0.01, 0.08, 0.005, 0.02), "ratio") == pytest.approx(3.0)  # 8 times off, margin of 2 times
    assert beyond(row(0.01, 0.08, 0.005, 0.02), "difference") == pytest.approx(7.0)
    assert beyond(row(0.01, 0.0, 0.005, 0.02), "ratio") == pytest.approx(2.0)  # no logarithm of 0
    assert beyond(row(0.01, 0.02, 0.01, 0.01), "ratio") == math.inf
    assert beyond(row(0.01, 0.015, 0.005, 0.02), "ratio") == 0.0


@pytest.mark.parametrize(
    ("low", "high", "unit", "said"),
    [
        (0.0, 0.046, "ln(predicted / observed)", "at most 0.046"),
        (0.86, 0.94, "probability", "86% to 94%"),
        (0.8, 1.0, "probability", "at least 80%"),
        (0.0, 2e-4, PRINTED_RATE, "at most 0.00020"),
    ],
)
def test_goal_is_a_limit(low, high, unit, said):
    found = Estimate(0.1, None, None, unit, Doubt.SAMPLING, "m", distance=NoDistance("made up"))
    assert limit(Goal("median", low, high, "x"), found) == said


def test_figures_have_plain_names():
    assert figure_name("0.001 to 0.002|p90 no change") == "0.001 to 0.002: 90th percentile of the distance, no change"
    assert figure_name("coverage") == "share inside the interval"


def test_first_sentence_counts_goals_and_misses(validation, page):
    rows = [one for table in validation.tables for one in table.predictions]
    outside = sum(not one.inside for one in rows)
    assert page.lead == (
        f"Of {len(rows)} predictions of published or counted figures {outside} lie outside their interval. 2 of 5 "
        "goals set beforehand are missed."
    )
    assert "Left out of the fit were 75 of them, and 3 not" in page.beside
    judged = [one for table in validation.tables if table.judged for one in table.predictions]
    assert f"{sum(not one.inside for one in judged)} of 75 lie outside" in page.beside
    assert section(page, "untested").points[:2] == (
        "Galleries above 12 million references",
        "Street photos taken with a phone",
    )


def test_first_sentence_without_goals_or_misses(validation):
    growth = condense(validation).tables[0]
    clean = replace(growth, outside=0, shown=(), goals=())
    assert known(Digest((clean,))).endswith(" 0 lie outside their interval. No goal was set beforehand.")
    one = replace(growth, goals=(Goal("median", 0.0, 9.0, "x"),), outside=1)
    assert " 1 lies outside its interval. The goal set beforehand is reached." in known(Digest((one,)))
    assert "No fit had seen any of them" in validation_page(Digest((one,))).beside
    few = validation_page(Digest((condense(validation).tables[2],)))
    assert "No table has rows enough" in few.beside


def test_misses_in_the_street_stand_before_the_goals():
    said = known(shipped())
    assert said.startswith("In the street misid fails: in 4 of 5 places fewer false alerts per face were counted")
    assert said.endswith("All 8 goals set beforehand are reached.")
    page = validation_page(shipped()).short
    assert said.startswith(page.lead)
    assert "goals" not in page.lead
    street, goals, *_ = page.sections
    assert (street.id, goals.id) == ("street", "goals")
    assert street.tables[0].rows[2][0] == "London police, a year of live cameras, 2024-25"
    assert [line[4] for line in street.tables[0].rows] == ["no"] * 4 + ["yes"]


def test_misses_of_all_tables_stand_by_their_own_margin(validation, page):
    goals, rows = section(page, "misses").tables
    by_name = {
        (one.subject, table.code): beyond(one, table.scale) for table in validation.tables for one in table.predictions
    }
    margins = sorted((m for m in by_name.values() if m > 0), reverse=True)
    assert len(rows.rows) == len(margins)
    assert [line[0] for line in rows.rows[:1]] == [name for (name, _), m in by_name.items() if m == margins[0]]
    assert {line[0] for line in rows.rows} == {name for (name, _), m in by_name.items() if m > 0}
    assert all(line[7] for line in rows.rows)  # what the fit had seen of each
    assert [line[3] for line in goals.rows] == ["no", "no", "yes", "yes", "yes"]
    assert [line[0] for line in goals.rows[:2]] == ["median distance", "90th percentile of the distance"]
    short = next(one for one in validation_page(condense(validation)).short.sections if one.id == "goals")
    assert "Missed: median distance, at most 0.046; it came out 0.0585." in short.text


def test_every_table_has_its_rows_worst_first_and_says_what_was_seen_of_each(validation, page):
    for table in validation.tables:
        part = section(page, table.code.replace("_", "-"))
        (chart,) = part.charts
        shown = [chart.table, *part.folded]
        wanted = [one.subject for one in table.misses() if not (table.judged and one.inside)]
        assert [line[0] for one in shown for line in one.rows] == wanted[:FOLDED]
        for one in shown:
            at = one.columns.index("standing")
            assert {line[at] for line in one.rows} <= {
                "developer left out",
                "row left out",
                "never fitted",
                "in sample",
            }


def test_rows_that_do_not_ship_are_counted_and_the_command_that_makes_them_named(validation):
    growth = condense(validation, worst=2).tables[0]
    said = validation_page(condense(validation, worst=2))
    table = section(said, "growth-fnir").charts[0].table
    assert table.title == f"Rows outside their interval, the worst first, 2 of {growth.outside}"
    assert "`python -m verification tables --table growth_fnir --out FOLDER` writes every row." in table.note
    count = sum(table.outside for table in condense(validation).distinct())
    assert f" of {count}; `python -m verification tables --out FOLDER`" in section(said, "misses").tables[1].note


def test_long_table_says_where_the_rest_is(validation):
    growth = validation.tables[0]
    far = tuple(replace(row, observed=1.0, observed_low=1.0, observed_high=1.0) for row in growth.predictions)
    many = replace(growth, predictions=far * 3)
    found = replace(validation, tables=(many,), summaries={many.code: summaries(many)})
    part = section(validation_page(condense(found, worst=None)), "growth-fnir")
    assert len(part.charts[0].table.rows) + len(part.folded[0].rows) == FOLDED
    assert "`python -m verification tables --table growth_fnir --out FOLDER` writes every row." in part.folded[0].note


def test_page_says_from_what_it_was_made_and_how_to_make_it_anew(validation):
    d = replace(condense(validation), made=Made("9.8.7", "2026-08-03", "0123456789abcdef"))
    made, anew = section(validation_page(d), "how").points
    assert made == "Made by misid 9.8.7 from sources up to 2026-08-03; SHA-256 of the inputs 0123456789ab."
    assert "make validation; one table: python -m verification tables --table growth_fnir." in anew


def test_table_that_is_not_judged_has_no_summary_and_says_why(page):
    part = section(page, "deployment-faces")
    assert "The rows are too few, or their ranges too wide, for a summary." in part.text
    assert part.figures == {}
    (chart,) = part.charts
    assert {"PIT", "log score", "faces"} <= set(chart.table.columns)
    assert chart.kind == "intervals"
    assert [r["series"] for r in chart.records[:2]] == ["predicted, 90% interval", "observed"]


def test_what_ships_is_drawn_row_by_row_with_how_many_there_are(validation):
    page = validation_page(condense(validation))
    for table in validation.tables:
        (chart,) = section(page, table.code.replace("_", "-")).charts
        shown = [one.subject for one in table.misses() if not (table.judged and one.inside)][:8]
        assert [record["label"].partition(",")[0] for record in chart.records[::2]] == shown
        assert (f"furthest outside of {len(table.predictions)}" in chart.title) == table.judged


def test_figures_hold_simpler_rules_whole_and_by_band(page):
    figures = section(page, "growth-fnir").figures
    assert {"median", "median no change", "p90 straight line", "0.001 to 0.005|median no change"} <= figures.keys()
    assert all(figure.conditions.probe_group == "everybody in the test" for figure in figures.values())


def test_caveats_of_all_tables_are_on_the_page(validation, page):
    assert page.caveats == ("rounded_source", "growth_prior", "threshold_unknown", "operator_untested")


def test_csv_holds_every_row_with_its_baselines_and_details(validation):
    rows = list(csv.DictReader(io.StringIO(rows_csv(validation.tables[0]))))
    assert len(rows) == 60
    assert rows[0]["standing"] == "whole developer left out"
    assert float(rows[0]["baseline: no change"]) == pytest.approx(0.45 * float(rows[0]["observed"]))
    assert "FNIR at 1.6 million" in rows[0]
    assert [one["inside"] for one in rows] == sorted(one["inside"] for one in rows)


def test_csv_of_what_ships_holds_figures_and_goals(validation):
    written = digest_csv(condense(validation))
    assert sorted(written) == ["goals.csv", "summary.csv"]
    goals = list(csv.DictReader(io.StringIO(written["goals.csv"])))
    assert [one["reached"] for one in goals] == ["False", "False", "True", "True", "True"]
    figures = list(csv.DictReader(io.StringIO(written["summary.csv"])))
    medians = [one for one in figures if (one["table"], one["band"], one["figure"]) == ("growth_fnir", "", "median")]
    assert [float(one["value"]) for one in medians] == [validation.summaries["growth_fnir"][0].figures["median"].value]


def reckoned(n, kind=ImageKind.STREET, measured=None):
    """What `validated` reads of a scenario."""
    algorithm, gallery = SimpleNamespace(probe_image=kind), SimpleNamespace(n_references=SimpleNamespace(value=n))
    return SimpleNamespace(measured=measured, scenario=SimpleNamespace(algorithm=algorithm, gallery=gallery))


def test_report_names_what_stands_behind_its_answers(validation):
    tests = condense(validation)
    said = validated(reckoned(2e8), [f"Q{i:02d}" for i in range(1, 16)], tests)
    (about, questions, tested, miss), (_, _, street, _) = said.tables[0].rows
    assert questions == listing(FAMILIES[0].questions)
    assert "Misses at 12 million, from 1.6 million. Half of 60 predictions are within a factor of 1.06 of" in tested
    assert "too few, or their ranges too wide, for a summary" in street
    assert miss.startswith("Missed: median distance, at most 0.046; it came out 0.0585.")
    assert "Furthest outside: maker04_001" in miss
    assert about.endswith("Tested up to 12 million; this scenario has 200 million.")
    assert said.text.endswith(f"Nobody has tested: {'; '.join(validation.not_validated)}.")
    assert "the rest is structure" in said.text


def test_report_within_the_tests_says_nothing_is_beyond_and_leaves_out_what_it_does_not_answer(validation):
    said = validated(reckoned(1e6, ImageKind.MUGSHOT, measured=object()), ["Q05"], condense(validation))
    assert [row[:2] for row in said.tables[0].rows] == [(FAMILIES[0].title, "Q05")]
    assert "its user's own" in said.text
    assert validated(reckoned(1e6), ["Q05"], Digest(())) is None


def test_without_a_goal_nothing_says_that_goals_are_reached():
    """A table for which no goal was set, alone."""
    alone = shipped().only(["growth_fnir"])
    page = validation_page(alone)
    assert page.lead.endswith("No goal was set beforehand.")
    assert section(page, "misses").tables[0].note == "No goal was set beforehand."
    assert sorted(digest_csv(alone)) == ["summary.csv"]


def test_what_ships_is_said_in_plain_words():
    shown = json.dumps(shipped().to_json())
    for words in ("is held by the system", "probit over decades", "Huber", "deal 1"):
        assert words not in shown
