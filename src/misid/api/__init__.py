"""What a Python user calls; the command line calls the same."""

from misid.api.evaluation import EvaluationResult, evaluate
from misid.api.simulation import ComparisonResult, Progress, Result, compare, resolved_of, run
from misid.api.validation import ValidationResult, validate

__all__ = [
    "ComparisonResult",
    "EvaluationResult",
    "Progress",
    "Result",
    "ValidationResult",
    "compare",
    "evaluate",
    "resolved_of",
    "run",
    "validate",
]
