"""A page about one algorithm in a browser: whole, readable at two widths, on both grounds and in forced colours."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from misid.findings import evaluation_page
from misid.report import appendix, render

pytestmark = pytest.mark.e2e

sys.path.append(str(Path(__file__).parents[1] / "helpers"))
made_up = importlib.import_module("made_up_evaluation")

GROUNDS = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
WIDTHS = pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
ABOUT = {"rerun": "misid evaluate scores.parquet", "digest": "a3a3a3a3", "version": "9.8.7"}

CUT = """width => [...document.querySelectorAll(".chart svg text")].filter(word => {
    const box = word.getBoundingClientRect();
    return word.textContent && box.width && (box.left < -1 || box.right > width);
}).map(word => word.textContent)"""


@pytest.fixture(scope="module")
def said():
    return evaluation_page(made_up.full())


@pytest.fixture(scope="module")
def page_file(said, tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("evaluation") / "report.html"
    file.write_text(render(appendix(said), **ABOUT), encoding="utf-8")
    return file


def all_drawn(page) -> None:
    charts = page.locator(".chart").count()
    page.locator(".chart[data-state=drawn]").nth(charts - 1).wait_for(state="attached")


@GROUNDS
@WIDTHS
def test_page_has_no_fault_and_never_goes_sideways(open_page, axe, page_file, width, height, dark):
    page, seen = open_page(page_file, width=width, height=height, dark=dark)
    all_drawn(page)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert axe(page) == []
    assert seen.faults() == []


@WIDTHS
def test_every_section_stands_there_and_no_chart_is_cut(open_page, page_file, said, width, height):
    page, _ = open_page(page_file, width=width, height=height)
    all_drawn(page)
    assert page.locator("#known").inner_text() == said.known
    for section in said.sections:
        part = page.locator(f"section#{section.id}")
        assert part.locator("h2").inner_text() == section.title
        assert part.locator(".chart").count() == len(section.charts)
        for chart in part.locator(".chart").all():
            box = chart.locator("svg").bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["height"] > 100
    # A word that runs over the edge of its drawing is cut by the phone's.
    assert page.evaluate(CUT, width) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_numbers_of_the_map_of_groups_stand_in_the_ink_of_the_page(open_page, page_file, dark):
    page, _ = open_page(page_file, dark=dark)
    all_drawn(page)
    style = "e => [getComputedStyle(e).fill, getComputedStyle(e).stroke, getComputedStyle(document.body).color]"
    for name in (".cells_marks", ".undercells_marks"):
        fill, stroke, ink = page.locator(f"#groups {name} text").first.evaluate(style)
        assert (fill, stroke) == (ink, "none")


def test_map_of_groups_can_be_read_in_forced_colours(open_page, page_file):
    page, seen = open_page(page_file, forced_colors="active")
    all_drawn(page)
    text = page.locator("#groups .cells_marks text").first
    fill, ground = text.evaluate("e => [getComputedStyle(e).fill, getComputedStyle(document.body).backgroundColor]")
    assert fill != ground
    assert seen.faults() == []


def test_bare_page_opens_without_a_fault(open_page, axe, tmp_path):
    file = tmp_path / "bare.html"
    file.write_text(render(appendix(evaluation_page(made_up.bare())), **ABOUT), encoding="utf-8")
    page, seen = open_page(file, width=390, height=844)
    all_drawn(page)
    assert axe(page) == []
    assert seen.faults() == []
