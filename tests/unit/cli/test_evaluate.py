"""`misid evaluate` as a user goes it: every format, every option, and what stands in the folder afterwards."""

from __future__ import annotations

import csv
import errno
import hashlib
import importlib
import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from misid import api
from misid.errors import OutputRefused
from misid.evaluation import groups
from misid.evaluation.searches import from_embeddings
from misid.search import all_pairs
from misid.storage import checkpoint

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
files = importlib.import_module("made_up_files")

SLOW = pytest.mark.slow
# Without subjects there is little to do; with them people are resampled, which takes half a second.
QUICK = ("pair", "histogram", "bob2", "candidates")
NAMELESS = ("pair", "histogram", "bob2")
FORMATS = [pytest.param(name, marks=() if name in QUICK else SLOW) for name in files.FORMATS]
PAIRS = {"eer", "auc", "fnmr_at_fmr_1e-1", "fnmr_at_fmr_1e-2", "threshold_at_fmr_1e-2"}
SEARCHES = {"rank_1", "rank_5", "rank_1_ties_favoured"}
# Where everybody is enrolled, the mate's references are set aside, and the figure's name says so.
OPEN, CLOSED = ({f"{rate}_at_fpir_{how}0.1" for rate in ("threshold", "fnir")} for how in ("", "mate_removed_"))
REPORTED = ("pair", "bob4", "table", "candidates", "npz")
GROUPS = {"fmr_max_over_min", "fnmr_max_over_min", "inequity_rate"}


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(groups, "MOST_PERMUTATIONS", 99)
    monkeypatch.setattr(groups, "REPLICATES", 200)
    return files.make(tmp_path)


def read(folder="out"):
    return json.loads(Path(folder, "evaluation.json").read_text("utf-8"), parse_constant=pytest.fail)


def all_written(folder="out"):
    return "".join(path.read_text("utf-8") for path in sorted(Path(folder).iterdir()))


def naive(made, target):
    """FNMR at the lowest threshold at which FMR does not exceed the target, straight from the scores."""
    # Templates in the file have more decimals than scores in text have; both are rounded to single precision.
    score = made.score.astype(np.float32)
    mated, other = score[made.mated], score[~made.mated]
    for cut in np.unique(other):
        above = np.nextafter(cut, np.float32(np.inf), dtype=np.float32)
        if (other >= above).mean() <= target:
            return float((mated < above).mean())
    raise AssertionError


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_goes_the_whole_way(misid, made, name):
    arguments = files.FORMATS[name](made)
    said = misid("evaluate", *arguments, "--out", "out", *(["--no-report"] if name not in REPORTED else []))
    assert (said.status, said.err) == (0, "")
    assert Path("out", "report.html").exists() == (name in REPORTED)
    found = read()
    assert found["schema"] == "misid/evaluation/1"
    figures = found["figures"]
    expected = set() if name == "candidates" else set(PAIRS)
    if name not in NAMELESS:
        expected |= SEARCHES | (OPEN if name == "candidates" else CLOSED)
    expected |= GROUPS if "--group" in arguments else set()
    assert not expected - set(figures)
    for figure in figures.values():
        assert {"value", "low", "high", "kind", "n", "level", "method"} <= set(figure)
        if figure["value"] is None:
            assert figure["reason"]
        elif figure["low"] is not None and figure["high"] is not None:
            assert figure["low"] <= figure["value"] <= figure["high"]
    # What a file calls its people is nowhere: not on the screen, and in no file.
    assert files.WORD not in (said.out + all_written()).lower()
    assert str(made.folder / "out") not in said.out
    assert "Taken for granted:" in said.out
    assert all(sentence[:40] in " ".join(said.out.split()) for sentence in found["assumed"])
    if name in ("npy", "npz"):
        assert figures["rank_1"]["value"] == pytest.approx(1 - first_missed(made), abs=1e-12)
    elif name == "candidates":
        enrolled = 2 * made.score.shape[1] // 3
        assert figures["rank_1"]["value"] == pytest.approx(1 - first_missed(made, enrolled), abs=1e-12)
    else:
        assert figures["fnmr_at_fmr_1e-2"]["value"] == pytest.approx(naive(made, 0.01), abs=1e-12)
        assert figures["fnmr_at_fmr_1e-2"]["n"] == made.who.size
    with Path("out", "figures.csv").open(newline="", encoding="utf-8") as stream:
        assert sorted(row["name"] for row in csv.DictReader(stream)) == sorted(figures)


