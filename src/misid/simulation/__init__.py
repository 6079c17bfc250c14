"""What happens to single synthetic people: from the encounter to the outcome, into a ledger.  All are SYNTHETIC."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.simulation.batch import Batch, Print, RecordOf, Seen, Truth
    from misid.simulation.candidates import Listed, go_through, is_picked
    from misid.simulation.people import (
        SPAN,
        Company,
        Mix,
        Relative,
        SyntheticPeople,
        draw_people,
        matching_relatives,
        stopped_together,
    )
    from misid.simulation.policy import PHOTOGRAPHED, OutcomeCode, decide, rule_luck, rule_numbers
    from misid.simulation.rerun import Rerun, rerun_layers
    from misid.simulation.run import (
        PART_ROWS,
        Encounters,
        answered,
        decided,
        ledger_plan,
        meet_people,
        simulate_encounters,
        write_ledger,
    )
    from misid.simulation.world import RecordNumbers, World, placed

__getattr__, __dir__, __all__ = front(__name__)
