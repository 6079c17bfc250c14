"""Evidence on the axis of phi: each test, deployment and if-then as a tick with its ranges, computed from rows.

A tick stands first for the people it was counted on, then for the strangers of the mix that a page speaks of.  The
ranges by counts, by each assumption and by the conversion between mixes each stand alone: no two are multiplied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import format_range, grouped
from misid.vocabulary.numbers import score as short
from misid.vocabulary.tested import Operator

ONE_TO_ONE = 1e-6
"""FMR of a threshold set for one-to-one comparisons, were it used for searching: an if-then."""
STRICT = 1e-4
"""A strict threshold where a scenario names none: an if-then."""
SEARCH_TEST = "nist-mugshot"

Ends = tuple[float, float]


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
    own_mix: str = ""  # an equal mix of the tested cells if not given
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
            yield from _counted(scale, score, scale.split()[0].casefold() in vendors, _counted_on(model, scale))
    yield _Piece(
        name="one_to_one",
        title=say("evidence.title.one_to_one", x=1 / ONE_TO_ONE),
        threshold=_decades(ONE_TO_ONE),
        assumptions=(say("evidence.assumed.one_to_one"),),
        sources=("if-then",),
    )


def _if_thens(model: ScenarioModel, mix: str) -> Iterator[Tick]:
    """Return the values of phi that the scenario shows without evidence, or one where it shows none."""
    given = [(name, p.title, p.field_fpir) for name, p in model.scenario.threshold.points.items() if p.field_fpir]
    if not given and not model.scenario.threshold.known:
        strict = Quantity(value=STRICT, low=STRICT, high=STRICT, unit="probability", source="if-then", grade=Grade.D)
        given = [("strict", say("evidence.title.strict", x=1 / STRICT), strict)]
    for name, title, phi in given:
        yield Tick(
            name=name,
            title=title,
            phi=phi.value,
            by_counts=None,
            by_assumptions=None,
            by_mix=None,
            between_places=None,
            assumptions=(say("evidence.assumed.if_then"),),
            grade=Grade.D,
            sources=(phi.source,),
            own_mix=say("evidence.mix.strangers", mix=mix),
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
    here = "phone" if model.scenario.operator is Operator.OFFICER_PHONE else "street"
    posed, photos = say("evidence.photos.posed"), say(f"evidence.photos.{here}")
    varies = say("evidence.open.photos")
    convention = say("evidence.assumed.convention", fpir=FPIR_TESTED)
    ends = {"x": shift.value, "low": shift.low, "high": shift.high}
    shifted = say(f"evidence.assumed.{here}", **ends, source=shift.source)
    where = test.source
    yield _Piece(
        "nist_set_anew",
        say("evidence.title.set_anew", fpir=fpir, photos=posed),
        fpir=fpir,
        assumptions=(convention, say("evidence.assumed.posed")),
        sources=(where,),
    )
    if street:
        yield _Piece(
            "nist_set_anew_street",
            say("evidence.title.set_anew", fpir=fpir, photos=photos),
            threshold=-shift.value,
            fpir=fpir,
            alone=((varies, (-shift.low, -shift.high)),),
            assumptions=(convention, shifted),
            sources=(where, shift.source),
        )
    yield _Piece(
        "nist_kept",
        say("evidence.title.kept", x=size / 1e6, photos=posed),
        threshold=kept,
        assumptions=(convention, say("evidence.assumed.kept")),
        sources=(where,),
    )
    if street:
        yield _Piece(
            "nist_kept_street",
            say("evidence.title.kept", x=size / 1e6, photos=photos),
            threshold=kept - shift.value,
            alone=((varies, (kept - shift.low, kept - shift.high)),),
            assumptions=(convention, shifted),
            sources=(where, shift.source),
        )


def _counted_on(model: ScenarioModel, scale: str) -> str:
    """Return the stop policy that the scenario says a vendor's counts are of; empty if it says none."""
    threshold = model.scenario.threshold
    points = (threshold, *threshold.points.values())
    of = (p.mix for p in points if p.vendor is not None and p.vendor.scale.casefold() == scale.casefold())
    return next((mix for mix in of if mix), "")