def first_missed(made, enrolled=None):
    """Share of mated searches where somebody else stands before the mate, or level with them."""
    score = made.score[:, :enrolled]
    mated = made.who < score.shape[1]
    own = score[mated, made.who[mated]]
    others = np.where(made.mated[mated, :enrolled], -np.inf, score[mated]).max(axis=1)
    return float((others >= own).mean())


def evaluated_elsewhere(arguments, out, **environment):
    done = subprocess.run(
        [sys.executable, "-m", "misid", "evaluate", *arguments, "--no-report", "--out", out],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return digest(out)


def digest(out):
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in Path(out).iterdir()
        if path.name not in ("provenance.json", "report.html", "appendix.html")
    }


@SLOW
def test_same_seed_same_bytes_here_and_in_another_process(misid, made, monkeypatch):
    monkeypatch.undo()  # the other process does all that is done
    monkeypatch.chdir(made.folder)
    arguments = files.npz(made)
    for out in ("one", "two"):
        assert misid("evaluate", *arguments, "--no-report", "--out", out).status == 0
    assert digest("one") == digest("two")
    # The keys under which names are hashed differ from run to run, and so do Python's own hashes.
    assert evaluated_elsewhere(arguments, "three", PYTHONHASHSEED="5", OMP_NUM_THREADS="1") == digest("one")
    assert misid("evaluate", *arguments, "--no-report", "--out", "four", "--seed", "2").status == 0
    assert digest("four") != digest("one")
    assert read("four")["figures"]["eer"]["value"] == read("one")["figures"]["eer"]["value"]


@SLOW
def test_names_of_subjects_change_nothing(misid, made):
    """Other names, the same people: subjects are numbers by first occurrence, so every byte of figures is the same."""
    made.table("a.csv")
    renamed = Path("a.csv").read_text().replace(files.WORD, "other-")
    Path("b.csv").write_text(renamed)
    for name in ("a", "b"):
        assert misid("evaluate", f"{name}.csv", "--name", "x", "--no-report", "--out", name).status == 0
    one, other = read("a"), read("b")
    assert [one.pop("sources") != other.pop("sources"), one == other] == [True, True]


@SLOW
def test_json_writes_nothing(misid, made):
    before = None
    for arguments in (files.pair(made), files.candidates(made)):
        before = sorted(os.listdir())
        said = misid("evaluate", *arguments, "--json")
        assert (said.status, said.err) == (0, "")
        assert json.loads(said.out)["schema"] == "misid/evaluation/1"
        assert sorted(os.listdir()) == before


def test_json_with_a_folder_prints_what_is_written(misid, made):
    said = misid("evaluate", *files.pair(made), "--json", "--no-report", "--out", "out")
    assert json.loads(said.out) == read()


@SLOW
def test_no_report_and_force(misid, made):
    arguments = files.candidates(made)
    assert misid("evaluate", *arguments, "--out", "out").status == 0
    assert Path("out", "report.html").exists()
    before = digest("out")
    again = misid("evaluate", *arguments, "--no-report", "--out", "out")
    assert again.status == 2
    assert "--force" in again.err
    assert digest("out") == before
    assert misid("evaluate", *arguments, "--no-report", "--force", "--out", "out").status == 0
    assert not Path("out", "report.html").exists()  # the older result is gone whole
    assert digest("out") == before


def test_a_folder_that_is_not_ours_is_refused_before_anything_is_read(misid, made, monkeypatch):
    Path("mine").mkdir()
    Path("mine", "thesis.txt").write_text("three years of work")
    monkeypatch.setattr("misid.api.evaluation.evaluate", lambda *a, **k: pytest.fail("was carried out"))
    said = misid("evaluate", *files.pair(made), "--force", "--out", "mine")
    assert said.status == 2
    assert "thesis.txt" in said.err
    assert os.listdir("mine") == ["thesis.txt"]


# Inputs and other people's files


def everything():
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


@pytest.fixture
def not_carried_out(monkeypatch):
    monkeypatch.setattr("misid.api.evaluation.evaluate", lambda *a, **k: pytest.fail("was carried out"))
    monkeypatch.setattr(api, "evaluate", lambda *a, **k: pytest.fail("was carried out"))


