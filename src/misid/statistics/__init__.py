"""Formulas of one-to-many search: counts by pair of people, intervals, growth with the gallery, tails, disparity."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.statistics.design import (
        Design,
        claim_of_subjects,
        comparisons_of,
        effective_comparisons_of,
        effective_searches_of,
        events_to_see_ratio,
        holm,
        people_for_fpir,
        simultaneous_level,
        smallest_ratio_seen,
        subjects_for_claim,
        trials_for_claim,
        trials_to_measure,
    )
    from misid.statistics.disparity import (
        FILLED,
        by_chance,
        fdr_fair,
        filled_rates,
        gap_range,
        garbe,
        gini,
        gini_range,
        max_over_min,
        rate_boxes,
        ratio_intervals,
        ratio_of_two,
    )
    from misid.statistics.growth import (
        any_hit_of,
        effective_comparisons,
        expected_from_fpir,
        fmr_for_fpir,
        fpir_gamma,
        fpir_independent,
        one_or_more,
        retention_stock,
        two_names_not_enrolled,
    )
    from misid.statistics.intervals import (
        Band,
        clopper_pearson,
        clustered_paired_difference,
        mcnemar_exact,
        paired_rate_difference,
        poisson_interval,
        rate_interval,
        search_interval,
        search_intervals,
    )
    from misid.statistics.people import (
        ClusteredRate,
        CrossCounts,
        EventCounts,
        PairCounts,
        PairSums,
        TrialCounts,
        clustered_rate,
        clustered_rates_by_person,
        resampled_rates,
        satterthwaite,
        upper_freedom,
    )
    from misid.statistics.ranges import Array, Numbers, amount, probability, within
    from misid.statistics.readers import both_pass, shifted, single_from_both
    from misid.statistics.shapley import MOST_LAYERS, subsets
    from misid.statistics.student import Student, conditional, seen_through, symmetric
    from misid.statistics.tail import (
        Tail,
        exceedance,
        fit_tail,
        open_shapes,
        start_count,
        tail_exceedance,
        tail_threshold,
        threshold_shift,
    )

__getattr__, __dir__, __all__ = front(__name__)
