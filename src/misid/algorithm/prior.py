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
    """Return the prior shipped with the package, fitted by ``tools/fit_prior.py``.

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
