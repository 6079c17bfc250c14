"""Closed formulas of one-to-many search: intervals, growth with the gallery, open-set rates, odds, outcomes."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.statistics.alone import spread_alone
    from misid.statistics.calibration import Bounds, cllr, cllr_min, devpav, elub, invariance_bounds, pav
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
        ENOUGH,
        RateDifference,
        RateInterval,
        paired_rate_difference,
        rate_interval,
        search_interval,
    )
    from misid.statistics.detection import Sensitivity, both_pass, rates, sensitivity, shifted, single_from_both
    from misid.statistics.differences import (
        Boxes,
        Spread,
        by_chance,
        gap_range,
        gini_range,
        rate_boxes,
        ratio_intervals,
        ratio_of_two,
    )
    from misid.statistics.disparity import (
        FILLED,
        fdr_fair,
        filled_rates,
        garbe,
        gini,
        inequity_rate,
        max_over_geometric_mean,
        max_over_min,
    )
    from misid.statistics.dyadic import (
        Counts,
        Margins,
        Sums,
        Table,
        node_sums,
        spread,
        totals,
        u_statistic_variance,
        vertex_jackknife,
    )
    from misid.statistics.freedom import satterthwaite, upper_freedom
    from misid.statistics.growth import (
        at_least_one,
        candidate_shares,
        effective_comparisons,
        expected_from_fpir,
        fmr_for_fpir,
        fpir_beta,
        fpir_equicorrelated,
        fpir_gamma,
        fpir_groups,
        fpir_independent,
        repeat_hit_probability,
        with_capture_failure,
    )
    from misid.statistics.intervals import clopper_pearson, poisson_interval, upper_bound_zero_errors
    from misid.statistics.odds import posterior, status_likelihood_ratio_bound
    from misid.statistics.open_set import (
        OpenSetRates,
        any_hit_of,
        hit_composition,
        implied_enrolled_share,
        open_set_rates,
        two_names_not_enrolled,
    )
    from misid.statistics.outcomes import expected_wrongful_actions, retention_stock
    from misid.statistics.paired import (
        ClusteredDifference,
        clustered_paired_difference,
        detectable_differences,
        mcnemar_exact,
        paired_difference,
        paired_standard_error,
        smallest_detectable,
    )
    from misid.statistics.pareto import Tail, exceedance, fit_tail, open_shapes, start_count, threshold_at
    from misid.statistics.power import events_to_see_ratio, holm, power_to_see, simultaneous_level, smallest_ratio_seen
    from misid.statistics.ranges import Array, amount, within
    from misid.statistics.repeated import beta_binomial, design_effect, no_event
    from misid.statistics.resampled import replicates
    from misid.statistics.shapley import MOST_LAYERS, subsets
    from misid.statistics.student import Student, conditional, fit_student, seen_through, symmetric
    from misid.statistics.tails import best_score_level, probability_kth_best_at_most, tail_exceedance, threshold_shift

__getattr__, __dir__, __all__ = front(__name__)
