"""Simulated people and the comparison of rules in a browser: readable at every width, on both grounds and on paper."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from helpers.screens import DESK, PHONE, SCREENS, drawn
from misid.report import appendix, render

pytestmark = pytest.mark.e2e

sys.path.append(str(Path(__file__).parents[1] / "helpers"))
made_up, made_up_people = (importlib.import_module(name) for name in ("made_up", "made_up_people"))

WIDTHS = pytest.mark.parametrize(("width", "height"), [DESK, PHONE])
ABOUT = {"rerun": "misid run field-app", "digest": "ab" * 32, "version": "0.1"}
BOXES = "found => found.map(e => e.getBoundingClientRect().toJSON())"


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("people") / "report.html"
    file.write_text(render(appendix(made_up.findings(simulated=made_up_people.simulated())), **ABOUT), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def comparison(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("rules") / "comparison.html"
    file.write_text(render(appendix(made_up_people.comparison()), **ABOUT), encoding="utf-8")
    return file


@SCREENS
@pytest.mark.parametrize("which", ["report", "comparison"])
def test_page_has_no_fault_and_never_goes_sideways(open_page, axe, request, which, width, height, dark):
    page, seen = open_page(request.getfixturevalue(which), width=width, height=height, dark=dark)
    drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert axe(page) == []
    assert seen.faults() == []


@WIDTHS
def test_truth_stands_beside_the_phone_or_under_it(open_page, report, width, height):
    page, _ = open_page(report, width=width, height=height)
    phones = page.locator(".encounter .phone").evaluate_all(BOXES)
    truths = page.locator(".encounter .truth").evaluate_all(BOXES)
    cards = page.locator(".encounter").evaluate_all(BOXES)
    assert len(phones) == len(truths) == len(made_up_people.screens())
    for phone, truth in zip(phones, truths, strict=True):
        if width > 1000:
            assert phone["right"] <= truth["left"]
            assert truth["top"] < phone["bottom"]
        else:
            assert phone["bottom"] <= truth["top"]
    assert len({round(card["left"]) for card in cards}) == (2 if width > 1000 else 1)


@WIDTHS
def test_words_stay_inside_what_holds_them(open_page, report, width, height):
    page, _ = open_page(report, width=width, height=height)
    outside = page.evaluate(
        """[...document.querySelectorAll('.phone, .truth')].flatMap(frame => {
            const box = frame.getBoundingClientRect();
            return [...frame.querySelectorAll('dt, dd, p:not(.watermark), .verdict')].filter(words => {
                const place = words.getBoundingClientRect();
                return place.left < box.left || place.right > box.right + 1 || place.bottom > box.bottom + 1
                    || words.scrollWidth > words.clientWidth + 1;
            }).map(words => words.textContent);
        })"""
    )
    assert outside == []


@SCREENS
def test_mark_survives_a_crop(open_page, report, width, height, dark):
    """Cut a screen into eight pieces: the mark is painted in each, whatever else is there."""
    page, _ = open_page(report, width=width, height=height, dark=dark)
    for tone in ("alarm", "clear", "none"):
        phone = page.locator(f".phone.tone-{tone}").first
        phone.scroll_into_view_if_needed()
        page.wait_for_timeout(50)
        box = phone.bounding_box()
        wide, high = box["width"] / 2, box["height"] / 4
        pieces = [(box["x"] + i * wide, box["y"] + j * high) for i in range(2) for j in range(4)]
        painted = []
        for shown in ("visible", "hidden"):
            phone.locator(".watermark").evaluate("(e, shown) => { e.style.visibility = shown; }", shown)
            clips = [{"x": x, "y": y, "width": wide, "height": high} for x, y in pieces]
            painted.append([page.screenshot(clip=clip, animations="disabled") for clip in clips])
        assert all(marked != bare for marked, bare in zip(*painted, strict=True))
    faint = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.watermark')).opacity)")
    assert faint >= 0.2


def test_verdicts_differ_without_colour(open_page, report):
    page, _ = open_page(report)
    patterns = page.locator(".key .swatch").evaluate_all(
        "found => found.map(e => getComputedStyle(e).background + getComputedStyle(e).borderStyle)"
        ".map(style => style.replace(/rgba?\\([^)]*\\)/g, 'hue'))"
    )
    words = page.locator(".key .verdict").all_inner_texts()
    assert len(words) == 7
    causes = [patterns[words.index(word)] for word in ("wrong person", "wrong record", "disbelieved document")]
    assert len(set(causes)) == 3


def test_forced_colours_keep_the_outlines(open_page, axe, report):
    page, seen = open_page(report, forced_colors="active")
    phone = page.locator(".phone").first
    assert phone.evaluate("e => getComputedStyle(e).borderTopWidth") == "5px"
    pattern = "getComputedStyle(document.querySelector('.verdict-person .swatch')).backgroundImage"
    assert "gradient" in page.evaluate(pattern)
    assert seen.faults() == []


def test_paper_breaks_between_encounters_only(open_page, report):
    page, seen = open_page(report, width=700, height=1000)
    drawn(page)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    rules = page.locator(".encounter").evaluate_all("found => found.map(e => getComputedStyle(e).breakInside)")
    assert set(rules) == {"avoid"}
    heights = page.locator(".encounter").evaluate_all("found => found.map(e => e.getBoundingClientRect().height)")
    assert max(heights) < 900  # else no page could hold one
    assert seen.faults() == []


def test_people_are_there_without_scripts(open_page, report):
    page, seen = open_page(report, width=390, height=844, java_script_enabled=False)
    assert page.locator(".encounter").count() == len(made_up_people.screens())
    assert page.locator(".phone .answer").first.is_visible()
    assert seen.faults() == []


def test_keyboard_reaches_the_section(open_page, report):
    page, _ = open_page(report, reduced_motion="reduce")  # else the page is still on its way there
    page.locator("nav a[href='#people']").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#people"
    assert page.locator("#people-title").bounding_box()["y"] < 900


@WIDTHS
def test_no_words_of_a_chart_touch_or_leave_it(open_page, report, width, height):
    page, _ = open_page(report, width=width, height=height)
    drawn(page)
    faults = page.evaluate(
        """[...document.querySelectorAll('#people .chart svg')].flatMap(svg => {
            const frame = svg.getBoundingClientRect();
            const boxes = [...svg.querySelectorAll('text')].filter(text => text.textContent)
                .map(text => ({words: text.textContent, ...text.getBoundingClientRect().toJSON()}));
            const outside = boxes.filter(a => a.left < frame.left - 2 || a.right > frame.right + 2).map(a => a.words);
            const touching = boxes.flatMap((a, i) => boxes.slice(i + 1)
                .filter(b => a.left < b.right - 1 && b.left < a.right - 1)
                .filter(b => a.top < b.bottom - 3 && b.top < a.bottom - 3)
                .map(b => a.words + ' / ' + b.words));
            return [...outside, ...touching];
        })"""
    )
    assert faults == []


@WIDTHS
@pytest.mark.parametrize("rules", [6, 12])
def test_first_screen_of_a_comparison(open_page, tmp_path, width, height, rules):
    said = made_up_people.comparison(picture=made_up_people.by_rule(rules))
    file = tmp_path / "comparison.html"
    file.write_text(render(appendix(said), **ABOUT), encoding="utf-8")
    page, _ = open_page(file, width=width, height=height)
    page.wait_for_selector("#picture svg")
    for name in ("known", "not-validated"):
        box = page.locator(f"#{name}").bounding_box()
        assert box["y"] >= 0, name
        assert box["y"] + box["height"] <= height, (name, box)
    touching = page.evaluate(
        """(() => { const boxes = [...document.querySelectorAll('#picture svg .role-mark text')]
            .map(text => ({words: text.textContent, ...text.getBoundingClientRect().toJSON()}));
            return boxes.flatMap((a, i) => boxes.slice(i + 1)
                .filter(b => a.left < b.right && b.left < a.right && a.top < b.bottom - 3 && b.top < a.bottom - 3)
                .map(b => a.words + ' / ' + b.words)); })()"""
    )
    assert touching == []
