"""Every kind of page in a browser: open to everybody, on paper, without scripts, with what goes along from it."""

from __future__ import annotations

import csv
import importlib
import re
import sys
from pathlib import Path

import pytest

from helpers.screens import drawn
from misid import api
from misid.findings import Page, Section, Table, evaluation_page
from misid.report import appendix, render, short

pytestmark = pytest.mark.e2e

sys.path.append(str(Path(__file__).parents[1] / "helpers"))
made_up_evaluation = importlib.import_module("made_up_evaluation")

FEW = {"encounters": 3000, "seed": 2, "workers": 1}
MAKE = {
    "run": lambda: api.run("field-app", **FEW)._pages(),
    "compare": lambda: api.compare("field-app", ["lead_only", "second_reader+documents_count"], **FEW)._pages(),
    "evaluate": lambda: _evaluated(),
    "validate": lambda: api.validate()._pages(),
}
PAGES = [(kind, name) for kind in MAKE for name in ("report.html", "appendix.html")]
BY_PAGE = pytest.mark.parametrize(("kind", "name"), PAGES)
DIGITS = 8
# Of a table or what frames it: columns that lie outside of what can be seen and cannot be scrolled to.
LOST = """[...document.querySelectorAll('th, td')].filter(cell => {
    const frame = cell.closest('.scroll'), box = cell.getBoundingClientRect();
    if (!box.width || box.right <= innerWidth) return false;
    return !frame || !['auto', 'scroll'].includes(getComputedStyle(frame).overflowX) || frame.tabIndex < 0;
}).map(cell => cell.textContent)"""
REACHABLE = """[...document.querySelectorAll("a[href], button, select:not([disabled]), summary, [tabindex='0']")]
    .filter(one => one.checkVisibility()).length"""
FOCUSED = """() => { const here = document.activeElement, style = getComputedStyle(here);
    const box = here.getBoundingClientRect();
    return {tag: here.tagName, seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
            inside: box.bottom > 0 && box.top < innerHeight && box.width > 0 || here.tagName === 'BODY'}; }"""


