"""``misid card list|show``."""

from __future__ import annotations

import click


@click.group("card")
def card_command() -> None:
    """List and show cards: how well tested algorithms tell faces apart."""


@card_command.command("list")
@click.argument("pattern", default="*")
def list_cards(pattern: str) -> None:
    """List card names, all or those that fit PATTERN (nec_*)."""
    from misid.algorithm import match

    for name in match([pattern]):
        click.echo(name)


@card_command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="The card as JSON.")
def show_card(name: str, as_json: bool) -> None:
    """Show card NAME: misses by kind of photo and gallery size, row factors by group, what was tested."""
    from misid.algorithm import load_card
    from misid.storage import to_text

    found = load_card(name)
    if as_json:
        click.echo(to_text(found.to_json()), nl=False)
        return
    from misid.cli.tables import print_table
    from misid.findings import card_tables

    click.echo(f"{found.name} ({found.developer})\n")
    for table in card_tables(found):
        print_table(table)
