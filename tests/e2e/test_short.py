"""The short page of every packaged scenario: what it may hold at most, and that it opens closed, clean and complete."""

import csv
import io
import json
import re
from urllib.parse import unquote

import pytest

from helpers.screens import drawn
from misid.scenario import scenario_names

pytestmark = pytest.mark.e2e

WORDS, TABLES, BYTES = 1_600, 6, 1_200_000
SCREENS = [(1280, 900, 7), (390, 844, 14)]
# Words of the trade that a reader of the page need not know; folds and the appendix may have them.
TRADE = (
    "FPIR", "FNIR", "closed form", "decades", "row factor", "envelope", "mode", "held", "at best values",
)  # fmt: skip
RUNS = [*((name, 0) for name in scenario_names()), ("field-app", 20_000)]
TITLED = """[...document.querySelectorAll('.chart')].every(chart =>
    chart.checkVisibility() && document.getElementById(chart.getAttribute('aria-labelledby')).checkVisibility())"""
SENTENCES = """[...document.querySelectorAll('main p, main li, main h1')]
    .filter(x => x.getClientRects().length && !x.querySelector('p, li')).map(x => x.innerText)"""


@pytest.fixture(scope="module")
def folders(by_command):
    """Return a function: scenario and encounters → result folder."""
    return lambda name, encounters=0: by_command(name, encounters)[0]


def visible_words(page) -> list[str]:
    """Words of the page as a person sees them: of a choice the chosen option alone."""
    page.evaluate("document.querySelectorAll('option:not(:checked)').forEach(option => option.remove())")
    return page.evaluate("document.body.innerText").split()


@pytest.mark.parametrize(("width", "height", "most"), SCREENS)
@pytest.mark.parametrize(("name", "encounters"), RUNS)
def test_the_page_is_short(open_page, folders, name, encounters, width, height, most):
    file = folders(name, encounters) / "report.html"
    page, seen = open_page(file, width=width, height=height)
    drawn(page)
    assert page.evaluate(TITLED)
    assert file.stat().st_size < BYTES
    assert page.evaluate("document.documentElement.scrollHeight") <= most * height
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tables = "[...document.querySelectorAll('table')].filter(table => table.checkVisibility()).length"
    assert page.evaluate(tables) <= TABLES
    sentences = [s for text in page.evaluate(SENTENCES) for s in re.split(r"(?<=[.?!])\s+", text) if " " in s.strip()]
    assert sum(len(s.split()) for s in sentences) / len(sentences) < 18
    words = visible_words(page)
    assert len(words) <= WORDS, len(words)
    assert not [w for w in TRADE if re.search(rf"\b{w}\b", " ".join(words))]
    assert seen.faults() == []


@pytest.mark.parametrize("name", scenario_names())
def test_all_questions_are_answered_in_few_words_and_lead_to_the_appendix(open_page, folders, name):
    page, _ = open_page(folders(name) / "report.html")
    appendix = (folders(name) / "appendix.html").read_text("utf-8")
    items = page.locator("#questions li")
    answers = json.loads((folders(name) / "results.json").read_text("utf-8"))["answers"]
    assert items.count() == sum(answer["answered"] for answer in answers)
    silent = [answer["id"] for answer in answers if not answer["answered"]]
    said = page.locator("#questions > .told").inner_text()
    assert all(id_ in said for id_ in silent)
    for item in items.all():
        assert int(item.get_attribute("value")) == int(item.get_attribute("id")[1:])
        answer = item.locator("p").inner_text()
        assert 0 < len(answer.split()) <= 60, answer
    for link in page.locator("main a[href]").all():
        target = link.get_attribute("href")
        file, _, anchor = target.partition("#")
        assert target.startswith("data:text/csv") or (file in ("", "appendix.html", "inputs.csv")), target
        if file == "appendix.html" and anchor:
            assert f'id="{anchor}"' in appendix, target


@pytest.mark.parametrize(
    ("name", "width", "dark"),
    [  # in test_pages the first page on the other two
        ("field-app", 1280, True),
        ("field-app", 390, False),
        ("booking-photos", 1280, False),
        ("booking-photos", 390, True),
    ],
)
def test_nothing_stands_in_a_readers_way(open_page, axe, folders, name, width, dark):
    page, seen = open_page(folders(name) / "report.html", width=width, dark=dark)
    drawn(page)
    assert axe(page) == []
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.faults() == []


def test_links_lead_there_and_back(open_page, folders):
    page, seen = open_page(folders("field-app") / "report.html")
    page.locator("#questions a").first.click()
    assert page.url.endswith("appendix.html#Q01")
    page.locator("a[href='report.html']").click()
    assert page.url.endswith("report.html")
    seen.requests = [url for url in seen.requests if not url.partition("#")[0].endswith("appendix.html")]


def test_tables_come_as_csv(open_page, folders):
    page, _ = open_page(folders("field-app") / "report.html")
    with page.expect_download() as download:
        page.locator("#rules a[download]").click()
    assert download.value.suggested_filename == "rules.csv"
    href = page.locator("#rules a[download]").get_attribute("href")
    rows = list(csv.reader(io.StringIO(unquote(href.partition(",")[2]))))
    assert rows[0][0] == "where"
    assert all(float(cell) >= 0 for row in rows[1:] for cell in row[1:])
    inputs = list(csv.reader(io.StringIO((folders("field-app") / "inputs.csv").read_text("utf-8"))))
    assert len(inputs) == 1 + page.locator("#inputs tbody tr").count()


def test_print_is_six_pages_at_most(open_page, folders):
    page, _ = open_page(folders("field-app") / "report.html")
    drawn(page)
    pdf = page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 6
