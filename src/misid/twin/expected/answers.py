"""The whole chain in closed form: encounter, capture, search, record, document, rule, outcome.

Everything is a probability per person photographed, by point and stratum.  Strata are the cells of origin, sex, age
and status of those who are stopped; enrolment and record error depend on age and status jointly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from misid.scenario import Rule, Scenario
from misid.twin.expected.cells import Stratum as Stratum
from misid.twin.expected.cells import enrolled_share, own_record_calls
from misid.twin.expected.cells import part_of as part_of
from misid.twin.expected.cells import strata as strata
from misid.twin.expected.points import Array, Points
from misid.twin.expected.search import SearchRates, fnmr, search, search_at
from misid.vocabulary import Age, Mode, Origin


@dataclass(frozen=True)
class Answers:
    """What the system answers, per person photographed; every array has shape (P, K).

    The seven columns from ``right`` to ``no_hit_not_enrolled`` sum to one.

    Parameters
    ----------
    part : ndarray
        Part of those photographed who are in this cell.
    enrolled : ndarray
        P(in the gallery).
    right : ndarray
        Hit on the person's own record.
    wrong_enrolled, wrong_not_enrolled : ndarray
        Hit on a stranger's record.
    twin_enrolled, twin_not_enrolled : ndarray
        Hit on the identical twin's record.
    no_hit_enrolled, no_hit_not_enrolled : ndarray
        No hit.
    adverse_stranger, adverse_own : ndarray
        P(the record calls for an action), of a wrongly returned stranger and of the person's own record.
    shows_document : ndarray
        P(shows a genuine document of the right status).
    rates : SearchRates
        The search behind them, for the groups that are stopped.
    rule : str
        The rule that settles who is photographed and how; empty where everybody is, and all are searched at once.
    """

    part: Array
    enrolled: Array
    right: Array
    wrong_enrolled: Array
    twin_enrolled: Array
    wrong_not_enrolled: Array
    twin_not_enrolled: Array
    no_hit_enrolled: Array
    no_hit_not_enrolled: Array
    adverse_stranger: Array
    adverse_own: Array
    shows_document: Array
    rates: SearchRates
    rule: str = ""

    @cached_property
    def wrong(self) -> Array:
        """Hit on another person's record, whoever's."""
        return self.wrong_enrolled + self.twin_enrolled + self.wrong_not_enrolled + self.twin_not_enrolled

    @cached_property
    def hit(self) -> Array:
        """Any hit."""
        return self.right + self.wrong

    @cached_property
    def no_hit(self) -> Array:
        """No hit."""
        return self.no_hit_enrolled + self.no_hit_not_enrolled

    @cached_property
    def wrong_and_adverse(self) -> Array:
        """Hit on another person's record that calls for an action."""
        strangers = self.wrong_enrolled + self.wrong_not_enrolled
        twins = self.twin_enrolled + self.twin_not_enrolled
        return strangers * self.adverse_stranger + twins * self.adverse_own

    @cached_property
    def right_and_adverse(self) -> Array:
        """Hit on the person's own record, which calls for an action, rightly or not."""
        return self.right * self.adverse_own


def answer(scenario: Scenario, stop: str, points: Points, mode: Mode) -> Answers:
    """Photograph the people of one stop policy and search.

    Parameters
    ----------
    scenario : Scenario
        Resolved; gives the structure, never the numbers.
    stop : str
        Name of the stop policy.
    points : Points
        The numbers.
    mode : Mode
        How FPIR moves with gallery size.
    """
    cells = strata(scenario, stop)
    return _answers(scenario, cells, points, search(points, mode, _groups(cells)))


def _groups(cells: tuple[Stratum, ...]) -> list[int]:
    """Return the probe groups that are stopped, as indices into `GROUPS`, in order."""
    return sorted({cell.group for cell in cells})


