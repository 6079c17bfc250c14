"""A new question is one file: a module that nothing else names is found, answered, and stands on every page."""

import importlib
import sys

import pytest

import misid
from misid.findings import questions
from misid.findings.questions import registry
from misid.scenario import load_scenario, scenario_names
from misid.vocabulary import catalogue

MODULE = '''
"""Question 16: how many people are photographed for each who is acted on."""

from misid.findings.questions import registry as ask
from misid.vocabulary.catalogue import add

add("en", "questions", {
    "title.for_each": "How many of {people} are photographed for each who is acted on?",
    "for_each.count": "For each of {size} people, {supported:over} actions are supported.",
    "for_each.interval": "Without support: {unsupported:if}.",
    "for_each.doubt": "Who is stopped is assumed.",
    "for_each.table": "Actions, of {people}",
    "column.with_support": "with support",
})


@ask.question("Q16", "questions.title.for_each", leads=True)
def for_each(e):
    """Count actions."""
    found = ask.at_points(e, "supported", counted=ask.ACTED)
    return ask.answered(e, "for_each", {"supported": found}, {"with_support": found}, {})
'''


@pytest.fixture
def added(tmp_path, monkeypatch):
    (tmp_path / "made_for_a_test.py").write_text(MODULE)
    monkeypatch.setattr(registry, "QUESTIONS", {**registry.asked()})
    monkeypatch.setattr(questions, "__path__", [*questions.__path__, str(tmp_path)])
    monkeypatch.setattr(catalogue, "_ADDED", dict(catalogue._ADDED))
    importlib.invalidate_caches()
    yield
    sys.modules.pop("misid.findings.questions.made_for_a_test", None)
    catalogue._messages.cache_clear()


def test_a_question_in_a_file_of_its_own_stands_on_every_page(added, tmp_path):
    result = misid.run(load_scenario("police-live"))
    ids = [answer.id for answer in result.findings.answers]
    assert ids == [f"Q{i:02d}" for i in range(1, 17)]
    answer = result.findings.answers[-1]
    assert answer.question.startswith("How many of 10,000 people")
    assert answer in result.findings.leading(), "the command line leads with it"
    assert result.figure("Q16", "supported.given").value == result.figure("Q10", "supported.officer_looks.given").value
    folder = tmp_path / "run"
    result.save(folder)
    short, appendix = ((folder / name).read_text("utf-8") for name in ("report.html", "appendix.html"))
    for text in (answer.question, answer.count):
        assert text in short
        assert text in appendix
    assert answer.interval in appendix
    assert "with support" in appendix
    assert '"Q16"' in (folder / "results.json").read_text("utf-8")


def test_it_is_gone_afterwards():
    assert ("identify", "Q16") not in registry.asked()


RARE = {"because.not_verified", "claim.always", "claim.never", "column.not_verified", "for_whom.never"} | {
    *("for_whom.no_rates", "hits.no_cause", "not_asked.identify", "outside.with_passports", "second_photo.here_same"),
    *("second_photo.never_two", "use.reported", "section.unanswered"),
}
"""Messages that no packaged scenario has a reason for, and one that only the appendix says."""


@pytest.mark.slow
def test_every_message_of_the_answers_is_said():
    """The catalogue's own test cannot see which keys `answered` asks for."""
    spoken = set()

    def change(key, text):
        spoken.add(key)
        return text

    with catalogue.speaking(change=change):
        for name in scenario_names():
            misid.run(name)
    known = catalogue.keys()
    empty = {key for key, text in known.items() if isinstance(text, str) and text.startswith("{")}
    left = {key for key in known if key.startswith("questions.")} - spoken - empty
    assert left - {f"questions.{name}" for name in RARE} == set()
