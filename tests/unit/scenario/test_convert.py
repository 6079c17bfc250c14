"""Files of misid 0.1 become files of today's form: the packaged ones of 0.1.0 and its conformance corpus."""

from __future__ import annotations

import errno
import io
import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from misid.errors import InvalidInput, OutputRefused
from misid.scenario import convert_file, load_scenario, read_document, resolve
from misid.scenario.convert import CHANGED
from misid.scenario.load import template_text

OLD = Path(__file__).parents[2] / "data" / "scenario_1"
PACKAGED = sorted((OLD / "packaged").glob("*.yaml"))
CORPUS = sorted((OLD / "valid").glob("*.yaml"))
SAFE = YAML(typ="safe", pure=True)


def ends_of(node: Any, path: str = "") -> dict[str, tuple[float, float, float]]:
    """Value and range of every quantity of a file, by path."""
    if isinstance(node, dict) and "value" in node:
        return {path: (node["value"], node.get("low", node["value"]), node.get("high", node["value"]))}
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    found: dict[str, tuple[float, float, float]] = {}
    for key, entry in entries:
        found |= ends_of(entry, f"{path}.{key}" if path else str(key))
    return found


def test_what_the_template_fills_in_otherwise_is_all_that_differs_from_0_1():
    old = ends_of(SAFE.load((OLD / "defaults.yaml").read_text("utf-8")))
    old = {
        path.replace("families.twin_outranks", "kin.relative_outranks").replace("families.", "kin."): ends
        for path, ends in old.items()
    }
    daily = old.pop("use.scans_per_day")
    old["use.searches_per_year"] = tuple(365 * end for end in daily)  # type: ignore[assignment]
    new = ends_of(SAFE.load(template_text("field")))
    apart = {path for path in old if not path.startswith("threshold.") and old[path] != new.get(path)}
    apart |= {path for path in new if not path.startswith("threshold.") and path not in old}
    assert apart == {*CHANGED}
    assert {path: ends for path, ends in CHANGED.items() if ends} == {
        path: old[path] for path in CHANGED if path in old
    }


