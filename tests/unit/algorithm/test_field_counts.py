"""What was counted in the field: the rows as shipped, and which of them say what a vendor's score comes to."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from misid.algorithm import ATTRIBUTION, CountUse, all_field_counts, field_counts
from misid.quantities import Grade

ROWS = all_field_counts()


def test_every_row_has_a_source_and_a_caveat():
    assert len({row.key for row in ROWS}) == len(ROWS) >= 16
    for row in ROWS:
        assert all((row.title, row.operator, row.period, row.setting, row.scale, row.source, row.address, row.caveat))
        assert 0 <= row.false_alerts <= row.faces
        assert row.list_published == (not row.list_size.swept)
        assert row.list_published or row.list_size.grade is Grade.D
    assert {row.licence for row in ROWS} == {"", "OGL-3.0"}
    assert "Open Government Licence v3.0" in ATTRIBUTION


def test_the_setting_of_police_is_london_and_the_port():
    rows = field_counts("nec neoface", 0.64)
    assert {row.operator for row in rows} == {"Metropolitan Police", "Home Office Immigration Enforcement"}
    assert sum(row.false_alerts for row in rows) == 11
    assert sum(row.faces for row in rows) == 3_147_436 + 470_000 + 7_512
    port = [row for row in rows if row.list_published]
    assert len(port) == 8
    assert {row.licence for row in port} == {"OGL-3.0"}
    assert (
        sum(row.comparisons for row in port) == 1942 * 2038 + 4867 * (1083 + 450 + 144 + 523 + 233 + 827) + 4868 * 2214
    )


def test_a_score_that_was_not_read_is_none_and_says_at_which_it_is_taken():
    croydon = next(row for row in ROWS if row.key == "met_croydon_2025_26")
    assert croydon.score is None
    assert croydon.taken_as == 0.64
    assert "threshold" in croydon.caveat


@pytest.mark.parametrize(
    ("score", "use", "keys"),
    [
        (0.6, CountUse.CALIBRATES, ["npl_2023_06"]),
        (0.62, CountUse.CALIBRATES, ["npl_2023_062"]),
        (0.64, CountUse.ALTERNATIVE, ["swp_2023_24"]),
        (0.64, CountUse.TEST, ["npl_2023_064"]),
        (0.63, CountUse.CALIBRATES, []),
        (math.nan, CountUse.CALIBRATES, []),
    ],
)
def test_rows_by_score_and_use(score, use, keys):
    assert [row.key for row in field_counts("NEC NeoFace", score, use)] == keys
    assert field_counts("another", score, use) == ()


def test_more_false_alerts_than_faces_are_refused():
    with pytest.raises(ValueError, match="false alerts in"):
        replace(ROWS[0], false_alerts=ROWS[0].faces + 1)
