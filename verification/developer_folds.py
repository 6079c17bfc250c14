"""Which developers are left out together, and the priors that were fitted without them."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping

import numpy as np

from misid.algorithm import Form, GrowthPrior
from misid.randomness import Purpose, uniforms
from verification.package_data import DATA

PARTITIONS, FOLDS = 4, 5


def folds(developers: Iterable[str], partition: int) -> tuple[tuple[str, ...], ...]:
    """Deal developers into `FOLDS` folds, each whole in one of them; ``partition`` is which of the deals, from 0."""
    names = sorted(set(developers))
    order = np.argsort(uniforms(partition, Purpose.FOLD, np.arange(len(names)))[0], kind="stable")
    return tuple(tuple(sorted(names[i] for i in order[fold::FOLDS])) for fold in range(FOLDS))


@functools.cache
def fold_priors() -> Mapping[tuple[int, int, Form], GrowthPrior]:
    """Return the growth prior of each partition, fold and form, fitted by `refit_growth` without that fold."""
    text = (DATA / "fold_priors.json").read_text(encoding="utf-8")
    return {
        (given["partition"], given["fold"], given["prior"]["form"]): GrowthPrior.from_json(given["prior"])
        for given in json.loads(text)["priors"]
    }
