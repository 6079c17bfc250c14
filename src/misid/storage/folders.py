"""Writes a result folder whole, or not at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from misid.errors import OutputRefused

OURS = ("report.html", "results.json", "scenario.resolved.json", "provenance.json")


def to_text(data: Mapping[str, Any]) -> str:
    """Return canonical JSON: UTF-8, sorted keys, no NaN, one newline at the end."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def check_target(folder: Path, force: bool) -> None:
    """Refuse a target before any work is done.

    Parameters
    ----------
    folder : Path
        Where the result shall go.
    force : bool
        Whether a folder that holds an older result may be replaced.

    Raises
    ------
    OutputRefused
        If it is a file, holds anything that misid did not write, or holds a result and ``force`` is not given.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise OutputRefused(f"{folder}: is not a folder; give --out another name")
    if not folder.exists():
        return
    found = sorted(entry.name for entry in folder.iterdir())
    foreign = [name for name in found if name not in OURS]
    if foreign:
        some = ", ".join(foreign[:5]) + (", …" if len(foreign) > 5 else "")
        raise OutputRefused(f"{folder}: holds other files ({some}); give --out an empty folder or a new name")
    if found and not force:
        raise OutputRefused(f"{folder}: holds an older result; give --force to replace it, or --out another name")


def write_folder(folder: Path, files: Mapping[str, str], force: bool) -> None:
    """Write all files into a folder at once.

    Parameters
    ----------
    folder : Path
        Target; its parents are made if need be.
    files : mapping of str to str
        Text by file name; names are those of `OURS`.
    force : bool
        As `check_target`.

    Raises
    ------
    OutputRefused
        If the target is refused, or the disk is full or not writable; the target is then as it was.
    """
    check_target(folder, force)
    staging: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        staging.chmod(0o755)
        for name, text in files.items():
            with open(staging / name, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
        _swap(staging, folder)
    except OSError as error:
        words = "the disk is full" if error.errno == errno.ENOSPC else (error.strerror or str(error))
        raise OutputRefused(f"{folder}: cannot be written: {words}; nothing was changed") from None
    finally:
        # Also on Ctrl-C: what was half-written goes, what was there before stays.
        if staging is not None and staging.exists():
            shutil.rmtree(staging, ignore_errors=True)


def _swap(staging: Path, folder: Path) -> None:
    """Put the staged folder in place of an older result, if there is one."""
    if not folder.exists():
        staging.rename(folder)
        return
    aside = staging.with_name(staging.name + ".old")
    folder.rename(aside)
    try:
        staging.rename(folder)
    except BaseException:
        aside.rename(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)
