"""Findings that nobody computed: every shape that a page must be able to show, in plausible sizes."""

from __future__ import annotations

from misid.findings import ChartData, Finding, Findings, Section, Table
from misid.quantities import Conditions, Distance, Doubt, Estimate, NoDistance

PHIS = (1e-4, 1e-3, 0.01, 0.1, 0.9)
POINTS = ("1 in 10,000 strangers", "1 in 48 strangers")
Y_TITLE = "people acted on, of 10,000 photographed"
QUESTIONS = (
    "Out of 10,000 people photographed, how many get a hit, and how many of those hits are the wrong person?",
    "If a hit appears, how likely is it right, for someone stopped at random, stopped because of looks, and in a "
    "targeted operation?",
    "Who is wrongly hit more often: by sex, age, origin, citizenship, and how sure are we?",
    "How many wrong hits come from people who are not in the database at all?",
    "How much does the answer change from 10,000 to 200 million to 1.2 billion images?",
    "How much does a street phone photo change it, compared with a booth photo?",
    "What happens if the officer takes a second photo? What if the two names differ?",
    "How many wrongs come from the face, how many from an out-of-date or mistaken record?",
    "How many wrongful detentions follow under each rule: hit is final; hit is a lead; second trained reader; "
    "documents count; fingerprints confirm?",
    "How many true identifications are lost under each safer rule?",
    "How much does human checking help, given what is known about tired, trusting or trained people?",
    "What about twins, brothers and sisters, and look-alikes: is there a floor no algorithm removes?",
    "What does the agency's accuracy claim mean here, and what would have to be true for it to hold?",
    "What is not known, which of the unknowns matter most, and which log fields would settle them?",
    "Over 15 years, how many photos of people never matched, and of citizens, are held?",
)
NEAREST = Distance(
    "NIST FRTE 1:N, mugshots, N = 1,600,000 and 12,000,000",
    1.22,
    ("image kind", "operator"),
    lacking=("with street photos", "of an officer with a phone"),
    test="nist-mugshot",
)
INPUTS = NoDistance("an input, whose source stands beside it")
CAVEATS = ("beyond_tested_n", "phi_open", "image_kind_untested", "threshold_unknown", "independence")


def estimate(
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    kind: Doubt = Doubt.INPUT,
    unit: str = "per 10,000 people photographed",
    **more: object,
) -> Estimate:
    conditions = Conditions(200_000_000, None, 5.6, "street", "all", "200 million images", more.pop("phi", None))
    about = {"n": 10_000.0, "conditions": conditions, "distance": NEAREST, "caveats": CAVEATS, **more}
    return Estimate(value, low, high, unit, kind, "made up", **about)


def over_phi() -> ChartData:
    records = [
        {
            "phi": phi,
            "series": series,
            "value": value,
            "low": value / 3,
            "high": min(10_000.0, value * 3),
            "hue": hue,
            "x_title": "strangers named, 1 in",
            "y_title": Y_TITLE,
        }
        for series, hue, value_at in (
            ("on their own wrong record", "wrong_record", lambda phi: 26.0),
            ("on somebody else's record", "wrong_person", lambda phi: 490.0 * phi),
        )
        for phi in PHIS
        for value in (value_at(phi),)
    ]
    rows = tuple((point, estimate(26.0, 5.5, 164.0, by="record_error")) for point in POINTS)
    return ChartData(
        kind="phi",
        title="Acted on without support, per 10,000 people photographed",
        summary=(
            "Bands: own wrong records by how often records are wrong; somebody else's by who is enrolled. They weigh "
            "the same where 1 in 19 strangers (1 in 90 to 1 in 3) are named."
        ),
        records=tuple(records),
        table=Table("Acted on without support", ("strangers named", "own wrong record"), rows, "Made up."),
    )


def by_group() -> ChartData:
    groups = ("men, Eastern Europe", "men, East Asia", "women, West Africa", "women under 18, no test data for origin")
    records = [
        {
            "label": group,
            "series": point,
            "value": base * factor,
            "low": 0.0 if i == 3 else base * factor / 6,
            "high": base * factor * 8,
            "order": i,
            "note": "no test data" if i == 3 else "",
        }
        for i, (group, base) in enumerate(zip(groups, (8.0, 40.0, 95.0, 60.0), strict=True))
        for point, factor in zip(POINTS, (1.0, 16.0), strict=True)
    ]
    rows = tuple((r["label"], r["series"], estimate(r["value"], r["low"], r["high"])) for r in records)
    table = Table("Wrong hits per 10,000 scans, by group", ("group", "reading", "wrong hits"), rows)
    return ChartData("ranges", "Wrong hits by group", "Women from West Africa are hit most.", tuple(records), table)


