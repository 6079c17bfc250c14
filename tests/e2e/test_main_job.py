"""The main job as a person does it: one command, then the page, at a desk and on a phone."""

import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from misid.scenario import scenario_names

MISID = Path(sys.executable).parent / "misid"
SCREENS = [(1280, 800), (390, 844)]
FIRST = ("known", "not-validated")


@pytest.fixture(scope="module")
def folders(by_command):
    """Return a function: name of a scenario → its result folder, made by the command line."""

    def folder(name, *encounters):
        folder, said = by_command(name, *encounters)
        assert str(folder / "report.html") in said
        assert "SYNTHETIC" in said
        assert len(said.split()) <= 250
        return folder

    return folder


@pytest.mark.e2e
@pytest.mark.parametrize(("width", "height"), SCREENS)
@pytest.mark.parametrize("name", scenario_names())
def test_first_screen_of_every_appendix(open_page, folders, name, width, height):
    page, _ = open_page(folders(name) / "appendix.html", width=width, height=height)
    page.wait_for_selector("#picture svg")
    for id_ in FIRST:
        box = page.locator(f"#{id_}").bounding_box()
        assert box is not None, id_
        assert box["y"] >= 0, id_
        assert box["y"] + box["height"] <= height, (id_, box)
        assert box["x"] + box["width"] <= width, (id_, box)
    found = json.loads((folders(name) / "results.json").read_text("utf-8"))
    assert page.locator("#known").inner_text().strip() == found["known"]
    assert found["not_validated"] in page.locator("#not-validated").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.e2e
def test_whole_page_of_the_reported_app(open_page, axe, folders):
    page, seen = open_page(folders("field-app") / "appendix.html")
    answers = json.loads((folders("field-app") / "results.json").read_text("utf-8"))["answers"]
    for section in [answer["id"] for answer in answers]:
        page.locator(f"#{section}").scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    found = json.loads((folders("field-app") / "results.json").read_text("utf-8"))
    charts = 1 + sum(len(answer["charts"]) for answer in found["answers"])
    assert page.locator("figure svg.marks").count() >= charts
    assert axe(page) == []
    assert seen.faults() == []


@pytest.mark.e2e
def test_the_folder_holds_all_files_and_pages_that_may_load_nothing(folders):
    folder = folders("field-app")
    assert {p.name for p in folder.iterdir()} == {
        "report.html",
        "appendix.html",
        "inputs.csv",
        "results.json",
        "scenario.resolved.json",
        "provenance.json",
    }
    for name in ("report.html", "appendix.html"):
        html = unescape((folder / name).read_text("utf-8"))
        assert re.search(
            r"""<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-""", html
        )


@pytest.mark.e2e
def test_the_resolved_scenario_gives_the_same_answers(folders, tmp_path):
    resolved = folders("booth-one-to-one") / "scenario.resolved.json"
    subprocess.run([MISID, "run", resolved, "--out", tmp_path / "again"], capture_output=True, check=True)
    first, again = (json.loads((f / "results.json").read_text("utf-8")) for f in (resolved.parent, tmp_path / "again"))
    assert again == first


@pytest.mark.e2e
@pytest.mark.parametrize("width", [1280, 390])
def test_people_of_a_real_run_stand_on_the_page(open_page, axe, folders, width):
    folder = folders("police-live", 20_000)
    page, seen = open_page(folder / "appendix.html", width=width)
    found = json.loads((folder / "results.json").read_text("utf-8"))["simulated"]
    screens = page.locator("#people .phone")
    assert screens.count() == len(found["screens"]) >= 4
    for i in range(screens.count()):
        assert "SYNTHETIC" in screens.nth(i).inner_text()
    for section in found["sections"]:
        page.locator(f"#{section['id']}").scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    assert axe(page) == []
    assert seen.faults() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
