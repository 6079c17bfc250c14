"""What a card says, as tables."""

from __future__ import annotations

from misid.algorithm.card import Card
from misid.algorithm.envelope import Asked, nearest
from misid.algorithm.groups import GroupFactor, KinRate
from misid.algorithm.identifiability import Settled, settled
from misid.findings.model import Cell, Table
from misid.findings.words import big, label
from misid.quantities import Conditions, Doubt, Estimate
from misid.vocabulary import ImageKind
from misid.vocabulary.tested import Counted

SIZES = (1_600_000, 12_000_000, 200_000_000)
KINDS = (ImageKind.MUGSHOT, ImageKind.WEBCAM, ImageKind.BORDER, ImageKind.KIOSK)


def card_tables(card: Card) -> tuple[Table, ...]:
    """Return misses by kind of photo and gallery size, row factors by group, and twins.

    Parameters
    ----------
    card : Card
        Fitted or loaded.
    """
    misses: tuple[tuple[Cell, ...], ...] = tuple(
        (label(kind), *(card.fnir(n_enrolled=n, fpir=0.003, image_kind=kind) for n in SIZES)) for kind in KINDS
    )
    rank_one: tuple[Cell, ...] = ("mugshot, rank 1, no threshold", *(card.rank1_miss(n_enrolled=n) for n in SIZES))
    groups = tuple(
        (
            f"{label(origin)}, {label(sex)}",
            _factor(card, f"{origin}_{sex}", factor),
            "tested" if factor.tested else "no test data",
        )
        for (origin, sex), factor in card.group_factors().items()
    )
    kin = tuple((label(name), _twins(rate)) for name, rate in card.kin().items())
    return (
        Table(
            "Share of mated searches that miss (FNIR) at FPIR 0.003, by gallery size",
            ("kind of photo", *(big(n) for n in SIZES)),
            (*misses, rank_one),
            "95% ranges hold rounding and the prior; beyond 12 million they are the union of two forms of growth.",
        ),
        *_own(card),
        Table(
            "Row factor of a probe group: non-mated candidates relative to an equal mix of the eight tested cells",
            ("probe group", "times", ""),
            groups,
        ),
        Table(
            "Twins: false match rate, one-to-one at FMR 0.0001",
            ("pair", "middle of three algorithms, lowest to highest"),
            kin,
        ),
    )


def _own(card: Card) -> tuple[Table, ...]:
    """Say how much of each figure is data and how much is prior; nothing for a card without printed rows."""
    rows = []
    for kind in KINDS:
        found = [None if card.measured is not None else settled(card, n, kind) for n in SIZES]
        if any(found):
            rows.append((label(kind), *(_share(one) for one in found)))
    if not rows:
        return ()
    return (
        Table(
            "How much of these figures is this algorithm's own rows; the rest is what other algorithms share",
            ("kind of photo", *(big(n) for n in SIZES)),
            tuple(rows),
            "One minus the variance that is left, over the variance before any row of its own, on the logit: of the figure, and "
            "of its growth from the nearest gallery with a row.",
        ),
    )


def _share(found: Settled | None) -> str:
    if found is None:
        return "no row"
    growth = "" if found.growth is None else f", growth {_percent(found.growth)}"
    return f"figure {_percent(found.level)}{growth}"


def _percent(share: float) -> str:
    return "over 99%" if share > 0.99 else f"{100 * share:.0f}%"


def _factor(card: Card, group: str, factor: GroupFactor) -> Estimate:
    asked = Asked((Counted.FALSE_POSITIVES,), None, None, "", group=group, rows=card.rows_in_use)
    return Estimate(
        factor.value,
        factor.low,
        factor.high,
        "times",
        Doubt.MODEL,
        "false positives of the cell over an equal mix of the tested ones",
        conditions=Conditions(probe_group=group),
        distance=nearest(asked)[1],
    )


def _twins(rate: KinRate) -> Estimate:
    return Estimate(
        rate.value,
        rate.low,
        rate.high,
        "probability",
        Doubt.MODEL,
        "middle of three tested algorithms, and their lowest and highest",
        distance=nearest(Asked((Counted.TWINS,), 1, 1e-4, ""))[1],
    )
