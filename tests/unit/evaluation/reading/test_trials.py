"""Scores beside a list of trials: Kaldi, VoxCeleb, NIST SRE, IJB and LFW, joined by names or by order."""

import numpy as np
import pytest

from misid.errors import InvalidInput
from misid.evaluation import ReadOptions, read_files

# Sample, sample, whether mated, score; the subject is the letter.
TRIALS = [
    ("a/1.wav", "a/2.wav", 1, 0.75),
    ("a/1.wav", "b/2.wav", 0, 0.25),
    ("b/1.wav", "b/2.wav", 1, 0.5),
    ("c/1.wav", "a/2.wav", 0, 0.125),
    ("c/1.wav", "c/2.wav", 1, -0.625),
    ("b/1.wav", "c/2.wav", 0, 0.375),
]
ORDER = [3, 0, 5, 1, 4, 2]  # of the scores, where they have names
IDS = {name: at + 1 for at, name in enumerate(sorted({one for row in TRIALS for one in row[:2]}))}
LABELS = {"target": ("nontarget", "target"), "1": ("0", "1")}


def words(*columns, of="target", separator=" ", order=range(6), header=""):
    """Return lines of the trials: columns are a, b (samples), i, j (their numbers), l (label), s (score)."""
    lines = [header] if header else []
    for at in order:
        a, b, mated, score = TRIALS[at]
        row = {"a": a, "b": b, "i": IDS[a], "j": IDS[b], "l": LABELS[of][mated], "s": score, "x": "x"}
        lines.append(separator.join(str(row[one]) for one in columns))
    return "\n".join(lines) + "\n"


def array(values):
    return np.array(values)


SCORES, FLAGS = [row[3] for row in TRIALS], [row[2] for row in TRIALS]
TABLE = "name,TEMPLATE_ID,SUBJECT_ID\n" + "".join(f"{one}.jpg,{at},{one[0]}\n" for one, at in IDS.items())
SPEAKERS = "".join(f"{one} {one[0]}\n" for one in IDS)
SRE = ("modelid\tsegmentid\tside\tLLR", "modelid\tsegmentid\tside\ttargettype\tgender")

# Files by name, and whether subjects are known.
CASES = {
    "Kaldi": ({"scores": words(*"abs", order=ORDER), "trials": words(*"abl")}, False),
    "Kaldi with speakers": (
        {"scores": words(*"abs", order=ORDER), "trials": words(*"abl"), "subjects": SPEAKERS},
        True,
    ),
    "scores and speakers": ({"scores": words(*"abs"), "subjects": SPEAKERS}, True),
    "VoxCeleb": ({"scores": words(*"abs", order=ORDER), "trials": words(*"lab", of="1")}, False),
    "VoxSRC": ({"scores": words(*"sab", order=ORDER), "trials": words(*"lab", of="1")}, False),
    "turned": ({"scores": words(*"bas", order=ORDER), "trials": words(*"abl")}, False),
    "commas": (
        {"scores": words(*"abs", separator=",", order=ORDER), "trials": words(*"abl", separator="\t")},
        False,
    ),
    "one score a line": ({"scores": words("s"), "trials": words(*"lab", of="1")}, False),
    "labels and scores": ({"scores": words("s"), "trials": words("l", of="1")}, False),
    "two arrays": ({"scores.npy": array(SCORES), "trials.npy": array(FLAGS)}, False),
    "array of bool": ({"scores.npy": array(SCORES), "trials.npy": array(FLAGS) == 1}, False),
    "array of -1": ({"scores.npy": array(SCORES), "trials.npy": array(FLAGS) * 2 - 1}, False),
    "IJB": ({"scores.npy": array(SCORES), "trials": words(*"ijl", of="1")}, False),
    "IJB with subjects": ({"scores.npy": array(SCORES), "trials": words(*"ijl", of="1"), "subjects": TABLE}, True),
    "IJB pairs": ({"scores.npy": array(SCORES), "trials": words(*"ij", separator=","), "subjects": TABLE}, True),
    "IJB keyed": (
        {"scores": words(*"ijs", order=ORDER), "trials": words(*"ij", separator=","), "subjects": TABLE},
        True,
    ),
    "IJB with a header": (
        {
            "scores": words("s"),
            "trials": words(*"ij", separator=",", header="enroll_templates,probe_templates"),
            "subjects": TABLE,
        },
        True,
    ),
    "SRE": (
        {
            "scores": words(*"abxs", separator="\t", order=ORDER, header=SRE[0]),
            "trials": words(*"abxlx", separator="\t", header=SRE[1]),
        },
        False,
    ),
    "LFW": (
        {"scores": "0.75\n0.5\n0.25\n0.125\n", "trials": "1\t2\nA_B\t1\t2\nC\t1\t3\nA_B\t1\tC\t2\nC\t3\tD\t1\n"},
        True,
    ),
    "LFW by file": (
        {
            "scores": "x/C/C_0003.jpg D/D_0001.jpg 0.125\nA_B/A_B_0001.jpg A_B/A_B_0002.jpg 0.75\n".replace("x/", "")
            + "C/C_0001.jpg C/C_0003.jpg 0.5\nA_B/A_B_0001.jpg C/C_0002.jpg 0.25\n",
            "trials": "1\t2\nA_B\t1\t2\nC\t1\t3\nA_B\t1\tC\t2\nC\t3\tD\t1\n",
        },
        True,
    ),
}


