import json
import math

import numpy as np
import pytest
from pydantic import ValidationError

from misid.errors import IncompleteRate
from misid.quantities import FEW_EVENTS, Conditions, Distance, Doubt, Estimate, Grade, Interval, Quantity
from misid.vocabulary import Age, ImageKind, Lapse, Origin, Sex, at_or_above
from misid.vocabulary.names import caveat, caveat_name, codes, label, range_by, terms

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
    with pytest.raises(ValueError, match="not in the catalogue"):
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
    assert len({t.name for t in terms()}) == len(terms()) > 40
    assert all(t.definition and t.source for t in terms())
    assert all(text[0].isupper() and text.endswith(".") for text in map(caveat, codes("caveat")))
    assert codes("caveat") == codes("caveat_name")
    assert caveat_name("few_events") == "few events"
    assert all(range_by(code).startswith("range by ") for code in codes("range"))
    assert all(
        member.replace(" ", "_") in codes("label") for kind in (Age, ImageKind, Lapse, Origin, Sex) for member in kind
    )
    assert label("one_of_my_own") == "one of my own"


@pytest.mark.parametrize(
    ("events", "errors", "rough", "caveats"),
    [
        (0, None, False, ("no_events",)),
        (1, None, False, ("few_events",)),
        (FEW_EVENTS - 1, None, True, ("few_events", "few_replicates")),
        (FEW_EVENTS, None, False, ()),
        (900, 3, False, ("few_events",)),
        (None, None, True, ("few_replicates",)),
    ],
)
def test_few_errors_become_a_caveat_in_one_place(events, errors, rough, caveats):
    found = Interval(0.2, 0.1, 0.3, 0.95, "exact", events, 1000, rough)
    made = Estimate.of(found, conditions=RATE, distance=Distance("a test"), errors=errors, words="hits")
    assert made.caveats == caveats
    assert (made.n, made.count, made.level, made.method) == (1000, events, 0.95, "hits; exact")
    again = Estimate.of(found, conditions=RATE, distance=Distance("a test"), errors=errors, caveats=("ties", *caveats))
    assert again.caveats == ("ties", *caveats)


def test_rounding_does_not_put_a_value_outside_its_own_interval():
    found = Interval(0.1, 0.1 + 1e-17, 0.09999999999999999, 0.9, "exact")
    made = Estimate.of(found, conditions=RATE, distance=Distance("a test"))
    assert made.low == made.value == made.high == 0.1


def test_an_interval_may_be_open():
    made = Estimate.of(Interval(3.0, 2.0, None, 0.9, "t"), conditions=RATE, distance=Distance("a test"), unit="ratio")
    assert (made.low, made.high, made.unit) == (2.0, None, "ratio")


def test_a_missing_figure_says_why():
    made = Estimate.missing("no search", conditions=RATE, distance=Distance("a test"), n=4)
    assert (made.value, made.low, made.reason, made.n) == (None, None, "no search", 4)
