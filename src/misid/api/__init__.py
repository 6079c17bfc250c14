"""What a Python user calls; the command line calls the same."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.api.counts import CountedEvidence, PhiAt, evidence
    from misid.api.evaluation import EvaluationResult, evaluate, evaluation_inputs
    from misid.api.figures import Figures
    from misid.api.result import Result
    from misid.api.simulation import ComparisonResult, Progress, RunResult, compare, resolved_of, run, run_inputs
    from misid.api.validation import ValidationResult, validate

__getattr__, __dir__, __all__ = front(__name__)
