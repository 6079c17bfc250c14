"""What counts of false alerts say of phi, in sentences: the Python side of ``misid evidence``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from misid.errors import OutOfRange
from misid.expected import FieldFit, FieldRange, fit_field
from misid.statistics import effective_comparisons
from misid.vocabulary.numbers import big, one_in, strangers

if TYPE_CHECKING:
    from misid.algorithm import AlertCount

SCHEMA = "misid/evidence/1"
APP = "field-app"


@dataclass(frozen=True)
class PhiAt:
    """phi at a number of independent comparisons.

    Parameters
    ----------
    title : str
        Which gallery, in words.
    comparisons : float
        Independent comparisons of one search.
    phi : FieldRange
        The share of strangers of whom a name is returned, with its ranges.
    by_comparisons : tuple of float or None
        phi at the fewest and the most comparisons that the gallery may be worth; None where the number is given.
    """

    title: str
    comparisons: float
    phi: FieldRange
    by_comparisons: tuple[float, float] | None = None


@dataclass(frozen=True)
class CountedEvidence:
    """A rate per comparison from counts, and phi at some galleries."""

    fit: FieldFit
    at: tuple[PhiAt, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it in sentences: counts and assumptions apart."""
        return (*_rate_sentences(self.fit), *(_phi_sentence(self.fit, at) for at in self.at), NOT_MEASURED)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        fit = self.fit
        return {
            "schema": SCHEMA,
            "rows": [
                {
                    "title": row.title,
                    "faces": row.faces,
                    "list_size": [row.list_size.value, row.list_size.low, row.list_size.high],
                    "false_alerts": row.false_alerts,
                }
                for row in fit.counts
            ],
            "rate_per_comparison": {
                "value": None if fit.no_value else fit.rate.value,
                **({"reason": _reason(fit)} if fit.no_value else {}),
                "by_counts_95": _left(fit, fit.rate.ends),
                "by_lists": fit.rate_by_lists,
                "of_one_more_place_90": _left(fit, fit.of_a_place),
            },
            "spread_between_places_90": [fit.spread.value, *fit.spread.ends],
            "phi": [
                {
                    "title": at.title,
                    "comparisons": at.comparisons,
                    "value": at.phi.value,
                    **({"reason": _reason(fit)} if fit.no_value else {}),
                    "by_counts_95": _left(fit, at.phi.by_counts),
                    "of_one_more_place_90": _left(fit, at.phi.between_places),
                    "by_lists": at.phi.by_lists,
                    "by_comparisons": at.by_comparisons,
                }
                for at in self.at
            ],
        }


NOT_MEASURED = (
    "All of it holds for the people, photos and threshold that were counted. Faces are not people, and false is what "
    "the operator called false."
)


def evidence(
    counts: str | os.PathLike[str] | Iterable[AlertCount | Mapping[str, Any]], comparisons: float | None = None
) -> CountedEvidence:
    """Estimate false alerts per comparison from counts, and phi at other galleries.

    Parameters
    ----------
    counts
        As `misid.fit_field` takes them.
    comparisons : float, optional
        Independent comparisons of one search: images of one person count for fewer than so many.
        If not given: the 200 million images of the packaged scenario
        ``field-app``, first as the comparisons that they are worth, then as so many independent ones.

    Raises
    ------
    InvalidInput
        For every fault of the file or rows at once.
    OutOfRange
        If ``comparisons`` is not from 1 to 1,000,000,000,000.
    """
    if comparisons is not None and not 1 <= comparisons <= 1e12:
        raise OutOfRange("comparisons", comparisons, "from 1 to 1e12")
    fit = fit_field(counts)
    if comparisons is not None:
        return CountedEvidence(fit, (_at(fit, f"{comparisons:,.0f} independent comparisons", comparisons),))
    from misid.scenario import load_scenario

    gallery = load_scenario(APP).gallery
    images, each, alike = gallery.n_references.value, gallery.images_per_person.value, gallery.image_correlation
    worth, fewest, most = (
        float(effective_comparisons(images, each, share)) for share in (alike.value, alike.high, alike.low)
    )
    title = (
        f"{images:,.0f} images, {each:g} of each person, worth {_millions(worth)} independent comparisons "
        f"({_millions(fewest)} to {_millions(most)})"
    )
    few, many = fit.phi(fewest), fit.phi(most)
    # Where there is no best value, of the one end that the counts leave.
    side = 1 if not fit.false_alerts else 0
    ends = (
        (few.by_counts[side], many.by_counts[side])
        if few.value is None or many.value is None
        else (few.value, many.value)
    )
    plain = _at(fit, f"{images:,.0f} independent comparisons", images)
    return CountedEvidence(fit, (PhiAt(title, worth, fit.phi(worth), ends), plain))


