"""The packaged scenarios, and the one way to find a scenario by name or file."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from misid.errors import UnknownName
from misid.scenario.document import Document, parse_document, read_document
from misid.scenario.load import resolve
from misid.scenario.schema import Scenario

ORDER = (
    "field-app",
    "field-app-careful",
    "field-app-coded",
    "police-live",
    "booking-photos",
    "booth-one-to-one",
)


@cache
def scenario_names() -> tuple[str, ...]:
    """Return the names of the packaged scenarios, the reported one first."""
    folder = resources.files("misid.scenario.catalog")
    found = {entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")}
    return (*ORDER, *sorted(found - set(ORDER)))


def source_text(name: str) -> str:
    """Return a packaged scenario as its author wrote it."""
    return resources.files("misid.scenario.catalog").joinpath(f"{name}.yaml").read_text("utf-8")


def open_document(name_or_path: str) -> Document:
    """Return the document of a packaged scenario, or of a file: a path that has a folder or a suffix, or exists.

    Raises
    ------
    UnknownName
        If it is neither a packaged name nor such a path.
    InvalidInput
        If the file cannot be read.
    """
    if name_or_path in scenario_names():
        return parse_document(source_text(name_or_path).encode(), f"{name_or_path}.yaml")
    path = Path(name_or_path)
    if path.suffix or path.exists() or "/" in name_or_path:
        return read_document(path)
    raise UnknownName("scenario", name_or_path, scenario_names())


def load_scenario(name_or_path: str) -> Scenario:
    """Return the resolved scenario of a name or file."""
    return resolve(open_document(name_or_path))
