"""People are functions of the seed and their number, and being stopped together changes nobody's own chances."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from misid.errors import OutOfRange
from misid.scenario import Kin, Together, load_scenario
from misid.simulation import (
    SPAN,
    Company,
    Mix,
    Relative,
    SyntheticPeople,
    draw_people,
    matching_relatives,
    stopped_together,
)

SEED = 11
FALSE_ALARM = 1e-6
FIELD = load_scenario("field-app")


def together(household_share: float, household_size: float, workplace_share: float, workplace_size: float) -> Together:
    values = {
        "household_share": household_share,
        "household_size": household_size,
        "workplace_share": workplace_share,
        "workplace_size": workplace_size,
    }
    held = {name: getattr(FIELD.together, name).held(x) for name, x in values.items()}
    return FIELD.together.model_copy(update=held)


def kin(**values: float) -> Kin:
    """Nobody has relatives but for what is given."""
    held = {name: getattr(FIELD.kin, name).held(values.get(name, 0.0)) for name in Kin.model_fields}
    return FIELD.kin.model_copy(update=held)


SIZES = together(0.3, 3.0, 0.2, 6.0)
MIX = Mix(
    block=np.array([0.3, 0.7]),
    origin=np.array([[1.0, 0, 0, 0, 0, 0], [0, 0.5, 0, 0.2, 0.3, 0]]),
    sex=np.array([[0.7, 0.3], [0.5, 0.5]]),
    minor=np.array([[0.2, 0.8], [0.05, 0.95]]),
    status=np.array([[0.6, 0.4], [0.9, 0.1]]),
    enrolled=np.array([[0.3, 0.5], [0.8, 0.9]]),
    shared_fate=0.8,
)


def people(
    n: int, mix: Mix = MIX, sizes: Together = SIZES
) -> tuple[np.ndarray, np.ndarray, np.ndarray, SyntheticPeople]:
    ids = np.arange(n)
    leader, kind = stopped_together(SEED, ids, sizes)
    return ids, leader, kind, draw_people(SEED, ids, leader, kind, mix)


def test_groups_do_not_depend_on_the_piece():
    ids = np.arange(1000)
    leader, kind = stopped_together(SEED, ids, SIZES)
    mixed = np.random.default_rng(1).permutation(ids)
    again = stopped_together(SEED, mixed, SIZES)
    np.testing.assert_array_equal(again[0], leader[mixed])
    np.testing.assert_array_equal(again[1], kind[mixed])
    piece = stopped_together(SEED, ids[333:777], SIZES)
    np.testing.assert_array_equal(piece[0], leader[333:777])


def test_groups_are_runs_that_never_cross_a_span():
    ids, leader, kind, _ = people(20 * SPAN)
    assert (leader <= ids).all()
    assert (leader // SPAN == ids // SPAN).all()
    assert (leader[leader] == leader).all(), "a leader leads himself"
    starts = np.flatnonzero(leader == ids)
    sizes = np.diff(np.append(starts, len(ids)))
    assert ((sizes == 1) == (kind[starts] == Company.ALONE)).all()


def test_shares_of_people_stopped_together_are_those_asked_for():
    # Cutting at a span makes a last household of one into a person alone: at most one person in 64.
    ids, _, kind, _ = people(200_000)
    share = np.bincount(kind, minlength=3) / len(ids)
    for code, wanted in ((Company.HOUSEHOLD, 0.3), (Company.WORKPLACE, 0.2)):
        assert wanted - 2 / SPAN < share[code] < wanted + 1 / SPAN


def test_too_many_together_is_refused():
    with pytest.raises(OutOfRange, match="household_share"):
        stopped_together(SEED, np.arange(3), together(0.7, 3, 0.4, 6))


def test_nobody_together_makes_everybody_alone():
    ids = np.arange(100)
    leader, kind = stopped_together(SEED, ids, together(0, 3, 0, 6))
    np.testing.assert_array_equal(leader, ids)
    assert not kind.any()


def z_bound(cells: int) -> float:
    return float(stats.norm.isf(FALSE_ALARM / (2 * cells)))


def test_company_changes_nobodys_own_chances():
    """Marginals are those of the mix; the standard error takes whole groups, for members share their fate."""
    n = 200_000
    _, leader, _, found = people(n)
    expected = {
        "origin": np.einsum("b,bo->o", MIX.block, MIX.origin),
        "sex": np.einsum("b,bs->s", MIX.block, MIX.sex),
        "status": np.einsum("b,bs->s", MIX.block, MIX.status),
    }
    bound = z_bound(sum(map(len, expected.values())) + 2)
    _, cluster = np.unique(leader, return_inverse=True)

    def z(indicator: np.ndarray, p: float) -> float:
        residual = np.bincount(cluster, indicator - p)
        spread = np.sqrt((residual**2).sum())
        return 0.0 if spread == 0 else abs(residual.sum()) / spread

    for name, parts in expected.items():
        for code, p in enumerate(parts):
            assert z((getattr(found, name) == code).astype(float), p) < bound, (name, code)
    assert z(found.minor.astype(float), float(MIX.block @ MIX.minor[:, 0])) < bound
    assert z(found.enrolled.astype(float), MIX.enrolled_on_average()) < bound


def test_households_share_origin_and_often_their_fate():
    ids, leader, kind, found = people(100_000)
    home = kind == Company.HOUSEHOLD
    assert (found.origin[home] == found.origin[leader[home]]).all()
    follower = home & (ids != leader)
    same = found.status[follower] == found.status[leader[follower]]
    # Both copy with 0.8 each; otherwise two draws agree as two strangers of one block do.
    strangers = MIX.block @ (MIX.status**2).sum(axis=1)
    expected = 0.64 + 0.36 * strangers
    assert abs(same.mean() - expected) < z_bound(1) * np.sqrt(expected / same.size) * 3, (
        "groups of up to four count thrice"
    )
    assert same.mean() > strangers + 0.1


def test_ages_lie_in_their_band():
    *_, found = people(50_000)
    assert found.age[found.minor].min() == 0
    assert found.age[found.minor].max() == 17
    assert found.age[~found.minor].min() == 18
    assert found.age[~found.minor].max() == 79


@pytest.mark.parametrize("follows", [0.0, 1.0])
def test_twins_are_as_many_and_as_often_enrolled_as_said(follows):
    n = 400_000
    ids, _, _, found = people(n, sizes=together(0, 3, 0, 6))
    chance = MIX.enrolled[found.status, np.where(found.minor, 0, 1)]
    of = kin(identical_twin_share=0.02, identical_twin_match=0.9, enrolled_together=follows)
    kind, outranks = matching_relatives(SEED, ids, found, chance, of)
    expected = 0.02 * 0.9 * MIX.enrolled_on_average()
    twins = kind == Relative.IDENTICAL
    assert abs(twins.mean() - expected) < z_bound(2) * np.sqrt(expected / n)
    assert not outranks.any()
    if follows == 1.0:
        assert found.enrolled[twins].all(), "enrolled whenever the person is, and with the same chances only then"
    else:
        rate = found.enrolled[twins].mean()
        expected_rate = float((chance**2).mean() / chance.mean())
        assert abs(rate - expected_rate) < z_bound(2) * np.sqrt(0.25 / twins.sum())


def test_siblings_are_a_poisson_number():
    n = 300_000
    ids, _, _, found = people(n, sizes=together(0, 3, 0, 6))
    everybody = np.ones(n)
    kind, _ = matching_relatives(SEED, ids, found, everybody, kin(siblings=1.5, sibling_match=0.02))
    expected = -np.expm1(-1.5 * 0.02)
    assert abs((kind == Relative.SIBLING).mean() - expected) < z_bound(1) * np.sqrt(expected / n)
    none, _ = matching_relatives(
        SEED,
        ids,
        found,
        everybody,
        kin(
            identical_twin_match=1,
            fraternal_twin_match=1,
            sibling_match=1,
            enrolled_together=1,
            relative_outranks=1,
        ),
    )
    assert (none == Relative.NONE).all()