@pytest.mark.parametrize("path", [*PACKAGED, *CORPUS], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_file_of_0_1_converts_and_says_how(path: Path, tmp_path: Path):
    new = tmp_path / path.name
    found = convert_file(path, new)
    assert resolve(read_document(new)) == found.scenario
    assert found.changed[0] == "schema: misid/scenario/1 is misid/scenario/2 now"
    before, after = read_document(path).data, read_document(new).data
    for field in set(before) - {"schema", "threshold", "families", "kin", "use"}:
        assert after[field] == before[field], "what has not moved stays as it is"
    old = {line for line in path.read_text("utf-8-sig").splitlines() if line.lstrip().startswith("#")}
    assert old <= set(new.read_text("utf-8").splitlines()), "comments are kept"
    assert before["threshold"]["fpir"] in [
        point["test"]["fpir"] for point in (after["threshold"].get("points") or {"": after["threshold"]}).values()
    ]


def converted(tmp_path: Path, text: str, name: str = "new.yaml") -> tuple[Any, Any]:
    old = tmp_path / "old.yaml"
    old.write_text(text, "utf-8")
    found = convert_file(old, tmp_path / name)
    return found, read_document(tmp_path / name).data


HEAD = "schema: misid/scenario/1\ntitle: t\ngallery: {n_references: 1000}\n"
RATE = "fpir: 0.001, n_references: 1000, image_kind: mugshot"


@pytest.mark.parametrize(("mode", "gallery"), [("comparisons", "kept"), ("held", "set_anew")])
def test_one_mode_is_what_became_of_the_tests_threshold(tmp_path: Path, mode: str, gallery: str):
    found, data = converted(tmp_path, f"{HEAD}threshold: {{{RATE}, scaling: [{mode}]}}\n")
    assert data["threshold"] == {
        "test": {"fpir": 0.001, "n_references": 1000, "image_kind": "mugshot", "gallery": gallery}
    }
    assert found.scenario.threshold.known == "test"


def test_both_modes_are_two_points_of_an_unknown_threshold(tmp_path: Path):
    found, data = converted(tmp_path, f"{HEAD}threshold: {{{RATE}}}\n")
    assert set(data["threshold"]["points"]) == {"kept", "set_anew"}
    assert found.scenario.threshold.known == ""
    assert any("two points" in line for line in found.changed)


def test_families_join_kin_and_a_day_becomes_a_year(tmp_path: Path):
    found, data = converted(
        tmp_path,
        HEAD
        + f"threshold: {{{RATE}}}\n# of twins\nkin: {{identical_twin_share: 0.004}} # read\n"
        + "families:\n  siblings: 1 # mean\n  twin_outranks: {value: 0.1, high: 0.5}\n"
        + "use: {people: 1000, scans_per_day: {value: 100, low: 50, unit: scans a day}}\n",
    )
    assert data["kin"] == {
        "identical_twin_share": 0.004,
        "siblings": 1,
        "relative_outranks": {"value": 0.1, "high": 0.5},
    }
    assert data["use"] == {"people": 1000, "searches_per_year": {"value": 36500, "low": 18250}}
    assert "families" not in data
    assert "families has joined kin, twin_outranks as relative_outranks" in found.changed
    text = (tmp_path / "new.yaml").read_text("utf-8")
    assert "# of twins" in text
    assert "# read" in text
    assert any(
        line.startswith("capture.tail_shift_decades: 0.5, -0.3 to 0.8 (0, -1 to 2 in 0.1)") for line in found.supplied
    )
    assert not any(line.startswith("use.searches_per_year") for line in found.supplied)


def test_json_stays_json(tmp_path: Path):
    _, data = converted(tmp_path, (OLD / "valid" / "json.yaml").read_text("utf-8"), "new.json")
    plain = json.loads((tmp_path / "new.json").read_text("utf-8"))
    assert plain == data


def test_nothing_is_overwritten_and_nothing_is_written_of_a_faulty_file(tmp_path: Path):
    there = tmp_path / "there.yaml"
    there.write_text("mine", "utf-8")
    with pytest.raises(OutputRefused, match="is there already"):
        convert_file(PACKAGED[0], there)
    assert there.read_text("utf-8") == "mine"
    old = tmp_path / "old.yaml"
    for text, what in (
        (f"{HEAD}threshold: {{{RATE}}}\nrule: lead_onyl\n", "unknown rule 'lead_onyl'"),
        ("schema: misid/scenario/2\n", "it needs no conversion"),
        ("title: t\n", "only misid/scenario/1 is converted"),
        (f"{HEAD}threshold: {{{RATE}}}\ntitle: u\n", "given twice"),
        ("[", "not YAML"),
    ):
        old.write_text(text, "utf-8")
        with pytest.raises(InvalidInput, match=what):
            convert_file(old, tmp_path / "new.yaml")
        assert not (tmp_path / "new.yaml").exists()
    with pytest.raises(OutputRefused, match="cannot be written"):
        convert_file(PACKAGED[0], tmp_path / "no" / "new.yaml")


def test_a_file_of_0_1_is_refused_with_the_command_that_converts_it():
    with pytest.raises(InvalidInput, match="misid scenario convert OLD NEW") as caught:
        load_scenario(str(PACKAGED[0]))
    assert len(caught.value.faults) == 1


def test_a_full_disk_leaves_no_half_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    def full(path: Path, *rest: object, **named: object) -> Full:
        path.write_text("half", "utf-8")
        return Full()

    monkeypatch.setattr("misid.scenario.convert.open", full, raising=False)
    with pytest.raises(OutputRefused, match=r"new\.yaml cannot be written: No space left on device"):
        convert_file(PACKAGED[0], tmp_path / "new.yaml")
    assert not list(tmp_path.iterdir())
