import threading

import pytest

from misid.evaluation.reading.ahead import one_ahead


def test_items_come_in_order_and_one_is_made_meanwhile():
    made, ready = [], [threading.Event() for _ in range(5)]

    def items():
        for at in range(5):
            made.append(at)
            ready[at].set()
            yield at

    for at, item in enumerate(one_ahead(items())):
        assert item == at
        assert at == 4 or ready[at + 1].wait(5)
        assert len(made) <= at + 2


def test_an_error_comes_where_it_arose():
    def items():
        yield 1
        raise ValueError("2")

    got = one_ahead(items())
    assert next(got) == 1
    with pytest.raises(ValueError, match="2"):
        next(got)


def test_leaving_waits_for_what_is_being_made():
    go, done = threading.Event(), []

    def items():
        yield 1
        go.wait(5)
        done.append(2)
        yield 2

    got = one_ahead(items())
    next(got)
    threading.Timer(0.05, go.set).start()
    got.close()
    assert done == [2]
    assert threading.active_count() <= 2