@pytest.mark.parametrize("out", ["d", "link", "up/d", "d/../d"])
@pytest.mark.parametrize("name", ["d/searches.csv", "d/sub/x.csv"])
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_input_inside_the_folder_is_refused(misid, made, not_carried_out, out, name, force):
    Path("d/sub").mkdir(parents=True)
    Path("link").symlink_to("d")
    Path("up").symlink_to(".")
    genuine, _ = files.pair(made)
    Path(genuine).rename(name)
    Path("d/report.html").write_text("x", "utf-8")
    before = everything()
    said = misid("evaluate", name, "--out", out, *force)
    assert said.status == 2
    if out == "link":
        assert "link: is a file or a link, not a folder" in said.err
    else:
        assert f"{out}: holds {Path(name).absolute()}, which the result is made from; give --out another" in said.err
    assert everything() == before


@pytest.mark.parametrize("option", ["--against", "--subjects", "--mask", "--mates", "--enrolled"])
def test_whatever_is_read_is_an_input(misid, made, not_carried_out, option):
    Path("d").mkdir()
    Path("d/groups.csv").write_text("subject\n", "utf-8")
    Path("elsewhere.csv").symlink_to("d/groups.csv")
    for name in ("d/groups.csv", "elsewhere.csv"):
        said = misid("evaluate", *files.pair(made), option, name, "--out", "d", "--force")
        assert said.status == 2
        assert "which the result is made from" in said.err
        card = ("--image-kind", "webcam", "--card", "d/groups.csv")
        said = misid("evaluate", *files.pair(made), option, name, "--json", "--force", *card)
        assert said.status == 2
        assert "d/groups.csv: is one of the files that are read; give another name" in said.err
    assert Path("d/groups.csv").read_text("utf-8") == "subject\n"


def test_card_never_takes_the_place_of_an_input_or_the_result(misid, made, not_carried_out):
    genuine, impostor = files.pair(made)
    before = everything()
    kind = ("--image-kind", "webcam", "--force")
    said = misid("evaluate", genuine, impostor, *kind, "--card", f"./{impostor}", "--out", "out")
    assert said.status == 2
    assert "impostor.txt: is one of the files that are read" in said.err
    for there in (False, True):
        if there:
            Path("out").mkdir()
        said = misid("evaluate", genuine, impostor, *kind, "--card", "out/report.html", "--out", "./out")
        assert said.status == 2
        assert "out/report.html: lies in out, which the result takes for itself; give another place" in said.err
    assert everything() == before


def test_own_table_in_an_older_result_is_never_replaced(misid, made):
    arguments = [*files.pair(made), "--no-report", "--out", "out"]
    assert misid("evaluate", *arguments).status == 0
    for _ in range(2):
        assert misid("evaluate", *arguments, "--force").status == 0
    assert not Path("out", "groups.csv").exists()
    Path("out", "groups.csv").write_text("mine", "utf-8")
    before = everything()
    said = misid("evaluate", *arguments, "--force")
    assert said.status == 2
    assert "out: holds other files (groups.csv); give --out an empty folder or a new name" in said.err
    assert everything() == before


def test_a_result_in_python_never_replaces_its_input(made):
    Path("d").mkdir()
    result = api.evaluate(files.pair(made))
    result.save("d")
    again = api.evaluate([Path(name).rename(f"d/{name}") for name in map(Path, files.pair(made))])
    with pytest.raises(OutputRefused, match="which the result is made from"):
        again.save("d", force=True)


@SLOW
def test_card_is_written_once(misid, made):
    said = misid("evaluate", *files.table(made), "--image-kind", "webcam", "--card", "mine.json", "--json")
    assert said.status == 0
    card = json.loads(Path("mine.json").read_text("utf-8"), parse_constant=pytest.fail)
    assert files.WORD not in Path("mine.json").read_text("utf-8")
    assert card["name"] == "table.csv"
    again = misid("evaluate", "table.csv", "--image-kind", "webcam", "--card", "mine.json", "--json")
    assert again.status == 2
    assert "--force" in again.err


@SLOW
@pytest.mark.parametrize(("at", "named"), [(1, "mine.json"), (3, "out")])
def test_card_and_result_are_written_both_or_neither(misid, made, monkeypatch, at, named):
    fsync, calls = os.fsync, []

    def full(handle):
        calls.append(handle)
        if len(calls) == at:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    arguments = files.table(made)
    before = everything()
    said = misid("evaluate", *arguments, "--image-kind", "webcam", "--card", "mine.json", "--out", "out")
    assert (said.status, said.err) == (2, f"Error: {named}: cannot be written: the disk is full; nothing was changed\n")
    assert everything() == before


