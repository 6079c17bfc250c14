"""What every result must keep, whatever its numbers are."""

import itertools
import json
import re
from dataclasses import replace

import numpy as np
import pytest

import misid
from misid.expected import model_of, people, phi_of
from misid.findings import estimates_of
from misid.quantities import Doubt, Estimate
from misid.scenario import load_scenario, with_values
from misid.storage import to_text
from misid.vocabulary.names import codes

POINTS = ("strict", "nist_set_anew", "uk_police", "nist_kept")
BANNED = re.compile(
    r"\b(FDR|recommended|safe|passes the test|wrongful detention|suspects?|accura(te|cy) of the app)\b",
    re.I,
)
NOT_ON_A_PAGE = re.compile(
    r"\b(closed form|modes?|held|decades?|row factors?|envelopes?|at best values|FPIR held|fixed threshold)\b", re.I
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


@pytest.fixture(scope="module")
def model():
    return model_of(load_scenario("field-app"))


def test_every_figure_has_its_conditions(field_app):
    seen = 0
    for name, e in estimates(field_app.findings):
        if e.unit == "photos" and e.conditions.threshold is None:
            continue
        seen += 1
        assert e.conditions.n_references or e.conditions.n_enrolled, name
        assert e.conditions.threshold is not None, name
        assert e.conditions.phi is not None, name
        assert e.conditions.image_kind, name
        assert e.distance is not None, name
    assert seen > 300


def test_no_figure_is_a_best_value_and_no_range_stacks_two(field_app):
    for name, e in estimates(field_app.findings):
        assert e.kind in (Doubt.INPUT, Doubt.SAMPLING, Doubt.MODEL), name
        if e.kind is Doubt.INPUT:
            assert e.level is None, name
            assert bool(e.by) == (e.low is not None), name
        if e.conditions.phi is not None and not field_app.scenario.threshold.known and e.kind is Doubt.INPUT:
            assert "phi_open" in e.caveats, name


@pytest.mark.parametrize("outcome", ["wrong", "wrong_person", "wrong_record", "unsupported", "hit", "no_hit"])
def test_figures_are_the_models_counts_at_their_phi(field_app, model, outcome):
    """Each figure from points placed by its own phi, not by its operating point."""
    names = {"wrong": "wrong_hits", "unsupported": "acted_on", "hit": "hits"}
    for point in POINTS:
        figure = field_app.figure("Q01", f"{names.get(outcome, outcome)}.{point}")
        points = model.at_phi([figure.conditions.phi])
        assert figure.value == pytest.approx(people(points, "looks").of(outcome)[0], rel=1e-6)
        assert phi_of(model.at(point), "looks")[0] == pytest.approx(figure.conditions.phi)
        assert figure.conditions.point == point


def test_ranges_are_the_models_at_the_ends_of_one_thing(field_app, model):
    points = model.at("nist_kept")
    for by, name in (("enrolled", "acted_on.nist_kept"), ("record_error", "acted_on.nist_kept.record_error")):
        ends = [float(people(end, "looks").of("unsupported")[0]) for end in model.ends(points, by)]
        figure = field_app.figure("Q01", name)
        assert (figure.low, figure.high) == pytest.approx((min(*ends, figure.value), max(*ends, figure.value)))
        assert figure.by == by


def test_what_people_are_acted_on_for_adds_up(field_app):
    for point in POINTS:
        whole = field_app.figure("Q01", f"acted_on.{point}").value
        parts = [field_app.figure("Q01", f"{cause}.{point}").value for cause in ("wrong_person", "wrong_record")]
        assert sum(parts) == pytest.approx(whole, rel=1e-12)
        hits = field_app.figure("Q01", f"hits.{point}").value
        right = sum(field_app.figure("Q10", f"right_hits.{s}.{point}").value for s in field_app.scenario.statuses)
        assert hits == pytest.approx(right + field_app.figure("Q01", f"wrong_hits.{point}").value, rel=1e-12)
        assert hits + field_app.figure("Q01", f"no_hit.{point}").value == pytest.approx(10_000, rel=1e-12)
        relatives = field_app.figure("Q12", f"wrong_hits_relatives.{point}").value
        strangers = field_app.figure("Q12", f"wrong_hits_strangers.{point}").value
        assert relatives + strangers == pytest.approx(field_app.figure("Q01", f"wrong_hits.{point}").value)


def test_wrong_hits_are_a_line_over_phi(field_app):
    slope = field_app.figure("Q01", "wrong_hits_per_phi")
    low, high = (field_app.figure("Q08", f"wrong.phi_{phi}").value for phi in ("0.0001", "0.01"))
    assert (high - low) / 0.0099 == pytest.approx(slope.value, rel=0.01)
    assert slope.low < slope.value < slope.high


def test_break_even_is_where_both_causes_are_alike(field_app, model):
    for status in ("all", "us_born_citizen", "naturalised_citizen"):
        figure = field_app.figure("Q08", f"break_even.{status}")
        if figure.value is None:
            continue
        found = people(model.at_phi([figure.value]), "looks")
        statuses = () if status == "all" else (status,)
        assert found.of("wrong_person", *statuses)[0] == pytest.approx(found.of("wrong_record", *statuses)[0], rel=0.01)
    us_born, everybody = (field_app.figure("Q08", f"break_even.{s}").value for s in ("us_born_citizen", "all"))
    assert us_born < everybody / 3
    assert "For US-born citizens the face weighs more once" in field_app.findings.answers[7].interval


def test_a_given_phi_is_one_if_then(field_app):
    given = misid.run(with_values(field_app.scenario, {"threshold.field_fpir": 0.01}))
    known = given.findings.known
    assert known.startswith(
        "Suppose the system names 1 in 100 strangers. Suppose 1 in 100 records of naturalised citizens"
    )
    assert "of those are acted on: 26 on their own wrong record" in known
    assert given.figure("Q01", "acted_on.given").conditions.phi == pytest.approx(0.01)
    assert len(given.findings.answers[0].tables[0].rows) == 1


def test_the_first_sentence_leads_with_people_who_may_stay_and_names_no_best_value(field_app):
    known = field_app.findings.known
    assert "8,600 of them with a right to be here" in known
    assert "if 1 in 10,000 strangers is named" in known
    assert known.endswith("Neither rate is published.")


def test_a_share_of_right_hits_never_stands_alone(field_app):
    q2 = field_app.findings.answers[1]
    assert not any("%" in text and "right" in text.split("%")[0] for text in (q2.count,))
    table = q2.tables[0]
    beside = {"hits", "on somebody else", "acted on without support", "whom the action fits"}
    assert beside < set(table.columns)
    shares = [
        name for answer in field_app.findings.answers for name in answer.figures if name.startswith("right_share")
    ]
    assert shares
    assert all(name in q2.figures for name in shares)


def test_what_helps_at_every_phi_is_said_first(field_app, model):
    q9 = field_app.findings.answers[8]
    assert q9.count.startswith("Each of the 4 other rules spares people at any rate.")
    grid = model.at_phi(np.geomspace(1e-5, 0.95, 9))
    base = people(grid, "looks").of("unsupported")
    rules = [rule for rule in field_app.scenario.compare if rule != field_app.scenario.rule]
    lower = {rule: (people(grid, "looks", rule).of("unsupported") < base).all() for rule in rules}
    # Where all of them help they are counted and not named.
    assert all(lower.values())
    assert f"Each of the {len(lower)} other rules spares people" in q9.count
    for name in model.points:
        left = {rule: float(people(model.at(name), "looks", rule).of("unsupported")[0]) for rule in rules}
        assert f"'{field_app.scenario.rules[min(left, key=left.get)].title}'" in q9.count, name
    assert "a second trained reader must agree" in q9.interval
    assert "those are wrong records" in q9.interval


def test_evidence_keeps_counts_and_assumptions_apart(field_app):
    q14 = field_app.findings.answers[13]
    table = next(t for t in q14.tables if t.title.startswith("What is known"))
    assert table.columns[2:4] == ("by the counts alone", "by one assumption, the widest")
    counted = [name for name in q14.figures if name.startswith("evidence.") and name.endswith(".counts")]
    assert counted
    for name in counted:
        assumed = q14.figures[name.replace(".counts", ".assumptions")]
        assert q14.figures[name].by == "counts"
        assert assumed.by in ("assumptions", "")


def test_fingerprints_stand_apart_from_the_face_search(field_app):
    q1 = field_app.findings.answers[0]
    assert "get no name, and no action follows from the face search" in q1.interval
    if field_app.scenario.after_no_hit.fingerprinted.value > 0:
        assert "Of those who go on to fingerprints" in q1.interval
        assert [table.title for table in q1.tables][1:] == ["After no hit"]


def test_every_answer_says_how_many_and_why_it_could_be_wrong(field_app):
    for answer in field_app.findings.answers:
        assert answer.answered
        assert answer.figures, answer.id
        assert all(re.search(r"[.!]$", text) for text in (answer.count, answer.interval, answer.doubt)), answer.id
        assert 1 <= len(answer.tables) + len(answer.charts) <= 4, answer.id


def test_groups_without_test_data_say_so(field_app):
    q3 = field_app.findings.answers[2].figures
    for name, e in q3.items():
        if name.startswith("strangers_named"):
            untested = "latin_america" in name or ".other." in name
            assert ("group_no_test_data" in e.caveats) == untested, name


def test_beyond_the_largest_test_every_figure_says_so(field_app):
    for name, e in estimates(field_app.findings):
        if (e.conditions.n_references or 0) > 12_000_000 and e.unit in ("people", "photos"):
            assert "beyond_tested_n" in e.caveats, name
            assert e.distance.decades_of_n > 0


@pytest.mark.parametrize("name", ["field-app", "police-live", "booth-one-to-one"])
def test_no_word_promises_what_a_figure_cannot_and_none_is_a_riddle(name, field_app):
    result = field_app if name == "field-app" else misid.run(name)
    for text in texts(result.to_json()):
        found = BANNED.search(text)
        assert found is None, (found, text)
    for answer in result.findings.answers:
        tables = [*answer.tables, *(chart.table for chart in answer.charts)]
        words = [answer.question, answer.count, answer.interval, answer.doubt]
        words += [text for table in tables for text in (table.title, table.note, *table.columns)]
        words += [cell for table in tables for row in table.rows for cell in row[:1] if isinstance(cell, str)]
        for text in (*words, result.findings.known, result.findings.picture.summary):
            found = NOT_ON_A_PAGE.search(text)
            assert found is None, (answer.id, found, text)
            assert not re.search(r"\bphi\b|acted on on\b|\bat at\b|, ,", text), (answer.id, text)


def test_results_are_plain_json_with_known_caveats(field_app):
    data = json.loads(to_text(field_app.to_json()))
    assert data["schema"] == "misid/results/2"
    for answer in data["answers"]:
        for figure in answer["figures"].values():
            assert {"value", "low", "high", "kind", "by", "unit", "n", "caveats"} <= set(figure)
            assert set(figure["caveats"]) <= codes("caveat")
            assert "mode" not in figure["conditions"]


def test_the_inputs_are_all_there_with_their_sources_and_who_gave_them(field_app):
    rows = {row[0]: row for row in field_app.findings.inputs.rows}
    assert rows["gallery.n_references"][1] == 200_000_000
    assert all(row[-1] for row in rows.values())
    weak = {path for path, row in rows.items() if row[-3][0] in "CD"}
    assert weak == set(field_app.findings.illustrative)
    assert all((", assumed" in row[-3]) == row[-3].startswith("D") for row in rows.values())
    assert rows["gallery.n_references"][-2] == "scenario"
    assert rows["gallery.homogeneity"][-2] == f"template {field_app.scenario.template}"
    assert rows["card.group.east_asia.female"][-2] == "card"


def test_one_to_one_leaves_the_questions_about_searches_unanswered():
    booth = misid.run("booth-one-to-one").findings
    unanswered = {a.id for a in booth.answers if not a.answered}
    assert {"Q04", "Q05", "Q07"} <= unanswered
    assert {a.count.split(";")[0] for a in booth.answers if not a.answered} == {"That is asked of a search of many"}
    assert booth.answers[0].figures["not_verified.given"].value > 0


def test_the_notebook_view_is_marked_and_escaped(field_app):
    hostile = replace(field_app, findings=replace(field_app.findings, title="<script>alert(1)</script>"))
    html = hostile._repr_html_()
    assert "SYNTHETIC" in html
    assert "<script>" not in html


def test_a_column_about_another_gallery_says_so_in_its_cells(field_app):
    table = field_app.findings.answers[4].tables[0]
    for row in table.rows:
        assert [cell.conditions.n_references for cell in row[1:]] == [10_000, 1_600_000, 12_000_000, 200_000_000, 1.2e9]
        assert len({cell.conditions.threshold for cell in row[1:]}) == 1  # kept
        phis = [cell.conditions.phi for cell in row[1:]]
        assert phis == sorted(phis)
        assert "beyond_tested_n" not in row[1].caveats
        assert "beyond_tested_n" in row[-1].caveats


def test_one_question_has_one_answer_wherever_it_stands(field_app):
    for point in POINTS:
        here = field_app.figure("Q01", f"wrong_hits.{point}").value
        assert field_app.figure("Q05", f"wrong_hits.200000000.{point}").value == pytest.approx(here, rel=1e-12)
        assert field_app.figure("Q13", f"wrong_hits.{point}").value == here


def test_points_stand_by_how_many_strangers_are_named(field_app):
    e = estimates_of(field_app.scenario)
    phis = [e.place(name).phi for name in e.names]
    assert phis == sorted(phis)
    assert set(e.names) == set(POINTS)
    rows = [row[0] for row in field_app.findings.answers[0].tables[0].rows]
    assert rows[0].startswith("1 in 10,000 strangers:")


def test_that_a_few_draw_most_hits_is_a_choice_that_says_what_it_does(field_app):
    assert "no more strangers are named, but the same ones again" in field_app.findings.answers[6].interval
