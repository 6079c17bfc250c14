"""One evaluation from what was read to every figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from misid.algorithm import Card
from misid.errors import MisidError
from misid.evaluation.card import measured_card
from misid.evaluation.comparisons.figures import pair_rates
from misid.evaluation.comparisons.tallied import AnyPairs, Known, TalliedPairs
from misid.evaluation.contract import (
    Comparisons,
    Computing,
    ReadOptions,
    ReadResult,
    ScoreMatrix,
    Searches,
    Source,
)
from misid.evaluation.groups import group_differentials, subjects_by_side
from misid.evaluation.joined import Joined, join_comparisons, join_searches, with_missing, with_searches
from misid.evaluation.larger_gallery import predict_growth
from misid.evaluation.menagerie import measure_menagerie
from misid.evaluation.paired import paired_differences
from misid.evaluation.reading.people import merge_groups
from misid.evaluation.reading.read import read_two
from misid.evaluation.results import Evaluation, EvaluationOptions, PairRates, SearchRates
from misid.evaluation.searches.figures import search_rates
from misid.evaluation.searches.from_comparisons import searches_from_comparisons
from misid.evaluation.searches.from_embeddings import compare_embeddings, keyed_pairs
from misid.evaluation.searches.from_matrix import searches_from_matrix
from misid.quantities import FEW_SUBJECTS
from misid.vocabulary.catalogue import say

GROUPS_AT = ("threshold_at_fmr_1e-3", "threshold_at_fmr_1e-2", "threshold_at_fmr_1e-1", "eer_threshold")
LISTED_GROUPS_AT = tuple(f"threshold_at_fmr_1e-{k}" for k in range(3, 7))
MOST_OF_GROUPS = 1 << 19  # false matches, where there are many more comparisons: resampling goes through them all
GROWTH_AT = ("threshold_at_fpir_0.01", "threshold_at_fpir_0.1")

Stage = Callable[[str], None]
_HERE = Computing()


@dataclass(frozen=True, eq=False)
class PreparedData:
    """What was read, in the forms that the parts of an evaluation take."""

    sources: tuple[Source, ...]
    lists: bool  # whether searches are of candidate lists
    pairs: AnyPairs | None
    held: Known | None  # the same comparisons, if they are in memory or were counted by person
    searches: Searches | None
    assumed: tuple[str, ...]
    caveats: tuple[str, ...]

    @property
    def subjects(self) -> int:
        """People in the data; 0 where the file names nobody."""
        whole = self.searches or self.pairs
        return whole.people.count if whole is not None and whole.people is not None else 0


def prepare(read: ReadResult, computing: Computing = _HERE) -> PreparedData:
    """Compare embeddings, put searches together where every search saw the whole gallery, and merge small groups."""
    pairs: AnyPairs | None = read.pairs
    searches, assumed = read.searches, list(read.assumed)
    if read.embeddings is not None:
        digest = " ".join(source.digest for source in read.sources)
        pairs, searches, words = compare_embeddings(read.embeddings, computing=computing, digest=digest)
        assumed += words
    elif isinstance(pairs, Comparisons) and searches is None:
        searches, words = searches_from_comparisons(pairs)
        assumed += words
    elif isinstance(pairs, ScoreMatrix):
        searches, words = searches_from_matrix(pairs)
        assumed += words
    if searches is not None and searches.rank_of_people is not None:
        assumed.append(say("reading.several_photos", references=searches.n_references, people=searches.n_enrolled))
    held = pairs if isinstance(pairs, Known) else None
    if pairs is not None and held is None:
        assumed.append(say("reading.too_many"))
    caveats = list(read.caveats)
    _require_several_probes(held, searches)
    whole = searches or held
    if whole is not None and whole.people is not None and whole.people.group is not None:
        people, merged = merge_groups(whole.people, *subjects_by_side(held, searches if held is None else None))
        assumed += merged
        caveats += ["groups_merged"] * bool(merged)
        held = None if held is None else replace(held, people=people)
        searches = None if searches is None else replace(searches, people=people)
    return PreparedData(
        read.sources, read.searches is not None, pairs, held, searches, tuple(assumed), tuple(dict.fromkeys(caveats))
    )


def evaluate_prepared(
    data: PreparedData,
    options: EvaluationOptions,
    other: PreparedData | None = None,
    against: str = "",
    on_stage: Stage = lambda words: None,
    joined: Joined | None = None,
) -> Evaluation:
    """Measure everything that data show about an algorithm.

    Parameters
    ----------
    data : PreparedData
        What was read.
    options : EvaluationOptions
        Name, image type, thresholds, level, seed.
    other : PreparedData, optional
        The same comparisons by a second algorithm.
    against : str
        Its name.
    on_stage : callable
        Called with what is being done, in words.
    joined : Joined, optional
        Both, in one order.

    Returns
    -------
    Evaluation

    Raises
    ------
    MisidError
        If the data cannot carry an evaluation, or the two algorithms were not run on the same comparisons.
    """
    held, thresholds = data.held, options.thresholds
    # First, for it may be refused: everything else takes far longer.
    compared, with_failures = {}, joined is not None and joined.failures
    if joined is not None and other is not None:
        on_stage("the second algorithm")
        own_data = None
        if with_failures and isinstance(held, Comparisons) and isinstance(other.held, Comparisons):
            own_data = held, other.held
        first, second = joined.pairs or (None, None)
        compared = paired_differences(first, second, joined.searches, options, own_data)
    pairs, searches = _rates(data, options, on_stage, with_failures)
    _check_targets(options, pairs, searches)
    # A threshold of interest is one of the first algorithm's scale.
    own = replace(options, thresholds=options.thresholds_against)
    other_pairs, other_searches = (None, None) if other is None else _rates(other, own, on_stage, with_failures)
    threshold = _first(thresholds, pairs, GROUPS_AT if isinstance(held, Comparisons) else _listed_at(held, pairs))
    if threshold is None:
        threshold = _first((), searches, GROWTH_AT)
    grouped = (held and held.people) or (data.searches and data.searches.people)
    between = spread = larger = None
    if grouped and grouped.group is not None and (grouped.group >= 0).any() and threshold is not None:
        on_stage("differences between groups")
        between = group_differentials(held, data.searches, threshold, options)
        if not between.fmr:  # lists: no pair of groups was compared
            between = replace(between, fmr=tuple((None,) * len(between.names) for _ in between.names))
    if held is not None and held.people is not None:
        on_stage("how people spread")
        spread = measure_menagerie(held, seed=options.seed)
    if data.searches is not None:
        on_stage("what a larger gallery would do")
        larger = predict_growth(held, data.searches, options, _first(thresholds, searches, GROWTH_AT))
    return Evaluation(
        name=options.name,
        image_kind=options.printed_image_kind,
        level=options.level,
        seed=options.seed,
        sources=data.sources + (other.sources if other is not None else ()),
        assumed=(*data.assumed, *_of_second(data, other, against), *(joined.notes if joined else ())),
        caveats=tuple(dict.fromkeys((*data.caveats, *_general(data, options)))),
        subjects=data.subjects,
        pairs=pairs,
        searches=searches,
        differentials=between,
        growth=larger,
        menagerie=spread,
        compared=compared,
        against=against,
        against_pairs=other_pairs,
        against_searches=other_searches,
        fmr=options.fmr,
        fpir=options.fpir,
    )


def _rates(
    data: PreparedData, options: EvaluationOptions, on_stage: Stage, with_failures: bool = False
) -> tuple[PairRates | None, SearchRates | None]:
    """Measure the rates of one algorithm, at thresholds of its own for each target."""
    pairs, searches = None, None
    if data.pairs is not None:
        on_stage("errors of comparisons, with intervals over people")
        image_kind = options.printed_image_kind
        pairs = pair_rates(
            data.pairs,
            thresholds=options.thresholds,
            image_kind=image_kind,
            level=options.level,
            fmr_targets=options.fmr_targets,
            with_failures=with_failures,
        )
    if data.searches is not None:
        on_stage("errors of searches, with intervals over people")
        searches = search_rates(data.searches, options)
    return pairs, searches


def _of_second(data: PreparedData, other: PreparedData | None, name: str) -> tuple[str, ...]:
    """Return what was taken for granted of the second algorithm's file and not of the first's."""
    words = () if other is None else (one for one in other.assumed if one not in data.assumed)
    return tuple(say("reading.joined.of_second", name=name, words=one) for one in words)


def _check_targets(options: EvaluationOptions, pairs: PairRates | None, searches: SearchRates | None) -> None:
    """Refuse a target of the user's own that the data cannot show."""
    for option, targets, rates, start, other in (
        ("--fmr", [options.fmr_name(x) for x in options.fmr], pairs, "fnmr_at_fmr_", "--fpir"),
        ("--fpir", [f"{x:g}" for x in options.fpir], searches, "threshold_at_fpir_", "--fmr"),
    ):
        for target in targets:
            if rates is None:
                raise MisidError(f"{option} {target}: there is nothing in the data that it is a rate of; give {other}")
            figure = next(
                figure
                for name, figure in rates.figures.items()
                if name.startswith(start) and name.rpartition("_")[2] == target
            )
            if figure.value is None:
                n = rates.n_non_mated or rates.n_mated
                raise MisidError(
                    f"{option} {target} is less than the data can show: {figure.reason}. Give at least {1 / n:.3g}; "
                    f"by the rule of three no error in so many shows a rate below {3 / n:.3g}"
                )


