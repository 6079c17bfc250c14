"""The published rows as shipped: package data, read once."""

from __future__ import annotations

import csv
import functools
import io
import json
from importlib import resources
from typing import Any

FOLDER = "misid.algorithm.catalog"
DIGEST = "#sha256="
"""Between the path of a card file and the SHA-256 of its bytes."""


def is_file(name: str) -> bool:
    """Whether a text names a card file: it ends in ``.json``, or in that and a digest."""
    return name.partition(DIGEST)[0].endswith(".json")


@functools.cache
def published_rows() -> tuple[dict[str, str], ...]:
    """Return every row of ``nist.csv``; do not change the dicts, they are shared."""
    text = resources.files(FOLDER).joinpath("nist.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(io.StringIO(text)))


@functools.cache
def by_algorithm() -> dict[str, tuple[dict[str, str], ...]]:
    """Return the rows of each algorithm that has one-to-many rows, by name."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in published_rows():
        if row["table"] != "twins":
            found.setdefault(row["algorithm"], []).append(row)
    return {name: tuple(found[name]) for name in sorted(found)}


@functools.cache
def group_cells() -> dict[str, dict[str, float]]:
    """Return FPIR by probe group, ``east_asia_female`` and so on, for each algorithm that has these rows."""
    found: dict[str, dict[str, float]] = {}
    for row in published_rows():
        if row["table"] == "groups":
            found.setdefault(row["algorithm"], {})[row["group"]] = float(row["value"])
    return found


@functools.cache
def developers() -> dict[str, str]:
    """Return the developer of each algorithm, as NIST prints it."""
    return {row["algorithm"]: row["developer"] for row in published_rows()}


@functools.cache
def twins() -> dict[str, dict[str, float]]:
    """Return FMR by sort of twins, for each algorithm tested on twins."""
    found: dict[str, dict[str, float]] = {}
    for row in published_rows():
        if row["table"] == "twins" and row["metric"] == "FMR":
            found.setdefault(row["group"], {})[row["algorithm"]] = float(row["value"])
    return found


@functools.cache
def packaged(name: str) -> Any:
    """Return what a JSON file of the catalogue holds; do not change it, it is shared."""
    return json.loads(resources.files(FOLDER).joinpath(name).read_text(encoding="utf-8"))
