"""Every term, symbol, label and caveat, once.

The field's standard terms (ISO/IEC 2382-37, ISO/IEC 19795-1, ISO/IEC 19795-10), the few that misid adds, the names
of groups, statuses and image kinds, and the words of every caveat.  Pages, tool-tips, docs and column names read
from here; a term that is not here is not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np

_Scores = TypeVar("_Scores", float, np.ndarray)


def at_or_above(score: _Scores, threshold: float) -> bool | np.ndarray:
    """Say whether a score counts as a candidate: at or above the threshold, everywhere in misid.

    Parameters
    ----------
    score : float or ndarray
        Comparison scores, higher is more similar.
    threshold : float
        Threshold on the same scale.

    Returns
    -------
    bool or ndarray of bool

    Notes
    -----
    ISO/IEC 19795-1 says "greater than", NIST writes "at or above"; on tied integer scores the two differ.  misid uses
    "at or above" in every room.
    """
    return score >= threshold


class ImageKind(StrEnum):
    """Kinds of probe image.  The first five have published 1:N tests; a street photo has none."""

    MUGSHOT = "mugshot"
    WEBCAM = "webcam"
    BORDER = "border"
    KIOSK = "kiosk"
    TRAVELLER = "airport traveller"
    STREET = "street"


class Lapse(StrEnum):
    """Time between the reference and the probe."""

    AS_TESTED = "as tested"
    LONG = "10 years or more"


class Origin(StrEnum):
    """Origin as the tests label it (region of birth), and the origins that no test labels."""

    EAST_EUROPE = "east_europe"
    EAST_ASIA = "east_asia"
    SOUTH_ASIA = "south_asia"
    WEST_AFRICA = "west_africa"
    LATIN_AMERICA = "latin_america"
    OTHER = "other"


TESTED_ORIGINS = (Origin.EAST_EUROPE, Origin.EAST_ASIA, Origin.SOUTH_ASIA, Origin.WEST_AFRICA)


class Sex(StrEnum):
    """Sex as the tests label it."""

    MALE = "male"
    FEMALE = "female"


class Age(StrEnum):
    """Age bands that a scenario tells apart."""

    UNDER_18 = "under_18"
    ADULT = "adult"


class Manner(StrEnum):
    """How a person comes to be photographed."""

    ASKED = "asked"
    TOLD = "told"
    NOT_ASKED = "not_asked"


LABELS: dict[str, str] = {
    Origin.EAST_EUROPE: "Eastern Europe",
    Origin.EAST_ASIA: "East Asia",
    Origin.SOUTH_ASIA: "South Asia",
    Origin.WEST_AFRICA: "West Africa",
    Origin.LATIN_AMERICA: "Latin America",
    Origin.OTHER: "other origins",
    Sex.MALE: "men",
    Sex.FEMALE: "women",
    Age.UNDER_18: "under 18",
    Age.ADULT: "adults",
    ImageKind.STREET: "street photo",
}

# What one thing moves a figure over its range, all else staying; completes "range ...".
RANGES: dict[str, str] = {
    "enrolled": "by who is enrolled",
    "record_error": "by how often records are wrong",
    "second_photo": "by how alike two photos of one person are",
    "enrolled_together": "by how often relatives are enrolled together",
    "tail_shift": "by what the threshold of a test means on these photos",
    "counts": "by the counts alone",
    "assumptions": "by one assumption, the widest",
    "use": "by how much it is used",
    "rule": "by the rule's own numbers",
}


@dataclass(frozen=True)
class Term:
    """A term of the field.

    Parameters
    ----------
    name, symbol, unit, definition, source : str
        ``source`` is the clause or paper; "misid" where misid needs a word that the standards lack.
    """

    name: str
    symbol: str
    unit: str
    definition: str
    source: str


TERMS: tuple[Term, ...] = (
    Term("probe", "", "", "the new image, searched for", "ISO/IEC 2382-37"),
    Term("reference", "", "", "a stored image that probes are compared with", "ISO/IEC 2382-37"),
    Term("gallery", "N", "references", "all stored references searched", "ISO/IEC 2382-37"),
    Term("enrolled people", "", "people", "people who own at least one reference; fewer than references", "misid"),
    Term("mated search", "", "", "a search whose probe's person is in the gallery", "ISO/IEC 19795-1"),
    Term("non-mated search", "", "", "a search whose probe's person is not in the gallery", "ISO/IEC 19795-1"),
    Term(
        "stranger-hit rate",
        "phi",
        "probability",
        "FPIR in the field: of distinct strangers of a named mix, without a relative in the gallery, searched once with a usable photo, the share for whom a candidate reaches the threshold; hits on relatives come on top",
        "ISO/IEC 19795-1; misid",
    ),
    Term(
        "record error",
        "s",
        "probability",
        "of people found rightly, the share whose record calls for an action that their true status does not support",
        "misid",
    ),
    Term("hit", "", "", "a search that returns a candidate at or above the threshold", "misid"),
    Term("wrong hit", "", "", "a hit whose top candidate is another person", "misid"),
    Term(
        "FMR", "F", "probability", "false match rate: share of non-mated comparisons at or above T", "ISO/IEC 19795-1"
    ),
    Term("FNMR", "", "probability", "false non-match rate: share of mated comparisons below T", "ISO/IEC 19795-1"),
    Term(
        "FPIR",
        "FPIR(N,T)",
        "probability",
        "false positive identification rate: share of non-mated searches that return at least one candidate",
        "ISO/IEC 19795-1",
    ),
    Term(
        "FNIR",
        "FNIR(N,R,T)",
        "probability",
        "false negative identification rate: share of mated searches that do not return the mate in the top R at or above T",
        "ISO/IEC 19795-1",
    ),
    Term("TPIR", "1 - FNIR", "probability", "true positive identification rate", "ISO/IEC 19795-1"),
    Term(
        "MISID",
        "",
        "probability",
        "share of mated searches whose top candidate at or above T is another person",
        "misid",
    ),
    Term(
        "threshold",
        "T",
        "decades",
        "on misid's scale: -log10 of the share of random non-mated comparisons that score at least this",
        "misid",
    ),
    Term("FalseDiscovery", "", "probability", "wrong hits over all hits; never written FDR", "misid"),
    Term(
        "tail_shift",
        "",
        "decades",
        "how many decades likelier a non-mated score reaches a fixed vendor threshold on this image kind; positive is worse",
        "misid",
    ),
    Term(
        "unsupported action",
        "",
        "people",
        "an action that the person's own correct record would not support under the stated rule",
        "misid",
    ),
    Term("wrong person", "", "people", "unsupported action after a hit on somebody else's record", "misid"),
    Term("wrong record", "", "people", "unsupported action after a right hit whose own record is wrong", "misid"),
    Term(
        "disbelieved document",
        "",
        "people",
        "unsupported action taken although a genuine document of the right status was shown; overlaps the other two",
        "misid",
    ),
    Term("comparison", "", "", "one probe against one reference, with a score", "ISO/IEC 2382-37"),
    Term(
        "DET",
        "",
        "",
        "detection error trade-off: FNMR over FMR, or FNIR over FPIR, as the threshold moves",
        "ISO/IEC 19795-1",
    ),
    Term(
        "EER",
        "",
        "probability",
        "equal error rate: where FMR and FNMR cross, steps whole; several conventions exist and differ",
        "misid, docs/conformance.md",
    ),
    Term("AUC", "", "probability", "chance that a mated score is above a non-mated one, ties counting half", "misid"),
    Term(
        "CMC",
        "",
        "",
        "cumulative match characteristic: share of mated searches with the mate in the top R",
        "ISO/IEC 19795-1",
    ),
    Term(
        "DIR", "", "probability", "detection and identification rate: TPIR at rank R and threshold T", "ISO/IEC 19795-1"
    ),
    Term("selectivity", "", "candidates", "mean number of candidates returned per non-mated search", "ISO/IEC 19795-1"),
    Term(
        "failure to acquire",
        "FTA",
        "probability",
        "share of samples of which no template could be made",
        "ISO/IEC 19795-1",
    ),
    Term(
        "failure to enrol",
        "FTE",
        "probability",
        "share of people of whom no reference could be made",
        "ISO/IEC 19795-1",
    ),
    Term("FAR, FRR", "", "probability", "FMR and FNMR with failures to acquire folded in", "ISO/IEC 19795-1"),
    Term(
        "subject",
        "",
        "people",
        "the person whom a sample is of; intervals are over subjects, never over comparisons",
        "ISO/IEC 2382-37",
    ),
    Term(
        "group-by-group FMR",
        "",
        "probability",
        "FMR of probes of one group against references of another",
        "ISO/IEC 19795-10",
    ),
    Term(
        "nearest test",
        "",
        "",
        "of the published tests that misid lists, the one that shares most conditions with a figure",
        "misid, docs/tested.md",
    ),
    Term(
        "distance",
        "",
        "decades",
        "how far a figure lies from its nearest test: decades of gallery size and FPIR, and the conditions no test shares",
        "misid, docs/tested.md",
    ),
    Term("prediction", "", "", "a figure computed without the row or count that it is set beside", "misid"),
    Term(
        "coverage",
        "",
        "probability",
        "share of predictions whose interval holds what was observed; near the interval's own level if its width is right",
        "misid",
    ),
    Term(
        "PIT",
        "",
        "probability",
        "probability integral transform: what a prediction gave to values up to the observed one; spread evenly from 0 to 1 if predictions are right",
        "Dawid 1984",
    ),
    Term(
        "log score",
        "",
        "nats",
        "natural logarithm of the probability, or density, that a prediction gave to what was observed; higher is better",
        "Gneiting and Raftery 2007",
    ),
    Term("definitive", "", "", "a hit decides status and other documents may be ignored", "Rep. Thompson, 2025"),
)

CAVEATS: dict[str, str] = {
    "beyond_tested_n": "Larger than any published gallery (12 million): growth out there is structure, not data.",
    "phi_open": "How often a stranger is named is not known; the figure holds where as many are named as it says.",
    "image_kind_untested": "No published 1:N test uses street phone photos; other image kinds stand in.",
    "threshold_unknown": "The fielded threshold is not published; answers stand at several thresholds.",
    "tail_shift_assumed": "What the threshold of a test means on street photos is an assumption.",
    "group_no_test_data": "No test data for this group; it gets the spread over all tested cells.",
    "group_other_algorithms": "No group rows for this algorithm; it gets the spread over the other algorithms.",
    "group_cells_predicted": "Some of the eight group cells are printed for this algorithm; the others are predicted from them and from other algorithms.",
    "group_anchor_assumed": "Group rates come from another test; putting them on this scale is an assumption.",
    "group_rows_not_pairs": "Published group rates are against one mixed gallery; pair structure is a prior.",
    "independence": "Comparisons are taken as independent given group; shared photo quality can raise or lower it.",
    "heterogeneity_unknown": "How strongly a few people draw most false hits is not published; it is a choice.",
    "algorithm_version_unknown": "The fielded version is unknown; the range spans the vendor's tested versions.",
    "assumed_input": "Rests on inputs with no source (grade D).",
    "illustrative": "Illustrative: at least one input that matters has no source better than press.",
    "rounded_source": "NIST prints four decimals; the rounding interval is the likelihood.",
    "growth_prior": "Growth of misses for this algorithm comes from the prior over all algorithms.",
    "growth_not_in_rows": "Under 0.002 at 1.6 million, rounding and the floor hide how misses grow: growth is prior, not data.",
    "search_may_break": "In NIST's test 8 of 295 searches lost mates at 12 million that they found at 1.6 million; nothing announces it.",
    "one_growth_step": "Growth of misses was seen over one step only, 1.6 to 12 million.",
    "source_conflict": "Two copies of the source disagree on the FPIR of these rows.",
    "failed_condition": "The algorithm failed under this condition in the test; the row is not used.",
    "no_row": "NIST prints no row for this condition; the prior and the other conditions stand in.",
    "no_hit_rule_unknown": "What happens to people who are 'not verified' is not reported; no harm is counted for them.",
    "one_image_enrolled": "NIST enrolled one image per person; several images lower misses.",
    "kin_at_other_threshold": "Twin rates are one-to-one at FMR 0.0001, not at this threshold.",
    "record_error_assumed": "No source measures how often the record itself is wrong for people who are hit.",
    "gallery_mix_assumed": "Who is in the gallery is not published.",
    "stop_mix_assumed": "Who is stopped is not published.",
    "reviewer_from_laboratory": "Rates of human checking come from laboratories, not from this use.",
    "same_people_scanned_again": "Scans are not people: the same person can be scanned several times.",
    "operator_untested": "No published test had this operator, phone and street.",
    "document_carrying_assumed": "Nobody has counted how many people carry and show a document that proves status.",
    "simulated_people": "Counted among synthetic people; the range is simulation error, not doubt about the world.",
    "pieces_assumed": "Families, people stopped together, photos and records of the simulation rest on assumptions.",
    "no_subject_labels": "The file names no subjects, so comparisons are taken as independent: the interval is too narrow.",
    "few_subjects": "Few subjects: comparisons are many, people are not, and people are what the interval rests on.",
    "few_events": "Fewer than 25 errors were seen; a doubling between groups could not be told from chance.",
    "no_events": "No error was seen; the upper end says what that many subjects leave open.",
    "ties": "Many scores are equal: rates move in whole steps, and other tools break the ties otherwise.",
    "failures_counted": "Samples without a template count as misses in the rates that say so.",
    "beyond_data": "More than one decade beyond the gallery that was measured.",
    "tail_shape_decides": "Beyond the data the shape of the tail decides; the band shows what the data leave open.",
    "form_failed": "This form of growth did not predict larger parts of the measured gallery from smaller ones.",
    "enrolled_assumed": "Who is enrolled was taken from the candidate lists themselves.",
    "list_depth": "Only the best candidates were returned; a mate further down counts as missed.",
    "groups_merged": "Groups with fewer than 20 subjects on either side were put together.",
    "many_pairs_of_groups": "Many pairs of groups were looked at; intervals allow for that, single ones do not.",
    "absolute_gap": "A measure of absolute gaps: blind where rates are small, however unequal they are.",
    "measured_card": "Measured on one laboratory's own data, not by NIST; its people and photos are not the field's.",
    "image_kind_unstated": "Nobody said what kind of photo this is.",
    "distances": "The scores are distances. They stand with a minus sign, so that higher is more alike throughout.",
    "truth_by_operator": "Only alerts that were acted on were checked; which of the others were false is the operator's word.",
    "range_shape_assumed": "Nobody knows how likely the parts of a range are; a shape was assumed to make a prediction.",
    "few_replicates": "The interval rests on few clusters; its ends are rough.",
}
