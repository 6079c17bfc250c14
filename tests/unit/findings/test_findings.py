"""What every result must keep, whatever its numbers are."""

import itertools
import json
import re

import pytest

from misid.quantities import Doubt, Estimate
from misid.storage import to_text
from misid.vocabulary import CAVEATS

BANNED = re.compile(
    r"\b(FDR|recommended|safe|passes the test|wrongful detention|suspects?|accura(te|cy) of the app)\b",
    re.I,
)


def texts(node):
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


def estimates(findings):
    for answer in findings.answers:
        yield from ((f"{answer.id}.{name}", e) for name, e in answer.figures.items())
        tables = (*answer.tables, *(chart.table for chart in answer.charts))
        for table, row in itertools.chain.from_iterable(((t, r) for r in t.rows) for t in tables):
            yield from ((table.title, cell) for cell in row if isinstance(cell, Estimate))


def test_every_rate_has_its_conditions(field_app):
    seen = 0
    for name, e in estimates(field_app.findings):
        if e.unit == "photos":
            continue
        seen += 1
        assert e.conditions.n_references or e.conditions.n_enrolled, name
        assert e.conditions.threshold is not None, name
        assert e.conditions.image_kind, name
        assert e.distance is not None, name
    assert seen > 200


def test_every_answer_has_count_range_and_doubt(field_app):
    for answer in field_app.findings.answers:
        assert answer.answered
        assert answer.figures, answer.id
        assert all(re.search(r"[.!]$", text) for text in (answer.count, answer.interval, answer.doubt)), answer.id


def test_input_and_model_ranges_are_never_in_one_figure(field_app):
    q1 = field_app.findings.answers[0].figures
    for mode in ("comparisons", "held"):
        assert q1[f"wrong_hits.{mode}.input"].kind is Doubt.INPUT
        assert q1[f"wrong_hits.{mode}.model"].kind is Doubt.MODEL
        assert q1[f"wrong_hits.{mode}.input"].value == q1[f"wrong_hits.{mode}.model"].value
    # An envelope has no confidence level; to print one would be to invent it.
    assert all(e.level is None for _, e in estimates(field_app.findings) if e.kind is Doubt.INPUT)


def test_the_three_causes_are_apart_under_every_rule(field_app):
    q9 = field_app.findings.answers[8].figures
    for rule in (field_app.scenario.rule, *field_app.scenario.compare):
        for cause in ("wrong_person", "wrong_record", "disbelieved_document"):
            assert f"{rule}.{cause}.held.input" in q9


def test_beyond_the_largest_test_there_is_no_single_headline(field_app):
    for name, e in estimates(field_app.findings):
        if (e.conditions.n_references or 0) > 12_000_000 and e.conditions.mode:
            assert "beyond_tested_n" in e.caveats, name
            assert "mode_undecided" in e.caveats, name
            assert e.distance.decades_of_n > 0
    assert "fixed threshold" in field_app.findings.known
    assert "FPIR held" in field_app.findings.known


def test_groups_without_test_data_say_so(field_app):
    q3 = field_app.findings.answers[2].figures
    for name, e in q3.items():
        untested = "latin_america" in name or ".other." in name
        assert ("group_no_test_data" in e.caveats) == untested, name


def test_hits_add_up(field_app):
    def value(question, name):
        return field_app.figure(question, f"{name}.held.input").value

    statuses = field_app.scenario.statuses
    right = sum(value("Q10", f"right_hits.{s}") for s in statuses)
    assert value("Q01", "hits") == pytest.approx(right + value("Q01", "wrong_hits"), rel=1e-12)
    assert value("Q01", "hits") + value("Q01", "no_hit") == pytest.approx(10_000, rel=1e-12)


def test_no_word_promises_what_a_figure_cannot(field_app):
    for text in texts(field_app.to_json()):
        found = BANNED.search(text)
        assert found is None, (found, text)


def test_results_are_plain_json_with_known_caveats(field_app):
    data = json.loads(to_text(field_app.to_json()))
    assert data["schema"] == "misid/results/1"
    for answer in data["answers"]:
        for figure in answer["figures"].values():
            assert {"value", "low", "high", "kind", "unit", "n", "caveats"} <= set(figure)
            assert set(figure["caveats"]) <= set(CAVEATS)


def test_the_inputs_are_all_there_with_their_sources(field_app):
    rows = {row[0]: row for row in field_app.findings.inputs.rows}
    assert rows["gallery.n_references"][1] == 200_000_000
    assert all(row[-1] for row in rows.values())
    weak = {path for path, row in rows.items() if row[-2] in "CD"}
    assert weak == set(field_app.findings.illustrative)


@pytest.mark.slow
def test_one_to_one_leaves_the_questions_about_searches_unanswered():
    import misid

    booth = misid.run("booth-one-to-one").findings
    unanswered = {a.id for a in booth.answers if not a.answered}
    assert {"Q04", "Q05", "Q07"} <= unanswered
    assert all(a.count.startswith("Not answered.") for a in booth.answers if not a.answered)
    assert booth.answers[0].figures["not_verified.comparisons.input"].value > 0


def test_the_notebook_view_is_marked_and_escaped(field_app):
    from dataclasses import replace

    hostile = replace(field_app, findings=replace(field_app.findings, title="<script>alert(1)</script>"))
    html = hostile._repr_html_()
    assert "SYNTHETIC" in html
    assert "<script>" not in html


def test_a_row_about_another_gallery_or_group_says_so_in_its_cells(field_app):
    q3, q5 = field_app.findings.answers[2], field_app.findings.answers[4]
    sizes = [row[1].conditions.n_references for row in q5.tables[0].rows]
    assert sizes == [10_000, 1_600_000, 12_000_000, 200_000_000, 1_200_000_000]
    assert "beyond_tested_n" not in q5.tables[0].rows[0][1].caveats
    for table in (q3.charts[0].table, q3.tables[0]):
        assert all(row[1].conditions.probe_group == row[0] for row in table.rows)


def test_one_question_has_one_answer_wherever_it_stands(field_app):
    q1, q5 = field_app.findings.answers[0].figures, field_app.findings.answers[4].figures
    for mode, kind in itertools.product(("comparisons", "held"), ("input", "model")):
        here, there = q1[f"wrong_hits.{mode}.{kind}"], q5[f"wrong_hits.200000000.{mode}.{kind}"]
        assert (here.value, here.low, here.high) == (there.value, there.low, there.high)
