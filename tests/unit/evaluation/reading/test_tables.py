import gzip
import importlib
import sys
from pathlib import Path

import duckdb
import numpy as np
import pytest

from misid.errors import InvalidInput, UnknownName
from misid.evaluation import NO_GROUP, Comparisons, Pseudonyms, ReadOptions, load_content
from misid.evaluation.reading import score_table, tables

sys.path.append(str(Path(__file__).parents[3] / "helpers"))
read_table = importlib.import_module("one_reader").read_table

PLAIN = """probe_subject,probe_sample,reference_subject,reference_sample,score
a,1,a,0,0.9
a,1,b,0,0.25
b,1,a,0,-0.5
b,1,b,0,
b,2,a,0,nan
b,2,b,0,0.75
"""


def read(path, **asked):
    return read_table(path, ReadOptions(**asked), Pseudonyms())


def parquet(path, sql):
    with duckdb.connect() as con:
        con.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)")
    return path


@pytest.fixture
def file(tmp_path):
    def write(text, name="scores.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def check_plain(data, assumed, caveats):
    assert data.mated.score.tolist() == [np.float32(0.9), 0.75]
    assert data.mated.score.dtype == np.float32
    assert data.non_mated.score.tolist() == [0.25, -0.5]
    assert data.mated.probe.tolist() == data.mated.reference.tolist() == [0, 1]
    assert data.non_mated.probe.tolist() == [0, 1]
    assert data.non_mated.reference.tolist() == [1, 0]
    assert (data.mated.failed, data.non_mated.failed) == (1, 1)
    assert data.mated.failed_probe.tolist() == data.non_mated.failed_probe.tolist() == [1]
    assert data.mated.search.tolist() == [0, 2]
    assert data.non_mated.search.tolist() == [0, 1]
    assert data.mated.tried == 3
    assert data.people.count == 2
    assert "failures_counted" in caveats
    assert any("2 comparisons without a score" in sentence for sentence in assumed)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: text.replace(",", "|") + "\n\n",
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("a,", '"a, with a comma",'),
        lambda text: gzip.compress(text.encode()),
        lambda text: text.replace("reference_subject", "Gallery-Subject").replace("probe_subject", " Probe Subject "),
        lambda text: text.replace("reference_subject", "bio_ref_subject_id").replace(
            "probe_subject", "probe_subject_id"
        ),
    ],
)
@pytest.mark.slow
def test_any_way_of_writing_a_table(file, change):
    check_plain(*read(file(change(PLAIN))))


@pytest.mark.parametrize("kind", ["VARCHAR", "INTEGER", "UBIGINT", "DOUBLE", "HUGEINT"])
@pytest.mark.slow
def test_parquet_with_names_of_any_type(tmp_path, kind):
    one, two = ("'a'", "'b'") if kind == "VARCHAR" else ("7", "3")
    rows = [(one, 1, one, "0.9"), (one, 1, two, "0.25"), (two, 1, one, "-0.5"), (two, 1, two, "NULL")]
    rows += [(two, 2, one, "'nan'::DOUBLE"), (two, 2, two, "0.75")]
    values = ", ".join(f"({p}::{kind}, {s}, {r}::{kind}, {x})" for p, s, r, x in rows)
    sql = f"SELECT * FROM (VALUES {values}) AS t(probe_subject, probe_sample, reference_subject, score)"
    check_plain(*read(parquet(tmp_path / "a.parquet", sql)))


def made_up(rows=9000):
    return (
        "SELECT (hash(range) % 53)::SMALLINT AS probe_subject, "
        "(hash(range + 5000000) % 53)::INTEGER AS gallery_subject, "
        "(hash(range) % 7)::TINYINT AS probe_sample, range AS reference_sample, "
        f"(hash(range + 77) % 1000000 / 1000000.0)::FLOAT AS score FROM range({rows})"
    )


def by_hand(path):
    with duckdb.connect() as con:
        rows = con.execute(f"SELECT * FROM '{path}'").fetchnumpy()
    subjects = {}
    for name in [*rows["probe_subject"].tolist(), *rows["gallery_subject"].tolist()]:
        subjects.setdefault(name, len(subjects))
    probe = np.array([subjects[name] for name in rows["probe_subject"].tolist()])
    reference = np.array([subjects[name] for name in rows["gallery_subject"].tolist()])
    return rows["score"], probe, reference, rows["probe_sample"], subjects


