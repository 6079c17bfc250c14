"""misid measures what a one-to-many face identification system does to people.

It takes no face image, opens no camera, holds no real person's name, and has no call that takes an unknown face and
says who it is.  Names load on first use, so that ``import misid`` costs next to nothing.
"""

from __future__ import annotations

from misid._version import VERSION as __version__

TYPE_CHECKING = False  # what type checkers take for true; `typing` itself takes longer to load than all else here
if TYPE_CHECKING:
    from misid.algorithm import Card, fit_published, load_card
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
    from misid.expected import FieldFit, fit_field
    from misid.quantities import Estimate, Quantity


def __getattr__(name: str) -> object:
    from misid.front import front  # what it loads is not needed before

    return __dir__() if name == "__all__" else front(__name__)[0](name)


def __dir__() -> list[str]:
    from misid.front import front

    return ["__version__", *front(__name__)[2]]
