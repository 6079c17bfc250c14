"""What happens to people in closed form: from the encounter to the outcome, as a function of phi and record error."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.expected.answers import Answers, Stratum, adverse_of_strangers, answer, part_of, strata
    from misid.expected.candidates import Acceptance
    from misid.expected.causes import (
        CAUSES,
        Layer,
        answering_layers,
        harm,
        harm_kinds,
        layers_of,
        made_perfect,
        perfect_sets,
    )
    from misid.expected.configurations import DAYS_PER_YEAR, configured, kept_on_birthday, photos_held
    from misid.expected.evidence import Assumed, Tick, ticks
    from misid.expected.field_fpir import FieldFit, FieldRange, fit_field
    from misid.expected.measuring import HitShare, from_hit_share, measured_share, strangers_to_test
    from misid.expected.model import ScenarioModel, group_caveats, model_of
    from misid.expected.outcomes import OUTCOMES, People, people
    from misid.expected.points import (
        GROUPS,
        Array,
        ModelChoice,
        Points,
        at_ends,
        enrolled_share,
        enrolment,
        field_path,
        group_path,
        points_at,
        quantities_of,
        record_errors,
        with_record_error,
    )
    from misid.expected.rules import NUMBERS, OF_RULE, SCANS, Outcomes, answers_under, apply_rule, passes, reads
    from misid.expected.search import comparisons, expected_candidates, expected_search, fnmr, threshold_of
    from misid.expected.threshold import (
        GIVEN,
        at_phi,
        at_point,
        at_threshold,
        mix_of,
        operating_point,
        phi_grid,
        phi_of,
        point_names,
    )


__getattr__, __dir__, __all__ = front(__name__)
