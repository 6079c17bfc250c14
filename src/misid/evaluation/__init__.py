"""A real algorithm, measured from its scores or embeddings: what was read, what the rates are, and how sure that is."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.evaluation.card import SPREAD, fit_curves, measured_card
    from misid.evaluation.contract import (
        HERE,
        NO_GROUP,
        Block,
        Comparisons,
        Embeddings,
        PairTable,
        People,
        ReadOptions,
        ReadResult,
        Searches,
        Side,
        Source,
        Stream,
    )
    from misid.evaluation.evaluate import EvaluationOptions, evaluate_prepared, fit_card, prepare
    from misid.evaluation.groups import group_differentials
    from misid.evaluation.larger_gallery import predict_growth
    from misid.evaluation.menagerie import measure_menagerie
    from misid.evaluation.paired import paired_differences
    from misid.evaluation.plan import SOURCES, PlanOptions, plan_study
    from misid.evaluation.rates.area import area, area_doubt
    from misid.evaluation.rates.conventions import at_fmr
    from misid.evaluation.rates.curves import bin_edges, curves, densities
    from misid.evaluation.rates.distribution import Steps, allowed, steps
    from misid.evaluation.rates.doubt import Doubt, doubt
    from misid.evaluation.rates.drawn import Drawn
    from misid.evaluation.rates.figures import pair_rates
    from misid.evaluation.rates.tables import compact, events_at, events_at_each, trials
    from misid.evaluation.rates.tally import CELLS, LOW, PIECE, Inside, Tally, count, keys, scores_of
    from misid.evaluation.reading.content import load_content
    from misid.evaluation.reading.faults import MOST
    from misid.evaluation.reading.people import LEAST_IN_GROUP, MOST_GROUPS, OTHERS, merge_groups
    from misid.evaluation.reading.pseudonyms import Pseudonyms
    from misid.evaluation.reading.read import Reading, read_files
    from misid.evaluation.reading.tables import HashNumbers, ParquetStream, opened_table
    from misid.evaluation.results import (
        FMR_TARGETS,
        FPIR_TARGETS,
        Check,
        Differentials,
        Evaluation,
        Growth,
        Line,
        Menagerie,
        PairRates,
        SearchRates,
        Terms,
    )
    from misid.evaluation.searches.figures import search_rates
    from misid.evaluation.searches.from_comparisons import searches_from_comparisons
    from misid.evaluation.searches.from_embeddings import TemplatePairs, compare_embeddings

__getattr__, __dir__, __all__ = front(__name__)
