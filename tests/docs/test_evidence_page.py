"""The table of docs/evidence.md is what the ticks of the packaged scenario say."""

from __future__ import annotations

from pathlib import Path

from misid.expected import model_of, ticks
from misid.scenario import load_scenario

PAGE = Path(__file__).parents[2] / "docs" / "evidence.md"


def say(x: float) -> str:
    return f"{x:#.2g}" if 0.00101 < x < 0.999 else "1.0" if x >= 0.999 else f"{x:g}"


def span(ends: tuple[float, float] | None) -> str:
    if ends is None:
        return ""
    low, high = map(say, ends)
    return low if low == high else f"{low} to {high}"


def test_the_table_is_that_of_the_ticks():
    lines = PAGE.read_text("utf-8").split("| evidence |")[1].split("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    found = ticks(model_of(load_scenario("field-app")))
    assert len(rows) == len(found)
    for row, tick in zip(rows, found, strict=True):
        widest = span(tick.own_mix_by_assumptions) + (f", {tick.widest}" if tick.widest else "")
        said = [say(tick.own_mix_phi), span(tick.own_mix_by_counts), widest, say(tick.phi)]
        assert row[1:] == said, tick.name