def write(folder, files):
    for name, data in files.items():
        if isinstance(data, str):
            (folder / name).write_text(data)
        else:
            np.save(folder / name, data)
    return {name.split(".")[0]: folder / name for name in files}


def read(paths, way="option", **options):
    if "subjects" in paths:
        options["subjects"] = str(paths["subjects"])
    files = [paths["scores"]]
    if "trials" in paths and way == "option":
        options["trials"] = str(paths["trials"])
    elif "trials" in paths:
        files = [paths["trials"], *files] if way == "first" else [*files, paths["trials"]]
    return read_files(files, ReadOptions(**options))


def scores(found):
    return sorted(found.pairs.mated.score.tolist()), sorted(found.pairs.non_mated.score.tolist())


@pytest.mark.parametrize("way", ["option", "first", "second"])
@pytest.mark.parametrize("case", CASES)
def test_scores_are_joined_with_their_trials(tmp_path, case, way):
    files, named = CASES[case]
    found = read(write(tmp_path, files), way)
    right = ([0.5, 0.75], [0.125, 0.25]) if case.startswith("LFW") else ([-0.625, 0.5, 0.75], [0.125, 0.25, 0.375])
    assert scores(found) == right
    assert (found.pairs.people is not None) == named
    if named:
        assert found.pairs.people.count == 3
        assert "no_subject_labels" not in found.caveats
        assert np.array_equal(found.pairs.mated.probe, found.pairs.mated.reference)
        if found.pairs.mated.search is not None:
            sides = (found.pairs.mated, found.pairs.non_mated)
            searches = {pair for side in sides for pair in zip(side.search.tolist(), side.probe.tolist(), strict=True)}
            assert len(searches) == len({search for search, _ in searches})  # a probe sample is of one subject
    else:
        assert "no_subject_labels" in found.caveats
    if "trials" in {name.split(".")[0] for name in files}:
        assert sum("joined by" in sentence for sentence in found.assumed) == 1


def test_a_part_of_the_names_is_the_subject(tmp_path):
    found = read(write(tmp_path, {"scores": words(*"abs"), "trials": words(*"abl")}), subject_from="folder")
    assert found.pairs.people.count == 3


def test_trials_without_a_score_are_asked_about_and_the_advice_works(tmp_path):
    paths = write(tmp_path, {"scores": words(*"abs", order=ORDER[:4]), "trials": words(*"abl")})
    with pytest.raises(InvalidInput, match=r"2 trials of 6 in .* --unscored failed; .* --unscored left-out"):
        read(paths)
    failed, left_out = read(paths, unscored="failed"), read(paths, unscored="left-out")
    assert scores(failed) == scores(left_out) == ([0.75], [0.125, 0.25, 0.375])
    assert (failed.pairs.mated.failed, left_out.pairs.mated.failed) == (2, 0)
    assert any("2 trials without a score: failures, as asked" in one for one in failed.assumed)


def test_what_is_no_trial_and_what_is_there_twice_is_counted(tmp_path):
    data = words(*"abs", order=ORDER) + words(*"abs", order=[2]) + "z/1.wav z/2.wav 1.5\n"
    found = read(write(tmp_path, {"scores": data, "trials": words(*"abl") + words(*"abl", order=[1])}))
    assert scores(found) == ([-0.625, 0.5, 0.75], [0.125, 0.25, 0.375])
    assert any("1 pair with a score that is no trial: left out" in one for one in found.assumed)
    assert any("2 lines that repeat others: counted once" in one for one in found.assumed)


def test_nan_is_a_failure(tmp_path):
    found = read(write(tmp_path, {"scores": words(*"abs").replace("0.75", "nan"), "trials": words(*"abl")}))
    assert (found.pairs.mated.failed, found.pairs.mated.score.size) == (1, 2)


