"""The suite itself, and a minute of it with a fixed seed; more by ``make fuzz``."""

from pathlib import Path

import pytest

from tests.fuzz import runner
from tests.fuzz.mutators import mutant
from tests.fuzz.runner import ACCEPTED, FAULTS, Plan, done, judge, run, table
from tests.fuzz.seeds import Seed, make_seeds

IN_A_MINUTE = 200
pytestmark = pytest.mark.slow  # a dozen programs and two that hang


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    runner.import_everything()
    return make_seeds(tmp_path_factory.mktemp("seeds"))


def test_seeds_are_the_same_each_time(seeds, tmp_path):
    for one, again in zip(seeds, make_seeds(tmp_path), strict=True):
        assert (one.name, one.args, one.files) == (again.name, again.args, again.files)


def test_the_same_numbers_give_the_same_mutants(seeds, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number, seed in enumerate(seeds):
        assert mutant(3, number, seed.files) == mutant(3, number, seed.files), seed.name
        assert mutant(3, number, seed.files).keys() == seed.files.keys()


def _counts(data):
    return 3


FAULTY = {
    "accepted": ("print('fine')", ACCEPTED),
    "refused": ("raise SystemExit", ACCEPTED),  # as click and rich answer a closed pipe
    "traceback": ("1 / 0", "traceback"),
    "warning": ("import sys; print('x.py:1: RuntimeWarning: overflow', file=sys.stderr)", "warning"),
    "memory": ("bytearray(2**31)", "memory"),
    "two": ("import time; print(time.time_ns())", "two answers"),
    "rows": (
        "import os; os.mkdir('result'); open('result/evaluation.json', 'w').write("
        '\'{"assumed": [], "searches": null, "comparisons": {"n_mated": 1, "n_non_mated": 1}}\')',
        "rows differ",
    ),
    "wait": ("import time; time.sleep(30)", "hang"),
    "loop": ("while True: pass", "hang"),
}


@pytest.mark.parametrize(("code", "outcome"), FAULTY.values(), ids=FAULTY)
def test_each_kind_of_fault_is_seen(code, outcome, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runner, "SECONDS", 1)
    monkeypatch.setattr(runner, "WAITS", 2)

    def command(**options):
        exec(code)

    from misid.cli.commands import misid

    monkeypatch.setattr(misid, "main", command)
    assert judge(Seed("made up", [], {}, _counts), {"file": b"x"})[0] == outcome


def test_every_seed_is_accepted_with_all_its_rows(seeds, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for seed in seeds:
        for name, data in seed.files.items():
            Path(name).write_bytes(data)
        outcome, what = judge(seed, seed.files)
        assert outcome == ACCEPTED, (seed.name, what.said)


def test_a_run_goes_on_where_it_was(seeds, tmp_path):
    plan = Plan(tmp_path, 1, seeds=[one for one in seeds if one.name in ("pair", "scenario")])
    whole = {one["n"]: one["outcome"] for one in run(plan, 6)}
    file = tmp_path / "done-0.jsonl"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[:3]) + lines[3][:9], "utf-8")  # killed while it wrote
    assert {one["n"]: one["outcome"] for one in run(plan, 6, 2)} == whole
    assert len(list(done(tmp_path))) == 6


def test_no_mutant_of_a_minute_fails(seeds, tmp_path):
    found = run(Plan(tmp_path, 15, seeds=seeds), IN_A_MINUTE)
    assert len(found) == IN_A_MINUTE
    assert not [one for one in found if one["outcome"] in FAULTS], table(found)
