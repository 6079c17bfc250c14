"""misid measures what a one-to-many face identification system does to people.

It takes no face image, opens no camera, holds no real person's name, and has no call that takes an unknown face and
says who it is.  Names load on first use, so that ``import misid`` costs next to nothing.
"""

from __future__ import annotations

from misid._version import VERSION as __version__

TYPE_CHECKING = False  # what type checkers take for true; `typing` itself takes longer to load than all else here
if TYPE_CHECKING:
    from typing import Any

    from misid.algorithm.card import Card
    from misid.algorithm.catalog import load_card
    from misid.algorithm.published import fit_published
    from misid.api import (
        ComparisonResult,
        EvaluationResult,
        Result,
        RunResult,
        ValidationResult,
        compare,
        evaluate,
        run,
        validate,
    )
    from misid.errors import MisidError
    from misid.quantities import Estimate, Quantity

_HOMES = {
    "Card": "misid.algorithm.card",
    "load_card": "misid.algorithm.catalog",
    "fit_published": "misid.algorithm.published",
    "ComparisonResult": "misid.api",
    "EvaluationResult": "misid.api",
    "Result": "misid.api",
    "RunResult": "misid.api",
    "compare": "misid.api",
    "evaluate": "misid.api",
    "run": "misid.api",
    "ValidationResult": "misid.api",
    "validate": "misid.api",
    "MisidError": "misid.errors",
    "Estimate": "misid.quantities",
    "Quantity": "misid.quantities",
}

__all__ = [
    "Card",
    "ComparisonResult",
    "Estimate",
    "EvaluationResult",
    "MisidError",
    "Quantity",
    "Result",
    "RunResult",
    "ValidationResult",
    "__version__",
    "compare",
    "evaluate",
    "fit_published",
    "load_card",
    "run",
    "validate",
]


def __getattr__(name: str) -> Any:
    import importlib

    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'misid' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