def read_both(
    files: Sequence[Path], against: Sequence[Path], how: ReadOptions, names: Sequence[str], computing: Computing = _HERE
) -> tuple[tuple[ReadResult, ...], tuple[PreparedData, PreparedData], Joined]:
    """Read two algorithms' files, and bring what they hold into one order; ``names`` are those of the algorithms."""
    reads = read_two(files, against, how)
    keyed = [keyed_pairs(one.embeddings) if one.embeddings is not None else one.pairs for one in reads]
    pairs = [one for one in keyed if isinstance(one, Comparisons)]
    joined = join_comparisons(pairs, names, how.unscored) if len(pairs) == 2 else Joined()
    # What stands in the other file alone is a failure here too, where it is said to be one.
    second = None if computing.kept is None else computing.kept.with_name(f"{computing.kept.name}.2")
    found = [
        prepare(
            replace(one, pairs=with_missing(one.pairs, missing)) if isinstance(one.pairs, Comparisons) else one,
            replace(computing, kept=kept),
        )
        for one, missing, kept in zip(reads, joined.missing, (computing.kept, second), strict=True)
    ]
    lists = [one.searches for one in found if one.searches is not None]
    if len(lists) == 2 and all(
        one.sample is not None or of.searches is not None for one, of in zip(lists, reads, strict=True)
    ):
        searches = join_searches(lists, names, how.unscored)
        joined = replace(joined, searches=searches.searches, notes=joined.notes + searches.notes)
    elif len(lists) == 2 and joined.pairs is not None:
        joined = with_searches(joined)
    if joined.pairs is None and None in joined.searches:
        raise MisidError(say("reading.joined.nothing"))
    return reads, (found[0], found[1]), joined


