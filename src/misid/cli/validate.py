"""``misid validate``."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from misid.cli.options import result_options, stages

if TYPE_CHECKING:
    from misid.findings import Miss, ValidationPage

FOLDER = "misid-validation"


@click.command("validate")
@click.option(
    "--table", "tables", multiple=True, metavar="CODE", help="A table to make; repeats. All of them if not given."
)
@click.option("--no-report", is_flag=True, help="Write figures and rows, no page.")
@result_options(FOLDER)
def validate_command(tables: tuple[str, ...], no_report: bool, out: Path | None, as_json: bool, force: bool) -> None:
    """Set misid's own predictions beside what was published and what happened, misses first.

    Writes report.html, validation.json, summary.csv, goals.csv, the rows of each table and provenance.json into one
    folder, all or nothing.  Everything comes from package data; nothing is fetched.
    """
    from misid import api
    from misid.storage import check_target, to_text
    from misid.validation import chosen

    chosen(tables or None)
    writes = out is not None or not as_json
    folder = out or Path(FOLDER)
    if writes:
        check_target(folder, force)
    with stages() as stage:
        result = api.validate(tables or None, progress=stage)
        if writes:
            stage("writing")
            result.save(folder, force=force, report=not no_report)
    if as_json:
        click.echo(to_text(result.to_json()), nl=False)
        return
    _say(result.page)
    last = "Figures" if no_report else "Page"
    click.echo(f"\n{last}: {folder / ('validation.json' if no_report else 'report.html')}")


def _say(page: ValidationPage) -> None:
    from misid.cli.tables import print_table
    from misid.findings import Table

    for words in (page.known, page.beside):
        click.echo(textwrap.fill(words, 96) + "\n")
    heads = ("what", "table", "claimed", "found")
    for title, misses in (("Goals that are not reached", page.goals_missed), ("Furthest outside", page.furthest)):
        if misses:
            print_table(Table(title, heads, tuple(_line(miss) for miss in misses)))
    click.echo(f"\n{textwrap.fill(page.not_validated, 96)}\n")
    if page.unsettled.rows:
        click.echo("No data can decide:")
    for statement, _ in page.unsettled.rows:
        click.echo(textwrap.fill(f"- {statement}", 96, subsequent_indent="  "))
    click.echo()
    for section in page.sections:
        click.echo(textwrap.fill(f"{section.title}. {section.text}", 96, subsequent_indent="  "))
        for table in section.tables[:-1]:  # goals and summary; the rows are in the files
            print_table(table)


def _line(miss: Miss) -> tuple[str, ...]:
    claimed = f"{miss.claimed} ({miss.claimed_range})" if miss.claimed_range else miss.claimed
    return miss.what, miss.where, claimed, f"{miss.found} ({miss.found_note})" if miss.found_note else miss.found