@pytest.mark.parametrize(
    ("files", "part"),
    [
        ({"scores": words("s", order=range(5)), "trials": words(*"abl")}, "5 scores and 6 trials in"),
        ({"scores": words(*"ijs"), "trials": words(*"abl")}, "no trial of the list is named here; write the names"),
        ({"scores": words(*"abs"), "trials": words(*"abxl")}, "2 columns of names, and 3 in"),
        ({"scores": words(*"abs") + "a/1.wav a/2.wav 9.5\n", "trials": words(*"abl")}, "1 line with another score"),
        (
            {"scores": words(*"abs"), "trials": words(*"abl") + "a/1.wav a/2.wav nontarget\n"},
            "again with another label",
        ),
        ({"scores": words("s"), "trials": words(*"ab")}, "nothing says which trials are mated"),
        (
            {"scores": words(*"abs"), "trials": words(*"abl", order=20 * ORDER).replace("nontarget", "other", 1)},
            "1 line without a label",
        ),
        ({"scores": words(*"abs"), "subjects": SPEAKERS[10:]}, "the table lacks 1 sample of 6"),
        ({"scores": words(*"abs"), "subjects": SPEAKERS + "a/1.wav b\n"}, "1 sample with two subjects or more"),
        (
            {"scores": words(*"abs"), "trials": words(*"abl"), "subjects": SPEAKERS.replace("a/2.wav a", "a/2.wav b")},
            "1 trial where the label says otherwise than the subjects",
        ),
        ({"scores.npy": np.zeros((3, 2)), "trials": words(*"abl")}, "an array of shape (3, 2)"),
        ({"scores.npy": array(SCORES), "trials.npy": array([0, 1, 2, 0, 1, 2])}, "labels other than 1 and 0"),
        ({"scores.npy": array(SCORES), "trials.npy": array(FLAGS), "subjects": SPEAKERS}, "name no two samples"),
    ],
)
def test_what_does_not_fit_is_said_and_nobody_is_named(tmp_path, files, part):
    with pytest.raises(InvalidInput) as caught:
        read(write(tmp_path, files))
    assert part in str(caught.value)
    assert "a/1" not in str(caught.value)


def test_unscored_says_nothing_without_trials(tmp_path):
    (tmp_path / "x.txt").write_text("1 0.5\n0 0.25\n")
    with pytest.raises(InvalidInput, match="says nothing about text with labels"):
        read_files([tmp_path / "x.txt"], ReadOptions(unscored="failed"))


SAMPLES = "probe_sample,reference_sample,score\n" + words(*"abs", separator=",")
PEOPLE = "sample,subject,sex\n" + "".join(f"{one},{one[0]},f\n" for one in IDS)


def test_a_table_of_subjects_says_whose_the_samples_of_a_table_are(tmp_path):
    paths = write(tmp_path, {"pairs.csv": SAMPLES, "people.csv": PEOPLE})
    with pytest.raises(InvalidInput, match="nothing says which comparisons are mated"):
        read_files([paths["pairs"]], ReadOptions())
    found = read_files([paths["pairs"]], ReadOptions(subjects=str(paths["people"])))
    assert scores(found) == ([-0.625, 0.5, 0.75], [0.125, 0.25, 0.375])
    assert found.pairs.people.count == 3
    assert any("The 6 samples are of 3 subjects" in one for one in found.assumed)
    write(tmp_path, {"people.csv": PEOPLE.replace("a/2.wav", "z")})
    with pytest.raises(InvalidInput, match="the table lacks 1 sample of 6"):
        read_files([paths["pairs"]], ReadOptions(subjects=str(paths["people"])))


@pytest.mark.parametrize("form", ["searches and templates", "searches alone"])
def test_the_log_of_a_search_and_a_table_of_subjects(tmp_path, form):
    both = form == "searches and templates"
    log = ["searchId candidateRank searchRetCode isAssigned templateId score decision"]
    for search in range(12):
        if search == 3:  # it failed
            log += [f"q{search} {rank} 2 0 NA -1 0" for rank in range(3)]
        elif search == 5:  # it returned nobody
            log += [f"q{search} {rank} 0 0 NA 0 0" for rank in range(3)]
        else:
            others = [search, *(one for one in range(8) if one != search)][:3] if search < 8 else [0, 1, 2]
            log += [
                f"q{search} {rank} 0 1 t{one} {0.9 - rank / 10 - search / 100} 0" for rank, one in enumerate(others)
            ]
    people = [f"q{search},{'P' if both else 't'}{search}" for search in range(12)]
    people += [f"t{one},P{one}" for one in range(8)] * both
    enrolled = "".join(f"{'P' if both else 't'}{one}\n" for one in range(8))
    files = {
        "frvt.log": "\n".join(log) + "\n",
        "people.csv": "id,subject\n" + "\n".join(people) + "\n",
        "enrolled": enrolled,
    }
    paths = write(tmp_path, files)
    options = {"subjects": str(paths["people"]), "enrolled": str(paths["enrolled"])}
    found = read_files([paths["frvt"]], ReadOptions(**options))
    assert (found.searches.mated.sum(), found.searches.failed.sum(), found.searches.probe.size) == (8, 1, 12)
    assert (found.searches.rank == 1).sum() == 6
    assert found.searches.n_references == 6  # that came back
    assert not any("counted once" in one or "nobody, and each" in one for one in found.assumed)
