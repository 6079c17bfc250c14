"""Options that mean the same in every command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


@contextmanager
def progress(encounters: int, then: str) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many encounters are done, then what is done with them; nothing elsewhere.

    Parameters
    ----------
    encounters : int
        How many there are; 0 for none.
    then : str
        What follows, in words.

    Yields
    ------
    callable
        To be called with a number of encounters whenever so many are done.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"{encounters:,} encounters" if encounters else then, total=encounters or None)

        def done(more: int) -> None:
            bar.advance(task, more)
            if bar.finished:
                bar.update(task, description=then, total=None)

        yield done
