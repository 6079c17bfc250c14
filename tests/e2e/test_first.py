"""The first screen in a browser: each choice moves sentence, dots and axis to the numbers of its cell of the grid."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from markupsafe import Markup

from helpers.screens import SCREENS
from misid.findings import estimates_of
from misid.report import first_screen
from misid.report.page import environment, policy, text
from misid.scenario import load_scenario

pytestmark = pytest.mark.e2e

SCENARIOS = ("field-app", "field-app-careful", "police-live", "booking-photos", "booth-one-to-one")
PAGE = """{% from "first.html.j2" import first %}
<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>misid</title><link rel="icon" href="data:,"><style>{{ style }}</style></head>
<body><main><div class="screen">
<header class="top"><p class="brand"><span class="mark">misid</span> <span class="synthetic">SYNTHETIC</span></p>
<p class="scenario">{{ title }}</p></header>
{{ first(screen) }}
</div></main><script type="module">{{ script }}</script></body></html>"""
SHOWN_WORDS = """() => {
    for (const select of document.querySelectorAll("select"))
        select.replaceWith(select.selectedOptions[0].textContent);
    return document.body.innerText.match(/\\S*[\\p{L}\\p{N}]\\S*/gu).length;
}"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, Path]:
    folder, found = tmp_path_factory.mktemp("first"), {}
    script, style = text("first.js"), text("report.css") + text("first.css")
    for name in SCENARIOS:
        scenario = load_scenario(name)
        found[name] = folder / f"{name}.html"
        html = (
            environment()
            .from_string(PAGE)
            .render(
                policy=policy((script,)),
                script=Markup(script),
                style=Markup(style),
                title=scenario.title,
                screen=first_screen(estimates_of(scenario)),
            )
        )
        found[name].write_text(html, encoding="utf-8")
    return found


def grid_of(page) -> dict:
    return json.loads(page.locator("#first-screen-data").text_content())


def left(place) -> float:
    return float(re.search(r"left: ([\d.]+)%", place.get_attribute("style"))[1])


def assert_shows(page, stop: int, record: int, phi: int) -> None:
    """The page shows the numbers of one cell: in the sentence, the legend, the dots and on the axis."""
    grid = grid_of(page)
    evidence, weighs, cells = grid["stops"][stop]
    texts, dots, hollow, _, _, part, _ = cells[record][phi]
    for name, i in zip(grid["names"], texts, strict=True):
        place = page.locator(f"#fs-{name}")
        assert not place.count() or place.text_content() == grid["words"][i]
    assert float(page.locator("#fs-part").get_attribute("width")) == part
    for kind, count in zip([*grid["kinds"], "supported"], dots, strict=True):
        assert page.locator(f"#fs-dot-{kind}").get_attribute("d").count("M") == count
    assert page.locator("#fs-dot-hollow").get_attribute("d").count("M") == hollow
    for name, at in (("stop", stop), ("record", record), ("phi", phi)):
        if page.locator(f"#fs-{name}").count():
            assert page.locator(f"#fs-{name}").input_value() == str(at)
    handle = page.locator("#fs-handle")
    assert f"--at: {grid['places'][phi]:g}%" in page.locator("#fs-plane").get_attribute("style")
    assert handle.get_attribute("aria-valuenow") == str(phi)
    assert handle.get_attribute("aria-valuetext") == grid["spoken"][phi]
    for row, (at, alt) in zip(page.locator(".fs-scale").all(), weighs[record], strict=True):
        assert row.get_attribute("aria-label") == alt
        assert re.findall(r"[\d.]+", row.get_attribute("style")) == [f"{at:g}"]
    for row, (at, *_, alt) in zip(page.locator(".fs-bars").all(), evidence, strict=True):
        assert row.get_attribute("aria-label") == alt
        assert left(row.locator(".fs-at")) == at


