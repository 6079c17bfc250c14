"""How the command line prints: no text of a user's steers the terminal."""

from __future__ import annotations

import click


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text, to standard output unless it is an error."""
    from misid.vocabulary.shown import shown

    click.echo(shown(text), err=err, nl=nl)
