"""A scenario: what the engines read, frozen and complete, each number with its unit and limits.

The form that people write (`misid.scenario.form`) is derived from these types: the same fields, every one of them
optional, filled by `misid.scenario.load`.

To add a number: declare it here, with its limits, its description and the value at which it does nothing (`Default`),
so that a file that names no template need not give it.  What it is where a template is named stands in
``templates/*.yaml``, with its range and source; docs/scenario.md follows by ``make docs``.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, Strict
from pydantic_core import PydanticCustomError, core_schema

from misid.algorithm import DIGEST
from misid.quantities import Grade, Quantity
from misid.vocabulary import Age, ImageKind, Lapse, Manner, Origin, Sex
from misid.vocabulary.brief import brief
from misid.vocabulary.tested import Operator

SCHEMA = "misid/scenario/2"
Scans = Literal["everyone", "unless_declined", "adults", "nobody"]
# The blocks of a scenario whose quantities the closed form does not read.
SIMULATED = ("together", "photos", "records", "checks", "kept", "configurations")

YesNo = Annotated[bool, Strict()]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
RuleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}(\+[a-z][a-z0-9_]{0,39}){0,4}$")]
PROSE = 600  # characters
Text = Annotated[str, Field(min_length=1, max_length=PROSE)]


@dataclass(frozen=True)
class Bound:
    """Unit of a quantity, and the limits of its value, low and high; checks either form of it."""

    unit: str
    lowest: float
    highest: float

    def check(self, quantity: Any) -> Any:
        """Return the quantity, or refuse another unit or what lies outside the limits."""
        if quantity.unit not in (None, self.unit):
            raise PydanticCustomError(
                "other_unit", "unit is {named}", {"named": repr(quantity.unit), "unit": self.unit}
            )
        given = {name: getattr(quantity, name) for name in ("value", "low", "high")}
        outside = [
            f"{name} {plain_number(x)}"
            for name, x in given.items()
            if x is not None and not (math.isfinite(x) and self.lowest <= x <= self.highest)
        ]
        if outside:
            limits = f"{plain_number(self.lowest)} to {plain_number(self.highest)}"
            raise PydanticCustomError(
                "out_of_range",
                "{outside} not within {limits} ({unit})",
                {"outside": ", ".join(outside), "limits": limits, "unit": self.unit},
            )
        return quantity

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))


@dataclass(frozen=True, eq=False)
class Default:
    """What a field gets where neither the file nor its template gives it, as a person would write it."""

    value: Any


def idle(value: float, source: str = "none") -> Default:
    """Return the default of a quantity that does nothing at a value."""
    return Default({"value": value, "source": source})


def plain_number(x: float) -> str:
    """Return a number as a person would write it, every digit that matters kept."""
    return f"{int(x):,}" if abs(x) < 1e16 and float(x).is_integer() else repr(x)


Probability = Annotated[Quantity, Bound("probability", 0.0, 1.0)]
# A threshold that nothing reaches, or everything, is none; and log and odds of the rate must stay finite.
Fpir = Annotated[Quantity, Bound("probability", 1e-12, 0.999999)]
Share = Annotated[Quantity, Bound("share", 0.0, 1.0)]
Decades = Annotated[Quantity, Bound("decades", -3.0, 5.0)]
References = Annotated[Quantity, Bound("references", 1.0, 1e11)]
ImagesPerPerson = Annotated[Quantity, Bound("images per person", 1.0, 1000.0)]
SearchesPerYear = Annotated[Quantity, Bound("searches a year", 0.0, 1e12)]
Years = Annotated[Quantity, Bound("years", 0.0, 150.0)]
Ratio = Annotated[Quantity, Bound("ratio", 1.0, 1e6)]
RowFactor = Annotated[Quantity, Bound("row factor", 0.001, 1000.0)]
PerPerson = Annotated[Quantity, Bound("per person", 0.0, 20.0)]
PeopleTogether = Annotated[Quantity, Bound("people", 2.0, 30.0)]
Tries = Annotated[Quantity, Bound("photos", 1.0, 10.0)]
LookAlike = Annotated[Quantity, Bound("exponent", 0.0, 0.9)]
Shift = Annotated[Quantity, Bound("standard deviations", -5.0, 5.0)]
ScansPerPerson = Annotated[Quantity, Bound("photos per person", 1.0, 1000.0)]
PerYear = Annotated[Quantity, Bound("times a year", 0.0, 366.0)]
Factor = Annotated[Quantity, Bound("factor", 1e-6, 1e6)]
Heterogeneity = Annotated[Quantity, Bound("shape of the gamma law", 0.01, 1e9)]


class ScenarioBlock(BaseModel):
    """A mapping of fields: frozen, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    __repr__ = brief


