"""What a Python user calls; the command line calls the same."""

from misid.api.evaluation import EvaluationResult, evaluate, evaluation_inputs
from misid.api.result import Result
from misid.api.simulation import ComparisonResult, Progress, RunResult, compare, resolved_of, run, run_inputs
from misid.api.validation import ValidationResult, validate

__all__ = [
    "ComparisonResult",
    "EvaluationResult",
    "Progress",
    "Result",
    "RunResult",
    "ValidationResult",
    "compare",
    "evaluate",
    "evaluation_inputs",
    "resolved_of",
    "run",
    "run_inputs",
    "validate",
]
