import json
import math

import numpy as np
import pytest
from pydantic import ValidationError

from misid.errors import IncompleteRate
from misid.quantities import Conditions, Distance, Doubt, Estimate, Grade, Quantity
from misid.vocabulary import CAVEATS, LABELS, TERMS, Mode, Origin, Sex, at_or_above

RATE = Conditions(n_references=12_000_000, threshold=9.6, image_kind="mugshot")


def estimate(**changes):
    given = {"value": 0.2, "low": 0.1, "high": 0.3, "unit": "probability", "kind": Doubt.INPUT, "method": "test"}
    given["distance"] = Distance("a test")
    return Estimate(**(given | changes))


@pytest.mark.parametrize("bad", [(0.5, 0.6, 0.7), (0.5, 0.1, 0.4), (math.nan, 0.1, 0.2), (0.5, 0.1, math.inf)])
def test_a_quantity_lies_in_its_range_and_is_finite(bad):
    value, low, high = bad
    with pytest.raises(ValidationError):
        Quantity(value=value, low=low, high=high, unit="share", source="s", grade=Grade.D)


def test_a_quantity_is_frozen_and_knows_whether_it_is_swept():
    q = Quantity(value=0.5, low=0.5, high=0.5, unit="share", source="s", grade=Grade.A)
    assert not q.swept
    assert q.model_copy(update={"high": 0.6}).swept
    with pytest.raises(ValidationError):
        q.value = 0.1


def test_a_rate_without_its_conditions_names_all_that_are_missing():
    assert RATE.require_rate() is RATE
    with pytest.raises(IncompleteRate, match="gallery size, threshold, image kind"):
        Conditions().require_rate()
    with pytest.raises(IncompleteRate, match="without its image kind"):
        Conditions(n_enrolled=5, threshold=3.0).require_rate()


def test_an_estimate_outside_its_own_range_is_refused():
    with pytest.raises(ValueError, match="outside its own range"):
        estimate(value=0.4)


def test_an_estimate_without_a_value_gives_its_reason():
    with pytest.raises(ValueError, match="reason"):
        estimate(value=None, low=None, high=None)
    assert estimate(value=None, low=None, high=None, reason="no row").to_json()["reason"] == "no row"


def test_a_caveat_that_nobody_explained_is_refused():
    with pytest.raises(ValueError, match="not in vocabulary"):
        estimate(caveats=("made_up",))
    twice = estimate(caveats=("independence",)).with_caveats("independence", "no_row")
    assert twice.caveats == ("independence", "no_row")


def test_json_has_no_number_that_json_lacks():
    found = estimate(value=math.inf, low=0.0, high=math.inf, distance=Distance("a test", 1.2, ("operator",))).to_json()
    text = json.dumps(found, allow_nan=False)
    assert found["value"] is None
    assert found["reason"]
    assert '"untested": ["operator"]' in text


def test_at_or_above_holds_at_the_threshold():
    assert at_or_above(5.0, 5.0)
    assert not at_or_above(np.nextafter(5.0, 0.0), 5.0)
    assert at_or_above(np.array([4.0, 5.0, 6.0]), 5.0).tolist() == [False, True, True]


def test_every_term_and_caveat_is_a_sentence_and_every_label_is_there():
    assert len({t.name for t in TERMS}) == len(TERMS)
    assert all(t.definition and t.source for t in TERMS)
    assert all(text[0].isupper() and text.endswith(".") for text in CAVEATS.values())
    assert all(member in LABELS for kind in (Mode, Origin, Sex) for member in kind)
