"""Simulated people that nobody simulated: every shape that the panel and its charts must be able to show."""

from __future__ import annotations

from misid.findings import ChartData, Comparison, Screen, Section, Table
from misid.quantities import Conditions, Distance, Doubt, Estimate, NoDistance

DOCUMENT = "Shows a document that proves the right to stay"
NO_DOCUMENT = "Shows no document"
DATABASE = "travellers and visa photos"
RULES = (
    "hit is final",
    "hit is a lead",
    "second trained reader",
    "documents count",
    "fingerprints confirm",
    "no street search",
)
STRICT, LOOSE = "1 in 10,000 strangers", "1 in 22 strangers"
LAYERS = ("face comparison", "the record itself", "disbelieved documents", "who is stopped")


def match(name: str, born: str, status: str, score: str = "6.4") -> tuple[tuple[str, str], ...]:
    return (
        ("Record", name),
        ("Born", born),
        ("Status on record", status),
        ("Score, not probability", score),
        ("Database", DATABASE),
    )


def truth(person: str, origin: str, status: str, inside: str, record: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Person", person),
        ("Origin", origin),
        ("Status", status),
        ("In the gallery", inside),
        ("Record that came up", record),
    )


def screens() -> tuple[Screen, ...]:
    """Every tone, answer and verdict that a page must be able to show; a page itself has four."""
    act = "calls for action"
    return (
        Screen(
            48_213,
            "Match",
            "alarm",
            match("S-4F2A71", "1987", act),
            DOCUMENT,
            truth("S-09C2E8", "Latin America, woman, adult", "US-born citizen", "no", "a stranger's"),
            "Acted on because of a stranger's record, and a genuine document that was shown did not help.",
            "wrong person",
            "wrong_person",
        ),
        Screen(
            50_007,
            "Match",
            "alarm",
            match("S-77D013", "1994", act, "7.1"),
            NO_DOCUMENT,
            truth("S-77D013", "South Asia, man, adult", "naturalised citizen", "yes", "their own, out of date"),
            "Acted on because of their own record, which is out of date.",
            "wrong record",
            "wrong_record",
        ),
        Screen(
            51_400,
            "Match",
            "clear",
            match("S-1B80AA", "1971", "calls for nothing"),
            NO_DOCUMENT,
            truth("S-1B80AA", "East Asia, woman, adult", "lawful permanent resident", "yes", "their own, right"),
            "Their own record rightly calls for nothing: let go; photo kept 15 years.",
            "let go; photo kept 15 years",
            "let_go",
        ),
        Screen(
            52_112,
            "No match",
            "none",
            (("Next", "fingerprints are taken and searched"),),
            NO_DOCUMENT,
            (
                *truth("S-C3309F", "West Africa, man, adult", "asylum pending", "yes", "none came up"),
                ("Record that fingerprints brought up", "their own"),
            ),
            "Acted on although nobody was found.",
            "not verified",
            "not_verified",
        ),
        Screen(
            52_118,
            "Match",
            "alarm",
            match("S-5E11D2", "1990", act),
            NO_DOCUMENT,
            truth("S-5E11D2", "Latin America, man, adult", "final order of removal", "yes", "their own, right"),
            "Acted on because of their own record, which is right.",
            "supported",
            "supported",
        ),
        Screen(
            53_840,
            "Match",
            "alarm",
            match("S-A04C6E", "2001", act, "5.7"),
            NO_DOCUMENT,
            (
                *truth("S-E7719B", "Latin America, man, adult", "final order of removal", "no", "a stranger's"),
                ("Candidates listed", "6, number 3 picked"),
            ),
            "Acted on because of a stranger's record; their own record would have supported it.",
            "supported by chance",
            "supported_by_chance",
        ),
        Screen(
            54_002,
            "Photo not usable",
            "none",
            (),
            DOCUMENT,
            truth("S-20FF45", "Eastern Europe, woman, under 18", "US-born citizen", "no", "none came up"),
            "The photo gave nothing to search with: let go; photo kept 15 years.",
            "let go; photo kept 15 years",
            "let_go",
        ),
        Screen(
            55_901,
            "Match",
            "alarm",
            match("S-61E2C7", "1979", act),
            DOCUMENT,
            truth("S-61E2C7", "South Asia, woman, adult", "lawful permanent resident", "yes", "entered wrongly"),
            "Acted on because of their own record, which is entered wrongly, and a genuine document did not help.",
            "disbelieved document",
            "disbelieved_document",
        ),
    )


