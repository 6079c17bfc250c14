"""The report in a browser: one screen says it all, every chart is drawn, nothing is asked of the outside."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from misid.report import appendix, render

pytestmark = pytest.mark.e2e

_spec = importlib.util.spec_from_file_location("made_up", Path(__file__).parents[1] / "helpers" / "made_up.py")
made_up = importlib.util.module_from_spec(_spec)
sys.modules["made_up"] = made_up
_spec.loader.exec_module(made_up)

SCREENS = [(1280, 800), (390, 844)]
# Each width and each ground once: neither changes what the other does.
GROUNDS = pytest.mark.parametrize(("width", "height", "dark"), [(*SCREENS[0], False), (*SCREENS[1], True)])
FIRST = ("known", "not-validated")
CHARTS = 3
LONG_WORDS = {
    "title": "A phone app over 200 million images, as the press reports it and as two memoranda describe it",
    "known": made_up.findings().known + " Neither number is published, and nobody has counted either.",
    "not_validated": made_up.findings().not_validated + " Nor has anybody tested this agency.",
}


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    return written(tmp_path_factory.mktemp("report") / "report.html")


def written(file: Path, **changes: object) -> Path:
    about = {
        "rerun": "misid run field-app --seed 1 --out " + "a-long-name/" * 12,
        "digest": "ab" * 32,
        "version": "0.1",
    }
    file.write_text(render(appendix(made_up.findings(**changes)), **about), encoding="utf-8")
    return file


def all_drawn(page) -> None:
    # By element: a condition in words would be a string to evaluate, which the page's policy refuses.
    page.locator(".chart[data-state=drawn]").nth(CHARTS - 1).wait_for(state="attached")


def on_first_screen(page, width: int, height: int) -> None:
    page.wait_for_selector("#picture svg")
    for name in FIRST:
        box = page.locator(f"#{name}").bounding_box()
        assert box["x"] >= 0, (name, box)
        assert box["x"] + box["width"] <= width, (name, box)
        assert box["y"] >= 0, (name, box)
        assert box["y"] + box["height"] <= height, (name, box)
        clipped = "e => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1"
        assert not page.locator(f"#{name}").evaluate(clipped), name
    drawing = page.locator("#picture svg").bounding_box()
    assert drawing["y"] < height - 100
    assert drawing["height"] > 150
    assert drawing["width"] > 300


@GROUNDS
def test_lead_and_what_was_tested_come_first(open_page, report, width, height, dark):
    page, _ = open_page(report, width=width, height=height, dark=dark)
    on_first_screen(page, width, height)


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_longer_words_fit_too(open_page, tmp_path, width, height):
    page, _ = open_page(written(tmp_path / "long.html", **LONG_WORDS), width=width, height=height)
    on_first_screen(page, width, height)


@GROUNDS
def test_every_chart_is_drawn_and_nothing_else_happens(open_page, axe, report, width, height, dark):
    page, seen = open_page(report, width=width, height=height, dark=dark)
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
    all_drawn(page)
    assert page.locator(".chart svg").count() == CHARTS
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for svg in page.locator(".chart svg").all():
        box = svg.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width + 1
    assert seen.faults() == []
    assert axe(page) == []
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert seen.faults() == []


def test_charts_far_below_are_drawn_for_the_printer_without_scrolling(open_page, report):
    page, _ = open_page(report)
    all_drawn(page)


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_no_words_of_a_chart_fall_outside_it(open_page, report, width, height):
    page, _ = open_page(report, width=width, height=height)
    all_drawn(page)
    outside = page.evaluate(
        """[...document.querySelectorAll('.chart svg')].flatMap(svg => {
            const frame = svg.getBoundingClientRect();
            return [...svg.querySelectorAll('text')].filter(text => {
                const box = text.getBoundingClientRect();
                return box.width && (box.left < frame.left - 2 || box.right > frame.right + 2);
            }).map(text => text.textContent);
        })"""
    )
    assert outside == []


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_labels_of_an_axis_do_not_touch(open_page, report, width, height):
    page, _ = open_page(report, width=width, height=height)
    all_drawn(page)
    touching = page.evaluate(
        """[...document.querySelectorAll('.chart svg .role-axis-label')].flatMap(axis => {
            const boxes = [...axis.querySelectorAll('text')].filter(text => text.textContent)
                .map(text => ({words: text.textContent, ...text.getBoundingClientRect().toJSON()}));
            return boxes.flatMap((a, i) => boxes.slice(i + 1)
                .filter(b => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
                .map(b => a.words + ' / ' + b.words));
        })"""
    )
    assert touching == []


def test_tooltip_says_cause_value_and_range(open_page, report):
    page, seen = open_page(report)
    page.wait_for_selector("#picture svg")
    page.locator("#picture .mark-symbol path").first.hover(force=True)
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert "range" in tip.inner_text()
    assert "record" in tip.inner_text()
    assert seen.faults() == []


def test_ground_can_change_while_the_page_is_open(open_page, report):
    page, seen = open_page(report)
    page.wait_for_selector("#picture svg text")
    ink = "getComputedStyle(document.querySelector('#picture svg text')).fill"
    line = "getComputedStyle(document.querySelector('#picture .mark-line path')).stroke"
    light = page.evaluate(ink), page.evaluate(line)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(ink), page.evaluate(line)
    assert light[0] != dark[0]
    assert light[1] != dark[1]
    page.emulate_media(color_scheme="dark", media="print")
    assert (page.evaluate(ink), page.evaluate(line)) == light  # paper is white
    assert seen.faults() == []


def test_paper_has_what_is_open_and_no_more(open_page, report):
    page, seen = open_page(report, width=700, height=1000)
    all_drawn(page)
    page.emulate_media(media="print")
    assert page.locator("nav").is_hidden()
    assert page.locator("details").count() > 3
    assert not [table for table in page.locator("details:not([open]) table").all() if table.is_visible()]
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    page.emulate_media(media="screen")
    assert len(page.pdf()) > 50_000
    assert seen.faults() == []


def test_keyboard_alone_is_enough(open_page, report):
    page, _ = open_page(report)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#contents"
    fold = page.locator("#Q03 details").last
    fold.locator("summary").focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    assert fold.locator("table").is_visible()
    wide = page.locator("#Q01 .scroll").first
    wide.focus()
    assert wide.evaluate("e => e === document.activeElement")


def test_wide_tables_scroll_inside_their_frame(open_page, report):
    page, _ = open_page(report, width=390, height=844)
    frame = page.locator("#Q01 .scroll").first
    assert frame.evaluate("e => e.scrollWidth > e.clientWidth")
    frame.evaluate("e => { e.scrollLeft = 200; }")
    assert frame.evaluate("e => e.scrollLeft") > 100
    assert page.evaluate("scrollX") == 0


def test_without_scripts_nothing_is_missing_but_the_drawings(open_page, axe, report):
    page, seen = open_page(report, width=390, height=844, java_script_enabled=False)
    assert page.locator("#known").is_visible()
    assert page.locator("#picture-summary").is_visible()
    assert page.locator("#Q01 table").first.is_visible()
    page.locator("#Q03 figure summary").click()
    assert page.locator("#Q03 figure table").is_visible()
    assert page.locator(".chart").first.is_hidden()
    assert seen.faults() == []
