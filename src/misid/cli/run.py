"""``misid run``."""

from __future__ import annotations

import textwrap
from functools import partial
from pathlib import Path
from typing import Any

import click

from misid.cli.options import carry_out, result_options, simulation_options


@click.command("run")
@click.argument("scenario")
@click.option(
    "--algorithm",
    metavar="CARD",
    default="",
    help="One card instead of the scenario's own: a name or pattern (nec_*), or a card file (out.json).",
)
@simulation_options(encounters=0)
@result_options("misid-NAME")
def run_command(scenario: str, algorithm: str, **asked: Any) -> None:
    """Answer the fifteen questions for SCENARIO, a packaged name or a file.

    Writes report.html, results.json, scenario.resolved.json and provenance.json into one folder, all or nothing.
    With --encounters the same chain also happens to single synthetic people, and the folder holds their ledger; a run
    that was stopped goes on where it was.  `misid scenario list` prints the packaged names.
    """
    from misid import api
    from misid.scenario import load_scenario
    from misid.storage import to_text

    resolved = load_scenario(scenario)
    folder = Path(f"misid-{resolved.name}")
    given = resolved if scenario == resolved.name else scenario
    then = "every stop policy, rule and mode, over all input ranges"
    inputs = api.run_inputs(given, resolved, algorithm)
    result = carry_out(partial(api.run, given, algorithm=algorithm), folder, asked, then, inputs)
    if asked["as_json"]:
        click.echo(to_text(result.to_json()), nl=False)
        return
    click.echo(f"SYNTHETIC twin: {result.findings.title}\n")
    click.echo(textwrap.fill(result.findings.known, 96) + "\n")
    for answer in result.findings.leading():
        click.echo(textwrap.fill(f"{answer.id}  {answer.count}", 96, subsequent_indent="     "))
        if answer.interval:
            click.echo(
                textwrap.fill(f"Range: {answer.interval}", 96, initial_indent="     ", subsequent_indent="     ")
            )
    if result.findings.simulated is not None:
        said = result.findings.simulated.sections[0].text.split(". ")[0]
        click.echo(textwrap.fill(f"SYNTHETIC people: {said}.", 96, subsequent_indent="     "))
    click.echo(f"\n{result.findings.not_validated}")
    if result.findings.illustrative:
        count = len(result.findings.illustrative)
        click.echo(f"Illustrative: {count} inputs have no source better than press; the report lists them.")
    click.echo(f"\nReport: {(asked['out'] or folder) / 'report.html'}")
