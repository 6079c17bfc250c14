"""All figures of one-to-many searches, by plain names, each with its interval and conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from misid.evaluation.contract import Line, Searches
from misid.evaluation.identification import rates
from misid.evaluation.identification.intervals import Rechosen, Terms, nothing, rechosen, share, too_few, widened
from misid.evaluation.identification.wrong import Wrong, banded, exceeding, grid
from misid.evaluation.results import SearchRates
from misid.quantities import Conditions, Estimate

TARGETS = (0.1, 0.01, 0.003)
RANKS = (1, 5, 10, 20, 50)
_MOST_RANKS = 50
_KNOTS = 25  # points of a miss curve at which its band is worked out
_TIED = 0.05  # share of searches with an equal score elsewhere, from which ties are worth a word
_AGAIN = "threshold set on the same searches, and again in each resample of people"
_WITHOUT = "_without_failures"


def search_rates(
    searches: Searches,
    *,
    image_kind: str,
    level: float = 0.95,
    seed: int = 1,
    thresholds: Sequence[float] = (),
    fpir_targets: Sequence[float] = TARGETS,
) -> SearchRates:
    """Return all rates of searches.

    Parameters
    ----------
    searches : Searches
        Of one gallery.
    image_kind : str
        Kind of probe image, in words.
    level : float
        Confidence level, strictly between 0 and 1.
    seed : int
        Of the draws of intervals.
    thresholds : sequence of float
        Thresholds of interest, as similarities.
    fpir_targets : sequence of float
        FPIR that a threshold is set for, above 0 and below 1.

    Returns
    -------
    SearchRates
        ``rank_R``; ``threshold_at_fpir_X``, ``fpir_realised_at_fpir_X`` and, with ``fpir_X`` or a threshold for A,
        ``fpir_at_A``, ``fnir_at_A``, ``fnir_rank_1_at_A``, ``misid_at_A``, ``selectivity_at_A``.  Failed searches
        are misses and no hits; with ``_without_failures`` they are left out, at the same threshold.  Where no search
        is non-mated ``fpir_mate_removed`` stands for ``fpir`` in every name.

    Raises
    ------
    OutOfRange
        If a target is outside its range.

    Notes
    -----
    ISO/IEC 19795-1; FORMULAS 0.  The threshold of an FPIR is set on the best score of each non-mated search.
    """
    conditions = Conditions(n_references=searches.n_references, n_enrolled=searches.n_enrolled, image_kind=image_kind)
    terms = Terms(conditions, searches.people.count, level, seed)
    best = rates.best_wrong(searches if not searches.mated.all() else rates.mates_removed(searches))
    chosen = {target: rates.threshold_at(best[1], target) for target in fpir_targets}
    wrong = Wrong(searches, terms, [*thresholds, *(score for score in chosen.values() if score is not None)])
    figures = _ranks(searches, terms)
    held = [target for target, score in chosen.items() if score is not None]
    ways = [rates.reach(searches), rates.reach(searches, 1)]
    again = dict(zip(held, rechosen(wrong.best, ways, held, terms), strict=True)) if held else {}
    for target, score in chosen.items():
        name = f"fpir{wrong.suffix}_{target:g}"
        if score is None:
            reason = too_few(best[0].size, target)
            figures[f"threshold_at_{name}"] = nothing(terms, reason, unit="score")
            figures[f"fnir_at_{name}"] = nothing(terms, reason)
            continue
        figures |= _at_target(searches, wrong, terms, target, score, name, again[target])
    for threshold in thresholds:
        if best[0].size:
            figures |= _false_positives(wrong, threshold, f"fpir{wrong.suffix}_at_{threshold:g}")
        figures |= _at(searches, wrong, terms, threshold, f"{threshold:g}")
    if searches.failed.any():
        failed = rates.Events(searches.probe, searches.failed.astype(np.int64))
        figures["failed_searches"] = share(failed, terms, method="searches without a template of the probe")
    n_mated = int(searches.mated.sum())
    return SearchRates(
        figures=figures,
        cmc=_cmc(searches, terms) if n_mated else None,
        fpir=wrong.line() if best[0].size else None,
        fnir=_fnir(searches, terms) if n_mated else None,
        n_mated=n_mated,
        n_non_mated=int(searches.mated.size) - n_mated,
        n_references=searches.n_references,
        n_enrolled=searches.n_enrolled,
        depth=searches.depth,
    )


def rates_at(
    searches: Searches,
    *,
    image_kind: str,
    thresholds: Sequence[float] = (),
    ranks: Sequence[int] = RANKS,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """Return the rates at thresholds and ranks that are fixed beforehand, for the cost of little more than counting.

    Parameters
    ----------
    searches : Searches
        Of one gallery; the best score of others is all that is looked at of them.
    image_kind : str
        Kind of probe image, in words.
    thresholds : sequence of float
        As similarities, not chosen on these searches.
    ranks : sequence of int
        Ranks of the CMC, at least 1; those beyond the lists are left out.
    level : float
        Confidence level, strictly between 0 and 1.

    Returns
    -------
    dict of str to Estimate
        ``rank_R``, ``fpir_at_T``, ``fnir_at_T``, ``fnir_rank_1_at_T`` and ``misid_at_T``, named and counted as by
        `search_rates`.

    Raises
    ------
    OutOfRange
        If a rank is less than 1.

    Notes
    -----
    ISO/IEC 19795-1; FORMULAS 0.  The intervals are over probe subjects alone, which their method says: who was
    enrolled would take another look at all scores.  Nothing is drawn.
    """
    conditions = Conditions(n_references=searches.n_references, n_enrolled=searches.n_enrolled, image_kind=image_kind)
    terms = Terms(conditions, searches.people.count, level, 1)
    wrong = Wrong(replace(searches, hits=None, others_subject=None), terms, thresholds)
    figures = {}
    if searches.mated.any():
        figures = {f"rank_{rank}": _returned(searches, terms, rank) for rank in ranks if rank <= searches.depth}
    for threshold in thresholds:
        name = f"{threshold:g}"
        if wrong.best[0].size:
            figures |= _false_positives(wrong, threshold, f"fpir{wrong.suffix}_at_{name}")
        figures |= _missed(searches, terms, threshold, name)
    return figures


def _ranks(searches: Searches, terms: Terms) -> dict[str, Estimate]:
    if not searches.mated.any():
        return {}
    found = {f"rank_{rank}": _returned(searches, terms, rank) for rank in RANKS if rank <= searches.depth}
    found["rank_1_ties_favoured"] = _returned(searches, terms, 1, favoured=True)
    if searches.failed.any():
        found |= {
            f"rank_{rank}{_WITHOUT}": _returned(searches, terms, rank, failures=False)
            for rank in RANKS
            if rank <= searches.depth
        }
    return found


def _returned(
    searches: Searches, terms: Terms, rank: int, *, favoured: bool = False, failures: bool = True
) -> Estimate:
    """Return the share of mated searches with the mate in the top R."""
    events = rates.misses(searches, rank=rank, failures=failures, favoured=favoured)
    hit = rates.Events(events.probe, 1 - events.number)
    figure = share(hit, terms, method="ties for the mate" if favoured else "ties against the mate", good=True)
    tied = searches.mated & (searches.rank != searches.rank_favoured)
    many = tied.sum() > _TIED * searches.mated.sum()
    return _said(figure, searches, failures).with_caveats(*["ties"] * bool(many))


def _at_target(
    searches: Searches, wrong: Wrong, terms: Terms, target: float, score: float, name: str, draws: Rechosen
) -> dict[str, Estimate]:
    """Return everything at the threshold of an FPIR, with the doubt about that threshold."""
    figure = wrong.threshold(target, draws.threshold)
    _, often = np.unique(wrong.best[1][np.isfinite(wrong.best[1])], return_counts=True)
    many = often[often > 1].sum() > _TIED * wrong.best[1].size
    found = {f"threshold_at_{name}": figure.with_caveats(*["ties"] * bool(many))}
    found |= _false_positives(wrong, score, f"fpir_realised_at_{name}")
    found |= _at(searches, wrong, terms, score, name)
    for rate, missed in zip(("fnir", "fnir_rank_1"), draws.missed, strict=True):
        if (key := f"{rate}_at_{name}") in found:
            found[key] = widened(found[key], missed, _AGAIN)
    return found


def _false_positives(wrong: Wrong, score: float, name: str) -> dict[str, Estimate]:
    here = wrong.searches
    found = {name: wrong.rate(score)}
    if (here.failed & ~here.mated).any():
        found = {name: found[name].with_caveats("failures_counted"), name + _WITHOUT: wrong.rate(score, failures=False)}
    return found


def _at(searches: Searches, wrong: Wrong, terms: Terms, threshold: float, name: str) -> dict[str, Estimate]:
    """Return candidates, misses, and wrong people on top, at a threshold."""
    score = float(np.float32(threshold))
    suffix = "" if wrong.suffix in name else wrong.suffix
    found = {f"selectivity{suffix}_at_{name}": wrong.candidates(score)} if wrong.best[0].size else {}
    return found | _missed(searches, terms, score, name)


def _missed(searches: Searches, terms: Terms, threshold: float, name: str) -> dict[str, Estimate]:
    """Return misses, and wrong people on top, at a threshold."""
    score, found = float(np.float32(threshold)), dict[str, Estimate]()
    if not searches.mated.any():
        return found
    for failures in (True, False) if (searches.failed & searches.mated).any() else (True,):
        end = "" if failures else _WITHOUT
        for rate, rank in (("fnir", None), ("fnir_rank_1", 1)):
            events = rates.misses(searches, score, rank, failures=failures)
            found[f"{rate}_at_{name}{end}"] = _said(share(events, terms, score=score), searches, failures)
    events = rates.wrong_on_top(searches, score)
    found[f"misid_at_{name}"] = _said(share(events, terms, score=score), searches, True, False)
    return found


def _said(figure: Estimate, searches: Searches, failures: bool, missed: bool = True) -> Estimate:
    """Return a figure of mated searches with what is to be said of it."""
    codes = ["failures_counted"] * bool(failures and (searches.failed & searches.mated).any())
    codes += ["list_depth"] * (missed and searches.depth < searches.n_references)
    return figure.with_caveats(*codes)


def _cmc(searches: Searches, terms: Terms) -> Line:
    ranks = min(searches.depth, _MOST_RANKS)
    x = np.arange(1, ranks + 1)
    knots = [(float(rank), _returned(searches, terms, int(rank))) for rank in x]
    return banded(x.astype(np.float64), rates.cmc(searches, ranks), knots)


def _fnir(searches: Searches, terms: Terms) -> Line | None:
    _, mate = rates.reach(searches)
    if not np.isfinite(mate).any():
        return None
    x = grid(mate)
    at = x[np.unique(np.linspace(0, x.size - 1, _KNOTS).round().astype(np.int64))]
    knots = [(float(score), share(rates.misses(searches, float(score)), terms, score=float(score))) for score in at]
    return banded(x, 1.0 - exceeding(mate, x), knots)