class Algorithm(ScenarioBlock):
    """Which algorithms stand in for the fielded one."""

    cards: tuple[str, ...] = Field(
        min_length=1, description="Names or patterns of cards, or card files; the fielded version is unknown."
    )
    image_kinds: tuple[ImageKind, ...] = Field(
        min_length=1, description="Tested image kinds that stand in for the probe."
    )
    probe_image: ImageKind = Field(description="What the probe really is.")
    lapse: Annotated[Lapse, Default("as tested")] = Field(description="Time between reference and probe.")


class OriginShare(ScenarioBlock):
    """One origin's part of the gallery."""

    share: Share = Field(description="Share of the gallery's references.")
    adverse: Share = Field(description="Share of these references whose record calls for an action.")


class Gallery(ScenarioBlock):
    """What is searched."""

    title: Annotated[Text, Default("the gallery of this scenario")] = Field(description="What is searched, in words.")
    n_references: References = Field(description="Stored images searched.")
    images_per_person: Annotated[ImagesPerPerson, idle(1, "one image each")] = Field(
        description="References per enrolled person."
    )
    image_correlation: Annotated[Share, idle(0)] = Field(
        description="0: a person's images act as independent comparisons; 1: as copies of one."
    )
    passport_photos_searched: Annotated[Share, idle(1, "as `enrolled` is given")] = Field(
        description="1 if passport photos are searched, 0 if not."
    )
    homogeneity: Annotated[Ratio, idle(1)] = Field(
        description="How much likelier a same-origin pair matches than a mixed pair."
    )
    mix: dict[Origin, OriginShare] = Field(
        min_length=1, description="Who is in the gallery.", json_schema_extra={"merge": "replace"}
    )


class TestedRate(ScenarioBlock):
    """An FPIR that a test printed, with its conditions."""

    fpir: Fpir = Field(description="FPIR at the threshold, in the test.")
    n_references: References = Field(description="Gallery size of the test.")
    image_kind: ImageKind = Field(description="Image kind of the test's probes.")
    population_factor: Annotated[RowFactor, idle(1, "an equal mix of the tested cells")] = Field(
        description="Row factor of the people of the test; 1 is an equal mix of the eight tested cells."
    )
    gallery: Literal["kept", "set_anew"] = Field(
        description="kept: the test's threshold is used at this gallery; set_anew: it was set for the same FPIR here."
    )


class Count(ScenarioBlock):
    """False alerts that a deployment or test counted at one vendor score."""

    title: Text = Field(description="Where and when.")
    faces: Annotated[int, Strict(), Field(ge=1, le=10**13)] = Field(description="Faces searched, not people.")
    list_size: References = Field(description="References on the list; its range where it was not published.")
    false_alerts: Annotated[int, Strict(), Field(ge=0)] = Field(description="Alerts on somebody who is not listed.")
    source: Text = Field(description="Who says so and where.")
    grade: Annotated[Grade, Default(Grade.D)] = Field(description="Of the counts.")


class VendorScore(ScenarioBlock):
    """A threshold on a vendor's own score scale, and what was counted at it."""

    scale: Annotated[str, Field(min_length=1, max_length=100)] = Field(
        description="Product and score scale: NEC NeoFace."
    )
    score: float = Field(description="The threshold on that scale.", allow_inf_nan=False)
    counts: Annotated[tuple[Count, ...], Default(())] = Field(
        description="What was counted at this score; the rows that misid knows if left out."
    )


