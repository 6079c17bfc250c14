"""What a Python user calls; the command line calls the same."""

from misid.api.evaluation import EvaluationResult, evaluate
from misid.api.simulation import ComparisonResult, Progress, Result, compare, resolved_of, run

__all__ = ["ComparisonResult", "EvaluationResult", "Progress", "Result", "compare", "evaluate", "resolved_of", "run"]
