"""The professions of the registers and the rows of the access matrix fit together."""

from __future__ import annotations

import pytest

from ardenne.kernel.policy.matrix import shipped
from ardenne.standards.professions import professions


@pytest.mark.parametrize(("country", "matrix"), [("lu", "lu"), ("be", "be-wal")])
def test_every_group_is_a_row_of_the_access_matrix(country: str, matrix: str) -> None:
    groups = {one.group for one in professions(country).values() if one.group}
    assert groups <= set(shipped(matrix).rows)
