"""Published rows as people hand them in: checked all at once, one spelling."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from misid.errors import Fault, InvalidInput
from misid.vocabulary import ImageKind, Lapse

_ALIASES = {
    "image_kind": ("probe_kind", "image_kind"),
    "n": ("gallery_n", "n"),
    "fpir": ("fpir", "error_target"),
    "lapse": ("lapse", "time_lapse"),
}
"""Columns by both names: NIST transcriptions and misid's own catalogue."""
_HINT = "Rows have the columns algorithm, probe_kind, gallery_n, metric, fpir, rank, value."
_IMAGE_TYPES = {str(one) for one in ImageKind if one is not ImageKind.STREET}


@dataclass(frozen=True)
class Row:
    """One published figure; empty text where a condition does not apply."""

    algorithm: str
    developer: str
    source: str  # where it is printed
    table: str
    metric: str  # FNIR or FPIR
    value: float  # as printed, in [0, 1]
    image_kind: str = ""
    lapse: str = ""
    group: str = ""  # of the probe
    n: int | None = None  # references
    fpir: float | None = None  # that the threshold was set for
    rank: int | None = None  # where no threshold was used

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types, fields that do not apply left out."""
        return {key: value for key, value in asdict(self).items() if value not in ("", None)}


def _number(text: object) -> float | None:
    if text is None or (isinstance(text, str) and not text.strip()):
        return None
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        return math.nan
    try:
        return float(text)
    except ValueError:
        return math.nan


def _cell(item: Mapping[str, Any], column: str) -> Any:
    return next((item[name] for name in _ALIASES.get(column, (column,)) if item.get(name) not in (None, "")), None)


def parse_rows(given: Iterable[Any]) -> tuple[Row, ...]:
    """Check and read published rows, in their order; cells may be text or numbers, unknown columns are ignored.

    Raises
    ------
    InvalidInput
        Names every fault of every row.
    """
    faults: list[Fault] = []
    rows: list[Row] = []
    for index, item in enumerate(given):
        if not isinstance(item, Mapping):
            faults.append(Fault("", 0, f"rows.{index}", f"is no mapping of columns to cells but {type(item).__name__}"))
            continue
        row, wrong = _parse(item)
        faults += [Fault("", 0, f"rows.{index}.{field}", what, fix) for field, what, fix in wrong]
        if row is not None:
            rows.append(row)
    if faults:
        raise InvalidInput(faults, _HINT)
    return tuple(rows)


def _parse(item: Mapping[str, Any]) -> tuple[Row | None, list[tuple[str, str, str]]]:
    wrong: list[tuple[str, str, str]] = []
    text = {key: str(_cell(item, key) or "").strip() for key in ("algorithm", "developer", "source", "metric", "group")}
    wrong += [(key, "is missing", "") for key in ("algorithm", "metric") if not text[key]]
    metric = text["metric"]
    if metric and metric not in ("FNIR", "FPIR"):
        wrong.append(("metric", f"is {metric!r}", "give FNIR, or FPIR for a row per probe group"))
    value = _number(_cell(item, "value"))
    if value is None:
        wrong.append(("value", "is missing", ""))
    elif not 0.0 <= value <= 1.0:
        wrong.append(("value", f"is {item.get('value')!r}", "give a share from 0 to 1"))
    n, fpir, rank = (_number(_cell(item, key)) for key in ("n", "fpir", "rank"))
    image_type, lapse = str(_cell(item, "image_kind") or "").strip(), str(_cell(item, "lapse") or "").strip()
    grouped = metric == "FPIR"
    if grouped:
        if not text["group"]:
            wrong.append(("group", "is missing", "an FPIR row needs its probe group, east_asia_female say"))
    else:
        wrong += _wrong_conditions(image_type, n, fpir, rank)
    if wrong or value is None:
        return None, wrong
    algorithm = text["algorithm"].replace("-", "_")
    return (
        Row(
            algorithm=algorithm,
            developer=text["developer"] or algorithm.rpartition("_")[0] or algorithm,
            source=text["source"],
            table=str(item.get("table") or ("groups" if grouped else "accuracy")),
            metric=metric,
            value=value,
            image_kind=image_type,
            lapse="" if grouped else str(Lapse.LONG if lapse not in ("", Lapse.AS_TESTED) else Lapse.AS_TESTED),
            group=text["group"],
            n=None if n is None or grouped else int(n),
            fpir=None if grouped else fpir,
            rank=None if rank is None or grouped else int(rank),
        ),
        [],
    )


def _wrong_conditions(
    image_type: str, n: float | None, fpir: float | None, rank: float | None
) -> list[tuple[str, str, str]]:
    wrong = []
    if image_type not in _IMAGE_TYPES:
        fix = "give one of " + ", ".join(sorted(_IMAGE_TYPES))
        wrong.append(("probe_kind", f"is {image_type!r}" if image_type else "is missing", fix))
    if n is None or not (n >= 1 and n == math.floor(n) and math.isfinite(n)):
        wrong.append(("gallery_n", "is missing" if n is None else f"is {n:g}", "give a whole number of references"))
    if (fpir is None) == (rank is None):
        wrong.append(("fpir", "needs either fpir or rank", "leave the other empty"))
    elif fpir is not None and not 0.0 < fpir < 1.0:
        wrong.append(("fpir", f"is {fpir:g}", "give a share between 0 and 1"))
    elif rank is not None and not (math.isfinite(rank) and rank >= 1 and rank == math.floor(rank)):
        wrong.append(("rank", f"is {rank:g}", "give a whole number from 1"))
    return wrong