@pytest.mark.slow
def test_windows_do_not_show(tmp_path, monkeypatch):
    path = parquet(tmp_path / "a.parquet", made_up())
    score, probe, reference, sample, subjects = by_hand(path)
    for window in (1000, 1 << 20):
        monkeypatch.setattr("misid.evaluation.reading.tables.WINDOW", window)
        data = read(path, mated_by="names")[0]
        mated = probe == reference
        for side, rows in ((data.mated, mated), (data.non_mated, ~mated)):
            assert np.array_equal(side.score, score[rows])
            assert np.array_equal(side.probe, probe[rows])
            assert np.array_equal(side.reference, reference[rows])
            keys = np.unique(probe * 1000 + sample, return_inverse=True)[1]
            # Numbers of searches are free; who shares one is not.
            assert len(set(zip(side.search.tolist(), keys[rows].tolist(), strict=True))) == len(
                set(keys[rows].tolist())
            )
        assert data.people.count == len(subjects)
        both = np.concatenate([data.mated.search, data.non_mated.search])
        assert np.array_equal(np.unique(both), np.arange(keys.max() + 1))


def test_numbers_far_apart_are_told_apart(tmp_path):
    sql = made_up(500).replace("53)::SMALLINT", "53 * 1000000007000)::BIGINT").replace(
        "53)::INTEGER", "53 * 1000000007000)::BIGINT"
    )  # fmt: skip
    path = parquet(tmp_path / "a.parquet", sql.replace("hash(range) % 53 *", "(hash(range) % 53) *").replace(
        "hash(range + 5000000) % 53 *", "(hash(range + 5000000) % 53) *"))  # fmt: skip
    _, probe, reference, _, _ = by_hand(path)
    data = read(path, mated_by="names")[0]
    assert np.array_equal(data.non_mated.probe, probe[probe != reference])


def test_leading_zeros_make_another_subject(file):
    text = PLAIN.replace("\nb", "\n01").replace(",b,", ",01,").replace("a,", "1,")
    with pytest.raises(InvalidInput, match="1 name that differs from another by capitals, leading zeros"):
        read(file(text))
    data = read(file(text), names="exact")[0]
    assert data.people.count == 2
    assert data.mated.score.size == 2


@pytest.mark.parametrize("how", [{"dissimilarity": True}, {}])
def test_distances_are_turned_round(file, how):
    text = (PLAIN if how else PLAIN.replace("score", "distance")).replace("-0.5", "0.5")
    data, assumed, _ = read(file(text), **how)
    assert data.non_mated.score.tolist() == [-0.25, -0.5]
    said = " ".join(assumed)
    assert "minus sign" in said
    assert ("named 'distance'" in said) is (not how)


LABELLED = "score,label\n0.9,{0}\n0.5,{1}\n0.6,{0}\n,{1}\n"


@pytest.mark.parametrize(
    "labels", [("1", "0"), ("1", "-1"), ("true", "False"), ("mated", "non-mated"), ("Genuine", "impostor")]
)
@pytest.mark.slow
def test_labels_stand_in_for_subjects(file, labels):
    data, assumed, caveats = read(file(LABELLED.format(*labels)))
    assert data.people is None
    assert data.mated.score.tolist() == [np.float32(0.9), np.float32(0.6)]
    assert data.non_mated.score.tolist() == [0.5]
    assert data.non_mated.failed == 1
    assert data.mated.probe is None
    assert data.mated.search is None
    assert "no_subject_labels" in caveats
    assert any("names no subjects" in sentence for sentence in assumed)


def test_columns_can_be_named(file):
    text = PLAIN.replace("probe_subject", "who").replace("reference_subject", "whom").replace("score", "points")
    columns = (("probe_subject", "who"), ("reference_subject", "whom"), ("score", "points"))
    check_plain(*read(file(text), columns=columns))
    with pytest.raises(InvalidInput, match=r"no column is the score.*--column score=COLUMN"):
        read(file(text))
    with pytest.raises(InvalidInput, match=r"no column 'pointss'.*did you mean 'points'"):
        read(file(text), columns=(("score", "pointss"),))
    with pytest.raises(InvalidInput, match=r"no column is the score.*--column score='scroe'") as caught:
        read(file(text.replace("points", "scroe")))
    assert "(the columns are 'who', 'probe_sample', 'whom', 'reference_sample', 'scroe')" in str(caught.value)
    with pytest.raises(InvalidInput, match="no column is the score") as caught:
        read(file("who,whom,points\na,a,0.5\n"))
    assert "'who'" not in str(caught.value)  # no column is known, so all could be names of people
    with pytest.raises(UnknownName, match="scores"):
        read(file(text), columns=(("scores", "points"),))