@SCREENS
@pytest.mark.parametrize("name", SCENARIOS)
def test_all_of_it_is_on_the_first_screen(open_page, axe, pages, name, width, height, dark):
    page, seen = open_page(pages[name], width=width, height=height, dark=dark)
    assert page.locator(".fs").evaluate("e => e.getBoundingClientRect().bottom") <= height
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for text_of in page.locator(".fs-worse, .fs-scale, .fs-label, .fs-marks li, .fs-sentence, .fs-say").all():
        box = text_of.bounding_box()
        assert box is None or (box["x"] >= 0 and box["x"] + box["width"] <= width + 0.5)
    assert axe(page) == []
    assert seen.faults() == []
    if not dark:
        assert page.evaluate(SHOWN_WORDS) <= 170


def test_every_select_is_moved_by_the_keyboard(open_page, pages):
    page, seen = open_page(pages["field-app"])
    start = grid_of(page)["start"]
    now = list(start)
    assert_shows(page, *now)
    for where, name in enumerate(("stop", "record", "phi")):
        page.locator(f"#fs-{name}").focus()
        for key, step in (("ArrowDown", 1), ("ArrowDown", 1), ("ArrowUp", -1)):
            page.keyboard.press(key)
            now[where] += step
            assert_shows(page, *now)
    assert now != start
    assert seen.faults() == []


def test_the_slider_is_moved_by_the_keyboard_and_keeps_step_with_the_select(open_page, pages):
    page, seen = open_page(pages["field-app"])
    stop, record, phi = grid_of(page)["start"]
    last = len(grid_of(page)["places"]) - 1
    handle = page.get_by_role("slider", name=re.compile("Strangers named"))
    handle.focus()
    for key, to in (("ArrowRight", phi + 1), ("ArrowUp", phi + 2), ("ArrowLeft", phi + 1), ("Home", 0), ("End", last)):
        page.keyboard.press(key)
        assert_shows(page, stop, record, to)
    page.keyboard.press("ArrowRight")
    assert_shows(page, stop, record, last)
    page.keyboard.press("PageDown")
    assert_shows(page, stop, record, last - 3)
    assert seen.faults() == []


def test_the_slider_is_dragged(open_page, pages):
    page, seen = open_page(pages["field-app"], width=390, height=844)
    stop, record, _ = grid_of(page)["start"]
    places = grid_of(page)["places"]
    line = page.locator("#fs-line").bounding_box()
    y = line["y"] + line["height"] / 2
    page.mouse.move(line["x"] + line["width"] * places[2] / 100, y)
    page.mouse.down()
    assert_shows(page, stop, record, 2)
    page.mouse.move(line["x"] + line["width"] * places[9] / 100, y + 60)
    assert_shows(page, stop, record, 9)
    page.mouse.up()
    page.mouse.move(line["x"], y)
    assert_shows(page, stop, record, 9)
    assert seen.faults() == []


def test_every_cell_fits_the_phone(open_page, pages):
    page, _ = open_page(pages["field-app"], width=390, height=844)
    for name in ("stop", "record", "phi"):
        options = page.locator(f"#fs-{name} option").count()
        for at in range(options):
            page.locator(f"#fs-{name}").select_option(str(at))
            assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_without_scripts_it_is_complete_at_the_given_values(open_page, pages):
    for name in SCENARIOS:
        on, _ = open_page(pages[name])
        drawn = on.locator("svg").evaluate("e => e.innerHTML"), on.locator(".fs-sentence").inner_text()
        off, seen = open_page(pages[name], java_script_enabled=False)
        assert (off.locator("svg").evaluate("e => e.innerHTML"), off.locator(".fs-sentence").inner_text()) == drawn
        assert off.locator("select:enabled").count() == 0
        assert off.get_by_role("slider").count() == 0
        assert seen.faults() == []


def test_forced_colours_and_paper_keep_the_marks(open_page, pages):
    page, seen = open_page(pages["field-app"], forced_colors="active")
    fills = "getComputedStyle(document.querySelector('#fs-dot-{}')).stroke"
    kinds = ("wrong_record", "wrong_person", "supported")
    assert len({page.evaluate(fills.format(kind)) for kind in kinds}) == 3
    assert page.locator(".fs-counts").nth(1).evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"
    page.emulate_media(media="print", forced_colors="none")
    assert page.locator(".fs-dots svg").bounding_box()["height"] > 50
    assert seen.faults() == []
