"""The short pages of a comparison and of a validation: as short, closed and clean as that of a run."""

from __future__ import annotations

import re

import pytest

from helpers.screens import SCREENS
from misid import api

pytestmark = pytest.mark.e2e

WORDS, TABLES, BYTES = 1_600, 6, 1_200_000
LONG = {1280: 7, 390: 14}
TRADE = (
    "FPIR", "FNIR", "closed form", "decades", "row factor", "envelope", "mode", "held", "at best values",
)  # fmt: skip
MAKE = {
    "rules": lambda: api.compare("field-app", "all", encounters=3000, seed=2, workers=1),
    "booth": lambda: api.compare("booth-one-to-one", "all", encounters=3000, seed=2, workers=1),
    "two": lambda: api.compare("field-app", against="police-live"),
    "best": lambda: api.compare("booking-photos", "all", encounters=3000, seed=2, workers=1),
    "validation": api.validate,
}


FIRST, SENTENCE = 170, 18
# Words that start above the fold, without the link that only a keyboard shows.
ABOVE = r"""() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
    while (walker.nextNode()) {
        const node = walker.currentNode, of = node.parentElement;
        if (of.closest("script, style, .skip") || !of.checkVisibility()) continue;
        const range = document.createRange();
        range.selectNode(node);
        const box = range.getClientRects()[0];
        if (box && box.width > 1 && box.top < innerHeight) found.push(node.textContent);
    }
    return found.join(" ").match(/\S*[\p{L}\p{N}]\S*/gu).length;
}"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Folder of each result, by what it is."""
    root = tmp_path_factory.mktemp("others")
    return {name: make().save(root / name) for name, make in MAKE.items()}


@SCREENS
@pytest.mark.parametrize("name", MAKE)
def test_the_page_is_short_and_nothing_stands_in_a_readers_way(open_page, axe, folders, name, width, height, dark):
    file = folders[name] / "report.html"
    page, seen = open_page(file, width=width, height=height, dark=dark)
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
        chart.locator("svg").wait_for()
    assert file.stat().st_size < BYTES
    assert page.evaluate("document.documentElement.scrollHeight") <= LONG[width] * height
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.querySelectorAll('table')].filter(t => t.checkVisibility()).length") <= TABLES
    words = page.evaluate("document.body.innerText").split()
    assert len(words) <= WORDS, len(words)
    assert not [w for w in TRADE if re.search(rf"\b{w}\b", " ".join(words))]
    assert axe(page) == []
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.faults() == []


@pytest.mark.parametrize("name", MAKE)
def test_links_arrive_in_the_appendix_and_lead_back(open_page, folders, name):
    page, _ = open_page(folders[name] / "report.html")
    appendix = (folders[name] / "appendix.html").read_text("utf-8")
    assert 'href="report.html"' in appendix
    anchors = []
    for link in page.locator("main a[href]").all():
        file, _, anchor = link.get_attribute("href").partition("#")
        if not file:
            assert page.locator(f"#{anchor}").count() == 1, anchor
            continue
        assert file.startswith("data:text/csv") or (folders[name] / file).is_file(), file
        if file == "appendix.html" and anchor:
            anchors.append(anchor)
            assert f'id="{anchor}"' in appendix, anchor
    assert anchors
    assert "appendix.html" in (folders[name] / "provenance.json").read_text("utf-8")


def test_first_comes_what_weighs_most(open_page, folders):
    page, _ = open_page(folders["validation"] / "report.html")
    assert page.locator("#known").inner_text().startswith("In the street misid fails: in 4 of 5 places")
    page, _ = open_page(folders["rules"] / "report.html")
    lead = page.locator("#known").inner_text()
    for words in ("At any rate", "spares most", "It loses", "cannot touch"):
        assert words in lead


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
@pytest.mark.parametrize("name", ["rules", "two"])
def test_a_comparison_is_said_in_few_words_above_the_fold(open_page, folders, name, width, height):
    page, _ = open_page(folders[name] / "report.html", width=width, height=height)
    page.locator(".chart svg").first.wait_for()
    assert page.evaluate(ABOVE) <= FIRST


@pytest.mark.parametrize("name", ["rules", "two", "best"])
def test_sentences_of_a_comparison_are_short(open_page, folders, name):
    page, _ = open_page(folders[name] / "report.html")
    texts = page.locator("#known, .told p, .shown li").all_inner_texts()
    sentences = [part.split() for text in texts for part in re.split(r"(?<=[.!?]) (?=[A-Z'])", text)]
    assert sum(map(len, sentences)) / len(sentences) < SENTENCE


def test_a_list_without_a_threshold_is_not_said_to_name_strangers(open_page, folders):
    page, _ = open_page(folders["best"] / "report.html")
    lead = page.locator("#known").inner_text()
    assert lead.startswith(
        "Whoever is enrolled, 2 of 4 other rules spare people. Where the best 50 candidates are shown, "
        "whatever their scores, "
    )
    assert "strangers" not in page.locator("main").inner_text().partition("Run it again")[0]
