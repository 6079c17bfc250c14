"""``misid scenario list|show|check|schema``."""

from __future__ import annotations

import json

import click


@click.group("scenario")
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
