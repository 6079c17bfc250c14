"""The installed program on a file of templates, and its page in a browser."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

sys.path.append(str(Path(__file__).parents[1] / "helpers"))
files = importlib.import_module("made_up_files")


def test_from_templates_to_a_page(open_page, axe, tmp_path):
    arguments = files.npz(files.make(tmp_path))
    program = Path(sys.executable).with_name("misid")
    done = subprocess.run(
        [program, "evaluate", *arguments, "--image-kind", "webcam", "--name", "<b>Made & up</b>", "--out", "out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Report: out/report.html" in done.stdout
    found = json.loads((tmp_path / "out" / "evaluation.json").read_text("utf-8"))
    page, seen = open_page(tmp_path / "out" / "report.html")
    charts = page.locator(".chart").count()
    assert charts > 3
    page.locator(".chart[data-state=drawn]").nth(charts - 1).wait_for(state="attached")
    assert axe(page) == []
    assert seen.faults() == []
    words = page.locator("body").inner_text()
    assert "<b>Made & up</b>" in words  # said, not obeyed
    assert files.WORD not in page.content().lower()
    assert found["name"] == "<b>Made & up</b>"
