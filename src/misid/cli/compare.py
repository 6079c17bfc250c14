"""``misid compare``."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from misid.cli.options import carry_out, result_options, simulation_options

if TYPE_CHECKING:
    from misid.findings import Comparison

ENCOUNTERS = 200_000


@click.command("compare")
@click.argument("scenario")
@click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="NAME",
    help="A rule to compare; give it again for more, or `all`. Those that the scenario compares if not given.",
)
@simulation_options(encounters=ENCOUNTERS)
@result_options("misid-NAME-rules")
def compare_command(scenario: str, policies: tuple[str, ...], **asked: Any) -> None:
    """Put the same simulated people under several rules of SCENARIO, a packaged name or a file.

    Writes report.html, results.json, scenario.resolved.json, provenance.json and the ledger into one folder, all or
    nothing.  The rule in force is always among the rules; `misid scenario show NAME` prints them all.  A run that was
    stopped goes on where it was.
    """
    from misid import api
    from misid.findings import check_rules
    from misid.scenario import load_scenario
    from misid.storage import to_text

    resolved = load_scenario(scenario)
    check_rules(resolved, policies)
    folder = Path(f"misid-{resolved.name}-rules")
    given = resolved if scenario == resolved.name else scenario
    then = "every rule, over all input ranges"
    result = carry_out(partial(api.compare, given, policies), folder, asked, then, api.run_inputs(given, resolved))
    if asked["as_json"]:
        click.echo(to_text(result.to_json()), nl=False)
        return
    _say(result.comparison)
    click.echo(f"\nPage: {(asked['out'] or folder) / 'report.html'}")


def _say(said: Comparison) -> None:
    click.echo(f"SYNTHETIC twin: {said.title}\n")
    click.echo(textwrap.fill(said.known, 96) + "\n")
    click.echo(f"{said.picture.title}, threshold held as given:")
    by_rule: dict[str, list[Mapping[str, Any]]] = {}
    for record in said.picture.records:
        by_rule.setdefault(record["label"], []).append(record)
    for rule, records in by_rule.items():
        click.echo(textwrap.fill(f"{rule}: {'; '.join(map(_figure, records))}", 96, subsequent_indent="     "))
    click.echo(f"\n{said.not_validated}")
    if said.illustrative:
        click.echo(
            f"Illustrative: {len(said.illustrative)} inputs have no source better than press; the page lists them."
        )


def _figure(record: Mapping[str, Any]) -> str:
    from misid.findings import format_number, format_range

    return f"{format_number(record['value'])} ({record['series']}, range {format_range(record['low'], record['high'])})"
