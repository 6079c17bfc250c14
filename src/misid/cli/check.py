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


@click.command("check")
@click.argument("folder", type=click.Path(path_type=Path))
def check_command(folder: Path) -> None:
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
    found = [*_files(folder, said), *_ledger(folder, ledger, said)]
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
    from misid.storage.manifest import digest_of

    if not (folder / "provenance.json").exists():
        return
    made = _read(folder / "provenance.json")
    if not made:
        yield f"{folder / 'provenance.json'}: is spoilt"
        return
    listed = made.get("files")
    if not isinstance(listed, dict):
        said.append(NO_LIST)
        return
    for name, noted in listed.items():
        path = folder / name
        try:
            if digest_of(path) != (noted.get("sha256") if isinstance(noted, dict) else noted):
                yield f"{path}: is not what was written"
        except OSError as error:
            yield f"{path}: cannot be read: {error.strerror or error}"
    said.append(f"{len(listed)} files as listed in provenance.json")


def _ledger(folder: Path, place: Path, said: list[str]) -> Iterator[str]:
    """Compare every part with its note, and the whole with the hash that the results name; a fault is a line."""
    from misid.errors import MisidError
    from misid.storage import Ledger, Plan, read_plan
    from misid.storage.readers import PLAN

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