@pytest.mark.slow
def test_rows_are_kept_by_conditions(file):
    lines = PLAIN.splitlines()
    text = "\n".join(
        [lines[0] + ",light", *(line + (",1.0" if at % 2 else ",dim") for at, line in enumerate(lines[1:]))]
    )
    assert read(file(text), where=(("light", "1.0"), ("light", "dim")))[0].mated.tried == 3
    path = file(text + "\nc,1,c,0,0.5,dim\n")
    data, assumed, _ = read(path, where=(("light", "dim"),))
    assert data.mated.score.tolist() == [np.float32(0.9), 0.5]
    assert any("where light is dim; 4 of 7" in sentence for sentence in assumed)
    with pytest.raises(InvalidInput, match="no row fulfils"):
        read(path, where=(("light", "dark"),))
    with pytest.raises(InvalidInput, match="no column 'lihgt'"):
        read(path, where=(("lihgt", "dim"),))
    with pytest.raises(InvalidInput, match="says who somebody is"):
        read(path, where=(("probe_subject", "a"),))


def test_attacks_are_left_out_and_counted(file):
    lines = PLAIN.splitlines()
    text = "\n".join([lines[0] + ",probe_attack_type", *(line + "," for line in lines[1:]), "a,1,a,0,0.99,mask"])
    data, assumed, caveats = read(file(text))
    check_plain(data, assumed, caveats)
    assert any("1 row left out as attacks" in sentence for sentence in assumed)


HEAD = "probe_subject,probe_sample,reference_subject,reference_sample,score\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "0 bytes"),
        (HEAD, "no rows"),
        ("0.5\n0.6\n", "names no columns"),
        ("a,b,A\n1,2,3\n", "two columns have the same name"),
        (PLAIN + "b,2,b\n", r"scores.csv:8\n  3 columns, and the first line names 5"),
        (PLAIN + "b,2,b,0,0.5,7\na,b\n", r"(?s):8\n  6 columns.*:9\n  2 columns.*2 problems"),
        (PLAIN + '"b,2,b,0,0.5\n', "quotation mark"),
        (PLAIN + "b,2,b,0,high\n", r"scores.csv:8  score\n  1 row with a word for a score .the first is a word of 4"),
        (PLAIN + "b,2,b,0,N/A\n", "the first is 'N/A'"),
        (PLAIN + "b,2,b,0,inf\n", r":8  score\n  1 score infinite"),
        (PLAIN + "b,2,b,0,1e39\n", "too large for single precision"),
        (PLAIN + ",2,b,0,0.5\n", r":8\n  1 row without a subject"),
        (PLAIN + "b,,b,0,0.5\n", r":8  probe_sample\n  1 row without a value"),
        (HEAD + "a,1,b,0,0.5\nb,1,a,0,0.25\n", "no mated comparisons"),
        (HEAD + "a,1,a,0,0.5\nb,1,b,0,0.25\n", "no non-mated comparisons"),
        (HEAD + "a,1,a,0,0.5\na,2,a,0,0.25\n", "no non-mated comparisons"),
        (HEAD + "a,1,a,0,\na,2,b,0,0.25\n", "none of the 1 mated comparison"),
        (HEAD + "a,1,a,0,0.5\na,2,b,0,0.5\n", "every score is 0.5"),
        ("score,label\n0.5,1\n0.25,2\n", "label is neither"),
        ("score,other\n0.5,1\n0.25,2\n", "nothing says which comparisons are mated"),
        ("probe_subject,reference_subject,score,mated\na,a,.5,1\na,b,.4,1\n", "label says otherwise"),
        (HEAD + "0.51,1,0.72,0,7\n0.23,2,0.51,0,8\n", r"probe_subject\n  column 'probe_subject' holds fractions"),
        (HEAD.rstrip() + "\r" + "a,1,a,0,0.5\r", "lone CR"),
        (HEAD.encode() + b"a\xff\xfe,1,a,0,0.5\n", "not text in UTF-8"),
        (b"\xff\xfe" + HEAD.encode("utf-16-le"), "UTF-8"),
        (gzip.compress(PLAIN.encode() * 50)[:-20], "the gzip ends in the middle"),
        (b"PAR1" + b"nothing of the kind", "damaged or cut short"),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_what_is_wrong_is_told(file, text, words):
    with pytest.raises(InvalidInput, match=words):
        read(file(text))


