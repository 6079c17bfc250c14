"""Group cells: from some of the eight cells of an algorithm the rest, its vendor left out."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from misid.algorithm import (
    CELL_NAMES,
    FIXED_CELL,
    HALF_UNIT,
    Array,
    GroupPrior,
    developers,
    group_cells,
    log_rate,
)
from misid.quantities import Conditions
from misid.validation import Goal, Prediction, Standing, Unsettled
from misid.vocabulary import Sex
from verification.fit_groups import fit_group_prior
from verification.tables import PredictionTable, Say

LEVEL = 0.90
GIVEN = tuple[str, ...]
_ORIGINS = tuple(dict.fromkeys(name.rpartition("_")[0] for name in CELL_NAMES))
_ALIKE = 0.05
"""Cells that differ by less than this share, or by one last digit, are taken for the same machine's."""
_SIZES = ((0.001, "below 0.001"), (0.005, "0.001 to 0.005"), (0.02, "0.005 to 0.02"), (0.1, "0.02 to 0.1"))

_GOALS = (
    Goal("|median", 0.0, 0.25, "goal set before the tables were made, for left-out group cells"),
    Goal("|coverage", 0.86, 0.94, "goal set before the tables were made, for left-out group cells"),
)
PROFILE, MEAN, ALIKE = "others' profile", "mean of given cells", "no difference"
_BASELINES = {
    PROFILE: "mean of the other developers' log rates, moved by the mean distance of the given cells from theirs",
    MEAN: "every cell is the geometric mean of the given cells",
    ALIKE: "every cell is what is printed for women born in Eastern Europe",
}
_CONDITIONS = Conditions(gallery="NIST FRTE 1:N by region of birth and sex; gallery size not stated", image_kind="")
_TARGET = (
    "FPIR of a probe group, four decimals, one threshold for each algorithm at which women born in Eastern Europe are "
    "at most 0.002; gallery size not stated in the text that was read"
)
_HOW = (
    "A Student t of the log rates of eight cells, fitted on the algorithms of all other developers; given cells enter "
    "as rounding intervals. Developers that print the same eight cells to within 5% or a last digit are left out "
    "together. Women born in Eastern Europe are given or not, but never predicted: the test sets that cell."
)
GROUPS_UNSETTLED = (
    Unsettled(
        "Which references draw a group's false hits, and so what another gallery would do.",
        "A cell is the rate of a probe group against one mixed gallery; no row names a group of references.",
    ),
    Unsettled(
        "How well groups without a cell would be predicted.",
        "People born in Latin America or the Middle East, Indigenous people and people of mixed origin have no "
        "one-to-many row for any algorithm. One to one, NIST's report cards have El Salvador, Mexico and Nicaragua by "
        "country, and annex 15 of 2019 has American Indian people: women 5e-4 where Black women have 8e-5, at a "
        "threshold where most cells of white men stand at the figure's lower end.",
    ),
    Unsettled(
        "Whether ratios between groups grow or shrink with the threshold.",
        "There is one threshold for each algorithm, the one at which women born in Eastern Europe are at most 0.002.",
    ),
    Unsettled(
        "How much of the spread of a cell between algorithms is sampling.",
        "NIST prints no counts, so the sampling error of a cell is part of that spread.",
    ),
)
_CAVEATS = ("group_rows_not_pairs", "rounded_source")


def _of_sex(sex: Sex) -> GIVEN:
    return tuple(name for name in CELL_NAMES if name.rpartition("_")[2] == sex)


def _of_origins(*origins: str) -> GIVEN:
    return tuple(name for name in CELL_NAMES if name.rpartition("_")[0] in origins)


HALF: Mapping[str, Sequence[GIVEN]] = {
    "women given": (_of_sex(Sex.FEMALE),),
    "men given": (_of_sex(Sex.MALE),),
    "two regions given": tuple(_of_origins(*pair) for pair in itertools.combinations(_ORIGINS, 2)),
}
"""Patterns that count for the goal: half of the cells given, chosen before any fit was made."""
OTHERS: Mapping[str, Sequence[GIVEN]] = {
    "seven cells given": tuple(tuple(x for x in CELL_NAMES if x != name) for name in CELL_NAMES),
    "three regions given": tuple(_of_origins(*three) for three in itertools.combinations(_ORIGINS, 3)),
    "one region given": tuple(_of_origins(origin) for origin in _ORIGINS),
    "one cell given": tuple((name,) for name in CELL_NAMES if name != FIXED_CELL),
    "no cell given": ((),),
}