NEAREST = Distance(
    "NIST FRTE 1:N, mugshots, N = 1,600,000 and 12,000,000",
    1.22,
    ("image kind", "operator"),
    lacking=("with street photos", "of an officer with a phone"),
    test="nist-mugshot",
)
USE = NoDistance("rate of use times years, with no search in it")


def estimate(value: float, low: float, high: float, kind: Doubt = Doubt.INPUT) -> Estimate:
    about = Conditions(200_000_000, None, 5.6, "street", "all", "200 million images", phi=0.01, point="loose")
    caveats = ("phi_open", "record_error_assumed")
    return Estimate(
        value,
        low,
        high,
        "per 10,000 people photographed",
        kind,
        "made up",
        n=1e4,
        conditions=about,
        caveats=caveats,
        distance=NEAREST,
    )


def sections() -> tuple[Section, ...]:
    figures = {
        "unsupported.wrong_person": estimate(12.0, 3.0, 60.0),
        "unsupported.wrong_record": estimate(28.0, 9.0, 70.0, Doubt.MODEL),
    }
    rows = tuple((rule, estimate(31.0 / (i + 1), 1.0, 90.0), 1_234 * i) for i, rule in enumerate(RULES))
    table = Table("Unsupported actions, by rule", ("rule", "unsupported actions", "people"), rows, "Made up.")
    return (
        Section("layers", "Which layer does it", "Most of it is the record, not the face.", figures),
        Section("effects", "Rules as inputs move", "The order of rules holds everywhere.", {}, (table,)),
        Section("kept", "What is kept", "Photos pile up, most of people never matched."),
    )


def simulated(**changes: object) -> Section:
    fields: dict[str, object] = {
        "title": "What happens to simulated people",
        "text": (
            "Of 10,000 people stopped because of their looks, one by one. The encounters below show kinds, not how "
            "often they occur."
        ),
        "points": (
            "All people here are SYNTHETIC. 1,000,000 encounters, seed 1. The same people were met at every threshold. "
            "Content hash 3f1c9a7be0d24415.",
        ),
        "screens": screens(),
        "sections": sections(),
    }
    return Section("people", **{**fields, **changes})


def by_rule(count: int) -> ChartData:
    rules = tuple(
        RULES[i % 6] if i < 6 else f"{RULES[i % 6]}, and the hit is shown to a second officer" for i in range(count)
    )
    records = tuple(
        {
            "label": rule,
            "series": series,
            "value": 0.0 if rule == RULES[5] else factor * 40.0 / (i + 1),
            "low": 0.0 if rule == RULES[5] else factor * 12.0 / (i + 1),
            "high": 0.0 if rule == RULES[5] else factor * 90.0 / (i + 1),
            "order": i,
            "x_title": "unsupported actions per 10,000 people photographed",
        }
        for series, factor in ((LOOSE, 3.0), (STRICT, 1.0))
        for i, rule in enumerate(rules)
    )
    rows = tuple((r["label"], r["series"], estimate(r["value"], r["low"], r["high"])) for r in records)
    return ChartData(
        "ranges",
        "Unsupported actions per 10,000 people photographed, by rule",
        "The final hit does most harm, 40 to 120; no street search does none.",
        records,
        Table("By rule", ("rule", "strangers named", "unsupported actions"), rows),
    )


def comparison(**changes: object) -> Comparison:
    inputs = Table(
        "Every number that went in",
        ("field", "value", "range", "unit", "grade", "source"),
        tuple(
            (f"use.field_{i}", 0.01 * i, "0.001 to 0.1", "probability", "ABCD"[i % 4], "made up") for i in range(1, 7)
        ),
        distance=USE,
    )
    fields: dict[str, object] = {
        "scenario": "field-app",
        "title": "A phone app over 200 million images, as the press reports it",
        "known": (
            "On the same 1,000,000 synthetic people, a rule that takes the hit as final does six times the harm of one "
            "that asks for fingerprints first."
        ),
        "not_validated": "Not validated: nobody has published what officers do under any of these rules.",
        "how": "6 rules, 1,000,000 encounters, seed 1, content 3f1c9a7be0d24415.",
        "picture": by_rule(6),
        "sections": sections(),
        "inputs": inputs,
        "illustrative": ("use.field_2", "use.field_3"),
        "limits": ("misid says nothing on whether a stop was lawful.",),
        "caveats": ("document_carrying_assumed", "reviewer_from_laboratory"),
    }
    return Comparison(**{**fields, **changes})
