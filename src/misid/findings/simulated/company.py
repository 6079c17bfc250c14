"""People who are stopped together: whether harm comes alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from misid.findings.model import Cell, Section, Table
from misid.findings.simulated.book import Book
from misid.findings.simulated.rates import ERROR, FEW, Moments, Words, simulated_rate
from misid.findings.words import either, format_number, label, percent
from misid.quantities import Estimate
from misid.vocabulary import Mode
from misid.vocabulary.tested import Counted

ACTED = (Counted.ACTIONS,)
KINDS = {"household": "households", "workplace": "workplaces"}


def company_section(words: Words, book: Book) -> Section:
    """Return what becomes of households and workplaces.

    Parameters
    ----------
    words : Words
        Of the run.
    book : Book
        Its ledger.
    """
    figures: dict[str, Estimate] = {}
    tables = []
    for mode in book.modes:
        columns = {kind: _column(words, book, mode, kind) for kind in KINDS if _companies(book, mode, kind)}
        if not columns:
            continue
        for kind, column in columns.items():
            figures |= {f"{name}.{kind}.{mode.value}": figure for name, figure in column.items()}
        rows: list[tuple[Cell, ...]] = [
            (title.format(per=words.per), *(column.get(name, "nobody was acted on") for column in columns.values()))
            for name, title in _ROWS.items()
        ]
        met = (sum(many for *_, many in _companies(book, mode, kind)) for kind in columns)
        tables.append(
            Table(
                f"People stopped together: {label(mode)}",
                ("", *(KINDS[kind] for kind in columns)),
                (("stopped, in this run", *met), *rows),
                f"Independent: as if members shared nothing but their average risk. {ERROR}",
            )
        )
    if not tables:
        return Section(
            "together", "Stopped together", "In this scenario everybody is stopped alone: nobody has company."
        )
    return Section("together", "Stopped together", _said(words, book), figures, tuple(tables))


_ROWS = {
    "share_of_harmed": "of all who were acted on without support, share who had them along",
    "another_too": "if one is acted on without support, another is too",
    "another_if_independent": "the same if members were independent",
    "lose_one": "that lose at least one without support, of {per:,.0f}",
    "lose_any": "that lose at least one, with or without support, of {per:,.0f}",
}


def _companies(book: Book, mode: Mode, kind: str) -> list[tuple[int, int, int, int]]:
    """Return groups of one kind that are alike: people, acted on without support, acted on, and how many such groups."""
    return [
        (int(n), int(harmed), int(acted), int(number_))
        for n, harmed, acted, number_ in book.rows(
            "SELECT people, unsupported, acted, sum(number) FROM companies "
            f"WHERE mode = '{mode.value}' AND together = '{kind}' GROUP BY ALL ORDER BY ALL"
        )
    ]


def _column(words: Words, book: Book, mode: Mode, kind: str) -> dict[str, Estimate]:
    """Return the figures of one kind of group; those that ask for somebody harmed are absent where nobody was."""
    n, harmed, acted, many = (np.array(x, float) for x in zip(*_companies(book, mode, kind), strict=True))
    title, groups = KINDS[kind], int(many.sum())
    found = {
        "lose_one": _of_groups(words, mode, title, groups, int(many[harmed > 0].sum())),
        "lose_any": _of_groups(words, mode, title, groups, int(many[acted > 0].sum())),
    }
    everybody = book.moments[mode, "all", "all", "unsupported"].count
    if everybody:
        had_company = simulated_rate(_harmed_in(book, mode, kind, everybody))
        found["share_of_harmed"] = words.estimate(
            had_company, mode, "share of those harmed", title, share=True, counted=ACTED
        )
    if harmed.any():
        another = simulated_rate(_weighted(many, harmed, harmed * (harmed > 1)))
        found["another_too"] = words.estimate(another, mode, "share of those harmed", title, share=True, counted=ACTED)
        found["another_if_independent"] = words.plain(
            _independent(n, harmed, many),
            "share of those harmed",
            mode,
            "at the average risk of a member of such groups",
            distance=words.reckoner.distance(mode, counted=ACTED, group=title),
        )
    return found


def _independent(n: np.ndarray, harmed: np.ndarray, many: np.ndarray) -> float:
    """P(another is harmed | one is) at one risk for all: ``1 - (1 - p)^(n - 1)``, averaged over those harmed."""
    risk = (harmed * many).sum() / (n * many).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        another = np.where(n > 1, -np.expm1((n - 1) * np.log1p(-risk)), 0.0)
    return float((harmed * many * another).sum() / (harmed * many).sum())


def _weighted(many: np.ndarray, x: np.ndarray, y: np.ndarray) -> Moments:
    """Return the moments of groups with x people of whom it happened to y, so many of each; groups with none are out."""
    kept = x > 0
    many, x, y = many[kept], x[kept], y[kept]
    sums = [(many * z).sum() for z in (x, y, np.ones_like(x), x * x, x * y, y * y)]
    return Moments(*(int(z) for z in sums))


def _of_groups(words: Words, mode: Mode, title: str, groups: int, some: int) -> Estimate:
    """Return how many of 10,000 groups it happened to; groups are independent of one another."""
    return words.estimate(simulated_rate(Moments.alone(groups, some)), mode, f"of {title}", title, counted=ACTED)


def _harmed_in(book: Book, mode: Mode, kind: str, everybody: int) -> Moments:
    """Return moments of those harmed, by whether they were in a group of one kind."""
    rows = book.rows(
        "SELECT together, unsupported, sum(number) FROM companies "
        f"WHERE mode = '{mode.value}' AND unsupported > 0 GROUP BY ALL ORDER BY ALL"
    )
    in_groups = sum(int(y) * int(many) for _, y, many in rows)
    alone = everybody - in_groups
    x = np.array([1.0] + [float(y) for _, y, _ in rows])
    many = np.array([float(alone)] + [float(m) for _, _, m in rows])
    mine = np.array([0.0] + [float(y) * (what == kind) for what, y, _ in rows])
    return _weighted(many, x, mine)


def _said(words: Words, book: Book) -> str:
    columns = {
        mode: _column(words, book, mode, "household") for mode in book.modes if _companies(book, mode, "household")
    }
    harmed = [column["another_too"].n or 0 for column in columns.values() if "another_too" in column]
    if len(harmed) < len(book.modes) or min(harmed) < FEW:
        return (
            f"Of people stopped with a household fewer than {FEW} were acted on without support: too few to say more."
        )

    def said(name: str, say: Callable[[float | None], str] = percent) -> str:
        return either({mode: say(column[name].value) for mode, column in columns.items()})

    return (
        f"Of the people acted on without support, {said('share_of_harmed')} had their household with them. Where one member "
        f"is acted on, another is too in {said('another_too')} of cases, against {said('another_if_independent')} if "
        f"members were independent. Of {words.per:,.0f} households, {said('lose_one', format_number)} lose at least one member so. "
        f"{_assumed(words)}"
    )


def _assumed(words: Words) -> str:
    """Say on what it rests: how far a household shares its fate has not been measured by anybody."""
    q = words.reckoner.scenario.together.shared_fate
    return (
        f"This rests on how far members share status, enrolment and record: {q.value:g} ({q.low:g} to {q.high:g}; grade "
        f"{q.grade.value}: {q.source}). At 0 they fare as strangers do."
    )
