"""Same scenario, same bytes: in another process, with another hash seed, and without AVX-512."""

import json
import os
import subprocess
import sys

import pytest

from misid.storage import to_text


def in_another_process(*options, scenario="booth-one-to-one", **environment):
    found = subprocess.run(
        [sys.executable, "-m", "misid", "run", scenario, "--json", *options],
        env={**os.environ, **environment},
        capture_output=True,
        check=True,
    )
    return found.stdout.decode()


@pytest.fixture(scope="module")
def here():
    import misid

    return to_text(misid.run("booth-one-to-one").to_json())


@pytest.mark.slow
def test_same_bytes_in_another_process(here):
    assert in_another_process(PYTHONHASHSEED="12345") == here


@pytest.mark.slow
def test_same_figures_without_avx512(here):
    """Logarithms may differ in the last bit; nothing that is printed may."""
    other = in_another_process(NPY_DISABLE_CPU_FEATURES="AVX512F AVX512CD AVX512_SKX", PYTHONWARNINGS="ignore")
    then, now = (json.loads(text) for text in (here, other))
    assert now["known"] == then["known"]
    assert [a["count"] for a in now["answers"]] == [a["count"] for a in then["answers"]]
    for old, new in zip(then["answers"], now["answers"], strict=True):
        for name, figure in old["figures"].items():
            assert new["figures"][name]["value"] == pytest.approx(figure["value"], rel=1e-12)


@pytest.mark.slow
def test_same_people_with_other_workers_and_without_avx512():
    """Counts of people are whole numbers: a last bit moves none unless a score lies on the threshold."""
    options = ("--encounters", "70000", "--seed", "4")
    alone = in_another_process(*options, "--workers", "1", scenario="police-live")
    assert in_another_process(*options, "--workers", "2", scenario="police-live", PYTHONHASHSEED="7") == alone
    without = {"NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX", "PYTHONWARNINGS": "ignore"}
    other = in_another_process(*options, "--workers", "1", scenario="police-live", **without)
    then, now = ({s["id"]: s for s in json.loads(text)["simulated"]["sections"]} for text in (alone, other))
    assert then.keys() == now.keys()
    for name, figure in then["counts"]["figures"].items():
        assert now["counts"]["figures"][name]["value"] == pytest.approx(figure["value"], rel=1e-12), name