def test_there_is_no_such_file(tmp_path):
    for path, words in ((tmp_path / "none.csv", "there is no such file"), (tmp_path, "this is a folder")):
        with pytest.raises(InvalidInput, match=words):
            read(path)


def test_twenty_bad_lines_are_told_and_the_rest_counted(file):
    with pytest.raises(InvalidInput) as told:
        read(file(PLAIN + "b,2\n" * 30))
    assert [fault.line for fault in told.value.faults] == list(range(8, 28))
    assert "there are 10 more" in str(told.value)


@pytest.mark.slow
def test_odd_things_are_said(file):
    text = PLAIN + "a,1,a,0,0.9\nb,0,b,0,1.0\na,2,a,0,1.0000001\nb,3,b,0,0.75\n"
    data, assumed, caveats = read(file(text))
    said = " ".join(assumed)
    assert "1 comparison of two samples that were compared before, with the same score: counted once" in said
    assert "1 mated comparison with the same subject and sample on both sides" in said
    assert "1 score above 1, by rounding" in said
    assert "ties" in caveats
    assert data.mated.score.max() > 1
    turned = read(file(PLAIN.replace("0.9", "-0.9").replace("0.75", "-0.8")))[1]
    assert any("are these distances? Then --dissimilarity" in sentence for sentence in turned)
    whole = read(file("probe_subject,reference_subject,score,quality\na,a,1,.5\na,b,2,.7\nb,a,3,.2\n"))[1]
    assert any("which is the score?" in sentence for sentence in whole)
    assert not any("?" in sentence for sentence in read(file(PLAIN))[1])


def grouped_file(file, sizes=(30, 25), extra=""):
    names = [
        (f"s{group}-{at}", "north" if group == 0 else "south") for group, size in enumerate(sizes) for at in range(size)
    ]
    lines = ["probe_subject,reference_subject,score,probe_home,reference_home"]
    for at, (name, home) in enumerate(names):
        other, elsewhere = names[(at + 7) % len(names)]
        lines += [f"{name},{name},0.{at + 50},{home},{home}", f"{name},{other},0.1{at},{home},{elsewhere}"]
    return file("\n".join(lines) + "\n" + extra), names


def test_groups_stand_in_the_rows(file):
    path, names = grouped_file(file)
    data, assumed, caveats = read(path, groups=("home",))
    assert data.people.group_names == ("north", "south")
    assert [data.people.group_names[at] for at in data.people.group] == [home for _, home in names]
    assert "groups_merged" not in caveats
    assert any("Groups are made of home" in sentence for sentence in assumed)
    assert read(path)[0].people.group is None


@pytest.mark.slow
def test_small_groups_are_left_out(file):
    path, _ = grouped_file(file, (60, 9))
    data, assumed, caveats = read(path, groups=("home",))
    assert data.people.group_names == ("north",)
    assert (data.people.group == NO_GROUP).sum() == 9
    assert "groups_merged" in caveats
    assert not any("south" in sentence for sentence in assumed)


@pytest.mark.slow
def test_groups_from_a_table_of_subjects_are_crossed_with_those_of_the_rows(file):
    path, names = grouped_file(file, (50, 50))
    table = file(
        "subject;Age\nnobody;old\n"
        + "\n".join(f"{name};{'old' if at % 2 else 'young'}" for at, (name, _) in enumerate(names)),
        "subjects.csv",
    )
    data = read(path, groups=("home", "age"), subjects=str(table))[0]
    assert data.people.group_names == ("north / old", "north / young", "south / old", "south / young")
    assert np.bincount(data.people.group).tolist() == [25] * 4
    assert data.people.count == 100
    with pytest.raises(InvalidInput, match="no column 'height'"):
        read(path, groups=("height",), subjects=str(table))


@pytest.mark.parametrize(
    ("groups", "words"),
    [(("away",), "no columns probe_away and reference_away"), (("subject",), "says who somebody is")],
)
def test_groups_that_are_none(file, groups, words):
    with pytest.raises(InvalidInput, match=words):
        read(grouped_file(file)[0], groups=groups)


