"""Made-up ledgers of a few thousand rows."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

PROGRAM = Path(__file__).parents[2] / "helpers" / "ledgers.py"


@pytest.fixture(scope="session")
def ledgers() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ledgers", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def program() -> Path:
    return PROGRAM
