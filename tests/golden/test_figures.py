"""The figures of all packaged scenarios, as they were last reviewed.

`make golden` rewrites them; a difference belongs under **Numbers** in the changelog, with its size.  They are compared
at 1e-9 relative and not by bytes, because exp and log differ in the last bit between kinds of processor.
"""

import json
import os
from pathlib import Path

import pytest

import misid
from misid.scenario import scenario_names
from misid.storage import to_text

FOLDER = Path(__file__).parent / "figures"


def figures(result):
    return {
        f"{answer.id}.{name}": [e.value, e.low, e.high]
        for answer in result.findings.answers
        for name, e in answer.figures.items()
    }


QUICK = ("booth-one-to-one",)  # the others take seconds


@pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in scenario_names()]
)
def test_no_published_number_has_moved(name, request):
    result = request.getfixturevalue("field_app") if name == "field-app" else misid.run(name)
    path = FOLDER / f"{name}.json"
    now = {"known": result.findings.known, "figures": figures(result)}
    if os.environ.get("MISID_GOLDEN") == "write":
        path.write_text(to_text(now), "utf-8")
    then = json.loads(path.read_text("utf-8"))
    assert now["known"] == then["known"]
    assert now["figures"].keys() == then["figures"].keys()
    for key, old in then["figures"].items():
        for new, was in zip(now["figures"][key], old, strict=True):
            assert new == (None if was is None else pytest.approx(was, rel=1e-9, abs=1e-15)), key
