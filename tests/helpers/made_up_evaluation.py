"""Evaluations that nobody made: every part of a page about one algorithm, and a bare one without labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import ndtr, ndtri

from misid.evaluation import (
    HERE,
    Check,
    Differentials,
    Evaluation,
    Growth,
    Line,
    Menagerie,
    PairRates,
    SearchRates,
    Source,
)
from misid.findings import ChartData, evaluation_page
from misid.quantities import Conditions, Doubt, Estimate
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import DIFFERENCE, grouped

KIND = "webcam"
N = 1_600
PEOPLE = 1_500
SUBJECTS = 2_312
GROUPS = ("East Asia, women", "East Asia, men", "West Africa, women", "West Africa, men", "other groups")
T = np.linspace(-0.25, 1.0, 100)
MATED, NON_MATED = 9_240, 1_478_400
MATED_SEARCHES, NON_MATED_SEARCHES = 3_000, 1_624


def rate(value, n=None, *, width=0.2, kind=Doubt.SAMPLING, level=0.95, caveats=(), unit="probability", **conditions):
    """A rate with an interval of about its own width."""
    top = 1.0 if unit == "probability" else np.inf
    return Estimate(
        value,
        value * (1 - width),
        min(top, value * (1 + 1.3 * width) if value else 3.0 / (n or 100)),
        unit,
        kind,
        "two-way clustered by subject",
        n=n,
        count=None if n is None else round(value * n),
        level=level,
        conditions=Conditions(image_kind=KIND, **conditions),
        distance=HERE,
        caveats=caveats,
    )


def unknown(reason):
    return Estimate(None, None, None, "probability", Doubt.SAMPLING, "counted", reason=reason, distance=HERE)


def fmr(t):
    return ndtr(-(np.asarray(t, float) - 0.08) / 0.085)


def fnmr(t):
    return 0.004 + 0.996 * ndtr((np.asarray(t, float) - 0.62) / 0.11)


def at_fmr(target):
    return float(0.08 - 0.085 * ndtri(target))


def pairs() -> PairRates:
    t = T
    figures = {
        "eer": rate(0.0107, MATED, score=0.346),
        "eer_midpoint": rate(0.0108, MATED, score=0.346),
        "eer_interpolated": rate(0.0106, MATED, score=0.346),
        "eer_hull": rate(0.0101, MATED, score=0.346),
        "eer_threshold": rate(0.346, unit="score", width=0.01),
        "auc": rate(0.99712, width=0.0003),
        "failure_to_acquire": rate(0.0021, 9_260),
    }
    for e in range(1, 7):
        target = 10.0**-e
        cut = at_fmr(target)
        figures[f"fnmr_at_fmr_1e-{e}"] = rate(float(fnmr(cut)), MATED, score=cut, threshold=float(e))
        figures[f"threshold_at_fmr_1e-{e}"] = rate(cut, unit="score", width=0.02)
    figures["fnmr_at_fmr_1e-7"] = unknown(say("reading.reason.fmr", n=1_478_400, target="1e-7", one=1 / 1_478_400))
    figures["frr_at_fmr_1e-3"] = rate(0.0143, 9_260, score=at_fmr(1e-3), caveats=("failures_counted",))
    figures["fmr_at_0.4"] = rate(float(fmr(0.4)), NON_MATED, score=0.4)
    figures["fnmr_at_0.4"] = rate(float(fnmr(0.4)), MATED, score=0.4)
    shape = lambda m, s: np.exp(-0.5 * ((t - m) / s) ** 2) / s / 2.5066  # noqa: E731
    kept = fmr(t) >= 1 / NON_MATED
    return PairRates(
        figures,
        Line(t, np.where(kept, fmr(t), 0.0)),
        Line(t, fnmr(t)),
        Line(t, shape(0.62, 0.11)),
        Line(t, shape(0.08, 0.085)),
        MATED,
        NON_MATED,
    )


def searches() -> SearchRates:
    t = np.linspace(0.2, 0.9, 71)
    fpir = -np.expm1(N * np.log1p(-fmr(t)))
    missed = np.minimum(1.0, fnmr(t) + 0.01)
    about = {"n_references": N, "n_enrolled": PEOPLE}
    figures = {
        "rank_1": rate(0.978, MATED_SEARCHES, width=0.006, **about),
        "rank_1_ties_favoured": rate(0.979, MATED_SEARCHES, width=0.006, **about),
        "rank_5": rate(0.986, MATED_SEARCHES, width=0.005, **about),
        "rank_1_without_failures": rate(0.981, 2_990, width=0.006, **about),
        "failed_searches": rate(0.0022, 4_624, width=0.5, **about),
        "rank_10": rate(0.989, MATED_SEARCHES, width=0.004, **about),
        "fpir_at_0.45": rate(0.0192, NON_MATED_SEARCHES, width=0.35, score=0.45, **about),
        "fnir_at_0.45": rate(0.07, MATED_SEARCHES, score=0.45, **about),
        "selectivity_at_0.45": rate(0.023, NON_MATED_SEARCHES, unit="candidates", score=0.45, **about),
        "misid_at_0.45": rate(0.0031, MATED_SEARCHES, score=0.45, **about),
    }
    for name, target, cut in (("0.1", 0.1, 0.395), ("0.01", 0.01, 0.463), ("0.003", 0.003, 0.488)):
        figures[f"fnir_at_fpir_{name}"] = rate(
            float(fnmr(cut)) + 0.01, MATED_SEARCHES, width=0.15 + 0.002 / target, score=cut, **about
        )
        figures[f"misid_at_fpir_{name}"] = rate(0.03 * target, MATED_SEARCHES, width=0.5, score=cut, **about)
        figures[f"threshold_at_fpir_{name}"] = rate(cut, unit="score", width=0.03, **about)
    ranks = np.arange(1.0, 51.0)
    cmc = 1 - 0.022 * ranks**-0.45
    return SearchRates(
        figures,
        Line(ranks, cmc, cmc - 0.006, cmc + 0.005),
        Line(t, np.where(fpir * NON_MATED_SEARCHES >= 1, fpir, 0.0), fpir * 0.7, np.minimum(1.0, fpir * 1.35)),
        Line(t, missed, missed * 0.85, np.minimum(1.0, missed * 1.15)),
        MATED_SEARCHES,
        NON_MATED_SEARCHES,
        N,
        PEOPLE,
        50,
    )


def differentials() -> Differentials:
    own = (9e-4, 6e-4, 4.1e-3, 2.2e-3, 5e-4)
    cells = []
    for i, g in enumerate(GROUPS):
        row = []
        for j, h in enumerate(GROUPS):
            far = (i < 2) != (j < 2)
            value = own[i] if i == j else 0.0 if (i, j) == (4, 1) else (own[i] * own[j]) ** 0.5 * (0.05 if far else 0.3)
            trials = 124_000 + 3_110 * i * j
            row.append(
                rate(
                    round(value * trials) / trials,
                    trials,
                    width=0.4,
                    level=0.998,
                    score=0.343,
                    probe_group=g,
                    reference_group=h,
                    caveats=("no_events",) if round(value * trials) == 0 else ("many_pairs_of_groups",),
                )
            )
        cells.append(tuple(row))
    missed = {g: rate(0.012 * (1 + 0.4 * i), 1_800, score=0.343, probe_group=g) for i, g in enumerate(GROUPS)}
    wrong = {
        g: rate(own[i] * 30, 320, width=0.5, score=0.343, probe_group=g, n_references=N, n_enrolled=PEOPLE)
        for i, g in enumerate(GROUPS)
    }
    return Differentials(
        GROUPS,
        (420, 388, 301, 276, 115),
        (260, 240, 180, 171, 80),
        tuple(cells),
        {"fnmr": missed, "fpir": wrong},
        {
            "fmr_fdr_fair": rate(0.998, width=0.001, caveats=("absolute_gap",), unit="ratio", score=0.343),
            "fmr_max_over_min": rate(8.2, width=0.5, unit="ratio", score=0.343),
            "fmr_max_over_geometric_mean": rate(3.4, width=0.3, unit="ratio", score=0.343),
            "fmr_gini": rate(0.47, width=0.2, unit="ratio", score=0.343),
        },
        (
            "3 groups with fewer than 20 subjects on either side were put together as other groups.",
            "25 events are needed in the lower group to see a doubling; the lowest has 7.",
        ),
    )


def growth() -> Growth:
    n = np.logspace(2, np.log10(2e8), 25)
    f = 1.2e-5
    independent = -np.expm1(n * np.log1p(-f))
    k = 0.6
    spread = -np.expm1(-k * np.log1p(n * f / k))
    tail = -np.expm1(-np.expm1(np.minimum(n * f, 700) * -1.2) * -1.0) * 0.6
    lines = {
        "independence": Line(n, independent, independent * 0.7, np.minimum(1.0, independent * 1.4)),
        "heterogeneity": Line(n, spread, spread * 0.65, np.minimum(1.0, spread * 1.45)),
        "tail": Line(n, tail, tail * 0.4, np.minimum(1.0, tail * 2.2)),
    }
    about = {"score": 0.45}
    figures = {}
    for name, size in (("1e4", 1e4), ("1e6", 1e6), ("2e8", 2e8)):
        value = float(np.interp(size, n, spread))
        codes = ("tail_shape_decides", *(("beyond_data",) if size > 10 * N else ()))
        figures[f"fpir_at_n_{name}"] = rate(
            value, width=0.3, kind=Doubt.MODEL, level=None, n_references=int(size), caveats=codes, **about
        )
    checks = [
        Check(form, N // 8, N // to, predicted, rate(0.0066, 1_624, score=0.45, n_references=N // to), passed)
        for form, passed, share in (("independence", False, 0.0121), ("heterogeneity", True, 0.0069))
        for to in (4, 2)
        for predicted in (rate(share, score=0.45, kind=Doubt.MODEL, n_references=N // to),)
    ]
    return Growth(
        figures,
        lines,
        tuple(checks),
        N,
        0.45,
        ("Independence did not predict halves of the gallery from eighths of it; the other two did.",),
    )


def menagerie() -> Menagerie:
    mated, non_mated = np.linspace(0.3, 0.8, 24), np.linspace(-0.02, 0.2, 16)
    x, y = np.meshgrid(mated, non_mated)
    density = np.exp(-0.5 * ((x - 0.6) / 0.06) ** 2 - 0.5 * ((y - 0.08 - 0.1 * (x - 0.6)) / 0.03) ** 2)
    density /= density.sum()
    return Menagerie(
        mated,
        non_mated,
        np.where(density * SUBJECTS < 3, 0.0, np.round(density, 6)),
        {
            "false_matches_owed_to_worst_tenth": rate(0.41, SUBJECTS, unit="share"),
            "mated_non_mated_correlation": rate(0.12, unit="correlation", width=0.5),
        },
    )


def gap(value, low, high):
    return Estimate(value, low, high, DIFFERENCE, Doubt.SAMPLING, "paired", level=0.95, distance=HERE)


def worse(figures):
    """The same of an algorithm that errs a third more, at thresholds of its own; nobody asked for one of them."""

    def more(x):
        return None if x is None else min(1.0, 1.3 * x)

    return {
        name: replace(f, value=more(f.value), low=more(f.low), high=more(f.high))
        for name, f in figures.items()
        if not name.endswith(("_at_0.4", "_at_0.45"))
    }


def full() -> Evaluation:
    return Evaluation(
        name="mobilefacenet-v2",
        image_kind=KIND,
        level=0.95,
        seed=7,
        sources=(
            Source("scores/webcam.parquet", "Parquet of comparisons", 48_112_004, "a3" * 32),
            Source("lists/webcam.csv", "candidate lists, comma-separated", 1_204_887, "0f" * 32),
        ),
        assumed=(
            say("reading.similarities"),
            say("reading.lists.failed", n=11),
            say("reading.ties", share=grouped(1.4, 1)),
        ),
        caveats=("ties", "list_depth"),
        subjects=SUBJECTS,
        pairs=pairs(),
        searches=searches(),
        differentials=differentials(),
        growth=growth(),
        menagerie=menagerie(),
        compared={
            "fnmr_at_fmr_1e-3": gap(-0.002, -0.0034, -0.0007),
            "fnmr_at_fmr_1e-4": gap(-0.0074, -0.0112, -0.0035),
            "rank_1_miss": gap(0.003, -0.002, 0.008),
            "fnir_at_fpir_0.1": gap(-0.0103, -0.0144, -0.006),
        },
        against="mobilefacenet-v1",
        against_pairs=replace(pairs(), figures=worse(pairs().figures), fnmr=Line(T, np.minimum(1.0, 1.3 * fnmr(T)))),
        against_searches=replace(searches(), figures=worse(searches().figures)),
    )


def bare() -> Evaluation:
    """Pairs alone, of nobody knows whom."""
    whole = pairs()
    kept = ("eer", "auc", "fnmr_at_fmr_1e-1", "fnmr_at_fmr_1e-2", "fnmr_at_fmr_1e-3", "threshold_at_fmr_1e-2")
    figures = {
        name: replace(
            whole.figures[name],
            conditions=replace(whole.figures[name].conditions, image_kind=""),
            caveats=("no_subject_labels",),
        )
        for name in kept
    }
    return Evaluation(
        name="scores.txt",
        image_kind="not stated",
        level=0.95,
        seed=0,
        sources=(Source("mated.txt", "one score a line", 812, "00" * 32),),
        assumed=("The first file holds the scores of people with themselves.",),
        caveats=("no_subject_labels", "image_kind_unstated"),
        subjects=0,
        pairs=replace(whole, figures=figures, n_mated=100, n_non_mated=1_900),
    )


def charts() -> tuple[ChartData, ...]:
    """One chart of each kind that a page about one algorithm has."""
    page = evaluation_page(full())
    drawn = (page.picture, *(chart for section in page.sections for chart in section.charts))
    return tuple({chart.kind: chart for chart in reversed(drawn)}.values())
