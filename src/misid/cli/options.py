"""Options that mean the same in every command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def result_options(default_folder: str) -> Callable[[Command], Command]:
    """Return a decorator that adds ``--out``, ``--json`` and ``--force``."""

    def add(command: Command) -> Command:
        for option in (
            click.option("--force", is_flag=True, help="Replace an older result in the folder."),
            click.option(
                "--json", "as_json", is_flag=True, help="Print results.json; write no files unless --out is given."
            ),
            click.option(
                "--out",
                type=click.Path(path_type=Path),
                help=f"Folder for the report; {default_folder} if not given.",
            ),
        ):
            command = option(command)
        return command

    return add


def simulation_options(encounters: int) -> Callable[[Command], Command]:
    """Return a decorator that adds ``--encounters``, ``--seed``, ``--workers`` and ``--executor``."""

    def add(command: Command) -> Command:
        for option in (
            click.option("--executor", default="local", show_default=True, help="Where the work is done."),
            click.option(
                "--workers", type=int, help="Processes; one per core if not given. Changes nothing but the time."
            ),
            click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same encounters."),
            click.option(
                "--encounters",
                type=int,
                default=encounters,
                show_default=True,
                help="Encounters of single synthetic people to simulate.",
            ),
        ):
            command = option(command)
        return command

    return add


def working_folder(out: Path) -> Path:
    """Return where parts of a run are kept until the result is whole; a run that was stopped goes on there."""
    return out.with_name(f"{out.name}.partial")


def progress(words: str) -> AbstractContextManager[object]:
    """Return a context that shows a spinner on a terminal and nothing elsewhere."""
    from rich.console import Console

    return Console(stderr=True).status(words)


@contextmanager
def counting(words: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal and nothing elsewhere; call what it yields with how much more is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(words, total=total)
        yield lambda more: bar.advance(task, more)
