"""``misid run`` and ``misid compare``: they simulate, and may be stopped and go on."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from misid.cli.options import add_options, print_json, progress, result_options

if TYPE_CHECKING:
    from misid.api import ComparisonResult, RunResult
    from misid.findings import Comparison, Findings
    from misid.scenario import Scenario

    Simulated = TypeVar("Simulated", RunResult, ComparisonResult)

COMPARED_ENCOUNTERS = 200_000


def simulation_options(encounters: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds ``--encounters``, ``--seed``, ``--workers`` and ``--executor``."""
    words = "Encounters of single synthetic people to simulate."
    return add_options(
        click.option("--encounters", type=int, default=encounters, show_default=True, help=words),
        click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same encounters."),
        click.option("--workers", type=int, help="Processes; one per core if not given. Changes nothing but the time."),
        click.option("--executor", default="local", show_default=True, help="Where the work is done."),
    )


@click.command("run", short_help="Answer the fifteen questions for a scenario, and write the report.")
@click.argument("scenario")
@click.option(
    "--algorithm",
    metavar="CARD",
    default="",
    help="One card instead of the scenario's own: a name or pattern (nec_*), or a card file (out.json).",
)
@simulation_options(encounters=0)
@result_options("misid-NAME")
def run_command(scenario: str, algorithm: str, **options: Any) -> None:
    """Answer the fifteen questions for SCENARIO, a packaged name or a file.

    Writes report.html, results.json, scenario.resolved.json and provenance.json into one folder, all or nothing.
    With --encounters the same chain also happens to single synthetic people, and the folder holds their ledger; a run
    that was stopped goes on where it was.  `misid scenario list` prints the packaged names.
    """
    from misid import api
    from misid.scenario import load_scenario

    resolved = load_scenario(scenario)
    folder = options["out"] or Path(f"misid-{resolved.name}")
    then = "every stop policy, rule and mode, over all input ranges"
    job = partial(api.run, algorithm=algorithm)
    result = _simulate(job, scenario, resolved, folder, then, options, algorithm)
    if options["as_json"]:
        return
    found = result.findings
    _print_head(found)
    for answer in found.leading():
        click.echo(textwrap.fill(f"{answer.id}  {answer.count}", 96, subsequent_indent="     "))
        if answer.interval:
            click.echo(
                textwrap.fill(f"Range: {answer.interval}", 96, initial_indent="     ", subsequent_indent="     ")
            )
    if found.simulated is not None:
        first = found.simulated.sections[0].text.split(". ")[0]
        click.echo(textwrap.fill(f"SYNTHETIC people: {first}.", 96, subsequent_indent="     "))
    _print_end(found, folder)


@click.command(
    "compare", short_help="Put the same simulated people under several rules, and write the page that compares them."
)
@click.argument("scenario")
@click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="NAME",
    help="A rule to compare; give it again for more, or `all`. Those that the scenario compares if not given.",
)
@simulation_options(encounters=COMPARED_ENCOUNTERS)
@result_options("misid-NAME-rules")
def compare_command(scenario: str, policies: tuple[str, ...], **options: Any) -> None:
    """Put the same simulated people under several rules of SCENARIO, a packaged name or a file.

    Writes report.html, results.json, scenario.resolved.json, provenance.json and the ledger into one folder, all or
    nothing.  The rule in force is always among the rules; `misid scenario show NAME` prints them all.  A run that was
    stopped goes on where it was.
    """
    from misid import api
    from misid.findings import check_rules
    from misid.scenario import load_scenario

    resolved = load_scenario(scenario)
    check_rules(resolved, policies)
    folder = options["out"] or Path(f"misid-{resolved.name}-rules")
    job = partial(api.compare, policies=policies)
    result = _simulate(job, scenario, resolved, folder, "every rule, over all input ranges", options)
    if options["as_json"]:
        return
    found = result.comparison
    _print_head(found)
    click.echo(f"{found.picture.title}, threshold held as given:")
    by_rule: dict[str, list[Mapping[str, Any]]] = {}
    for record in found.picture.records:
        by_rule.setdefault(record["label"], []).append(record)
    for rule, records in by_rule.items():
        click.echo(textwrap.fill(f"{rule}: {'; '.join(map(_figure, records))}", 96, subsequent_indent="     "))
    _print_end(found, folder)


def _simulate(
    job: Callable[..., Simulated],
    scenario: str,
    resolved: Scenario,
    folder: Path,
    then: str,
    options: Mapping[str, Any],
    algorithm: str = "",
) -> Simulated:
    """Do a job as the options ask, and write or print what comes of it; ``then`` says what follows the encounters."""
    from misid import api
    from misid.storage import check_target, remove_ledger

    encounters, force = options["encounters"], options["force"]
    source = resolved if scenario == resolved.name else scenario
    inputs = api.run_inputs(source, resolved, algorithm)
    writes = options["out"] is not None or not options["as_json"]
    # Parts lie beside the result until it is whole; a run that was stopped goes on there.
    work = folder.with_name(f"{folder.name}.partial") if writes and encounters else None
    if writes:
        check_target(folder, force, inputs)
        if work is not None and force:
            remove_ledger(work, inputs)
    simulation = {name: options[name] for name in ("encounters", "seed", "workers", "executor")}
    with progress(f"{encounters:,} encounters" if encounters else then, encounters, then) as note:
        result = job(source, **simulation, work=work, on_progress=note)
        if writes:
            result.save(folder, force=force)
    if options["as_json"]:
        print_json(result)
    return result


def _print_head(found: Findings | Comparison) -> None:
    click.echo(f"SYNTHETIC twin: {found.title}\n")
    click.echo(textwrap.fill(found.known, 96) + "\n")


def _print_end(found: Findings | Comparison, folder: Path) -> None:
    click.echo(f"\n{found.not_validated}")
    if found.illustrative:
        count = len(found.illustrative)
        click.echo(f"Illustrative: {count} inputs have no source better than press; the report lists them.")
    click.echo(f"\nReport: {folder / 'report.html'}")


def _figure(record: Mapping[str, Any]) -> str:
    from misid.findings import format_number, format_range

    return f"{format_number(record['value'])} ({record['series']}, range {format_range(record['low'], record['high'])})"
