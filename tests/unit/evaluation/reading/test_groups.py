import numpy as np

from misid.evaluation import LEAST_IN_GROUP, MOST_GROUPS, NO_GROUP, OTHERS, People, merge_groups


def people(*sizes):
    group = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    return People(group.size, group, tuple(f"g{at}" for at in range(len(sizes))))


def everybody(who):
    return np.arange(who.count)


def test_large_groups_stay_as_they_are():
    who = people(30, 20, 25)
    kept, said = merge_groups(who, everybody(who), everybody(who))
    assert kept.group_names == who.group_names
    assert np.array_equal(kept.group, who.group)
    assert said == ()


def test_small_groups_are_put_together():
    who = people(40, 12, 19, 30)
    kept, said = merge_groups(who, everybody(who), everybody(who))
    assert kept.group_names == ("g0", "g3", OTHERS)
    assert np.bincount(kept.group).tolist() == [40, 30, 31]
    assert said == ("2 groups with fewer than 20 subjects on either side were put together as 'other groups'.",)


def test_small_groups_that_are_too_few_together_are_left_out():
    who = people(40, 9, 10, 30)
    kept, said = merge_groups(who, everybody(who), everybody(who))
    assert kept.group_names == ("g0", "g3")
    assert (kept.group == NO_GROUP).sum() == 19
    assert "2 groups" in said[0]
    assert "19 probe subjects" in said[0]
    assert not any(name in " ".join(said) for name in ("g1", "g2"))


def test_a_group_must_be_large_on_both_sides():
    who = people(40, 40)
    references = np.concatenate([np.arange(40), 40 + np.arange(19)])
    kept, _ = merge_groups(who, everybody(who), references)
    assert kept.group_names == ("g0",)
    kept, _ = merge_groups(who, references, everybody(who))
    assert kept.group_names == ("g0",)


def test_subjects_are_counted_and_not_their_samples():
    who = people(60, 19)
    probes = np.concatenate([everybody(who), np.repeat(60 + np.arange(19), 50)])
    assert merge_groups(who, probes, probes)[0].group_names == ("g0",)


def test_groups_of_one_say_nothing():
    who = people(*[1] * 300)
    kept, said = merge_groups(who, everybody(who), everybody(who))
    assert kept.group_names == (OTHERS,)
    assert set(kept.group.tolist()) == {0}
    assert "300 groups" in said[0]
    few = people(*[1] * 60)
    kept, said = merge_groups(few, everybody(few)[:55], everybody(few)[50:])
    assert kept.group is None
    assert kept.group_names == ()
    assert "No figures by group" in said[-1]


def test_without_fifty_probe_subjects_there_are_no_groups():
    who = people(30, 30)
    kept, said = merge_groups(who, np.arange(49), everybody(who))
    assert kept.group is None
    assert "49 probe subjects, and at least 50" in said[0]
    assert merge_groups(who, np.arange(50), everybody(who))[0].group is not None


def test_at_most_sixty_four_groups():
    who = people(*[LEAST_IN_GROUP + at % 7 for at in range(100)])
    kept, said = merge_groups(who, everybody(who), everybody(who))
    assert len(kept.group_names) == MOST_GROUPS
    assert kept.group_names[-1] == OTHERS
    assert np.bincount(kept.group).min() >= LEAST_IN_GROUP
    assert "63 largest" in said[0]
    exactly = people(*[LEAST_IN_GROUP] * MOST_GROUPS)
    assert merge_groups(exactly, everybody(exactly), everybody(exactly))[0].group_names == exactly.group_names


def test_doing_it_twice_changes_nothing():
    who = people(40, 12, 19, 30, 1)
    once, _ = merge_groups(who, everybody(who), everybody(who))
    twice, said = merge_groups(once, everybody(who), everybody(who))
    assert twice.group_names == once.group_names
    assert np.array_equal(twice.group, once.group)
    assert said == ()


def test_people_without_groups_are_let_through():
    who = People(10)
    assert merge_groups(who, [0], [1]) == (who, ())


def test_those_with_no_group_are_counted():
    who = people(40, 30)
    who.group[:3] = NO_GROUP
    kept, said = merge_groups(who, everybody(who), everybody(who))
    assert (kept.group == NO_GROUP).sum() == 3
    assert said == ("3 probe subjects with no group recorded left out of figures by group.",)
