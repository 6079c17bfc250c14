"""Every page in a made-up language: what keeps plain letters or plain marks of numbers did not come from the catalogue.

``python tests/unit/report/test_pseudo.py PAGE...`` prints what is left on a page; ``--write`` keeps it as what is still
to be moved.  What is still to be moved only gets less.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest

from misid import api
from misid.algorithm import published_tests
from misid.algorithm.catalog import card_names
from misid.api.result import Result
from misid.findings import Page, Section, evaluation_page
from misid.report import appendix, render, short
from misid.validation import ANEW, shipped

HELPERS = Path(__file__).parents[2] / "helpers"
sys.path.append(str(HELPERS))
made_up_evaluation, pseudo = (importlib.import_module(name) for name in ("made_up_evaluation", "pseudo"))

FEW = {"encounters": 3000, "seed": 2, "workers": 1}
ABOUT = {"rerun": "misid", "version": "0", "digest": "0"}
PENDING = Path(__file__).with_name("pending_words.json")
# Data on every page, each with its reason.
EVERYWHERE = {
    "misid": "the name of the program",
    "CSV": "the name of a format",
}


def _of_result(result: Result, *scenarios: object) -> tuple[dict[str, str], set[str]]:
    return result._pages(), {text for scenario in scenarios for text in pseudo.given(scenario.to_json())}


def _run() -> tuple[dict[str, str], set[str]]:
    result = api.run("field-app")
    return _of_result(result, result.scenario)


def _people() -> tuple[dict[str, str], set[str]]:
    result = api.run("field-app", **FEW)
    return _of_result(result, result.scenario)


def _rules() -> tuple[dict[str, str], set[str]]:
    result = api.compare("field-app", ["lead_only", "second_reader+documents_count"], **FEW)
    return _of_result(result, result.scenario)


def _two() -> tuple[dict[str, str], set[str]]:
    result = api.compare("field-app", against="police-live")
    return _of_result(result, result.scenario, result.against)


def _evaluate() -> tuple[dict[str, str], set[str]]:
    found = made_up_evaluation.full()
    page = evaluation_page(found)
    texts = {"appendix.html": render(appendix(page), **ABOUT)}
    if getattr(page, "page", None) is not None:
        texts["report.html"] = render(short(page), **ABOUT)
    # Names of the algorithm, its files and its groups, as who gave them wrote them.
    names = {page.title, found.against, found.image_kind, *(source.name for source in found.sources)}
    names |= set(found.differentials.names)
    return texts, names


def _validate() -> tuple[dict[str, str], set[str]]:
    result = api.validate()
    return _of_result(result)[0], set()


@cache
def record() -> set[str]:
    """Texts of the record of the tests as it ships: titles, targets, names of algorithms and places, what is open."""
    tables = shipped().tables
    texts = pseudo.given(shipped().to_json()) | {test.title for test in published_tests()}
    rows = [row for table in tables for row in table.shown]
    texts |= {name for row in rows for name in (*row.detail, *row.baselines)}
    texts |= {cell for row in rows for cell in row.detail.values() if cell == "nothing"}
    texts |= {ANEW, "make validation", "--table", "--out FOLDER"}
    small = {f"{text[:1].lower()}{text[1:]}" for text in texts} | {f"{text[:1].upper()}{text[1:]}" for text in texts}
    return texts | {text.rstrip(".") for text in texts} | small


KINDS: dict[str, Callable[[], tuple[dict[str, str], set[str]]]] = {
    "run": _run,
    "people": _people,
    "rules": _rules,
    "two": _two,
    "evaluate": _evaluate,
    "validate": _validate,
}


@cache
def left(kind: str) -> dict[str, list[str]]:
    """Return the texts of each page of a kind that hold plain words or numbers."""
    with pseudo.pseudo():
        texts, data = KINDS[kind]()
    # A single word of the record may be any word of another page.
    data = data | {text for text in record() if not text.isalpha() or kind == "validate"} | set(card_names())
    return {name: pseudo.left(text, data | EVERYWHERE.keys()) for name, text in texts.items()}


def pending() -> dict[str, dict[str, list[str]]]:
    """Return what is still to be moved, by kind and file."""
    return json.loads(PENDING.read_text("utf-8")) if PENDING.is_file() else {}


@pytest.mark.parametrize("kind", KINDS)
def test_words_and_numbers_come_from_the_catalogue(kind: str) -> None:
    known = pending().get(kind, {})
    found = {name: pseudo.plain(texts) - set(known.get(name, ())) for name, texts in left(kind).items()}
    assert {name: sorted(words) for name, words in found.items() if words} == {}


def test_a_sentence_of_the_source_is_found() -> None:
    planted = "A sentence that nobody can translate, of 1,234.5 people"
    with pseudo.pseudo():
        text = render(Page("0", "0", "0", "0", (Section("0", "0", planted),)), **ABOUT)
    assert pseudo.left(text, EVERYWHERE) == [planted]
    assert {"sentence", "translate", "1,234"} <= pseudo.plain([planted])


@pytest.mark.parametrize(
    "attribute", ['aria-label="{}"', 'title="{}"', "data-failed='{}'"], ids=["label", "title", "failure"]
)
def test_a_name_of_the_source_is_found(attribute: str) -> None:
    assert pseudo.left(f"<button {attribute.format('Save it here')}></button>", ()) == ["Save it here"]


def test_the_words_of_a_drawing_are_found() -> None:
    spec = {"title": "Hits by group", "mark": {"type": "point"}, "data": {"values": [{"a": "women", "n": 3}]}}
    text = f'<script type="application/json" id="a-spec">{json.dumps(spec)}</script>'
    assert pseudo.left(text, ()) == ["Hits by group", "women"]
    assert pseudo.left(text, ["women"]) == ["Hits by group"]


def _write(kinds: Iterable[str]) -> None:
    found = {kind: {name: sorted(pseudo.plain(texts)) for name, texts in left(kind).items()} for kind in kinds}
    PENDING.write_text(json.dumps({**pending(), **found}, indent=0, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    asked = [word for word in sys.argv[1:] if word in KINDS] or list(KINDS)
    if "--write" in sys.argv:
        _write(asked)
    else:
        for kind in asked:
            for name, texts in left(kind).items():
                print(f"\n== {kind}/{name}: {len(texts)} texts, {len(pseudo.plain(texts))} words")
                print("\n".join(dict.fromkeys(texts)))
