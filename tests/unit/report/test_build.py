"""The report's file: closed, complete, and safe with whatever a scenario calls itself."""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from misid.evaluation import HERE
from misid.findings import ChartData, Finding, Table
from misid.quantities import Doubt, Estimate
from misid.report import appendix, cells, data_block, render
from misid.vocabulary.names import caveat, codes, terms
from misid.vocabulary.shown import shown

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
made_up, pages = (importlib.import_module(name) for name in ("made_up", "pages"))
Page, HOSTILE, hostile = pages.Page, pages.HOSTILE, pages.hostile

ABOUT = {"rerun": "misid run field-app --seed 1", "digest": "sha256:abc", "version": "9.8.7"}


@pytest.fixture(scope="module")
def html() -> str:
    return render(appendix(made_up.findings()), **ABOUT)


@pytest.fixture(scope="module")
def page(html) -> Page:
    return Page(html)


def test_policy_allows_exactly_the_two_scripts(page):
    (policy,) = (a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    code = [text for attrs, text in page.raw if attrs.get("type") != "application/json"]
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in code]
    assert len(code) == 2
    assert policy == (
        f"default-src 'none'; script-src {' '.join(hashes)}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    assert [attrs for attrs, _ in page.raw if attrs.get("type") == "module"] == [{"type": "module"}] * 2


def test_policy_stands_before_anything_that_could_load(page):
    order = [tag if "http-equiv" not in attrs else "policy" for tag, attrs in page.elements]
    assert order.index("policy") < min(order.index(tag) for tag in ("style", "link", "script", "body"))


def test_nothing_points_outside(html, page):
    for tag, attrs in page.elements:
        for name in ("src", "href", "action", "data", "srcset", "poster"):
            if name in attrs:
                assert attrs[name].startswith(("#", "data:")), (tag, attrs)
        assert not [name for name in attrs if name.startswith("on")]
    shell = html.replace(page.raw[-2][1], "")
    assert "http" not in shell.replace("http-equiv", "")
    assert "url(" not in shell


def test_hostile_words_stay_words():
    found = made_up.findings()
    assert codes("caveat") >= set(found.answers[0].caveats())
    bad = replace(
        found,
        **{
            name: hostile(getattr(found, name))
            for name in ("scenario", "title", "known", "not_validated", "picture", "headlines", "answers", "inputs")
        },
        illustrative=(HOSTILE,),
        limits=(HOSTILE,),
    )
    text = render(appendix(bad), rerun=HOSTILE, digest=HOSTILE, version=HOSTILE)
    spoiled, clean = Page(text), Page(render(appendix(found), **ABOUT))
    assert not [attrs for tag, attrs in spoiled.elements if tag == "img"]
    assert [t for t, _ in spoiled.elements if t == "script"] == [t for t, _ in clean.elements if t == "script"]
    assert not [a for _, attrs in spoiled.elements for a in attrs if a.startswith("on")]
    assert "<img src=x" not in text
    assert "{{ 7 * 7 }}" in spoiled.text  # a template inside a text is not run
    blocks = [json.loads(t) for a, t in spoiled.raw if a.get("type") == "application/json"]
    assert len(blocks) == 1 + sum(len(a.charts) for a in found.answers)
    assert all(block["description"] == HOSTILE.replace("\u2028", r"\u2028") for block in blocks)


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "a & b", "\u2028\u2029"])
def test_data_block_has_nothing_that_a_parser_reads(text):
    block = data_block({"a": text})
    assert json.loads(block) == {"a": shown(text)}
    assert not set(block) & set("<>&\u2028\u2029")


def test_number_that_is_not_finite_never_reaches_the_page():
    with pytest.raises(ValueError, match="JSON"):
        data_block({"a": float("nan")})


def test_first_screen_has_its_four_parts(page):
    found = made_up.findings()
    assert page.ids()[:1] == ["known"] or "known" in page.ids()
    for name in ("known", "picture", "picture-summary", "not-validated"):
        assert page.ids().count(name) == 1
    for words in (found.known, found.not_validated, found.picture.summary, found.picture.title):
        assert words in page.text


def test_ids_are_unique(page):
    assert len(page.ids()) == len(set(page.ids()))


def test_inner_links_arrive(page):
    targets = {attrs["href"][1:] for tag, attrs in page.elements if tag == "a" and "download" not in attrs}
    assert targets <= set(page.ids())
    assert {answer.id for answer in made_up.answers() if answer.answered} <= targets


def test_all_answers_are_there_with_their_sentences(page):
    sections = [attrs["id"] for tag, attrs in page.elements if tag == "section" and attrs["id"][0] == "Q"]
    assert sections == [answer.id for answer in made_up.answers() if answer.answered]
    for answer in made_up.answers():
        assert answer.question in page.text
        for sentence in (answer.count, answer.interval, answer.doubt):
            assert sentence in page.text


