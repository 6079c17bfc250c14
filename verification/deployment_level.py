"""The level of false hits: each deployment from the others of the same vendor at the same score.

No scenario enters, and no closed form: faces, list sizes and false alerts alone, and how far places differ.  Beside it
stand what the laboratory's rate at another score predicts, and NIST's with its threshold kept or set anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from misid.algorithm import FPIR_TESTED, CountUse, FieldCount, field_counts, published_tests
from misid.expected import FieldFit, fit_field
from misid.quantities import Conditions
from misid.statistics import poisson_interval
from misid.validation import ANEW_RATE, KEPT_RATE, LIST, NPL_LOW, NPL_RATE, Prediction, Standing, Unsettled
from misid.vocabulary import ImageKind
from verification.deployment_draws import luck
from verification.tables import PredictionTable, Say

SCALE, SETTING, LABORATORY = "NEC NeoFace", 0.64, 0.60
LEVEL = 0.90


@dataclass(frozen=True)
class CountedDeployment:
    """The rows of one operator at one place, and what simple rates predict of them.

    Parameters
    ----------
    key, title : str
        Of the first row.
    rows : tuple of FieldCount
        Faces, lists and false alerts.
    """

    key: str
    title: str
    rows: tuple[FieldCount, ...]

    @property
    def faces(self) -> int:
        """Faces searched."""
        return sum(row.faces for row in self.rows)

    @property
    def counted(self) -> int:
        """False alerts, as the operator counted them."""
        return sum(row.false_alerts for row in self.rows)

    @property
    def list_size(self) -> float:
        """References on the list, weighted by faces."""
        return self.comparisons() / self.faces

    def comparisons(self, end: str = "value") -> float:
        """Return faces times references, at the best list sizes or at their ``"low"`` or ``"high"`` ends."""
        return sum(row.faces * float(getattr(row.list_size, end)) for row in self.rows)

    def laboratory(self, end: str = "value") -> float:
        """Return the false alerts that the laboratory's rate at 0.60 would give."""
        return laboratory_rate() * self.comparisons(end)

    def nist_kept(self, end: str = "value") -> float:
        """Return the false alerts that NIST's rate would give if the threshold of its largest gallery were kept."""
        fpir, size = _nist()
        return -math.log1p(-fpir) / size * self.comparisons(end)

    def nist_set_anew(self) -> float:
        """Return the false alerts that NIST's FPIR would give if the threshold were set anew for the list."""
        return _nist()[0] * self.faces


@cache
def deployments() -> tuple[CountedDeployment, ...]:
    """Return the deployments of one vendor that use, or are taken to use, one score; rows of one operation together."""
    rows = (*field_counts(SCALE, SETTING), *field_counts(SCALE, SETTING, CountUse.ALTERNATIVE))
    found: dict[tuple[str, str], list[FieldCount]] = {}
    for row in rows:
        if not row.is_test:
            found.setdefault((row.operator, row.setting), []).append(row)
    return tuple(CountedDeployment(group[0].key, _title(group), tuple(group)) for group in found.values())


def _title(group: list[FieldCount]) -> str:
    if len(group) == 1:
        return group[0].title
    place = group[0].title.split(",")[0]
    return f"{place}, {len(group)} rows, {group[0].period.split(' ')[0]} to {group[-1].period.split(' ')[0]}"


def laboratory_rate() -> float:
    """Return false alerts per comparison in the laboratory at 0.60."""
    rows = field_counts(SCALE, LABORATORY)
    return sum(row.false_alerts for row in rows) / sum(row.comparisons for row in rows)


@cache
def _nist() -> tuple[float, int]:
    test = next(test for test in published_tests() if test.key == "nist-mugshot")
    return FPIR_TESTED, max(test.n)


def level_tables(say: Say) -> tuple[PredictionTable, ...]:
    """Make the table."""
    say("deployments: each from the others of the same vendor and score")
    return (
        PredictionTable(
            code="deployment_level",
            title="Deployments: false alerts from the others of the same vendor and score",
            question="Does the rate of other deployments tell how often a face is falsely pointed at in this one?",
            target="false alerts per face seen, as the operator counted them, at NEC NeoFace 0.64; list size in rows",
            how="No scenario: false alerts per comparison (faces times list size) of the other deployments, and how "
            "far places differ (negative binomial; Jeffreys' prior, spread even from 0 to 2, chosen by simulation). "
            "Lists that are not published are at their best value, 9,000, and each row says what it expects with all "
            "of them at 5,000 and at 16,000.",
            conditions=Conditions(
                image_kind=ImageKind.STREET, gallery="a watchlist; size and threshold stand in each row"
            ),
            level=LEVEL,
            scale="ratio",
            predictions=from_other_deployments(),
            baselines={
                NPL_RATE: "NPL's 7 false alerts in 42,000 passages and 10,000 references, in proportion to the list",
                KEPT_RATE: "NIST's FPIR 0.003 at 12 million, the threshold kept, in proportion to the list",
                ANEW_RATE: "NIST's FPIR 0.003, the threshold set anew for the list",
            },
            caveats=("truth_by_operator", "same_people_scanned_again"),
            judged=False,
        ),
    )


def from_other_deployments() -> tuple[Prediction, ...]:
    """Predict each deployment from the others."""
    return tuple(_prediction(one) for one in deployments())