class OperatingPoint(ScenarioBlock):
    """What is known of one threshold: one of field_fpir, test and vendor; nothing if it is unknown."""

    title: Annotated[Text, Default("the threshold of this scenario")] = Field(description="In words.")
    field_fpir: Probability | None = Field(
        default=None,
        description="phi: share of distinct strangers without a relative in the gallery, searched once with a usable "
        "photo, for whom a candidate reaches the threshold.",
    )
    mix: Name | None = Field(
        default=None,
        description="The stop policy whose strangers phi is of, the headline's if left out; or whom a vendor score's "
        "counts are of, an equal mix of the tested groups if left out.",
    )
    test: TestedRate | None = Field(default=None, description="The FPIR of a test.")
    vendor: VendorScore | None = Field(default=None, description="A vendor score with counts that calibrate it.")

    @property
    def known(self) -> str:
        """Which of the three is given; empty if the threshold is unknown."""
        return next((name for name in ("field_fpir", "test", "vendor") if getattr(self, name) is not None), "")


class Threshold(OperatingPoint):
    """The operating point; where nobody knows it, the points at which the answers are shown instead."""

    moved_by: Annotated[Literal["threshold", "photos"], Default("threshold")] = Field(
        description="What moves phi: the threshold (misses follow the card's curve) or photos (misses by image kind)."
    )
    points: Annotated[dict[Name, OperatingPoint], Default({})] = Field(
        description="Points to show where the threshold is unknown.", json_schema_extra={"merge": "replace"}
    )


class Capture(ScenarioBlock):
    """From the person to a searchable image."""

    failure_to_acquire: Annotated[Probability, idle(0)] = Field(description="Share of photos that give no template.")
    tail_shift_decades: Annotated[Decades, idle(0)] = Field(
        description="How many decades likelier a non-mated score reaches a test's threshold on the probe's image kind."
    )
    heterogeneity_k: Annotated[Heterogeneity, idle(1e9)] = Field(
        description="Shape of the gamma law of probes' propensity; large is none, small means few people draw most."
    )
    second_photo_correlation: Annotated[Share, idle(1, "a second photo changes nothing")] = Field(
        description="0: a second photo is a fresh try; 1: the same result again."
    )


class CandidateList(ScenarioBlock):
    """How many candidates are shown, and the person who picks one of them or none, from the best downwards."""

    most: Annotated[int, Strict(), Field(ge=1, le=1000), Default(1)] = Field(description="Candidates shown at most: K.")
    floor: Annotated[YesNo, Default(True)] = Field(
        description="true: only candidates at or above the threshold; false: the best K, whatever their scores."
    )
    picks_mate: Annotated[Probability, idle(1, "the first candidate is taken")] = Field(
        description="P(the person accepts the right candidate when they come to it)."
    )
    picks_stranger: Annotated[Probability, idle(1, "the first candidate is taken")] = Field(
        description="P(the person accepts a stranger as alike as the best one that such a search returns)."
    )
    lookalike_strength: Annotated[LookAlike, idle(0)] = Field(
        description="0: every stranger is accepted alike; more: likelier the more alike, by this power of rarity."
    )


class AfterNoHit(ScenarioBlock):
    """What follows a face search without a hit: fingerprints against another database, or nothing."""

    title: Annotated[Text, Default("nothing")] = Field(description="What follows, in words.")
    fingerprinted: Annotated[Share, idle(0)] = Field(
        description="Share of the people without a face hit whose fingerprints are taken and searched."
    )
    match: Annotated[Probability, idle(1, "never missed")] = Field(
        description="P(own record comes up | fingerprints on file)."
    )
    false_match: Annotated[Probability, idle(0)] = Field(
        description="P(another person's record comes up | own does not)."
    )


