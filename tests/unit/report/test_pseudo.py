"""Every page in a made-up language: what keeps plain letters or plain marks of numbers did not come from the catalogue.

``python tests/unit/report/test_pseudo.py PAGE...`` prints what is left on a page.  What is data with a language of its
own is allowed by its kind, each with its reason where it is gathered here.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from misid import api
from misid.algorithm import all_field_counts, published_tests
from misid.algorithm.catalog import card_names
from misid.api.result import Result
from misid.evaluation import Evaluation
from misid.findings import Page, Section, evaluation_page
from misid.report import appendix, render, short
from misid.scenario import Scenario
from misid.validation import ANEW, shipped

HELPERS = Path(__file__).parents[2] / "helpers"
sys.path.append(str(HELPERS))
made_up_evaluation, pseudo = (importlib.import_module(name) for name in ("made_up_evaluation", "pseudo"))

FEW = {"encounters": 3000, "seed": 2, "workers": 1}
ABOUT = {"rerun": "misid", "version": "0", "digest": "0"}
# Names on every page, each with its reason.
EVERYWHERE = {
    "misid": "the name of the program",
    "CSV": "the name of a format",
}
Data = tuple[dict[str, str], set[str], set[str]]
"""Pages by name; texts that are data; names that are data wherever they stand."""


def _of_result(result: Result, *scenarios: Scenario) -> Data:
    """Every text of a scenario was written by who wrote the scenario: titles, sources, statuses, rules, names."""
    texts = {text for scenario in scenarios for text in pseudo.values_of(scenario.to_json())}
    # The booth's screen shows a database without what its title has in brackets.
    texts |= {text.partition(" (")[0] for text in texts}
    return result._pages(), texts, {name for scenario in scenarios for name in (scenario.template, *scenario.stops)}


def _run() -> Data:
    result = api.run("field-app")
    return _of_result(result, result.scenario)


def _people() -> Data:
    result = api.run("field-app", **FEW)
    return _of_result(result, result.scenario)


def _rules() -> Data:
    result = api.compare("field-app", ["lead_only", "second_reader+documents_count"], **FEW)
    return _of_result(result, result.scenario)


def _two() -> Data:
    result = api.compare("field-app", against="police-live")
    return _of_result(result, result.scenario, result.against)


def _evaluate() -> Data:
    found = made_up_evaluation.full()
    page = evaluation_page(found)
    texts = {"appendix.html": render(appendix(page), **ABOUT), "report.html": render(short(page), **ABOUT)}
    # Names of the algorithm, its photos, its files and its groups, as who gave them wrote them.
    names = {page.title, found.against, found.image_kind, *(source.name for source in found.sources)}
    names |= set(found.differentials.names)
    return texts, in_english(found), names


def in_english(found: Evaluation) -> set[str]:
    """What an evaluation says in English, whatever the language: the one exception among sentences.

    Remarks on groups and on growth, and what kind of file each is.
    """
    return {*found.differentials.remarks, *found.growth.remarks, *(source.format for source in found.sources)}


def _validate() -> Data:
    texts, data, names = _of_result(api.validate())
    # Simpler rules that predictions are compared with, as the record calls them.
    return texts, data, names | {name for table in shipped().tables for row in table.shown for name in row.baselines}


@cache
def record() -> set[str]:
    """Texts of the record of the tests as it ships: titles, targets, names of algorithms and places, what is open."""
    tables = shipped().tables
    texts = set(pseudo.values_of(shipped().to_json())) | {test.title for test in published_tests()}
    rows = [row for table in tables for row in table.shown]
    texts |= {name for row in rows for name in (*row.detail, *row.baselines)}
    texts |= {cell for row in rows for cell in row.detail.values() if cell == "nothing"}
    # Places and tests where false alerts were counted, and what is unread of them, as the packaged rows say it.
    texts |= {text for row in all_field_counts() for text in (row.title, row.operator, row.caveat, row.source)}
    texts |= {ANEW, "make validation", "--table", "--out FOLDER"}
    small = {f"{text[:1].lower()}{text[1:]}" for text in texts} | {f"{text[:1].upper()}{text[1:]}" for text in texts}
    return texts | {text.rstrip(".") for text in texts} | small


KINDS: dict[str, Callable[[], Data]] = {
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
        texts, data, names = KINDS[kind]()
    # A single word of the record may be any word of another page.
    data = data | {text for text in record() if not text.isalpha() or kind == "validate"} | set(card_names())
    return {name: pseudo.left(text, data, names | EVERYWHERE.keys()) for name, text in texts.items()}


# One page of each kind of sentence is quick enough for `make check`.
@pytest.mark.parametrize(
    "kind", [one if one in ("run", "evaluate") else pytest.param(one, marks=pytest.mark.slow) for one in KINDS]
)
def test_words_and_numbers_come_from_the_catalogue(kind: str) -> None:
    assert {name: texts for name, texts in left(kind).items() if texts} == {}


def test_a_sentence_of_the_source_is_found() -> None:
    planted = "A sentence that nobody can translate, of 1,234.5 people"
    with pseudo.pseudo():
        text = render(Page("0", "0", "0", "0", (Section("0", "0", planted),)), **ABOUT)
    assert pseudo.left(text, (), EVERYWHERE) == [planted]
    assert {"sentence", "translate", "1,234"} <= pseudo.plain([planted])


@pytest.mark.parametrize(
    "attribute", ['aria-label="{}"', 'title="{}"', "data-failed='{}'"], ids=["label", "title", "failure"]
)
def test_a_name_of_the_source_is_found(attribute: str) -> None:
    assert pseudo.left(f"<button {attribute.format('Save it here')}></button>", ()) == ["Save it here"]


def test_a_small_word_of_the_data_hides_no_word_of_the_page() -> None:
    text = "<p>none of them</p><td>none</td><p>Card paravision_010, 2.5 at 1.5</p>"
    assert pseudo.left(text, ["none"]) == ["none of them", "Card  , 2.5 at 1.5"]
    assert pseudo.left(text, ["none"], ["none"]) == ["  of them", "Card  , 2.5 at 1.5"]


def test_a_program_names_elements_and_says_nothing_else() -> None:
    text = '<b id="fs-acted"></b><script type="application/json">["acted", "people acted on"]</script>'
    assert pseudo.left(text, ()) == ["people acted on"]


def test_the_words_of_a_drawing_are_found() -> None:
    spec = {"title": "Hits by group", "mark": {"type": "point"}, "data": {"values": [{"a": "women", "n": 3}]}}
    text = f'<script type="application/json" id="a-spec">{json.dumps(spec)}</script>'
    assert pseudo.left(text, ()) == ["Hits by group", "women"]
    assert pseudo.left(text, ["women"]) == ["Hits by group"]


if __name__ == "__main__":
    asked = [word for word in sys.argv[1:] if word in KINDS] or list(KINDS)
    for kind in asked:
        for name, texts in left(kind).items():
            print(f"\n== {kind}/{name}: {len(texts)} texts, {len(pseudo.plain(texts))} words")
            print("\n".join(dict.fromkeys(texts)))