def _answers(scenario: Scenario, cells: tuple[Stratum, ...], points: Points, rates: SearchRates) -> Answers:
    """Spread the rates of a search over the cells."""
    part = part_of(cells, points)
    present = _groups(cells)
    group = [present.index(cell.group) for cell in cells]
    acquired = 1.0 - points["capture.failure_to_acquire"][:, None]
    fpir, misid, right = (acquired * x[:, group] for x in (rates.fpir, rates.misid, rates.right))
    enrolled = np.stack([enrolled_share(points, cell.status, cell.age) for cell in cells], axis=1)
    twin = _twin_hit(cells, part, enrolled, points)
    # A twin who matches scores far above the best stranger, and comes up first unless the person's own reference does.
    not_right = acquired - right
    return Answers(
        part=part,
        enrolled=enrolled,
        right=enrolled * right,
        wrong_enrolled=enrolled * misid * (1.0 - twin),
        twin_enrolled=enrolled * not_right * twin,
        wrong_not_enrolled=(1.0 - enrolled) * fpir * (1.0 - twin),
        twin_not_enrolled=(1.0 - enrolled) * acquired * twin,
        no_hit_enrolled=enrolled * (1.0 - right - misid * (1.0 - twin) - not_right * twin),
        no_hit_not_enrolled=(1.0 - enrolled) * (1.0 - fpir * (1.0 - twin) - acquired * twin),
        adverse_stranger=adverse_of_strangers(scenario, points)[:, [list(Origin).index(c.origin) for c in cells]],
        adverse_own=np.stack([own_record_calls(scenario, points, cell.status, cell.age) for cell in cells], axis=1),
        shows_document=np.stack([points[f"statuses.{cell.status}.shows_document"] for cell in cells], axis=1),
        rates=rates,
    )


def _twin_hit(cells: tuple[Stratum, ...], part: Array, enrolled: Array, points: Points) -> Array:
    """P(an identical twin is enrolled and matches), FORMULAS 17.

    A twin is taken to be of the same status; where people of that status are never enrolled, of the average status.
    """
    average = np.sum(part * enrolled, axis=1, keepdims=True)
    of_twin = np.where(enrolled > 0.0, enrolled, average)
    pair = points["kin.identical_twin_share"] * points["kin.identical_twin_match"]
    # The owner of the only reference is the person or an impostor, never a twin who happens to be enrolled.
    one_to_one = points["gallery.n_references"] <= 1.0
    return np.asarray(np.where(one_to_one, 0.0, pair)[:, None] * of_twin, float)


def adverse_of_strangers(scenario: Scenario, points: Points) -> Array:
    """P(a wrongly returned stranger's record calls for an action), by the probe's origin, shape (P, origins).

    False candidates come mostly from the probe's own origin: ``w_h|g`` is proportional to ``N_h r_gh`` with ``r_gh``
    the homogeneity ratio inside an origin and 1 across (FORMULAS 2).
    """
    origins = list(Origin)
    mix = scenario.gallery.mix
    zero = np.zeros(len(points))
    share = np.stack([points[f"gallery.mix.{o.value}.share"] if o in mix else zero for o in origins], axis=1)
    adverse = np.stack([points[f"gallery.mix.{o.value}.adverse"] if o in mix else zero for o in origins], axis=1)
    ratio = points["gallery.homogeneity"][:, None, None]
    same = np.eye(len(origins), dtype=bool)
    weight = share[:, None, :] * np.where(same, ratio, 1.0)
    return np.asarray((weight * adverse[:, None, :]).sum(axis=2) / weight.sum(axis=2), float)


def under(scenario: Scenario, stop: str, answers: Answers, rule: str, points: Points) -> Answers:
    """Return the answers where a rule settles who is photographed and who is searched for.

    Parameters
    ----------
    scenario : Scenario
        Gives the structure.
    stop : str
        The stop policy of ``answers``.
    answers : Answers
        From `answer`, or from here for the same rule.
    rule : str
        Name of a rule.
    points : Points
        The same points; with ``photos`` and ``checks`` where the rule reads them (`reads`).

    Returns
    -------
    Answers
        The same object for a rule that photographs everybody and searches for all at once.  Who is not photographed
        has no hit.

    Raises
    ------
    ValueError
        If the answers are those under another rule.
    """
    form = scenario.rules[rule]
    if answers.rule == rule:
        return answers
    if answers.rule:
        raise ValueError(f"answers under rule {answers.rule!r} cannot be turned into those under {rule!r}")
    if form.scans == "everyone" and not form.claimed_identity_first:
        return answers
    if form.claimed_identity_first:
        cells = strata(scenario, stop)
        answers = _answers(scenario, cells, points, _claimed_first(points, answers.rates, _groups(cells)))
    if form.scans != "everyone":
        answers = _only(answers, _scanned(form.scans, strata(scenario, stop), points))
    return replace(answers, rule=rule)


def reads(rule: Rule) -> frozenset[str]:
    """Return the inputs that the closed form of this rule reads and that of an ordinary one does not."""
    found = {_NAME, _ONE_TO_ONE} if rule.claimed_identity_first else set()
    if rule.scans == "unless_declined":
        found.add(_DECLINES)
    if rule.scans == "adults":
        found.update(_SEEN_AS_CHILD.values())
    return frozenset(found)


