from misid.errors import Fault, IncompleteRate, InvalidInput, MisidError, OutOfRange, UnknownName, did_you_mean


def test_a_fault_says_where_what_and_what_to_do():
    assert str(Fault("city.yaml", 14, "gallery.n_references", "must be at least 1, got 0", "count the images")) == (
        "city.yaml:14  gallery.n_references\n  must be at least 1, got 0; count the images"
    )
    assert str(Fault("", 0, "fmr", "must be a number")) == "fmr\n  must be a number"


def test_all_faults_come_at_once_in_the_order_of_the_file():
    error = InvalidInput([Fault("b.yaml", 9, "y", "late"), Fault("b.yaml", 2, "x", "early")], hint="See the schema.")
    text = str(error)
    assert text.index("early") < text.index("late")
    assert text.endswith("2 problems. See the schema.")
    assert str(InvalidInput([Fault("a", 1, "", "one")])).endswith("1 problem.")


def test_nearest_names():
    assert did_you_mean("treshold", ["threshold", "capture"]) == "; did you mean 'threshold'?"
    assert did_you_mean("zzz", ["a", "b"]) == "; known: a, b"
    assert did_you_mean("zzz", []) == ""
    assert did_you_mean("zzz", [f"name{i}" for i in range(20)]).endswith(", …")


def test_every_error_of_the_user_is_one_family():
    for error in (OutOfRange("fmr", 2, "in [0, 1]"), UnknownName("card", "nec", []), IncompleteRate(["threshold"])):
        assert isinstance(error, MisidError)
    assert str(OutOfRange("fmr", 2, "in [0, 1]")) == "fmr must be in [0, 1], got 2"