def fit_card(data: PreparedData, options: EvaluationOptions) -> Card:
    """Fit the card by which a scenario uses the algorithm; ``image_kind`` is one of `misid.vocabulary.ImageKind`."""
    if not isinstance(data.held, Comparisons) or data.held.people is None:
        raise MisidError(
            "a card needs comparisons with their subjects, few enough to be held in memory; "
            "name probe_subject and reference_subject"
        )
    return measured_card(data.held, data.searches, options, data.sources)


def _general(data: PreparedData, options: EvaluationOptions) -> list[str]:
    """Return the caveats that stand over everything."""
    caveats = []
    if not data.subjects:
        caveats.append("no_subject_labels")
    elif data.subjects < FEW_SUBJECTS:
        caveats.append("few_subjects")
    if not options.image_kind:
        caveats.append("image_kind_unstated")
    return caveats


def _first(thresholds: Sequence[float], rates: PairRates | SearchRates | None, names: Sequence[str]) -> float | None:
    """Return the first threshold of interest, or the first of some figures that has a value."""
    if thresholds:
        return thresholds[0]
    values = (rates.figures[name].value for name in names if rates is not None and name in rates.figures)
    return next((value for value in values if value is not None), None)


def _listed_at(held: Known | None, rates: PairRates | None) -> Sequence[str]:
    """Return the figures whose thresholds few enough comparisons reach for all of them to be listed by person."""
    if not isinstance(held, TalliedPairs) or rates is None:
        return GROUPS_AT
    values = ((name, rates.figures[name].value) for name in LISTED_GROUPS_AT if name in rates.figures)
    return [name for name, t in values if t is not None and held.lists(t) and held.passed(t) <= MOST_OF_GROUPS]


def _require_several_probes(held: Known | None, searches: Searches | None) -> None:
    """Refuse data of one probe subject: every rate would be a row about that person."""
    probes = [searches.probe] if searches is not None else []
    if isinstance(held, Comparisons):
        probes += [side.probe for side in (held.mated, held.non_mated) if side.probe is not None]
    # Ends show it without sorting every comparison.
    if len({int(end) for probe in probes if probe.size for end in (probe.min(), probe.max())}) == 1:
        raise MisidError(
            "all probes are of one subject: rates would say something of one person, not of an algorithm; give "
            "probes of several people"
        )
