"""Who is the same person: spellings, words for nobody, names with far too many rows; the same in every format."""

import numpy as np
import pytest

from misid.errors import InvalidInput
from misid.evaluation import ReadOptions, read_files
from misid.evaluation.reading.names import spelled, spelled_sql
from misid.storage import connect, literal

PEOPLE = [f"{i:03d}" for i in range(1, 61)]


def pairs(probe=lambda name: name, reference=lambda name: name):
    """Return rows of probe, reference, score: every probe with itself and the two after it."""
    rows = []
    for i, name in enumerate(PEOPLE):
        rows += [(probe(name), reference(PEOPLE[(i + k) % 60]), 0.9 - k / 4 + i / 1000) for k in range(3)]
    return rows


def as_csv(path, rows):
    lines = ["probe_subject,reference_subject,score", *(f"{a},{b},{x}" for a, b, x in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def as_bob(path, rows):
    path.write_text("".join(f"{b} {a} {a}-1 {x}\n" for a, b, x in rows))
    return path


FORMS = {"csv": as_csv, "bob": as_bob}


def sizes(found):
    return found.pairs.mated.score.size, found.pairs.non_mated.score.size, found.pairs.people.count


def said(found, part):
    return any(part in sentence for sentence in found.assumed)


@pytest.mark.parametrize(
    "text", ["007", "7", "7.0", "0", "000", "0.0", "Anna", "ANNA ", "1.5", "a07", "-1", "é", "e\u0301"]
)
def test_sql_and_python_spell_alike(text):
    with connect() as con:
        assert con.execute(f"SELECT {spelled_sql(literal(text))}").fetchone()[0] == spelled(text)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "change", [lambda name: name.lstrip("0"), lambda name: f"{int(name)}.0"], ids=["zeros lost", "made a fraction"]
)
def test_one_sides_other_spelling_is_the_same_people(tmp_path, form, change):
    path = FORMS[form](tmp_path / "x.txt", pairs(change))
    found = read_files([path], ReadOptions())
    assert sizes(found) == (60, 120, 60)
    assert said(found, "60 names that differ from another by capitals, leading zeros or .0 alone: taken for the same.")
    with pytest.raises(InvalidInput, match="no mated comparisons"):
        read_files([path], ReadOptions(names="exact"))


@pytest.mark.parametrize("form", FORMS)
def test_two_spellings_on_one_side_are_asked_about(tmp_path, form):
    rows = [(f"x{a}", f"x{b}", x) for a, b, x in pairs()] + [("X001", "x001", 0.5)]
    path = FORMS[form](tmp_path / "x.txt", rows)
    with pytest.raises(InvalidInput, match=r"1 name that differs.*--names alike, or --names exact"):
        read_files([path], ReadOptions())
    assert sizes(read_files([path], ReadOptions(names="alike"))) == (61, 120, 60)
    assert sizes(read_files([path], ReadOptions(names="exact"))) == (60, 121, 61)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("word", ["-1", "-99.0", "Unknown", "n/a"])
def test_a_word_for_nobody_is_no_subject(tmp_path, form, word):
    rows = pairs() + [(name, word, 0.1 + i / 1000) for i, name in enumerate(PEOPLE)]
    path = FORMS[form](tmp_path / "x.txt", rows)
    found = read_files([path], ReadOptions())
    assert sizes(found) == (60, 180, 120)  # each of them is a person of its own
    assert said(found, f"60 {'rows' if form == 'csv' else 'lines'} with {spelled(word)!r} for a name")
    assert said(found, f"--somebody={spelled(word)}")
    assert sizes(read_files([path], ReadOptions(somebody=(word,)))) == (60, 180, 61)


def test_surnames_that_are_words_for_nobody_are_asked_about_once(tmp_path):
    people = ["Na", "Null", "None", *(f"{a}{b}son" for a in "ABCDEFGH" for b in "aeiou")]
    n = len(people)
    rows = [(one, people[(i + k) % n], 0.9 - k / 4 + i / 1000) for i, one in enumerate(people) for k in range(3)]
    path = as_csv(tmp_path / "x.csv", rows)
    with pytest.raises(InvalidInput, match=r"3 names .* surname.*--somebody=na,none,null, or --nobody=na,none,null"):
        read_files([path], ReadOptions())
    assert sizes(read_files([path], ReadOptions(somebody=("na,none,null",)))) == (43, 86, 43)
    assert sizes(read_files([path], ReadOptions(nobody=("na,none,null",))))[0] == 40


def test_further_words_for_nobody(tmp_path):
    path = as_csv(tmp_path / "x.csv", pairs() + [(name, "filler", 0.1 + i / 1000) for i, name in enumerate(PEOPLE)])
    assert sizes(read_files([path], ReadOptions()))[2] == 61
    assert sizes(read_files([path], ReadOptions(nobody=("filler",))))[2] == 120


def test_nobody_twice_is_no_mate(tmp_path):
    path = as_csv(tmp_path / "x.csv", [*pairs(), ("-1", "-1", 0.1), ("-1", "-1", 0.2)])
    assert sizes(read_files([path], ReadOptions())) == (60, 122, 64)


def test_a_subject_0_with_most_rows_is_asked_about(tmp_path):
    rows = [(name, "0", 0.1 + i / 1000) for i, name in enumerate(PEOPLE)]
    path = as_csv(tmp_path / "x.csv", [*pairs(), *rows, *((a, b, x / 2) for a, b, x in rows)])
    with pytest.raises(InvalidInput, match="120 rows with the name 0, 15 times as many as most have; is that nobody"):
        read_files([path], ReadOptions())
    assert sizes(read_files([path], ReadOptions(nobody=("0",))))[2] == 180
    assert sizes(read_files([path], ReadOptions(somebody=("0",))))[2] == 61


def test_templates_of_distractors(tmp_path):
    vectors = np.random.default_rng(1).standard_normal((300, 8)).astype(np.float32)
    subject = np.concatenate([np.repeat(np.arange(60), 2), np.full(180, -1)])
    np.savez(tmp_path / "t.npz", embedding=vectors, subject=subject)
    found = read_files([tmp_path / "t.npz"], ReadOptions())
    assert found.embeddings.people.count == 240
    assert said(found, "180 rows with '-1' for a name")


def test_blanks_and_forms_of_letters_make_no_other_subject(tmp_path):
    rows = [("José", "Jose\u0301\u00a0"[:-1] + "\t", 0.9), ("José", "b", 0.1), ("b", "b", 0.8), ("b", "José", 0.2)]
    path = tmp_path / "x.csv"
    path.write_text("probe_subject;reference_subject;score\n" + "".join(f"{a};{b};{x}\n" for a, b, x in rows))
    found = read_files([path], ReadOptions())
    assert sizes(found) == (2, 2, 2)
    assert said(found, "1 name that differs from another by blanks around it")


def test_a_stream_keeps_the_rule(tmp_path, monkeypatch):
    from misid.evaluation.reading import score_table

    monkeypatch.setattr(score_table, "MOST_ROWS", 100)
    with connect() as con:
        con.execute(
            f"COPY (FROM read_csv('{as_csv(tmp_path / 'x.csv', pairs(lambda n: n.lstrip('0')))}', "
            f"all_varchar=true)) TO '{tmp_path / 'x.parquet'}'"
        )
    found = read_files([tmp_path / "x.parquet"], ReadOptions())
    assert sum(int(block.mated.sum()) for block in found.pairs.blocks()) == 60


def test_the_enrolled_are_spelled_alike(tmp_path):
    lines = ["probe_subject,reference_subject,rank,score"]
    for name in PEOPLE:
        lines += [f"{name.lstrip('0')},{name},1,0.9", f"{name.lstrip('0')},{PEOPLE[0]},2,0.1"]
    (tmp_path / "x.csv").write_text("\n".join(lines[:-1]) + "\n")
    (tmp_path / "enrolled.txt").write_text("\n".join(f"{int(name)}.0" for name in PEOPLE) + "\n")
    found = read_files([tmp_path / "x.csv"], ReadOptions(enrolled=str(tmp_path / "enrolled.txt"), gallery_size=60))
    assert found.searches.mated.all()