def _evaluated() -> dict[str, str]:
    said, about = evaluation_page(made_up_evaluation.full()), {"rerun": "misid evaluate", "version": "0", "digest": "0"}
    return {"report.html": render(short(said), **about), "appendix.html": render(appendix(said), **about)}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return a function: kind and name of a page → file, made once."""
    root, made = tmp_path_factory.mktemp("pages"), {}

    def file(kind: str, name: str) -> Path:
        if kind not in made:
            made[kind] = root / kind
            made[kind].mkdir()
            for page, text in MAKE[kind]().items():
                (made[kind] / page).write_text(text, encoding="utf-8")
        return made[kind] / name

    return file


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@BY_PAGE
def test_nobody_is_shut_out(open_page, axe, files, kind, name, dark):
    page, seen = open_page(files(kind, name), width=390 if dark else 1280, dark=dark)
    drawn(page)
    assert axe(page) == []
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= (390 if dark else 1280)
    if dark:
        assert page.evaluate(LOST) == []
    assert seen.faults() == []


@pytest.mark.parametrize("kind", MAKE)
def test_the_keyboard_reaches_everything_and_the_focus_is_seen(open_page, files, kind):
    page, _ = open_page(files(kind, "report.html"), reduced_motion="reduce")
    drawn(page)
    wanted = page.evaluate(REACHABLE)
    reached = 0
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        if here["tag"] == "BODY":
            break
        assert here["seen"], here
        assert here["inside"], here
        reached += 1
    assert reached >= wanted


@pytest.mark.parametrize("kind", ["run", "compare"])
def test_what_goes_along(open_page, files, kind, tmp_path):
    page, seen = open_page(files(kind, "report.html"))
    drawn(page)
    button = page.locator("figure .take button").first
    with page.expect_download() as download:
        button.click()
    picture = Path(download.value.path()).read_text("utf-8")
    assert download.value.suggested_filename.endswith(".svg")
    title = page.locator("figure figcaption").first.inner_text()
    words = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", picture))
    for part in (*title.split(), "SYNTHETIC"):
        assert part in words
    assert picture.startswith("<svg")
    assert "http" not in picture.replace("http://www.w3.org/", "")
    (tmp_path / "picture.svg").write_text(picture, encoding="utf-8")
    alone, _ = open_page(tmp_path / "picture.svg")
    assert alone.evaluate("document.documentElement.getBBox().width") > 200
    with page.expect_download() as download:
        page.locator("figure .take a[download]").first.click()
    rows = list(csv.reader(Path(download.value.path()).read_text("utf-8").splitlines()))
    assert len(rows) > 3
    assert len({len(row) for row in rows}) == 1
    numbers = [cell for row in rows[1:] for cell in row if re.fullmatch(r"-?[\d.]+(e-?\d+)?", cell)]
    assert len(numbers) > 5
    assert all(len(re.sub(r"e.*|\D", "", cell).lstrip("0")) <= DIGITS for cell in numbers)
    page.locator("figure .take a[href^='#']").first.click()
    assert page.evaluate("document.querySelector(location.hash).tagName") == "FIGURE"
    assert seen.faults() == []


@pytest.mark.parametrize("kind", MAKE)
def test_without_scripts_the_page_is_whole_and_offers_nothing_that_cannot_work(open_page, files, kind):
    page, seen = open_page(files(kind, "report.html"), java_script_enabled=False)
    assert not [button for button in page.locator("button").all() if button.is_visible()]
    assert not [chart for chart in page.locator(".chart").all() if chart.is_visible()]
    for figure in page.locator("figure").all():
        figure.locator("summary").click()
        assert figure.locator("table").is_visible()
        assert figure.locator("a[download]").is_visible()
    assert page.locator("h1").is_visible()
    assert seen.faults() == []


@pytest.mark.parametrize("width", [1280, 390])
def test_labels_of_ten_thousand_letters_stay_in_their_place(open_page, tmp_path, width):
    label = "x" * 10_000
    table = Table(label, (label, "people", label), ((label, 3, label),), label)
    sections = (Section("a", label, label, tables=(table,)), Section("b", label, label, points=(label,)))
    file = tmp_path / "report.html"
    said = Page(label, "SYNTHETIC", label, label, sections, (label,))
    file.write_text(render(said, rerun=label, version="0"), encoding="utf-8")
    page, seen = open_page(file, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(LOST) == []
    assert seen.faults() == []


def test_forced_colours_keep_dots_bars_and_lines_apart(open_page, axe, files):
    page, seen = open_page(files("run", "report.html"), forced_colors="active")
    drawn(page)
    lines = page.locator("figure .mark-line path[stroke-dasharray]").evaluate_all(
        "found => found.map(e => [getComputedStyle(e).stroke, getComputedStyle(e).strokeDasharray])"
    )
    assert len(lines) > 1
    for values in zip(*lines, strict=True):
        assert len(set(values)) == len(lines)  # apart by colour, and by dashes alone
    dots = page.locator(".fs-dot").evaluate_all(
        "found => found.map(e => getComputedStyle(e).stroke + getComputedStyle(e).strokeLinecap)"
    )
    assert len(set(dots)) >= 3
    assert page.locator(".fs-bars .fs-counts:not([hidden])").first.evaluate(
        "e => getComputedStyle(e).borderTopStyle"
    ) != page.locator(".fs-bars .fs-assumed:not([hidden])").first.evaluate("e => getComputedStyle(e).borderTopStyle")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    for ink in (".take a", "td", ".fs-label", "figcaption"):
        assert page.locator(ink).first.evaluate("e => getComputedStyle(e).color") != ground
    assert axe(page) == []
    assert seen.faults() == []


@pytest.mark.parametrize(("kind", "name", "most"), [("run", "report.html", 6), ("run", "appendix.html", 28)])
def test_paper(open_page, files, kind, name, most):
    page, _ = open_page(files(kind, name))
    drawn(page)
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= most
