"""The resolved form of a scenario: frozen, complete, no optional field.

Engines read this and nothing else.  The form that people write (`misid.scenario.model`) is derived from it: the same
fields, every one of them optional, filled by `misid.scenario.resolve`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

from misid.algorithm import DIGEST
from misid.quantities import Quantity
from misid.scenario.blocks import (
    Block,
    Decades,
    Fpir,
    Heterogeneity,
    ImagesPerPerson,
    Name,
    PerDay,
    Probability,
    Ratio,
    References,
    RowFactor,
    Share,
    Text,
    Years,
    YesNo,
)
from misid.scenario.simulated import Checks, Configuration, Families, Kept, Photos, Records, Together
from misid.vocabulary import Age, ImageKind, Lapse, Mode, Origin, Sex
from misid.vocabulary.tested import Operator

SCHEMA = "misid/scenario/1"
Scans = Literal["everyone", "unless_declined", "adults", "nobody"]


class Algorithm(Block):
    """Which algorithms stand in for the fielded one."""

    cards: tuple[str, ...] = Field(
        min_length=1, description="Names or patterns of cards, or card files; the fielded version is unknown."
    )
    image_kinds: tuple[ImageKind, ...] = Field(
        min_length=1, description="Tested image kinds that stand in for the probe."
    )
    probe_image: ImageKind = Field(description="What the probe really is.")
    lapse: Lapse = Field(description="Time between reference and probe.")


class OriginShare(Block):
    """One origin's part of the gallery."""

    share: Share = Field(description="Share of the gallery's references.")
    adverse: Share = Field(description="Share of these references whose record calls for an action.")


class Gallery(Block):
    """What is searched."""

    title: Text = Field(description="What is searched, in words.")
    n_references: References = Field(description="Stored images searched.")
    images_per_person: ImagesPerPerson = Field(description="References per enrolled person.")
    image_correlation: Share = Field(
        description="0: a person's images act as independent comparisons; 1: as copies of one."
    )
    passport_photos_searched: Share = Field(description="1 if passport photos are searched, 0 if not.")
    homogeneity: Ratio = Field(description="How much likelier a same-origin pair matches than a mixed pair.")
    mix: dict[Origin, OriginShare] = Field(
        min_length=1, description="Who is in the gallery.", json_schema_extra={"merge": "replace"}
    )


class Threshold(Block):
    """The operating point: a rate with its gallery size and image kind."""

    fpir: Fpir = Field(description="FPIR the threshold was set to.")
    n_references: References = Field(description="Gallery size at which it was set.")
    image_kind: ImageKind = Field(description="Image kind at which it was set.")
    population_factor: RowFactor = Field(
        description="Row factor of the population it was set on; 1 is an equal mix of the eight tested cells."
    )
    scaling: tuple[Mode, ...] = Field(min_length=1, description="How FPIR moves with gallery size.")


class Capture(Block):
    """From the person to a searchable image."""

    failure_to_acquire: Probability = Field(description="Share of photos that give no template.")
    tail_shift_decades: Decades = Field(
        description="How many decades likelier a non-mated score reaches the fixed threshold on the probe's image kind."
    )
    heterogeneity_k: Heterogeneity = Field(
        description="Shape of the gamma law of probes' propensity; large is none, small means few people draw most."
    )
    second_photo_correlation: Share = Field(description="0: a second photo is a fresh try; 1: the same result again.")


class Kin(Block):
    """Relatives whom no threshold tells apart."""

    identical_twin_share: Share = Field(description="Share of people with a living identical twin.")
    identical_twin_match: Probability = Field(description="P(twin scores at or above the threshold).")


class StatusClass(Block):
    """People of one status: what is so, what is stored, what they can show."""

    title: Text = Field(description="Who they are, in words.")
    action_supported: YesNo = Field(description="Whether the person's own correct record supports the action.")
    citizen: YesNo = Field(description="Whether they are citizens; counted in what is kept.")
    enrolled: dict[Age, Share] = Field(
        min_length=1, description="Share in the gallery if passport photos are searched."
    )
    enrolled_without_passports: dict[Age, Share] = Field(
        min_length=1, description="Share in the gallery if they are not."
    )
    record_error: dict[Age, Probability] = Field(
        min_length=1, description="P(own record says the opposite of what is so | enrolled)."
    )
    shows_document: Probability = Field(description="P(shows a genuine document of the right status).")