def group_tables(say: Say) -> tuple[PredictionTable, ...]:
    """Make all tables of group cells: half of them given, by pattern (the goal) and by size; more and less given."""
    say("group cells: each developer from a fit without it")
    half = _predictions(HALF)
    whole = _table(
        "groups_half",
        "Half of the group cells given",
        "If four of an algorithm's eight group rates are known, how well are the others predicted?",
        half,
        _GOALS,
    )
    by_size = tuple(replace(row, band=_size(row.observed)) for row in half)
    order = [name for _, name in _SIZES] + [_LARGEST]
    by_size = tuple(sorted(by_size, key=lambda row: order.index(row.band)))
    return (
        whole,
        _table(
            "groups_size",
            "Half of the group cells given, by size of the cell",
            "Are small and large group rates predicted alike? Bands are of the printed value, so a cell stands in the "
            "band that chance put it in.",
            by_size,
            again_of="groups_half",
        ),
        _table(
            "groups_other",
            "More or fewer group cells given",
            "What do seven cells tell of the eighth, and one cell of seven?",
            _predictions(OTHERS),
            again_of="groups_half",
        ),
    )


def _table(
    code: str, title: str, question: str, rows: Iterable[Prediction], goals: tuple[Goal, ...] = (), again_of: str = ""
) -> PredictionTable:
    return PredictionTable(
        code=code,
        title=title,
        question=question,
        target=_TARGET,
        how=_HOW,
        conditions=_CONDITIONS,
        level=LEVEL,
        scale="ratio",
        predictions=tuple(rows),
        baselines=_BASELINES,
        goals=goals,
        caveats=_CAVEATS,
        again_of=again_of,
    )


_LARGEST = "0.1 or more"


def _size(value: float) -> str:
    return next((name for edge, name in _SIZES if value < edge), _LARGEST)


def families(cells: Mapping[str, Mapping[str, float]], whose: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return for each developer those that are left out with it: itself, and whoever prints the same eight cells."""
    names = sorted(cells)
    family = {whose[name]: {whose[name]} for name in names}
    for one, other in itertools.combinations(names, 2):
        if whose[one] != whose[other] and _same(cells[one], cells[other]):
            joined = family[whose[one]] | family[whose[other]]
            for developer in joined:
                family[developer] = joined
    return {developer: tuple(sorted(members)) for developer, members in family.items()}


def _same(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    return all(
        abs(one[name] - other[name]) <= max(2.01 * HALF_UNIT, _ALIKE * min(one[name], other[name]))
        for name in CELL_NAMES
    )


def _predictions(patterns: Mapping[str, Sequence[GIVEN]]) -> tuple[Prediction, ...]:
    cells, whose = group_cells(), developers()
    family = families(cells, whose)
    found = []
    for name in sorted(cells):
        prior, profile = _without(family[whose[name]])
        found += [
            row
            for band, sets in patterns.items()
            for given in sets
            for row in predict(name, " and ".join(family[whose[name]]), cells[name], given, band, prior, profile)
        ]
    order = list(patterns)
    return tuple(sorted(found, key=lambda row: order.index(row.band)))


@functools.cache
def _without(left_out: tuple[str, ...]) -> tuple[GroupPrior, Mapping[str, float]]:
    """Return the prior and the mean profile of all developers but some."""
    cells, whose = group_cells(), developers()
    kept = [name for name in cells if whose[name] not in left_out]
    rates = log_rate(np.array([[cells[name][cell] for cell in CELL_NAMES] for name in kept]))
    return fit_group_prior(cells, whose, left_out), dict(zip(CELL_NAMES, rates.mean(axis=0), strict=True))


def predict(
    name: str,
    group: str,
    printed: Mapping[str, float],
    given: GIVEN,
    band: str,
    prior: GroupPrior,
    profile: Mapping[str, float],
) -> list[Prediction]:
    """Predict the cells of an algorithm that are not given."""
    found = prior.given({cell: printed[cell] for cell in given})
    low, high = found.interval(LEVEL)
    rates = log_rate(np.array([printed[cell] for cell in CELL_NAMES]))
    pit, score = found.below(rates), found.log_density(rates)
    known = [(rates[i], profile[cell]) for i, cell in enumerate(CELL_NAMES) if cell in given]
    shift = float(np.mean([rate - mean for rate, mean in known])) if known else 0.0
    rows = []
    for i, cell in enumerate(CELL_NAMES):
        if cell in given or cell == FIXED_CELL:
            continue
        simple = {PROFILE: float(_fpir_of(np.array(profile[cell] + shift))), ALIKE: printed[FIXED_CELL]}
        if known:
            simple[MEAN] = float(_fpir_of(np.array(np.mean([rate for rate, _ in known]))))
        value, least, most = (float(x) for x in _fpir_of(np.array([found.mean[i], low[i], high[i]])))
        seen = printed[cell]
        # From the density of the log rate to that of ln FPIR.
        per_log = seen / ((1.0 - seen) * np.exp(rates[i]))
        rows.append(
            Prediction(
                name,
                group,
                value,
                least,
                most,
                seen,
                max(seen - HALF_UNIT, 0.0),
                seen + HALF_UNIT,
                Standing.GROUP_LEFT_OUT,
                band,
                simple,
                float(pit[i]),
                float(score[i] + np.log(per_log)),
                detail={"cell": cell, "given": ", ".join(given)},
            )
        )
    return rows


def _fpir_of(rate: Array) -> Array:
    """Return FPIR of a log rate."""
    return np.asarray(-np.expm1(-np.exp(np.minimum(rate, 5.0))))
