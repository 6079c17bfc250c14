"""Where and when a result was made.  Kept outside the promise of same seed, same bytes."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from datetime import UTC, datetime
from typing import Any

from misid._version import VERSION

SCHEMA = "misid/provenance/2"
DEPENDENCIES = ("numpy", "scipy", "pydantic", "ruamel.yaml", "duckdb")


def provenance(command: str, seconds: float) -> dict[str, Any]:
    """Return what was run, with what, where and when.

    Parameters
    ----------
    command : str
        The command that makes the same result again.
    seconds : float
        How long it took.
    """
    return {
        "schema": SCHEMA,
        "misid": VERSION,
        "command": command,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "dependencies": {name: _version(name) for name in DEPENDENCIES},
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
    }


def bug_line() -> str:
    """Return one line that a bug report should carry."""
    return (
        f"misid {VERSION}, Python {platform.python_version()} on {platform.system()} {platform.machine()}, {sys.argv}"
    )


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
