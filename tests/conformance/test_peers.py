"""Every value that other tools, and plain NumPy, print on their own sample files, under the convention it follows.

docs/conformance.md says which convention is whose, and why the tools differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from misid.evaluation import Comparisons, ReadOptions, Side, Steps, allowed, area, read_files, steps
from misid.evaluation.comparisons import conventions
from misid.statistics import clopper_pearson
from oracles import calibration
from oracles import conventions as other_tools

DATA = Path(__file__).parents[1] / "data" / "peers"
EXPECTED = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))["files"]
INLINE = json.loads((DATA / "conformance_inline.json").read_text(encoding="utf-8"))
FMRS = ("0.1", "0.01", "0.001")

# Where the scores of an entry lie.
FILES: dict[str, tuple[list[str], dict[str, Any]]] = {
    **{f"bob.measure/{name}.txt": ([f"bob.measure/{name}.txt"], {}) for name in ("dev-1", "dev-2", "test-1", "test-2")},
    **{f"bob.measure/{name}-*.hdf5": ([f"bob.measure/{name}.csv"], {}) for name in ("linsep", "nonsep")},
    **{
        f"bob.bio.base/{name}": ([f"bob.bio.base/{name}"], {})
        for name in ("dev-4col.txt", "test-4col.txt", "scores-cmc-4col.txt")
    },
    # Distances, whose known values are those of the numbers as they stand.
    "bob.bio.base/scores-nonorm-openset-dev": (["bob.bio.base/scores-nonorm-openset-dev"], {"similarity": True}),
    **{
        f"pyeer/non_hist/exp{k}": ([f"pyeer/non_hist/exp{k}_true.txt", f"pyeer/non_hist/exp{k}_false.txt"], {})
        for k in (1, 2, 3)
    },
    "lir/LLR_KM+LLR_KNM (log10 LLRs, converted to natural log)": (["lir/LLR_KM.csv", "lir/LLR_KNM.csv"], {}),
    **{
        f"bob.bio.base/{name}.mtx+.mask (OpenBR / NIST BEE)": (
            [f"bob.bio.base/{name}.mtx"],
            {"mask": str(DATA / f"bob.bio.base/{name}.mask")},
        )
        for name in ("scores", "search")
    },
}
# Searches, not comparisons: tests/unit/evaluation/searches/test_known_answers.py.
SEARCHES = {
    "pyeer/cmc/exp1",
    "pyeer/cmc/exp2",
    "cmc_rank1_5_10 (ties count against the mate)",
    "mated_rows",
    "nonmated_rows",
    "cmc_small",
}
# Facts about the file itself: tests/unit/evaluation/reading.
FORM = {"header", "shape_rows_cols", "mask_counts"}
# Scores taken for likelihood ratios, or recalibrated: test_cost_of_likelihood_ratios.
COSTS = {
    "cllr_if_scores_are_natural_log_llrs": "cllr",
    "cllr_if_llr": "cllr",
    "cllr_min_ties_pooled": "cllr_min",
    "cllr_min": "cllr_min",
}
# Not a function of the two distributions alone; docs/conformance.md says what they are.
OTHER_METHOD = {"bob.measure.auc", "others.sa_eer"}
# NumPy finds 1 - 1881/1900 = 0.010000000000000009 above 0.01: one false match fewer than 0.01 allows.
ROUNDED = {"fnmr_at_fmr_le_0.01", "fmr_realised_0.01"}
CLOSE = 1e-12  # float64 sums in another order
FLOAT32 = 2.0**-23  # a threshold lies on a score, and scores are float32


@cache
def given(name: str) -> tuple[Comparisons, Steps]:
    files, asked = FILES[name]
    found = read_files([DATA / file for file in files], ReadOptions(**asked)).pairs
    assert isinstance(found, Comparisons)
    return found, steps(found)


def exact(name: str) -> dict[str, float]:
    pairs, found = given(name)
    rate, at = conventions.eer(found)
    known = {
        "n_impostor": found.n_non_mated,
        "n_genuine": found.n_mated,
        "n_nan": found.failed_mated + found.failed_non_mated,
        "ties_between_classes": int(found.mated[found.non_mated > 0].sum()),
        "auc_exact": area(pairs, found).value,
        "eer_nearest_point": rate,
        "eer_nearest_fmr": at.fmr,
        "eer_nearest_fnmr": at.fnmr,
        "eer_linear_interpolation": conventions.eer_interpolated(found),
        "eer_rocch": conventions.eer_hull(found),
        "fnmr_at_zero_fmr": conventions.at_fmr(found, "0").fnmr,
    }
    for target in FMRS:
        wish = target
        if name.startswith(("bob.bio.base/sc", "bob.bio.base/se")) and found.n_non_mated == 1900 and target == "0.01":
            wish = "0.00999"
        known[f"fnmr_at_fmr_le_{target}"] = conventions.at_fmr(found, wish).fnmr
        known[f"fmr_realised_{target}"] = conventions.at_fmr(found, wish).fmr
    return known


def bob(name: str) -> dict[str, float]:
    _, found = given(name)
    rate, at = conventions.eer(found)
    known = {"eer": rate, "far": at.fmr, "frr": at.fnmr, "min_hter": other_tools.half_total_error_rate(found)[0]}
    for target in FMRS:
        on = other_tools.at_fmr_on_score(found, target)
        known |= {f"far_threshold_{target}": on.threshold, f"frr_at_{target}": on.fnmr}
    return known


def others(name: str) -> dict[str, float]:
    pairs, found = given(name)
    middle, low, high = conventions.eer_midpoint(found)
    auc = area(pairs, found).value
    return {
        "pyeer_eer": middle,
        "pyeer_low": low,
        "pyeer_high": high,
        "pyeer_auc": auc,
        "pyeer_fmr100": other_tools.at_fmr_nearest(found, "0.01").fnmr,
        "pyeer_fmr1000": other_tools.at_fmr_nearest(found, "0.001").fnmr,
        "pyeer_zeroFMR": conventions.at_fmr(found, "0").fnmr,
        "dprime": other_tools.separation(found),
        "sklearn_auc": auc,
        "sklearn_eer_argmin": conventions.eer(found)[0],
        "rocch_eer": conventions.eer_hull(found),
    }


def same(ours: float, theirs: float, key: str) -> bool:
    # llreval stops its search at 1e-9; thresholds and d' are of scores in float32.
    within = 1e-9 if key == "rocch_eer" else CLOSE
    if key == "dprime" or key.startswith("far_threshold"):
        within = FLOAT32
    return abs(ours - theirs) <= within * max(1.0, abs(theirs))


BLOCKS: dict[str, Callable[[str], dict[str, float]]] = {"exact": exact, "bob.measure": bob, "others": others}
AT_THRESHOLD = {"eer_thr", "min_hter_thr", "pyeer_eer_th"}


@pytest.mark.parametrize("name", list(FILES))
def test_every_value_of_a_file(name: str) -> None:
    wrong, seen = [], 0
    for block, values in EXPECTED[name].items():
        ours = BLOCKS[block](name)
        for key, theirs in values.items():
            if key in SEARCHES | FORM | AT_THRESHOLD | set(COSTS) or f"{block}.{key}" in OTHER_METHOD:
                continue
            seen += 1
            if not same(ours[key], theirs, key):
                wrong.append((block, key, ours[key], theirs))
    assert not wrong
    assert seen >= 17


@pytest.mark.parametrize("name", [name for name in FILES if "bob.measure" in EXPECTED[name]])
def test_rates_at_their_thresholds_are_their_rates(name: str) -> None:
    _, found = given(name)
    theirs = EXPECTED[name]["bob.measure"]
    at = conventions.at_threshold(found, theirs["eer_thr"])
    assert (at.fmr, at.fnmr) == pytest.approx((theirs["far"], theirs["frr"]), abs=CLOSE)
    at = conventions.at_threshold(found, theirs["min_hter_thr"])
    assert (at.fmr + at.fnmr) / 2 == pytest.approx(theirs["min_hter"], abs=CLOSE)
    theirs = EXPECTED[name]["others"]
    at = conventions.at_threshold(found, theirs["pyeer_eer_th"])
    assert sorted((at.fmr, at.fnmr)) == pytest.approx([theirs["pyeer_low"], theirs["pyeer_high"]], abs=CLOSE)


def half(digits: int) -> float:
    """What rounding to so many decimals can change; a thousandth more, for float64."""
    return 0.5001 * 10.0**-digits


def as_llrs(name: str) -> tuple[tuple[np.ndarray, np.ndarray], float]:
    """Scores as log10 LRs, and how far their rounding to float32 can move Cllr: its slope is at most 1 / ln 2."""
    pairs, _ = given(name)
    sides = [side.score.astype(np.float64) for side in (pairs.mated, pairs.non_mated)]
    unit = 1.0 if name.startswith("lir/") else np.log(10)
    largest = max(float(np.abs(side).max()) for side in sides)
    return (sides[0] / unit, sides[1] / unit), 2.0**-24 * largest * np.log(10) / unit / np.log(2) + CLOSE


@pytest.mark.parametrize("name", list(FILES))
def test_cost_of_likelihood_ratios(name: str) -> None:
    llrs, rounded = as_llrs(name)
    # Only the order counts for the smaller cost, and float32 keeps the order of these scores.
    ours = {"cllr": (calibration.cllr(*llrs), rounded), "cllr_min": (calibration.cllr_min(*llrs), CLOSE)}
    seen = 0
    for values in EXPECTED[name].values():
        for key in set(COSTS) & set(values):
            value, near = ours[COSTS[key]]
            assert value == pytest.approx(values[key], rel=CLOSE, abs=near), key
            seen += 1
    assert seen in (2, 4)


def test_every_entry_has_its_place() -> None:
    assert set(EXPECTED) == set(FILES) | {name for name in SEARCHES if "/cmc/" in name}
    known = SEARCHES | {name.__name__[5:] for name in INLINE_TESTS} | {"about"}
    assert set(INLINE) <= known, set(INLINE) - known


def test_a_swapped_file_is_not_taken_for_the_right_one() -> None:
    """Planted fault: with both sides exchanged no file gives its known values."""
    for name in FILES:
        pairs, _ = given(name)
        turned = steps(Comparisons(pairs.non_mated, pairs.mated))
        theirs = EXPECTED[name]["exact"]
        assert abs(conventions.eer(turned)[0] - theirs["eer_nearest_point"]) > 0.05


def of(positives: list[float], negatives: list[float]) -> Steps:
    return steps(Comparisons(Side(np.float32(positives)), Side(np.float32(negatives))))


def test_clopper_pearson_95() -> None:
    for case in INLINE["clopper_pearson_95"]["cases"]:
        assert clopper_pearson(case["x"], case["n"]) == pytest.approx((case["low"], case["high"]), rel=1e-9)


def test_far_threshold_ties() -> None:
    case = INLINE["far_threshold_ties"]
    found = of(case["positives"], case["negatives"])
    assert other_tools.at_fmr_on_score(found, "0.5").threshold == case["far_threshold_at_0.5"]
    over = other_tools.at_fmr_on_score(found, "0.4")
    assert over.threshold > 1.0
    assert over.fmr <= 0.4


def test_far_threshold_no_ties() -> None:
    case = INLINE["far_threshold_no_ties"]
    found = of([5.0], case["negatives"])
    for target, threshold in case["thresholds"].items():
        ours = other_tools.at_fmr_on_score(found, target).threshold
        assert ours > 9 if threshold == "greater than 9" else ours == threshold
        assert allowed(target, 10) == sum(score >= ours for score in case["negatives"])


def test_mindcf_outlier() -> None:
    case = INLINE["mindcf_outlier"]
    found = of(case["positives"], case["negatives"])
    assert other_tools.weighted_error(found, case["cost"])[0] <= case["min_weighted_error_max"] + CLOSE


def test_rocch_bosaris() -> None:
    case = INLINE["rocch_bosaris"]
    _, found = given("bob.measure/nonsep-*.hdf5")
    fmr, fnmr = other_tools.hull(found)
    # The entry calls FMR "pmiss" and FNMR "pfa": elsewhere the same tool has FNMR 0.48 at FMR 0, as here.
    frame = ((0, 1.0), (1.0, 0.0))
    theirs = [at for at in zip(case["pmiss"], case["pfa"], strict=True) if at not in frame and at[::-1] not in frame]
    ours = [at for at in zip(fmr[::-1], fnmr[::-1], strict=True) if at not in frame]
    assert np.allclose(ours, theirs, rtol=0, atol=CLOSE)
    assert conventions.eer_hull(found) == pytest.approx(case["eer_rocch"], abs=1e-12)


def test_tie_probe() -> None:
    case = INLINE["tie_probe"]
    found = of(case["genuine"], case["impostor"])
    theirs = case["eer_by_tool"]
    assert conventions.eer(found)[0] == pytest.approx(theirs["bob.measure"])
    assert conventions.eer(found)[0] == pytest.approx(theirs["scikit-learn det_curve, nearest point"])
    assert conventions.eer_midpoint(found) == pytest.approx((theirs["pyeer (EERlow 0, EERhigh 0.375)"], 0, 0.375))
    assert conventions.eer_hull(found) == pytest.approx(theirs["llreval / ROC convex hull"], abs=1e-9)


def test_auc_log_scale() -> None:
    """Area below 1 - FNMR over log10 FMR, from the lowest FMR above 0: straight lines between all thresholds."""
    case = INLINE["auc_log_scale"]
    pairs, found = given("bob.measure/nonsep-*.hdf5")
    fmr, fnmr = found.passed / found.n_non_mated, found.missed / found.n_mated
    some = fmr > 0
    assert np.trapezoid(1 - fnmr[some], -np.log10(fmr[some])) == pytest.approx(case["auc_log_scale"], abs=CLOSE)
    assert area(pairs, found).value == pytest.approx(case["auc"], abs=CLOSE)


def ratios(given: Any) -> np.ndarray:
    """Log10 of LRs out of a list, or out of words such as ``0.01 x 100 + [100]*2``."""
    if isinstance(given, str):
        found = re.findall(r"([\d.]+) x (\d+)|\[([\d.]+)\](?:\*(\d+))?", given)
        given = [float(a or c) for a, b, c, d in found for _ in range(int(b or d or 1))]
    with np.errstate(divide="ignore"):
        return np.log10(np.array(given, np.float64))


def by_label(case: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    llr, mated = ratios(case["lr"]), np.array(case["y"]) == 1
    return llr[mated], llr[~mated]


def test_cllr_bosaris() -> None:
    case = INLINE["cllr_bosaris"]
    for name, digits in (("linsep", 10), ("nonsep", 5)):
        llrs, rounded = as_llrs(f"bob.measure/{name}-*.hdf5")
        assert calibration.cllr(*llrs) == pytest.approx(case[f"{name}_cllr"], abs=half(digits) + rounded)
    (mated, non_mated), _ = as_llrs("bob.measure/linsep-*.hdf5")
    assert calibration.cllr_min(mated, non_mated) == case["linsep_min_cllr"]
    (mated, non_mated), _ = as_llrs("bob.measure/nonsep-*.hdf5")
    # Theirs lets equal scores be told apart, all mated ones above the non-mated: better than any rule on the score.
    theirs = calibration.cllr_min(mated + 1e-9, non_mated)
    assert theirs == pytest.approx(case["nonsep_min_cllr"], abs=half(5))
    assert calibration.cllr_min(mated, non_mated) == pytest.approx(0.4030620, abs=half(7))
    assert calibration.cllr_min(mated - 1e-9, non_mated) == calibration.cllr_min(mated, non_mated)


def test_cllr_lr() -> None:
    cases = INLINE["cllr_lr"]["cases"]
    for case in cases:
        ours = calibration.cllr(ratios(case["h1_lr"]), ratios(case["h2_lr"]))
        assert ours == pytest.approx(case["cllr"], abs=CLOSE)
    assert len(cases) == 10
    assert ratios("0.01 x 100 + [100]*2").tolist() == [-2.0] * 100 + [2.0] * 2


def test_elub() -> None:
    for case in INLINE["elub"]["cases"]:
        assert 10 ** np.array(calibration.elub(*by_label(case))) == pytest.approx(case["bounds"], abs=half(7))


def test_invariance_bounds() -> None:
    *small, large = INLINE["invariance_bounds"]["cases"]
    for case in small:
        assert calibration.invariance_bounds(*by_label(case)) == pytest.approx(case["llr_bounds"], abs=half(3))
    llrs, _ = as_llrs("lir/LLR_KM+LLR_KNM (log10 LLRs, converted to natural log)")
    ours = 10 ** np.array(calibration.invariance_bounds(*llrs))
    assert ours == pytest.approx(large["lr_bounds"], abs=half(7))


def test_devpav() -> None:
    one, two, *rest = INLINE["devpav"]["cases"]
    assert calibration.devpav(ratios([1] * 5), ratios([1] * 5)) == one["devpav"]
    assert calibration.devpav(ratios([2] * 5), ratios([2] * 5)) == pytest.approx(two["devpav"], abs=CLOSE)
    for case in rest:
        assert calibration.devpav(*by_label(case)) == pytest.approx(float(case["devpav"]), abs=CLOSE)


INLINE_TESTS = (
    test_clopper_pearson_95,
    test_far_threshold_ties,
    test_far_threshold_no_ties,
    test_mindcf_outlier,
    test_rocch_bosaris,
    test_tie_probe,
    test_auc_log_scale,
    test_cllr_bosaris,
    test_cllr_lr,
    test_elub,
    test_invariance_bounds,
    test_devpav,
)
