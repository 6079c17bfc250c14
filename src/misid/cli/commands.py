"""The group of all commands, and those that are short: check, plan, scenario, card.

Every command loads what it needs when it is called, so that ``misid --help`` is quick.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from misid._version import VERSION
from misid.cli.evaluate import evaluate_command
from misid.cli.run import compare_command, run_command
from misid.cli.validate import validate_command
from misid.errors import did_you_mean


class Commands(click.Group):
    """A group that lists its commands in their own order, and names the nearest where there is none of a name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return command names in the order in which they were added."""
        return list(self.commands)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Refuse an unknown name."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise click.UsageError(f"unknown command {args[0]!r}{did_you_mean(args[0], self.commands)}", ctx)
        return super().resolve_command(ctx, args)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="misid")
def misid() -> None:
    """Measure what a one-to-many face identification system does to people.

    misid takes no face image and never says who anybody is.  Start with: misid run field-app
    """


for _command in (run_command, compare_command, evaluate_command, validate_command):
    misid.add_command(_command)


@misid.command("plan", short_help="How many people and comparisons a claim about an algorithm needs.")
@click.option("--fmr", type=float, help="Claim: FMR is at most this (1e-6).")
@click.option("--confidence", type=float, default=95.0, show_default=True, help="Of the claim, in percent.")
@click.option("--subjects", type=int, help="People you have: what can they carry?")
@click.option("--images", type=int, default=1, show_default=True, help="Photos of each person.")
@click.option(
    "--cv",
    type=float,
    default=1.0,
    show_default=True,
    help="How much people's own rates differ: standard deviation over mean.",
)
@click.option("--fpir", type=float, help="Claim: FPIR is at most this, at the size of --gallery.")
@click.option("--gallery", type=int, help="People enrolled.")
@click.option("--ratio", type=float, help="Ratio of two groups' rates that the test is to show.")
@click.option("--power", type=float, default=0.8, show_default=True, help="Probability of showing it.")
@click.option("--json", "as_json", is_flag=True, help="The plan as JSON.")
def plan_command(confidence: float, as_json: bool, **claim: Any) -> None:
    r"""Say how many people and comparisons a claim about error rates needs.

    \b
    misid plan --fmr 1e-6 --confidence 95
    misid plan --subjects 500 --images 4
    misid plan --fpir 0.003 --gallery 1000 --ratio 2
    """
    from misid.errors import OutOfRange
    from misid.evaluation import SOURCES, PlanOptions, plan_study
    from misid.storage import to_text

    if not 50 <= confidence < 100:
        raise OutOfRange("--confidence", confidence, "at least 50 and below 100, in percent")
    found = plan_study(PlanOptions(confidence=confidence / 100, **claim))
    if as_json:
        click.echo(to_text(found.to_json()), nl=False)
        return
    from misid.cli.tables import print_table
    from misid.findings import Table

    for sentence in found.remarks:
        click.echo(sentence)
    click.echo()
    rows = [
        (name.replace("_", " "), _number(one.value) or "none", _number(one.low), _number(one.high), one.unit)
        for name, one in found.figures.items()
    ]
    print_table(
        Table(
            "What it takes",
            ("figure", "value", "if independent", "if photos repeat", "unit"),
            tuple(rows),
            "Value: people differ by the given coefficient of variation, an assumption. "
            "If photos repeat: photos of the same two people always agree.",
        )
    )
    if found.errors_allowed:
        counted = tuple((errors, f"{trials:,.0f}", f"{times:.2f}") for errors, trials, times in found.errors_allowed)
        print_table(
            Table("If errors are seen, independent trials", ("errors", "trials", "times those for none"), counted)
        )
    click.echo("\n".join(SOURCES))


def _number(x: float | None) -> str:
    if x is None:
        return ""
    return f"{x:,.0f}" if x >= 1 else f"{x:.2g}"


@misid.command("check", short_help="Check that a result folder still holds what was written into it.")
@click.argument("folder", type=click.Path(path_type=Path))
def check_command(folder: Path) -> None:
    """Check that a result FOLDER still holds what was written into it.

    Reads every file that provenance.json lists, and every part of the ledger of encounters, and compares them with what
    was noted when they were written.  Prints one line, or every fault.
    """
    from misid.storage import check_result

    click.echo(f"OK {folder}: {check_result(folder)}")


@misid.group("scenario", short_help="List, show and check scenarios; print their schema.")
def scenario_command() -> None:
    """List, show and check scenarios; print their schema."""


@scenario_command.command("list")
def list_scenarios() -> None:
    """List the packaged scenarios."""
    from misid.scenario import load_scenario, scenario_names

    width = max(map(len, scenario_names()))
    for name in scenario_names():
        click.echo(f"{name:<{width}}  {load_scenario(name).title}")


@scenario_command.command("show")
@click.argument("name")
@click.option("--resolved", is_flag=True, help="The complete form that engines read, as JSON.")
def show_scenario(name: str, resolved: bool) -> None:
    """Print scenario NAME as its author wrote it, or complete."""
    from pathlib import Path

    from misid.scenario import load_scenario, scenario_names, source_text
    from misid.storage import to_text

    if resolved:
        click.echo(to_text(load_scenario(name).to_json()), nl=False)
    elif name in scenario_names():
        click.echo(source_text(name), nl=False)
    else:
        load_scenario(name)  # faults first: a file that cannot be read is not printed
        click.echo(Path(name).read_text("utf-8-sig"), nl=False)


@scenario_command.command("check")
@click.argument("files", nargs=-1, required=True)
def check_scenarios(files: tuple[str, ...]) -> None:
    """Check that scenario FILES are well formed; names every fault of every file at once."""
    from misid.errors import Fault, InvalidInput, MisidError
    from misid.scenario import load_scenario

    faults: list[Fault] = []
    for file in files:
        try:
            load_scenario(file)
        except InvalidInput as error:
            faults += error.faults
        except MisidError as error:
            faults.append(Fault(file, 0, "", str(error)))
        else:
            click.echo(f"{file}: well formed")
    if faults:
        raise InvalidInput(faults, hint="`misid scenario schema` prints every field.")


@scenario_command.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of the form that people write."""
    from misid.scenario import json_schema

    click.echo(json.dumps(json_schema(), indent=2, sort_keys=True))


@misid.group("card", short_help="List and show cards: how well tested algorithms tell faces apart.")
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