@pytest.mark.parametrize("kind", [(), ("--image-kind", "selfie")])
def test_card_needs_its_kind_of_image(misid, made, kind):
    said = misid("evaluate", *files.pair(made), "--card", "mine.json", *kind, "--out", "out")
    assert said.status == 2
    assert "--card needs --image-kind, one of mugshot" in said.err
    assert not Path("out").exists()


def test_card_needs_people_and_leaves_nothing_half_done(misid, made):
    said = misid("evaluate", *files.pair(made), "--image-kind", "webcam", "--card", "mine.json", "--out", "out")
    assert said.status == 2
    assert "name probe_subject and reference_subject" in said.err
    assert not Path("out").exists()
    assert not Path("mine.json").exists()


@SLOW
def test_a_better_algorithm_is_seen_as_better(misid, made, tmp_path):
    rows = made.rows()
    rng = np.random.default_rng(3)
    worse = made.score + np.where(made.mated, -0.25, 0) * rng.random(made.score.shape)
    other = [[*row[:3], f"{s:.4f}"] for row, s in zip(rows, worse.ravel(), strict=True)]
    made.table("good.csv", rows)
    made.table("bad.csv", other)
    for first, second, sign in (("good", "bad", -1), ("bad", "good", 1)):
        out = f"{first}-first"
        said = misid("evaluate", f"{first}.csv", "--against", f"{second}.csv", "--no-report", "--out", out)
        assert (said.status, said.err) == (0, "")
        found = read(out)
        figure = found["figures"]["difference.fnmr_at_fmr_1e-2"]
        assert figure["value"] * sign > 0
        assert figure["low"] * sign > 0
        assert figure["high"] * sign > 0
        assert found["against"] == f"{second}.csv"
        assert len(found["sources"]) == 2
    one, other = (read(f"{name}-first")["figures"]["difference.fnmr_at_fmr_1e-2"] for name in ("good", "bad"))
    assert one["value"] == -other["value"]


@SLOW
def test_an_algorithm_is_no_better_than_itself(misid, made):
    made.table("a.csv", [row for row in made.rows() if row[1].endswith("0")])
    assert misid("evaluate", "a.csv", "--against", "a.csv", "--no-report", "--out", "out").status == 0
    for name, figure in read()["figures"].items():
        if name.startswith("difference."):
            assert figure["value"] == 0 <= figure["high"]


@SLOW
def test_other_comparisons_are_no_second_algorithm(misid, made):
    rows = made.rows()[: 20 * 52]
    made.table("a.csv", rows)
    made.table("fewer.csv", rows[:-52])
    made.table("others.csv", [[f"{row[0]}x", row[1], f"{row[2]}x", row[3]] for row in rows])
    asked = "--unscored failed; or was it never asked? --unscored left-out"
    for second, words in (("fewer.csv", asked), ("others.csv", "no comparison in common")):
        said = misid("evaluate", "a.csv", "--against", second, "--out", "out")
        assert said.status == 2
        assert words in said.err
        assert files.WORD not in said.err
        assert not Path("out").exists()


def test_nameless_scores_are_not_set_against_each_other(misid, made):
    first, second = files.pair(made)
    said = misid("evaluate", first, second, "--against", first, "--against", second, "--out", "out")
    assert said.status == 2
    assert "probe_subject and reference_subject" in said.err


def test_a_threshold_on_distances_is_a_distance(misid, made):
    """The same data as similarity s and distance 1 - s: a threshold of 0.6 there is one of 0.4 here."""
    near = [np.round(1 - made.score[of], 4) for of in (made.mated, ~made.mated)]
    given = [made.text(name, files.lines(values)) for name, values in zip(("g.txt", "i.txt"), near, strict=True)]
    assert misid("evaluate", *files.pair(made), "--threshold", "0.6", "--no-report", "--out", "out").status == 0
    said = misid("evaluate", *given, "--dissimilarity", "--threshold", "0.4", "--no-report", "--out", "far")
    assert said.status == 0
    for rate in ("fmr", "fnmr"):
        alike, far = (
            next(f for n, f in read(out)["figures"].items() if n.startswith(f"{rate}_at_{cut}"))
            for out, cut in (("out", "0.6"), ("far", "-0.4"))
        )
        assert far["value"] == pytest.approx(alike["value"], abs=2 / made.who.size)
        assert far["n"] == alike["n"]
    score = made.score.astype(np.float32)
    expected = float((score[made.mated] < np.float32(0.6)).mean())
    assert read()["figures"]["fnmr_at_0.6"]["value"] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("level", ["0.9999999999999999", "1e-300", "nan", "1"])