def _at(fit: FieldFit, title: str, comparisons: float) -> PhiAt:
    return PhiAt(title, comparisons, fit.phi(comparisons))


def _millions(x: float) -> str:
    return f"{x / 1e6:,.0f} million"


def _rate_sentences(fit: FieldFit) -> tuple[str, ...]:
    places = len(fit.counts)
    rate, (low, high) = fit.rate, fit.rate.ends
    seen = f"{fit.false_alerts:,} false alert{'' if fit.false_alerts == 1 else 's'}"
    first = (
        f"{seen} in {fit.faces:,} faces and {big(float(f'{fit.comparisons:.3g}'))} comparisons with a list"
        f"{'' if places == 1 else f', over {places:,} rows'}"
    )
    if not fit.false_alerts:
        first += ". None was seen: there is no best value, only what the count leaves open."
    elif fit.no_value:
        first += ". Every face alerted: there is no best value and no upper end, for a face alerts at most once."
    else:
        first += f": {one_in(rate.value)} comparisons."
    counts = f"By the counts alone, if all places share one rate: {_span(fit, low, high)} (95%)."
    if fit.rate_by_lists is None:
        lists = "No list size is assumed."
    elif fit.no_value:
        most = "at most" if not fit.false_alerts else "at least"
        ends = " and ".join(one_in(end) for end in fit.rate_by_lists)
        lists = f"With the list sizes that are assumed at their high and low ends that is {most} {ends}."
    else:
        lists = (
            f"By the list sizes that are assumed, the counts as they are: {_span(fit, *fit.rate_by_lists)}. "
            "These are two doubts; they are not multiplied into one range."
        )
    spread = fit.spread
    assert spread.low is not None
    assert spread.high is not None
    if places == 1:
        differ = "One row cannot show how places differ: what follows for one more place rests on an assumption. "
    else:
        differ = (
            f"Rates of places differ by {spread.value:.2g} of their mean ({spread.low:.2g} to {spread.high:.2g}, 90%; "
            "standard deviation). "
        )
    place = f"{differ}One more place like these: {_span(fit, *fit.of_a_place)} (90%)."
    return first, counts, lists, place


def _phi_sentence(fit: FieldFit, at: PhiAt) -> str:
    phi = at.phi
    if phi.value is None:
        side, word = (1, "at most") if not fit.false_alerts else (0, "at least")

        def ends(pair: tuple[float, float]) -> str:
            return " and ".join(dict.fromkeys(f"{end:.2g}" for end in pair))

        said = [
            *([f"with assumed lists at their ends {word} {ends(phi.by_lists)}"] if phi.by_lists else []),
            *([f"by what the images are worth {word} {ends(at.by_comparisons)}"] if at.by_comparisons else []),
            f"at one more place {word} {phi.between_places[side]:.2g}",
        ]
        end = phi.by_counts[side]
        if end >= 0.995 and not side:
            return f"At {at.title}: every stranger named (phi at least {end:.2g})."
        if end >= 0.995:
            return (
                f"At {at.title}: anything from no stranger to every stranger named; so few faces tell nothing of phi."
            )
        return f"At {at.title}: {word} {strangers(end)} named (phi {word} {end:.2g}, 95%); {'; '.join(said)}."
    said = [
        f"by the counts {_names(phi.by_counts)}",
        *([f"by the lists {_names(phi.by_lists)}"] if phi.by_lists else []),
        *([f"by what the images are worth {_names(at.by_comparisons)}"] if at.by_comparisons else []),
        f"at one more place {_names(phi.between_places)}",
    ]
    return f"At {at.title}: {strangers(phi.value)} named (phi {phi.value:.2g}); {'; '.join(said)}."


def _span(fit: FieldFit, low: float, high: float) -> str:
    """Say a range of rates, rarest first; only the end that the counts leave where they leave one."""
    if not fit.false_alerts or low <= 0.0:
        return f"at most {one_in(high)}"
    if fit.no_value:
        return f"at least {one_in(low)}"
    return f"{one_in(low)} to {one_in(high)}"


def _left(fit: FieldFit, ends: tuple[float, float]) -> tuple[float | None, float | None]:
    """Return ends, None for that which the counts do not give."""
    if not fit.false_alerts:
        return 0.0, ends[1]
    return (ends[0], None) if fit.no_value else ends


def _reason(fit: FieldFit) -> str:
    return f"{fit.no_value}: only one end is known"


def _names(ends: tuple[float, float]) -> str:
    low, high = (f"{end:.2g}" for end in ends)
    return low if low == high else f"{low} to {high}"
