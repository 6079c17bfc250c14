"""What a prompt and a notebook show of a result: little, marked, escaped, and how to get all of it."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from html.parser import HTMLParser

import pytest

import misid
from misid.expected import model_of
from misid.findings import estimates_of
from misid.quantities import Estimate
from misid.scenario import from_mapping, resolve
from misid.vocabulary.brief import LONGEST, brief, clip

HOSTILE = {
    "html": "<script>alert(1)</script>",
    "long": "x" * 10_000,
    "long words": "many words " * 1_000,
    "bidi": "safe \u202e\u2066 evil",
    "escapes": "&'<>\"" * 200,
    "letters": "é漢🙂" * 1_000,
}


def reachable(thing, depth=0, seen=None):
    """Objects with fields that can be reached from a thing, a few of each list."""
    seen = {} if seen is None else seen
    if depth > 7:
        return seen
    if type(thing).__module__.startswith("misid"):
        if id(thing) in seen:
            return seen
        seen[id(thing)] = thing
        inside = (
            [getattr(thing, one.name) for one in dataclasses.fields(thing)] if dataclasses.is_dataclass(thing) else []
        )
        inside += [getattr(thing, name) for name in getattr(type(thing), "model_fields", ())]
    elif isinstance(thing, dict):
        inside = list(thing.values())[:10]
    else:
        inside = list(thing)[:10] if isinstance(thing, tuple | list) else []
    for one in inside:
        reachable(one, depth + 1, seen)
    return seen


def test_a_result_says_what_it_is_in_a_line(result):
    said = repr(result)
    assert len(said) < 500
    assert "\n" not in said
    assert type(result).__name__ in said
    assert "to_frame()" in said
    title, (known, *_) = result._first_screen()
    assert title[:40] in said
    assert str(known)[:60] in said


def test_nothing_with_fields_prints_pages(results):
    """All that hangs on a result; inputs and figures are written out in full, the longest of them their sources."""
    booth = results["run"].scenario
    model = model_of(booth)
    roots = [*results.values(), model, model.best(), *model.choices[:1], estimates_of(booth)]
    roots += [misid.load_card("nec_010"), misid.validate().page, results["evaluate"].page]
    written_out = ("Estimate", "Quantity", "Distance", "Conditions", "Unsettled", "Prediction", "Goal", "Unpredicted")
    seen = {}
    for root in roots:
        for thing in reachable(root).values():
            name = type(thing).__name__
            seen[name] = max(seen.get(name, 0), len(repr(thing)))
    for name in (
        "Card",
        "ModelChoice",
        "Findings",
        "ScenarioModel",
        "Points",
        "Scenario",
        "Digest",
        "Evaluation",
        "Estimates",
    ):
        assert seen[name] < 500, name
    public = {name for name in misid.__dir__() if isinstance(getattr(misid, name), type)}
    assert {name for name in public & {*seen} if seen[name] >= 500} <= {"Estimate"}
    assert {name: size for name, size in seen.items() if size >= 2_000 and name not in written_out} == {}


def test_an_estimate_is_written_out(results):
    figure = next(iter(results["run"].figures.values()))
    assert isinstance(figure, Estimate)
    assert repr(figure.value) in repr(figure)


def test_brief_says_numbers_and_short_words_and_counts_the_rest():
    @dataclasses.dataclass
    class Thing:
        name: str
        size: float
        rows: tuple
        nothing: None = None
        __repr__ = brief

    assert repr(Thing("a", 2.5, (1, 2, 3))) == f"{Thing.__name__}(name='a', size=2.5, rows=<3>)"
    many = Thing("a\u202eb" * 100, 10.0**300, tuple(Thing("b", 1.0, ()) for _ in range(9)))
    assert "<9 Thing>" in repr(many)
    assert "\u202e" not in repr(many)
    assert len(repr(many)) <= LONGEST
    assert clip("abc", 3) == "abc"
    assert clip("abcd", 3) == "ab…"


class Reading(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.open = [], []

    def handle_starttag(self, tag, attrs):
        assert attrs == []
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def check(html, mark):
    assert len(html.encode()) < 2_000
    read = Reading()
    read.feed(html)
    assert read.open == []
    assert {*read.tags} <= {"section", "p", "strong", "bdi", "ul", "li", "code"}
    assert f"<strong>{mark}</strong>" in html


def test_the_notebook_shows_the_first_screen(result):
    html = result._repr_html_()
    check(html, result.mark)
    assert html.startswith("<section><p><strong>")
    assert "result.save('folder')" in html
    assert "<script" not in html


def test_what_simulates_is_marked_synthetic(results):
    assert results["run"].mark == results["compare"].mark == "SYNTHETIC"
    assert "SYNTHETIC" in results["run"]._repr_html_()


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_words_of_anybody_are_escaped_and_cut(results, words):
    made = replace(results["run"].findings, title=words, known=words, not_validated=words)
    made = replace(made, answers=tuple(replace(one, count=words, interval=words) for one in made.answers))
    run = replace(results["run"], findings=made)
    check(run._repr_html_(), "SYNTHETIC")
    assert len(repr(run)) < 500
    assert "\u202e" not in repr(run)
    compared = replace(
        results["compare"].comparison, title=words, known=words, not_validated=words, lines=(words,) * 50
    )
    one = replace(results["compare"], comparison=compared)
    check(one._repr_html_(), "SYNTHETIC")
    assert len(repr(one)) < 500


def test_a_scenario_of_anybody_is_a_line(small_scenario):
    made = resolve(from_mapping(small_scenario(title="t" * 80)))
    assert len(repr(made)) < 500
    assert "'small'" in repr(made)
    assert str(made.gallery)
