"""How accurate an algorithm is: cards fitted to published figures, and the catalogue of them."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.algorithm.card import Card
    from misid.algorithm.catalog import card_names, load_card, match, pinned
    from misid.algorithm.catalog.table import (
        DIGEST,
        by_algorithm,
        developers,
        group_cells,
        is_file,
        published_rows,
        twins,
    )
    from misid.algorithm.count_files import COUNTS_TEMPLATE, checked_counts, read_counts
    from misid.algorithm.curves import Anchor, Condition, Curve, MatedCurve
    from misid.algorithm.false_alerts import (
        ATTRIBUTION,
        AlertCount,
        CountUse,
        FieldCount,
        all_field_counts,
        field_counts,
    )
    from misid.algorithm.groups import (
        CELL_NAMES,
        CELLS,
        FIXED_CELL,
        UNTESTED,
        GroupFactor,
        GroupPrior,
        cell_name,
        factor_ranges,
        log_rate,
        row_factors,
    )
    from misid.algorithm.growth import (
        FAILED,
        FORMS,
        FPIR_TESTED,
        HALF_UNIT,
        N_ANCHOR,
        N_STEP,
        STEP,
        Z2_TYPICAL,
        Array,
        Form,
        GrowthPrior,
        Law,
        at_share,
        curve_of,
        exceedances,
        latent_nodes,
        miss,
        rounding,
        shared,
        shared_rank_share,
        solve_threshold,
    )
    from misid.algorithm.identifiability import Settled, settled
    from misid.algorithm.image_types import (
        AGED,
        BASE,
        BORDER,
        BORDER_AGED,
        CONDITION_NAMES,
        CONDITIONS,
        LIKELY,
        MUGSHOT,
        RANK,
        STREET_LIKE,
        ImageTypePrior,
        curves_around,
        likely_probits,
        normal_spread,
        predict_conditions,
        probit_spread,
        where_tested,
    )
    from misid.algorithm.published import fit_published
    from misid.algorithm.rows import Row, parse_rows
    from misid.algorithm.tail_shift import street_shift, tail_shift_rows
    from misid.algorithm.tested import (
        CATALOGUE,
        SEARCH,
        Measurement,
        NearnessQuery,
        PublishedTest,
        decades,
        from_measurement,
        left_out,
        nearest,
        published_tests,
    )

__getattr__, __dir__, __all__ = front(__name__)