def test_a_subject_in_two_groups_is_a_fault_without_the_subject(file):
    path, _ = grouped_file(file, extra="s0-1,s1-1,0.3,south,south\ns0-2,s1-1,0.3,south,south\n")
    with pytest.raises(InvalidInput, match="2 subjects in two groups") as told:
        read(path, groups=("home",))
    assert "s0-" not in str(told.value)


def test_long_text_is_refused_and_long_parquet_becomes_a_stream(file, tmp_path, monkeypatch):
    monkeypatch.setattr(score_table, "MOST_ROWS", 3)
    with pytest.raises(InvalidInput, match="write them as Parquet"):
        read(file(PLAIN))
    assert not isinstance(read(parquet(tmp_path / "a.parquet", made_up(100)))[0], Comparisons)


def test_sql_in_a_name_is_a_name(file):
    column = '"x""); DROP VIEW given; --\'"'
    text = PLAIN.replace("reference_sample", column).replace("a,", "a'); --,")
    data = read(file(text), columns=(("reference_sample", "x\"); DROP VIEW given; --'"),))[0]
    assert data.people.count == 2
    assert data.mated.tried == 3


def test_a_mistake_of_ours_is_not_blamed_on_the_file(file):
    with (
        tables.opened_table(load_content(file(PLAIN))) as table,
        pytest.raises(Exception, match="Parser Error") as told,
    ):
        table.query("SELEC 1")
    assert not isinstance(told.value, InvalidInput)


@pytest.mark.parametrize("subject", ["(range % 7)", "'s' || (range % 7)"])
def test_a_plain_table_is_gone_through_few_times(tmp_path, monkeypatch, subject):
    """Each pass over 10 million rows takes a tenth of the time of reading them."""
    score = "random() + (range % 7 = range % 5)::INT"
    sql = f"SELECT {subject} AS probe_subject, 's' || (range % 5) AS reference_subject, {score} AS score FROM range(90)"
    if "'" not in subject:
        sql = sql.replace("'s' || (range % 5)", "range % 5")
    asked = []
    run = tables.DataTable._run
    monkeypatch.setattr(tables.DataTable, "_run", lambda self, sql, take: (asked.append(sql), run(self, sql, take))[1])
    read(parquet(tmp_path / "a.parquet", sql.replace("::INT", "::FLOAT").replace("random()", "random()::FLOAT")))
    # Names of both sides, the ends of scores in two, what is wrong with rows, and the rows; counting them is free.
    passes = [one for one in asked if "FROM selected" in one and "SELECT count(*) FROM selected" not in one]
    assert len(passes) == 5


LONG = "b" * 33_000_000
VANISHES = "16 lines under the header are {} rows: a value holds the end of a line; look for a quotation mark too many"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({2: '"a,1,a,0,0.9', 9: 'a,1,a",0,0.9'}, ":4\n  3 columns, and the first line names 5"),
        ({2: '"a,1,a,0,0.9', 9: 'a",1,a,0,0.9'}, f":4\n  {VANISHES.format(9)}"),
        ({2: '"a', 3: 'c",1,b,0,0.25'}, f":4\n  {VANISHES.format(15)}"),
        ({2: '"a\rb",1,b,0,0.25'}, ":4\n  a carriage return stands within the line"),
        ({2: f"a,1,{LONG},0,0.25"}, ":4\n  too long to be a line of scores"),
    ],
    ids=["columns", "far", "next line", "return", "long"],
)
@pytest.mark.parametrize("pack", [False, True], ids=["plain", "gzip"])
def test_no_row_vanishes_between_quotation_marks(file, changed, told, pack):
    head, *rows = PLAIN.splitlines()[:5]
    lines = rows * 4
    for at, line in changed.items():
        lines[at] = line
    text = "\n".join([head, *lines]) + "\n"
    with pytest.raises(InvalidInput) as caught:
        read(file(gzip.compress(text.encode(), 0) if pack else text))
    assert told in str(caught.value)


def test_blank_lines_are_no_rows(file):
    given = read(file(PLAIN.replace("\nb", "\n\nb")))[0]
    assert given.mated.tried + given.non_mated.tried == 6


