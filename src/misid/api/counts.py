"""What counts of false alerts say of phi, in sentences: the Python side of ``misid evidence``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from misid.errors import OutOfRange
from misid.expected import FieldFit, FieldRange, fit_field
from misid.findings import one_in, strangers
from misid.statistics import effective_comparisons

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
        return (*_rate_sentences(self.fit), *(_phi_sentence(at) for at in self.at), NOT_MEASURED)

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
                "value": fit.rate.value,
                "by_counts_95": fit.rate.ends,
                "by_lists": fit.rate_by_lists,
                "of_one_more_place_90": fit.of_a_place,
            },
            "spread_between_places_90": [fit.spread.value, *fit.spread.ends],
            "phi": [
                {
                    "title": at.title,
                    "comparisons": at.comparisons,
                    "value": at.phi.value,
                    "by_counts_95": at.phi.by_counts,
                    "of_one_more_place_90": at.phi.between_places,
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
    counts: str | os.PathLike[str] | Iterable[AlertCount | Mapping[str, Any]], references: float | None = None
) -> CountedEvidence:
    """Estimate false alerts per comparison from counts, and phi at other galleries.

    Parameters
    ----------
    counts
        As `misid.fit_field` takes them.
    references : float, optional
        Independent comparisons of one search.  If not given: the 200 million images of the packaged scenario
        ``field-app``, first as the comparisons that they are worth, then as so many independent ones.

    Raises
    ------
    InvalidInput
        For every fault of the file or rows at once.
    OutOfRange
        If ``references`` is below 1.
    """
    if references is not None and not 1 <= references <= 1e12:
        raise OutOfRange("references", references, "from 1 to 1e12")
    fit = fit_field(counts)
    if references is not None:
        return CountedEvidence(fit, (_at(fit, f"{references:,.0f} independent comparisons", references),))
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
    ends = fit.phi(fewest).value, fit.phi(most).value
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
        f"{seen} in {fit.faces:,} faces and {fit.comparisons:.3g} comparisons with a list"
        f"{'' if places == 1 else f', over {places} rows'}: {one_in(rate.value)} comparisons."
    )
    if not fit.false_alerts:
        first += " (None was seen; the value is 0.69 events, the median that none leaves.)"
    counts = f"By the counts alone, if all places share one rate: {_span(low, high)} (95%)."
    if fit.rate_by_lists is None:
        lists = "No list size is assumed."
    else:
        lists = (
            f"By the list sizes that are assumed, the counts as they are: {_span(*fit.rate_by_lists)}. "
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
    place = f"{differ}One more place like these: {_span(*fit.of_a_place)} (90%)."
    return first, counts, lists, place


def _phi_sentence(at: PhiAt) -> str:
    phi = at.phi
    said = [
        f"by the counts {_names(phi.by_counts)}",
        *([f"by the lists {_names(phi.by_lists)}"] if phi.by_lists else []),
        *([f"by what the images are worth {_names(at.by_comparisons)}"] if at.by_comparisons else []),
        f"a place of its own {_names(phi.between_places)}",
    ]
    return f"At {at.title}: {strangers(phi.value)} named (phi {phi.value:.2g}); {'; '.join(said)}."


def _span(low: float, high: float) -> str:
    """Say a range of rates, rarest first."""
    if low <= 0.0:
        return f"at most {one_in(high)}"
    return f"{one_in(low)} to {one_in(high)}"


def _names(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.2g} to {ends[1]:.2g}"
