"""``misid check``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

HASH = re.compile(r"(?:Content hash|Ledger) ([0-9a-f]{16})\b")  # how results.json names the ledger's content
NO_LIST = "provenance.json lists no files, so report and tables were not compared"
OLD = "misid/provenance/1"  # before it listed what was written


@click.command("check")
@click.argument("folder", type=click.Path(path_type=Path))
def check_command(folder: Path) -> None:
    """Check that a result FOLDER still holds what was written into it.

    Reads every file that provenance.json lists, and every part of the ledger of encounters, and compares them with what
    was noted when they were written.  Prints one line, or every fault.
    """
    from misid.errors import MisidError, OutputRefused
    from misid.storage import PLAN, PROVENANCE, ledger_folder, refuse_disk_errors

    place = ledger_folder(folder)
    if not folder.is_dir() or not ((folder / PROVENANCE).exists() or (place / PLAN).exists()):
        raise OutputRefused(f"{folder}: is no result of misid; give a folder that `misid run --out` wrote")
    checked: list[str] = []  # what was compared, in words
    with refuse_disk_errors(folder, "see who may read it", "read"):
        faults = list(_file_faults(folder, checked))
        if not any(fault.startswith(f"{place}/") for fault in faults):  # else the same again, in other words
            faults += _ledger_faults(folder, place, checked)
    if faults:
        raise MisidError("\n".join([*faults, f"{len(faults)} fault{'s' if len(faults) > 1 else ''}."]))
    if checked == [NO_LIST]:
        raise OutputRefused(f"{folder}: cannot be checked: {NO_LIST}, and there is no ledger; make it again")
    click.echo(f"OK {folder}: {'; '.join(checked)}")


def _file_faults(folder: Path, checked: list[str]) -> Iterator[str]:
    """Compare the folder with the list in its provenance."""
    from misid.storage import PROVENANCE, compare_with_list, read_json, to_text

    path = folder / PROVENANCE
    if not path.exists():
        if (folder / "results.json").exists():
            yield f"{path}: is missing"
        return
    made = read_json(path)
    listed = made.get("files")
    if made.get("schema") == OLD and listed is None:
        checked.append(NO_LIST)
        return
    if not isinstance(listed, dict) or path.read_bytes() != to_text(made).encode():
        yield f"{path}: is spoilt"
        return
    changed, missing, others = compare_with_list(folder, made)
    yield from (f"{folder / name}: is not what was written" for name in changed)
    yield from (f"{folder / name}: is missing" for name in missing)
    checked.append(f"{len(listed)} files as listed in {PROVENANCE}")
    if others:
        checked.append(f"{len(others)} others, not of misid")


def _ledger_faults(folder: Path, place: Path, checked: list[str]) -> Iterator[str]:
    """Compare every part with its note, and the whole with the hash that the results name."""
    from misid.errors import MisidError
    from misid.storage import ENCOUNTERS, PLAN, Ledger, Plan, read_json, read_plan

    results = folder / "results.json"
    text = results.read_text("utf-8", "replace") if results.is_file() else ""
    if text and not read_json(results):
        yield f"{results}: is spoilt"
    named = HASH.findall(text)
    if not (place / PLAN).exists():
        if named:
            yield f"{place / ENCOUNTERS}: is missing, and results.json rests on it"
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
    checked.append(f"{plan.encounters:,} encounters in {parts} as noted, content hash {content}")
