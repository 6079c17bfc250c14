"""Carries one evaluation through, from what was read to everything that can be said of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from misid.algorithm import Card
from misid.errors import MisidError
from misid.evaluation.card.measured import measured_card
from misid.evaluation.contract import Comparisons, ReadResult, Searches, Source, Stream
from misid.evaluation.differentials.build import differentials
from misid.evaluation.growth.build import growth
from misid.evaluation.identification.figures import search_rates
from misid.evaluation.identification.from_comparisons import searches as searches_of
from misid.evaluation.identification.from_embeddings import compared
from misid.evaluation.menagerie import menagerie
from misid.evaluation.paired import differences
from misid.evaluation.rates.figures import pair_rates
from misid.evaluation.reading.people import merge_groups
from misid.evaluation.results import Evaluation, PairRates, SearchRates

NOT_STATED = "not stated"
TOO_MANY = (
    "The comparisons are too many to be held in memory: differences between groups and how people spread are left out."
)
GROUPS_AT = ("threshold_at_fmr_1e-3", "threshold_at_fmr_1e-2", "threshold_at_fmr_1e-1", "eer_threshold")
GROWTH_AT = ("threshold_at_fpir_0.01", "threshold_at_fpir_0.1")

Stage = Callable[[str], None]


@dataclass(frozen=True)
class Terms:
    """On what terms data are evaluated.

    Parameters
    ----------
    name : str
        Of the algorithm.
    image_kind : str
        Kind of probe image, in words; empty if nobody said.
    thresholds : tuple of float
        Thresholds of interest, as similarities.
    level : float
        Confidence level of intervals.
    seed : int
        Of their draws.
    """

    name: str
    image_kind: str = ""
    thresholds: tuple[float, ...] = ()
    level: float = 0.95
    seed: int = 1

    @property
    def kind(self) -> str:
        """Image kind as it is printed."""
        return self.image_kind or NOT_STATED


@dataclass(frozen=True, eq=False)
class Material:
    """What was read, in the forms that the parts of an evaluation take.

    Parameters
    ----------
    sources : tuple of Source
        Files.
    pairs : Comparisons or Stream, optional
        Comparisons.
    held : Comparisons, optional
        The same in memory, if they are few enough.
    searches : Searches, optional
        Searches of a gallery.
    assumed, caveats : tuple of str
        As `ReadResult`.
    """

    sources: tuple[Source, ...]
    pairs: Comparisons | Stream | None
    held: Comparisons | None
    searches: Searches | None
    assumed: tuple[str, ...]
    caveats: tuple[str, ...]

    @property
    def subjects(self) -> int:
        """People in the data; 0 where the file names nobody."""
        whole = self.searches or self.pairs
        return whole.people.count if whole is not None and whole.people is not None else 0


def material(found: ReadResult) -> Material:
    """Return what was read in the forms that the parts of an evaluation take.

    Parameters
    ----------
    found : ReadResult
        What was read.

    Returns
    -------
    Material
        Embeddings compared, searches put together where every search saw the whole gallery, small groups merged.
    """
    pairs, searches, said = found.pairs, found.searches, list(found.assumed)
    if found.embeddings is not None:
        pairs, searches, words = compared(found.embeddings)
        said += words
    elif isinstance(pairs, Comparisons) and searches is None:
        searches, words = searches_of(pairs)
        said += words
    held = pairs if isinstance(pairs, Comparisons) else None
    if pairs is not None and held is None:
        said.append(TOO_MANY)
    caveats = list(found.caveats)
    _several_probes(held, searches)
    whole = searches or held
    if whole is not None and whole.people is not None and whole.people.group is not None:
        people, merged = merge_groups(whole.people, *_both_sides(held, searches))
        said += merged
        caveats += ["groups_merged"] * bool(merged)
        held = None if held is None else replace(held, people=people)
        searches = None if searches is None else replace(searches, people=people)
    return Material(found.sources, pairs, held, searches, tuple(said), tuple(dict.fromkeys(caveats)))


def evaluate(
    data: Material, terms: Terms, other: Material | None = None, against: str = "", on_stage: Stage = lambda words: None
) -> Evaluation:
    """Say everything that data say about an algorithm.

    Parameters
    ----------
    data : Material
        What was read.
    terms : Terms
        On what terms.
    other : Material, optional
        The same comparisons by a second algorithm.
    against : str
        Its name.
    on_stage : callable
        Called with what is being done, in words.

    Returns
    -------
    Evaluation

    Raises
    ------
    MisidError
        If the data cannot carry an evaluation, or the two algorithms were not given the same comparisons.
    """
    # First, for it may be refused: everything else takes far longer.
    found = {}
    if other is not None:
        on_stage("the second algorithm")
        found = differences(
            data.held,
            other.held,
            (data.searches, other.searches),
            image_kind=terms.kind,
            level=terms.level,
            seed=terms.seed,
        )
    pairs, searches = None, None
    if data.pairs is not None:
        on_stage("errors of comparisons, with intervals over people")
        pairs = pair_rates(data.pairs, thresholds=terms.thresholds, image_kind=terms.kind, level=terms.level)
    if data.searches is not None:
        on_stage("errors of searches, with intervals over people")
        searches = search_rates(
            data.searches, thresholds=terms.thresholds, image_kind=terms.kind, level=terms.level, seed=terms.seed
        )
    threshold = _first(terms.thresholds, pairs, GROUPS_AT)
    if threshold is None:
        threshold = _first((), searches, GROWTH_AT)
    grouped = (data.held and data.held.people) or (data.searches and data.searches.people)
    between = spread = larger = None
    if grouped and grouped.group is not None and (grouped.group >= 0).any() and threshold is not None:
        on_stage("differences between groups")
        between = differentials(
            data.held, data.searches, threshold=threshold, image_kind=terms.kind, level=terms.level, seed=terms.seed
        )
        if not between.fmr:  # lists: no pair of groups was compared
            between = replace(between, fmr=tuple((None,) * len(between.names) for _ in between.names))
    if data.held is not None and data.held.people is not None:
        on_stage("how people spread")
        spread = menagerie(data.held, seed=terms.seed)
    if data.searches is not None:
        on_stage("what a larger gallery would do")
        at = _first(terms.thresholds, searches, GROWTH_AT)
        larger = growth(
            data.held, data.searches, threshold=at, image_kind=terms.kind, level=terms.level, seed=terms.seed
        )
    return Evaluation(
        name=terms.name,
        image_kind=terms.kind,
        level=terms.level,
        seed=terms.seed,
        sources=data.sources + (other.sources if other is not None else ()),
        assumed=data.assumed,
        caveats=tuple(dict.fromkeys((*data.caveats, *_general(data, terms)))),
        subjects=data.subjects,
        pairs=pairs,
        searches=searches,
        differentials=between,
        growth=larger,
        menagerie=spread,
        compared=found,
        against=against,
    )


def fitted(data: Material, terms: Terms) -> Card:
    """Return the algorithm as the twin takes it.

    Parameters
    ----------
    data : Material
        What was read; with subjects.
    terms : Terms
        On what terms; the image kind is one of `misid.vocabulary.ImageKind`.

    Returns
    -------
    Card

    Raises
    ------
    MisidError
        If the data cannot carry a card.
    """
    if data.held is None or data.held.people is None:
        raise MisidError(
            "a card needs comparisons with their subjects, few enough to be held in memory; "
            "name probe_subject and reference_subject"
        )
    return measured_card(
        terms.name,
        data.held,
        data.searches,
        image_kind=terms.kind,
        level=terms.level,
        seed=terms.seed,
        sources=data.sources,
    )


def _general(data: Material, terms: Terms) -> list[str]:
    """Return the caveats that stand over everything."""
    said = []
    if not data.subjects:
        said.append("no_subject_labels")
    elif data.subjects < 50:
        said.append("few_subjects")
    if not terms.image_kind:
        said.append("image_kind_unstated")
    return said


def _first(thresholds: Sequence[float], rates: PairRates | SearchRates | None, names: Sequence[str]) -> float | None:
    """Return the first threshold that was asked for, or the first of some figures that has a value."""
    if thresholds:
        return thresholds[0]
    values = (rates.figures[name].value for name in names if rates is not None and name in rates.figures)
    return next((value for value in values if value is not None), None)


def _several_probes(held: Comparisons | None, searches: Searches | None) -> None:
    """Refuse data of one probe subject: every rate would be a row about that person."""
    probes = [searches.probe] if searches is not None else []
    if held is not None:
        probes += [side.probe for side in (held.mated, held.non_mated) if side.probe is not None]
    if probes and np.unique(np.concatenate(probes)).size == 1:
        raise MisidError(
            "all probes are of one subject: rates would say something of one person, not of an algorithm; give "
            "probes of several people"
        )


def _both_sides(held: Comparisons | None, searches: Searches | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the subjects of probes, and of references as far as they are known."""
    if held is not None:
        sides = held.mated, held.non_mated
        probes = np.unique(np.concatenate([side.probe for side in sides if side.probe is not None]))
        references = np.unique(np.concatenate([side.reference for side in sides if side.reference is not None]))
        return probes, references
    assert searches is not None
    seen = searches.others_subject if searches.others_subject is not None else searches.probe[searches.mated]
    enrolled = np.concatenate([searches.probe[searches.mated], seen[seen >= 0].ravel()])
    return np.unique(searches.probe), np.unique(enrolled)
