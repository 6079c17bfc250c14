"""The growth prior that is shipped: fitted on every algorithm tested at both galleries, and without each developer."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from importlib import resources

from misid.algorithm.growth import FORMS, Form, GrowthPrior

FAILED = 0.7
"""Miss rates from here up mean that the algorithm failed under the condition; they are not used."""


@functools.cache
def _shipped() -> Mapping[tuple[Form, str], GrowthPrior]:
    text = resources.files("misid.algorithm.catalog").joinpath("prior.json").read_text(encoding="utf-8")
    found = (GrowthPrior.from_json(given) for given in json.loads(text)["priors"])
    return {(prior.form, prior.left_out): prior for prior in found}


def shared(leave_out: str = "") -> dict[Form, GrowthPrior]:
    """Return the prior shipped with the package, fitted by ``python -m verification priors growth``.

    Parameters
    ----------
    leave_out : str
        Developer whose own algorithms must not have had a say.

    Returns
    -------
    dict
        `GrowthPrior` of each form.  A developer whose algorithms were not tested at both galleries had none; then it is
        the prior of all.
    """
    known = _shipped()
    return {form: known.get((form, leave_out), known[form, ""]) for form in FORMS}


@functools.cache
def shared_rank_share() -> Mapping[str, float]:
    """Return which part of the misses at the threshold also misses at rank 1, mugshots at 1.6 million.

    ``intercept``, ``slope`` and ``sd`` of the logit of the ratio on ln FNIR, over ``n`` algorithms; shipped, and fitted
    by ``python -m verification priors conditions``.
    """
    text = resources.files("misid.algorithm.catalog").joinpath("rank_share.json").read_text(encoding="utf-8")
    return {name: float(value) for name, value in json.loads(text)["rank_share"].items()}
