"""A real algorithm, measured from its scores or embeddings: what was read, what the rates are, and how sure that is."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.evaluation.card.mated_curve import SPREAD, fit_curves
    from misid.evaluation.card.measured import measured_card
    from misid.evaluation.contract import (
        HERE,
        NO_GROUP,
        Block,
        Comparisons,
        Embeddings,
        Line,
        PairTable,
        People,
        ReadOptions,
        ReadResult,
        Searches,
        Side,
        Source,
        Stream,
        SubjectHits,
    )
    from misid.evaluation.differentials.permutation import alike
    from misid.evaluation.differentials.summary import rates_of, within_over_across
    from misid.evaluation.differentials.tables import Cell, Kind, by_group, of_pairs, one_sided
    from misid.evaluation.evaluate import fitted, material
    from misid.evaluation.growth.counts import candidates, independent, part_rates, spread, uneven, usable
    from misid.evaluation.identification.figures import rates_at, search_rates
    from misid.evaluation.identification.from_comparisons import searches
    from misid.evaluation.identification.from_embeddings import Pairs, compared
    from misid.evaluation.identification.from_matrix import matrix_searches
    from misid.evaluation.identification.intervals import rechosen, share, widened
    from misid.evaluation.paired import differences
    from misid.evaluation.plan import SOURCES
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
    from misid.evaluation.reading.read import Reading, read
    from misid.evaluation.reading.tables import HashNumbers, ParquetStream, opened_table
    from misid.evaluation.results import Check, Differentials, Evaluation, Growth, Menagerie, PairRates, SearchRates

__getattr__, __dir__, __all__ = front(__name__)