class Kin(ScenarioBlock):
    """Relatives in the gallery, of the person's own sex."""

    identical_twin_share: Annotated[Share, idle(0)] = Field(description="Share of people with a living identical twin.")
    identical_twin_match: Annotated[Probability, idle(0)] = Field(
        description="P(that twin scores at or above the threshold)."
    )
    fraternal_twin_share: Annotated[Share, idle(0)] = Field(
        description="Share of people with a living fraternal twin of their own sex."
    )
    fraternal_twin_match: Annotated[Probability, idle(0)] = Field(
        description="P(that twin scores at or above the threshold)."
    )
    siblings: Annotated[PerPerson, idle(0)] = Field(
        description="Mean number of living full siblings of the person's own sex."
    )
    sibling_match: Annotated[Probability, idle(0)] = Field(description="P(a sibling scores at or above the threshold).")
    relative_outranks: Annotated[Probability, idle(0)] = Field(
        description="P(a relative who matches comes up above the person's own matching reference)."
    )
    enrolled_together: Annotated[Share, idle(0)] = Field(
        description="0: relatives are enrolled independently; 1: whenever the person is, as far as their shares allow."
    )


class StatusClass(ScenarioBlock):
    """People of one status: the truth, their records, and what they can show."""

    title: Text = Field(description="Who they are, in words.")
    action_supported: YesNo = Field(description="Whether the person's own correct record supports the action.")
    citizen: Annotated[YesNo, Default(False)] = Field(description="Whether they are citizens; counted in what is kept.")
    enrolled: dict[Age, Share] = Field(min_length=1, description="Share in the gallery, with all that is searched.")
    enrolled_without_passports: Annotated[dict[Age, Share], Default({})] = Field(
        description="Share in the gallery if passport photos are not searched; `enrolled` for an age left out."
    )
    record_error: dict[Age, Probability] = Field(
        min_length=1,
        description="s: P(the own record calls for the opposite of what the true status supports).",
    )
    shows_document: Annotated[Probability, idle(0)] = Field(
        description="P(shows a genuine document of the right status | not photographed for showing none)."
    )
    fingerprints: Annotated[Share, idle(0, "none on file")] = Field(
        description="Share whose fingerprints are on file where people without a face hit are searched next."
    )

    @property
    def adults_error(self) -> Quantity:
        """Record error of adults; of the first age that is given where adults' is not."""
        return self.record_error.get(Age.ADULT) or next(iter(self.record_error.values()))


class PeopleBlock(ScenarioBlock):
    """A part of those stopped; inside it origin, sex, age and status are independent."""

    share: Share = Field(description="This block's part of those stopped.")
    origin: dict[Origin, Share] = Field(min_length=1, description="Part of the block with this origin.")
    sex: dict[Sex, Share] = Field(min_length=1, description="Part of the block of this sex.")
    age: dict[Age, Share] = Field(min_length=1, description="Part of the block of this age.")
    status: dict[Name, Share] = Field(min_length=1, description="Part of the block with this status.")


class Stop(ScenarioBlock):
    """A stop policy: who is photographed."""

    title: Text = Field(description="Completes '10,000 people …': stopped at random, walking past the camera.")
    for_no_document: Annotated[Share, idle(0, "papers play no part")] = Field(
        description="Share of those photographed who are photographed because they show no document."
    )
    blocks: tuple[PeopleBlock, ...] = Field(min_length=1)


class Rule(ScenarioBlock):
    """What a hit leads to."""

    title: Text = Field(description="The rule in words: the hit is final.")
    wrong_person_passes: Probability = Field(description="P(a wrong hit survives the checks of this rule).")
    wrong_record_passes: Probability = Field(description="P(a right hit on a wrong record survives them).")
    right_hit_passes: Probability = Field(description="P(a right hit on a right record survives them).")
    document_believed: Probability = Field(
        description="P(a genuine document that contradicts the hit stops the action)."
    )
    no_hit_action: Probability = Field(description="P(a search without a hit, or no search, leads to the action).")
    scans: Annotated[Scans, Default("everyone")] = Field(
        description="Who is photographed: everyone, unless_declined, adults (by their looks), nobody."
    )
    claimed_identity_first: Annotated[YesNo, Default(False)] = Field(
        description="Compare with the record of the name that is given first, and search only if that fails."
    )
    response: Annotated[Literal["record", "code"], Default("record")] = Field(
        description="What the officer is shown of a hit."
    )
    readers: Annotated[int, Strict(), Field(ge=0, le=2), Default(1)] = Field(
        description="People who must agree that the faces match; the pass rates above are of all of them together."
    )


