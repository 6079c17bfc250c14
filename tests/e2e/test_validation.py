"""The page of predictions in a browser: the misses on the first screen, whole at two widths and on both grounds."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from misid.findings import validation_page
from misid.report import appendix, render

pytestmark = pytest.mark.e2e

sys.path.append(str(Path(__file__).parents[1] / "helpers"))
made_up = importlib.import_module("made_up_validation")

FIRST = ("known", "in-words", "not-validated")

CUT = """width => [...document.querySelectorAll(".chart svg text")].filter(word => {
    const box = word.getBoundingClientRect();
    return word.textContent && box.width && (box.left < -1 || box.right > width);
}).map(word => word.textContent)"""


def looked_at(page, axe, width: int, height: int) -> None:
    """The first screen is whole, no word is cut, nothing goes sideways, and nobody is shut out."""
    for name in FIRST:
        box = page.locator(f"#{name}").bounding_box()
        assert box["x"] >= 0, (name, box)
        assert box["x"] + box["width"] <= width, (name, box)
        assert box["y"] >= 0, (name, box)
        assert box["y"] + box["height"] <= height, (name, box)
    charts = page.locator(".chart").count()
    page.locator(".chart[data-state=drawn]").nth(charts - 1).wait_for(state="attached")
    assert page.evaluate(CUT, width) == []  # a word that runs over the edge of its drawing is cut by the phone's
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert axe(page) == []


@pytest.mark.slow
def test_misses_lead_and_every_table_draws_its_worst_rows(open_page, axe, tmp_path):
    file = tmp_path / "report.html"
    said = validation_page(made_up.shipped(None))
    file.write_text(render(appendix(said), rerun="misid validate", version="9.8.7"), encoding="utf-8")
    for width, height, dark in ((390, 844, True), (1280, 800, False)):
        page, seen = open_page(file, width=width, height=height, dark=dark)
        looked_at(page, axe, width, height)
        assert seen.faults() == []
    page.locator('#contents a[href="#growth-fnir"]').click()
    assert page.evaluate("location.hash") == "#growth-fnir"
    dot = page.locator("#growth-fnir .chart .mark-symbol.role-mark path").last
    dot.scroll_into_view_if_needed()
    dot.hover(force=True)
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    for words in ("observed", "maker"):
        assert words in tip.inner_text()
    assert seen.faults() == []