_DECLINES = "photos.declines"
_SEEN_AS_CHILD = {Age.UNDER_18: "photos.child_seen_as_child", Age.ADULT: "photos.adult_seen_as_child"}
_NAME, _ONE_TO_ONE = "checks.true_name_given", "checks.one_to_one_decades"


def _scanned(scans: str, cells: tuple[Stratum, ...], points: Points) -> Array:
    """Return the share of each cell that is photographed, shape (P, K)."""
    if scans == "nobody":
        return np.zeros((len(points), len(cells)))
    if scans == "unless_declined":
        return np.repeat(1.0 - points[_DECLINES][:, None], len(cells), axis=1)
    return np.stack([1.0 - points[_SEEN_AS_CHILD[cell.age]] for cell in cells], axis=1)


def _only(answers: Answers, scanned: Array) -> Answers:
    """Photograph only a share of each cell."""
    hits = ("right", "wrong_enrolled", "twin_enrolled", "wrong_not_enrolled", "twin_not_enrolled")
    kept = {name: getattr(answers, name) * scanned for name in hits}
    spared = 1.0 - scanned
    return replace(
        answers,
        **kept,
        no_hit_enrolled=answers.no_hit_enrolled * scanned + answers.enrolled * spared,
        no_hit_not_enrolled=answers.no_hit_not_enrolled * scanned + (1.0 - answers.enrolled) * spared,
    )


def _claimed_first(points: Points, rates: SearchRates, groups: list[int]) -> SearchRates:
    """Return the rates where a name that is given is compared first, and all are searched only if that fails.

    With q the share of true names, O the threshold of the comparison, T that of the search and R(s) the share of mated
    searches at s whose top candidate is the mate, a true name gives ``right = 1 - FNMR(O) + R(T) - R(max(T, O))`` and
    no hit ``FNMR(min(T, O)) (1 - FPIR)``: one and the same mated score is compared and searched with.
    """
    given, bar = points[_NAME], points[_ONE_TO_ONE]
    name = given[:, None]
    at_bar = search_at(points, np.maximum(rates.threshold, bar), groups).right
    missed = fnmr(np.minimum(rates.threshold, bar), points)
    right = 1.0 - fnmr(bar, points)[:, None] + rates.right - at_bar
    misid = np.maximum(1.0 - right - missed[:, None] * (1.0 - rates.fpir), 0.0)
    return replace(
        rates,
        right=name * right + (1.0 - name) * rates.right,
        misid=name * misid + (1.0 - name) * rates.misid,
        fnir=given * missed + (1.0 - given) * rates.fnir,
    )


@dataclass(frozen=True)
class Outcomes:
    """What follows under one rule, per person photographed; every array has shape (P, K).

    Parameters
    ----------
    wrong_person, wrong_record, not_verified : ndarray
        Unsupported actions by what led to them; they do not overlap.
    disbelieved_document : ndarray
        Unsupported actions taken although a genuine document was shown; overlaps the three above.
    supported : ndarray
        Actions after a right hit that the person's own correct record supports.
    supported_by_chance : ndarray
        Actions after a wrong hit, or without a hit, on someone whose own record would have supported it.
    """

    wrong_person: Array
    wrong_record: Array
    not_verified: Array
    disbelieved_document: Array
    supported: Array
    supported_by_chance: Array

    @property
    def unsupported(self) -> Array:
        """All unsupported actions."""
        return self.wrong_person + self.wrong_record + self.not_verified


def apply_rule(scenario: Scenario, stop: str, answers: Answers, rule: str, points: Points) -> Outcomes:
    """Turn answers into actions under one rule.

    Parameters
    ----------
    scenario : Scenario
        Gives the structure.
    stop : str
        The stop policy of ``answers``.
    answers : Answers
        From `answer` or `under`.
    rule : str
        Name of a rule.
    points : Points
        The same points.
    """
    answers = under(scenario, stop, answers, rule, points)
    cells = strata(scenario, stop)
    person, record, right, believed, none = (
        points[f"rules.{rule}.{name}"][:, None]
        for name in (
            "wrong_person_passes",
            "wrong_record_passes",
            "right_hit_passes",
            "document_believed",
            "no_hit_action",
        )
    )
    shows = answers.shows_document
    harmed = np.array([not scenario.statuses[cell.status].action_supported for cell in cells])
    after_wrong = answers.wrong_and_adverse * person
    after_no_hit = answers.no_hit * none
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
    )
