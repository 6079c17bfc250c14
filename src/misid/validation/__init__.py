"""Predictions beside observations: what was published, what happened, and what no data can settle; as it ships."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.validation.digest import (
        ANEW,
        FILE,
        Digest,
        DigestTable,
        Made,
        Summary,
        Unpredicted,
        Unsettled,
        goals_reached,
        known_codes,
        read_digest,
        shipped,
    )
    from misid.validation.level import (
        ANEW_RATE,
        KEPT_RATE,
        LIST,
        NPL_LOW,
        NPL_RATE,
        level_sentence,
        over_predicted,
        short_tested_sentence,
        tested_sentence,
    )
    from misid.validation.predictions import Goal, Prediction, Scale, Standing

__getattr__, __dir__, __all__ = front(__name__)
