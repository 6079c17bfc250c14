"""One result of each command, none of which takes longer than a second."""

from __future__ import annotations

import pytest

import misid
from helpers.made_up_evaluation import full
from helpers.made_up_people import comparison
from misid.api import ComparisonResult, EvaluationResult, Result
from misid.scenario import load_scenario


@pytest.fixture(scope="session")
def results() -> dict[str, Result]:
    """Results by command."""
    booth = load_scenario("booth-one-to-one")
    return {
        "run": misid.run(booth),
        "compare": ComparisonResult(
            scenario=booth, rules=("definitive", "lead_only"), comparison=comparison(), command="misid compare x"
        ),
        "evaluate": EvaluationResult(evaluation=full(), command="misid evaluate x"),
        "validate": misid.validate(),
    }


@pytest.fixture(params=["run", "compare", "evaluate", "validate"])
def result(request, results) -> Result:
    """A result of one command."""
    return results[request.param]
