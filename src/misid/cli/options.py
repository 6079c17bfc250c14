"""What several commands share: options, progress on the terminal, JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from misid.api import Result

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def add_options(*options: Decorator) -> Decorator:
    """Return a decorator that adds options, listed in their order."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def result_options(default_folder: str) -> Decorator:
    """Return a decorator that adds ``--out``, ``--json`` and ``--force``."""
    words = f"Folder for the report; {default_folder} if not given."
    return add_options(
        click.option("--out", type=click.Path(path_type=Path), help=words),
        click.option("--json", "as_json", is_flag=True, help="Print the result as JSON; write no files without --out."),
        click.option("--force", is_flag=True, help="Replace an older result in the folder, and nothing else."),
    )


def print_json(result: Result) -> None:
    """Print a result as its JSON file holds it."""
    from misid.storage import to_text

    click.echo(to_text(result.to_json()), nl=False)


@contextmanager
def progress(first: str, total: int = 0, then: str = "") -> Iterator[Callable[[int | str], None]]:
    """Show on a terminal what is being done, how much of ``total`` is done, and ``then`` what follows.

    Yields what is to be called with a number whenever so many are done, or with words for what begins.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(first, total=total or None)

        def note(what: int | str) -> None:
            if isinstance(what, str):
                bar.update(task, description=what, total=None)
                return
            bar.advance(task, what)
            if bar.finished:
                note(then)

        yield note
