"""How rates differ between groups at one threshold for all (ISO/IEC 19795-10)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from misid.evaluation.contract import HERE, Codes, Comparisons, People, Searches
from misid.evaluation.differentials.permutation import Dealt, alike
from misid.evaluation.differentials.summary import (
    alike_words,
    measures,
    rates_of,
    together,
    within_over_across,
)
from misid.evaluation.differentials.tables import (
    Cell,
    Kind,
    Terms,
    by_group,
    estimate,
    matrix,
    of_pairs,
    of_searches,
    with_gallery,
)
from misid.evaluation.reading.people import merge_groups
from misid.evaluation.results import Differentials
from misid.quantities import Conditions, Doubt, Estimate
from misid.statistics import holm

__all__ = ["differentials"]


def differentials(
    pairs: Comparisons | None,
    searches: Searches | None,
    *,
    threshold: float,
    image_kind: str,
    level: float = 0.95,
    seed: int = 1,
) -> Differentials:
    """Return how error rates differ between groups of people.

    Parameters
    ----------
    pairs : Comparisons, optional
        With subjects and groups.
    searches : Searches, optional
        Of the same people.
    threshold : float
        One for all groups, as a similarity.
    image_kind : str
        Kind of probe image, in words.
    level : float
        At which all intervals of one table hold together (Bonferroni).
    seed : int
        Of bootstrap, permutations and chance.

    Returns
    -------
    Differentials
        Without groups where none is large enough to be shown.

    Notes
    -----
    One threshold for all, because a system in use has one.  Small groups are merged or left out first
    (`merge_groups`): a table of groups must say nothing about one person.  Ratios lead; gaps
    (``fdr_fair``) stand at the end with their caveat.  Source: ISO/IEC 19795-10; FORMULAS 24 and 25.
    """
    at = float(np.float32(threshold))
    people, said, probes, references = _grouped(pairs, searches)
    if people is None or people.group is None or not (people.group >= 0).any():
        return Differentials((), (), (), (), {}, {}, tuple(said))
    group, names, n = people.group, people.group_names, people.count
    kinds = ({} if pairs is None else of_pairs(pairs, at)) | ({} if searches is None else of_searches(searches, at))
    terms = {name: Terms(_conditions(name, kinds, searches, at, image_kind), level, seed) for name in kinds}
    figures: dict[str, Estimate] = {}
    grid: list[list[Cell | None]] = []
    by: dict[str, dict[str, Estimate]] = {}
    said += _composition(names, group, references)
    cells: dict[str, list[Cell | None]] = {}
    for name, kind in kinds.items():
        cells[name] = by_group(kind, group, len(names), n, terms[name])
        if name == "fmr":
            grid = matrix(kind, group, len(names), n, terms[name])
            continue
        if name == "fpir" and searches is not None:
            cells[name] = with_gallery(searches, at, group, cells[name], terms[name])
        by[name] = _shown(cells[name], names, terms[name])
    rates = rates_of(cells, names, n, seed)
    for name, found in rates.items():
        if len(found.groups) > 1:
            more, words = measures(found, terms[name])
            figures |= more
            said += words
    if grid:
        across = within_over_across(grid, n, terms["fmr"], _bare(terms["fmr"]))
        figures |= {} if across is None else {"fmr_within_over_across": across}
    tests, words = _dealt(kinds, group, len(names), terms)
    figures |= tests
    said += words
    for false_match, miss in (("fmr", "fnmr"), ("fpir", "fnir")):
        if false_match in rates and miss in rates and not (false_match == "fpir" and "garbe" in figures):
            figures |= together(rates[false_match], rates[miss], terms[false_match])
    return Differentials(
        names,
        tuple(int((group[probes] == g).sum()) for g in range(len(names))),
        tuple(int((group[references] == g).sum()) for g in range(len(names))),
        _matrix(grid, names, terms.get("fmr")),
        by,
        figures,
        tuple(said),
    )


def _grouped(pairs: Comparisons | None, searches: Searches | None) -> tuple[People | None, list[str], Codes, Codes]:
    """Return people with small groups merged, what is to be said of it, and who is on either side."""
    people = pairs.people if pairs is not None and pairs.people is not None else searches and searches.people
    nobody = np.empty(0, np.int32)
    if not isinstance(people, People) or people.group is None:
        return None, ["Nobody said who belongs to which group."], nobody, nobody
    probes, references = [nobody], [nobody]
    if pairs is not None:
        for side in (pairs.mated, pairs.non_mated):
            probes += [] if side.probe is None else [side.probe]
            references += [] if side.reference is None else [side.reference]
    if searches is not None:
        probes.append(searches.probe)
        references.append(searches.probe[searches.mated])
        if searches.others_subject is not None:
            references.append(searches.others_subject[searches.others_subject >= 0].ravel())
    first, second = (np.unique(np.concatenate(side)).astype(np.int32) for side in (probes, references))
    merged, said = merge_groups(people, first, second)
    # Groups that were merged before come back as they are; what was said of them then is not said again.
    return merged, list(said) if merged.group_names != people.group_names else [], first, second


def _conditions(
    name: str, kinds: dict[str, Kind], searches: Searches | None, threshold: float, image_kind: str
) -> Conditions:
    decades = None
    if "fmr" in kinds and (events := int(kinds["fmr"].events.count.sum())):
        decades = -math.log10(events / int(kinds["fmr"].trials.count.sum()))
    if name in ("fpir", "fnir") and searches is not None:
        return Conditions(
            searches.n_references, searches.n_enrolled, decades, image_kind, score=threshold, gallery="as measured"
        )
    return Conditions(threshold=decades, image_kind=image_kind, score=threshold)


def _composition(names: Sequence[str], group: Codes, references: Codes) -> list[str]:
    """Say who is in the gallery: FPIR of a probe group rests on it."""
    known = group[references]
    known = known[known >= 0]
    if not known.size:
        return []
    shares = np.bincount(known, minlength=len(names)) / known.size
    listed = ", ".join(f"{name} {share:.0%}" for name, share in zip(names, shares, strict=True))
    return [f"People with references, as far as the data name them: {listed}; FPIR of a group rests on that mix."]


def _shown(cells: Sequence[Cell | None], names: Sequence[str], terms: Terms) -> dict[str, Estimate]:
    there = sum(cell is not None for cell in cells)
    shown = ((name, estimate(cell, terms, there, name)) for name, cell in zip(names, cells, strict=True))
    return {name: figure for name, figure in shown if figure is not None}


def _matrix(
    grid: Sequence[Sequence[Cell | None]], names: Sequence[str], terms: Terms | None
) -> tuple[tuple[Estimate | None, ...], ...]:
    if terms is None:
        return ()
    # A folded table holds a cell across groups twice.
    there = len({id(cell) for row in grid for cell in row if cell is not None})
    return tuple(
        tuple(estimate(cell, terms, there, probe, reference) for reference, cell in zip(names, row, strict=True))
        for probe, row in zip(names, grid, strict=True)
    )


def _dealt(
    kinds: dict[str, Kind], group: Codes, n_groups: int, terms: dict[str, Terms]
) -> tuple[dict[str, Estimate], list[str]]:
    """Test whether groups are alike, for each kind of error, and allow for how many tests there are."""
    dealt: dict[str, Dealt] = {}
    for name, kind in kinds.items():
        found = alike(kind, group, n_groups, terms[name].seed, pairs=name == "fmr")
        if found is not None:
            dealt[name] = found
    raised = dict(zip(dealt, holm([found.p_value for found in dealt.values()]).tolist(), strict=True))
    figures = {}
    for name, found in dealt.items():
        figures[f"{name}_alike_p_value"] = Estimate(
            raised[name],
            None,
            None,
            "probability",
            Doubt.SAMPLING,
            f"{found.permutations} deals of group labels among people; Holm over {len(dealt)}",
            n=float(kinds[name].trials.count.sum()),
            count=float(kinds[name].events.count.sum()),
            conditions=terms[name].conditions,
            distance=HERE,
        )
    return figures, alike_words(raised)


def _bare(terms: Terms) -> Estimate:
    return Estimate(
        1.0, None, None, "", Doubt.SAMPLING, "", level=terms.level, conditions=terms.conditions, distance=HERE
    )
