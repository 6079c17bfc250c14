"""The page about one algorithm: as closed as the report, and nothing on it calls real data synthetic."""

from __future__ import annotations

import importlib
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from misid.evaluation import HERE
from misid.findings import evaluation_page
from misid.quantities import PRINTED_RATE, Doubt, Estimate
from misid.report import appendix, cells, render, short
from misid.vocabulary.names import caveat
from misid.vocabulary.numbers import DIFFERENCE

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
made_up, made_up_evaluation, pages = (
    importlib.import_module(name) for name in ("made_up", "made_up_evaluation", "pages")
)

ABOUT = {"rerun": "misid evaluate scores.parquet", "digest": "a3a3a3a3", "version": "9.8.7"}


@pytest.fixture(scope="module")
def said():
    return evaluation_page(made_up_evaluation.full())


@pytest.fixture(scope="module")
def html(said) -> str:
    return render(appendix(said), **ABOUT)


@pytest.fixture(scope="module")
def page(html):
    return pages.Page(html)


def test_head_and_scripts_are_those_of_the_report(html, page):
    report = render(appendix(made_up.findings()), **ABOUT)
    for pattern in (r"<meta http-equiv=.*?>", r"<style>.*?</style>", r'<script type="module">.*</script>'):
        assert re.search(pattern, html, re.S).group() == re.search(pattern, report, re.S).group()
    assert not [a for tag, attrs in page.elements for a in ("src", "action") if a in attrs]


def test_all_that_was_said_is_there(page, said):
    for words in (said.lead, said.tested, said.title, said.picture.summary, *said.limits):
        assert words in page.text
    for section in said.sections:
        assert section.id in page.ids()
        assert ("a", {"href": f"#{section.id}"}) in page.elements
        assert section.text in page.text
        assert all(point in page.text for point in section.points)
    for code in said.caveats:
        assert caveat(code) in page.text
    for row in said.inputs.rows:
        assert row[0] in page.text
        assert row[3] in page.text
    for words in ABOUT.values():
        assert words in page.text


def anchors(page):
    links = (attrs["href"] for tag, attrs in page.elements if tag == "a" and "download" not in attrs)
    return {link[1:] for link in links if link not in ("report.html", "appendix.html")}


def test_ids_are_unique_and_links_arrive(page):
    assert len(page.ids()) == len(set(page.ids()))
    assert {anchor for anchor in anchors(page) if anchor not in page.ids()} == set()


def test_nothing_is_called_synthetic_and_nothing_of_a_scenario_is_there(html, page):
    assert "synthetic" not in page.text.lower()
    assert not [text for attrs, text in page.raw if attrs.get("type") == "application/json" and "SYNTHETIC" in text]
    assert re.search("<title>(.*?)</title>", html).group(1) == "mobilefacenet-v2: misid, evaluation"
    for words in ("Two readings", "resolved scenario", "Illustrative", "vendor keeps"):
        assert words not in page.text


def test_page_says_what_it_does_not_hold(page):
    assert page.text.count("Numbers only: no face, no name, no row for any one person") == 2


def test_hostile_words_stay_words(said):
    text = render(
        appendix(pages.hostile(replace(said, caveats=()))),
        rerun=pages.HOSTILE,
        digest=pages.HOSTILE,
        version=pages.HOSTILE,
    )
    spoiled = pages.Page(text)
    assert not [tag for tag, _ in spoiled.elements if tag == "img"]
    assert "<img src=x" not in text
    assert not [a for _, attrs in spoiled.elements for a in attrs if a.startswith("on")]
    assert "{{ 7 * 7 }}" in spoiled.text


def test_bare_page_is_whole():
    said = evaluation_page(made_up_evaluation.bare())
    page = pages.Page(render(appendix(said), **ABOUT))
    assert said.lead in page.text
    assert caveat("no_subject_labels") in page.text
    assert len([a for a, _ in page.raw if a.get("type") == "application/json"]) == 3
    assert {anchor for anchor in anchors(page) if anchor not in page.ids()} == set()


def test_page_without_any_part_is_whole(said):
    page = pages.Page(render(appendix(replace(said, sections=())), **ABOUT))
    assert {anchor for anchor in anchors(page) if anchor not in page.ids()} == set()
    assert "contents" not in page.ids()


@pytest.mark.parametrize("make", [made_up_evaluation.full, made_up_evaluation.bare])
def test_short_page_says_what_the_appendix_says_and_leads_there(make):
    said = evaluation_page(make())
    page, whole = pages.Page(render(short(said), **ABOUT)), pages.Page(render(appendix(said), **ABOUT))
    for words in (said.lead, said.tested, said.title, *(s.text for s in said.short.sections)):
        assert words in page.text
    for link in (attrs["href"] for tag, attrs in page.elements if tag == "a" and "download" not in attrs):
        file, _, anchor = link.partition("#")
        assert file in ("", "appendix.html")
        assert not anchor or anchor in (whole if file else page).ids()
    assert ("a", {"href": "report.html"}) in whole.elements
    assert "synthetic" not in page.text.lower()


def test_json_is_plain_and_complete(said):
    plain = [section.to_json() for section in said.sections]
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert [s["id"] for s in plain] == [s.id for s in said.sections]


def test_same_evaluation_same_bytes(html, said):
    assert render(appendix(said), **ABOUT) == html


def measured(value, unit="probability", **more):
    return Estimate(
        value, value / 2, value * 2, unit, Doubt.SAMPLING, "counted", level=0.95, **{"distance": HERE, **more}
    )


def test_cells_keep_the_digits_of_counted_figures():
    assert cells.format_cell(measured(1.23e-6)).text == "0.000123%"
    assert cells.between(measured(1.23e-6)) == "0.0000615% to 0.000246%"
    assert cells.format_cell(measured(0.395116, "similarity")).text == "0.395116"
    assert cells.format_cell(measured(1.23e-6)).tag == "sampling 95%"
    reckoned = replace(measured(1.23e-6), kind=Doubt.INPUT)
    assert cells.format_cell(reckoned).text == "under 0.001%"


def test_difference_of_printed_rates_is_said_as_printed():
    shown = cells.format_cell(measured(2e-4, PRINTED_RATE))
    assert (shown.text, shown.range) == ("0.00020", "0.00010 to 0.00040")


@pytest.mark.parametrize(
    ("ends", "text", "between"),
    [
        ((0.241, 0.297, 0.352), "29.7 points", "24.1 to 35.2 points"),
        ((-0.0034, -0.002, -0.0007), "−0.200 points", "−0.340 to −0.0700 points"),
        ((0.0, 0.0, 0.031), "0 points", "0 to 3.10 points"),
    ],
)
def test_difference_of_shares_is_in_percentage_points(ends, text, between):
    low, value, high = ends
    figure = Estimate(value, low, high, DIFFERENCE, Doubt.SAMPLING, "paired", level=0.95, distance=HERE)
    shown = cells.format_cell(figure)
    assert (shown.text, shown.range, shown.tag) == (text, between, "sampling 95%")
