"""Evidence on the axis of phi: each test, deployment and if-then as a tick with its ranges, computed from rows.

A tick stands first for the people it was counted on, then for the strangers of the mix that a page speaks of.  The
ranges by counts, by each assumption and by the conversion between mixes each stand alone: no two are multiplied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from misid.algorithm import (
    FPIR_TESTED,
    CountUse,
    FieldCount,
    all_field_counts,
    field_counts,
    published_tests,
    street_shift,
)
from misid.expected.field_fpir import FieldFit, fit_field
from misid.expected.model import ScenarioModel
from misid.expected.points import GROUPS, Points, group_path
from misid.expected.search import comparisons, threshold_of
from misid.expected.threshold import at_phi, at_threshold, phi_of
from misid.quantities import Grade, Quantity
from misid.statistics import expected_from_fpir, fpir_gamma
from misid.vocabulary import ImageKind
from misid.vocabulary.tested import Operator

ONE_TO_ONE = 1e-6
"""FMR of a threshold set for one-to-one comparisons, were it used for searching: an if-then."""
STRICT = 1e-4
"""A strict threshold where a scenario names none: an if-then."""
EQUAL_MIX = "an equal mix of the tested cells"
SEARCH_TEST = "nist-mugshot"

Ends = tuple[float, float]


LISTS, COMPARISONS, PHOTOS = "lists not published", "independent comparisons", "photos"
"""What is assumed and has a range, in words."""


@dataclass(frozen=True)
class Assumed:
    """What one assumption alone leaves open, all else at its value.

    Parameters
    ----------
    name : str
        Which, in words.
    phi, own_mix_phi : tuple of float
        Ends of phi for the strangers of the named mix, and for the people that the evidence is about.
    """

    name: str
    phi: Ends
    own_mix_phi: Ends


@dataclass(frozen=True)
class Tick:
    """One piece of evidence, or an if-then, on the axis of phi.

    Parameters
    ----------
    name, title : str
        Stable name; words.
    phi : float
        For the strangers of the named mix.
    by_counts : tuple of float or None
        Ends of phi by the counts alone (95%); None where nothing was counted.
    each : tuple of Assumed
        Ends of phi by each assumption that has a range, alone.
    by_assumptions : tuple of float or None
        Those of the assumption that leaves most open, alone; None where none has a range.
    widest : str
        Which assumption that is; empty where there is none.
    by_mix : tuple of float or None
        Ends of phi with the row factors of all groups at their low and at their high ends; None for an if-then.
    between_places : tuple of float or None
        Ends of phi for one more place, places differing as counted ones do (90%); None where nothing was counted, or no
        false alert was: then phi is the upper end that the count leaves.
    assumptions : tuple of str
        What is assumed, a phrase each; printed with the tick.
    grade : Grade
        D throughout: no tick is a measurement of this system.
    sources : tuple of str
        Who counted or printed what it is made from.
    own_mix : str
        Whose phi the evidence is about.
    own_mix_phi, own_mix_by_counts, own_mix_by_assumptions
        The same for those people.
    mix : str
        The named mix: a stop policy.
    rows : tuple of str
        Keys of the rows of counts.
    """

    name: str
    title: str
    phi: float
    by_counts: Ends | None
    by_assumptions: Ends | None
    by_mix: Ends | None
    between_places: Ends | None
    assumptions: tuple[str, ...]
    grade: Grade
    sources: tuple[str, ...]
    own_mix: str
    own_mix_phi: float
    own_mix_by_counts: Ends | None
    own_mix_by_assumptions: Ends | None
    mix: str
    rows: tuple[str, ...] = ()
    each: tuple[Assumed, ...] = ()
    widest: str = ""


@dataclass(frozen=True)
class _Piece:
    """A tick before it is put on the axis: thresholds in decades on the scale of the equal mix.

    ``fpir`` is an FPIR for which the threshold is set in this very gallery, instead of ``threshold``.
    """

    name: str
    title: str
    threshold: float = 0.0
    fpir: float = 0.0
    by_counts: Ends | None = None  # thresholds, low phi first
    between: Ends | None = None
    alone: tuple[tuple[str, Ends], ...] = ()  # thresholds at the ends of one assumption; decades added where ``fpir``
    assumptions: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    own_mix: str = EQUAL_MIX
    counted_on: str = ""  # the stop policy whose strangers were counted, where the scenario says so
    rows: tuple[str, ...] = ()


def ticks(model: ScenarioModel, mix: str = "") -> tuple[Tick, ...]:
    """Return the evidence on phi for the gallery of a scenario, from strict to loose; none where pairs are compared.

    Parameters
    ----------
    model : ScenarioModel
        `model_of` a scenario: its gallery gives the number of comparisons, its cards the factors between groups.
    mix : str
        The stop policy whose strangers phi is of; the scenario's own if not given.
    """
    scenario = model.scenario
    if scenario.purpose == "verify" or not scenario.candidates.floor:
        return ()
    named = mix or model.mix
    best = model.best()
    found = [*_if_thens(model, named), *(_tick(model, best, named, piece) for piece in _pieces(model))]
    return tuple(sorted(found, key=lambda tick: tick.own_mix_phi))


def _pieces(model: ScenarioModel) -> Iterator[_Piece]:
    yield from _of_search_test(model)
    vendors = {card.developer.casefold() for card in (choice.card for choice in model.choices)}
    settings = dict.fromkeys(
        (row.scale, row.taken_as) for row in all_field_counts() if row.use is CountUse.CALIBRATES and row.taken_as
    )
    for scale, score in settings:
        if score is not None:
            whose = "the same vendor" if scale.split()[0].casefold() in vendors else "another vendor"
            yield from _counted(scale, score, whose, _counted_on(model, scale))
    yield _Piece(
        name="one_to_one",
        title=f"a one-to-one setting, FMR 1 in {1 / ONE_TO_ONE:,.0f}, used for searching (if-then)",
        threshold=_decades(ONE_TO_ONE),
        assumptions=("an if-then: nobody is known to search so",),
        sources=("if-then",),
    )


def _if_thens(model: ScenarioModel, mix: str) -> Iterator[Tick]:
    """Return the values of phi that the scenario shows without evidence, or one where it shows none."""
    given = [(name, p.title, p.field_fpir) for name, p in model.scenario.threshold.points.items() if p.field_fpir]
    if not given and not model.scenario.threshold.known:
        strict = Quantity(value=STRICT, low=STRICT, high=STRICT, unit="probability", source="if-then", grade=Grade.D)
        given = [("strict", f"a strict threshold, 1 stranger in {1 / STRICT:,.0f} (if-then)", strict)]
    for name, title, phi in given:
        yield Tick(
            name=name,
            title=title,
            phi=phi.value,
            by_counts=None,
            by_assumptions=None,
            by_mix=None,
            between_places=None,
            assumptions=("an if-then, no measurement",),
            grade=Grade.D,
            sources=(phi.source,),
            own_mix=f"the strangers of {mix}",
            own_mix_phi=phi.value,
            own_mix_by_counts=None,
            own_mix_by_assumptions=None,
            mix=mix,
        )


def _of_search_test(model: ScenarioModel) -> Iterator[_Piece]:
    test = next(test for test in published_tests() if test.key == SEARCH_TEST)
    fpir, size = next(x for x in test.fpir if x == FPIR_TESTED), max(test.n)
    k = model.scenario.capture.heterogeneity_k.value
    kept = float(np.log10(size / expected_from_fpir(fpir, k)))
    shift = street_shift()
    street = model.scenario.algorithm.probe_image is ImageKind.STREET
    photos = "phone photos" if model.scenario.operator is Operator.OFFICER_PHONE else "street photos"
    convention = "FPIR 0.003 is where NIST prints its tables; nobody is known to use it"
    shifted = f"{photos} reach a threshold {_signed(shift)} decades oftener than posed ones: {shift.source}"
    where = test.source
    yield _Piece(
        "nist_set_anew",
        f"NIST's point, FPIR {fpir:g}, threshold set anew for this gallery, posed photos",
        fpir=fpir,
        assumptions=(convention, "the threshold was set on posed photos of an equal mix, in this gallery"),
        sources=(where,),
    )
    if street:
        yield _Piece(
            "nist_set_anew_street",
            f"NIST's point, FPIR {fpir:g}, threshold set anew for this gallery, {photos}",
            threshold=-shift.value,
            fpir=fpir,
            alone=((PHOTOS, (-shift.low, -shift.high)),),
            assumptions=(convention, shifted),
            sources=(where, shift.source),
        )
    yield _Piece(
        "nist_kept",
        f"NIST's point at {size / 1e6:g} million, threshold kept, posed photos",
        threshold=kept,
        assumptions=(convention, "the threshold of that gallery is used at this one"),
        sources=(where,),
    )
    if street:
        yield _Piece(
            "nist_kept_street",
            f"NIST's point at {size / 1e6:g} million, threshold kept, {photos}",
            threshold=kept - shift.value,
            alone=((PHOTOS, (kept - shift.low, kept - shift.high)),),
            assumptions=(convention, shifted),
            sources=(where, shift.source),
        )


def _counted_on(model: ScenarioModel, scale: str) -> str:
    """Return the stop policy that the scenario says a vendor's counts are of; empty if it says none."""
    threshold = model.scenario.threshold
    points = (threshold, *threshold.points.values())
    of = (p.mix for p in points if p.vendor is not None and p.vendor.scale.casefold() == scale.casefold())
    return next((mix for mix in of if mix), "")


