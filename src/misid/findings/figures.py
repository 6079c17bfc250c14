"""Pairs of figures, tables and chart rows that most answers share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from misid.algorithm import SEARCH
from misid.expected import Envelope
from misid.findings.model import Cell, ChartData, Table
from misid.findings.nearness import distance_words
from misid.findings.reckon import THRESHOLD, Reckoner
from misid.findings.words import capital, doubts, either, format_number, format_range, label, percent
from misid.quantities import Doubt, Estimate, Nearness
from misid.vocabulary import Mode
from misid.vocabulary.tested import Counted

KINDS = (Doubt.INPUT, Doubt.MODEL)


def pair(
    reckoner: Reckoner,
    name: str,
    ranges: Mapping[Mode, Envelope],
    unit: str,
    caveats: tuple[str, ...] = (),
    group: str = "all",
    n: float | None = None,
    n_references: float | None = None,
    counted: tuple[Counted, ...] = SEARCH,
    cell: str = "",
) -> dict[str, Estimate]:
    """Return estimates named ``name.mode.kind``: for each mode one with the input and one with the model range."""
    return {
        f"{name}.{mode.value}.{kind.value}": reckoner.estimate(
            r,
            kind,
            unit,
            mode,
            group=group,
            caveats=caveats,
            n=n,
            n_references=n_references,
            counted=counted,
            cell=cell,
        )
        for mode, r in ranges.items()
        for kind in KINDS
    }


def by_mode(
    reckoner: Reckoner, output: str, stop: str | None = None, hold: tuple[str, ...] = ()
) -> dict[Mode, Envelope]:
    """Return one output's range in every mode, for the headline stop policy unless another is named.

    With ``hold=THRESHOLD`` what all rows of a comparison share is held, so that its ranges show how the rows differ.
    """
    where = stop or reckoner.scenario.headline_stop
    few = where != reckoner.scenario.headline_stop  # other stop policies are shown by their hits alone
    return {mode: reckoner.ranges_of(where, mode, few=few, hold=hold)[output] for mode in reckoner.modes}


def union_of_modes(ranges: Mapping[Mode, Envelope]) -> str:
    """Say the input ranges of all modes as one, where a sentence has to hold many."""
    return format_range(min(r.input_low for r in ranges.values()), max(r.input_high for r in ranges.values()))


def mode_table(
    reckoner: Reckoner,
    title: str,
    rows: Iterable[tuple[str, Mapping[Mode, Envelope]]],
    unit: str,
    note: str = "",
    first: str = "",
    sizes: Sequence[float | None] | None = None,
    groups: Sequence[str] | None = None,
    counted: tuple[Counted, ...] | list[tuple[Counted, ...]] = SEARCH,
    cells: Sequence[str] | None = None,
) -> Table:
    """Return a table with a row a figure, and for each mode a column with the input and one with the model range.

    Where rows differ in gallery size or probe group, ``sizes`` and ``groups`` give one each, for the cells' conditions,
    and ``cells`` the catalogue's name of each group, where tests tell it apart.  ``counted`` is what they rest on: all of
    them, or a list with one for each.
    """
    rows = list(rows)
    columns = [first]
    for mode in reckoner.modes:
        columns += [f"{label(mode)}: input range", f"{label(mode)}: model range"]
    body: tuple[tuple[Cell, ...], ...] = tuple(
        (
            name,
            *(
                reckoner.estimate(ranges[m], kind, unit, m, group, n_references=size, counted=rests_on, cell=cell)
                for m in reckoner.modes
                for kind in KINDS
            ),
        )
        for (name, ranges), size, group, cell, rests_on in zip(
            rows,
            sizes or [None] * len(rows),
            groups or ["all"] * len(rows),
            cells or [""] * len(rows),
            counted if isinstance(counted, list) else [counted] * len(rows),
            strict=True,
        )
    )
    return Table(title, tuple(columns), body, note)


def range_chart(
    title: str,
    summary: str,
    rows: Iterable[tuple[str, str, Envelope]],
    table: Table,
    x_title: str,
    distances: Sequence[Nearness] = (),
) -> ChartData:
    """Return a dot-and-range chart: a row a label and series, the range being the envelope over inputs.

    Where rows differ in how far they lie from a test, ``distances`` gives one each.
    """
    records = tuple(
        {
            "label": name,
            "series": series,
            "value": r.value,
            "low": r.input_low,
            "high": r.input_high,
            "order": i,
            "x_title": x_title,
            **({"distance": distance_words(distances[i])} if distances else {}),
        }
        for i, (name, series, r) in enumerate(rows)
    )
    return ChartData("ranges", title, summary, records, table)


def said_by_mode(ranges: Mapping[Mode, Envelope], *, share: bool = False) -> str:
    """Say a figure in each mode: ``70 (fixed threshold) or 19 (FPIR held)``; once if both read the same."""
    say = percent if share else format_number
    return either({mode: say(r.value) for mode, r in ranges.items()})


def ranges_said(ranges: Mapping[Mode, Envelope], *, share: bool = False) -> str:
    """Say the input and model ranges of a figure in each mode; once if both read the same."""
    said = {mode: doubts(r, share=share) for mode, r in ranges.items()}
    if len(set(said.values())) == 1:
        return f"{capital(next(iter(said.values())))}."
    return " ".join(f"{capital(label(mode))}: {text}." for mode, text in said.items())


def photographed(reckoner: Reckoner, stop: str | None = None) -> str:
    """Say who is photographed: ``10,000 people stopped at random``."""
    scenario = reckoner.scenario
    return f"{scenario.use.people:,} people {scenario.stops[stop or scenario.headline_stop].title}"


def as_given(reckoner: Reckoner) -> str:
    """Say the main output's range with the threshold, and what it means here, held as given."""
    stop = reckoner.scenario.headline_stop
    ranges = {m: reckoner.ranges_of(stop, m, hold=THRESHOLD)[reckoner.main] for m in reckoner.modes}
    said = {m: format_range(r.input_low, r.input_high) for m, r in ranges.items()}
    each = " or ".join(dict.fromkeys(f"{text} ({label(m)})" if len(said) > 1 else text for m, text in said.items()))
    return f"With the threshold, and what it means on these photos, held as given: {each}."


def complement(r: Envelope) -> Envelope:
    """Turn the range of a share into that of the rest."""
    return Envelope(1 - r.value, 1 - r.input_high, 1 - r.input_low, 1 - r.model_high, 1 - r.model_low, r.swing)
