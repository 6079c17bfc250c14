"""``misid validate``."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from misid.findings import Miss, ValidationPage


@click.command(
    "validate", short_help="Print how misid's own predictions came out beside what was published, misses first."
)
@click.option("--table", "tables", multiple=True, metavar="CODE", help="A table to show; repeats. All if not given.")
@click.option("--no-report", is_flag=True, help="Write figures without the page.")
@click.option("--force", is_flag=True, help="Replace an older result in the folder, and nothing else.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the report; none is written if not given.")
def validate_command(tables: tuple[str, ...], no_report: bool, out: Path | None, as_json: bool, force: bool) -> None:
    """Print how misid's own predictions came out beside what was published and what happened, misses first.

    Nothing is computed: this is the summary that ships.  A clone of the repository makes it anew, with every row.  With
    --out, writes report.html, validation.json, summary.csv, goals.csv and provenance.json into one folder, all or
    nothing.
    """
    from misid import api
    from misid.storage import to_text

    if out is None and (force or no_report):
        raise click.UsageError(
            "nothing is written without --out: give --out FOLDER too, or leave --force and --no-report out"
        )
    result = api.validate(tables or None)
    if out is not None:
        result.save(out, force=force, report=not no_report)
    if as_json:
        click.echo(to_text(result.to_json()), nl=False)
        return
    _print_page(result.page)
    if out is not None:
        last = "Figures" if no_report else "Page"
        click.echo(f"\n{last}: {out / ('validation.json' if no_report else 'report.html')}")


def _print_page(page: ValidationPage) -> None:
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
        for table in section.tables[:-1]:  # goals and summary; the rows are on the page
            print_table(table)
    for words in (page.made, page.anew):
        click.echo("\n" + textwrap.fill(words, 96, break_long_words=False, break_on_hyphens=False))


def _line(miss: Miss) -> tuple[str, ...]:
    claimed = f"{miss.claimed} ({miss.claimed_range})" if miss.claimed_range else miss.claimed
    return miss.what, miss.where, claimed, f"{miss.found} ({miss.found_note})" if miss.found_note else miss.found