def _counted(scale: str, score: float, whose: str, of: str) -> Iterator[_Piece]:
    rows = field_counts(scale, score)
    name = f"{scale.split()[0].casefold()}_{f'{score:.2f}'.replace('.', '')}"
    where = rows[0].title if all(row.is_test for row in rows) else "as police use it"
    title = f"{whose}, {scale} {score:.2f}, {where}"
    yield _of_fit(name, f"{title}: {_counts(rows)}", rows, of)
    if beside := field_counts(scale, score, CountUse.ALTERNATIVE):
        more = " and ".join(dict.fromkeys(row.operator for row in beside))
        words = f"{title}, with {more}, on a list taken to be London's: {_counts((*rows, *beside))}"
        yield _of_fit(f"{name}_with_more", words, (*rows, *beside), of)


def _counts(rows: tuple[FieldCount, ...]) -> str:
    faces = sum(row.faces for row in rows)
    size = f"{faces / 1e6:.2f} million" if faces >= 1e6 else f"{faces:,}"
    return f"{sum(row.false_alerts for row in rows)} false in {size} faces"


@cache
def _fit_of(rows: tuple[str, ...]) -> FieldFit:
    """Return the fit of packaged rows, by key; they do not change."""
    return fit_field([row for row in all_field_counts() if row.key in rows])


