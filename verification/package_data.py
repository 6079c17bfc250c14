"""How package data is written: rounded, sorted, one way, so that a file is the same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DATA = Path(__file__).parent / "data"
CATALOG = ROOT / "src" / "misid" / "algorithm" / "catalog"


def rounded(value: object) -> object:
    """Return the same with eight significant digits."""
    if isinstance(value, float):
        return float(f"{value:.8g}")
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list | tuple) else value


def write(path: Path, whole: Mapping[str, Any], indent: int | None = 1) -> None:
    """Write a JSON file; without ``indent``, one line for each item of its lists."""
    if indent is not None:
        text = json.dumps(rounded(whole), indent=indent, sort_keys=True, allow_nan=False)
    else:
        parts = []
        for key in sorted(whole):
            item = rounded(whole[key])
            if isinstance(item, list):
                rows = ",\n  ".join(json.dumps(row, sort_keys=True, allow_nan=False) for row in item)
                parts.append(f" {json.dumps(key)}: [\n  {rows}\n ]")
            else:
                parts.append(f" {json.dumps(key)}: {json.dumps(item, sort_keys=True, allow_nan=False)}")
        text = "{\n" + ",\n".join(parts) + "\n}"
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
