"""Every command that the documents name exists."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from misid.cli.commands import misid

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_exist(path):
    named = set(re.findall(r"(?:`|^|\$ )make ([a-z][a-z-]*)", path.read_text(encoding="utf-8"), re.MULTILINE))
    assert named - TARGETS == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_of_misid_exist(path):
    text = path.read_text(encoding="utf-8")
    context = click.Context(misid)
    for name, second in re.findall(r"(?:`|\$ \.venv/bin/|\$ )misid ([a-z]+)(?: ([a-z]+)\b)?", text):
        command = misid.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            assert second in command.commands, f"{name} {second}"


def test_the_documents_name_both_commands_that_set_everything_up():
    text = DOCUMENTS[0].read_text(encoding="utf-8")
    assert "$ make demo" in text
    assert "$ make test" in text
    assert {"demo", "test", "check"} <= TARGETS
