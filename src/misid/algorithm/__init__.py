"""How well an algorithm tells faces apart: cards fitted from published figures, and the catalogue of them."""

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
    from misid.algorithm.conditions import CONDITIONS, MUGSHOT, STREET_LIKE, around, others
    from misid.algorithm.curves import Anchor, Curve, MatedCurve
    from misid.algorithm.envelope import (
        CATALOGUE,
        SEARCH,
        Asked,
        PublishedTest,
        decades,
        from_measurement,
        left_out,
        nearest,
        published_tests,
    )
    from misid.algorithm.estimates import Condition
    from misid.algorithm.group_prior import (
        CELL_NAMES,
        FIXED_CELL,
        GroupPrior,
        factor_ranges,
        fpir_of,
        given_cells,
        log_rate,
        rounded_log_rates,
        shared_groups,
    )
    from misid.algorithm.groups import CELLS, UNTESTED, GroupFactor, KinRate, cell_name, factors
    from misid.algorithm.growth import (
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
        curve_of,
        exceedances,
        miss,
        threshold,
    )
    from misid.algorithm.identifiability import Settled, settled
    from misid.algorithm.kind_prior import (
        AGED,
        BASE,
        BORDER,
        BORDER_AGED,
        CONDITION_NAMES,
        LIKELY,
        RANK,
        KindPrior,
        given_conditions,
        normal_spread,
        rounded_probits,
        shared_conditions,
        spread_of,
        stand_ins,
        where_tested,
    )
    from misid.algorithm.latents import at_share, latent_nodes, rounding
    from misid.algorithm.measurement import Measurement
    from misid.algorithm.prior import FAILED, shared, shared_rank_share
    from misid.algorithm.published import fit_published
    from misid.algorithm.rows import Row, parse_rows

__getattr__, __dir__, __all__ = front(__name__)
