"""The numbers of one world, looked up once: what the stages of the simulation read.

A world is a scenario at one point of its inputs, for one stop policy.  Making a layer perfect, or setting the threshold
elsewhere, is another point; the people, their photos and their luck stay the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from misid.population import Mix, Resemblance, Sizes
from misid.scenario import Rule, Scenario
from misid.search import Gallery, Propensity, References
from misid.twin.chain.databases import RecordNumbers
from misid.twin.expected.cells import enrolled_share
from misid.twin.expected.points import GROUPS, Array, Points
from misid.twin.expected.search import comparisons, threshold_decades
from misid.vocabulary import Age, Manner, Mode, Origin, Sex

ORIGINS = tuple(Origin)
AGES = (Age.UNDER_18, Age.ADULT)


@dataclass(frozen=True)
class PhotoNumbers:
    """From the person to the searched image; as `misid.scenario.simulated.Photos` and ``capture`` name them."""

    failure_to_acquire: float
    second_photo_correlation: float
    poor_share: float
    poor_loss: float
    poor_gain: float
    bystander_share: float
    attempts: int
    images_that_count: float
    manner: Array
    declines: float
    child_seen_as_child: float
    adult_seen_as_child: float
    true_name_given: float


@dataclass(frozen=True)
class World:
    """Everything that the stages of a simulation read.

    Parameters
    ----------
    stop : str
        Who is photographed.
    mix, sizes, kin, photos, records : numbers
        Of the stages of the same names.
    statuses : tuple of str
        Names, in the order of the codes.
    supported : ndarray of bool, shape (S,)
        Whether a person's own correct record supports the action.
    shows, carries : ndarray, shape (S,)
        P(carries a genuine document), P(shows it | carries it).
    gallery : Gallery
        Who is searched; probe groups in the order of `misid.twin.expected.points.GROUPS`.
    adverse : ndarray, shape (origins,)
        P(a stranger's record calls for an action), by the stranger's origin.
    floor, slope, location : float
        The mated curve.
    thresholds : mapping of Mode to float
        In decades on the probe's own image kind.
    one_to_one : float
        Threshold of the one-to-one comparison.
    rules : mapping of str to Rule
        The rules under which the same encounters are decided.
    numbers : mapping of str to float
        Every input by its dotted path.
    """

    stop: str
    mix: Mix
    sizes: Sizes
    kin: Resemblance
    photos: PhotoNumbers
    records: RecordNumbers
    statuses: tuple[str, ...]
    supported: np.ndarray
    carries: Array
    shows: Array
    gallery: Gallery
    propensity: Propensity
    references: References
    adverse: Array
    floor: float
    slope: float
    location: float
    thresholds: Mapping[Mode, float]
    one_to_one: float
    rules: Mapping[str, Rule]
    numbers: Mapping[str, float]


def world(scenario: Scenario, points: Points, stop: str, rules: tuple[str, ...]) -> World:
    """Look up the numbers of one world.

    Parameters
    ----------
    scenario : Scenario
        Gives the structure.
    points : Points
        One point, with every input of the scenario.
    stop : str
        Stop policy.
    rules : tuple of str
        Rules to decide under.

    Returns
    -------
    World
    """
    numbers = {path: float(x[0]) for path, x in points.values.items()}
    statuses = tuple(scenario.statuses)
    n = numbers
    supported = np.array([scenario.statuses[s].action_supported for s in statuses])
    # A genuine document of somebody whose record supports the action contradicts nothing: it is not counted as shown.
    shown = np.where(supported, 0.0, [n[f"statuses.{s}.shows_document"] for s in statuses])
    to_show = n["checks.shown_if_carried"]
    carries = np.minimum(1.0, shown / to_show) if to_show > 0 else np.where(shown > 0, 1.0, 0.0)
    return World(
        stop=stop,
        mix=_mix(scenario, points, stop, n),
        sizes=Sizes(*(n[f"together.{x}"] for x in _SIZES)),
        kin=_kin(n),
        photos=_photos(scenario, n),
        records=_records(scenario, n),
        statuses=statuses,
        supported=supported,
        carries=carries,
        shows=np.divide(shown, carries, out=np.zeros_like(shown), where=carries > 0),
        gallery=_gallery(scenario, points, n),
        propensity=Propensity(float(points.heterogeneity_k[0])),
        references=References(n["photos.reference_heterogeneity_k"]),
        adverse=np.array([n.get(f"gallery.mix.{o.value}.adverse", 0.0) for o in ORIGINS]),
        floor=float(points.floor[0]),
        slope=float(points.slope[0]),
        location=float(points.location[0]),
        thresholds={
            mode: float(threshold_decades(points, mode)[0]) - n["capture.tail_shift_decades"]
            for mode in scenario.threshold.scaling
        },
        one_to_one=n["checks.one_to_one_decades"],
        rules={name: scenario.rules[name] for name in rules},
        numbers=numbers,
    )


_SIZES = ("household_share", "household_size", "workplace_share", "workplace_size")


def _mix(scenario: Scenario, points: Points, stop: str, n: Mapping[str, float]) -> Mix:
    stem = f"stops.{stop}.blocks"
    blocks = scenario.stops[stop].blocks
    keys = {"origin": ORIGINS, "sex": tuple(Sex), "age": AGES, "status": tuple(scenario.statuses)}

    def parts(whole: str) -> Array:
        table = np.array([[n.get(f"{stem}.{i}.{whole}.{key}", 0.0) for key in keys[whole]] for i in range(len(blocks))])
        return np.asarray(table / table.sum(axis=1, keepdims=True), float)

    share = np.array([n[f"{stem}.{i}.share"] for i in range(len(blocks))])
    return Mix(
        share / share.sum(),
        parts("origin"),
        parts("sex"),
        parts("age"),
        parts("status"),
        _enrolled(scenario, points),
        n["together.shared_fate"],
    )


def _enrolled(scenario: Scenario, points: Points) -> Array:
    """Return P(in the gallery) by status and age, minors first, shape (S, 2); 0 for an age nobody asked for."""
    table = np.zeros((len(scenario.statuses), len(AGES)))
    for i, (status, who) in enumerate(scenario.statuses.items()):
        for j, age in enumerate(AGES):
            if age in who.enrolled and age in who.enrolled_without_passports:
                table[i, j] = enrolled_share(points, status, age)[0]
    return table


def _kin(n: Mapping[str, float]) -> Resemblance:
    # One reference belongs to the person or an impostor, never to a relative who happens to be enrolled.
    alone = n["gallery.n_references"] <= 1.0
    families = {name: n[f"families.{name}"] for name in _FAMILIES}
    return Resemblance(
        0.0 if alone else n["kin.identical_twin_share"],
        n["kin.identical_twin_match"],
        0.0 if alone else families["fraternal_twin_share"],
        families["fraternal_twin_match"],
        0.0 if alone else families["siblings"],
        families["sibling_match"],
        families["enrolled_together"],
        families["twin_outranks"],
    )


_FAMILIES = (
    "fraternal_twin_share",
    "fraternal_twin_match",
    "siblings",
    "sibling_match",
    "enrolled_together",
    "twin_outranks",
)


def _photos(scenario: Scenario, n: Mapping[str, float]) -> PhotoNumbers:
    images = min(n["gallery.images_per_person"], n["gallery.n_references"])
    manner = np.array([n.get(f"photos.manner.{m.value}", 0.0) for m in Manner])
    return PhotoNumbers(
        n["capture.failure_to_acquire"],
        n["capture.second_photo_correlation"],
        n["photos.poor_share"],
        n["photos.poor_mated_loss_decades"],
        n["photos.poor_chance_gain_decades"],
        n["photos.bystander_share"],
        max(1, round(n["photos.attempts"])),
        1.0 + (images - 1.0) * n["photos.best_of_images"],
        manner / manner.sum(),
        n["photos.declines"],
        n["photos.child_seen_as_child"],
        n["photos.adult_seen_as_child"],
        n["checks.true_name_given"],
    )


def _records(scenario: Scenario, n: Mapping[str, float]) -> RecordNumbers:
    error = np.array(
        [[n.get(f"statuses.{s}.record_error.{age.value}", 0.0) for age in AGES] for s in scenario.statuses]
    )
    order = sorted(scenario.records.databases, key=lambda name: scenario.records.databases[name].precedence)
    covers = np.array(
        [
            [n.get(f"records.databases.{d}.covers.{s}", n[f"records.databases.{d}.covers_others"]) for d in order]
            for s in scenario.statuses
        ]
    )
    return RecordNumbers.of(
        tuple(order),
        covers,
        np.array([n[f"records.databases.{d}.delay_years"] for d in order]),
        error,
        n["records.linked_to_another"],
        n["records.entered_wrongly"],
        np.array([n[f"records.wrong_{what}"] for what in ("name", "birth_date", "nationality")]),
        n["records.second_record"],
    )


def _gallery(scenario: Scenario, points: Points, n: Mapping[str, float]) -> Gallery:
    """Spread each probe group's row factor over the origins in the gallery: likelier within one's own."""
    mix = scenario.gallery.mix
    share = np.array([n[f"gallery.mix.{o.value}.share"] if o in mix else 0.0 for o in ORIGINS])
    share = share / share.sum()
    row = np.array([n[f"card.group.{o.value}.{s.value}"] for o, s in GROUPS]) / n["threshold.population_factor"]
    same = np.array([[o is h for h in ORIGINS] for o, _ in GROUPS])
    weight = np.where(same, n["gallery.homogeneity"], 1.0)
    factor = row[:, None] * weight / (weight @ share)[:, None]
    return Gallery(float(comparisons(points)[0]) * share, factor)
