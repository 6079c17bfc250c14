"""Every rule of the scenario form as a tiny file; README.md says how a file names what it expects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from misid.errors import Fault, InvalidInput
from misid.scenario import from_mapping, json_schema, read_document, resolve
from misid.storage import to_text

HERE = Path(__file__).parent
VALID = sorted((HERE / "valid").glob("*.yaml"))
INVALID = sorted(path for path in (HERE / "invalid").iterdir() if path.suffix != ".expect")
SCHEMA = jsonschema.Draft202012Validator(json_schema())


def said(fault: Fault) -> str:
    return f"{fault.line} {fault.field or '-'} | {fault.what}" + (f"; {fault.fix}" if fault.fix else "")


def comments(path: Path, mark: str) -> list[str]:
    text = path.read_bytes().decode("utf-8-sig")
    return [line.removeprefix(mark).strip() for line in text.splitlines() if line.startswith(mark)]


def expected(path: Path) -> list[str]:
    beside = path.with_name(path.name + ".expect")
    return beside.read_text("utf-8").splitlines() if beside.exists() else comments(path, "# expect: ")


def at(data: Any, dotted: str) -> Any:
    for part in dotted.split("."):
        data = data[int(part)] if isinstance(data, list) else data[part]
    return data


def test_corpus_is_large_enough():
    assert len(VALID) >= 60
    assert len(INVALID) >= 120
    assert sum(len(expected(path)) > 1 for path in INVALID) >= 5, "several faults in one file"


@pytest.mark.slow
@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_valid(path: Path):
    document = read_document(path)
    scenario = resolve(document)
    resolved = scenario.to_json()

    assert comments(path, "# rule: "), "the first comment says which rule the file tests"
    effects = comments(path, "# then: ")
    assert effects, "and what follows from it"
    for effect in effects:
        dotted, _, value = effect.partition(" = ")
        if dotted.startswith("keys "):
            assert sorted(at(resolved, dotted.removeprefix("keys "))) == json.loads(value)
        else:
            assert at(resolved, dotted) == json.loads(value)

    # The resolved form is itself a scenario file and resolves to itself.
    again = resolve(from_mapping(json.loads(to_text(resolved))))
    assert again == scenario
    assert again.digest() == scenario.digest()
    SCHEMA.validate(dict(document.data))
    SCHEMA.validate(resolved)


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_invalid(path: Path):
    assert expected(path), "the file names what it expects"
    with pytest.raises(InvalidInput) as caught:
        resolve(read_document(path))
    assert sorted(map(said, caught.value.faults)) == sorted(expected(path))
    assert {fault.file for fault in caught.value.faults} == {str(path)}
