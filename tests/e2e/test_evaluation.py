"""A page about one algorithm in a browser: whole, readable at two widths, on both grounds and in forced colours."""

from __future__ import annotations

import importlib
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.screens import OTHER_SCREENS, SCREENS, drawn
from misid.findings import evaluation_page
from misid.report import appendix, render, short

pytestmark = pytest.mark.e2e

sys.path.append(str(Path(__file__).parents[1] / "helpers"))
made_up = importlib.import_module("made_up_evaluation")

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


@OTHER_SCREENS  # on the others in test_pages
def test_page_has_no_fault_and_never_goes_sideways(open_page, axe, page_file, width, height, dark):
    page, seen = open_page(page_file, width=width, height=height, dark=dark)
    drawn(page)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert axe(page) == []
    assert seen.faults() == []


@WIDTHS
def test_every_section_stands_there_and_no_chart_is_cut(open_page, page_file, said, width, height):
    page, _ = open_page(page_file, width=width, height=height)
    drawn(page)
    assert page.locator("#known").inner_text() == said.lead
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
    drawn(page)
    style = "e => [getComputedStyle(e).fill, getComputedStyle(e).stroke, getComputedStyle(document.body).color]"
    for name in (".cells_marks", ".undercells_marks"):
        fill, stroke, ink = page.locator(f"#groups {name} text").first.evaluate(style)
        assert (fill, stroke) == (ink, "none")


def test_map_of_groups_can_be_read_in_forced_colours(open_page, page_file):
    page, seen = open_page(page_file, forced_colors="active")
    drawn(page)
    text = page.locator("#groups .cells_marks text").first
    fill, ground = text.evaluate("e => [getComputedStyle(e).fill, getComputedStyle(document.body).backgroundColor]")
    assert fill != ground
    assert seen.faults() == []


def test_bare_page_opens_without_a_fault(open_page, axe, tmp_path):
    file = tmp_path / "bare.html"
    file.write_text(render(appendix(evaluation_page(made_up.bare())), **ABOUT), encoding="utf-8")
    page, seen = open_page(file, width=390, height=844)
    drawn(page)
    assert axe(page) == []
    assert seen.faults() == []


# The short page

WORDS, FIRST, TABLES, BYTES, SENTENCE = 1_600, 170, 6, 1_200_000, 18
SCREENS_LONG = {1280: 7, 390: 14}
SENTENCES = """[...document.querySelectorAll('main p, main li, main h1')]
    .filter(x => x.getClientRects().length && !x.querySelector('p, li')).map(x => x.innerText)"""
# Words of the text and of drawings whose place is on the first screen.
FIRST_WORDS = """height => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
    let n = 0;
    while (walker.nextNode()) {
        const text = walker.currentNode, parent = text.parentElement;
        if (["SCRIPT", "STYLE"].includes(parent.tagName) || !parent.checkVisibility()) continue;
        for (const word of text.textContent.matchAll(/\\S*[\\p{L}\\p{N}]\\S*/gu)) {
            range.setStart(text, word.index);
            range.setEnd(text, word.index + word[0].length);
            const box = range.getBoundingClientRect();
            n += box.width > 0 && box.top >= 0 && box.top < height && box.left < innerWidth;
        }
    }
    return n;
}"""


def hostile():
    """A name of 10,000 letters, markup, a formula, and letters that turn the direction."""
    e = made_up.full()
    names = ("<img src=x onerror=alert(1)>", "=1+1", "\u202eturned", "x" * 10_000, "other groups")
    return replace(e, name="n" * 10_000, against="\u202e<b>", differentials=replace(e.differentials, names=names))


def alone():
    return replace(made_up.full(), compared={}, against="", against_pairs=None, against_searches=None)


MAKE = {"two": made_up.full, "one": alone, "bare": made_up.bare, "hostile": hostile}


@SCREENS
@pytest.mark.parametrize("name", MAKE)
def test_short_page_is_short_closed_and_clean(open_page, axe, tmp_path, name, width, height, dark):
    file = tmp_path / "report.html"
    file.write_text(render(short(evaluation_page(MAKE[name]())), **ABOUT), encoding="utf-8")
    page, seen = open_page(file, width=width, height=height, dark=dark)
    drawn(page)
    assert file.stat().st_size < BYTES
    assert page.evaluate("document.documentElement.scrollHeight") <= SCREENS_LONG[width] * height
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("[...document.querySelectorAll('table')].filter(t => t.checkVisibility()).length") <= TABLES
    assert len(page.evaluate("document.body.innerText").split()) <= WORDS
    assert page.evaluate(FIRST_WORDS, height) <= FIRST
    sentences = [s for text in page.evaluate(SENTENCES) for s in re.split(r"(?<=[.?!])\s+", text) if " " in s.strip()]
    assert sum(len(s.split()) for s in sentences) / len(sentences) < SENTENCE
    assert page.evaluate(CUT, width) == []
    assert axe(page) == []
    assert seen.faults() == []


def test_first_screen_has_counts_rates_and_the_trade_off_of_both(open_page, tmp_path):
    file = tmp_path / "report.html"
    file.write_text(render(short(evaluation_page(made_up.full())), **ABOUT), encoding="utf-8")
    page, _ = open_page(file)
    drawn(page)
    for name in ("#known", "#not-validated", "#points-comparisons table", "#det-comparisons .chart"):
        assert page.locator(name).bounding_box()["y"] < 900, name
    legend = page.locator("#det-comparisons .chart").text_content()
    assert "mobilefacenet-v2" in legend
    assert "mobilefacenet-v1" in legend


def test_printed_it_takes_few_pages(open_page, tmp_path):
    file = tmp_path / "report.html"
    file.write_text(render(short(evaluation_page(made_up.full())), **ABOUT), encoding="utf-8")
    page, _ = open_page(file)
    drawn(page)
    pages = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))
    assert 1 <= len(pages) <= 6