def test_a_huge_header_is_refused(file):
    with pytest.raises(InvalidInput, match="is no line of column names"):
        read(file("a" * 200_000 + ",b,score\n1,2,3\n"))


SIDE_NAMES = [
    *("id_a id_b sex_a sex_b", "id_left id_right sex_left sex_right", "left_id right_id left_sex right_sex"),
    *("probe_id enrol_id probe_sex enrol_sex", "id_x id_y sex_x sex_y", "query_id target_id query_sex target_sex"),
    *("query_id gallery_id query_sex gallery_sex", "person1 person2 sex1 sex2", "name1 name2 sex_1 sex_2"),
    *("idA idB sexA sexB", "identity_1 identity_2 sex_1 sex_2", "test_subject enroll_subject test_sex enroll_sex"),
    *("verif_id ref_id verif_sex ref_sex", "p1_id p2_id p1_sex p2_sex", "subject_id1 subject_id2 sex1 sex2"),
    *("img1_id img2_id img1_sex img2_sex", "probeId galleryId probeSex gallerySex", "pid1 pid2 sex1 sex2"),
    "probeSubjectId templateSubjectId probeSubjectSex templateSubjectSex",
]


@pytest.mark.parametrize("names", SIDE_NAMES)
def test_columns_of_either_side_are_known_by_their_side(file, names):
    columns = names.split()
    table = file(",".join([*columns[:2], "score", *columns[2:]]) + "\na,a,0.5,f,f\na,b,0.25,f,m\nb,b,0.75,m,m\n")
    found = read(table, groups=("sex",))[0]
    assert found.mated.score.tolist() == [0.5, 0.75]
    assert found.people.count == 2


def test_ids_are_of_samples_where_the_label_says_otherwise(file):
    text = "enrol_id,test_id,label,score\nu1,u2,1,0.5\nu1,u3,0,0.25\nu3,u4,1,0.75\n"
    found, assumed, _ = read(file(text))
    assert found.people is None
    assert found.mated.score.tolist() == [0.5, 0.75]
    assert any("names are of samples, and nothing says whose they are" in one for one in assumed)


@pytest.mark.parametrize("index", ["", "Unnamed: 0", "index", "level_0", "id", "row"])
def test_a_column_that_numbers_the_rows_is_passed_over(file, index):
    text = f"{index},probe_subject,reference_subject,score\n0,a,a,0.5\n1,a,b,0.25\n2,b,b,0.75\n"
    assert read(file(text))[0].mated.score.tolist() == [0.5, 0.75]


LABELS = ["negative positive", "inter intra", "non-match match", "impostor client", "diff same", "I G", "N T", "no yes"]
LABELS += ["FALSE TRUE", "Non-Mated Mated", "different_person same_person", "unauthentic authentic", "nontarget target"]


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("column", ["label", "isSame", "ground truth", "targettype", "Truth"])
def test_labels_in_words(file, labels, column):
    no, yes = labels.split()
    assert read(file(f"{column},score\n{yes},0.5\n{no},0.25\n{yes},0.75\n"))[0].mated.score.tolist() == [0.5, 0.75]


def test_a_label_that_says_nothing_is_counted_and_the_advice_works(file):
    text = "label,score\n1,0.5\nmaybe,0.25\n0,0.75\n"
    with pytest.raises(InvalidInput, match=r"(?s):3  label.*1 row whose label is neither 1.*write 1 for mated and 0"):
        read(file(text))
    assert read(file(text.replace("maybe", "0")))[0].non_mated.tried == 2


@pytest.mark.parametrize("column", ["cosine sim", "cosSim", "L2", "euclidean_distance", "dist", "LLR", "Similarity"])
def test_names_of_scores(file, column):
    found = read(file(f"label,{column}\n1,0.5\n0,0.25\n"))[0]
    assert abs(found.mated.score.tolist()[0]) == 0.5
    assert (found.mated.score[0] < 0) == (column in ("L2", "euclidean_distance", "dist"))


def test_a_group_with_a_very_long_name_is_asked_about(file):
    rows = "".join(f"s{i},s{j},{i + j},{'x' * 101 if i else 'a'},a\n" for i in range(3) for j in range(3))
    path = file("probe_subject,reference_subject,score,probe_kind,reference_kind\n" + rows)
    with pytest.raises(InvalidInput, match=r"1 group whose name is longer than 100 letters.*give groups short names"):
        read(path, groups=("kind",))
