"""Simulated people that nobody simulated: every shape that the panel and its charts must be able to show."""

from __future__ import annotations

from misid.findings import ChartData, Comparison, Screen, Section, Simulated, Table
from misid.quantities import Conditions, Distance, Doubt, Estimate, NoDistance
from misid.vocabulary import LABELS, Mode

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
LAYERS = ("face comparison", "the record itself", "disbelieved documents", "who is stopped")


def match(name: str, born: str, status: str, score: str = "6.4 decades") -> tuple[tuple[str, str], ...]:
    return (
        ("Name in record", name),
        ("Born", born),
        ("Status in record", status),
        ("Score", score),
        ("Database", DATABASE),
    )


def truth(person: str, origin: str, status: str, inside: str, record: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Person", person),
        ("Origin", origin),
        ("Status", status),
        ("In the gallery", inside),
        ("Record is", record),
    )


def screens() -> tuple[Screen, ...]:
    act = "calls for action"
    stays = "may stay"
    return (
        Screen(
            48_213,
            "Match",
            "alarm",
            match("S-4F2A71", "1987", act),
            DOCUMENT,
            truth("S-09C2E8", "Latin America, woman, adult", "US-born citizen", "no", "there is none"),
            "Held on the record of somebody else; the birth certificate she showed was set aside: the hit is final.",
            "wrong person",
        ),
        Screen(
            50_007,
            "Match",
            "alarm",
            match("S-77D013", "1994", act, "7.1 decades"),
            NO_DOCUMENT,
            truth("S-77D013", "South Asia, man, adult", "naturalised citizen", "yes", "wrong: out of date"),
            "Held on his own record, which nobody had changed when he became a citizen.",
            "wrong record",
        ),
        Screen(
            51_400,
            "Match",
            "clear",
            match("S-1B80AA", "1971", stays),
            NO_DOCUMENT,
            truth("S-1B80AA", "East Asia, woman, adult", "lawful permanent resident", "yes", "right"),
            "Let go on her own record.",
            "nothing happened",
        ),
        Screen(
            52_112,
            "No match",
            "none",
            (("Database", DATABASE),),
            NO_DOCUMENT,
            truth("S-C3309F", "West Africa, man, adult", "asylum pending", "yes", "right"),
            "His own photo was not found; he counts as not verified and is asked for more.",
            "not verified",
        ),
        Screen(
            52_118,
            "Match",
            "alarm",
            match("S-5E11D2", "1990", act),
            NO_DOCUMENT,
            truth("S-5E11D2", "Latin America, man, adult", "final order of removal", "yes", "right"),
            "Held on his own record, which is right.",
            "supported",
        ),
        Screen(
            53_840,
            "Match",
            "alarm",
            match("S-A04C6E", "2001", act, "5.7 decades"),
            NO_DOCUMENT,
            truth("S-E7719B", "Latin America, man, adult", "final order of removal", "no", "there is none"),
            "Held on the record of somebody else; his own status would have called for the same.",
            "supported by chance",
        ),
        Screen(
            54_002,
            "Photo not usable",
            "none",
            (),
            DOCUMENT,
            truth("S-20FF45", "Eastern Europe, woman, under 18", "US-born citizen", "no", "there is none"),
            "No search was made; she was let go.",
            "nothing happened",
        ),
        Screen(
            54_377,
            "Not scanned",
            "none",
            (),
            DOCUMENT,
            truth("S-8A6B10", "Eastern Europe, man, adult", "US-born citizen", "no", "there is none"),
            "His document was believed; nobody photographed him.",
            "nothing happened",
        ),
        Screen(
            55_901,
            "Match",
            "alarm",
            match("S-61E2C7", "1979", act),
            DOCUMENT,
            truth("S-61E2C7", "South Asia, woman, adult", "lawful permanent resident", "yes", "wrong: mistaken entry"),
            "Held although the card she showed is genuine and proves her right to stay.",
            "disbelieved document",
        ),
        Screen(
            56_220,
            "Match",
            "clear",
            match("S-D19934", "1966", stays),
            NO_DOCUMENT,
            truth("S-B5520C", "Latin America, woman, adult", "final order of removal", "yes", "right"),
            "Let go on the record of somebody else.",
            "nothing happened",
        ),
        Screen(
            57_015,
            "No match",
            "none",
            (("Database", DATABASE),),
            NO_DOCUMENT,
            truth("S-0042D8", "other origins, man, adult", "US-born citizen", "no", "there is none"),
            "Nothing was found, as nothing should be.",
            "nothing happened",
        ),
        Screen(
            58_666,
            "Match",
            "alarm",
            match("S-F90AB3", "1998", act, "6.0 decades"),
            NO_DOCUMENT,
            truth("S-3D7C21", "West Africa, woman, adult", "student visa in force", "yes", "right"),
            "Held on the record of somebody else, although her own is in the database and right.",
            "wrong person",
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


def estimate(value: float, low: float, high: float, kind: Doubt = Doubt.INPUT, mode: str = "held") -> Estimate:
    about = Conditions(200_000_000, None, 5.6, "street", "all", "200 million images", mode)
    caveats = ("mode_undecided", "record_error_assumed")
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


def shares() -> ChartData:
    values = {
        Mode.COMPARISONS: ((0.62, 0.31, 0.84), (0.21, 0.05, 0.44), (0.19, 0.02, 0.3), (-0.02, -0.18, 0.09)),
        Mode.HELD: ((0.11, 0.02, 0.4), (0.58, 0.2, 0.81), (0.38, 0.1, 0.55), (-0.07, -0.25, 0.0)),
    }
    records = [
        {
            "label": layer,
            "series": LABELS[mode],
            "value": value,
            "low": low,
            "high": high,
            "order": i,
            "x_title": "share of unsupported actions (below 0: made perfect, it would raise them)",
        }
        for mode, found in values.items()
        for i, (layer, (value, low, high)) in enumerate(zip(LAYERS, found, strict=True))
    ]
    rows = tuple((r["label"], r["series"], r["value"], r["low"], r["high"]) for r in records)
    table = Table("Shares", ("layer", "reading", "share", "low", "high"), rows, distance=NEAREST)
    return ChartData("shares", "Share of each layer in the unsupported actions", "Record first.", tuple(records), table)


def curves() -> ChartData:
    parameters = (
        ("error in the record", 0.0, 0.1, 11),
        ("people who show a document", 0.0, 1.0, 6),
        ("false matches on street photos, against mugshots", 0.1, 100.0, 7),
    )
    records = []
    for panel, (name, low, high, points) in enumerate(parameters):
        for i in range(points):
            part = i / (points - 1)
            x = low + (high - low) * part if low == 0 else low * (high / low) ** part
            for order, rule in enumerate(RULES):
                y = (40.0 / (order + 1)) * (0.2 + part if panel != 1 else 1.1 - part)
                records.append(
                    {
                        "x": x,
                        "y": 0.0 if rule == "no street search" else y,
                        "series": rule,
                        "panel": name,
                        "x_title": "share" if low == 0 else "times",
                        "y_title": "unsupported actions per 10,000 people photographed",
                        "order": order,
                    }
                )
    table = Table(
        "Effects",
        ("parameter", "rule", "x", "y"),
        tuple((r["panel"], r["series"], 0.1, 2.0) for r in records[:6]),
        distance=NEAREST,
    )
    return ChartData("curves", "What each rule does as an input moves", "Rules differ most.", tuple(records), table)


def stock() -> ChartData:
    kinds = (("all photos kept", 1.0), ("never matched", 0.83), ("of citizens", 0.61))
    records = tuple(
        {"year": float(year), "value": 3.2e6 * year * part, "series": kind, "order": order, "y_title": "photos kept"}
        for order, (kind, part) in enumerate(kinds)
        for year in range(16)
    )
    rows = tuple((r["year"], r["series"], r["value"]) for r in records if r["year"] == 15)
    table = Table("After 15 years", ("year", "kind", "photos"), rows, distance=USE)
    return ChartData("stock", "Photos kept, by year", "After 15 years 48 million are kept.", records, table)


def charts() -> tuple[ChartData, ...]:
    return (shares(), curves(), stock())


def sections() -> tuple[Section, ...]:
    figures = {
        "unsupported.wrong_person": estimate(12.0, 3.0, 60.0),
        "unsupported.wrong_record": estimate(28.0, 9.0, 70.0, Doubt.MODEL),
    }
    rows = tuple((rule, estimate(31.0 / (i + 1), 1.0, 90.0), 1_234 * i) for i, rule in enumerate(RULES))
    table = Table("Unsupported actions, by rule", ("rule", "unsupported actions", "people"), rows, "Made up.")
    return (
        Section("layers", "Which layer does it", "Most of it is the record, not the face.", figures, (), (shares(),)),
        Section("effects", "Rules as inputs move", "The order of rules holds everywhere.", {}, (table,), (curves(),)),
        Section("kept", "What is kept", "Photos pile up, most of people never matched.", {}, (), (stock(),)),
    )


def simulated(**changes: object) -> Simulated:
    fields: dict[str, object] = {
        "title": "What happens to simulated people",
        "lead": (
            "We ran 1,000,000 synthetic encounters through the same system, one by one. Of 10,000 people photographed, "
            "40 met an action that their own correct record would not support: 12 on another person's record, 28 on "
            "their own wrong record."
        ),
        "how": (
            "1,000,000 encounters, seed 1, stop policy: looks foreign. Content "
            "3f1c9a7be0d24415. Modes: fixed threshold and FPIR held. The dozen were chosen to show each kind; how "
            "often a kind stands here says nothing about how often it occurs."
        ),
        "screens": screens(),
        "sections": sections(),
    }
    return Simulated(**{**fields, **changes})


def by_rule(count: int) -> ChartData:
    rules = tuple(
        RULES[i % 6] if i < 6 else f"{RULES[i % 6]}, and the hit is shown to a second officer" for i in range(count)
    )
    records = tuple(
        {
            "label": rule,
            "series": LABELS[mode],
            "value": 0.0 if rule == RULES[5] else factor * 40.0 / (i + 1),
            "low": 0.0 if rule == RULES[5] else factor * 12.0 / (i + 1),
            "high": 0.0 if rule == RULES[5] else factor * 90.0 / (i + 1),
            "order": i,
            "x_title": "unsupported actions per 10,000 people photographed",
        }
        for mode, factor in ((Mode.COMPARISONS, 3.0), (Mode.HELD, 1.0))
        for i, rule in enumerate(rules)
    )
    rows = tuple((r["label"], r["series"], estimate(r["value"], r["low"], r["high"])) for r in records)
    return ChartData(
        "ranges",
        "Unsupported actions per 10,000 people photographed, by rule",
        "The final hit does most harm, 40 to 120; no street search does none.",
        records,
        Table("By rule", ("rule", "reading", "unsupported actions"), rows),
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
        "how": "6 rules, 1,000,000 encounters, seed 1, content 3f1c9a7be0d24415, both modes.",
        "picture": by_rule(6),
        "sections": sections(),
        "inputs": inputs,
        "illustrative": ("use.field_2", "use.field_3"),
        "limits": ("misid says nothing on whether a stop was lawful.",),
        "caveats": ("document_carrying_assumed", "reviewer_from_laboratory"),
    }
    return Comparison(**{**fields, **changes})
