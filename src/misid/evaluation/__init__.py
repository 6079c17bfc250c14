"""A real algorithm, measured from its scores or embeddings: what was read, what the rates are, and how sure that is."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.evaluation.card import SPREAD, fit_curves, measured_card
    from misid.evaluation.comparisons.area import area, area_variance
    from misid.evaluation.comparisons.conventions import at_fmr
    from misid.evaluation.comparisons.counts import PairTally, SummedPairs, pair_errors, pair_errors_at, pair_trials
    from misid.evaluation.comparisons.curves import bin_edges, curves, densities
    from misid.evaluation.comparisons.figures import PAIR_FIGURES, pair_rates
    from misid.evaluation.comparisons.intervals import PairIntervals, fnmr_difference, pair_intervals
    from misid.evaluation.comparisons.steps import (
        CELLS,
        LOW,
        PIECE,
        Inside,
        Steps,
        Tally,
        allowed,
        count_scores,
        keys,
        scores_of,
        steps,
    )
    from misid.evaluation.comparisons.tallied import TalliedPairs
    from misid.evaluation.contract import (
        HERE,
        NO_GROUP,
        Block,
        Comparisons,
        Computing,
        Embeddings,
        People,
        ReadOptions,
        ReadResult,
        ScoreMatrix,
        Searches,
        Side,
        Source,
        Stream,
    )
    from misid.evaluation.evaluate import evaluate_prepared, fit_card, prepare, read_both
    from misid.evaluation.groups import group_differentials
    from misid.evaluation.larger_gallery import predict_growth
    from misid.evaluation.menagerie import measure_menagerie
    from misid.evaluation.paired import paired_differences
    from misid.evaluation.plan import SOURCES, PlanOptions, plan_study
    from misid.evaluation.reading.content import load_content
    from misid.evaluation.reading.faults import MOST
    from misid.evaluation.reading.parquet_stream import ParquetStream
    from misid.evaluation.reading.people import LEAST_IN_GROUP, MOST_GROUPS, OTHERS, merge_groups
    from misid.evaluation.reading.pseudonyms import Pseudonyms
    from misid.evaluation.reading.read import Reading, read_files
    from misid.evaluation.reading.tables import NameNumbers, opened_table
    from misid.evaluation.registry import Figure
    from misid.evaluation.results import (
        FMR_TARGETS,
        FPIR_TARGETS,
        Check,
        Differentials,
        Evaluation,
        EvaluationOptions,
        Growth,
        Line,
        Menagerie,
        PairRates,
        SearchRates,
        Terms,
    )
    from misid.evaluation.searches.figures import SEARCH_FIGURES, search_rates
    from misid.evaluation.searches.from_comparisons import searches_from_comparisons
    from misid.evaluation.searches.from_embeddings import compare_embeddings
    from misid.evaluation.searches.from_matrix import searches_from_matrix

__getattr__, __dir__, __all__ = front(__name__)
