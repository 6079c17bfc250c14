"""Runs the chain for a scenario: every stop policy, both modes, the rule in force and those beside it.

Nothing is said here; `misid.findings.build` puts the figures into words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from misid.algorithm import FORMS, SEARCH, Measurement, load_card, match
from misid.expected import (
    GROUPS,
    Answers,
    Array,
    Envelope,
    ModelChoice,
    Points,
    answer,
    apply_rule,
    expected_search,
    explore,
    fnmr,
    group_path,
    points_at,
    quantities_of,
    reads,
    strata,
    threshold_decades,
)
from misid.findings.nearness import fpir_at, of_scenario
from misid.quantities import Conditions, Distance, Doubt, Estimate, Quantity
from misid.scenario import SIMULATED, Scenario
from misid.vocabulary import ImageKind, Mode
from misid.vocabulary.tested import Aspect, Counted

LARGEST_TESTED = 12_000_000
N_PATH = "gallery.n_references"
# Three inputs that are one axis: how likely a chance match reaches the threshold.
THRESHOLD = ("threshold.fpir", "threshold.population_factor", "capture.tail_shift_decades")
# What an agency knows or can measure in an afternoon and has not published: these three, how many images a person has,
# how many photos fail, and whether passport photos are searched.
AGENCY_KNOWS = (
    *THRESHOLD,
    "capture.failure_to_acquire",
    "gallery.images_per_person",
    "gallery.passport_photos_searched",
)


@dataclass(frozen=True)
class Reckoner:
    """A scenario, its inputs and its model choices, ready to be evaluated.

    Parameters
    ----------
    scenario : Scenario
        Resolved.
    choices : tuple of ModelChoice
        Every card, image kind, growth form and heterogeneity that can stand in.
    shown : int
        The choice whose figures are shown as values.
    """

    scenario: Scenario
    choices: tuple[ModelChoice, ...]
    shown: int
    _known: dict[tuple[object, ...], dict[str, Envelope]] = field(default_factory=dict, repr=False)
    _thresholds: dict[tuple[Mode, float], tuple[float, float]] = field(default_factory=dict, repr=False)

    @cached_property
    def inputs(self) -> dict[str, Quantity]:
        """Every input of the closed form; heterogeneity is a model choice and left out."""
        found = quantities_of(self.scenario, self.choices[self.shown])
        del found["capture.heterogeneity_k"]
        of_rules = self._read_by_rules(self.rules)
        return {path: q for path, q in found.items() if path.split(".")[0] not in SIMULATED or path in of_rules}

    @cached_property
    def simulated_inputs(self) -> dict[str, Quantity]:
        """Every input that only the simulation of single people reads."""
        found = quantities_of(self.scenario, self.choices[self.shown])
        return {path: q for path, q in found.items() if path.split(".")[0] in SIMULATED and path not in self.inputs}

    def _read_by_rules(self, rules: Collection[str]) -> frozenset[str]:
        """Return the inputs that rules read where they settle who is photographed or whose name is compared first."""
        return frozenset().union(*(reads(self.scenario, rule) for rule in rules))

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The modes that the scenario leaves open."""
        return self.scenario.threshold.scaling

    @property
    def rules(self) -> tuple[str, ...]:
        """The rule in force first, then those it is compared with."""
        return tuple(dict.fromkeys((self.scenario.rule, *self.scenario.compare)))

    @property
    def main(self) -> str:
        """Name of the output that the first screen speaks of: whom the system wrongs."""
        return self.in_force("not_verified") if self.scenario.purpose == "verify" else "wrong"

    def in_force(self, outcome: str) -> str:
        """Return the name of an outcome under the rule in force."""
        return f"{self.scenario.rule}.{outcome}"

    @property
    def n_references(self) -> float:
        """Gallery size of the headline figures; an axis elsewhere, never part of an envelope."""
        return self.scenario.gallery.n_references.value

    def best(self, overrides: Mapping[str, Sequence[float] | Array] | None = None) -> Points:
        """Return points at best values and the shown choice, changed where ``overrides`` says."""
        changed = {path: np.asarray(x, float) for path, x in (overrides or {}).items()}
        return points_at(self.scenario, self.inputs, [self.choices[self.shown]], changed)

    def answers(self, stop: str, mode: Mode, points: Points) -> Answers:
        """Return the answers of one stop policy at points."""
        return answer(points, stop, mode)

    def ranges_of(
        self,
        stop: str,
        mode: Mode,
        n_references: float | None = None,
        few: bool = False,
        hold: tuple[str, ...] = (),
        set_to: tuple[tuple[str, float], ...] = (),
    ) -> dict[str, Envelope]:
        """Return ranges of the outputs of one stop policy at one gallery size.

        Parameters
        ----------
        stop : str
            Name of the stop policy.
        mode : Mode
            How FPIR moves with gallery size.
        n_references : float, optional
            Gallery size; the scenario's own if not given.
        few : bool
            Only the outputs that need no rule, for pictures over many gallery sizes.
        hold : tuple of str
            Inputs held at their best value: `THRESHOLD` where the threshold is an axis, `AGENCY_KNOWS` for what
            publishing would buy; at other stop policies and sizes only the headline outputs are then climbed to.
        set_to : tuple of (str, float)
            Inputs set to another value than their best, as a point on an axis.
        """
        size = self.n_references if n_references is None else n_references
        # The scenario's own size is reckoned whole wherever it is asked for, so that a page says one thing about it once.
        few = few and not (stop == self.scenario.headline_stop and size == self.n_references and not set_to)
        key = (stop, mode, size, few, hold, set_to)
        if key not in self._known:
            # Other stop policies and sizes are shown by wrong hits and their share alone; only those are worth the climb.
            whole = self.scenario.purpose == "verify" or not few
            self._known[key] = explore(
                lambda points: self.outputs(stop, mode, points, few),
                self.scenario,
                self.read_by(stop, () if few else self.rules),
                self.choices,
                self.shown,
                fixed={N_PATH: size, **{path: self.inputs[path].value for path in hold}, **dict(set_to)},
                climb=None if whole else ("wrong", "share_wrong"),
                thorough=not hold and not set_to,
            )
        return self._known[key]

    def read_by(self, stop: str, rules: Collection[str]) -> dict[str, Quantity]:
        """Return all inputs, with those that one stop policy under some rules cannot read held at their best value."""
        cells = {part for cell in strata(self.scenario, stop) for part in (cell.status, cell.origin.value)}
        read = {"stops": {stop}, "rules": set(rules), "statuses": cells, "card": {"group"}}
        of_rules = self._read_by_rules(rules)

        def is_read(path: str) -> bool:
            head, name = path.split(".")[:2]
            if head == "card":
                return path.split(".")[2] in cells
            if head in SIMULATED:
                return path in of_rules
            return head not in ("use", "claim") and (head not in read or name in read[head])

        return self._holding(is_read)

    def _holding(self, is_read: Callable[[str], bool]) -> dict[str, Quantity]:
        """Return all inputs, with those that are not read held at their best value."""
        return {path: q if is_read(path) else q.held() for path, q in self.inputs.items()}

    def outputs(self, stop: str, mode: Mode, points: Points, few: bool = False) -> dict[str, Array]:
        """Return named outputs at points, counts per ``use.people`` photographed, each of shape (P,)."""
        answers = self.answers(stop, mode, points)
        people = float(self.scenario.use.people)
        part = answers.part

        def count(x: Array) -> Array:
            return people * np.asarray((part * x).sum(axis=1), float)

        wrong, hits = count(answers.wrong), count(answers.hit)
        out = {"hits": hits, "wrong": wrong, "share_wrong": _share(wrong, hits), "no_hit": count(answers.no_hit)}
        out["no_hit_enrolled"] = count(answers.no_hit_enrolled)
        if few:
            return out
        not_enrolled = answers.wrong_not_enrolled + answers.twin_not_enrolled
        twin = answers.twin_enrolled + answers.twin_not_enrolled
        out |= {
            "right": count(answers.right),
            "wrong_enrolled": count(answers.wrong_enrolled + answers.twin_enrolled),
            "wrong_not_enrolled": count(not_enrolled),
            "wrong_twin": count(twin),
            "wrong_stranger": count(answers.wrong_enrolled + answers.wrong_not_enrolled),
            "enrolled": count(answers.enrolled),
            "no_hit_not_enrolled": count(answers.no_hit_not_enrolled),
        }
        out |= self._by_status(stop, answers, people)
        for rule in self.rules:
            outcomes = apply_rule(points, stop, answers, rule)
            named = {
                "wrong_person": outcomes.wrong_person,
                "wrong_record": outcomes.wrong_record,
                "not_verified": outcomes.not_verified,
                "disbelieved_document": outcomes.disbelieved_document,
                "supported": outcomes.supported,
            }
            out |= {f"{rule}.{name}": count(x) for name, x in named.items()}
        return out

    def _by_status(self, stop: str, answers: Answers, people: float) -> dict[str, Array]:
        """Count by status: of the people photographed, and wrong hits per so many of that status."""
        cells = strata(self.scenario, stop)
        out = {}
        for status in dict.fromkeys(cell.status for cell in cells):
            mine = np.array([cell.status == status for cell in cells])
            size = (answers.part * mine).sum(axis=1)
            wrong = (answers.part * answers.wrong * mine).sum(axis=1)
            out[f"status.{status}.people"] = people * size
            out[f"status.{status}.right"] = people * (answers.part * answers.right * mine).sum(axis=1)
            out[f"status.{status}.wrong_per_people"] = people * _share(wrong, size)
        return out

    def group_rates(self, mode: Mode, hold: tuple[str, ...] = ()) -> dict[tuple[str, str], Envelope]:
        """Return non-mated searches with a candidate by probe group, per ``use.people`` searches."""
        people = float(self.scenario.use.people)
        groups = {group_path(*group) for group in GROUPS}

        def by_group(points: Points) -> dict[str, Array]:
            fpir = expected_search(points, mode).fpir
            return {f"{o.value}.{s.value}": people * fpir[:, g] for g, (o, s) in enumerate(GROUPS)}

        found = explore(
            by_group,
            self.scenario,
            self._holding(lambda p: p in groups or p.split(".")[0] in ("gallery", "threshold", "capture")),
            self.choices,
            self.shown,
            fixed={N_PATH: self.n_references, **{path: self.inputs[path].value for path in hold}},
        )
        return {(o.value, s.value): found[f"{o.value}.{s.value}"] for o, s in GROUPS}

    def group_ratios(self) -> tuple[float, float]:
        """Return the smallest and largest ratio of highest to lowest tested group over the cards with group rows."""
        ratios = []
        for card in {choice.card.name: choice.card for choice in self.choices}.values():
            tested = [f.ratio.value for f in card.group_factors().values() if f.tested and not f.caveats]
            if tested and min(tested) > 0:
                ratios.append(max(tested) / min(tested))
        return (min(ratios), max(ratios)) if ratios else (math.nan, math.nan)

    @property
    def measured(self) -> Measurement | None:
        """What the shown card was measured on, if its user measured it and no test published it."""
        return self.choices[self.shown].card.measured

    def threshold(self, mode: Mode, points: Points | None = None) -> float:
        """Return the threshold in decades at the first of the points (best values if none are given)."""
        return float(threshold_decades(points or self.best(), mode)[0])

    def estimate(
        self,
        r: Envelope,
        kind: Doubt,
        unit: str,
        mode: Mode,
        group: str = "all",
        caveats: tuple[str, ...] = (),
        n_references: float | None = None,
        n: float | None = None,
        counted: tuple[Counted, ...] = SEARCH,
        cell: str = "",
    ) -> Estimate:
        """Dress one range as an Estimate; ``counted`` is what it rests on, ``cell`` a group that tests tell apart."""
        size = self.n_references if n_references is None else n_references
        low, high = (r.input_low, r.input_high) if kind is Doubt.INPUT else (r.model_low, r.model_high)
        return Estimate(
            value=r.value,
            low=low,
            high=high,
            unit=unit,
            kind=kind,
            method=f"closed form; {'envelope over inputs' if kind is Doubt.INPUT else 'range over model choices'}",
            n=float(self.scenario.use.people) if n is None else n,
            conditions=self.conditions(mode, size, group),
            distance=self.distance(mode, size, counted, cell or ("" if group == "all" else group)),
            caveats=tuple(dict.fromkeys((*self.caveats(size), *caveats))),
        )

    def conditions(self, mode: Mode, n_references: float, group: str = "all") -> Conditions:
        """Return what a rate at this gallery size is conditional on."""
        people = n_references / min(self.scenario.gallery.images_per_person.value, n_references)
        return Conditions(
            n_references=round(n_references),
            n_enrolled=round(people),
            threshold=self._operating(mode, n_references)[0],
            image_kind=self.scenario.algorithm.probe_image.value,
            probe_group=group,
            gallery=self.scenario.gallery.title,
            mode=mode.value,
        ).require_rate()

    def distance(
        self, mode: Mode, n: float | None = None, counted: tuple[Counted, ...] = SEARCH, group: str = "", age: str = ""
    ) -> Distance:
        """Return the distance from the nearest published test, or from where the card was measured."""
        size = self.n_references if n is None else n
        card, fpir = self.choices[self.shown].card, self._operating(mode, size)[1]
        return of_scenario(self.scenario, card, size, fpir, counted, group, age)

    def _operating(self, mode: Mode, n_references: float) -> tuple[float, float]:
        """Return the threshold in decades at a gallery size, and the base population's FPIR there."""
        if (mode, n_references) not in self._thresholds:
            points = self.best({N_PATH: [n_references]})
            at = self.threshold(mode, points)
            self._thresholds[mode, n_references] = at, fpir_at(at, points)
        return self._thresholds[mode, n_references]

    def caveats(self, n_references: float) -> tuple[str, ...]:
        """Return the caveats that every rate of this scenario carries."""
        scenario = self.scenario
        origin = "algorithm_version_unknown" if self.measured is None else "measured_card"
        known = Aspect.OPERATOR not in self.distance(self.modes[0], n_references).untested
        codes = [*([] if known else ["operator_untested"]), "independence", origin]
        if n_references > LARGEST_TESTED:
            codes = ["beyond_tested_n", *codes, "one_growth_step", "search_may_break"]
        if len(self.modes) > 1:
            codes.insert(0, "mode_undecided")
        if scenario.algorithm.probe_image is ImageKind.STREET:
            codes += ["image_kind_untested", "tail_shift_assumed"]
        if scenario.capture.heterogeneity_k.swept:
            codes.append("heterogeneity_unknown")
        return tuple(codes)


