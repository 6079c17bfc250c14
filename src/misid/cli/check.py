"""``misid check``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

HASH = re.compile(r"(?:Content hash|Ledger) ([0-9a-f]{16})\b")  # how results.json names the ledger's content
NO_LIST = "provenance.json lists no files, so report and tables were not compared"
OLD = "misid/provenance/1"  # before it listed what was written


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def check(folder: Path) -> None:
    """Check that a result FOLDER still holds what was written into it.

    Reads every file that provenance.json lists, and every part of the ledger of encounters, and compares them with what
    was noted when they were written.  Prints one line, or every fault.
    """
    from misid.errors import MisidError, OutputRefused
    from misid.storage.readers import PLAN, folder_of

    ledger = folder_of(folder)
    if not folder.is_dir() or not ((folder / "provenance.json").exists() or (ledger / PLAN).exists()):
        raise OutputRefused(f"{folder}: is no result of misid; give a folder that `misid run --out` wrote")
    said: list[str] = []
    found = [*_files(folder, said)]
    if not any(fault.startswith(f"{ledger}/") for fault in found):  # else the same again, in other words
        found += _ledger(folder, ledger, said)
    if found:
        raise MisidError("\n".join([*found, f"{len(found)} fault{'s' if len(found) > 1 else ''}."]))
    if said == [NO_LIST]:
        raise OutputRefused(f"{folder}: cannot be checked: {NO_LIST}, and there is no ledger; make it again")
    click.echo(f"OK {folder}: {'; '.join(said)}")


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def _files(folder: Path, said: list[str]) -> Iterator[str]:
    """Compare the folder with the list in its provenance; a fault is a line."""
    from misid.storage.folders import to_text
    from misid.storage.manifest import PROVENANCE, content

    path = folder / PROVENANCE
    if not path.exists():
        if (folder / "results.json").exists():
            yield f"{path}: is missing"
        return
    made = _read(path)
    listed = made.get("files")
    if made.get("schema") == OLD and listed is None:
        said.append(NO_LIST)
        return
    if not isinstance(listed, dict) or path.read_bytes() != to_text(made).encode():
        yield f"{path}: is spoilt"
        return
    try:
        found = content(folder)
    except OSError as error:
        yield f"{folder}: cannot be read: {error.strerror or error}"
        return
    here = {*found.ours, *found.changed}
    yield from (f"{folder / name}: is not what was written" for name in found.changed)
    yield from (f"{folder / name}: is missing" for name in sorted({PROVENANCE, *listed} - here))
    said.append(f"{len(listed)} files as listed in {PROVENANCE}")
    if others := sorted({*found.foreign} - {*listed}):
        said.append(f"{len(others)} others, not of misid")


def _ledger(folder: Path, place: Path, said: list[str]) -> Iterator[str]:
    """Compare every part with its note, and the whole with the hash that the results name; a fault is a line."""
    from misid.errors import MisidError
    from misid.storage.parts import Ledger
    from misid.storage.plan import Plan
    from misid.storage.readers import PLAN, read_plan

    results = folder / "results.json"
    text = results.read_text("utf-8", "replace") if results.is_file() else ""
    if text and not _read(results):
        yield f"{results}: is spoilt"
    named = HASH.findall(text)
    if not (place / PLAN).exists():
        if named:
            yield f"{place / 'encounters'}: is missing, and results.json rests on it"
        return
    try:
        plan = Plan.from_json(read_plan(place))
        if plan.to_text().encode() != (place / PLAN).read_bytes():
            yield f"{place / PLAN}: is spoilt"
            return
        ledger = Ledger(place, plan)
        faults = [str(fault) for fault in ledger.faults()]
        yield from faults
        if faults:
            return
        content = ledger.content_hash()
    except MisidError as error:
        yield str(error)
        return
    if results.is_file() and named != [content[:16]]:
        yield f"{results}: does not name content hash {content[:16]}, which is that of {place}"
    parts = f"{plan.parts} part{'s' if plan.parts > 1 else ''}"
    said.append(f"{plan.encounters:,} encounters in {parts} as noted, content hash {content}")