def rules() -> ChartData:
    values = (("hit is final", 31.0), ("hit is a lead", 9.0), ("second trained reader", 4.0), ("fingerprints", 0.0))
    records = [
        {"label": name, "series": "", "value": v, "low": v / 2, "high": v * 2, "order": i}
        for i, (name, v) in enumerate(values)
    ]
    rows = tuple((r["label"], estimate(r["value"], r["low"], r["high"], Doubt.MODEL)) for r in records)
    table = Table("Unsupported actions per 10,000 people, by rule", ("rule", "unsupported actions"), rows)
    return ChartData("ranges", "Unsupported actions, by rule", "The final hit is worst.", tuple(records), table)


def charts() -> tuple[ChartData, ...]:
    return (over_phi(), by_group(), rules())


def answers() -> tuple[Finding, ...]:
    figures = {
        "wrong_hits.strict": estimate(8.3, 6.0, 15.0, phi=1e-4, by="enrolled"),
        "wrong_hits.uk_police": estimate(90.0, 63.0, 180.0, phi=0.0209, by="enrolled"),
        "alerts": estimate(12.0, 6.2, 21.0, Doubt.SAMPLING, level=0.95, n=2_077.0, count=12.0),
        "rank_two": estimate(None, reason="no published row gives it"),
    }
    drawn = {3: (by_group(),), 9: (rules(),)}
    wide = Table(
        "A table with many columns, as the comparison of rules has",
        ("rule", "status", *POINTS, "people", "note"),
        tuple(
            (
                f"rule {i}",
                "US-born citizens",
                estimate(31.0 * i, 3.0, 400.0),
                estimate(2.0 * i, 0.1, 40.0),
                1_234 * i,
                None,
            )
            for i in range(1, 5)
        ),
        "One sentence under the table, which says what is left out of it and why.",
    )
    found = []
    for i, question in enumerate(QUESTIONS, start=1):
        if i in (7, 12, 15):
            found.append(Finding(f"Q{i:02d}", question, "misid cannot count this: no stage models it.", answered=False))
            continue
        found.append(
            Finding(
                f"Q{i:02d}",
                question,
                "Of 10,000 people photographed, 8,600 of them with a right to be here, acted on are 26 if 1 in 10,000 "
                "strangers is named, 36 if 1 in 48 is: 26 on their own wrong record, 0.07 to 10 on somebody else's.",
                "By who is enrolled: 14 to 50.",
                "No published test searched street photos, and none a gallery above 12 million.",
                figures,
                (wide,) if i in (1, 9) else (),
                drawn.get(i, ()),
            )
        )
    return tuple(found)


def validated() -> Section:
    rows = (
        (
            "How misses grow with the gallery Tested up to 12 million; this scenario has 200 million.",
            "Q01 and Q05",
            "Misses at 12 million, from 1.6 million: half of the predictions within a factor of 1.06.",
            "Furthest outside: maker04_001, 0.075 predicted (0.062 to 0.092), 0.037 observed.",
        ),
        ("Twins", "Q12", "Twins: 8 of 10 inside the 90% interval.", "No goal is missed."),
    )
    text = (
        "Over 78 predictions of published or counted figures misid misses 2 of 5 goals set beforehand. The rest is "
        "structure. Nobody has tested: street photos taken with a phone; an officer who acts on a hit."
    )
    heads = ("answers rest on", "answers", "set beside what was observed", "worst of it")
    return Section("validated", "Is this validated?", text, tables=(Table("The answers rest on these", heads, rows),))


def findings(**changes: object) -> Findings:
    inputs = Table(
        "Every number that went in",
        ("field", "value", "range", "unit", "grade", "source"),
        tuple(
            (f"gallery.field_{i}", 0.003 * i, f"{0.0003 * i:g} to {0.03 * i:g}", "probability", "ABCD"[i % 4], source)
            for i in range(1, 13)
            for source in ("NIST FRTE 1:N, the largest gallery tested; see the table of sources",)
        ),
        distance=INPUTS,
    )
    fields: dict[str, object] = {
        "scenario": "field-app",
        "title": "A phone app over 200 million images, as the press reports it",
        "known": (
            "Suppose 1 in 100 naturalised citizens' records are wrong. Of 10,000 photographed, 8,600 of them with "
            "a right to be here, acted on are 26 if 1 in 10,000 strangers is named, 36 if 1 in 48 is."
        ),
        "not_validated": (
            "Not validated: no published test covers a gallery above 12 million, a street phone photo or an officer "
            "who decides alone."
        ),
        "picture": over_phi(),
        "headlines": ("One.", "Two.", "Three.", "Four.", "Five."),
        "answers": answers(),
        "inputs": inputs,
        "illustrative": ("gallery.mix", "capture.tail_shift_decades", "stops.in_gallery"),
        "limits": (
            "misid says nothing on whether a stop was lawful.",
            "No figure here is about a real person or a real arrest.",
        ),
        "validated": validated(),
    }
    return Findings(**{**fields, **changes})