def reckoner(scenario: Scenario) -> Reckoner:
    """Load the cards of a scenario and lay out its model choices.

    Parameters
    ----------
    scenario : Scenario
        Resolved.

    Raises
    ------
    UnknownName
        If a card name or pattern matches nothing.
    """
    cards = [load_card(name) for name in match(scenario.algorithm.cards)]
    k = scenario.capture.heterogeneity_k
    choices = tuple(
        ModelChoice(card, kind, form, shape)
        for card in cards
        for kind in scenario.algorithm.image_kinds
        for form in FORMS
        for shape in dict.fromkeys((k.value, k.low, k.high))
    )
    return Reckoner(scenario, choices, _middle(scenario, choices))


def _middle(scenario: Scenario, choices: tuple[ModelChoice, ...]) -> int:
    """Return the choice in the middle by misses, among those at the best heterogeneity and the first growth form.

    Which version is fielded is unknown, so the one shown is neither the best nor the worst.
    """
    candidates = [
        i
        for i, choice in enumerate(choices)
        if choice.form == FORMS[0] and choice.heterogeneity_k == scenario.capture.heterogeneity_k.value
    ]
    # A version whose group rates NIST printed says more than one whose groups must be borrowed from other vendors.
    own = [i for i in candidates if "group_other_algorithms" not in _group_caveats(choices[i])]
    candidates = own or candidates
    misses = []
    for i in candidates:
        points = points_at(scenario, quantities_of(scenario, choices[i]), [choices[i]])
        threshold = threshold_decades(points, scenario.threshold.scaling[0])
        misses.append(float(fnmr(threshold, points)[0]))
    return candidates[int(np.argsort(misses, kind="stable")[len(misses) // 2])]


def _group_caveats(choice: ModelChoice) -> set[str]:
    return {code for factor in choice.card.group_factors().values() for code in factor.caveats}


def _share(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def shown_point(reckoner: Reckoner, overrides: Mapping[str, Sequence[float]] | None = None) -> Points:
    """Return one point with every input of the scenario at its best value, under the model choice that is shown.

    Parameters
    ----------
    reckoner : Reckoner
        Gives scenario and choice.
    overrides : mapping of str to sequence of float, optional
        Inputs at another value, each a sequence of one.
    """
    choice = reckoner.choices[reckoner.shown]
    return points_at(reckoner.scenario, quantities_of(reckoner.scenario, choice), [choice], overrides)
