"""Holm's correction by hand."""

from __future__ import annotations

import numpy as np

from lensfinder.multiplicity import holm

P = np.array([0.02, np.nan, 0.01, 0.5, 0.04])
ADJUSTED = [0.06, np.nan, 0.04, 0.5, 0.08]


def test_the_smallest_counts_for_all_and_a_later_one_is_never_smaller() -> None:
    np.testing.assert_allclose(holm(P), ADJUSTED)
    np.testing.assert_allclose(holm(np.array([0.9, 0.8])), [1.0, 1.0])
    np.testing.assert_allclose(holm(np.array([0.01, 0.019])), [0.02, 0.02])


def test_rows_are_families_of_their_own() -> None:
    np.testing.assert_allclose(
        holm(np.stack([P, P[::-1], np.full(5, np.nan)]))[:2], [ADJUSTED, ADJUSTED[::-1]]
    )
    assert np.isnan(holm(np.full((2, 3), np.nan))).all()