class Use(ScenarioBlock):
    """How much it is used, and what is kept."""

    people: Annotated[int, Strict(), Field(ge=100, le=10_000_000), Default(10_000)] = Field(
        description="Counts are given per so many people."
    )
    searches_per_year: SearchesPerYear = Field(description="Photos searched a year.")
    years_running: Years = Field(description="Years since use began.")
    retention_years: Years = Field(description="Years that each photo is kept.")


class Claim(ScenarioBlock):
    """What the operator says of its accuracy."""

    text: Text = Field(description="The claim as it was made.")
    accuracy: Probability = Field(description="The share it names.")
    of: Annotated[Literal["hits", "people"], Default("hits")] = Field(
        description="hits: share of those named who are named rightly; people: share of all who are not named wrongly."
    )


# Blocks that only the simulation of single people reads.  Each number has a value at which it does nothing, so that
# turning all of them off recovers the closed form.


class Together(ScenarioBlock):
    """People who are stopped together and share their fate."""

    household_share: Annotated[Share, idle(0)] = Field(
        description="Part of those photographed who are stopped with their household."
    )
    household_size: Annotated[PeopleTogether, idle(2)] = Field(description="Mean number of people stopped so.")
    workplace_share: Annotated[Share, idle(0)] = Field(
        description="Part of those photographed who are stopped at work."
    )
    workplace_size: Annotated[PeopleTogether, idle(2)] = Field(description="Mean number of people stopped so.")
    shared_fate: Annotated[Share, idle(0)] = Field(
        description="P(a member of a household copies its status, enrolment and record), each by itself."
    )


class Photos(ScenarioBlock):
    """From the person to the searched image, photo by photo."""

    poor_share: Annotated[Share, idle(0)] = Field(description="Share of photos of poor quality.")
    poor_mated_loss_decades: Annotated[Decades, idle(0)] = Field(
        description="How many decades a poor photo lowers the mated score."
    )
    poor_chance_gain_decades: Annotated[Decades, idle(0)] = Field(
        description="How many decades likelier a non-mated score reaches the threshold on a poor photo."
    )
    bystander_share: Annotated[Share, idle(0)] = Field(
        description="Share of photos in which the app searches another face in the picture."
    )
    attempts: Annotated[Tries, idle(1, "one photo")] = Field(description="Photos taken until one gives a hit.")
    best_of_images: Annotated[Share, idle(0)] = Field(
        description="0: one image of each person counts, as in the tests; 1: the best of all, as if independent."
    )
    reference_heterogeneity_k: Annotated[Heterogeneity, idle(1e9)] = Field(
        description="Shape of the gamma law of references' propensity to draw wrong hits."
    )
    manner: Annotated[dict[Manner, Share], Default({"asked": 0, "told": 0, "not_asked": 1})] = Field(
        min_length=1, description="How people are photographed.", json_schema_extra={"merge": "replace"}
    )
    declines: Annotated[Probability, idle(0)] = Field(description="P(a person who may decline does so).")
    child_seen_as_child: Annotated[Probability, idle(0)] = Field(
        description="P(a person under 18 is taken to be under 18)."
    )
    adult_seen_as_child: Annotated[Probability, idle(0)] = Field(description="P(an adult is taken to be under 18).")