def _of_fit(name: str, title: str, rows: tuple[FieldCount, ...], of: str) -> _Piece:
    fit = _fit_of(tuple(row.key for row in rows))
    low, high = fit.rate.ends
    rate = fit.rate.value
    if fit.no_value:  # there is no best value: the tick stands at the one end that the count leaves
        rate = low if fit.false_alerts else high
        title += "; at least this" if fit.false_alerts else "; at most this"
    lists = fit.rate_by_lists
    assumed = [row for row in rows if not row.list_published]
    words = ["one score scale for all products of the vendor", "the faces counted stand for strangers, one search each"]
    if assumed:
        ends = {(row.list_size.low, row.list_size.high) for row in assumed}
        sizes = " or ".join(f"{a:,.0f} to {b:,.0f}" for a, b in sorted(ends))
        words.append(
            f"lists of {sizes} that are not published: {', '.join(dict.fromkeys(row.title for row in assumed))}"
        )
    unread = dict.fromkeys(row.title for row in rows if row.score is None)
    if unread:
        words.append(f"the threshold of {', '.join(unread)} is not read and taken to be the same")
    if any(row.is_test for row in rows):
        words.append("; ".join(dict.fromkeys(row.caveat for row in rows if row.is_test)))
    return _Piece(
        name,
        title,
        threshold=_decades(rate),
        by_counts=(_decades(low), _decades(high)),
        between=None if fit.no_value else (_decades(fit.of_a_place[0]), _decades(fit.of_a_place[1])),
        alone=((LISTS, (_decades(lists[0]), _decades(lists[1]))),) if lists else (),
        assumptions=tuple(words),
        sources=tuple(dict.fromkeys(row.source for row in rows)),
        own_mix=f"the strangers of {of}" if of else f"the people who passed the cameras, taken as {EQUAL_MIX}",
        counted_on=of,
        rows=tuple(row.key for row in rows),
    )


def _decades(rate: float) -> float:
    return float(-np.log10(max(rate, 1e-30)))


def _signed(q: Quantity) -> str:
    return f"{q.value:+g} ({q.low:+g} to {q.high:+g})"


