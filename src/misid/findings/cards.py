"""What a card says, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from misid.algorithm import Card, GroupFactor, NearnessQuery, Settled, nearest, settled
from misid.findings.model import Cell, Table
from misid.findings.words import label
from misid.quantities import Conditions, Doubt, Estimate
from misid.vocabulary import ImageKind
from misid.vocabulary.numbers import big
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
    kin = tuple((label(name), rate) for name, rate in card.kin().items())
    return (
        Table(
            "Share of mated searches that miss (FNIR) at FPIR 0.003, by gallery size",
            ("kind of photo", *(big(n) for n in SIZES)),
            (*misses, rank_one),
            "95% ranges hold rounding and the prior; beyond 12 million they are the union of two forms of growth.",
        ),
        *own_rows([card], KINDS),
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


def own_rows(cards: Sequence[Card], kinds: Sequence[ImageKind], sizes: Sequence[int] = SIZES) -> tuple[Table, ...]:
    """Say how much of the misses of some cards is data and how much is prior, by kind of photo.

    Parameters
    ----------
    cards : sequence of Card
        Their lowest and highest share is said.
    kinds : sequence of ImageKind
        Kinds of photo.
    sizes : sequence of int
        References.

    Returns
    -------
    tuple of Table
        None at all if no card has a printed row of any of the kinds.
    """
    rows = []
    for kind in kinds:
        found = [[settled(card, n, kind) for card in cards if card.measured is None] for n in sizes]
        if any(one for at in found for one in at):
            rows.append((label(kind), *(_share([one for one in at if one is not None]) for at in found)))
    if not rows:
        return ()
    whose = "lowest and highest card; " if len(cards) > 1 else ""
    return (
        Table(
            "How much of these misses is an algorithm's own rows; the rest is what other algorithms share",
            ("kind of photo", *map(big, sizes)),
            tuple(rows),
            f"FNIR at FPIR 0.003; {whose}one minus the variance that is left, over the variance before any row of its "
            "own, on the logit: of the figure, and of its growth from the nearest gallery with a row.",
        ),
    )


def _share(found: Sequence[Settled]) -> str:
    if not found:
        return "no row"
    growth = [one.growth for one in found if one.growth is not None]
    return f"figure {_percent([one.level for one in found])}" + (f", growth {_percent(growth)}" if growth else "")


def _percent(shares: Sequence[float]) -> str:
    low, high = ("over 99%" if share > 0.99 else f"{100 * share:.0f}%" for share in (min(shares), max(shares)))
    return low if low == high else f"{low.removesuffix('%')} to {high}"


def _factor(card: Card, group: str, factor: GroupFactor) -> Estimate:
    query = NearnessQuery((Counted.FALSE_POSITIVES,), None, None, "", group=group, rows=card.rows_in_use)
    return Estimate.of(
        factor.ratio._replace(level=None),  # printed cells have none
        unit="times",
        kind=Doubt.MODEL,
        words="false positives of the cell over an equal mix of the tested ones",
        conditions=Conditions(probe_group=group),
        distance=nearest(query)[1],
    )