class Database(ScenarioBlock):
    """One database behind the answer."""

    title: Text = Field(description="Which, in words.")
    precedence: Annotated[int, Strict(), Field(ge=1, le=99)] = Field(
        description="The lowest number that holds a record of the person answers."
    )
    covers: Annotated[dict[Name, Share], Default({})] = Field(
        description="Share of the enrolled people of a status of whom it holds a record.",
        json_schema_extra={"merge": "replace"},
    )
    covers_others: Share = Field(description="The same for a status that is not named.")
    delay_years: Years = Field(
        description="How late a change of status reaches it; stale records are proportional to it."
    )


class Records(ScenarioBlock):
    """What is seen of a person: records, right or wrong."""

    reported: Annotated[Text, Default("One database.")] = Field(description="What is said of the databases, in words.")
    databases: Annotated[
        dict[Name, Database],
        Default({"records": {"title": "the records", "precedence": 1, "covers_others": 1, "delay_years": 0}}),
    ] = Field(min_length=1, json_schema_extra={"merge": "replace"})
    linked_to_another: Annotated[Share, idle(0)] = Field(
        description="Part of the wrong records that belong to somebody else: the face was linked to another record."
    )
    entered_wrongly: Annotated[Share, idle(0)] = Field(
        description="Part of the wrong records whose status was entered wrongly; the rest is stale."
    )
    wrong_name: Annotated[Probability, idle(0)] = Field(description="P(the name in the record is not the person's).")
    wrong_birth_date: Annotated[Probability, idle(0)] = Field(
        description="P(the birth date in the record is not the person's)."
    )
    wrong_nationality: Annotated[Probability, idle(0)] = Field(
        description="P(the nationality in the record is not the person's)."
    )
    second_record: Annotated[Share, idle(0)] = Field(
        description="Share of enrolled people who have a second record under another number."
    )


class Checks(ScenarioBlock):
    """People who look at a hit, and the one-to-one comparison before a search."""

    reader_correlation: Annotated[Share, idle(0)] = Field(
        description="Correlation of the impressions of two readers of one pair of faces."
    )
    label_shift: Annotated[Shift, idle(0)] = Field(
        description="How far the machine's answer moves a reader's criterion, beyond what the pass rates hold already."
    )
    pressure: Annotated[Shift, idle(0)] = Field(description="How far a quota moves a reader's criterion.")
    shown_if_carried: Annotated[Probability, idle(1, "always")] = Field(
        description="P(a person who carries a document of the right status gets to show it)."
    )
    true_name_given: Annotated[Probability, idle(1, "always")] = Field(
        description="P(a person gives the name under which they are recorded)."
    )
    one_to_one_decades: Annotated[
        Decades, idle(4, "FMR 0.0001, the usual setting of one-to-one comparisons in NIST's tests")
    ] = Field(description="Threshold of the one-to-one comparison, in decades.")


class Kept(ScenarioBlock):
    """What is done with photos that are kept."""

    photos_per_person: Annotated[ScansPerPerson, idle(1, "one each")] = Field(
        description="Mean number of photos of one person over the years."
    )
    enter_gallery: Annotated[Share, idle(0)] = Field(
        description="Share of the kept photos that are searched against later."
    )
    searched_again: Annotated[PerYear, idle(0)] = Field(
        description="How often a year each kept photo is searched again."
    )


class Configuration(ScenarioBlock):
    """A setting of the system, apart from the rule."""

    title: Text = Field(description="In words.")
    fpir_factor: Annotated[Factor, idle(1, "a choice, no measurement")] = Field(
        description="The threshold is set for phi times this."
    )
    hotlist_only: Annotated[YesNo, Default(False)] = Field(
        description="Search only the records that call for an action."
    )
    delete_no_match: Annotated[YesNo, Default(False)] = Field(description="Photos without a hit are deleted at once.")


CONFIGURATIONS = {
    "as_given": {"title": "as the scenario gives it"},
    "tenth_of_fpir": {
        "title": "threshold set for a tenth of the FPIR",
        "fpir_factor": {"value": 0.1, "source": "a choice, no measurement"},
    },
    "hotlist_only": {"title": "only records that call for an action are searched", "hotlist_only": True},
    "delete_no_match": {"title": "photos without a hit are deleted at once", "delete_no_match": True},
}


