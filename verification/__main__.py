"""Commands of ``python -m verification``: what makes the numbers that ship anew, from a clone of the repository."""

from __future__ import annotations

import json
import shlex
import time
from contextlib import nullcontext
from pathlib import Path

import click

from misid.errors import MisidError
from misid.validation import ANEW, FILE
from verification.package_data import ROOT

SUMMARY = ROOT / "src" / "misid" / "validation" / "catalog" / FILE


def _say(words: str) -> None:
    click.echo(words, err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Make the numbers that ship with misid anew."""


@main.command()
@click.option("--table", "codes", multiple=True, metavar="CODE", help="A table to make; repeats. All if not given.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the page and every row.")
@click.option("--force", is_flag=True, help="Replace an older result in the folder.")
@click.option("--ship", is_flag=True, help="Rewrite the summary that ships, and docs/validation.md.")
def tables(codes: tuple[str, ...], out: Path | None, force: bool, ship: bool) -> None:
    """Set every prediction anew beside what was observed; some minutes for all tables, seconds for most."""
    from misid.storage import reserve
    from misid.validation import read_digest
    from verification import docs
    from verification.condense import condense
    from verification.registry import make
    from verification.whole_pages import save

    if ship and codes:
        raise click.UsageError("--ship writes all tables; leave --table out")
    started = time.monotonic()
    with reserve(out, force) if out is not None else nullcontext():
        found = make(codes or None, _say)
        if out is not None:
            command = [*ANEW.split(), *(word for code in codes for word in ("--table", code))]
            save(found, out, shlex.join(command), time.monotonic() - started, force=force)
    whole = condense(found).to_json()
    if ship:
        # Not sorted by name: columns and simpler rules keep the order in which their tables give them.
        SUMMARY.write_text(json.dumps(whole, ensure_ascii=False, allow_nan=False, indent=1) + "\n", "utf-8")
        docs.PAGE.write_text(docs.page(read_digest(whole)), "utf-8")
    from misid.findings.validation.page import known, table_sentence

    d = read_digest(whole)
    click.echo(known(d))
    for table in d.tables:
        click.echo(f"{table.code}: {table_sentence(table)}")


@main.command("docs")
def write_docs() -> None:
    """Rewrite the tables of docs/validation.md from the summary that ships."""
    from verification import docs

    docs.PAGE.write_text(docs.page(), "utf-8")


@main.command()
@click.argument("which", nargs=-1, metavar="[growth|conditions|groups]...")
def priors(which: tuple[str, ...]) -> None:
    """Refit what algorithms share, from the rows in the package; all of it if nothing is named."""
    from verification.priors import REFITS

    unknown = [name for name in which if name not in REFITS]
    if unknown:
        raise click.UsageError(f"unknown prior {', '.join(unknown)}; known: {', '.join(REFITS)}")
    for name in which or REFITS:
        REFITS[name](_say)


if __name__ == "__main__":
    try:
        main(prog_name="python -m verification")
    except MisidError as error:
        raise SystemExit(f"{error}") from None