def _comparisons(model: ScenarioModel, best: Points) -> str:
    """Say how many comparisons a search is, and between which bounds."""
    middle, low, high = (float(comparisons(points)[0]) / 1e6 for points in (best, *_bounds(model, best)))
    return f"{_short(middle)} million independent comparisons a search ({_short(low)} to {_short(high)} million)"


def _short(millions: float) -> str:
    return f"{millions:,.0f}" if millions >= 10 else f"{millions:.2g}"


def _bounds(model: ScenarioModel, best: Points) -> tuple[Points, Points]:
    """Return points at the fewest and the most comparisons: images of one person as copies, or as strangers' images."""
    correlation = model.scenario.gallery.image_correlation
    return best.changed((correlation, correlation.high)), best.changed((correlation, correlation.low))


def _at_group_ends(model: ScenarioModel, best: Points) -> tuple[Points, Points]:
    """Return points with the row factors of all groups at their low and at their high ends."""
    factors = {group_path(*group): model.all_inputs[group_path(*group)] for group in GROUPS}
    low = best.moved({path: q.low for path, q in factors.items()})
    return low, best.moved({path: q.high for path, q in factors.items()})


def _placed(piece: _Piece, points: Points, threshold: float) -> Points:
    """Return points with the threshold of a piece, or with one of its ends."""
    decades = threshold
    if piece.fpir:
        expected = float(expected_from_fpir(piece.fpir, points.heterogeneity_k[0]))
        decades += float(np.log10(comparisons(points)[0] / expected))
    return at_threshold(points, decades)


def _of_equal_mix(points: Points) -> float:
    """Return the FPIR of an equal mix of the tested cells at the threshold that stands."""
    expected = -comparisons(points)[0] * np.log1p(-min(10.0 ** -float(threshold_of(points)[0]), 1.0 - 1e-12))
    return float(fpir_gamma(expected, points.heterogeneity_k[0]))


def _tick(model: ScenarioModel, best: Points, mix: str, piece: _Piece) -> Tick:
    """Put a piece of evidence on the axis."""

    def both(points: Points, threshold: float) -> Ends:
        at = _placed(piece, points, threshold)
        of_own = _of_equal_mix(at)
        if piece.counted_on:
            at = at_phi(points, of_own, piece.counted_on, "threshold")
        return of_own, float(phi_of(at, mix)[0])

    def ends(found: tuple[Ends, Ends] | None, whose: int) -> Ends | None:
        return None if found is None else (found[0][whose], found[1][whose])

    own, phi = both(best, piece.threshold)
    counts = piece.by_counts and (both(best, piece.by_counts[0]), both(best, piece.by_counts[1]))
    places = piece.between and (both(best, piece.between[0]), both(best, piece.between[1]))
    alone = [(name, both(best, ends[0]), both(best, ends[1])) for name, ends in piece.alone]
    # A threshold that is set anew for the gallery gives the same FPIR however many comparisons that are.
    if not piece.fpir:
        fewest, most = _bounds(model, best)
        alone.append((COMPARISONS, both(fewest, piece.threshold), both(most, piece.threshold)))
    each = tuple(Assumed(name, (low[1], high[1]), (low[0], high[0])) for name, low, high in alone)
    widest = max(each, key=lambda assumed: _width(assumed.own_mix_phi), default=None)
    low, high = (both(points, piece.threshold)[1] for points in _at_group_ends(model, best))
    words = piece.assumptions if piece.fpir else (*piece.assumptions, _comparisons(model, best))
    return Tick(
        name=piece.name,
        title=piece.title,
        phi=phi,
        by_counts=ends(counts, 1),
        by_assumptions=widest.phi if widest else None,
        by_mix=(low, high),
        between_places=ends(places, 1),
        assumptions=words,
        grade=Grade.D,
        sources=piece.sources,
        own_mix=piece.own_mix,
        own_mix_phi=own,
        own_mix_by_counts=ends(counts, 0),
        own_mix_by_assumptions=widest.own_mix_phi if widest else None,
        mix=mix,
        rows=piece.rows,
        each=each,
        widest=widest.name if widest else "",
    )


def _width(ends: Ends) -> float:
    """Return how far apart ends are: the log of the ratio of the expected numbers of names."""
    low, high = (-np.log1p(-min(end, 1.0 - 1e-15)) for end in ends)
    return float(np.log(max(high, 1e-300) / max(low, 1e-300)))