class Scenario(ScenarioBlock):
    """A complete scenario."""

    schema_: Literal["misid/scenario/2"] = Field(alias="schema", description="Version of this form.")
    template: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,39})?$"), Default("")] = Field(
        description="Which template fills what is left out; none if the file gives everything."
    )
    supplied: Annotated[tuple[Text, ...], Default(())] = Field(
        description="Paths that the template supplied; written by misid."
    )
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")] = Field(
        description="Short name; the file's own if left out."
    )
    title: Text = Field(description="What is simulated, in a line.")
    summary: Annotated[Text, Default("A scenario of your own.")] = Field(
        description="What is simulated, in a few lines."
    )
    purpose: Annotated[Literal["identify", "verify"], Default("identify")] = Field(
        description="verify: the person claims to be one reference's owner."
    )
    action: Annotated[Text, Default("a step that rests on the answer")] = Field(
        description="What an action is, in words."
    )
    entitled: Annotated[Text, Default("with nothing against them")] = Field(
        description="Completes '10,000 people …' of those whom the action does not fit."
    )
    operator: Annotated[Operator, Default("another operator")] = Field(
        description="Who works the system; says which published tests had one like it."
    )
    algorithm: Algorithm
    gallery: Gallery
    threshold: Annotated[Threshold, Default({})]
    capture: Annotated[Capture, Default({})]
    candidates: Annotated[CandidateList, Default({})]
    after_no_hit: Annotated[AfterNoHit, Default({})]
    kin: Annotated[Kin, Default({})]
    statuses: dict[Name, StatusClass] = Field(min_length=1, json_schema_extra={"merge": "replace"})
    stops: dict[Name, Stop] = Field(min_length=1, json_schema_extra={"merge": "replace"})
    headline_stop: Name = Field(
        description="The stop policy that the first screen speaks of; may be left out where there is but one."
    )
    rules: dict[Name, Rule]
    rule: RuleName = Field(description="The rule in force, `a+b` joins two; may be left out where there is but one.")
    compare: Annotated[tuple[RuleName, ...], Default(())] = Field(
        description="Rules that the one in force is compared with; `a+b` joins two."
    )
    use: Use
    claim: Claim | None = Field(default=None, description="What the operator says of its accuracy, if anything.")
    together: Annotated[Together, Default({})]
    photos: Annotated[Photos, Default({})]
    records: Annotated[Records, Default({})]
    checks: Annotated[Checks, Default({})]
    kept: Annotated[Kept, Default({})]
    configurations: Annotated[dict[Name, Configuration], Default(CONFIGURATIONS)] = Field(min_length=1)

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def from_template(self, path: str) -> bool:
        """Whether the template supplied what stands at a dotted path, or all that it lies in."""
        return any(path == whole or path.startswith(f"{whole}.") for whole in self.supplied)

    def quantities(self) -> Mapping[str, Quantity]:
        """Return every quantity by dotted path, in the order of the form."""
        return dict(_quantities(self, ""))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return self.model_dump(mode="json", by_alias=True)

    def digest(self) -> str:
        """Return the SHA-256 of the canonical JSON; names the scenario in every result.

        A card file counts by its content, wherever it lies.
        """
        plain = self.to_json()
        cards = plain["algorithm"]["cards"]
        plain["algorithm"]["cards"] = [card[card.find(DIGEST) :] if DIGEST in card else card for card in cards]
        text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _quantities(node: Any, path: str) -> Iterator[tuple[str, Quantity]]:
    if isinstance(node, Quantity):
        yield path, node
    elif isinstance(node, BaseModel):
        for name in type(node).model_fields:
            yield from _quantities(getattr(node, name), f"{path}.{name}" if path else name)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _quantities(value, f"{path}.{key}")
    elif isinstance(node, tuple):
        for i, value in enumerate(node):
            yield from _quantities(value, f"{path}.{i}")
