"""A page that `misid compare` wrote, its appendix, in a browser: whole, readable at two widths and on both grounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.screens import SCREENS, drawn
from misid import api

pytestmark = pytest.mark.e2e

WIDTHS = pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])


@pytest.fixture(scope="module")
def result() -> api.ComparisonResult:
    # One of each kind: a table of every rule takes axe minutes.
    rules = ["lead_only", "second_reader+documents_count", "opt_out_offered"]
    return api.compare("field-app", rules, encounters=3000, seed=2, workers=1)


@pytest.fixture(scope="module")
def page_file(result, tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("rules") / "report.html"
    file.write_text(result.appendix, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def two_file(tmp_path_factory) -> Path:
    result = api.compare("field-app", against="police-live", settings={"use.people": 1000})
    file = tmp_path_factory.mktemp("two") / "report.html"
    file.write_text(result.appendix, encoding="utf-8")
    return file


@WIDTHS
def test_two_scenarios_have_a_page_too(open_page, axe, two_file, width, height):
    page, seen = open_page(two_file, width=width, height=height)
    page.locator(".chart[data-state=drawn]").first.wait_for(state="attached")
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert "use.people = 1000" in page.locator("#settings").inner_text()
    assert axe(page) == []
    assert seen.faults() == []


@SCREENS
def test_page_has_no_fault_and_never_goes_sideways(open_page, axe, page_file, width, height, dark):
    page, seen = open_page(page_file, width=width, height=height, dark=dark)
    drawn(page)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert axe(page) == []
    assert seen.faults() == []


@WIDTHS
def test_every_section_stands_there_with_its_charts(open_page, page_file, result, width, height):
    page, _ = open_page(page_file, width=width, height=height)
    assert page.locator("#known").inner_text() == result.comparison.known
    for section in result.comparison.sections:
        part = page.locator(f"section#{section.id}")
        assert part.locator("h2").inner_text() == section.title
        assert part.locator(".chart").count() == len(section.charts)
        for chart in part.locator(".chart").all():
            chart.scroll_into_view_if_needed()
            chart.locator("svg").wait_for()
            box = chart.locator("svg").bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["height"] > 100