class PeopleBlock(Block):
    """A part of those stopped; inside it origin, sex, age and status are independent."""

    share: Share = Field(description="This block's part of those stopped.")
    origin: dict[Origin, Share] = Field(min_length=1, description="Part of the block with this origin.")
    sex: dict[Sex, Share] = Field(min_length=1, description="Part of the block of this sex.")
    age: dict[Age, Share] = Field(min_length=1, description="Part of the block of this age.")
    status: dict[Name, Share] = Field(min_length=1, description="Part of the block with this status.")


class Stop(Block):
    """A stop policy: who is photographed."""

    title: Text = Field(description="Completes '10,000 people …': stopped at random, walking past the camera.")
    blocks: tuple[PeopleBlock, ...] = Field(min_length=1)


class Rule(Block):
    """What a hit leads to."""

    title: Text = Field(description="The rule in words: the hit is final.")
    wrong_person_passes: Probability = Field(description="P(a wrong hit survives the checks of this rule).")
    wrong_record_passes: Probability = Field(description="P(a right hit on a wrong record survives them).")
    right_hit_passes: Probability = Field(description="P(a right hit on a right record survives them).")
    document_believed: Probability = Field(
        description="P(a genuine document that contradicts the hit stops the action)."
    )
    no_hit_action: Probability = Field(description="P(a search without a hit, or no search, leads to the action).")
    scans: Scans = Field(description="Who is photographed: everyone, unless_declined, adults (by their looks), nobody.")
    claimed_identity_first: YesNo = Field(
        description="Compare with the record of the name that is given first, and search only if that fails."
    )
    response: Literal["record", "code"] = Field(description="What the officer is shown of a hit.")
    readers: Annotated[int, Strict(), Field(ge=0, le=2)] = Field(
        description="People who must agree that the faces match; the pass rates above are of all of them together."
    )


class Use(Block):
    """How much it is used, and what is kept."""

    people: Annotated[int, Strict(), Field(ge=100, le=10_000_000)] = Field(
        description="Counts are given per so many people."
    )
    scans_per_day: PerDay = Field(description="Photos taken a day.")
    years_running: Years = Field(description="Years since use began.")
    retention_years: Years = Field(description="Years that each photo is kept.")


class Claim(Block):
    """What the operator says of its accuracy."""

    text: Text = Field(description="The claim as it was made.")
    accuracy: Probability = Field(description="The share it names.")


class Scenario(Block):
    """A complete scenario."""

    schema_: Literal["misid/scenario/1"] = Field(alias="schema", description="Version of this form.")
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")] = Field(
        description="Short name; the file's own if left out."
    )
    title: Text = Field(description="What is simulated, in a line.")
    summary: Text = Field(description="What is simulated, in a few lines.")
    purpose: Literal["identify", "verify"] = Field(description="verify: the person claims to be one reference's owner.")
    action: Text = Field(description="What an action is, in words.")
    operator: Operator = Field(description="Who works the system; says which published tests had one like it.")
    algorithm: Algorithm
    gallery: Gallery
    threshold: Threshold
    capture: Capture
    kin: Kin
    statuses: dict[Name, StatusClass] = Field(min_length=1, json_schema_extra={"merge": "replace"})
    stops: dict[Name, Stop] = Field(min_length=1, json_schema_extra={"merge": "replace"})
    headline_stop: Name = Field(description="The stop policy that the first screen speaks of.")
    rules: dict[Name, Rule]
    rule: Name = Field(description="The rule in force.")
    compare: tuple[Name, ...] = Field(description="Rules that the one in force is compared with.")
    use: Use
    claim: Claim
    families: Families
    together: Together
    photos: Photos
    records: Records
    checks: Checks
    kept: Kept
    configurations: dict[Name, Configuration] = Field(min_length=1)

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

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
