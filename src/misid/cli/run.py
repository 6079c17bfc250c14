"""``misid run``."""

from __future__ import annotations

import textwrap
from contextlib import AbstractContextManager
from pathlib import Path

import click


@click.command()
@click.argument("scenario")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the report; misid-NAME if not given.")
@click.option("--json", "as_json", is_flag=True, help="Print results.json; write no files unless --out is given.")
@click.option("--force", is_flag=True, help="Replace an older result in the folder.")
def run(scenario: str, out: Path | None, as_json: bool, force: bool) -> None:
    """Answer the fifteen questions for SCENARIO, a packaged name or a file.

    Writes report.html, results.json, scenario.resolved.json and provenance.json into one folder, all or nothing.
    `misid scenario list` prints the packaged names.
    """
    from misid import api
    from misid.scenario.catalog import load
    from misid.storage.folders import check_target, to_text

    resolved = load(scenario)
    folder = out or Path(f"misid-{resolved.name}")
    writes = out is not None or not as_json
    if writes:
        check_target(folder, force)
    with progress(f"{resolved.title}: every stop policy, rule and mode, over all input ranges"):
        result = api.run(resolved if scenario == resolved.name else scenario)
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
    click.echo(f"\n{result.findings.not_validated}")
    if result.findings.illustrative:
        count = len(result.findings.illustrative)
        click.echo(f"Illustrative: {count} inputs have no source better than press; the report lists them.")
    click.echo(f"\nReport: {folder / 'report.html'}")


def progress(words: str) -> AbstractContextManager[object]:
    """Return a context that shows a spinner on a terminal and nothing elsewhere."""
    from rich.console import Console

    return Console(stderr=True).status(words)