def test_a_level_at_which_intervals_round_to_all_or_nothing_is_refused(misid, made, level):
    said = misid("evaluate", *files.pair(made), "--level", level, "--out", "out")
    assert said.status == 2
    assert f"level must be from 0.000000001 to 0.999999999, got {float(level)!r}" in said.err


def test_the_command_that_does_the_same_has_the_whole_level(made):
    assert "--level 0.99999999 " in api.evaluate(files.pair(made), level=0.99999999).command + " "


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e39", "-1e300"])
def test_a_threshold_that_no_score_can_have_is_refused(misid, made, value):
    said = misid("evaluate", *files.pair(made), f"--threshold={value}", "--out", "out")
    assert said.status == 2
    assert f"threshold must be a number from -3.403e+38 to 3.403e+38, as scores are, got {float(value)!r}" in said.err
    assert not Path("out").exists()


@pytest.mark.parametrize("option", ["--level=0", "--level=1", "--level=nan", "--seed=-1", f"--seed={2**64}"])
def test_levels_and_seeds_out_of_range(misid, made, option):
    said = misid("evaluate", *files.pair(made), option, "--out", "out")
    assert said.status == 2
    assert "must be" in said.err
    assert not Path("out").exists()


@SLOW
def test_the_command_in_provenance_makes_the_same_again(misid, made):
    arguments = [*files.candidates(made), "--threshold", "0.55", "--level", "0.9", "--image-kind", "border gate"]
    assert misid("evaluate", *arguments, "--no-report", "--out", "out").status == 0
    command = json.loads(Path("out", "provenance.json").read_text("utf-8"))["command"]
    import shlex

    words = shlex.split(command)
    assert words[:2] == ["misid", "evaluate"]
    assert misid(*words[1:], "--no-report", "--out", "again").status == 0
    assert digest("again") == digest("out")


# A process that is killed while it computes or writes, or that fails while it writes.

STOPPED = """
import os, signal, sys
from misid.cli.main import call
import misid.evaluation.evaluate as room
import misid.api.evaluation as api
place = sys.argv.pop(1)
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started us may have had it ignored
def die(*a, **k):
    print("there", flush=True)
    signal.pause()
if place == "computing":
    room.pair_rates = die
elif place == "writing":
    import misid.storage.folders as folders
    os.fsync = die
sys.exit(call(sys.argv[1:]))
"""