def _counted(scale: str, score: float, same_vendor: bool, of: str) -> Iterator[_Piece]:
    rows = field_counts(scale, score)
    name = f"{scale.split()[0].casefold()}_{f'{score:.2f}'.replace('.', '')}"
    where = rows[0].title if all(row.is_test for row in rows) else say("evidence.title.police")
    whose = "same_vendor" if same_vendor else "another_vendor"
    title = say(f"evidence.title.{whose}", scale=scale, score=grouped(score, 2), where=where)
    yield _of_fit(name, say("evidence.title.counted", title=title, counts=_counts(rows)), rows, of)
    if beside := field_counts(scale, score, CountUse.ALTERNATIVE):
        more, both = dict.fromkeys(row.operator for row in beside), (*rows, *beside)
        words = say("evidence.title.with_more", title=title, more=list(more), counts=_counts(both))
        yield _of_fit(f"{name}_with_more", words, both, of)


def _counts(rows: tuple[FieldCount, ...]) -> str:
    faces = sum(row.faces for row in rows)
    size = say("number.million", x=grouped(faces / 1e6, 2)) if faces >= 1e6 else grouped(faces)
    return say("evidence.title.counts", n=grouped(sum(row.false_alerts for row in rows)), faces=size)


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
        title = say(f"evidence.title.{'at_least' if fit.false_alerts else 'at_most'}", title=title)
    lists = fit.rate_by_lists
    assumed = [row for row in rows if not row.list_published]
    words = [say("evidence.assumed.scale"), say("evidence.assumed.faces")]
    if assumed:
        ends = {(row.list_size.low, row.list_size.high) for row in assumed}
        sizes = [format_range(*span, grouped) for span in sorted(ends)]
        words.append(say("evidence.assumed.lists", sizes=sizes, titles=_titles(assumed)))
    if unread := [row for row in rows if row.score is None]:
        words.append(say("evidence.assumed.unread", titles=_titles(unread)))
    if any(row.is_test for row in rows):
        words.append("; ".join(dict.fromkeys(row.caveat for row in rows if row.is_test)))
    return _Piece(
        name,
        title,
        threshold=_decades(rate),
        by_counts=(_decades(low), _decades(high)),
        between=None if fit.no_value else (_decades(fit.of_a_place[0]), _decades(fit.of_a_place[1])),
        alone=((say("evidence.open.lists"), (_decades(lists[0]), _decades(lists[1]))),) if lists else (),
        assumptions=tuple(words),
        sources=tuple(dict.fromkeys(row.source for row in rows)),
        own_mix=say("evidence.mix.strangers", mix=of) if of else say("evidence.mix.passers"),
        counted_on=of,
        rows=tuple(row.key for row in rows),
    )


def _decades(rate: float) -> float:
    return float(-np.log10(max(rate, 1e-30)))


def _titles(rows: Iterable[FieldCount]) -> str:
    return say("number.comma").join(dict.fromkeys(row.title for row in rows))


def _comparisons(model: ScenarioModel, best: Points) -> str:
    """Say how many comparisons a search is, and between which bounds."""
    middle, low, high = (float(comparisons(points)[0]) / 1e6 for points in (best, *_bounds(model, best)))
    ends = {"x": _short(middle), "low": _short(low), "high": _short(high)}
    return say("evidence.assumed.comparisons", **ends)


def _short(millions: float) -> str:
    return grouped(millions) if millions >= 10 else short(millions, most=2)


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
        alone.append((say("evidence.open.comparisons"), both(fewest, piece.threshold), both(most, piece.threshold)))
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
        own_mix=piece.own_mix or say("evidence.mix.equal"),
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
