"""Closed formulas of one-to-many search: intervals, growth with the gallery, open-set rates, odds, outcomes."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.statistics.alone import spread_alone
    from misid.statistics.claims import (
        Design,
        claim_of_subjects,
        comparisons_of,
        effective_comparisons_of,
        effective_searches_of,
        people_for_fpir,
        subjects_for_claim,
        trials_for_claim,
        trials_to_measure,
    )
    from misid.statistics.clustered import (
        paired_rate_difference,
        rate_interval,
        search_interval,
    )
    from misid.statistics.detection import both_pass, shifted, single_from_both
    from misid.statistics.differences import (
        by_chance,
        gap_range,
        gini_range,
        rate_boxes,
        ratio_intervals,
        ratio_of_two,
    )
    from misid.statistics.disparity import FILLED, fdr_fair, filled_rates, garbe, gini, max_over_min
    from misid.statistics.dyadic import Counts, Margins, Sums, Table, node_sums, spread, totals
    from misid.statistics.freedom import satterthwaite, upper_freedom
    from misid.statistics.growth import (
        at_least_one,
        effective_comparisons,
        expected_from_fpir,
        fmr_for_fpir,
        fpir_gamma,
        fpir_independent,
    )
    from misid.statistics.intervals import Band, clopper_pearson, poisson_interval
    from misid.statistics.open_set import any_hit_of, two_names_not_enrolled
    from misid.statistics.outcomes import retention_stock
    from misid.statistics.paired import clustered_paired_difference, mcnemar_exact
    from misid.statistics.pareto import Tail, exceedance, fit_tail, open_shapes, start_count, threshold_at
    from misid.statistics.power import events_to_see_ratio, holm, simultaneous_level, smallest_ratio_seen
    from misid.statistics.ranges import Array, Numbers, amount, probability, within
    from misid.statistics.resampled import replicates
    from misid.statistics.shapley import MOST_LAYERS, subsets
    from misid.statistics.student import Student, conditional, seen_through, symmetric
    from misid.statistics.tails import tail_exceedance, threshold_shift

__getattr__, __dir__, __all__ = front(__name__)
