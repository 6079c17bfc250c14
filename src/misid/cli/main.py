"""The `misid` command.  Commands load when they are called, so that ``misid --help`` is quick."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import traceback
from typing import Any

import click

from misid._version import VERSION
from misid.errors import MisidError, did_you_mean
from misid.provenance import bug_line

COMMANDS = {
    "run": "Answer the fifteen questions for a scenario, and write the report.",
    "compare": "Put the same simulated people under several rules, and write the page that compares them.",
    "evaluate": "Evaluate a real algorithm from its scores, candidate lists or embeddings.",
    "validate": "Set misid's own predictions beside what was published and what happened, misses first.",
    "plan": "How many people and comparisons a claim about an algorithm needs.",
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
        found = getattr(importlib.import_module(f"misid.cli.{cmd_name}"), cmd_name)
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


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit: 0, 1 for a bug, 2 for what the user can fix, 130 for Ctrl-C."""
    sys.exit(call(args))


def call(args: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    try:
        misid.main(args=args, prog_name="misid", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except MisidError as error:
        click.echo(f"Error: {error}", err=True)
        return 2
    except (KeyboardInterrupt, click.exceptions.Abort):
        click.echo("stopped; a result is written whole or not at all", err=True)
        return 130
    except (BrokenPipeError, SystemExit):
        # The reader of our output went away (`misid card list | head`); that is no fault of anybody's.  click and rich
        # answer it with SystemExit, and nothing else in a command does.
        with contextlib.suppress(OSError):  # no such number where the output is no file
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception:
        traceback.print_exc()
        click.echo(f"This is a bug in misid, please report it with the lines above.\n{bug_line()}", err=True)
        return 1
    return 0