def test_questions_without_an_answer_stand_together_with_the_reason(page):
    silent = [a for a in made_up.answers() if not a.answered]
    assert len(silent) == 3
    assert page.ids().count("unanswered-1") == 1
    assert page.text.count(silent[0].count) == 1
    assert all(f"{a.id}: {a.question}" in page.text for a in silent)


def test_caveats_are_explained_where_they_hold(page):
    answer = made_up.answers()[0]
    assert answer.caveats()
    for code in answer.caveats():
        assert caveat(code) in page.text


def test_caveats_of_cells_count_too():
    only = Estimate(1.0, 0.5, 2.0, "people", Doubt.INPUT, "m", distance=HERE, caveats=("rounded_source",))
    answer = Finding("Q01", "?", "one", tables=(Table("t", ("a",), ((only,),)),))
    assert cells.caveats(answer) == ("rounded_source",)


def test_inputs_limits_command_and_terms_are_there(page):
    found = made_up.findings()
    for row in found.inputs.rows:
        assert str(row[0]) in page.text
        assert str(row[5]) in page.text
    for words in (*found.limits, ABOUT["rerun"], ABOUT["digest"], ABOUT["version"]):
        assert words in page.text
    for term in terms():
        assert term.definition in page.text


def test_illustrative_only_if_something_has_no_source(page):
    assert "Illustrative: 3 of 12 inputs" in page.text
    assert "llustrative" not in Page(render(appendix(made_up.findings(illustrative=())), **ABOUT)).text.replace(
        caveat("illustrative"), ""
    )


def test_synthetic_mark_is_in_every_part(page):
    assert page.text.count("SYNTHETIC") >= 17
    for attrs, text in page.raw:
        if attrs.get("type") == "application/json":
            assert "SYNTHETIC" in text


def test_every_chart_has_words_and_a_table(page):
    charts = [attrs for _, attrs in page.elements if attrs.get("class") == "chart"]
    assert len(charts) == 3
    for attrs in charts:
        assert {attrs["aria-labelledby"], attrs["aria-describedby"], attrs["data-spec"]} <= set(page.ids())
    for chart in made_up.charts():
        assert chart.table.title in page.text


def test_small_enough_to_mail(html):
    assert len(html.encode()) < 2_000_000


def test_same_findings_same_bytes(html):
    assert render(appendix(made_up.findings()), **ABOUT) == html


@pytest.mark.parametrize(
    ("cell", "text", "numeric"),
    [
        ("words", "words", False),
        (None, "–", True),
        (12_345, "12,345", True),
        (0.12345, "0.12", True),
        (Estimate(0.5, None, None, "share of hits", Doubt.MODEL, "m", distance=HERE), "50%", True),
        (
            Estimate(None, None, None, "people", Doubt.MODEL, "m", distance=HERE, reason="no test"),
            "not known: no test",
            True,
        ),
    ],
)
def test_cells_in_words(cell, text, numeric):
    shown = cells.format_cell(cell)
    assert (shown.text, shown.numeric) == (text, numeric)


@pytest.mark.parametrize(
    ("x", "text"),
    [(200_000_000.0, "200,000,000"), (0.003, "0.003"), (1e-5, "0.00001"), (0.0, "0"), (12.34567, "12.34567")],
)
def test_inputs_are_printed_as_they_went_in(x, text):
    assert cells.exact(x) == text


def test_range_kind_and_level_stand_beside_the_value():
    shown = cells.format_cell(made_up.estimate(12.0, 6.2, 21.0, Doubt.SAMPLING, level=0.95))
    assert (shown.range, shown.tag, shown.tag_words) == ("6.2 to 21", "sampling 95%", "sampling interval, 95%")


def test_range_by_one_thing_names_it():
    shown = cells.format_cell(made_up.estimate(12.0, 6.2, 21.0, by="enrolled"))
    assert (shown.tag, shown.tag_words) == ("by enrolment", "range by who is enrolled")


def test_column_of_words_is_not_numeric():
    sheet = cells.sheet(Table("t", ("a", "b"), (("x", 1), ("y", "z"))))
    assert [numeric for _, numeric in sheet.columns] == [False, False]


def test_chart_without_records_still_makes_a_page():
    empty = ChartData("phi", "nothing", "nothing to see", (), Table("", (), ()))
    assert "nothing to see" in render(appendix(made_up.findings(picture=empty)), **ABOUT)


def test_report_says_which_tests_stand_behind_which_answers(page):
    said = made_up.validated()
    assert ("a", {"href": "#validated"}) in page.elements
    assert all(words in page.text for row in said.tables[0].rows for words in row)
    assert said.text in page.text
    bare = Page(render(appendix(made_up.findings(validated=None)), **ABOUT))
    assert "validated" not in bare.ids()
    assert ("a", {"href": "#validated"}) not in bare.elements


def test_hostile_tests_stay_words():
    spoiled = Page(render(appendix(made_up.findings(validated=hostile(made_up.validated()))), **ABOUT))
    assert not [attrs for tag, attrs in spoiled.elements if tag == "img"]
    assert not [a for _, attrs in spoiled.elements for a in attrs if a.startswith("on")]
