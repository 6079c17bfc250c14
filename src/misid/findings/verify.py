"""The answers where one photo is compared with one reference: the questions about searches do not arise."""

from __future__ import annotations

from misid.findings.figures import (
    as_given,
    by_mode,
    complement,
    mode_table,
    pair,
    photographed,
    ranges_said,
    said_by_mode,
)
from misid.findings.model import Finding
from misid.findings.reckon import Reckoner
from misid.vocabulary.tested import Counted

ONE_TO_ONE = "This question is about a search of many; here one photo is compared with one reference."


def not_verified(reckoner: Reckoner) -> Finding:
    """Q01, one-to-one: how many are not verified although they are who they say."""
    harmed, all_hits = by_mode(reckoner, reckoner.main), by_mode(reckoner, "hits")
    rows = [
        ("verified against their own document", by_mode(reckoner, "right")),
        ("verified against somebody else's document", by_mode(reckoner, "wrong")),
        ("not verified although it is their own document", by_mode(reckoner, "no_hit_enrolled")),
        ("not verified, and it is not their own", by_mode(reckoner, "no_hit_not_enrolled")),
    ]
    return Finding(
        "Q01",
        f"Out of {photographed(reckoner)}, how many are not verified although they are who they say?",
        count=(
            f"{said_by_mode(harmed)} are sent to an officer although the document is their own; "
            f"{said_by_mode(all_hits)} are verified."
        ),
        interval=f"{ranges_said(harmed)} {as_given(reckoner)}",
        doubt="The fielded threshold is not published, and the share of photos that give no template is assumed.",
        figures={
            **pair(reckoner, "not_verified", harmed, "people", ("threshold_unknown",), counted=(Counted.MISSES,)),
            **pair(reckoner, "wrong_hits", by_mode(reckoner, "wrong"), "people", ("threshold_unknown",)),
        },
        tables=(mode_table(reckoner, f"What happens to {photographed(reckoner)}", rows, "people"),),
    )


def verified_rightly(reckoner: Reckoner) -> Finding:
    """Q02, one-to-one: if somebody is verified, how likely is it rightly."""
    right = {m: complement(r) for m, r in by_mode(reckoner, "share_wrong").items()}
    return Finding(
        "Q02",
        "If somebody is verified, how likely is it their own document?",
        count=f"In {said_by_mode(right, share=True)} of cases, because impostors are rare, not because they are caught.",
        interval=ranges_said(right, share=True),
        doubt="How many impostors there are is known only from those who were found.",
        figures=pair(
            reckoner, "right_share", right, "share of hits", ("stop_mix_assumed",), counted=(Counted.RIGHT_SHARE,)
        ),
    )


def unanswered(id: str, question: str, why: str = ONE_TO_ONE) -> Finding:
    """Return a plain "not answered" with its reason."""
    return Finding(id, question, count=f"Not answered. {why}", answered=False)
