"""What a rule does in closed form: who is photographed and searched for, and what follows a hit or none.

A rule of a scenario is data; here alone stand the words and the closed form of its numbers and switches.
The simulation of single people decides by the same numbers in `misid.simulation.policy`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from misid.expected.answers import Answers, adverse_of_strangers, answers_of, stopped_groups, strata
from misid.expected.points import Array, Points, field_path
from misid.expected.search import ExpectedRates, fnmr, named_from, threshold_of
from misid.quantities import Quantity
from misid.scenario import PASSES, Scenario, joined, rule_named, rule_parts
from misid.statistics import both_pass, shifted, single_from_both
from misid.vocabulary import Age, Origin


@dataclass(frozen=True)
class Number:
    """A number that rules read: what it is, its unit, and whether more of it means fewer actions."""

    words: str
    unit: str = "share"
    spares: bool = False


# In the order in which pages show them; first those that stand in the rule itself.
OF_RULE: Mapping[str, Number] = {
    "wrong_person_passes": Number("wrong hits that pass"),
    "wrong_record_passes": Number("right hits on a wrong record that pass"),
    "right_hit_passes": Number("right hits on a right record that pass"),
    "document_believed": Number("genuine documents that are believed", spares=True),
    "no_hit_action": Number("people without a hit who are acted on"),
}
NUMBERS: Mapping[str, Number] = {
    **OF_RULE,
    "declines": Number("people who decline the photo"),
    "child_seen_as_child": Number("people under 18 who are taken for it"),
    "adult_seen_as_child": Number("adults who are taken to be under 18"),
    "true_name_given": Number("people who give their recorded name"),
    "one_to_one_decades": Number("threshold of the one-to-one comparison", "decades"),
    "label_shift": Number("how far the machine's answer sways a reader", "standard deviations"),
    "pressure": Number("how far a quota sways a reader", "standard deviations"),
    "reader_correlation": Number("how much two readers err alike", "correlation"),
}


@dataclass(frozen=True)
class Scan:
    """One way to choose who is photographed: in words, and which number is P(not photographed) at an age."""

    words: str
    spared: Callable[[Scenario, Age], Quantity | float]


SCANS: Mapping[str, Scan] = {
    "everyone": Scan("everyone", lambda s, age: 0.0),
    "unless_declined": Scan("whoever does not decline", lambda s, age: s.photos.declines),
    "adults": Scan(
        "whoever does not look under 18",
        lambda s, age: s.photos.child_seen_as_child if age is Age.UNDER_18 else s.photos.adult_seen_as_child,
    ),
    "nobody": Scan("nobody", lambda s, age: 1.0),
}


def passes(points: Points, rule: str) -> tuple[Array, ...]:
    """Return how often hits pass a rule, or rules joined by +, in the order of `PASSES`, (P,) each, its readers swayed.

    Each reader stays as good as the pass rates of both say at the correlation that the scenario gives (FORMULAS 11);
    label and quota move each criterion, another correlation moves how often both pass.  A device is not swayed.
    """
    scenario = points.scenario
    checks, form = scenario.checks, rule_named(scenario, rule)
    parts = [scenario.rules[name] for name in rule_parts(rule)]
    rates = [joined(name, [points[getattr(part, name)] for part in parts]) for name in PASSES]
    shift, together = points[checks.label_shift] + points[checks.pressure], points[checks.reader_correlation]
    meant = checks.reader_correlation.value
    if not form.readers or (not shift.any() and (together == meant).all()):
        return tuple(rates)
    if form.readers == 2:
        return tuple(both_pass(shifted(_alone(tuple(rate.tolist()), meant), shift), together) for rate in rates)
    return tuple(shifted(rate, shift) for rate in rates)


@lru_cache(maxsize=256)
def _alone(rates: tuple[float, ...], together: float) -> Array:
    """Return how often each of two readers passes what both pass at these rates."""
    return single_from_both(np.array(rates), np.full(len(rates), together))


def reads(scenario: Scenario, rule: str) -> frozenset[str]:
    """Return the paths of the inputs that the closed form of a rule reads and that of an ordinary one does not."""
    form = rule_named(scenario, rule)
    fields = [SCANS[form.scans].spared(scenario, age) for age in Age]
    if form.claimed_identity_first:
        fields += [scenario.checks.true_name_given, scenario.checks.one_to_one_decades]
    return frozenset(field_path(scenario, field) for field in fields if isinstance(field, Quantity))


def answers_under(points: Points, stop: str, answers: Answers, rule: str) -> Answers:
    """Return the answers where a rule decides who is photographed and who is searched for.

    The same object for a rule that photographs everybody and searches for all at once.  Who is not photographed has no
    hit.  ValueError if the answers are those under another rule.
    """
    form = rule_named(points.scenario, rule)
    if answers.rule == rule:
        return answers
    if answers.rule:
        raise ValueError(f"answers under rule {answers.rule!r} cannot be turned into those under {rule!r}")
    if form.scans == "everyone" and not form.claimed_identity_first:
        return answers
    if form.claimed_identity_first:
        groups = stopped_groups(points.scenario, stop)
        answers = answers_of(points, stop, _claimed_first(points, answers.rates, groups))
    if form.scans != "everyone":
        answers = _photograph_some(points, stop, answers, SCANS[form.scans])
    return replace(answers, rule=rule)


def _photograph_some(points: Points, stop: str, answers: Answers, scan: Scan) -> Answers:
    """Photograph only a share of each cell."""
    by_cell = [scan.spared(points.scenario, cell.age) for cell in strata(points.scenario, stop)]
    spared = np.stack([points[x] if isinstance(x, Quantity) else np.full(len(points), x) for x in by_cell], axis=1)
    scanned = 1.0 - spared
    spared = 1.0 - scanned
    hits = ("right", "wrong_enrolled", "relative_enrolled", "wrong_not_enrolled", "relative_not_enrolled")
    kept = {name: getattr(answers, name) * scanned for name in hits}
    return replace(
        answers,
        **kept,
        no_hit_enrolled=answers.no_hit_enrolled * scanned + answers.enrolled * spared,
        no_hit_not_enrolled=answers.no_hit_not_enrolled * scanned + (1.0 - answers.enrolled) * spared,
        not_scanned=spared,
    )


def _claimed_first(points: Points, rates: ExpectedRates, groups: list[int]) -> ExpectedRates:
    """Return the rates where the name a person gives is compared first, and all are searched only if that fails.

    A true name is verified where the mated score reaches the threshold O of the comparison, and nobody else is then
    named; otherwise one and the same score is searched with.
    """
    checks = points.scenario.checks
    bar, threshold = points[checks.one_to_one_decades], threshold_of(points)
    found, another = named_from(points, threshold, np.maximum(threshold, bar), groups)
    verified = 1.0 - fnmr(bar, points)[:, None]
    # Mates from O up to the threshold of the search are not on the list: strangers are named as without a mate.
    off_list = np.maximum(rates.fnir - fnmr(bar, points), 0.0)[:, None]
    name = points[checks.true_name_given][:, None]
    return replace(
        rates,
        right=rates.right + name * (verified - found),
        misid=np.maximum(rates.misid - name * (another + off_list * rates.named), 0.0),
        fnir=rates.fnir - name[:, 0] * off_list[:, 0],
        by_name=name[:, 0] * verified[:, 0],
    )


@dataclass(frozen=True)
class Outcomes:
    """What follows under one rule, per person photographed; every array has shape (P, K).

    What follows from fingerprints, taken after a search without a hit, is apart: those four are in none of the others.
    """

    wrong_person: Array  # unsupported actions by what led to them: these three do not overlap
    wrong_record: Array
    not_verified: Array
    disbelieved_document: Array  # unsupported although a genuine document was shown; overlaps the three above
    supported: Array  # after a right hit, and the person's own correct record supports it
    supported_by_chance: Array  # after a wrong hit or none, and the person's own record would have supported it
    fingerprinted: Array  # people whose fingerprints are searched after no hit
    fingerprint_wrong_person: Array
    fingerprint_wrong_record: Array
    fingerprint_supported: Array
    fingerprint_by_chance: Array

    @property
    def unsupported(self) -> Array:
        """All unsupported actions that the face search led to."""
        return self.wrong_person + self.wrong_record + self.not_verified

    @property
    def fingerprint_unsupported(self) -> Array:
        """All unsupported actions that fingerprints led to, after a face search without a hit."""
        return self.fingerprint_wrong_person + self.fingerprint_wrong_record


def apply_rule(points: Points, stop: str, answers: Answers, rule: str) -> Outcomes:
    """Turn answers, from `answer` or `answers_under`, into actions under one rule."""
    answers = answers_under(points, stop, answers, rule)
    scenario = points.scenario
    cells = strata(scenario, stop)
    person, record, right = (x[:, None] for x in passes(points, rule))
    parts = [scenario.rules[name] for name in rule_parts(rule)]
    believed, none = (
        joined(name, [points[getattr(part, name)] for part in parts])[:, None]
        for name in ("document_believed", "no_hit_action")
    )
    shows = answers.shows_document
    harmed = np.array([not scenario.statuses[cell.status].action_supported for cell in cells])
    searched, own, other = _fingerprints(points, answers, [cell.status for cell in cells])
    # Nobody compares faces after a fingerprint match; the record is looked at as ever.
    stranger = adverse_of_strangers(points)[:, [list(Origin).index(cell.origin) for cell in cells]]
    own_calls, other_calls = own * answers.adverse_own, other * stranger
    after_wrong = answers.wrong_and_adverse * person
    after_no_hit = (answers.no_hit - own - other) * none
    unstopped = harmed * (1.0 - shows * believed)
    in_vain = harmed * (shows * (1.0 - believed))
    wrong_record = answers.right_and_adverse * record
    return Outcomes(
        wrong_person=after_wrong * unstopped,
        wrong_record=wrong_record * unstopped,
        not_verified=after_no_hit * unstopped,
        disbelieved_document=(after_wrong + wrong_record + after_no_hit) * in_vain,
        supported=~harmed * answers.right_and_adverse * right,
        supported_by_chance=~harmed * (after_wrong + after_no_hit),
        fingerprinted=searched,
        fingerprint_wrong_person=other_calls * unstopped,
        fingerprint_wrong_record=own_calls * record * unstopped,
        fingerprint_supported=~harmed * own_calls,
        fingerprint_by_chance=~harmed * other_calls,
    )


def _fingerprints(points: Points, answers: Answers, statuses: list[str]) -> tuple[Array, Array, Array]:
    """Return who is fingerprinted after no hit, and whose own, and another's, record then comes up; shape (P, K)."""
    scenario = points.scenario
    after = scenario.after_no_hit
    on_file = np.stack([points[scenario.statuses[status].fingerprints] for status in statuses], axis=1)
    searched = (answers.no_hit - answers.not_scanned) * points[after.fingerprinted][:, None]
    own = on_file * points[after.match][:, None]
    return searched, searched * own, searched * (1.0 - own) * points[after.false_match][:, None]
