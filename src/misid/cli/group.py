"""The group of all commands; each loads when it is called, so that ``misid --help`` is quick."""

from __future__ import annotations

import importlib
from typing import Any

import click

from misid._version import VERSION
from misid.errors import did_you_mean

COMMANDS = {
    "run": "Answer the fifteen questions for a scenario, and write the report.",
    "compare": "Put the same simulated people under several rules, and write the page that compares them.",
    "evaluate": "Evaluate a real algorithm from its scores, candidate lists or embeddings.",
    "validate": "Print how misid's own predictions came out beside what was published, misses first.",
    "plan": "How many people and comparisons a claim about an algorithm needs.",
    "check": "Check that a result folder still holds what was written into it.",
    "scenario": "List, show and check scenarios; print their schema.",
    "card": "List and show cards: how well tested algorithms tell faces apart.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return command names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command, or none if there is no such name."""
        if cmd_name not in COMMANDS:
            return None
        found = getattr(importlib.import_module(f"misid.cli.{cmd_name}"), f"{cmd_name}_command")
        return found if isinstance(found, click.Command) else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Name the nearest command where there is none of that name."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"unknown command {args[0]!r}{did_you_mean(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="misid")
def misid() -> None:
    """Measure what a one-to-many face identification system does to people.

    misid takes no face image and never says who anybody is.  Start with: misid run field-app
    """
