"""``misid run --algorithm``: one card in place of the scenario's own."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from misid import api
from misid.algorithm import DIGEST, load_card, pinned
from misid.errors import InvalidInput
from misid.evaluation import EvaluationOptions, measured_card
from misid.quantities import Distance
from misid.scenario import ORDER, from_mapping, load_scenario, resolve, with_algorithm
from misid.storage import to_text

pytestmark = pytest.mark.slow

_spec = importlib.util.spec_from_file_location(
    "made_up_pairs", Path(__file__).parents[2] / "helpers" / "made_up_pairs.py"
)
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)


@pytest.fixture(scope="module")
def cards(tmp_path_factory):
    """Cards measured on webcam photos, and on street photos."""
    folder = tmp_path_factory.mktemp("cards")
    data = made.made_up_pairs(1, floor=0.005, location=10.0)
    for kind in ("webcam", "street"):
        card = measured_card(*data, EvaluationOptions("lab_7", kind))
        (folder / f"{kind}.json").write_text(to_text(card.to_json()), "utf-8")
    return folder


def test_a_run_names_its_card_and_can_be_made_again(misid, small, quick, tmp_path):
    (tmp_path / "out.json").write_text(to_text(load_card("nec_011").to_json()), "utf-8")
    said = misid("run", small, "--algorithm", "out.json", "--out", "found")
    assert said.status == 0
    resolved = json.loads(Path("found/scenario.resolved.json").read_text("utf-8"))
    assert resolved["algorithm"]["cards"] == [pinned("out.json")]
    assert json.loads(Path("found/provenance.json").read_text("utf-8"))["command"].endswith("--algorithm out.json")
    again = misid("run", "found/scenario.resolved.json", "--out", "again")
    assert again.status == 0
    assert Path("again/results.json").read_bytes() == Path("found/results.json").read_bytes()


def test_a_card_inside_the_result_is_refused(misid, small, quick):
    Path("out").mkdir()
    card = to_text(load_card("nec_011").to_json())
    Path("out/results.json").write_text(card, "utf-8")
    Path("own.yaml").write_text(small.read_text("utf-8").replace("[nec_010]", "[out/results.json]"), "utf-8")
    for scenario, options in ((small, ("--algorithm", "out/results.json")), ("own.yaml", ())):
        said = misid("run", scenario, *options, "--out", "out", "--force")
        assert said.status == 2
        assert "out/results.json, which the result is made from; give --out another name" in said.err
    assert Path("out/results.json").read_text("utf-8") == card


def test_what_is_no_card_is_the_users_to_fix(misid, small, quick):
    said = misid("run", small, "--algorithm", "nothing.json")
    assert said.status == 2
    assert "card file 'nothing.json' cannot be read" in said.err
    assert misid("run", small, "--algorithm", "nec_9999").status == 2


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow if n == "booth-one-to-one" else pytest.mark.verify) for n in ORDER],
)
def test_every_packaged_scenario_runs_with_a_measured_card(cards, name):
    result = api.run(name, algorithm=cards / "webcam.json")
    assert DIGEST in result.scenario.algorithm.cards[0]
    assert result.scenario.digest() != with_algorithm(load_scenario(name), "nec_011").digest()
    assert "measured on 400 people, with webcam photos" in result.findings.not_validated
    figures = [f for finding in result.findings.answers for f in finding.figures.values()]
    placed = [f for f in figures if isinstance(f.distance, Distance)]
    assert placed
    assert not [f for f in placed if f.distance.nearest.startswith("NIST")]
    assert all("measured_card" in f.caveats for f in placed)
    assert "tested versions" not in json.dumps(result.findings.to_json())


@pytest.mark.slow
def test_street_photos_stand_for_themselves_where_they_were_measured(cards, small_scenario):
    data = small_scenario(algorithm={"cards": [str(cards / "street.json")], "image_kinds": ["street"]})
    assert api.run(resolve(from_mapping(data))).figure("Q01", "wrong_hits.given").value is not None
    data["algorithm"]["cards"] = [str(cards / "webcam.json")]
    with pytest.raises(InvalidInput, match="street"):
        resolve(from_mapping(data))
