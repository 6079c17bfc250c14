"""Blocks that only the simulation of single people reads; the closed form goes without them.

Each has a value at which it does nothing, so that turning it off recovers the closed form.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict

from misid.scenario.blocks import (
    Block,
    Decades,
    Factor,
    Heterogeneity,
    Name,
    PeopleTogether,
    PerPerson,
    PerYear,
    Probability,
    ScansPerPerson,
    Share,
    Shift,
    Text,
    Tries,
    Years,
    YesNo,
)
from misid.vocabulary import Manner

# The blocks of a scenario whose quantities the closed form does not read.
SIMULATED = ("families", "together", "photos", "records", "checks", "kept", "configurations")


class Families(Block):
    """Relatives in the gallery, beside identical twins."""

    fraternal_twin_share: Share = Field(description="Share of people with a living fraternal twin of their own sex.")
    fraternal_twin_match: Probability = Field(description="P(that twin scores at or above the threshold).")
    siblings: PerPerson = Field(description="Mean number of living full siblings of the person's own sex.")
    sibling_match: Probability = Field(description="P(a sibling scores at or above the threshold).")
    twin_outranks: Probability = Field(
        description="P(a relative who matches comes up above the person's own matching reference)."
    )
    enrolled_together: Share = Field(
        description="0: relatives are enrolled independently; 1: whenever the person is, as far as their shares allow."
    )


class Together(Block):
    """People who are stopped together and share their fate."""

    household_share: Share = Field(description="Part of those photographed who are stopped with their household.")
    household_size: PeopleTogether = Field(description="Mean number of people stopped so.")
    workplace_share: Share = Field(description="Part of those photographed who are stopped at work.")
    workplace_size: PeopleTogether = Field(description="Mean number of people stopped so.")
    shared_fate: Share = Field(
        description="P(a member of a household copies its status, enrolment and record), each by itself."
    )


class Photos(Block):
    """From the person to the searched image, photo by photo."""

    poor_share: Share = Field(description="Share of photos of poor quality.")
    poor_mated_loss_decades: Decades = Field(description="How many decades a poor photo lowers the mated score.")
    poor_chance_gain_decades: Decades = Field(
        description="How many decades likelier a non-mated score reaches the threshold on a poor photo."
    )
    bystander_share: Share = Field(description="Share of photos in which the app searches another face in the picture.")
    attempts: Tries = Field(description="Photos taken until one gives a hit.")
    best_of_images: Share = Field(
        description="0: one image of each person counts, as in the tests; 1: the best of all, as if independent."
    )
    reference_heterogeneity_k: Heterogeneity = Field(
        description="Shape of the gamma law of references' propensity to draw wrong hits."
    )
    manner: dict[Manner, Share] = Field(
        min_length=1, description="How people are photographed.", json_schema_extra={"merge": "replace"}
    )
    declines: Probability = Field(description="P(a person who may decline does so).")
    child_seen_as_child: Probability = Field(description="P(a person under 18 is taken to be under 18).")
    adult_seen_as_child: Probability = Field(description="P(an adult is taken to be under 18).")


class Database(Block):
    """One database behind the answer."""

    title: Text = Field(description="Which, in words.")
    precedence: Annotated[int, Strict(), Field(ge=1, le=99)] = Field(
        description="The lowest number that holds a record of the person answers."
    )
    covers: dict[Name, Share] = Field(
        description="Share of the enrolled people of a status of whom it holds a record.",
        json_schema_extra={"merge": "replace"},
    )
    covers_others: Share = Field(description="The same for a status that is not named.")
    delay_years: Years = Field(
        description="How late a change of status reaches it; stale records are proportional to it."
    )


class Records(Block):
    """What is seen of a person: records, right or wrong."""

    reported: Text = Field(description="What is said of the databases, in words.")
    databases: dict[Name, Database] = Field(min_length=1, json_schema_extra={"merge": "replace"})
    linked_to_another: Share = Field(
        description="Part of the wrong records that belong to somebody else: the face was linked to another record."
    )
    entered_wrongly: Share = Field(
        description="Part of the wrong records whose status was entered wrongly; the rest is stale."
    )
    wrong_name: Probability = Field(description="P(the name in the record is not the person's).")
    wrong_birth_date: Probability = Field(description="P(the birth date in the record is not the person's).")
    wrong_nationality: Probability = Field(description="P(the nationality in the record is not the person's).")
    second_record: Share = Field(description="Share of enrolled people who have a second record under another number.")


class Checks(Block):
    """People who look at a hit, and the one-to-one comparison before a search."""

    reader_correlation: Share = Field(description="Correlation of the impressions of two readers of one pair of faces.")
    label_shift: Shift = Field(
        description="How far the machine's answer moves a reader's criterion, beyond what the pass rates hold already."
    )
    pressure: Shift = Field(description="How far a quota moves a reader's criterion.")
    shown_if_carried: Probability = Field(
        description="P(a person who carries a document of the right status gets to show it)."
    )
    true_name_given: Probability = Field(description="P(a person gives the name under which they are recorded).")
    one_to_one_decades: Decades = Field(description="Threshold of the one-to-one comparison, in decades.")


class Kept(Block):
    """What is done with photos that are kept."""

    photos_per_person: ScansPerPerson = Field(description="Mean number of photos of one person over the years.")
    enter_gallery: Share = Field(description="Share of the kept photos that are searched against later.")
    searched_again: PerYear = Field(description="How often a year each kept photo is searched again.")


class Configuration(Block):
    """A setting of the system, apart from the rule."""

    title: Text = Field(description="In words.")
    fpir_factor: Factor = Field(description="The threshold is set for the scenario's FPIR times this.")
    hotlist_only: YesNo = Field(description="Search only the records that call for an action.")
    delete_no_match: YesNo = Field(description="Photos without a hit are deleted at once.")