def fit_without(one: CountedDeployment, spread_scale: float | None = None) -> FieldFit:
    """Return the fit of all rows of the other deployments."""
    rows = [row for other in deployments() if other.key != one.key for row in other.rows]
    return fit_field(rows, spread_scale=spread_scale)


def _prediction(one: CountedDeployment) -> Prediction:
    fit, counted, faces = fit_without(one), one.counted, one.faces
    found = fit.predict(faces, one.list_size, LEVEL)
    assert found.low is not None
    assert found.high is not None
    low, high = poisson_interval(counted, LEVEL)
    below = fit.upto(counted - 1, faces, one.list_size) if counted else 0.0
    upto = fit.upto(counted, faces, one.list_size)
    uniform = float(luck(one.key, "pit level", 1)[0])
    assumed = [row for row in one.rows if not row.list_published]
    by_lists = _by_lists(one, fit)
    nothing = () if found.high else ("so few faces that no false alert was to be expected: it tells nothing",)
    return Prediction(
        subject=one.key,
        group=one.rows[0].operator,
        value=found.value / faces,
        low=found.low / faces,
        high=found.high / faces,
        observed=counted / faces,
        observed_low=float(low) / faces,
        observed_high=float(high) / faces,
        standing=Standing.ROW_LEFT_OUT,
        baselines={
            NPL_RATE: one.laboratory() / faces,
            KEPT_RATE: one.nist_kept() / faces,
            ANEW_RATE: one.nist_set_anew() / faces,
        },
        pit=below + uniform * (upto - below),
        log_score=math.log(max(upto - below, 1e-300)),
        note="; ".join(dict.fromkeys((*(row.caveat for row in one.rows), *nothing))),
        detail={
            "place": one.title,
            "counted": counted,
            "out of": faces,
            "predicted alerts": f"{found.value:,.0f}",
            "their 90% interval": f"{found.low:,.0f} to {found.high:,.0f}",
            "width": int(found.high - found.low),
            "by the lists": by_lists,
            NPL_RATE: round(one.laboratory(), 2),
            KEPT_RATE: round(one.nist_kept(), 4),
            ANEW_RATE: round(one.nist_set_anew(), 1),
            NPL_LOW: round(one.laboratory("low"), 2),
            LIST: round(one.list_size),
            "list size": _list(one) if assumed else f"{one.list_size:,.0f} (published)",
            "threshold": ", ".join(
                dict.fromkeys("not read" if r.score is None else f"{r.score:.2f}" for r in one.rows)
            ),
            "source": "; ".join(dict.fromkeys(f"{row.source}: {row.address}" for row in one.rows)),
            "grade": one.rows[0].grade.value,
        },
    )


def _by_lists(one: CountedDeployment, fit: FieldFit) -> str:
    """Say the mean prediction with all assumed lists low and with all high, of this row and of the others apart."""
    if fit.rate_by_lists is None:
        return "no list is assumed"
    low, high = fit.rate_by_lists
    return f"{low * one.comparisons('low'):.2g} to {high * one.comparisons('high'):.2g} expected"


def _list(one: CountedDeployment) -> str:
    listed = one.rows[0].list_size
    return f"{listed.value:,.0f} ({listed.low:,.0f} to {listed.high:,.0f}, assumed)"


def level_unsettled() -> tuple[Unsettled, ...]:
    """Return what these rows cannot decide."""
    rows = from_other_deployments()
    widths = ", ".join(f"{row.detail['their 90% interval']} ({row.detail['counted']} counted)" for row in rows)
    alike = [one for one in deployments() if not _holds(one, *_one_rate(one))]
    tight = [one for one in deployments() if not _holds(one, *fit_without(one, 1.0).predict(*_of(one), LEVEL).ends)]
    return (
        Unsettled(
            "Whether a vendor's score gives one rate per comparison wherever it is used.",
            f"{len(rows)} deployments, one of them with a published list; their 90% intervals are {widths}: so wide "
            f"that holding them says little. If all places shared one rate, {_named(alike, _one_rate)} would lie "
            "outside.",
        ),
        Unsettled(
            "How far the rates of deployments differ.",
            "With a spread that is half-normal with scale 1, instead of even from 0 to 2, "
            f"{_named(tight, lambda one: fit_without(one, 1.0).predict(*_of(one), LEVEL).ends)} would lie outside.",
        ),
    )


def _of(one: CountedDeployment) -> tuple[int, float]:
    return one.faces, one.list_size


def _holds(one: CountedDeployment, low: float, high: float) -> bool:
    return low <= one.counted <= high


def _one_rate(one: CountedDeployment) -> tuple[float, float]:
    """Return the 90% interval if all places shared one rate (Jeffreys' prior)."""
    from scipy import stats

    others = [other for other in deployments() if other.key != one.key]
    shape = sum(other.counted for other in others) + 0.5
    exposure = sum(other.comparisons() for other in others)
    law = stats.nbinom(shape, exposure / (exposure + one.comparisons()))
    return float(law.ppf((1 - LEVEL) / 2)), float(law.ppf((1 + LEVEL) / 2))


def _named(some: list[CountedDeployment], ends: Callable[[CountedDeployment], tuple[float, float]]) -> str:
    words = [
        f"{one.title} ({ends(one)[0]:,.0f} to {ends(one)[1]:,.0f} predicted, {one.counted} counted)" for one in some
    ]
    return " and ".join(words) or "none"
