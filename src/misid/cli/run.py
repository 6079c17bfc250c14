"""``misid run``."""

from __future__ import annotations

import textwrap
from pathlib import Path

import click

from misid.cli.options import progress, result_options, simulation_options, working_folder


@click.command()
@click.argument("scenario")
@simulation_options(encounters=0)
@result_options("misid-NAME")
def run(
    scenario: str,
    encounters: int,
    seed: int,
    workers: int | None,
    executor: str,
    out: Path | None,
    as_json: bool,
    force: bool,
) -> None:
    """Answer the fifteen questions for SCENARIO, a packaged name or a file.

    Writes report.html, results.json, scenario.resolved.json and provenance.json into one folder, all or nothing.
    With --encounters the same chain also happens to single synthetic people, and the folder holds their ledger; a run
    that was stopped goes on where it was.  `misid scenario list` prints the packaged names.
    """
    from misid import api
    from misid.scenario.catalog import load
    from misid.storage.folders import check_target, to_text
    from misid.storage.parts import remove_ledger

    resolved = load(scenario)
    folder = out or Path(f"misid-{resolved.name}")
    writes = out is not None or not as_json
    work = working_folder(folder) if writes and encounters else None
    if writes:
        check_target(folder, force)
        if work is not None and force:
            remove_ledger(work)
    with progress(encounters, "every stop policy, rule and mode, over all input ranges") as done:
        result = api.run(
            resolved if scenario == resolved.name else scenario,
            encounters=encounters,
            seed=seed,
            workers=workers,
            executor=executor,
            work=work,
            on_progress=done,
        )
        if writes:
            result.save(folder, force=force)
    if as_json:
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
    click.echo(f"\nReport: {folder / 'report.html'}")
