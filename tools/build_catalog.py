"""Rewrite the catalogue's table of published figures from a folder of transcribed NIST tables.

Usage: python tools/build_catalog.py FOLDER

FOLDER holds frte_1n_accuracy.csv, frte_ageing_quality.csv and frte_demographics.csv.  Only one-to-many rows and the
twins are taken; what is left out, and why, is in the catalogue's sources.json.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

TARGET = Path(__file__).parents[1] / "src/misid/algorithm/catalog/nist.csv"
COLUMNS = (
    "source",
    "algorithm",
    "developer",
    "table",
    "image_kind",
    "lapse",
    "n",
    "metric",
    "fpir",
    "rank",
    "group",
    "value",
)
REGIONS = {"E-Asia": "east_asia", "E-Europe": "east_europe", "S-Asia": "south_asia", "W-Africa": "west_africa"}
SEXES = {"F": "female", "M": "male"}
TWINS = {
    "identical twins": "identical_twin",
    "fraternal twins same sex": "same_sex_fraternal",
    "fraternal twins different sex": "different_sex_fraternal",
    "mugshot control": "unrelated_control",
}
AS_TESTED, LONG = "as tested", "10 years or more"

Row = dict[str, str]


def read(folder: Path, name: str) -> list[Row]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def card_name(printed: str) -> str:
    """One spelling for all tables: the demographic ones print nec-007 where the others print nec_007."""
    return printed.replace("-", "_")


def build(folder: Path) -> list[Row]:
    accuracy = read(folder, "frte_1n_accuracy.csv")
    ageing = [row for row in read(folder, "frte_ageing_quality.csv") if row["error_target_kind"] == "FPIR"]
    demographics = read(folder, "frte_demographics.csv")
    # The travel table prints legal names; the prefix of the other tables groups a vendor's algorithms.
    developers = {row["algorithm"]: row["developer"] for row in accuracy if row["probe_kind"] != "airport traveller"}

    def row(source: str, table: str, algorithm: str, **given: str) -> Row:
        name = card_name(algorithm)
        prefix = developers.get(name, re.sub(r"_\d+$", "", name))
        return {"source": source, "table": table, "algorithm": name, "developer": prefix} | given

    out = [
        row(
            "nist-travel" if old["probe_kind"] == "airport traveller" else "nist-1n",
            "accuracy",
            old["algorithm"],
            image_kind=old["probe_kind"],
            lapse=AS_TESTED,
            n=old["gallery_n"],
            metric=old["metric"],
            fpir=old["fpir"],
            rank=old["rank"],
            value=old["value"],
        )
        for old in accuracy
    ]
    out += [
        row(
            "nist-1n",
            "ageing",
            old["algorithm"],
            image_kind=old["probe_kind"],
            lapse=LONG,
            n=old["gallery_n"],
            metric=old["metric"],
            fpir=old["error_target"],
            value=old["value"],
        )
        for old in ageing
    ]
    for old in demographics:
        if old["factor"] == "region of birth x sex" and old["metric"] == "FPIR":
            region, sex = old["group"].split()
            group = f"{REGIONS[region]}_{SEXES[sex]}"
            out.append(row("nist-1n", "groups", old["algorithm"], metric="FPIR", group=group, value=old["value"]))
        elif old["factor"] == "kinship (twins)":
            group, metric = TWINS[old["group"]], old["metric"]
            out.append(row("nist-twins", "twins", old["algorithm"], metric=metric, group=group, value=old["value"]))
    filled = [{column: item.get(column, "") for column in COLUMNS} for item in out]
    order = ("algorithm", "table", "image_kind", "lapse")
    return sorted(filled, key=lambda r: (*(r[c] for c in order), int(r["n"] or 0), r["rank"], r["group"], r["metric"]))


def main(argv: list[str]) -> int:
    if len(argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    rows = build(Path(argv[1]))
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} rows to {TARGET.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
