"""Compares a result folder with what was noted when it was written: its list of files, and the parts of its ledger."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from misid.errors import MisidError, OutputRefused
from misid.storage.columns import SCHEMA
from misid.storage.folders import (
    ENCOUNTERS,
    PLAN,
    PROVENANCE,
    compare_with_list,
    first_few,
    read_json,
    to_text,
)
from misid.storage.ledger import Ledger, ledger_folder
from misid.storage.locks import beside, refuse_disk_errors

HASH = re.compile(r"(?:Content hash|Ledger) ([0-9a-f]{16})\b")  # how results.json names the ledger's content
NO_LIST = "provenance.json lists no files, so report and tables were not compared"
OLD = "misid/provenance/1"  # before it listed what was written
RESULTS_SCHEMA = "misid/results/2"


def check_result(folder: Path) -> str:
    """Return in words what a result folder was compared with; raise one error that names every fault."""
    place = ledger_folder(folder)
    if not os.path.lexists(folder) and (old := beside(Path(os.path.abspath(folder)), "old")).exists():
        raise OutputRefused(f"{folder}: a misid that was killed set it aside as {old}; run again, or rename it")
    if not folder.is_dir() or not ((folder / PROVENANCE).exists() or (place / PLAN).exists()):
        raise OutputRefused(f"{folder}: is no result of misid; give a folder that `misid run --out` wrote")
    _refuse_older(folder / "results.json", RESULTS_SCHEMA)
    _refuse_older(place / PLAN, SCHEMA)
    compared: list[str] = []
    with refuse_disk_errors(folder, "see who may read it", "read"):
        faults = list(_file_faults(folder, compared))
        if not any(fault.startswith(f"{place}/") for fault in faults):  # else the same again, in other words
            faults += _ledger_faults(folder, place, compared)
    if faults:
        raise MisidError("\n".join([*faults, f"{len(faults)} fault{'s' if len(faults) > 1 else ''}."]))
    if compared == [NO_LIST]:
        raise OutputRefused(f"{folder}: cannot be checked: {NO_LIST}, and there is no ledger; make it again")
    return "; ".join(compared)


def _refuse_older(path: Path, today: str) -> None:
    """Refuse results or a ledger of an older schema: their figures mean something else than today's."""
    schema = str(read_json(path).get("schema")) if path.is_file() else ""
    kind, _, version = schema.rpartition("/")
    known, _, current = today.rpartition("/")
    if kind == known and version.isdecimal() and int(version) < int(current):
        raise OutputRefused(f"{path}: made by an older misid (schema {schema}): re-run")


def _file_faults(folder: Path, compared: list[str]) -> Iterator[str]:
    """Compare the folder with the list in its provenance."""
    path = folder / PROVENANCE
    if not path.exists():
        if (folder / "results.json").exists():
            yield f"{path}: is missing"
        return
    made = read_json(path)
    listed = made.get("files")
    if made.get("schema") == OLD and listed is None:
        compared.append(NO_LIST)
        return
    if not isinstance(listed, dict) or path.read_bytes() != to_text(made).encode():
        yield f"{path}: is spoilt"
        return
    changed, missing, others = compare_with_list(folder, made)
    yield from (f"{folder / name}: is not what was written" for name in changed)
    yield from (f"{folder / name}: is missing" for name in missing)
    compared.append(f"{len(listed)} files as listed in {PROVENANCE}")
    if others:
        compared.append(f"{len(others)} other{'s' if len(others) > 1 else ''}, not of misid ({first_few(others)})")


def _ledger_faults(folder: Path, place: Path, compared: list[str]) -> Iterator[str]:
    """Compare every part with its note, and the whole with the hash that the results name."""
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
        ledger = Ledger.read(place)
        faults = [str(fault) for fault in ledger.faults()]
        content = "" if faults else ledger.content_hash()
    except MisidError as error:
        faults = [str(error)]
    yield from faults
    if faults:
        return
    if results.is_file() and named != [content[:16]]:
        yield f"{results}: does not name content hash {content[:16]}, which is that of {place}"
    plan = ledger.plan
    parts = f"{plan.parts} part{'s' if plan.parts > 1 else ''}"
    compared.append(f"{plan.encounters:,} encounters in {parts} as noted, content hash {content}")
