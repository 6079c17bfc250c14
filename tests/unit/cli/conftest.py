from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from misid import api
from misid.cli.main import call
from misid.findings import Findings
from misid.scenario import parse_document, resolve

# One card, one kind of image, one stop policy, one rule, one operating point: the whole chain in a second or two.
SMALL = """\
schema: misid/scenario/2
template: field
title: Small town
algorithm: {cards: [nec_010], image_kinds: [webcam]}
gallery: {n_references: 1000000}
threshold: {test: {fpir: 0.003, n_references: 1000000, image_kind: mugshot, gallery: set_anew}}
compare: [definitive]
stops:
  everybody:
    title: photographed at the gate
    blocks:
      - {share: 1, origin: {east_europe: 1}, sex: {male: 1}, age: {adult: 1},
         status: {us_born_citizen: 0.5, removable: 0.5}}
headline_stop: everybody
"""


class Said(NamedTuple):
    status: int
    out: str
    err: str


Misid = Callable[..., Said]


@pytest.fixture
def misid(capsys: pytest.CaptureFixture[str]) -> Misid:
    """Runs the command line in this process."""

    def run(*args: object) -> Said:
        capsys.readouterr()
        status = call([str(arg) for arg in args])
        return Said(status, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def found() -> Findings:
    """The answers for the small scenario, computed once."""
    return api.run(resolve(parse_document(SMALL.encode(), "small.yaml"))).findings


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small scenario's file, in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL, "utf-8")
    return Path("small.yaml")


@pytest.fixture
def quick(found: Findings, monkeypatch: pytest.MonkeyPatch) -> Findings:
    """Put answers computed before, and a page of one line, in place of the chain and the report."""
    monkeypatch.setattr("misid.api.simulation.findings", lambda scenario: found)
    monkeypatch.setattr(api.RunResult, "html", "<!doctype html><title>SYNTHETIC</title>\n")
    return found
