"""What a larger gallery would do, and how each form of growth did inside the data."""

from __future__ import annotations

from typing import Any

from misid.evaluation import Check, Evaluation, Growth
from misid.findings.evaluation.parts import by_target, over
from misid.findings.evaluation.words import cell, image, often, shown, threshold
from misid.findings.model import Cell, ChartData, Section, Table
from misid.findings.nearness import distance_words, from_data
from misid.vocabulary.numbers import big, format_references, listing

FORMS = {
    "independence": "independence",
    "heterogeneity": "people differ",
    "tail": "tail of the scores",
}


def sections(e: Evaluation, found: Growth) -> tuple[Section, ...]:
    """Return what each form did inside the data, and then what it says of larger galleries."""
    larger = Section(
        "growth",
        "A larger gallery",
        _text(e, found),
        shown(e, found.figures),
        tuple(table for table in (_held(e, found),) if table.rows),
        (_chart(e, found),),
    )
    return (_checked(e, found), larger) if found.checks else (larger,)


def _checked(e: Evaluation, found: Growth) -> Section:
    forms = list(dict.fromkeys(check.form for check in found.checks))
    bad = [form(name) for name in forms if name in failed(found)]
    good = [form(name) for name in forms if name not in failed(found)]
    text = (
        f"Before any form of growth is trusted outside the data it has to predict a larger part of the {format_references(found.measured_n)} "
        f"from a smaller one. "
        + (f"It held for: {listing(good)}. " if good else "No form did. ")
        + (f"It failed for: {listing(bad)}." if bad else "")
    )
    return Section("growth-checks", "Growth inside the data", text.strip(), {}, (_checks(e, found),))


def form(name: str) -> str:
    """Say a form of growth."""
    return FORMS.get(name, name.replace("_", " "))


def failed(found: Growth) -> frozenset[str]:
    """Return the forms that did not predict larger parts of the data from smaller ones."""
    return frozenset(check.form for check in found.checks if not check.passed)


def standing(found: Growth, name: str) -> str:
    """Say why a form is not trusted; nothing if it is."""
    if name in failed(found):
        return "failed"
    return "" if any(check.form == name for check in found.checks) else "not checked"


def _text(e: Evaluation, found: Growth) -> str:
    values = sorted(
        ((n, f) for n, f in by_target(found.figures, "fpir_at_n_") if f.value is not None), key=lambda p: p[0]
    )
    at = f"at the threshold {threshold(found.threshold)}, {image(e.image_kind)}, all groups together"
    if not values:
        return f"Measured on {format_references(found.measured_n)}, {at}; the data say nothing of larger galleries."
    near = [pair for pair in values if pair[0] <= 10 * found.measured_n]
    first = near[-1] if near else values[0]
    parts = [f"Measured on {format_references(found.measured_n)}, {at}."]
    for n, figure in dict((first, values[-1])).items():
        out_of, said = often(figure)
        beyond = "" if n <= 10 * found.measured_n else ", which is structure and not data"
        parts.append(
            f"With {format_references(n)}, of {out_of:,} searches of people who are not enrolled, {said} would return somebody{beyond}."
        )
    return " ".join(parts)


def _chart(e: Evaluation, found: Growth) -> ChartData:
    doubtful = {name: standing(found, name) for name in found.lines}
    records: list[dict[str, Any]] = []
    for i, (name, line) in enumerate(found.lines.items()):
        records += over(
            line,
            "n_references",
            form(name) + (f" ({doubtful[name]})" if doubtful[name] else ""),
            i,
            trusted=not doubtful[name],
            measured=found.measured_n,
            y_title="searches of people not enrolled that return somebody (FPIR)",
        )
    for record in records:
        record["distance"] = distance_words(from_data(found.measured_n, record["n_references"]))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (format_references(n), cell(figure, e), "yes" if n <= 10 * found.measured_n else "no: beyond data")
        for n, figure in sorted(by_target(found.figures, "fpir_at_n_"), key=lambda pair: pair[0])
    )
    return ChartData(
        "galleries",
        f"FPIR over the gallery: {image(e.image_kind)}, threshold {threshold(found.threshold)}, everybody in the data",
        f"Bands are what the data leave open under each form. Grey ground begins at ten times the {format_references(found.measured_n)} "
        "that were measured: from there on the shape that was assumed decides, not the data."
        + (
            " A form that failed inside the data, or could not be checked there, is a thin line without a band."
            if any(doubtful.values())
            else ""
        ),
        tuple(records),
        Table(
            f"FPIR with larger galleries: {image(e.image_kind)}, threshold {threshold(found.threshold)}, everybody in the data",
            ("gallery", "FPIR", "within ten times the data"),
            rows,
            "The range spans the forms that held inside the data, and the shape of the tail.",
        ),
    )


def _held(e: Evaluation, found: Growth) -> Table:
    return Table(
        f"Threshold that would hold FPIR as it is: {image(e.image_kind)}, everybody in the data",
        ("gallery", "threshold", "within ten times the data"),
        tuple(
            (format_references(n), cell(figure, e), "yes" if n <= 10 * found.measured_n else "no: beyond data")
            for n, figure in sorted(by_target(found.figures, "threshold_holding_fpir_at_n_"), key=lambda pair: pair[0])
        ),
        "A stricter threshold misses more people; how many more the curves of misses say.",
    )


def _cut(found: Growth, check: Check) -> float:
    return found.threshold if check.seen.conditions.score is None else check.seen.conditions.score


def _checks(e: Evaluation, found: Growth) -> Table:
    order = list(dict.fromkeys(check.form for check in found.checks))
    return Table(
        f"Each form inside the data: FPIR, {image(e.image_kind)}",
        ("form", "threshold", "it saw", "it had to predict", "predicted", "seen", "agrees"),
        tuple(
            (
                form(check.form),
                threshold(_cut(found, check)),
                f"N {big(check.n_from)}",
                f"N {big(check.n_to)}",
                cell(check.predicted, e),
                cell(check.seen, e),
                "yes" if check.passed else "no",
            )
            for check in sorted(found.checks, key=lambda c: (order.index(c.form), _cut(found, c), c.n_from, c.n_to))
        ),
        "Galleries are random parts of the one that was measured. A form that fails here is not trusted outside.",
    )