@SLOW
@pytest.mark.parametrize(
    ("place", "stop"),
    [("computing", signal.SIGKILL), ("writing", signal.SIGKILL), ("writing", signal.SIGINT)],
)
def test_killed_in_the_middle_the_older_result_stands(misid, made, place, stop):
    arguments = files.pair(made)
    assert misid("evaluate", *arguments, "--no-report", "--out", "out").status == 0
    before = {path.name: path.read_bytes() for path in Path("out").iterdir()}
    command = [sys.executable, "-c", STOPPED, place, "evaluate", *arguments, "--seed", "2", "--force", "--out", "out"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "there\n"
        process.send_signal(stop)
        try:
            process.wait(30)
        finally:
            process.kill()
    assert process.returncode == (130 if stop is signal.SIGINT else -signal.SIGKILL)
    assert {path.name: path.read_bytes() for path in Path("out").iterdir()} == before
    if stop is signal.SIGINT:  # who is killed cannot clear up; who is stopped does
        assert not [name for name in os.listdir() if name.startswith(".misid")]
    assert misid("evaluate", *arguments, "--no-report", "--force", "--out", "out").status == 0


def test_a_full_disk_leaves_everything_as_it_was(misid, made, monkeypatch):
    arguments = files.pair(made)
    assert misid("evaluate", *arguments, "--no-report", "--out", "out").status == 0
    before = {path.name: path.read_bytes() for path in Path("out").iterdir()}

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for out in ("out", "new"):
        said = misid("evaluate", *arguments, "--seed", "2", "--no-report", "--force", "--out", out)
        assert said.status == 2
        assert "the disk is full; nothing was changed" in said.err
    assert {path.name: path.read_bytes() for path in Path("out").iterdir()} == before
    assert sorted(os.listdir()) == ["genuine.txt", "impostor.txt", "out"]


def test_a_failure_of_ours_writes_nothing(misid, made, monkeypatch):
    monkeypatch.setattr(api.EvaluationResult, "html", property(lambda self: 1 / 0))
    said = misid("evaluate", *files.pair(made), "--out", "out")
    assert said.status == 1
    assert "This is a bug in misid" in said.err
    assert sorted(os.listdir()) == ["genuine.txt", "impostor.txt"]


def test_no_option_of_reading_is_left_out_of_the_command():
    """Every field of `ReadOptions` has an option of its own, so nothing that Python can ask the command cannot."""
    from dataclasses import fields

    from misid.api.evaluation import OPTIONS
    from misid.cli.commands import evaluate_command
    from misid.evaluation import ReadOptions

    options = {name for one in evaluate_command.params for name in one.opts}
    for field in fields(ReadOptions):
        assert "--" + OPTIONS.get(field.name, field.name).replace("_", "-") in options


def test_time_is_no_part_of_the_result(misid, made):
    started = time.time()
    assert misid("evaluate", *files.pair(made), "--no-report", "--out", "out").status == 0
    assert math.floor(started) <= Path("out").stat().st_mtime
    assert "seconds" not in read()


@pytest.fixture
def counted(tmp_path, monkeypatch):
    """A file of templates that are counted, not held."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(from_embeddings, "MOST_HELD", 1_000)
    rng = np.random.default_rng(5)
    subject = np.repeat(np.arange(120), 3)
    vectors = rng.normal(size=(120, 24))[subject] + 1.1 * rng.normal(size=(360, 24))
    np.savez(tmp_path / "faces.npz", embedding=vectors.astype(np.float32), subject=subject)
    return "faces.npz"


@SLOW
def test_kernels_and_workers_change_nothing_but_a_sentence(counted, misid):
    found = {}
    for name, options in {
        "numba": ["--kernel", "numba"],
        "numpy": ["--kernel", "numpy", "--workers", "1"],
        "plain": [],
    }.items():
        said = misid("evaluate", counted, "--no-report", "--out", name, *options)
        assert said.status == 0, said.err
        assert "counted in one pass" in said.out.replace("\n", " ")
        found[name] = read(name)
        assert not Path(f"{name}.partial").exists()
    assert "kernel numba: asked for" in " ".join(found["numba"]["assumed"])
    assert "kernel numba: the fastest" in " ".join(found["plain"]["assumed"])
    for one in found.values():
        one["assumed"] = [words for words in one["assumed"] if "by the kernel" not in words]
    assert found["numba"] == found["plain"] == found["numpy"]


def test_kernel_that_is_not_there(counted, misid):
    said = misid("evaluate", counted, "--kernel", "cuda", "--out", "x")
    assert said.status == 2
    assert "numba, numpy, reference" in said.err
    said = misid("evaluate", counted, "--scheduler", "tcp://nowhere:1", "--out", "x")
    assert said.status == 2
    assert "--executor dask" in said.err
    assert not Path("x").exists()


@SLOW
def test_killed_while_templates_are_compared(counted, misid, monkeypatch):
    monkeypatch.setattr(checkpoint, "SHARE", 1e9)
    monkeypatch.setattr(all_pairs, "_LEAST_STRIP", 40)
    monkeypatch.setattr(all_pairs, "TILE", 30)
    monkeypatch.setattr(all_pairs, "BLOCK", 60)
    assert misid("evaluate", counted, "--no-report", "--out", "whole").status == 0
    add = all_pairs._Tally.add
    after = [30]

    def stops(*args):
        after[0] -= 1
        if not after[0]:
            raise KeyboardInterrupt
        add(*args)

    with monkeypatch.context() as patched:
        patched.setattr(all_pairs._Tally, "add", stops)
        assert misid("evaluate", counted, "--no-report", "--out", "out").status == 130
    assert Path("out.partial").is_file()
    assert not Path("out").exists()
    with np.load(counted) as other:
        np.savez("other.npz", embedding=other["embedding"][::-1], subject=other["subject"])
    said = misid("evaluate", "other.npz", "--no-report", "--out", "out")
    assert said.status == 2
    assert "out.partial: is a checkpoint of another run" in said.err
    assert misid("evaluate", counted, "--no-report", "--out", "out").status == 0
    assert not Path("out.partial").exists()
    assert read("out") == read("whole")
