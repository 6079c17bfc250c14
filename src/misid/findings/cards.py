"""What a card says, as tables."""

from __future__ import annotations

from misid.algorithm import Card, GroupFactor, NearnessQuery, nearest, settled
from misid.findings.model import Cell, Table
from misid.quantities import Conditions, Doubt, Estimate
from misid.vocabulary import ImageKind
from misid.vocabulary.catalogue import say
from misid.vocabulary.names import label
from misid.vocabulary.numbers import big
from misid.vocabulary.tested import Counted

SIZES = (1_600_000, 12_000_000, 200_000_000)
KINDS = (ImageKind.MUGSHOT, ImageKind.WEBCAM, ImageKind.BORDER, ImageKind.KIOSK)


def card_tables(card: Card) -> tuple[Table, ...]:
    """Return misses by kind of photo and gallery size, row factors by group, and twins."""
    columns = (say("simulated.card.kind"), *map(big, SIZES))
    misses: list[tuple[Cell, ...]] = [
        (label(kind), *(card.fnir(n_enrolled=n, fpir=0.003, image_kind=kind) for n in SIZES)) for kind in KINDS
    ]
    misses.append((say("simulated.card.rank_one"), *(card.rank1_miss(n_enrolled=n) for n in SIZES)))
    own = [(label(kind), *(_own_rows(card, n, kind) for n in SIZES)) for kind in KINDS]
    no_row = say("simulated.card.no_row")
    own = [row for row in own if any(cell != no_row for cell in row[1:])]
    groups = [
        (
            say("simulated.card.group", origin=label(origin), sex=label(sex)),
            _factor(card, f"{origin}_{sex}", factor),
            say("simulated.card.tested" if factor.tested else "simulated.card.untested"),
        )
        for (origin, sex), factor in card.group_factors().items()
    ]
    kin = [(label(name), rate) for name, rate in card.kin().items()]
    tables = [Table(say("simulated.card.misses"), columns, tuple(misses), say("simulated.card.ranges"))]
    if own:
        tables.append(Table(say("simulated.card.own_rows"), columns, tuple(own), say("simulated.card.own_note")))
    heads = (say("simulated.card.probe_group"), say("simulated.card.times"), "")
    pairs = (say("simulated.card.pair"), say("simulated.card.middle"))
    tables += [
        Table(say("simulated.card.row_factor"), heads, tuple(groups)),
        Table(say("simulated.card.twins"), pairs, tuple(kin)),
    ]
    return tuple(tables)


def _own_rows(card: Card, n: int, kind: ImageKind) -> str:
    """Say how much of a miss, and of its growth to this gallery, is data of the algorithm itself and no prior."""
    found = settled(card, n, kind) if card.measured is None else None
    if found is None:
        return say("simulated.card.no_row")
    shares = {
        name: say("simulated.card.over_99") if share > 0.99 else say("number.percent", x=f"{100 * share:.0f}")
        for name, share in (("figure", found.level), ("growth", found.growth))
        if share is not None
    }
    return say("simulated.card.both" if "growth" in shares else "simulated.card.figure", **shares)


def _factor(card: Card, group: str, factor: GroupFactor) -> Estimate:
    query = NearnessQuery((Counted.FALSE_POSITIVES,), None, None, "", group=group, rows=card.rows_in_use)
    return Estimate.of(
        factor.ratio._replace(level=None),  # printed cells have none
        unit="times",
        kind=Doubt.MODEL,
        words=say("simulated.card.method"),
        conditions=Conditions(probe_group=group),
        distance=nearest(query)[1],
    )
